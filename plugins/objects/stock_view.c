/* stock_view.c
 * Wireshark's own reading of some values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "stock_view.h"

#include <epan/dissectors/packet-cipsafety.h>
#include <epan/dissectors/packet-cip.h>

#include <cipsec/epath.h>
#include <cipsec/seclists.h>

/* Stock fields of path segments; those that hold a value exist once a width. */
enum { WIDTH_8, WIDTH_16, WIDTH_32, WIDTHS };
static int stock_data, stock_epath, stock_segment, stock_segment_type, stock_logical_type, stock_logical_format;
static int stock_port, stock_port_extended_link, stock_link_address;
static int stock_value[CS_LOGICAL_SERVICE + 1][WIDTHS];

static void put_hidden(cs_cursor *cur, int id, int offset, int n)
{
    if (id > 0 && !cur->shadow)
        proto_item_set_hidden(proto_tree_add_item(cur->tree, id, cur->tvb, offset, n, ENC_LITTLE_ENDIAN));
}

void cs_stock_segments(cs_cursor *cur, int offset, int n)
{
    const uint8_t *path = n ? tvb_get_ptr(cur->tvb, offset, n) : (const uint8_t *)"";
    size_t at = 0;
    cs_segment segment;
    put_hidden(cur, stock_epath, offset, n);
    while (cs_epath_next(path, (size_t)n, &at, &segment)) {
        int start = offset + (int)segment.offset;
        put_hidden(cur, stock_segment, start, 1);
        put_hidden(cur, stock_segment_type, start, 1);
        if (segment.kind == CS_SEGMENT_PORT && segment.len == 2) {
            put_hidden(cur, stock_port_extended_link, start, 1);
            put_hidden(cur, stock_port, start, 1);
            put_hidden(cur, stock_link_address, start + 1, 1);
        }
        if (segment.kind != CS_SEGMENT_LOGICAL)
            continue;
        int width = segment.value_len == 1 ? WIDTH_8 : segment.value_len == 2 ? WIDTH_16 : WIDTH_32;
        put_hidden(cur, stock_logical_type, start, 1);
        put_hidden(cur, stock_logical_format, start, 1);
        put_hidden(cur, stock_value[segment.logical][width], offset + (int)segment.value_offset,
                   (int)segment.value_len);
    }
}

void cs_stock_key(cs_cursor *cur, int offset, int n)
{
    int id = cs_field_stock(cur->object, CS_F_EIP_PSK_KEY);
    if (cs_prefs.show_psk || n == 0) {
        cs_put_twin(cur, CS_F_EIP_PSK_KEY, offset, n, ENC_NA);
        return;
    }
    char *mask = wmem_alloc(cur->pinfo->pool, (size_t)n + 1);
    memset(mask, '*', (size_t)n);
    mask[n] = '\0';
    if (id > 0 && proto_registrar_get_ftype(id) == FT_STRING)
        proto_item_set_hidden(proto_tree_add_string(cur->tree, id, cur->tvb, offset, n, mask));
    else if (id > 0)
        proto_item_set_hidden(
            proto_tree_add_bytes_with_length(cur->tree, id, cur->tvb, offset, n, (const uint8_t *)mask, n));
}

/* Octets of a counted part (identity or key) at offset, or -1 when it does not fit. */
static int counted(const cs_cursor *cur, int offset)
{
    if (offset >= cur->end)
        return -1;
    int n = cs_tvb_u8(cur->tvb, offset);
    return n <= cur->end - offset - 1 ? n : -1;
}

void cs_stock_psks(cs_cursor *cur, int offset, bool real_usage, bool alone)
{
    bool usage = cs_field_stock(cur->object, CS_F_EIP_PSK_USAGE) > 0;
    const uint8_t *list = tvb_get_ptr(cur->tvb, offset, cur->end - offset);
    size_t len = (size_t)(cur->end - offset);
    int start = offset;
    unsigned count = cs_tvb_u8(cur->tvb, offset);
    cs_put_twin(cur, CS_F_EIP_PSK_COUNT, offset++, 1, ENC_LITTLE_ENDIAN);
    for (unsigned i = 0; i < count; i++) {
        int identity = counted(cur, offset);
        if (offset < cur->end)
            cs_put_twin(cur, CS_F_EIP_PSK_IDENTITY_SIZE, offset, 1, ENC_LITTLE_ENDIAN);
        if (identity < 0)
            return;
        /* Out of step with the real shape, key octets would come out as an identity. */
        if (cs_prefs.show_psk ||
            !cs_psks_hold_key(list, len, real_usage, (size_t)(offset + 1 - start), (size_t)identity))
            cs_put_twin(cur, CS_F_EIP_PSK_IDENTITY, offset + 1, identity, ENC_NA);
        offset += 1 + identity;
        int key = counted(cur, offset);
        if (offset < cur->end)
            cs_put_twin(cur, CS_F_EIP_PSK_SIZE, offset, 1, ENC_LITTLE_ENDIAN);
        if (key < 0)
            return;
        cs_stock_key(cur, offset + 1, key);
        offset += 1 + key;
        if (usage && offset >= cur->end)
            return;
        if (usage)
            cs_put_twin(cur, CS_F_EIP_PSK_USAGE, offset++, 1, ENC_LITTLE_ENDIAN);
    }
    /* The usage octet of a single key is all that may be left without a secret in it. */
    if (alone && count == 1 && cur->end - offset == 1)
        put_hidden(cur, stock_data, offset, 1);
    else if (alone)
        cs_put_stock_data(cur, offset, cur->end - offset);
}

