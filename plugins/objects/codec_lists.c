/* codec_lists.c
 * Lists of cipher suites, keys, certificates and authorizations.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "codec.h"

#include "stock_view.h"

#include <cipsec/seclists.h>
#include <cipsec/suites.h>

const char *cs_read_suites(cs_cursor *cur, cs_field field)
{
    uint32_t count;
    proto_item *item;
    unsigned null_suites = 0;
    if (!cs_put_uint(cur, field, 1, &count, &item))
        return NULL;
    proto_tree *parent = cur->tree;
    cur->tree = proto_item_add_subtree(item, ett_cs_list);
    for (uint32_t i = 0; i < count && cs_need(cur, 2); i++) {
        uint16_t suite = tvb_get_ntohs(cur->tvb, cur->at);
        proto_item *entry = cs_put(cur, field + 1, 2, ENC_BIG_ENDIAN);
        if (cs_suite_integrity_only(suite)) {
            null_suites++;
            proto_item_append_text(entry, " [integrity only]");
        }
        cur->at += 2;
    }
    cs_put_generated(cur, field + 2, null_suites);
    cur->tree = parent;
    if (!null_suites)
        return wmem_strdup_printf(cur->pinfo->pool, "%u", count);
    return wmem_strdup_printf(cur->pinfo->pool, "%u (integrity only %u)", count, null_suites);
}

/* Octets that follow as a key: never shown raw when the list turns out to be broken. Exports copy the octets that an
 * item covers, so what stands for a masked key covers none. */
static void read_key(cs_cursor *cur, cs_field field, unsigned len)
{
    if (len == 0)
        return; /* what a read gives; its length says so */
    if (cs_prefs.show_psk) {
        cs_put(cur, field, (int)len, ENC_NA);
    } else {
        proto_item *item =
            proto_tree_add_boolean(cur->tree, cs_field_hf(cur->object, field + 1), cur->tvb, cur->at, 0, true);
        cur->keys = true;
        proto_item_set_generated(item);
        proto_item_append_text(item, " (%u octets; see the preference cipsec.show_psk)", len);
    }
    cur->at += (int)len;
}

/* A list that is being read. */
typedef struct {
    const uint8_t *octets;
    size_t len;
    int start;  /* of the list, in the tvb */
    bool usage; /* keys carry the usage octet */
    bool fits;  /* what follows the list shows that it was read in step */
} psk_list;

/* Out of step with the real shape, key octets would come out as an identity. */
static void read_identity(cs_cursor *cur, cs_field field, const psk_list *list, int len, proto_item *entry)
{
    size_t offset = (size_t)(cur->at - list->start);
    if (list->fits || cs_prefs.show_psk ||
        !cs_psks_hold_key(list->octets, list->len, !list->usage, offset, (size_t)len)) {
        cs_put(cur, field, len, ENC_UTF_8);
        proto_item_append_text(entry, ": %s", tvb_format_text(cur->pinfo->pool, cur->tvb, cur->at, len));
    }
    cur->at += len;
}

static bool read_psk(cs_cursor *cur, cs_field field, const psk_list *list, unsigned number)
{
    uint32_t len = 0;
    proto_item *item;
    int start = cur->at, shown = 0;
    bool ok = false;
    proto_tree *parent = cs_entry_open(cur, &item, "Pre-Shared Key %u", number);
    if (cs_put_uint(cur, field + 1, 1, &len, NULL) && cs_need(cur, (int)len)) {
        if (len > 128)
            cs_expert_only(cur->pinfo, item, CS_FIND_MALFORMED,
                           "%s at offset %d: identity of %u octets, at most 128 are allowed", cur->what, cur->at - 1,
                           len);
        read_identity(cur, field + 2, list, (int)len, item);
        ok = cs_put_uint(cur, field + 3, 1, &len, NULL) && cs_need(cur, (int)len);
        if (ok && len > 64)
            cs_expert_only(cur->pinfo, item, CS_FIND_MALFORMED,
                           "%s at offset %d: key of %u octets, at most 64 are allowed", cur->what, cur->at - 1, len);
        shown = cur->at - start;
        if (ok)
            read_key(cur, field + 4, len);
        if (ok && list->usage)
            ok = cs_put_uint(cur, field + 6, 1, NULL, NULL);
    }
    cs_entry_close(cur, item, start, parent);
    if (!cs_prefs.show_psk)
        proto_item_set_len(item, shown);
    return ok;
}

