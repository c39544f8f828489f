/* secure_tcp.c
 * The TCP segments of a TLS stream on their way to its cutters. The messages of a handshake build on each other, so
 * until it is complete segments are put in order; later what came is read at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

bool cs_secure_puts_in_order(const cs_stream *stream)
{
    const cs_secure *s = stream->wire_state;
    if (!s)
        return stream->syn;
    return s->waits || (!s->complete && (stream->syn || stream->hs.client_hellos || stream->hs.server_hello));
}

static void note_waiting(cs_secure *s)
{
    s->waits = cs_tcp_cutter_waits(&s->input[0].cutter) || cs_tcp_cutter_waits(&s->input[1].cutter);
}

void cs_secure_segment(cs_stream *stream, int sender, uint32_t seq, const uint8_t *data, size_t captured,
                       size_t reported, const cs_cutter_sink *sink)
{
    cs_tcp_cutter_feed(&cs_secure_of(stream)->input[sender].cutter, seq, data, captured, reported, sink);
}

void cs_secure_segment_in_order(cs_stream *stream, int sender, uint32_t base, uint32_t seq, const uint8_t *data,
                                size_t captured, size_t reported, const cs_cutter_sink *sink)
{
    cs_secure *s = cs_secure_of(stream);
    cs_tcp_cutter *cutter = &s->input[sender].cutter;
    const cs_end *end = &stream->end[sender];
    if (stream->syn && end->next_known && end->bytes == 0)
        cs_tcp_cutter_begin(cutter, end->next - base, seq);
    cs_tcp_cutter_feed_in_order(cutter, seq, data, captured, reported, sink);
    note_waiting(s);
}

bool cs_secure_waits(const cs_stream *stream)
{
    const cs_secure *s = stream->wire_state;
    return s && s->waits;
}

bool cs_secure_is_overdue(cs_stream *stream, int sender, uint32_t base)
{
    cs_secure *s = stream->wire_state;
    const cs_end *end = &stream->end[sender];
    cs_tcp_cutter *cutter = s ? &s->input[sender].cutter : NULL;
    return cutter && cs_tcp_cutter_waits(cutter) && cs_tcp_cutter_is_overdue(cutter, end->acked_known, end->acked - base);
}

void cs_secure_release(cs_stream *stream, int sender, const cs_cutter_sink *sink)
{
    cs_secure *s = stream->wire_state;
    cs_tcp_cutter_release(&s->input[sender].cutter, sink);
    note_waiting(s);
}
