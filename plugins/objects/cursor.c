/* cursor.c
 * Reads message bodies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cursor.h"

#include <stdarg.h>

static int stock_data = -1;

/* @return what is left, NULL when nobody may see it */
static proto_item *put_left(cs_cursor *cur)
{
    if (!cur->secret || cs_prefs.show_psk)
        return proto_tree_add_item(cur->tree, cs_field_hf(cur->object, CS_F_COMMON_DATA), cur->tvb, cur->at,
                                   cs_left(cur), ENC_NA);
    proto_item_append_text(cur->item, " [%d octets that may hold keys are not shown]", cs_left(cur));
    return NULL;
}

void cs_broken(cs_cursor *cur, const char *why)
{
    if (cur->broken)
        return;
    cur->broken = true;
    if (cs_left(cur) > 0)
        put_left(cur);
    if (cur->cut)
        proto_item_append_text(cur->item, " [cut by the snap length in %s]", cur->what);
    else if (cur->uncertain)
        cs_expert_only(cur->pinfo, cur->item, CS_FIND_UNCERTAIN, "%s at offset %d: %s", cur->what, cur->at, why);
    else
        cs_expert(cur->pinfo, cur->item, CS_FIND_MALFORMED, "%s at offset %d: %s", cur->what, cur->at, why);
    cur->at = cur->end;
}

bool cs_need(cs_cursor *cur, int n)
{
    if (cur->broken)
        return false;
    if (n >= 0 && cs_left(cur) >= n)
        return true;
    cs_broken(cur, wmem_strdup_printf(cur->pinfo->pool, "%d octets needed, %d there", n, cs_left(cur)));
    return false;
}

static void put_hidden(cs_cursor *cur, int id, int offset, int n, unsigned encoding)
{
    if (id <= 0 || cur->shadow)
        return;
    enum ftenum type = proto_registrar_get_ftype(id);
    if (type == FT_STRING)
        encoding = ENC_ASCII;
    else if (type == FT_BYTES)
        encoding = ENC_NA;
    proto_item_set_hidden(proto_tree_add_item(cur->tree, id, cur->tvb, offset, n, encoding));
}

/* Hidden, because the tree would show the value twice. */
void cs_put_twin(cs_cursor *cur, cs_field field, int offset, int n, unsigned encoding)
{
    put_hidden(cur, cs_field_stock(cur->object, field), offset, n, encoding);
}

proto_item *cs_put(cs_cursor *cur, cs_field field, int n, unsigned encoding)
{
    proto_item *item = proto_tree_add_item(cur->tree, cs_field_hf(cur->object, field), cur->tvb, cur->at, n, encoding);
    if (!cur->no_twins)
        cs_put_twin(cur, field, cur->at, n, encoding);
    return item;
}

bool cs_put_uint(cs_cursor *cur, cs_field field, int n, uint32_t *value, proto_item **item)
{
    if (!cs_need(cur, n))
        return false;
    proto_item *added = cs_put(cur, field, n, ENC_LITTLE_ENDIAN);
    if (item)
        *item = added;
    if (value)
        *value = n == 1   ? cs_tvb_u8(cur->tvb, cur->at)
                 : n == 2 ? tvb_get_letohs(cur->tvb, cur->at)
                          : tvb_get_letohl(cur->tvb, cur->at);
    cur->at += n;
    return true;
}

void cs_remark_mark(cs_cursor *cur, proto_item *item, cs_mark mark, const char *name)
{
    if (mark == CS_MARK_B)
        cs_expert_only(cur->pinfo, item, CS_FIND_UNCERTAIN, "%s is known from one public source", name);
    else if (mark == CS_MARK_C)
        cs_expert_only(cur->pinfo, item, CS_FIND_UNCERTAIN, "the layout of %s is not public", name);
}

proto_item *cs_put_generated(cs_cursor *cur, cs_field field, uint32_t value)
{
    proto_item *item = proto_tree_add_uint(cur->tree, cs_field_hf(cur->object, field), cur->tvb, 0, 0, value);
    proto_item_set_generated(item);
    return item;
}

void cs_put_stock_data(cs_cursor *cur, int offset, int n)
{
    if (n > 0 && stock_data > 0 && !cur->shadow && (!cur->secret || cs_prefs.show_psk))
        proto_item_set_hidden(proto_tree_add_item(cur->tree, stock_data, cur->tvb, offset, n, ENC_NA));
}

void cs_put_rest(cs_cursor *cur, bool trailing)
{
    if (cur->broken || cs_left(cur) <= 0)
        return;
    proto_item *item = put_left(cur);
    if (item)
        cs_put_stock_data(cur, cur->at, cs_left(cur));
    if (trailing)
        cs_expert_only(cur->pinfo, item ? item : cur->item, CS_FIND_TRAILING, "%d octets behind %s", cs_left(cur),
                       cur->what);
    cur->at = cur->end;
}

proto_tree *cs_entry_open(cs_cursor *cur, proto_item **item, const char *fmt, ...)
{
    proto_tree *parent = cur->tree;
    va_list args;
    va_start(args, fmt);
    cur->tree = proto_tree_add_subtree(parent, cur->tvb, cur->at, 0, ett_cs_entry, item,
                                       wmem_strdup_vprintf(cur->pinfo->pool, fmt, args));
    va_end(args);
    return parent;
}

void cs_entry_close(cs_cursor *cur, proto_item *item, int start, proto_tree *parent)
{
    proto_item_set_len(item, cur->at - start);
    cur->tree = parent;
}

void cs_cursor_handoff(void)
{
    stock_data = cs_stock_field("cip.data", FT_BYTES);
}
