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

static unsigned first_not_before(const cs_frame_log *log, uint32_t frame, size_t size)
{
    unsigned low = 0, high = log->n;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (frame_at(log, middle, size) < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const void *cs_frame_log_look_up(const cs_frame_log *log, uint32_t frame, size_t size, unsigned *n)
{
    /* While packets come in, what was just added is asked for. */
    unsigned from = log->n;
    if (frame == log->last)
        while (from > 0 && frame_at(log, from - 1, size) == frame)
            from--;
    else
        from = first_not_before(log, frame, size);
    *n = 0;
    while (from + *n < log->n && frame_at(log, from + *n, size) == frame)
        ++*n;
    return *n ? (const uint8_t *)log->entries + from * size : NULL;
}
