/* cipstring.h
 * CIP strings: SHORT_STRING, and the international string STRINGI with its parts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CIPSTRING_H
#define CIPSEC_CIPSTRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_STRING 0xD0
#define CS_STRING2 0xD5
#define CS_STRINGN 0xD9
#define CS_SHORT_STRING 0xDA

/** One language of a STRINGI. Offsets are those of the given octets. */
typedef struct {
    size_t start; /**< of the language code (3 octets), type (1), character set (2) */
    uint8_t type;
    uint16_t charset;
    size_t text;     /**< first octet of the characters */
    size_t text_len; /**< in octets */
    unsigned width;  /**< octets a character */
} cs_stringi_part;

/** Reads the part at *offset (the first is at 1, behind the count) and moves behind it.
 *  @return false when it does not fit or its type is unknown; *offset stays then. */
bool cs_stringi_next(const uint8_t *octets, size_t len, size_t *offset, cs_stringi_part *part);
/** @return octets of a whole STRINGI, 0 when it does not fit. */
size_t cs_stringi_length(const uint8_t *octets, size_t len);
/** @return octets of a SHORT_STRING with its length octet, 0 when it does not fit. */
size_t cs_short_string_length(const uint8_t *octets, size_t len);

#endif
