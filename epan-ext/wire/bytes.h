/* bytes.h
 * Numbers of CIP (little-endian) and of the network (big-endian); the caller has checked the length. Hashes of octets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_BYTES_H
#define CIPSEC_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t cs_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t cs_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint16_t cs_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t cs_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/** @param hash what earlier octets gave, else any number */
static inline uint32_t cs_hash_octets(uint32_t hash, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = hash * 33 + p[i];
    return hash;
}

#endif
