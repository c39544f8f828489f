/* codec_paths.c
 * Stored paths: what they lead to, in words, and their segments under Wireshark's own fields.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "codec.h"

#include <cipsec/epath.h>
#include <cipsec/seclists.h>

/* Stock fields of the segments; those that hold a value exist once a width. */
enum { WIDTH_8, WIDTH_16, WIDTH_32, WIDTHS };
static int stock_epath, stock_segment, stock_segment_type, stock_logical_type, stock_logical_format;
static int stock_value[CS_LOGICAL_SERVICE + 1][WIDTHS];

static void put_hidden(cs_cursor *cur, int id, int offset, int n)
{
    if (id > 0)
        proto_item_set_hidden(proto_tree_add_item(cur->tree, id, cur->tvb, offset, n, ENC_LITTLE_ENDIAN));
}

/* The segments as Wireshark shows them, hidden, because the own items already say what they mean. */
static void put_segments(cs_cursor *cur, int offset, int n)
{
    const uint8_t *path = tvb_get_ptr(cur->tvb, offset, n);
    size_t at = 0;
    cs_segment segment;
    put_hidden(cur, stock_epath, offset, n);
    while (cs_epath_next(path, (size_t)n, &at, &segment)) {
        int start = offset + (int)segment.offset;
        put_hidden(cur, stock_segment, start, 1);
        put_hidden(cur, stock_segment_type, start, 1);
        if (segment.kind != CS_SEGMENT_LOGICAL)
            continue;
        int width = segment.value_len == 1 ? WIDTH_8 : segment.value_len == 2 ? WIDTH_16 : WIDTH_32;
        put_hidden(cur, stock_logical_type, start, 1);
        put_hidden(cur, stock_logical_format, start, 1);
        put_hidden(cur, stock_value[segment.logical][width], offset + (int)segment.value_offset,
                   (int)segment.value_len);
    }
}

const char *cs_read_path(cs_cursor *cur, cs_field field)
{
    if (!cs_need(cur, 1))
        return NULL;
    int n = 2 * cs_tvb_u8(cur->tvb, cur->at);
    if (!cs_need(cur, 1 + n))
        return NULL;
    cs_epath_target target;
    char text[CS_EPATH_STRLEN];
    cs_epath_parse(n ? tvb_get_ptr(cur->tvb, cur->at + 1, n) : (const uint8_t *)"", (size_t)n, &target);
    const char *name = n ? cs_epath_to_str(&target, text) : "none";
    proto_item *item = proto_tree_add_string(cur->tree, cs_field_hf(cur->object, field), cur->tvb, cur->at, 1 + n, name);
    proto_tree *parent = cur->tree;
    cur->tree = proto_item_add_subtree(item, ett_cs_path);
    cs_put_uint(cur, CS_F_COMMON_PATH_SIZE, 1, NULL, NULL);
    if (target.class_id != UINT32_MAX)
        cs_put_generated(cur, CS_F_COMMON_PATH_CLASS, target.class_id);
    if (target.instance != UINT32_MAX)
        cs_put_generated(cur, CS_F_COMMON_PATH_INSTANCE, target.instance);
    if (n) {
        put_segments(cur, cur->at, n);
        proto_item_set_hidden(proto_tree_add_string(cur->tree, cs_field_hf(cur->object, CS_F_COMMON_PATH), cur->tvb,
                                                    cur->at, n, name));
    }
    if (!target.complete)
        cs_expert_only(cur->pinfo, item, CS_FIND_UNCERTAIN, "the path holds segments that are not understood");
    cur->tree = parent;
    cur->at += n;
    return wmem_strdup(cur->pinfo->pool, name);
}

const char *cs_read_paths(cs_cursor *cur, cs_field field)
{
    uint32_t count;
    proto_item *item;
    int start = cur->at;
    if (!cs_put_uint(cur, field, 1, &count, &item))
        return NULL;
    wmem_strbuf_t *text = wmem_strbuf_new(cur->pinfo->pool, count ? "" : "none");
    proto_tree *parent = cur->tree;
    cur->tree = proto_item_add_subtree(item, ett_cs_list);
    for (uint32_t i = 0; i < count && !cur->broken; i++) {
        const char *path = cs_read_path(cur, field + 1);
        if (path)
            wmem_strbuf_append_printf(text, "%s%s", i ? ", " : "", path);
    }
    cur->tree = parent;
    proto_item_set_len(item, cur->at - start);
    return wmem_strbuf_get_str(text);
}

const char *cs_read_crl(cs_cursor *cur, cs_field field)
{
    if (!cs_need(cur, 1))
        return NULL;
    const uint8_t *octets = tvb_get_ptr(cur->tvb, cur->at, cs_left(cur));
    if (cs_crl_is_list(octets, (size_t)cs_left(cur)))
        return cs_read_paths(cur, field);
    proto_item *item = proto_tree_add_uint(cur->tree, cs_field_hf(cur->object, field), cur->tvb, cur->at, 0, 1);
    proto_item_set_generated(item);
    proto_item_append_text(item, " (older form, one path)");
    return cs_read_path(cur, field + 1);
}

void cs_paths_handoff(void)
{
    static const enum ftenum types[WIDTHS] = {FT_UINT8, FT_UINT16, FT_UINT32};
    static const struct {
        cs_logical_kind kind;
        const char *name;
    } values[] = {
        {CS_LOGICAL_CLASS, "cip.class"},
        {CS_LOGICAL_INSTANCE, "cip.instance"},
        {CS_LOGICAL_MEMBER, "cip.member"},
        {CS_LOGICAL_CONNECTION_POINT, "cip.connpoint"},
        {CS_LOGICAL_ATTRIBUTE, "cip.attribute"},
    };
    stock_epath = cs_stock_field("cip.epath", FT_BYTES);
    stock_segment = cs_stock_field("cip.path_segment", FT_UINT8);
    stock_segment_type = cs_stock_field("cip.path_segment.type", FT_UINT8);
    stock_logical_type = cs_stock_field("cip.logical_segment.type", FT_UINT8);
    stock_logical_format = cs_stock_field("cip.logical_segment.format", FT_UINT8);
    for (size_t i = 0; i < array_length(values); i++)
        for (int width = 0; width < WIDTHS; width++)
            stock_value[values[i].kind][width] = cs_stock_field(values[i].name, types[width]);
}