const char *cs_read_psks(cs_cursor *cur, cs_field field, cs_place place)
{
    uint32_t count;
    proto_item *item;
    if (!cs_need(cur, 1))
        return NULL;
    psk_list list = {
        .octets = tvb_get_ptr(cur->tvb, cur->at, cs_left(cur)), .len = (size_t)cs_left(cur), .start = cur->at};
    list.usage = cs_psks_have_usage(list.octets, list.len, place);
    list.fits = cs_psks_end_well(list.octets, list.len, list.usage, place);
    cs_stock_psks(cur, cur->at, list.usage, place == CS_PLACE_END);
    cur->no_twins = true;
    cs_put_uint(cur, field, 1, &count, &item);
    if (count && !list.usage)
        proto_item_append_text(item, " (older form, without usage)");
    proto_tree *parent = cur->tree;
    cur->tree = proto_item_add_subtree(item, ett_cs_list);
    cur->secret = true;
    for (uint32_t i = 0; i < count && read_psk(cur, field, &list, i + 1); i++)
        ;
    cur->no_twins = false;
    cur->tree = parent;
    /* What a list with keys leaves over may be keys, too. */
    cur->secret = place == CS_PLACE_END || !list.fits;
    if (place != CS_PLACE_END && !list.fits && cur->keys)
        cs_broken(cur, "no attribute follows, so that what follows may be keys and is not shown");
    return wmem_strdup_printf(cur->pinfo->pool, "%u", count);
}

/* Class, service, reserved, roles. */
#define AUTHORIZATION_ENTRY 10

const char *cs_read_authorization(cs_cursor *cur, cs_field field)
{
    uint32_t count;
    if (!cs_put_uint(cur, field, 2, &count, NULL))
        return NULL;
    for (uint32_t i = 0; i < count && cs_need(cur, AUTHORIZATION_ENTRY); i++) {
        uint32_t class_id = 0, service = 0;
        proto_item *item;
        int start = cur->at;
        proto_tree *parent = cs_entry_open(cur, &item, "Entry %u", i + 1);
        cs_put_uint(cur, field + 1, 4, &class_id, NULL);
        cs_put_uint(cur, field + 2, 1, &service, NULL);
        cs_put_uint(cur, field + 3, 1, NULL, NULL);
        cs_put_uint(cur, field + 4, 4, NULL, NULL);
        proto_item_append_text(item, ": class 0x%02x, service 0x%02x", class_id, service);
        cs_entry_close(cur, item, start, parent);
    }
    return wmem_strdup_printf(cur->pinfo->pool, "%u", count);
}

const char *cs_read_certificate(cs_cursor *cur, cs_field field)
{
    uint32_t status;
    if (!cs_put_uint(cur, field, 1, &status, NULL))
        return NULL;
    const char *path = cs_read_path(cur, field + 1);
    const char *name = cs_field_value_name(field, status);
    return path ? wmem_strdup_printf(cur->pinfo->pool, "%s, %s", path, name ? name : "unknown status") : NULL;
}

const char *cs_read_certificate_list(cs_cursor *cur, cs_field field)
{
    uint32_t count;
    proto_item *list;
    if (!cs_put_uint(cur, field, 1, &count, &list))
        return NULL;
    proto_tree *outer = cur->tree;
    cur->tree = proto_item_add_subtree(list, ett_cs_list);
    for (uint32_t i = 0; i < count && !cur->broken; i++) {
        proto_item *item;
        int start = cur->at;
        proto_tree *parent = cs_entry_open(cur, &item, "Certificate %u", i + 1);
        const char *name = cs_read_short_string(cur, field + 1);
        const char *path = name ? cs_read_path(cur, field + 2) : NULL;
        proto_item_append_text(item, ": %s, %s", name ? name : "", path ? path : "");
        cs_entry_close(cur, item, start, parent);
    }
    cur->tree = outer;
    return wmem_strdup_printf(cur->pinfo->pool, "%u", count);
}

const char *cs_read_admin(cs_cursor *cur, cs_field field, bool ports, bool names)
{
    uint32_t count, number = 0, protocol = 0, open = 0;
    if (!cs_put_uint(cur, field, 1, &count, NULL))
        return NULL;
    cs_field next = field + 1;
    wmem_strbuf_t *text = wmem_strbuf_new(cur->pinfo->pool, "");
    for (uint32_t i = 0; i < count && !cur->broken; i++) {
        proto_item *item;
        int start = cur->at;
        cs_field at = next;
        proto_tree *parent = cs_entry_open(cur, &item, ports ? "Port %u" : "Protocol %u", i + 1);
        if (names)
            cs_read_short_string(cur, at);
        at++;
        bool ok = !cur->broken && cs_put_uint(cur, at++, 2, &number, NULL) &&
                  (!ports || cs_put_uint(cur, at++, 1, &protocol, NULL)) && cs_put_uint(cur, at++, 1, &open, NULL);
        if (ok && names)
            cs_read_flags(cur, at, 1);
        if (ok) {
            const char *kind = ports ? protocol == 6 ? "TCP " : protocol == 17 ? "UDP " : "" : "protocol ";
            const char *line = wmem_strdup_printf(cur->pinfo->pool, "%s%u %s", kind, number, open ? "open" : "closed");
            proto_item_append_text(item, ": %s", line);
            wmem_strbuf_append_printf(text, "%s%s", wmem_strbuf_get_len(text) ? ", " : "", line);
        }
        cs_entry_close(cur, item, start, parent);
    }
    return wmem_strbuf_get_str(text);
}
