/* tcp_order.c
 * Segments that overtook others wait for these before they are cut into records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/tls.h>

#include <string.h>

/* More than the flights of a handshake; what is further ahead belongs to a hole that nothing will fill. */
#define AHEAD_MAX (64 * 1024)
#define WAITING_MAX 64

typedef struct {
    cs_when at;
    uint32_t seq;
    uint32_t captured, reported;
    uint8_t bytes[];
} waiting_segment;

static int32_t ahead_of(const cs_tcp_cutter *c, uint32_t seq)
{
    return (int32_t)(seq - c->next);
}

static gint by_seq(gconstpointer a, gconstpointer b)
{
    int32_t order = (int32_t)(((const waiting_segment *)a)->seq - ((const waiting_segment *)b)->seq);
    return order < 0 ? -1 : order > 0;
}

void cs_tcp_cutter_begin(cs_tcp_cutter *c, uint32_t next, uint32_t seq)
{
    int32_t ahead = (int32_t)(seq - next);
    if (c->started || ahead < -1 || ahead > AHEAD_MAX) /* -1: a keep-alive (RFC 9293, 3.8.4) */
        return;
    c->started = true;
    c->next = next;
}

bool cs_tcp_cutter_waits(const cs_tcp_cutter *c)
{
    return c->waiting != NULL;
}

static void wait_for_hole(cs_tcp_cutter *c, const cs_when *at, uint32_t seq, const uint8_t *data, size_t captured,
                          size_t reported)
{
    waiting_segment *segment = g_malloc(sizeof *segment + captured);
    *segment = (waiting_segment){*at, seq, (uint32_t)captured, (uint32_t)reported};
    if (captured)
        memcpy(segment->bytes, data, captured);
    c->waiting = g_list_insert_sorted(c->waiting, segment, by_seq);
}

static void feed_first(cs_tcp_cutter *c, const cs_cutter_sink *sink)
{
    waiting_segment *segment = c->waiting->data;
    c->waiting = g_list_delete_link(c->waiting, c->waiting);
    if (sink->came)
        sink->came(sink->ctx, &segment->at);
    cs_tcp_cutter_feed(c, segment->seq, segment->bytes, segment->captured, segment->reported, sink);
    g_free(segment);
}

void cs_tcp_cutter_release(cs_tcp_cutter *c, const cs_cutter_sink *sink)
{
    while (c->waiting)
        feed_first(c, sink);
    c->patience = 0;
}

void cs_tcp_cutter_feed_in_order(cs_tcp_cutter *c, const cs_when *at, uint32_t seq, const uint8_t *data,
                                 size_t captured, size_t reported, const cs_cutter_sink *sink)
{
    int32_t ahead = c->started ? ahead_of(c, seq) : 0;
    if (ahead > 0 && ahead <= AHEAD_MAX && g_list_length(c->waiting) < WAITING_MAX) {
        wait_for_hole(c, at, seq, data, captured, reported);
        return;
    }
    if (ahead > 0)
        cs_tcp_cutter_release(c, sink);
    if (sink->came)
        sink->came(sink->ctx, at);
    cs_tcp_cutter_feed(c, seq, data, captured, reported, sink);
    while (c->waiting && ahead_of(c, ((const waiting_segment *)c->waiting->data)->seq) <= 0)
        feed_first(c, sink);
    if (!c->waiting)
        c->patience = 0;
}

/* The receiver confirms what it has; a capture may hold a few packets in another order than they came in. */
#define CONFIRMED_PACKETS 6
#define PACKETS_MAX 32

bool cs_tcp_cutter_is_overdue(cs_tcp_cutter *c, bool acked_known, uint32_t acked)
{
    bool confirmed = acked_known && ahead_of(c, acked) > 0;
    c->patience += confirmed ? PACKETS_MAX / CONFIRMED_PACKETS + 1 : 1;
    return c->patience >= PACKETS_MAX;
}
