/* attributes.c
 * Where the attributes of the security objects begin and end, so that one Get_Attributes_All and many
 * Get_Attribute_Single lead to the same knowledge. Layouts: CIP Volume 8 as met in devices of several editions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "attributes.h"

#include <stddef.h>

/* Octets of `count` counted paths at p, -1 when they run past the end. */
static int64_t paths_length(const uint8_t *p, uint32_t len, unsigned count)
{
    uint32_t at = 0;
    for (unsigned i = 0; i < count; i++) {
        if (at >= len || len - at < 1u + 2u * p[at])
            return -1;
        at += 1 + 2u * p[at];
    }
    return at;
}

static int64_t path_list_length(const uint8_t *p, uint32_t len)
{
    int64_t paths = len ? paths_length(p + 1, len - 1, p[0]) : -1;
    return paths < 0 ? -1 : 1 + paths;
}

/* The older edition holds one counted path, the newer a list: a class segment cannot be a path's length. */
static int64_t crl_length(const uint8_t *p, uint32_t len)
{
    if (len >= 2 && p[0] && (p[1] == 0x20 || p[1] == 0x21))
        return paths_length(p, len, 1);
    return path_list_length(p, len);
}

static int64_t psk_scan(const uint8_t *p, uint32_t len, bool usage, cs_psk *psk, int max)
{
    if (!len)
        return -1;
    uint32_t at = 1;
    for (int i = 0; i < p[0]; i++) {
        cs_psk one;
        if (at >= len || len - at - 1 < p[at])
            return -1;
        one.identity = at + 1;
        one.identity_len = p[at];
        at += 1 + one.identity_len;
        if (at >= len || len - at - 1 < p[at])
            return -1;
        one.key = at + 1;
        one.key_len = p[at];
        at += 1 + one.key_len;
        if (usage && at++ >= len)
            return -1;
        if (i < max)
            psk[i] = one;
    }
    return at;
}

int cs_psk_parse(const uint8_t *value, uint32_t len, cs_psk *psk, int max)
{
    for (int usage = 1; usage >= 0; usage--)
        if (psk_scan(value, len, usage != 0, psk, max) == (int64_t)len)
            return value[0];
    return -1;
}

static int64_t fixed(int64_t need, uint32_t len)
{
    return need <= (int64_t)len ? need : -1;
}

static int64_t counted(const uint8_t *p, uint32_t len, unsigned each)
{
    return len ? fixed(1 + (int64_t)each * p[0], len) : -1;
}

static int64_t eip_length(uint32_t attribute, const uint8_t *p, uint32_t len)
{
    switch (attribute) {
    case 2:
        return fixed(4, len);
    case 3:
    case 4:
    case 18:
    case 19:
        return counted(p, len, 2);
    case 5: {
        int64_t n = psk_scan(p, len, true, NULL, 0);
        return n < 0 ? psk_scan(p, len, false, NULL, 0) : n;
    }
    case 6:
    case 7:
    case 12:
        return path_list_length(p, len);
    case 8:
        return crl_length(p, len);
    case 14:
    case 15:
        return fixed(2, len);
    case 1:
    case 9:
    case 10:
    case 11:
    case 13:
    case 16:
    case 17:
        return fixed(1, len);
    default:
        return -1;
    }
}

static int64_t management_length(uint32_t attribute, const uint8_t *p, uint32_t len)
{
    switch (attribute) {
    case 1:
        return counted(p, len, 1);
    case 2:
    case 5:
        return fixed(1, len);
    case 3:
    case 4: {
        int64_t path = len ? paths_length(p + 1, len - 1, 1) : -1;
        return path < 0 ? -1 : 1 + path;
    }
    default:
        return -1;
    }
}

int64_t cs_attribute_length(uint32_t class_id, uint32_t attribute, const uint8_t *p, uint32_t len)
{
    static const uint8_t identity[] = {0, 2, 2, 2, 2, 2, 4};
    switch (class_id) {
    case CS_CLASS_CIP_SECURITY:
        return fixed(attribute == 1 ? 1 : 2, len);
    case CS_CLASS_EIP_SECURITY:
        return eip_length(attribute, p, len);
    case CS_CLASS_CERT_MGMT:
        return management_length(attribute, p, len);
    case CS_CLASS_IDENTITY:
        if (attribute == 7)
            return counted(p, len, 1);
        return attribute && attribute < sizeof identity ? fixed(identity[attribute], len) : -1;
    default:
        return -1;
    }
}

void cs_attributes_split(uint32_t class_id, const uint8_t *body, uint32_t len, cs_attribute_sink sink, void *user)
{
    /* After 15 comes attribute 17 in newer editions and 16 in older ones; both are one octet and cannot be told
     * apart, so the octet is left out. */
    static const struct {
        uint32_t class_id;
        uint32_t last;
    } order[] = {
        {CS_CLASS_CIP_SECURITY, 2}, {CS_CLASS_EIP_SECURITY, 15}, {CS_CLASS_CERT_MGMT, 5}, {CS_CLASS_IDENTITY, 7}};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i].class_id != class_id)
            continue;
        for (uint32_t attribute = 1; attribute <= order[i].last; attribute++) {
            int64_t n = cs_attribute_length(class_id, attribute, body, len);
            if (n < 0)
                return;
            sink(user, attribute, body, (uint32_t)n);
            body += n;
            len -= (uint32_t)n;
        }
    }
}

unsigned cs_suite_list(const uint8_t *value, uint32_t len, uint16_t *ids, unsigned max)
{
    unsigned n = len ? value[0] : 0, there = len ? (len - 1) / 2 : 0;
    n = n < there ? n : there;
    n = n < max ? n : max;
    for (unsigned i = 0; i < n; i++)
        ids[i] = (uint16_t)(value[1 + 2 * i] << 8 | value[2 + 2 * i]);
    return n;
}

/* One logical segment: 8-bit value, or pad and 16-bit value. @return octets used, 0 when it is not of this kind. */
static uint32_t logical(const uint8_t *p, uint32_t len, uint8_t type, uint32_t *value)
{
    if (len >= 2 && p[0] == type) {
        *value = p[1];
        return 2;
    }
    if (len >= 4 && p[0] == (type | 1)) {
        *value = p[2] | (uint32_t)p[3] << 8;
        return 4;
    }
    return 0;
}

bool cs_path_target(const uint8_t *path, uint32_t len, uint32_t *class_id, uint32_t *instance)
{
    uint32_t used = logical(path, len, 0x20, class_id);
    return used && logical(path + used, len - used, 0x24, instance);
}
