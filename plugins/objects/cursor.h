/* cursor.h
 * Reads a message body front to back, never past its end, into own and stock fields at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_CURSOR_H
#define CIPSEC_OBJECTS_CURSOR_H

#include "tables.h"

typedef struct {
    tvbuff_t *tvb;
    packet_info *pinfo;
    proto_tree *tree; /**< where items go */
    proto_item *item; /**< the message, for expert infos */
    cs_object_id object;
    int at, end;      /**< offsets in tvb; end is that of the captured octets */
    bool cut;         /**< the capture ends before the message does */
    bool no_twins;    /**< own items only: stock reads this value otherwise (stock_view.h) */
    bool shadow;      /**< stock decodes the message too: no stock fields at all */
    bool keys;        /**< key octets were met */
    bool keys_ahead;  /**< an attribute list may hold keys further on */
    bool secret;      /**< the octets being read are secret: never shown raw */
    bool uncertain;   /**< no two sources agree on this layout, so what does not fit it is not wrong */
    bool broken;      /**< the body ended early or contradicts itself; nothing more is read */
    const char *what; /**< attribute or parameter being read, for messages */
} cs_cursor;

/** @return captured octets left. */
static inline int cs_left(const cs_cursor *cur)
{
    return cur->end - cur->at;
}

/** @return true when n octets are left; else says so in the tree, shows what is left raw and marks the cursor broken.
 */
bool cs_need(cs_cursor *cur, int n);
/** Marks the cursor broken and reports why, at its position. */
void cs_broken(cs_cursor *cur, const char *why);
/** Adds n octets at the cursor under a field and its stock twin, without moving. @return own item. */
proto_item *cs_put(cs_cursor *cur, cs_field field, int n, unsigned encoding);
/** Adds only the stock twin, hidden. */
void cs_put_twin(cs_cursor *cur, cs_field field, int offset, int n, unsigned encoding);
/** As cs_put with little endian integers; moves. @return false when the body ends before it. */
bool cs_put_uint(cs_cursor *cur, cs_field field, int n, uint32_t *value, proto_item **item);
/** Says in the tree when fewer than two sources describe what an item shows. */
void cs_remark_mark(cs_cursor *cur, proto_item *item, cs_mark mark, const char *name);
/** Adds a generated number. */
proto_item *cs_put_generated(cs_cursor *cur, cs_field field, uint32_t value);
/** Adds stock octets hidden: `cip.data`, where Wireshark itself shows them raw. */
void cs_put_stock_data(cs_cursor *cur, int offset, int n);
/** Shows the rest of the body raw and moves to its end. trailing: report that no edition defines it. */
void cs_put_rest(cs_cursor *cur, bool trailing);
/** Opens a subtree for one entry of a list. The caller restores cur->tree to the returned tree. */
proto_tree *cs_entry_open(cs_cursor *cur, proto_item **item, const char *fmt, ...) G_GNUC_PRINTF(3, 4);
/** Sets the entry's length and goes back to the tree of cs_entry_open(). */
void cs_entry_close(cs_cursor *cur, proto_item *item, int start, proto_tree *parent);

void cs_cursor_handoff(void);

#endif