/* One counted path. @return its octets, 0 when it does not fit. */
static int put_path(cs_cursor *cur, int offset)
{
    if (offset >= cur->end)
        return 0;
    int n = 2 * cs_tvb_u8(cur->tvb, offset);
    cs_put_twin(cur, CS_F_COMMON_PATH_SIZE, offset, 1, ENC_LITTLE_ENDIAN);
    if (n > cur->end - offset - 1)
        return 0;
    cs_stock_segments(cur, offset + 1, n);
    return 1 + n;
}

void cs_stock_crl(cs_cursor *cur, int offset, bool alone)
{
    int used = 1;
    if (cs_field_stock(cur->object, CS_F_EIP_CRL_COUNT) > 0) {
        unsigned count = cs_tvb_u8(cur->tvb, offset);
        cs_put_twin(cur, CS_F_EIP_CRL_COUNT, offset, 1, ENC_LITTLE_ENDIAN);
        for (offset++; count && used; count--) {
            used = put_path(cur, offset);
            offset += used;
        }
    } else {
        used = put_path(cur, offset);
        offset += used;
    }
    if (alone && used)
        cs_put_stock_data(cur, offset, cur->end - offset);
}

void cs_stock_cm_class(cs_cursor *cur, int offset)
{
    static const struct {
        cs_field field;
        int offset, n;
    } reading[] = {
        {CS_F_COMMON_MAX_CLASS_ATTRIBUTE, 4, 2},
        {CS_F_COMMON_MAX_INSTANCE_ATTRIBUTE, 6, 2},
        {CS_F_CM_CAPABILITY, 8, 4},
        {CS_F_CM_CAPABILITY_PUSH, 8, 4},
        {CS_F_CM_CAPABILITY_RESERVED, 8, 4},
        {CS_F_CM_LIST_COUNT, 12, 1},
    };
    for (size_t i = 0; i < array_length(reading); i++)
        if (offset + reading[i].offset + reading[i].n <= cur->end)
            cs_put_twin(cur, reading[i].field, offset + reading[i].offset, reading[i].n, ENC_LITTLE_ENDIAN);
    int read = 13;
    if (cs_field_stock(cur->object, CS_F_CM_ENCODINGS) > 0 && offset + 17 <= cur->end) {
        cs_put_twin(cur, CS_F_CM_ENCODINGS, offset + 13, 4, ENC_LITTLE_ENDIAN);
        read = 17;
    }
    cs_put_stock_data(cur, offset + read, cur->end - offset - read);
}

/* Members of the bodies of common services, each at the end of the one before. */
static struct {
    uint8_t service;
    bool response;
    uint8_t octets;
    const char *name;
    int id;
} members[] = {
    {SC_RESET, false, 1, "cip.reset.type", 0},
    {SC_CREATE, true, 2, "cip.create.instance", 0},
    {SC_FIND_NEXT_OBJ_INST, false, 1, "cip.find_next_object.max_instance", 0},
    {SC_FIND_NEXT_OBJ_INST, true, 1, "cip.find_next_object.num_instances", 0},
    {SC_FIND_NEXT_OBJ_INST, true, 1, "cip.find_next_object.instance", 0},
    {SC_GROUP_SYNC, true, 1, "cip.group_sync.is_sync", 0},
};

void cs_stock_common(cs_cursor *cur, uint8_t service, bool response)
{
    int at = cur->at;
    for (size_t i = 0; i < array_length(members); i++) {
        if (members[i].service != service || members[i].response != response || members[i].id <= 0)
            continue;
        /* Instances fill what the number before them says. */
        bool repeats = i > 0 && members[i - 1].service == service && members[i - 1].response == response;
        int times = repeats && at > cur->at ? cs_tvb_u8(cur->tvb, at - 1) : 1;
        for (; times && at + members[i].octets <= cur->end; times--, at += members[i].octets)
            put_hidden(cur, members[i].id, at, members[i].octets);
    }
    if (at > cur->at)
        cs_put_stock_data(cur, at, cur->end - at);
}

void cs_stock_view_handoff(void)
{
    static const enum ftenum types[WIDTHS] = {FT_UINT8, FT_UINT16, FT_UINT32};
    static const struct {
        cs_logical_kind kind;
        const char *name;
    } values[] = {
        {CS_LOGICAL_CLASS, "cip.class"},         {CS_LOGICAL_INSTANCE, "cip.instance"},
        {CS_LOGICAL_MEMBER, "cip.member"},       {CS_LOGICAL_CONNECTION_POINT, "cip.connpoint"},
        {CS_LOGICAL_ATTRIBUTE, "cip.attribute"},
    };
    for (size_t i = 0; i < array_length(members); i++)
        members[i].id = cs_stock_field(members[i].name, members[i].octets == 1 ? FT_UINT8 : FT_UINT16);
    stock_data = cs_stock_field("cip.data", FT_BYTES);
    stock_epath = cs_stock_field("cip.epath", FT_BYTES);
    stock_segment = cs_stock_field("cip.path_segment", FT_UINT8);
    stock_segment_type = cs_stock_field("cip.path_segment.type", FT_UINT8);
    stock_logical_type = cs_stock_field("cip.logical_segment.type", FT_UINT8);
    stock_logical_format = cs_stock_field("cip.logical_segment.format", FT_UINT8);
    stock_port = cs_stock_field("cip.port", FT_UINT8);
    stock_port_extended_link = cs_stock_field("cip.ex_linkaddress", FT_BOOLEAN);
    stock_link_address = cs_stock_field("cip.linkaddress.byte", FT_UINT8);
    for (size_t i = 0; i < array_length(values); i++)
        for (int width = 0; width < WIDTHS; width++)
            stock_value[values[i].kind][width] = cs_stock_field(values[i].name, types[width]);
}
