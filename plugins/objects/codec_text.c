/* codec_text.c
 * Strings: SHORT_STRING, STRINGI, the directory of the File object and the strings of Create_CSR.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "codec.h"

#include <cipsec/cipstring.h>

/* Short strings have no character set of their own: UTF-8 where the octets are, else ISO 8859-1. */
static unsigned short_string_encoding(cs_cursor *cur, int offset, int len)
{
    const char *octets = len ? (const char *)tvb_get_ptr(cur->tvb, offset, len) : "";
    return g_utf8_validate(octets, len, NULL) ? ENC_UTF_8 : ENC_ISO_8859_1;
}

static unsigned part_encoding(const cs_stringi_part *part)
{
    static const unsigned iso[] = {ENC_ISO_8859_1, ENC_ISO_8859_2, ENC_ISO_8859_3, ENC_ISO_8859_4, ENC_ISO_8859_5,
                                   ENC_ISO_8859_6, ENC_ISO_8859_7, ENC_ISO_8859_8, ENC_ISO_8859_9};
    if (part->width == 2 || part->charset == 1000)
        return ENC_UCS_2 | ENC_LITTLE_ENDIAN;
    if (part->width == 4 || part->charset == 1001)
        return ENC_UCS_4 | ENC_LITTLE_ENDIAN;
    return part->charset >= 4 && part->charset <= 12 ? iso[part->charset - 4] : ENC_ISO_8859_1;
}

/* Adds text under the own field in its real encoding, and under the stock field as Wireshark itself reads it.
 * @return it for titles and the Info column */
static const char *put_text(cs_cursor *cur, cs_field field, int offset, int len, unsigned encoding, int stock)
{
    const char *text = (const char *)tvb_get_string_enc(cur->pinfo->pool, cur->tvb, offset, len, encoding);
    proto_tree_add_item(cur->tree, cs_field_hf(cur->object, field), cur->tvb, offset, len, encoding);
    if (stock > 0 && !cur->shadow) {
        unsigned plain = encoding == (ENC_UCS_2 | ENC_LITTLE_ENDIAN) ? encoding : ENC_ASCII;
        proto_item_set_hidden(proto_tree_add_item(cur->tree, stock, cur->tvb, offset, len, plain));
    }
    return cs_format_text(cur->pinfo->pool, text);
}

const char *cs_read_short_string(cs_cursor *cur, cs_field field)
{
    if (!cs_need(cur, 1) || !cs_need(cur, 1 + cs_tvb_u8(cur->tvb, cur->at)))
        return NULL;
    int len = cs_tvb_u8(cur->tvb, cur->at);
    const char *text = put_text(cur, field, cur->at + 1, len, short_string_encoding(cur, cur->at + 1, len),
                                cs_field_stock(cur->object, field));
    cur->at += 1 + len;
    return text;
}

static const char *put_part(cs_cursor *cur, cs_field field, const cs_stringi_part *part, int base)
{
    static int stock_text = CS_ID_INIT;
    if (stock_text == CS_ID_INIT)
        stock_text = cs_stock_field("cip.stringi.int_string", FT_STRING);
    cur->at = base + (int)part->start;
    cs_put(cur, CS_F_FILE_STRING_LANGUAGE, 3, ENC_ASCII);
    cur->at += 3;
    cs_put(cur, CS_F_FILE_STRING_TYPE, 1, ENC_LITTLE_ENDIAN);
    cur->at += 1;
    cs_put(cur, CS_F_FILE_STRING_CHARSET, 2, ENC_LITTLE_ENDIAN);
    const char *text =
        put_text(cur, field, base + (int)part->text, (int)part->text_len, part_encoding(part), stock_text);
    cur->at = base + (int)(part->text + part->text_len);
    return text;
}

const char *cs_read_stringi(cs_cursor *cur, cs_field field)
{
    if (!cs_need(cur, 1))
        return NULL;
    int base = cur->at;
    const uint8_t *octets = tvb_get_ptr(cur->tvb, base, cs_left(cur));
    size_t len = (size_t)cs_left(cur), offset = 1;
    unsigned count = octets[0];
    const char *first = NULL;
    proto_item *item;
    proto_tree *parent = cs_entry_open(cur, &item, "%s", cs_field_name(field));
    cs_put(cur, CS_F_FILE_STRING_COUNT, 1, ENC_LITTLE_ENDIAN);
    cur->at++;
    for (unsigned i = 0; i < count; i++) {
        cs_stringi_part part;
        if (!cs_stringi_next(octets, len, &offset, &part)) {
            cs_broken(cur, wmem_strdup_printf(cur->pinfo->pool, "string %u of %u does not fit or has an unknown type",
                                              i + 1, count));
            break;
        }
        const char *text = put_part(cur, field, &part, base);
        if (!first)
            first = text;
    }
    if (first)
        proto_item_append_text(item, ": %s", first);
    cs_entry_close(cur, item, base, parent);
    return first ? first : "no text";
}

const char *cs_read_directory(cs_cursor *cur, cs_field field)
{
    unsigned n = 0;
    while (cs_left(cur) > 0 && !cur->broken) {
        uint32_t instance;
        proto_item *item;
        int start = cur->at;
        proto_tree *parent = cs_entry_open(cur, &item, "File %u", ++n);
        if (cs_put_uint(cur, field, 2, &instance, NULL)) {
            const char *name = cs_read_stringi(cur, field + 1);
            const char *file = cur->broken ? NULL : cs_read_stringi(cur, field + 2);
            proto_item_append_text(item, ": instance %u, %s, %s", instance, name ? name : "", file ? file : "");
        }
        cs_entry_close(cur, item, start, parent);
    }
    return wmem_strdup_printf(cur->pinfo->pool, "%u files", n);
}

#define CSR_STRINGS 9
#define CSR_REQUIRED 8

const char *cs_read_csr_strings(cs_cursor *cur, cs_field field)
{
    static const char *const tags[CSR_STRINGS] = {"CN", "O", "OU", "L", "ST", "C", "E", "SERIALNUMBER", "SAN"};
    wmem_strbuf_t *text = wmem_strbuf_new(cur->pinfo->pool, "");
    unsigned n = 0;
    for (; n < CSR_STRINGS && (n < CSR_REQUIRED || cs_left(cur) > 0); n++) {
        cur->what = cs_field_name(field + n);
        const char *value = cs_read_short_string(cur, field + n);
        if (!value)
            return NULL;
        /* CN and SAN tell one device from another; the rest is in the tree. */
        if (*value && (n == 0 || n == CSR_STRINGS - 1))
            wmem_strbuf_append_printf(text, "%s%s=%s", wmem_strbuf_get_len(text) ? ", " : "", tags[n], value);
    }
    cur->what = cs_field_name(field + CSR_STRINGS);
    while (cs_left(cur) > 0 && !cur->broken) {
        proto_item *item = cur->tree ? proto_tree_get_parent(cur->tree) : NULL;
        if (!cs_read_short_string(cur, field + CSR_STRINGS))
            break;
        cs_expert_only(cur->pinfo, item, CS_FIND_UNCERTAIN, "more than %d strings", CSR_STRINGS);
    }
    return wmem_strbuf_get_str(text);
}
