/* attributes.c
 * Bodies made of attributes: one, all, or a list.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "message.h"

#include "status.h"
#include "stock_view.h"

#include <epan/to_str.h>

#include <cipsec/seclists.h>

static int stock_attribute, stock_set_count, stock_set_status;

/* Class revisions of 0x5E by device, with the frame they were first read in: tells attribute 16 from 17 in
 * Get_Attributes_All. The frame keeps the answer the same on every pass. */
typedef struct {
    uint32_t frame;
    uint32_t revision;
} class_revision;
static wmem_map_t *revisions; /* address as text -> class_revision* */

/* Of revision 8 nothing is known. */
#define LAST_REVISION_WITH_ATTRIBUTE_16 7
#define REVISION_WITH_ATTRIBUTE_17 9
#define EIP_LAST_POSITION 16

const char *cs_attribute_name(packet_info *pinfo, cs_object_id object, cs_scope scope, uint32_t id)
{
    const cs_attribute_row *row = cs_attribute_find(object, scope, id);
    return row ? row->name : wmem_strdup_printf(pinfo->pool, "Attribute %u", id);
}

static void remember_revision(const cs_message *msg, int at)
{
    if (PINFO_FD_VISITED(msg->cur.pinfo) || msg->object != CS_OBJECT_EIP || msg->cur.end - at < 2)
        return;
    char *device = address_to_str(msg->cur.pinfo->pool, &msg->cur.pinfo->src);
    if (wmem_map_lookup(revisions, device))
        return;
    class_revision *known = wmem_new(wmem_file_scope(), class_revision);
    known->frame = msg->cur.pinfo->num;
    known->revision = tvb_get_letohs(msg->cur.tvb, at);
    wmem_map_insert(revisions, wmem_strdup(wmem_file_scope(), device), known);
}

static uint32_t known_revision(const cs_message *msg)
{
    const class_revision *known =
        wmem_map_lookup(revisions, address_to_str(msg->cur.pinfo->pool, &msg->cur.pinfo->src));
    return known && known->frame < msg->cur.pinfo->num ? known->revision : 0;
}

/* Wireshark shows raw what it does not know; whoever filters on that must still find it. */
static bool stock_knows(cs_object_id object, const cs_attribute_row *row)
{
    /* A CRL's field is registered in some versions only, but all read the attribute. Of the file attributes some are
     * never read, although fields for their values exist. */
    if (!row || (object == CS_OBJECT_FILE && row->id != 4))
        return false;
    return row->codec == CS_CODEC_CRL || cs_field_stock(object, row->field) > 0;
}

static bool holds_keys(cs_object_id object, uint32_t id)
{
    const cs_attribute_row *row = cs_attribute_find(object, CS_SCOPE_INSTANCE, id);
    return row && row->codec == CS_CODEC_PSKS;
}

bool cs_attributes_secret(const cs_message *msg, cs_body body)
{
    bool all = body == CS_BODY_ALL && msg->object == CS_OBJECT_EIP && msg->scope == CS_SCOPE_INSTANCE;
    return all || holds_keys(msg->object, msg->attribute);
}

/* Whether an attribute list can hold an attribute with keys: its id would be there. */
static bool list_may_hold_keys(const cs_message *msg)
{
    const cs_cursor *cur = &msg->cur;
    for (int at = cur->at; msg->object == CS_OBJECT_EIP && at + 2 <= cur->end; at++)
        if (holds_keys(msg->object, tvb_get_letohs(cur->tvb, at)))
            return true;
    return false;
}

/* Reads a value into a subtree "Attribute: 4 (Allowed Cipher Suites)". start: where the entry begins, before id and
 * status in lists. */
static const char *read_value(cs_message *msg, const cs_attribute_row *row, uint32_t id, int start, cs_place place,
                              const char *name)
{
    cs_cursor *cur = &msg->cur;
    proto_tree *parent = cur->tree;
    int before = cur->at;
    proto_item *item = proto_tree_add_uint_format_value(parent, cs_field_hf(cur->object, CS_F_COMMON_ATTRIBUTE),
                                                        cur->tvb, start, 0, id, "%u (%s)", id, name);
    cur->tree = proto_item_add_subtree(item, ett_cs_attribute);
    cur->what = name;
    const char *text;
    if (row) {
        bool uncertain = cur->uncertain;
        cur->uncertain = uncertain || row->mark != CS_MARK_A;
        text = cs_codec_read(cur, row->codec, row->field, place);
        cur->uncertain = uncertain;
        cs_remark_mark(cur, item, row->mark, row->name);
    } else {
        text = wmem_strdup_printf(cur->pinfo->pool, "%d octets", cs_left(cur));
        cs_put_rest(cur, false);
    }
    if (row && row->scope == CS_SCOPE_CLASS && row->id == 1 && msg->response)
        remember_revision(msg, before);
    bool keys = holds_keys(msg->object, id) || (cur->secret && (cur->broken || !row));
    bool masked = keys && !cs_prefs.show_psk;
    proto_item_set_len(item, (masked ? before : cur->at) - start);
    cur->tree = parent;
    return text;
}

