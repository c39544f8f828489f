/* frame_log.c
 * Entries of a stream's frames, in order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_log.h"

#include <epan/wmem_scopes.h>

#define FIRST_ROOM 4

typedef struct {
    uint32_t last; /* frame of the last entry; cs_frame_log_find() reads it */
    unsigned n, room;
    uint8_t *entries;
} frame_log;

static uint32_t frame_at(const frame_log *l, unsigned index, size_t size)
{
    return *(const uint32_t *)(const void *)(l->entries + index * size);
}

void cs_frame_log_add(void **log, const void *entry, size_t size)
{
    frame_log *l = *log;
    if (!l)
        *log = l = wmem_new0(wmem_file_scope(), frame_log);
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : FIRST_ROOM;
        l->entries = wmem_realloc(wmem_file_scope(), l->entries, l->room * size);
    }
    memcpy(l->entries + l->n++ * size, entry, size);
    memcpy(&l->last, entry, sizeof l->last);
}

const void *cs_frame_log_look_up(const void *log, uint32_t frame, size_t size, unsigned *n)
{
    const frame_log *l = log;
    *n = 0;
    unsigned low = 0, high = l->n;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (frame_at(l, middle, size) < frame)
            low = middle + 1;
        else
            high = middle;
    }
    while (low + *n < l->n && frame_at(l, low + *n, size) == frame)
        ++*n;
    return *n ? l->entries + low * size : NULL;
}
