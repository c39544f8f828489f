/* rhythm.c
 * Interval, jitter, gaps and duplicates of class 0/1 data.
 *
 * Memory is bounded: intervals go into a fixed random sample (reservoir) for each direction, sequence numbers into a
 * window of 64 for each of the last few connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

#include <stddef.h>
#include <string.h>

#define SAMPLES 128
#define TRACKERS 4
#define WINDOW 64
/* A jump beyond this is a restarted counter, not loss. */
#define MAX_JUMP 100000
#define RECOMPUTE_EACH 4 /* the first ones */
#define RECOMPUTE_SOON 64
#define RECOMPUTE_EVERY 512
#define COPIES_FROM 20
#define COPIES_PERCENT 45 /* of all packets; 50 when each is there twice */

/* One series of sequence numbers. */
typedef struct {
    bool used, has_sequence;
    uint32_t connection_id;
    uint64_t sequence; /* highest seen */
    uint64_t seen; /* bit n: sequence - n came */
    int64_t ns; /* of the last packet in order */
    uint64_t touched; /* for giving the place to another series */
} tracker;

typedef struct {
    uint64_t intervals; /* how many there were, of which samples holds a fair choice */
    uint64_t compute_at; /* the number of the packet with which the medians are computed again */
    uint32_t random;
    tracker trackers[TRACKERS];
    uint32_t samples[SAMPLES]; /* in microseconds */
} direction;

/* Most have one series, for which one line of the cache is enough. */
G_STATIC_ASSERT(offsetof(direction, trackers[1]) <= CS_CACHE_LINE);
G_STATIC_ASSERT(sizeof(direction) <= 768);

void cs_rhythm_fetch(const void *state)
{
    if (state)
        cs_fetch(state, offsetof(direction, trackers[1]));
}

/* Moves the values so that those before place k are not greater than the one there, and those behind it not smaller
 * (Hoare's selection): a median needs no sorting. @return the value at k. */
static uint32_t select_value(uint32_t *values, int n, int k)
{
    int low = 0, high = n - 1;
    while (low < high) {
        uint32_t pivot = values[k];
        int i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j) {
                uint32_t swapped = values[i];
                values[i++] = values[j];
                values[j--] = swapped;
            }
        }
        if (j < k)
            low = i;
        if (k < i)
            high = j;
    }
    return values[k];
}

static uint32_t median(uint32_t *values, unsigned n)
{
    uint32_t upper = select_value(values, (int)n, (int)(n / 2)), lower = 0;
    if (n % 2)
        return upper;
    for (unsigned i = 0; i < n / 2; i++)
        lower = MAX(lower, values[i]);
    return (uint32_t)(((uint64_t)lower + upper) / 2);
}

static CS_RARE void compute(const direction *d, cs_rhythm *rhythm)
{
    uint32_t sorted[SAMPLES];
    unsigned n = d->intervals < SAMPLES ? (unsigned)d->intervals : SAMPLES;
    if (n == 0)
        return;
    memcpy(sorted, d->samples, n * sizeof *sorted);
    uint32_t middle = median(sorted, n);
    for (unsigned i = 0; i < n; i++)
        sorted[i] = sorted[i] > middle ? sorted[i] - middle : middle - sorted[i];
    rhythm->median_interval = (int64_t)middle * 1000;
    rhythm->jitter = (int64_t)median(sorted, n) * 1000;
}

/* Nearly every number came again: not the network, but a mirror port that sends both ways or two joined captures. */
static CS_RARE void check_copies(cs_capture *cap, cs_stream *stream, int sender)
{
    const cs_rhythm *rhythm = &stream->rhythm[sender];
    if (rhythm->packets < COPIES_FROM || rhythm->duplicates * 100 < rhythm->packets * COPIES_PERCENT)
        return;
    char *detail = g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " I/O packets of stream %u",
                                   rhythm->duplicates, rhythm->packets, stream->index);
    cs_finding_add(cap, CS_FIND_FRAMES_TWICE, &stream->end[sender].first, stream, NULL, "capture", detail);
    g_free(detail);
}

