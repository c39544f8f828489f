/* codec_paths.c
 * Stored paths: what they lead to, in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "codec.h"

#include "stock_view.h"

#include <cipsec/epath.h>
#include <cipsec/seclists.h>

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
    proto_item *item =
        proto_tree_add_string(cur->tree, cs_field_hf(cur->object, field), cur->tvb, cur->at, 1 + n, name);
    proto_tree *parent = cur->tree;
    cur->tree = proto_item_add_subtree(item, ett_cs_path);
    cs_put_uint(cur, CS_F_COMMON_PATH_SIZE, 1, NULL, NULL);
    if (target.class_id != UINT32_MAX)
        cs_put_generated(cur, CS_F_COMMON_PATH_CLASS, target.class_id);
    if (target.instance != UINT32_MAX)
        cs_put_generated(cur, CS_F_COMMON_PATH_INSTANCE, target.instance);
    if (!cur->no_twins)
        cs_stock_segments(cur, cur->at, n);
    if (n)
        proto_item_set_hidden(
            proto_tree_add_string(cur->tree, cs_field_hf(cur->object, CS_F_COMMON_PATH), cur->tvb, cur->at, n, name));
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
    return wmem_strbuf_get_str(text);
}

/* The older shape: one path without a count. */
static const char *read_one_crl(cs_cursor *cur, cs_field field)
{
    proto_item *item = proto_tree_add_uint(cur->tree, cs_field_hf(cur->object, field), cur->tvb, cur->at, 0, 1);
    proto_item_set_generated(item);
    proto_item_append_text(item, " (older form, one path)");
    return cs_read_path(cur, field + 1);
}

const char *cs_read_crl(cs_cursor *cur, cs_field field, cs_place place)
{
    if (!cs_need(cur, 1))
        return NULL;
    const uint8_t *octets = tvb_get_ptr(cur->tvb, cur->at, cs_left(cur));
    bool list = cs_crl_is_list(octets, (size_t)cs_left(cur));
    cs_stock_crl(cur, cur->at, place == CS_PLACE_END);
    cur->no_twins = true;
    const char *text = list ? cs_read_paths(cur, field) : read_one_crl(cur, field);
    cur->no_twins = false;
    return text;
}
