/* frame_log.c
 * Entries of a stream's frames, in order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_log.h"

#include <epan/wmem_scopes.h>

#include <stddef.h>
#include <string.h>

#define FIRST_ROOM 4

/* Entries are not moved when there are more of them, which would touch all of a stream's memory now and then. */
struct cs_log_chunk {
    cs_log_chunk *before;
    unsigned n; /* entries, once there is a chunk behind it */
    uint8_t entries[] __attribute__((aligned(8)));
};

static const uint8_t *entry_at(const cs_log_chunk *chunk, unsigned index, size_t size)
{
    return chunk->entries + index * size;
}

static uint32_t frame_at(const cs_log_chunk *chunk, unsigned index, size_t size)
{
    uint32_t frame;
    memcpy(&frame, entry_at(chunk, index, size), sizeof frame);
    return frame;
}

/* How many of the first n entries belong to a frame, counted from the last of them. */
static unsigned count_back(const cs_log_chunk *chunk, unsigned n, uint32_t frame, size_t size)
{
    unsigned found = 0;
    while (found < n && frame_at(chunk, n - found - 1, size) == frame)
        found++;
    return found;
}

/* The entries of a frame stay together: those that are there already move. */
static CS_RARE void next_chunk(cs_frame_log *log, uint32_t frame, size_t size)
{
    cs_log_chunk *full = log->chunk;
    unsigned moved = full ? count_back(full, log->n, frame, size) : 0;
    log->room = moved + (log->room ? log->room + log->room / 2 : FIRST_ROOM);
    log->chunk = wmem_alloc(wmem_file_scope(), offsetof(cs_log_chunk, entries) + log->room * size);
    log->chunk->before = full;
    if (full) {
        full->n = log->n - moved;
        memcpy(log->chunk->entries, entry_at(full, full->n, size), moved * size);
    }
    log->n = moved;
}

void cs_frame_log_add(cs_frame_log *log, const void *entry, size_t size)
{
    uint32_t frame;
    memcpy(&frame, entry, sizeof frame);
    if (log->n == log->room)
        next_chunk(log, frame, size);
    memcpy(log->chunk->entries + log->n++ * size, entry, size);
    log->last = frame;
}

void cs_frame_log_forget(cs_frame_log *log, uint32_t frame, size_t size)
{
    if (!frame || log->last != frame)
        return;
    log->n -= count_back(log->chunk, log->n, frame, size);
    log->last = frame - 1;
}

void *cs_frame_log_newest(const cs_frame_log *log, size_t size)
{
    return log->n ? log->chunk->entries + (log->n - 1) * size : NULL;
}

/* Where among the first n entries those of the frames up to this one end. */
static unsigned end_of(const cs_log_chunk *chunk, unsigned n, uint32_t frame, size_t size)
{
    unsigned low = 0, high = n;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (frame_at(chunk, middle, size) <= frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const void *cs_frame_log_look_up(const cs_frame_log *log, uint32_t frame, size_t size, unsigned *n)
{
    const cs_log_chunk *chunk = log->chunk;
    unsigned end = log->n;
    *n = 0;
    /* While packets come in, what was just added is asked for. */
    if (frame != log->last || end == 0) {
        while (chunk && (end == 0 || frame_at(chunk, 0, size) > frame)) {
            chunk = chunk->before;
            end = chunk ? chunk->n : 0;
        }
        end = chunk ? end_of(chunk, end, frame, size) : 0;
    }
    if (!chunk)
        return NULL;
    *n = count_back(chunk, end, frame, size);
    return entry_at(chunk, end - (*n ? *n : 1), size);
}
