/* arena.h
 * Memory for what lives as long as the capture: taken piece by piece, given back all at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ARENA_H
#define CIPSEC_ARENA_H

#include <cipsec/types.h>

/** All zero is an empty one. wmem's allocators are not used for this: they promise no alignment, and each packet comes
 *  to these pieces, where a line of the cache more is time. */
typedef struct {
    GPtrArray *chunks; /**< NULL at first */
    char *next; /**< in the last chunk */
    size_t left;
} cs_arena;

/** @param size in octets @return aligned to CS_CACHE_LINE, not zeroed, valid until cs_arena_clear() */
void *cs_arena_alloc(cs_arena *arena, size_t size);
/** The same, zeroed. */
void *cs_arena_alloc0(cs_arena *arena, size_t size);
/** Gives back all pieces and leaves an empty arena. */
void cs_arena_clear(cs_arena *arena);

#endif
