/* arena.c
 * Cuts pieces from larger chunks, so that a new stream asks the heap for nothing most of the time, and what belongs to
 * one stream lies together.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/arena.h>

/* With a chunk for each piece the address sanitizer sees what is written beyond one. */
#ifdef __SANITIZE_ADDRESS__
#define CHUNK ((size_t)0)
#else
#define CHUNK ((size_t)64 * 1024)
#endif

static CS_RARE void add_chunk(cs_arena *arena, size_t size)
{
    if (!arena->chunks)
        arena->chunks = g_ptr_array_new_with_free_func(g_aligned_free);
    arena->left = MAX(size, CHUNK);
    arena->next = g_aligned_alloc(1, arena->left, CS_CACHE_LINE);
    g_ptr_array_add(arena->chunks, arena->next);
}

void *cs_arena_alloc(cs_arena *arena, size_t size)
{
    size_t lines = (size + CS_CACHE_LINE - 1) / CS_CACHE_LINE * CS_CACHE_LINE;
    if (lines > arena->left)
        add_chunk(arena, lines);
    void *piece = arena->next;
    arena->next += lines;
    arena->left -= lines;
    return piece;
}

void *cs_arena_alloc0(cs_arena *arena, size_t size)
{
    return memset(cs_arena_alloc(arena, size), 0, size);
}

void cs_arena_clear(cs_arena *arena)
{
    if (arena->chunks)
        g_ptr_array_unref(arena->chunks);
    *arena = (cs_arena){0};
}