void cs_read_attribute_single(cs_message *msg)
{
    cs_cursor *cur = &msg->cur;
    uint32_t id = msg->attribute;
    if (id == CS_CIP_UNSET) {
        cs_put_rest(cur, false);
        return;
    }
    const cs_attribute_row *row = cs_attribute_find(msg->object, msg->scope, id);
    int start = cur->at;
    /* Wireshark finds no attribute where the path names no instance. */
    if (cs_left(cur) > 0 && (msg->instance == CS_CIP_UNSET || !stock_knows(msg->object, row)))
        cs_put_stock_data(cur, start, cs_left(cur));
    const char *name = cs_attribute_name(cur->pinfo, msg->object, msg->scope, id);
    msg->info = read_value(msg, row, id, start, CS_PLACE_END, name);
    cs_put_rest(cur, true);
}

/* The row at a position of Get_Attributes_All, with the label where editions differ. */
static const cs_attribute_row *row_at(cs_message *msg, unsigned position, bool with_instances, const char **name)
{
    const cs_attribute_row *row;
    bool cm_class = msg->object == CS_OBJECT_CM && msg->scope == CS_SCOPE_CLASS;
    if (cm_class && with_instances && position == 3)
        row = cs_attribute_find(msg->object, msg->scope, 3);
    else
        row = cs_attribute_at(msg->object, msg->scope,
                              cm_class && with_instances && position > 3 ? position - 1 : position);
    if (!row)
        return NULL;
    *name = row->name;
    if (msg->object == CS_OBJECT_EIP && msg->scope == CS_SCOPE_INSTANCE && position == EIP_LAST_POSITION) {
        uint32_t revision = known_revision(msg);
        if (revision && revision <= LAST_REVISION_WITH_ATTRIBUTE_16) {
            row = cs_attribute_find(msg->object, msg->scope, 16);
            *name = row->name;
        } else if (revision < REVISION_WITH_ATTRIBUTE_17) {
            *name = "Check Subject Alternative Name; attribute 16, UDP-only Policy, in older revisions";
        }
    }
    return row;
}

/* Wireshark knows attribute 17 only at the end of Get_Attributes_All. */
static void put_stock_17(cs_cursor *cur)
{
    if (cs_field_stock(cur->object, CS_F_EIP_CHECK_SAN) <= 0)
        return;
    cs_put_twin(cur, CS_F_EIP_CHECK_SAN, cur->at, 1, ENC_LITTLE_ENDIAN);
    if (stock_attribute > 0)
        proto_item_set_hidden(proto_tree_add_uint(cur->tree, stock_attribute, cur->tvb, cur->at, 0, 17));
}

void cs_read_attributes_all(cs_message *msg)
{
    cs_cursor *cur = &msg->cur;
    if (cs_left(cur) <= 0)
        return;
    bool with_instances = msg->object == CS_OBJECT_CM && msg->scope == CS_SCOPE_CLASS &&
                          cs_cm_class_has_instances(tvb_get_ptr(cur->tvb, cur->at, cs_left(cur)), (size_t)cs_left(cur));
    bool stock_class = msg->scope == CS_SCOPE_INSTANCE || msg->object == CS_OBJECT_CM;
    if (!stock_class || msg->object == CS_OBJECT_FILE)
        cs_put_stock_data(cur, cur->at, cs_left(cur));
    bool stock_reads = stock_class;
    if (with_instances)
        cs_stock_cm_class(cur, cur->at);
    const char *name = NULL;
    const cs_attribute_row *row;
    for (unsigned position = 1; cs_left(cur) > 0 && !cur->broken; position++) {
        row = row_at(msg, position, with_instances, &name);
        if (!row)
            break;
        if (stock_reads && !stock_knows(msg->object, row)) {
            cs_put_stock_data(cur, cur->at, cs_left(cur));
            stock_reads = false;
        }
        if (stock_attribute > 0 && !cur->shadow)
            proto_item_set_hidden(proto_tree_add_uint(cur->tree, stock_attribute, cur->tvb, cur->at, 0, row->id));
        if (row->id == 16)
            put_stock_17(cur);
        const char *text = read_value(msg, row, row->id, cur->at, CS_PLACE_ALL, name);
        if (position == 1 && text)
            msg->info = wmem_strdup_printf(cur->pinfo->pool, "%s %s", name, text);
    }
    cur->what = "Get_Attributes_All";
    /* Of some classes no source says what Get_Attributes_All holds. */
    cs_put_rest(cur, cs_attribute_at(msg->object, msg->scope, 1) != NULL);
}

/* Attribute id at the cursor, as own and stock field. */
static bool read_id(cs_cursor *cur, uint32_t *id)
{
    if (!cs_need(cur, 2))
        return false;
    *id = tvb_get_letohs(cur->tvb, cur->at);
    if (stock_attribute > 0 && !cur->shadow)
        proto_item_set_hidden(proto_tree_add_item(cur->tree, stock_attribute, cur->tvb, cur->at, 2, ENC_LITTLE_ENDIAN));
    cur->at += 2;
    return true;
}

