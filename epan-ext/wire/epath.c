/* epath.c
 * Walks a padded EPATH segment by segment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/epath.h>

#include "bytes.h"

#include <string.h>

#define SEGMENT_TYPE(octet) ((octet) >> 5)
#define TYPE_PORT 0
#define TYPE_LOGICAL 1
#define TYPE_NETWORK 2
#define TYPE_SYMBOLIC 3
#define TYPE_DATA 4

#define UNSET UINT32_MAX

/* Port segment: optional link address size, optional extended port, link address, padded to a word. */
static size_t port_length(const uint8_t *p, size_t left)
{
    size_t header = 1, link = 1;
    if (p[0] & 0x10) {
        if (left < 2)
            return 0;
        link = p[1];
        header++;
    }
    if ((p[0] & 0x0F) == 0x0F)
        header += 2;
    size_t len = header + link;
    return len + (len & 1);
}

/* Electronic key: format octet, then the key of that format. */
static size_t key_length(const uint8_t *p, size_t left)
{
    if (left < 2)
        return 0;
    switch (p[1]) {
    case 4:
        return 10;
    case 5:
        return 14;
    default:
        return 0;
    }
}

static bool logical(const uint8_t *p, size_t left, cs_segment *segment)
{
    segment->logical = (cs_logical_kind)((p[0] >> 2) & 0x07);
    if (segment->logical == CS_LOGICAL_SPECIAL) {
        segment->kind = CS_SEGMENT_KEY;
        segment->len = (p[0] & 0x03) == 0 ? key_length(p, left) : 0;
        return segment->len != 0;
    }
    if ((p[0] >> 2 & 0x07) == 7)
        return false;
    segment->kind = CS_SEGMENT_LOGICAL;
    switch (p[0] & 0x03) {
    case 0:
        segment->len = 2;
        segment->value_offset = segment->offset + 1;
        segment->value_len = 1;
        break;
    case 1:
        segment->len = 4;
        segment->value_offset = segment->offset + 2;
        segment->value_len = 2;
        break;
    case 2:
        segment->len = 6;
        segment->value_offset = segment->offset + 2;
        segment->value_len = 4;
        break;
    default:
        return false;
    }
    if (segment->len > left)
        return false;
    const uint8_t *value = p + (segment->value_offset - segment->offset);
    segment->value = segment->value_len == 1 ? value[0] : segment->value_len == 2 ? cs_le16(value) : cs_le32(value);
    return true;
}

bool cs_epath_next(const uint8_t *path, size_t len, size_t *offset, cs_segment *segment)
{
    if (*offset >= len)
        return false;
    const uint8_t *p = path + *offset;
    size_t left = len - *offset;
    memset(segment, 0, sizeof *segment);
    segment->offset = *offset;
    switch (SEGMENT_TYPE(p[0])) {
    case TYPE_PORT:
        segment->kind = CS_SEGMENT_PORT;
        segment->len = port_length(p, left);
        break;
    case TYPE_LOGICAL:
        if (!logical(p, left, segment))
            return false;
        break;
    case TYPE_NETWORK:
        segment->kind = CS_SEGMENT_NETWORK;
        /* Formats from 0x50 carry a length in words, the shorter ones one octet. */
        segment->len = (p[0] & 0x10) ? (left < 2 ? 0 : 2u + 2u * p[1]) : 2;
        break;
    case TYPE_SYMBOLIC:
        segment->kind = CS_SEGMENT_SYMBOLIC;
        /* Length 0 announces an extended string, which no security object uses. */
        segment->len = (p[0] & 0x1F) ? 1u + (p[0] & 0x1F) : 0;
        segment->len += segment->len & 1;
        break;
    case TYPE_DATA:
        segment->kind = CS_SEGMENT_DATA;
        if (left >= 2 && p[0] == 0x80)
            segment->len = 2u + 2u * p[1];
        else if (left >= 2 && p[0] == 0x91)
            segment->len = 2u + p[1] + (p[1] & 1);
        break;
    default:
        return false;
    }
    if (segment->len == 0 || segment->len > left)
        return false;
    *offset += segment->len;
    return true;
}

void cs_epath_parse(const uint8_t *path, size_t len, cs_epath_target *target)
{
    cs_segment segment;
    size_t offset = 0;
    target->class_id = target->instance = target->attribute = target->member = target->connection_point = UNSET;
    while (cs_epath_next(path, len, &offset, &segment)) {
        if (segment.kind != CS_SEGMENT_LOGICAL)
            continue;
        switch (segment.logical) {
        case CS_LOGICAL_CLASS:
            target->class_id = segment.value;
            break;
        case CS_LOGICAL_INSTANCE:
            target->instance = segment.value;
            break;
        case CS_LOGICAL_MEMBER:
            target->member = segment.value;
            break;
        case CS_LOGICAL_CONNECTION_POINT:
            target->connection_point = segment.value;
            break;
        case CS_LOGICAL_ATTRIBUTE:
            target->attribute = segment.value;
            break;
        default:
            break;
        }
    }
    target->complete = offset == len;
}

const char *cs_class_name(uint32_t class_id)
{
    static const struct {
        uint32_t id;
        const char *name;
    } names[] = {
        {0x01, "Identity"},       {0x06, "Connection Manager"},     {0x37, "File"},
        {0x5D, "CIP Security"},   {0x5E, "EtherNet/IP Security"},   {0x5F, "Certificate Management"},
        {0x60, "Authority"},      {0x61, "Password Authenticator"}, {0x62, "Certificate Authenticator"},
        {0x63, "Ingress Egress"}, {0xF5, "TCP/IP Interface"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].id == class_id)
            return names[i].name;
    return NULL;
}

const char *cs_epath_to_str(const cs_epath_target *target, char buf[CS_EPATH_STRLEN])
{
    if (target->class_id == UNSET) {
        g_strlcpy(buf, "no object", CS_EPATH_STRLEN);
        return buf;
    }
    const char *name = cs_class_name(target->class_id);
    if (name)
        g_strlcpy(buf, name, CS_EPATH_STRLEN);
    else
        g_snprintf(buf, CS_EPATH_STRLEN, "class 0x%02x", target->class_id);
    size_t used = strlen(buf);
    if (target->instance != UNSET)
        used += (size_t)g_snprintf(buf + used, (gulong)(CS_EPATH_STRLEN - used), " instance %u", target->instance);
    if (target->attribute != UNSET)
        g_snprintf(buf + used, (gulong)(CS_EPATH_STRLEN - used), " attribute %u", target->attribute);
    return buf;
}