void cs_rhythm_finish(cs_capture *cap, cs_stream *stream)
{
    for (int i = 0; i < 2; i++) {
        if (!stream->rhythm_state[i])
            continue;
        compute(stream->rhythm_state[i], &stream->rhythm[i]);
        check_copies(cap, stream, i);
    }
}

/* Explicit messages of a person or a program that polls differ in size, or in the time between them. */
#define CYCLIC_FROM 8
#define JITTER_PART 4 /* at most this part of the interval */

bool cs_stream_is_cyclic(const cs_stream *stream)
{
    bool even = false;
    for (int i = 0; i < 2; i++) {
        const cs_rhythm *rhythm = &stream->rhythm[i];
        if (rhythm->other_sizes)
            return false;
        even |= rhythm->packets >= CYCLIC_FROM && rhythm->jitter * JITTER_PART <= rhythm->median_interval;
    }
    return stream->has_rhythm && even;
}

static void add_interval(direction *d, int64_t ns)
{
    if (ns < 0)
        return;
    int64_t us = (ns + 500) / 1000;
    uint32_t value = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
    uint64_t at = d->intervals++;
    if (at >= SAMPLES) {
        d->random = d->random * 1664525u + 1013904223u;
        at = (uint64_t)d->random * MIN(at + 1, UINT32_MAX) >> 32; /* one of so many places, each as likely */
    }
    if (at < SAMPLES)
        d->samples[at] = value;
}

/* Looks for a series that is not the first one, or begins it in a free place or in that of the oldest. */
static CS_RARE tracker *other_series(direction *d, uint32_t connection_id)
{
    tracker *oldest = &d->trackers[0];
    for (int i = 0; i < TRACKERS; i++) {
        tracker *t = &d->trackers[i];
        if (t->used && t->connection_id == connection_id)
            return t;
        if (!t->used || (oldest->used && t->touched < oldest->touched))
            oldest = t;
        if (!oldest->used)
            break;
    }
    memset(oldest, 0, sizeof *oldest);
    oldest->connection_id = connection_id;
    return oldest;
}

/* @param number of the packet in its direction */
static tracker *series_of(direction *d, uint32_t connection_id, uint64_t number)
{
    tracker *t = &d->trackers[0];
    if (G_UNLIKELY(!t->used || t->connection_id != connection_id))
        t = other_series(d, connection_id);
    t->touched = number;
    return t;
}

/* A packet that begins a series anew or does not come behind the one before it.
 * @return true when the next packet is to be measured against it */
static CS_RARE bool take_odd(tracker *t, cs_rhythm *rhythm, uint64_t sequence, int64_t step)
{
    if (!t->has_sequence || step > MAX_JUMP || step < -MAX_JUMP) {
        t->has_sequence = true;
        t->sequence = sequence;
        t->seen = 1;
        return true;
    }
    uint64_t bit = -step < WINDOW ? (uint64_t)1 << -step : 0;
    if (bit && !(t->seen & bit) && rhythm->gaps > 0)
        rhythm->gaps--; /* late, not lost */
    t->seen |= bit;
    rhythm->duplicates++;
    return false;
}

/* @return true when the packet is the next of its series, with or without loss before it. */
static bool take_sequence(tracker *t, cs_rhythm *rhythm, uint64_t sequence, int64_t step)
{
    if (G_UNLIKELY(step <= 0 || step > MAX_JUMP || !t->has_sequence))
        return take_odd(t, rhythm, sequence, step);
    rhythm->gaps += (uint64_t)step - 1;
    t->seen = step < WINDOW ? t->seen << step | 1 : 1;
    t->sequence = sequence;
    return true;
}

static void forget(direction *d)
{
    memset(d, 0, offsetof(direction, samples));
}

