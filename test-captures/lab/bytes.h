/* bytes.h
 * Little-endian building blocks for CIP messages, on GLib's GByteArray.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_BYTES_H
#define LAB_BYTES_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

static inline void put8(GByteArray *b, unsigned v)
{
    uint8_t o = (uint8_t)v;
    g_byte_array_append(b, &o, 1);
}

static inline void put16(GByteArray *b, unsigned v)
{
    put8(b, v & 0xFF);
    put8(b, (v >> 8) & 0xFF);
}

static inline void put32(GByteArray *b, uint32_t v)
{
    put16(b, v & 0xFFFF);
    put16(b, v >> 16);
}

static inline void put_be16(GByteArray *b, unsigned v)
{
    put8(b, (v >> 8) & 0xFF);
    put8(b, v & 0xFF);
}

static inline void put_be32(GByteArray *b, uint32_t v)
{
    put_be16(b, v >> 16);
    put_be16(b, v & 0xFFFF);
}

static inline void put_bytes(GByteArray *b, const void *data, size_t len)
{
    if (len > 0)
        g_byte_array_append(b, data, (guint)len);
}

/** SHORT_STRING: one length octet, then the text. */
static inline void put_short_string(GByteArray *b, const char *text)
{
    put8(b, (unsigned)strlen(text));
    put_bytes(b, text, strlen(text));
}

/** STRINGI with one English SHORT_STRING in ISO 8859-1. */
static inline void put_stringi(GByteArray *b, const char *text)
{
    put8(b, 1);
    put_bytes(b, "eng", 3);
    put8(b, 0xDA);
    put16(b, 4);
    put_short_string(b, text);
}

static inline unsigned get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

#endif
