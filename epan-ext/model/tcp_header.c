/* tcp_header.c
 * What the TCP headers of a stream say: who opened it, how it ended, and whether bytes are missing from the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/frame.h>
#include <cipsec/model.h>

static bool is_behind(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0; /* sequence numbers wrap (RFC 9293, 3.4) */
}

static CS_RARE void opens(cs_stream *stream, int sender, uint8_t flags)
{
    stream->syn = true;
    cs_stream_set_client(stream, flags & CS_TCP_ACK ? 1 - sender : sender, CS_ROLE_SOURCE_SYN);
}

/* A reset is numbered behind the last byte of its sender, unless it answers what belongs to no connection. */
#define RESET_AHEAD_MAX 0x100000u

static CS_RARE void is_reset(cs_stream *stream, int sender, const cs_frame_facts *facts)
{
    cs_end *end = &stream->end[sender];
    stream->rst = true;
    if (end->next_known && is_behind(facts->seq, end->next) && facts->seq - end->next < RESET_AHEAD_MAX)
        end->lost = end->unseen = true;
    /* the first thing the other side ever says to a SYN */
    if (stream->syn && stream->client == 1 - sender && !stream->end[sender].packets && !stream->answered[sender])
        stream->port_closed = true;
}

static bool has_hole(const cs_end *end)
{
    return end->hole != end->hole_end;
}

/* More was confirmed than captured, or what was passed over was confirmed: the capture is not whole. A confirmation
 * alone may have been recorded before its data. */
static void judge(cs_end *end)
{
    end->lost |= end->acked_known && has_hole(end) && !is_behind(end->hole_end, end->acked);
    end->unseen = end->lost || (end->acked_known && is_behind(end->acked, end->next));
}

/* What is confirmed first lies behind a SYN; the first packet of the peer lies further ahead. Wireshark may take a SYN
 * that was recorded behind the end of its connection for another one, whose bytes are then in two streams. The two are
 * a SYN and a FIN. @param peer whose SYN is not in this one */
static CS_RARE bool began_earlier(const cs_end *peer, uint32_t ack)
{
    return !peer->opened && !has_hole(peer) && is_behind(peer->next - peer->fresh - 2, ack);
}

static void confirms(const cs_stream *stream, cs_end *peer, uint32_t ack)
{
    if (!peer->next_known) {
        peer->next = ack;
        peer->next_known = true;
    } else if (!peer->acked_known && stream->syn && began_earlier(peer, ack)) {
        peer->lost = true;
    }
    if (!peer->acked_known || is_behind(ack, peer->acked))
        peer->acked = ack;
    peer->acked_known = true;
    judge(peer);
}

static bool fills_hole(const cs_end *sender, uint32_t seq)
{
    return has_hole(sender) && !is_behind(sender->hole, seq) && is_behind(sender->hole_end, seq);
}

/* Recorded behind its confirmation, a segment looks as if it were sent again. */
static bool is_confirmed_already(const cs_end *sender, const cs_frame_facts *facts)
{
    return sender->acked_known && sender->next_known && !is_behind(sender->next, facts->seq) &&
           !is_behind(facts->seq + facts->payload, sender->acked);
}

bool cs_stream_tcp_late(const cs_end *sender, const cs_frame_facts *facts)
{
    return facts->tcp && facts->payload &&
           (fills_hole(sender, facts->seq) || is_confirmed_already(sender, facts));
}

static void sends(cs_end *end, const cs_frame_facts *facts)
{
    if (end->next_known && is_behind(facts->seq, end->next)) {
        end->hole = end->next;
        end->hole_end = facts->seq;
    }
    uint32_t next = facts->seq + facts->payload + !!(facts->flags & CS_TCP_SYN) + !!(facts->flags & CS_TCP_FIN);
    if (!end->next_known || is_behind(next, end->next)) {
        end->fresh += end->next_known ? MIN(facts->payload, next - end->next) : facts->payload;
        end->next = next;
    }
    end->next_known = true;
    end->opened |= (facts->flags & CS_TCP_SYN) != 0;
    judge(end);
}

void cs_stream_tcp(cs_stream *stream, int sender, const cs_frame_facts *facts)
{
    if (!facts->tcp)
        return;
    if (facts->flags & CS_TCP_SYN)
        opens(stream, sender, facts->flags);
    if (facts->flags & CS_TCP_FIN)
        stream->fin = true;
    if (facts->flags & CS_TCP_RST) {
        is_reset(stream, sender, facts); /* its numbers need not be those of the connection */
        return;
    }
    sends(&stream->end[sender], facts);
    if (facts->flags & CS_TCP_ACK) {
        stream->answered[1 - sender] = true;
        confirms(stream, &stream->end[1 - sender], facts->ack);
    }
}