static CS_RARE direction *direction_new(cs_stream *stream, int sender)
{
    stream->has_rhythm = true;
    direction *d = cs_arena_alloc(stream->memory, sizeof *d);
    forget(d);
    return stream->rhythm_state[sender] = d;
}

static CS_RARE void take_size(cs_stream *stream, cs_rhythm *rhythm, uint32_t bytes)
{
    if (rhythm->packets == 1) {
        rhythm->size = bytes;
    } else {
        stream->news |= !rhythm->other_sizes;
        rhythm->other_sizes = true;
    }
}

static CS_RARE void compute_again(cs_stream *stream, direction *d, cs_rhythm *rhythm)
{
    compute(d, rhythm);
    stream->news |= rhythm->packets >= CYCLIC_FROM; /* before that nothing follows from it */
    d->compute_at = rhythm->packets < RECOMPUTE_EACH   ? rhythm->packets + 1
                    : rhythm->packets < CYCLIC_FROM    ? CYCLIC_FROM
                    : rhythm->packets < RECOMPUTE_SOON ? RECOMPUTE_SOON
                                                       : (rhythm->packets / RECOMPUTE_EVERY + 1) * RECOMPUTE_EVERY;
}

/* bits: width of the counter, which starts again at 0 after its end. */
static void observe(cs_stream *stream, int sender, int64_t ns, uint32_t bytes, uint32_t connection_id,
                    bool has_sequence, uint64_t sequence, int bits)
{
    direction *d = stream->rhythm_state[sender];
    if (G_UNLIKELY(!d))
        d = direction_new(stream, sender);
    cs_rhythm *rhythm = &stream->rhythm[sender];
    tracker *t = series_of(d, connection_id, ++rhythm->packets);
    bool first = !t->used;
    if (G_UNLIKELY(bytes != rhythm->size || rhythm->packets == 1))
        take_size(stream, rhythm, bytes);
    rhythm->bytes += bytes;
    bool in_order = true;
    if (has_sequence) {
        int64_t step = bits == 32 ? (int32_t)((uint32_t)sequence - (uint32_t)t->sequence)
                                  : (int64_t)(sequence - t->sequence);
        in_order = take_sequence(t, rhythm, sequence, step);
    }
    if (in_order && !first)
        add_interval(d, ns - t->ns);
    if (in_order)
        t->ns = ns;
    t->used = true;
    if (G_UNLIKELY(rhythm->packets >= d->compute_at))
        compute_again(stream, d, rhythm);
}

/* Content became readable only now: record numbers also counted alerts and handshakes, so start afresh. */
static CS_RARE void start_readable(cs_stream *stream)
{
    for (int i = 0; i < 2; i++)
        if (stream->rhythm_state[i])
            forget(stream->rhythm_state[i]);
    memset(stream->rhythm, 0, sizeof stream->rhythm);
    stream->rhythm[0].sequence_readable = stream->rhythm[1].sequence_readable = true;
}

void cs_observe_io(cs_capture *cap, cs_stream *stream, int sender, int64_t ns, uint32_t bytes, uint64_t sequence,
                   bool readable)
{
    cap->finished = false;
    bool before = stream->rhythm[sender].sequence_readable;
    if (before && !readable)
        return;
    if (readable && !before)
        start_readable(stream);
    observe(stream, sender, ns, bytes, 0, sequence != CS_NO_SEQUENCE, sequence, readable ? 32 : 64);
}

void cs_observe_io_connection(cs_capture *cap, cs_stream *stream, int sender, int64_t ns, uint32_t bytes,
                              uint32_t connection_id, bool has_sequence, uint32_t sequence)
{
    cap->finished = false;
    if (G_UNLIKELY(!stream->rhythm[sender].sequence_readable))
        start_readable(stream);
    observe(stream, sender, ns, bytes, connection_id, has_sequence, sequence, 32);
}
