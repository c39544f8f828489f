/* frame_log.c
 * Entries of a stream's frames, in order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_log.h"

#include <epan/wmem_scopes.h>

#define FIRST_ROOM 4

static uint32_t frame_at(const cs_frame_log *log, unsigned index, size_t size)
{
    return *(const uint32_t *)(const void *)((const uint8_t *)log->entries + index * size);
}

void cs_frame_log_add(cs_frame_log *log, const void *entry, size_t size)
{
    if (log->n == log->room) {
        log->room = log->room ? log->room + log->room / 2 : FIRST_ROOM;
        log->entries = wmem_realloc(wmem_file_scope(), log->entries, log->room * size);
    }
    memcpy((uint8_t *)log->entries + log->n++ * size, entry, size);
    memcpy(&log->last, entry, sizeof log->last);
}

/* Where the entries of the frames up to this one end. */
static unsigned end_of(const cs_frame_log *log, uint32_t frame, size_t size)
{
    unsigned low = 0, high = log->n;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (frame_at(log, middle, size) <= frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const void *cs_frame_log_look_up(const cs_frame_log *log, uint32_t frame, size_t size, unsigned *n)
{
    /* While packets come in, what was just added is asked for. */
    unsigned end = frame == log->last ? log->n : end_of(log, frame, size);
    *n = 0;
    while (*n < end && frame_at(log, end - *n - 1, size) == frame)
        ++*n;
    return *n ? (const uint8_t *)log->entries + (end - *n) * size : NULL;
}
