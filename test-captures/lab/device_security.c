/* device_security.c
 * The device's CIP Security object (0x5D) and EtherNet/IP Security object (0x5E), with their configuration sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "device.h"

enum { STATE_FACTORY = 0, STATE_CONFIGURING = 1, STATE_CONFIGURED = 2, STATE_PULL_DISABLED = 5 };

#define LAST_EIP_ATTRIBUTE 17

void device_set_eip(lab_device *d, unsigned attribute, const void *value, size_t len)
{
    GByteArray *copy = g_byte_array_new();

    put_bytes(copy, value, len);
    g_hash_table_replace(d->eip, GUINT_TO_POINTER(attribute), copy);
}

void device_reset_eip(lab_device *d)
{
    static const uint8_t available[] = { 5, 0xC0, 0x06, 0xC0, 0x23, 0xC0, 0x24, 0xC0, 0x2B, 0xC0, 0x2C };
    static const uint8_t allowed[] = { 2, 0xC0, 0x23, 0xC0, 0x2B };
    static const uint8_t none = 0, timeout[] = { 12, 0 };

    g_hash_table_remove_all(d->eip);
    device_set_eip(d, 2, "\x01\x00\x00\x00", 4);
    device_set_eip(d, 3, available, sizeof available);
    device_set_eip(d, 4, allowed, sizeof allowed);
    for (unsigned i = 5; i <= 12; i++)
        device_set_eip(d, i, &none, 1);
    device_set_eip(d, 13, "\x01", 1);
    device_set_eip(d, 14, "\x00\x00", 2);
    device_set_eip(d, 15, timeout, sizeof timeout);
    device_set_eip(d, 17, &none, 1);
}

/* Class attributes that all three security objects have; class Get_Attributes_All is 1, 2, 6, 7. */
static uint8_t class_attribute(const device_request *q, unsigned revision, GByteArray *out)
{
    if (q->service == 0x01) {
        put16(out, revision);
        put16(out, 1);
        put16(out, 9);
        put16(out, LAST_EIP_ATTRIBUTE);
        return 0;
    }
    if (q->service != 0x0E)
        return 0x08;
    switch (q->attribute) {
    case 1: put16(out, revision); return 0;
    case 2:
    case 3: put16(out, 1); return 0;
    case 8: put16(out, 4); return 0;
    case 9: put8(out, 4); return 0;
    default: return 0x14;
    }
}

uint8_t device_cip_security(lab_device *d, const device_request *q, GByteArray *out, int *ext)
{
    (void)ext;
    if (q->service == 0x4E)
        return d->cs_state == STATE_CONFIGURED ? 0xD0 : 0;
    if (q->instance == 0)
        return class_attribute(q, 4, out);
    switch (q->service) {
    case 0x01:
        put8(out, d->cs_state);
        put16(out, d->profiles);
        return 0;
    case 0x0E:
        if (q->attribute == 1)
            put8(out, d->cs_state);
        else if (q->attribute == 2)
            put16(out, d->profiles);
        else if (q->attribute == 3)
            put16(out, d->profiles_configured);
        else
            return 0x14;
        return 0;
    case 0x05:
        d->cs_state = STATE_FACTORY;
        d->profiles_configured = 0;
        return 0;
    case 0x4B:
        if (d->cs_state == STATE_CONFIGURING)
            return 0x0C;
        if (d->cs_state == STATE_CONFIGURED && !q->secure)
            return 0x0F;
        d->cs_state = STATE_CONFIGURING;
        return 0;
    case 0x4C:
        return d->cs_state == STATE_CONFIGURING ? 0 : 0x0C;
    case 0x4D:
        if (d->cs_state != STATE_CONFIGURING)
            return 0x0C;
        d->cs_state = STATE_CONFIGURED;
        d->profiles_configured = 0x0002;
        return 0;
    default:
        return 0x08;
    }
}

static uint8_t get_attribute(const lab_device *d, int attribute, GByteArray *out)
{
    const GByteArray *value = g_hash_table_lookup(d->eip, GINT_TO_POINTER(attribute));

    if (attribute == d->unsupported && attribute != 0)
        return 0x14;
    if (attribute == 1) {
        put8(out, d->eip_state);
        return 0;
    }
    if (value == NULL)
        return 0x14;
    put_bytes(out, value->data, value->len);
    return 0;
}

static uint8_t set_attribute(lab_device *d, const device_request *q)
{
    GByteArray *keys;

    if (q->attribute == d->unsupported || q->attribute > LAST_EIP_ATTRIBUTE)
        return 0x14;
    if (q->attribute < 4 || q->attribute == 13 || q->attribute == 14)
        return 0x0E;
    if (d->eip_state != STATE_CONFIGURING)
        return 0x0C;
    if (q->attribute != 5) {
        device_set_eip(d, (unsigned)q->attribute, q->body, q->len);
        return 0;
    }
    /* keys are never read back: keep identity and usage only */
    keys = g_byte_array_new();
    if (q->len > 0)
        put8(keys, q->body[0]);
    for (size_t at = 1; at + 2 < q->len;) {
        size_t identity = q->body[at], key_at = at + 1 + identity, usage_at = key_at + 1 + q->body[key_at];

        put_bytes(keys, q->body + at, 1 + identity);
        put8(keys, 0);
        put8(keys, q->body[usage_at]);
        at = usage_at + 1;
    }
    device_set_eip(d, 5, keys->data, keys->len);
    g_byte_array_unref(keys);
    return 0;
}

static uint8_t reset(lab_device *d, const device_request *q)
{
    bool pull = q->len == 0 || q->body[0] != 0;

    if (d->eip_state == STATE_CONFIGURED && !q->secure)
        return 0x0F;
    device_reset_eip(d);
    d->eip_state = pull ? STATE_FACTORY : STATE_PULL_DISABLED;
    if (!pull) {
        device_set_eip(d, 13, "\x00", 1);
        device_set_eip(d, 14, "\xFF\xFF", 2);
    }
    return 0;
}

static uint8_t configuration(lab_device *d, const device_request *q, int *ext)
{
    if (q->service == 0x4B) {
        if (d->eip_state == STATE_CONFIGURING)
            return 0x0C;
        d->old_eip_state = d->eip_state;
        d->eip_state = STATE_CONFIGURING;
        return 0;
    }
    if (d->eip_state != STATE_CONFIGURING)
        return 0x0C;
    if (q->service == 0x4D && d->apply_word != 0) {
        *ext = d->apply_word;
        return 0xD0;
    }
    if (q->service == 0x4D)
        d->eip_state = STATE_CONFIGURED;
    else if (q->service == 0x4E)
        d->eip_state = d->old_eip_state;
    return 0;
}

uint8_t device_eip_security(lab_device *d, const device_request *q, GByteArray *out, int *ext)
{
    if (q->instance == 0)
        return class_attribute(q, 9, out);
    switch (q->service) {
    case 0x01:
        for (int i = 1; i <= LAST_EIP_ATTRIBUTE; i++) {
            if (i != 16)
                get_attribute(d, i, out);
        }
        return 0;
    case 0x0E:
        return get_attribute(d, q->attribute, out);
    case 0x10:
        return set_attribute(d, q);
    case 0x05:
        return reset(d, q);
    case 0x4B:
    case 0x4C:
    case 0x4D:
    case 0x4E:
        return configuration(d, q, ext);
    default:
        return 0x08;
    }
}
