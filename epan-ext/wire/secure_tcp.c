/* secure_tcp.c
 * The TCP segments of a TLS stream on their way to its cutters. The messages of a handshake build on each other, so
 * until it is complete segments are put in order; later what came is read at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

/* Records of the server that may stand before a flight of the client that was recorded late. */
#define AHEAD_MAX 64

/* The server sends data, so the handshake is over; what the client said in it has still to come. */
static bool client_is_late(const cs_stream *stream, const cs_secure *s)
{
    return stream->client >= 0 && !stream->hs.finished[0] && !s->dir[stream->client].app_records &&
           s->dir[1 - stream->client].app_records < AHEAD_MAX && !cs_secure_is_13(stream);
}

bool cs_secure_puts_in_order(const cs_stream *stream)
{
    const cs_secure *s = stream->wire_state;
    if (!s)
        return stream->syn;
    return s->waits || ((stream->syn || stream->hs.client_hellos || stream->hs.server_hello) &&
                        (!s->complete || client_is_late(stream, s)));
}

static void note_waiting(cs_secure *s)
{
    s->waits = cs_tcp_cutter_waits(&s->input[0].cutter) || cs_tcp_cutter_waits(&s->input[1].cutter);
    s->noted &= s->waits;
}

void cs_secure_segment(cs_stream *stream, int sender, uint32_t seq, const uint8_t *data, size_t captured,
                       size_t reported, const cs_cutter_sink *sink)
{
    cs_tcp_cutter_feed(&cs_secure_of(stream)->input[sender].cutter, seq, data, captured, reported, sink);
}

void cs_secure_segment_in_order(cs_stream *stream, int sender, const cs_when *at, uint32_t base, uint32_t seq,
                                const uint8_t *data, size_t captured, size_t reported, const cs_cutter_sink *sink)
{
    cs_secure *s = cs_secure_of(stream);
    cs_tcp_cutter *cutter = &s->input[sender].cutter;
    const cs_end *end = &stream->end[sender];
    if (stream->syn && end->next_known && end->bytes == 0)
        cs_tcp_cutter_begin(cutter, end->next - base, seq);
    cs_tcp_cutter_feed_in_order(cutter, at, seq, data, captured, reported, sink);
    note_waiting(s);
}

bool cs_secure_waits(const cs_stream *stream)
{
    const cs_secure *s = stream->wire_state;
    return s && s->waits;
}

bool cs_secure_begins_to_wait(cs_stream *stream)
{
    cs_secure *s = stream->wire_state;
    bool begins = s && s->waits && !s->noted;
    if (begins)
        s->noted = true;
    return begins;
}

bool cs_secure_is_overdue(cs_stream *stream, int sender, uint32_t base)
{
    cs_secure *s = stream->wire_state;
    const cs_end *end = &stream->end[sender];
    cs_tcp_cutter *cutter = s ? &s->input[sender].cutter : NULL;
    return cutter && cs_tcp_cutter_waits(cutter) &&
           cs_tcp_cutter_is_overdue(cutter, end->acked_known, end->acked - base);
}

void cs_secure_release(cs_stream *stream, int sender, const cs_cutter_sink *sink)
{
    cs_secure *s = stream->wire_state;
    cs_tcp_cutter_release(&s->input[sender].cutter, sink);
    note_waiting(s);
}

/* @return true for records of application data from end to end */
static bool only_data(const uint8_t *p, size_t n)
{
    size_t at = 0;
    cs_tls_record head;
    while (at < n) {
        if (cs_tls_record_parse(p + at, n - at, &head) != 1 || head.type != CS_RECORD_APPDATA ||
            head.version != CS_TLS12)
            return false;
        at += head.header_len + head.length;
    }
    return at == n && n > 0;
}

void cs_secure_late_records(cs_stream *stream, int sender, uint32_t seq, const uint8_t *p, size_t n,
                            const cs_cutter_sink *sink)
{
    cs_secure *s = stream->wire_state;
    if (!s || s->input[sender].recovery.pdu || !only_data(p, n))
        return;
    for (size_t at = 0; at < n;) {
        cs_tls_record head;
        cs_tls_record_parse(p + at, n - at, &head);
        sink->record(sink->ctx, &head, p + at + head.header_len, head.length, seq + (uint32_t)at);
        at += head.header_len + head.length;
    }
    sink->gap(sink->ctx); /* what goes on from here is not what comes next */
}
