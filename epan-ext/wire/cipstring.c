/* cipstring.c
 * Lengths and parts of CIP strings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/cipstring.h>

#define PART_HEADER 6 /* language, type, character set */

bool cs_stringi_next(const uint8_t *octets, size_t len, size_t *offset, cs_stringi_part *part)
{
    size_t at = *offset;
    if (at > len || len - at < PART_HEADER + 1)
        return false;
    const uint8_t *p = octets + at;
    size_t left = len - at - PART_HEADER;
    part->start = at;
    part->type = p[3];
    part->charset = (uint16_t)(p[4] | p[5] << 8);
    part->width = 1;
    size_t header, count;
    const uint8_t *body = p + PART_HEADER;
    switch (part->type) {
    case CS_SHORT_STRING:
        header = 1;
        count = body[0];
        break;
    case CS_STRING:
    case CS_STRING2:
        if (left < 2)
            return false;
        header = 2;
        count = (size_t)(body[0] | body[1] << 8);
        part->width = part->type == CS_STRING2 ? 2 : 1;
        break;
    case CS_STRINGN:
        if (left < 4)
            return false;
        header = 4;
        part->width = (unsigned)(body[0] | body[1] << 8);
        count = (size_t)(body[2] | body[3] << 8);
        break;
    default:
        return false;
    }
    part->text = at + PART_HEADER + header;
    part->text_len = count * part->width;
    if (left < header || part->text_len > left - header)
        return false;
    *offset = part->text + part->text_len;
    return true;
}

size_t cs_stringi_length(const uint8_t *octets, size_t len)
{
    if (len == 0)
        return 0;
    size_t offset = 1;
    cs_stringi_part part;
    for (unsigned i = 0; i < octets[0]; i++)
        if (!cs_stringi_next(octets, len, &offset, &part))
            return 0;
    return offset;
}

size_t cs_short_string_length(const uint8_t *octets, size_t len)
{
    return len && 1u + octets[0] <= len ? 1u + octets[0] : 0;
}
