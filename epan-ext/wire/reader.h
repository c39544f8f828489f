/* reader.h
 * A cursor over bytes in network order that cannot run past their end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_READER_H
#define CIPSEC_READER_H

#include <cipsec/tls.h>

/** ok turns false with the first read past the end, and stays so; reads then give 0 and empty spans. */
typedef struct {
    const uint8_t *p;
    size_t left;
    bool ok;
} cs_reader;

static inline cs_reader cs_reader_of(const uint8_t *p, size_t n)
{
    cs_reader r = {p, n, true};
    return r;
}

static inline cs_span cs_read_span(cs_reader *r, size_t n)
{
    cs_span s = {NULL, 0};
    if (!r->ok || r->left < n) {
        r->ok = false;
        return s;
    }
    s.p = r->p;
    s.len = n;
    r->p += n;
    r->left -= n;
    return s;
}

/** Reads an unsigned number of 1 to 4 bytes. */
static inline uint32_t cs_read_num(cs_reader *r, unsigned bytes)
{
    cs_span s = cs_read_span(r, bytes);
    uint32_t value = 0;
    for (size_t i = 0; i < s.len; i++)
        value = value << 8 | s.p[i];
    return value;
}

/** Reads a vector: its length in the given number of bytes, then the content. */
static inline cs_span cs_read_vector(cs_reader *r, unsigned length_bytes)
{
    uint32_t n = cs_read_num(r, length_bytes);
    return cs_read_span(r, n);
}

static inline cs_reader cs_read_inner(cs_reader *r, unsigned length_bytes)
{
    cs_span s = cs_read_vector(r, length_bytes);
    cs_reader inner = {s.p, s.len, r->ok};
    return inner;
}

#endif
