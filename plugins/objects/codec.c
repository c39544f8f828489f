/* codec.c
 * Numbers, booleans, flags, and the way to the other codecs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "codec.h"

#include <cipsec/filepacket.h>
#include <cipsec/seclists.h>

static const char *read_uint(cs_cursor *cur, cs_field field, int n)
{
    uint32_t value;
    if (!cs_put_uint(cur, field, n, &value, NULL))
        return NULL;
    const char *name = cs_field_value_name(field, value);
    if (name)
        return name;
    if (cs_field_is_hex(field))
        return wmem_strdup_printf(cur->pinfo->pool, "0x%0*x", 2 * n, value);
    return wmem_strdup_printf(cur->pinfo->pool, "%u", value);
}

static const char *read_uncertain(cs_cursor *cur, cs_field field, int n)
{
    uint32_t value;
    proto_item *item;
    if (!cs_put_uint(cur, field, n, &value, &item))
        return NULL;
    cs_expert_only(cur->pinfo, item, CS_FIND_UNCERTAIN, "the values of %s are not public", cs_field_name(field));
    return wmem_strdup_printf(cur->pinfo->pool, "%u", value);
}

static const char *read_bool(cs_cursor *cur, cs_field field)
{
    uint32_t value;
    proto_item *item;
    if (!cs_put_uint(cur, field, 1, &value, &item))
        return NULL;
    if (value > 1)
        proto_item_append_text(item, " (octet 0x%02x)", value);
    return value ? "on" : "off";
}

const char *cs_read_flags(cs_cursor *cur, cs_field field, int n)
{
    uint32_t value;
    proto_item *item;
    int start = cur->at;
    if (!cs_put_uint(cur, field, n, &value, &item))
        return NULL;
    proto_tree *parent = cur->tree;
    cur->tree = proto_item_add_subtree(item, ett_cs_flags);
    cur->at = start;
    wmem_strbuf_t *text = wmem_strbuf_new(cur->pinfo->pool, "");
    for (cs_field bit = field + 1; bit < CS_F_COUNT && cs_field_mask(bit); bit++) {
        cs_put(cur, bit, n, ENC_LITTLE_ENDIAN);
        uint64_t mask = cs_field_mask(bit);
        if ((value & mask) && !(mask & (mask - 1)))
            wmem_strbuf_append_printf(text, "%s%s", wmem_strbuf_get_len(text) ? ", " : "", cs_field_name(bit));
    }
    cur->at = start + n;
    cur->tree = parent;
    if (!wmem_strbuf_get_len(text))
        return value ? wmem_strdup_printf(cur->pinfo->pool, "0x%x", value) : "none";
    return wmem_strbuf_get_str(text);
}

static const char *read_revision(cs_cursor *cur, cs_field field)
{
    uint32_t major, minor;
    if (!cs_put_uint(cur, field, 1, &major, NULL) || !cs_put_uint(cur, field + 1, 1, &minor, NULL))
        return NULL;
    return wmem_strdup_printf(cur->pinfo->pool, "%u.%u", major, minor);
}

static const char *read_rest(cs_cursor *cur, cs_field field)
{
    int n = cs_left(cur);
    if (n > 0)
        cs_put(cur, field, n, ENC_NA);
    cur->at = cur->end;
    return wmem_strdup_printf(cur->pinfo->pool, "%d octets", n);
}

/* Attribute 17 of 0x5E is one BOOL; one source counts the originator's suites there. */
static const char *read_check_san(cs_cursor *cur, cs_field field, cs_place place)
{
    size_t used;
    if (place == CS_PLACE_END && cs_left(cur) > 1 &&
        cs_suites_length(tvb_get_ptr(cur->tvb, cur->at, cs_left(cur)), (size_t)cs_left(cur), &used) &&
        used == (size_t)cs_left(cur)) {
        cs_expert_only(cur->pinfo, cur->item, CS_FIND_UNCERTAIN, "attribute 17 read as a list of cipher suites");
        return cs_read_suites(cur, CS_F_EIP_AVAILABLE_ORIGINATOR_COUNT);
    }
    return read_bool(cur, field);
}