static bool read_list_count(cs_message *msg, cs_body body, uint32_t *count)
{
    cs_cursor *cur = &msg->cur;
    if (!cs_need(cur, 2))
        return false;
    bool set = body == CS_BODY_SET_LIST || body == CS_BODY_WROTE_LIST;
    int stock = set ? stock_set_count : cs_field_stock(msg->object, CS_F_COMMON_ATTRIBUTE_COUNT);
    proto_tree_add_item_ret_uint(cur->tree, cs_field_hf(msg->object, CS_F_COMMON_ATTRIBUTE_COUNT), cur->tvb, cur->at, 2,
                                 ENC_LITTLE_ENDIAN, count);
    if (stock > 0 && !cur->shadow)
        proto_item_set_hidden(proto_tree_add_item(cur->tree, stock, cur->tvb, cur->at, 2, ENC_LITTLE_ENDIAN));
    *count = tvb_get_letohs(cur->tvb, cur->at);
    cur->at += 2;
    return true;
}

/* Shown behind the attribute, where nobody takes it for that of the one before. @param at of the status */
static void put_list_status(cs_message *msg, cs_body body, int at)
{
    cs_cursor *cur = &msg->cur;
    uint8_t status = cs_tvb_u8(cur->tvb, at);
    int stock =
        body == CS_BODY_WROTE_LIST ? stock_set_status : cs_field_stock(msg->object, CS_F_COMMON_ATTRIBUTE_STATUS);
    const char *name = cs_status_name(status);
    proto_tree_add_uint_format_value(cur->tree, cs_field_hf(msg->object, CS_F_COMMON_ATTRIBUTE_STATUS), cur->tvb, at, 1,
                                     status, "%s (0x%02x)", name ? name : "unknown", status);
    if (stock > 0 && !cur->shadow)
        proto_item_set_hidden(proto_tree_add_item(cur->tree, stock, cur->tvb, at, 1, ENC_LITTLE_ENDIAN));
}

/* @param start of the entry @return false when the list cannot be followed further. */
static bool read_list_value(cs_message *msg, uint32_t id, int start, bool last, const char *name)
{
    cs_cursor *cur = &msg->cur;
    const cs_attribute_row *row = cs_attribute_find(msg->object, msg->scope, id);
    bool holds = holds_keys(msg->object, id);
    cur->secret = holds || (!last && cur->keys_ahead);
    cur->keys_ahead = cur->keys_ahead && !holds;
    if (!stock_knows(msg->object, row))
        cs_put_stock_data(cur, cur->at, cs_left(cur));
    read_value(msg, row, id, start, last ? CS_PLACE_END : CS_PLACE_LIST, name);
    return row != NULL && !cur->broken;
}

/* One entry of a list, the last one or not. @return false when the list cannot be followed further. */
static bool read_list_entry(cs_message *msg, cs_body body, bool last, wmem_strbuf_t *names)
{
    cs_cursor *cur = &msg->cur;
    uint32_t id;
    uint8_t status = 0;
    int start = cur->at;
    if (!read_id(cur, &id))
        return false;
    const char *name = cs_attribute_name(cur->pinfo, msg->object, msg->scope, id);
    wmem_strbuf_append_printf(names, "%s%s", wmem_strbuf_get_len(names) ? ", " : "", name);
    bool has_status = body == CS_BODY_GOT_LIST || body == CS_BODY_WROTE_LIST;
    int status_at = cur->at;
    if (has_status && !cs_need(cur, 2))
        return false;
    if (has_status) {
        status = cs_tvb_u8(cur->tvb, cur->at);
        cur->at += 2;
    }
    bool goes_on = true;
    if (body == CS_BODY_SET_LIST || (body == CS_BODY_GOT_LIST && status == 0))
        goes_on = read_list_value(msg, id, start, last, name);
    else
        proto_tree_add_uint_format_value(cur->tree, cs_field_hf(msg->object, CS_F_COMMON_ATTRIBUTE), cur->tvb, start,
                                         cur->at - start, id, "%u (%s)", id, name);
    if (has_status)
        put_list_status(msg, body, status_at);
    return goes_on;
}

void cs_read_attribute_list(cs_message *msg, cs_body body)
{
    cs_cursor *cur = &msg->cur;
    uint32_t count, i = 0;
    cur->what = "the attribute list";
    if (!read_list_count(msg, body, &count))
        return;
    wmem_strbuf_t *names = wmem_strbuf_new(cur->pinfo->pool, "");
    cur->keys_ahead = list_may_hold_keys(msg);
    while (i < count && read_list_entry(msg, body, i + 1 == count, names)) {
        cur->what = "the attribute list";
        i++;
    }
    msg->info = wmem_strbuf_get_str(names);
    cs_put_rest(cur, i == count);
}

void cs_attributes_register(void)
{
    revisions = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_str_hash, g_str_equal);
}

void cs_attributes_handoff(void)
{
    stock_attribute = cs_stock_field("cip.attribute", FT_UINT16);
    stock_set_count = cs_stock_field("cip.setlist.attr_count", FT_UINT16);
    stock_set_status = cs_stock_field("cip.setlist.attr_status", FT_UINT8);
}
