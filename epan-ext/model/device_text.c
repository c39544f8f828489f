/* device_text.c
 * What is known of a device, in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/device_text.h>
#include <cipsec/pages.h>

#include "deploy_private.h"

static char *finish(GString *text)
{
    bool empty = text->len == 0;
    char *result = g_string_free(text, empty);
    return empty ? NULL : result;
}

static void append_item(GString *text, const char *item)
{
    g_string_append_printf(text, "%s%s", text->len ? ", " : "", item);
}

char *cs_device_identity_text(const cs_device *dev)
{
    static const struct {
        unsigned attribute;
        const char *label;
        size_t offset;
    } numbers[] = {{CS_IDENTITY_VENDOR, "vendor", offsetof(cs_device, vendor)},
                   {CS_IDENTITY_TYPE, "type", offsetof(cs_device, device_type)},
                   {CS_IDENTITY_CODE, "code", offsetof(cs_device, product_code)}};
    GString *text = g_string_new(cs_device_knows(dev, CS_IDENTITY_NAME) ? dev->product_name : NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        uint16_t value = *(const uint16_t *)(const void *)((const char *)dev + numbers[i].offset);
        if (cs_device_knows(dev, numbers[i].attribute))
            g_string_append_printf(text, "%s%s %u", text->len ? ", " : "", numbers[i].label, value);
    }
    if (cs_device_knows(dev, CS_IDENTITY_REVISION))
        g_string_append_printf(text, "%srevision %u.%u", text->len ? ", " : "", dev->major, dev->minor);
    return finish(text);
}

char *cs_device_state_text(const cs_device *dev, bool eip)
{
    int state = eip ? dev->eip_state : dev->cs_state;
    if (state < 0)
        return NULL;
    return g_strdup_printf("%d %s", state,
                           cs_deploy_state_name(eip ? CS_CLASS_EIP_SECURITY : CS_CLASS_CIP_SECURITY, (unsigned)state));
}

char *cs_device_profiles_text(bool known, uint16_t profiles)
{
    static const char *const names[] = {"EtherNet/IP Integrity", "EtherNet/IP Confidentiality", "CIP Authorization",
                                        "CIP User Authentication", "Resource-Constrained CIP Security"};
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; known && i < 16; i++) {
        char bit[16];
        g_snprintf(bit, sizeof bit, "bit %u", i);
        if (profiles >> i & 1)
            append_item(text, i < G_N_ELEMENTS(names) ? names[i] : bit);
    }
    if (known && !profiles)
        append_item(text, "none");
    return finish(text);
}

char *cs_device_attribute_text(const cs_device *dev, uint32_t attribute)
{
    const cs_attribute_value *v = cs_device_attribute(dev, CS_CLASS_EIP_SECURITY, 1, attribute);
    return v ? cs_deploy_value_text(CS_CLASS_EIP_SECURITY, attribute, v->value, v->len) : NULL;
}

char *cs_device_pending_text(const cs_device *dev)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < dev->attributes->len; i++) {
        const cs_attribute_value *v = dev->attributes->pdata[i];
        char name[24];
        if (cs_device_pending(dev, v))
            append_item(text, cs_deploy_attribute_name(v->class_id, v->attribute, name, sizeof name));
    }
    return finish(text);
}

char *cs_device_ports_text(int bits)
{
    static const char *const names[] = {"44818/tcp", "44818/udp", "2222/udp", "2221/tcp", "2221/udp"};
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; bits >= 0 && i < G_N_ELEMENTS(names); i++)
        if (bits >> i & 1)
            append_item(text, names[i]);
    if (bits >= 0 && text->len == 0)
        append_item(text, "none");
    return finish(text);
}

char *cs_device_practice_text(const cs_capture *cap, const cs_device *dev)
{
    static const cs_confidentiality order[] = {CS_CONF_ENCRYPTED, CS_CONF_AUTHENTICATED, CS_CONF_NONE, CS_CONF_UNKNOWN};
    unsigned counts[4] = {0};
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < cap->streams->len; i++) {
        const cs_stream *s = cap->streams->pdata[i];
        if (!cs_addr_equal(&s->end[0].ep.addr, &dev->addr) && !cs_addr_equal(&s->end[1].ep.addr, &dev->addr))
            continue;
        if (cs_stream_session_up(s) || cs_stream_is_clear_traffic(s))
            counts[s->conf & 3]++;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(order); i++)
        if (counts[order[i]])
            g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", counts[order[i]],
                                   cs_confidentiality_name(order[i]));
    return finish(text);
}

char *cs_device_findings_text(const cs_capture *cap, const cs_device *dev)
{
    unsigned counts[CS_FIND_COUNT] = {0};
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < cap->findings->len; i++) {
        const cs_finding *f = cap->findings->pdata[i];
        if (cs_addr_equal(&f->device, &dev->addr))
            counts[f->kind]++;
    }
    for (unsigned kind = 0; kind < CS_FIND_COUNT; kind++) {
        if (!counts[kind])
            continue;
        append_item(text, cs_finding_info_get((cs_finding_kind)kind)->name);
        if (counts[kind] > 1)
            g_string_append_printf(text, " (%u)", counts[kind]);
    }
    return finish(text);
}

char *cs_device_twins_text(const cs_capture *cap, const cs_device *dev)
{
    GString *text = g_string_new(NULL);
    GHashTableIter iter;
    gpointer value;
    GPtrArray *twins = g_ptr_array_new();
    if (dev->serial) {
        g_hash_table_iter_init(&iter, cap->devices);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            cs_device *other = value;
            if (other != dev && other->serial == dev->serial && other->vendor == dev->vendor)
                g_ptr_array_add(twins, other);
        }
    }
    for (guint i = 0; i < twins->len; i++) {
        char addr[CS_ADDR_STRLEN];
        append_item(text, cs_addr_to_str(&((cs_device *)twins->pdata[i])->addr, addr));
    }
    g_ptr_array_unref(twins);
    return finish(text);
}