const char *cs_read_packet(cs_cursor *cur, cs_field field)
{
    uint32_t type;
    if (!cs_put_uint(cur, field, 1, &type, NULL))
        return NULL;
    const char *name = cs_field_value_name(field, type);
    bool checksum = type == CS_PACKET_LAST || type == CS_PACKET_FIRST_AND_LAST;
    int n = cs_left(cur) - (checksum ? 2 : 0);
    if (checksum && !cs_need(cur, 2))
        return name;
    /* An abort packet carries nothing; what follows one is shown as data all the same. */
    if (n > 0)
        proto_tree_add_item(cur->tree, cs_field_hf(cur->object, field + 1), cur->tvb, cur->at, n, ENC_NA);
    /* Wireshark counts the checksum in. */
    cs_put_twin(cur, field + 1, cur->at, cs_left(cur), ENC_NA);
    cur->at += n;
    if (checksum)
        cs_put_uint(cur, field + 2, 2, NULL, NULL);
    return wmem_strdup_printf(cur->pinfo->pool, "%s, %d octets", name ? name : "reserved packet type", n);
}

const char *cs_codec_read(cs_cursor *cur, cs_codec codec, cs_field field, cs_place place)
{
    switch (codec) {
    case CS_CODEC_U8:
        return read_uint(cur, field, 1);
    case CS_CODEC_U16:
        return read_uint(cur, field, 2);
    case CS_CODEC_U8_UNCERTAIN:
        return read_uncertain(cur, field, 1);
    case CS_CODEC_U16_UNCERTAIN:
        return read_uncertain(cur, field, 2);
    case CS_CODEC_U32:
        return read_uint(cur, field, 4);
    case CS_CODEC_BOOL:
        return read_bool(cur, field);
    case CS_CODEC_FLAGS8:
        return cs_read_flags(cur, field, 1);
    case CS_CODEC_FLAGS16:
        return cs_read_flags(cur, field, 2);
    case CS_CODEC_FLAGS32:
        return cs_read_flags(cur, field, 4);
    case CS_CODEC_SHORT_STRING:
        return cs_read_short_string(cur, field);
    case CS_CODEC_STRINGI:
        return cs_read_stringi(cur, field);
    case CS_CODEC_REVISION:
        return read_revision(cur, field);
    case CS_CODEC_REST:
        return read_rest(cur, field);
    case CS_CODEC_SUITES:
        return cs_read_suites(cur, field);
    case CS_CODEC_CHECK_SAN:
        return read_check_san(cur, field, place);
    case CS_CODEC_PATH:
        return cs_read_path(cur, field);
    case CS_CODEC_PATHS:
        return cs_read_paths(cur, field);
    case CS_CODEC_CRL:
        return cs_read_crl(cur, field, place);
    case CS_CODEC_PSKS:
        return cs_read_psks(cur, field, place);
    case CS_CODEC_AUTHORIZATION:
        return cs_read_authorization(cur, field);
    case CS_CODEC_CERTIFICATE:
        return cs_read_certificate(cur, field);
    case CS_CODEC_CERTIFICATE_LIST:
        return cs_read_certificate_list(cur, field);
    case CS_CODEC_DIRECTORY:
        return cs_read_directory(cur, field);
    case CS_CODEC_CSR_STRINGS:
        return cs_read_csr_strings(cur, field);
    case CS_CODEC_PACKET:
        return cs_read_packet(cur, field);
    case CS_CODEC_PORTS:
        return cs_read_admin(cur, field, true, true);
    case CS_CODEC_PROTOCOLS:
        return cs_read_admin(cur, field, false, true);
    case CS_CODEC_SET_PORTS:
        return cs_read_admin(cur, field, true, false);
    case CS_CODEC_SET_PROTOCOLS:
        return cs_read_admin(cur, field, false, false);
    }
    return NULL;
}
