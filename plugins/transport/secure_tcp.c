/* secure_tcp.c
 * The TLS records of TCP segments, those that the wrapper gets and, during a handshake, those that Wireshark hands to
 * nobody.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include "../analysis/analysis.h"
#include "../analysis/packet.h"

#include <cipsec/frame.h>

#include <epan/dissectors/packet-tcp.h>
#include <epan/prefs-int.h>
#include <epan/prefs.h>

/* Wireshark counts each direction's sequence numbers from the beginning of the connection. */
static bool relative_numbers;

/* Runs when a file is opened or dissected anew, which is also what changed preferences cause. */
static void follow_preferences(void)
{
    module_t *tcp = prefs_find_module("tcp");
    pref_t *analyzed = prefs_find_preference(tcp, "analyze_sequence_numbers");
    pref_t *relative = prefs_find_preference(tcp, "relative_sequence_numbers");
    relative_numbers = analyzed && relative && prefs_get_bool_value(analyzed, pref_current) &&
                       prefs_get_bool_value(relative, pref_current);
}

/* @return what Wireshark's numbers of the packet's sender, or of the other end, are less than those of the headers */
static CS_RARE uint32_t base_of(packet_info *pinfo, bool sender)
{
    const struct tcp_analysis *tcp = relative_numbers ? cs_tcp_analysis(pinfo) : NULL;
    return !tcp ? 0 : sender ? tcp->fwd->base_seq : tcp->rev->base_seq;
}

/* ---------------------------------------------------------------- from segments to records */

typedef struct {
    cs_secure_feed feed;
    const cs_secure_sink *sink; /* its context is feed */
    unsigned layer; /* in which Wireshark's dissector ran */
    cs_when at; /* of the segment */
} tcp_feed;

static void on_segment(void *ctx, const cs_when *at)
{
    tcp_feed *f = ctx;
    f->at = *at;
}

static void on_record(void *ctx, const cs_tls_record *head, const uint8_t *payload, size_t captured, uint32_t rec_seq)
{
    tcp_feed *f = ctx;
    packet_info *pinfo = f->feed.pinfo;
    cs_packet *packet = f->feed.packet;
    cs_secure_record rec = {.head = *head, .payload = payload, .captured = captured, .at = f->at};
    uint32_t offset = rec_seq - f->feed.seq;
    if (f->layer != CS_LAYER_OPAQUE && cs_secure_has_keys(packet->stream) &&
        offset < tvb_captured_length(f->feed.payload))
        cs_secure_decrypted(pinfo, false, f->layer,
                            (unsigned)tvb_raw_offset(f->feed.payload) + offset + head->header_len, &rec);
    f->feed.end = rec_seq + head->header_len + (uint32_t)(captured < head->length ? captured : head->length);
    cs_secure_take(cs_current_capture(), packet->stream, packet->sender, &rec, cs_prefs.integrity_only_midstream,
                   f->sink);
}

static void on_gap(void *ctx)
{
    tcp_feed *f = ctx;
    cs_secure_gap(cs_secure_of(f->feed.packet->stream), f->feed.packet->sender);
    f->feed.packet->stream->news = true;
}

void cs_secure_read_tcp(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet, uint32_t seq, unsigned layer)
{
    unsigned captured = tvb_captured_length(tvb), reported = tvb_reported_length(tvb);
    const uint8_t *p = captured ? tvb_get_ptr(tvb, 0, (int)captured) : NULL;
    if (cs_secure_is_new_session(packet->stream, packet->sender, p, captured, &packet->at))
        cs_packet_next_stream(pinfo, packet)->mistaken = true;
    tcp_feed f = {.feed = {.pinfo = pinfo, .packet = packet, .payload = tvb, .seq = seq},
                  .layer = layer,
                  .at = packet->at};
    f.sink = cs_secure_sink_for(&f.feed);
    cs_cutter_sink sink = {&f, on_record, on_gap, on_segment};
    if (G_UNLIKELY(cs_secure_puts_in_order(packet->stream)))
        cs_secure_segment_in_order(packet->stream, packet->sender, &packet->at, base_of(pinfo, true), seq, p, captured,
                                   reported, &sink);
    else
        cs_secure_segment(packet->stream, packet->sender, seq, p, captured, reported, &sink);
}

void cs_secure_read_late(tvbuff_t *payload, packet_info *pinfo, cs_packet *packet, uint32_t seq)
{
    unsigned n = tvb_captured_length(payload);
    tcp_feed f = {.feed = {.pinfo = pinfo, .packet = packet, .payload = payload, .seq = seq - base_of(pinfo, true)},
                  .layer = CS_LAYER_OPAQUE,
                  .at = packet->at};
    cs_cutter_sink sink = {&f, on_record, on_gap, on_segment};
    f.sink = cs_secure_sink_for(&f.feed);
    cs_secure_late_records(packet->stream, packet->sender, f.feed.seq, tvb_get_ptr(payload, 0, (int)n), n, &sink);
}

/* ---------------------------------------------------------------- segments that overtook others */

/* Reads what waits of the packet's sender. @param pinfo NULL: nobody looks at frames any more, and what the records say
 * is for the whole stream */
static CS_RARE void release(cs_packet *packet, packet_info *pinfo, tvbuff_t *frame)
{
    static const cs_secure_sink nobody;
    tcp_feed f = {.feed = {.pinfo = pinfo, .packet = packet, .payload = frame}, .layer = CS_LAYER_OPAQUE};
    cs_cutter_sink sink = {&f, on_record, on_gap, on_segment};
    f.sink = pinfo ? cs_secure_sink_for(&f.feed) : &nobody;
    cs_secure_release(packet->stream, packet->sender, &sink);
}

/* Streams that wait, or did, each once for every time. */
static GPtrArray *waiting;

void cs_secure_finish(void)
{
    for (guint i = 0; waiting && i < waiting->len; i++) {
        cs_packet packet = {.stream = waiting->pdata[i]};
        for (packet.sender = 0; packet.sender < 2; packet.sender++)
            release(&packet, NULL, NULL);
        packet.stream->news = true;
        cs_stream_conclude(cs_current_capture(), packet.stream, &packet.stream->last);
    }
    cs_secure_forget_waiting();
}

void cs_secure_forget_waiting(void)
{
    if (waiting)
        g_ptr_array_free(waiting, TRUE);
    waiting = NULL;
}

static CS_RARE void note_waiting(cs_stream *stream)
{
    if (!waiting)
        waiting = g_ptr_array_new();
    g_ptr_array_add(waiting, stream);
}

/* Before the first records only what begins as a handshake is taken for TLS. */
static bool may_be_read(const cs_packet *packet, const uint8_t *p, size_t n)
{
    cs_tls_record head;
    return packet->stream->wire_state ||
           (cs_tls_record_parse(p, n, &head) == 1 && head.type == CS_RECORD_HANDSHAKE);
}

/* Numbered without regard to the connection before, a session whose SYN was not captured looks late to Wireshark. */
static bool begins_session(const cs_packet *packet, const uint8_t *p, size_t n)
{
    return cs_secure_is_new_session(packet->stream, packet->sender, p, n, &packet->at);
}

/* Reads the payload of the frame if it is what is asked for. @return true when it was read */
static CS_RARE bool read_whole(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts,
                               bool (*wanted)(const cs_packet *, const uint8_t *, size_t))
{
    tvbuff_t *payload = cs_frame_payload(frame, facts);
    unsigned n = payload ? tvb_captured_length(payload) : 0;
    if (!n || !wanted(packet, tvb_get_ptr(payload, 0, (int)n), n))
        return false;
    cs_secure_read_tcp(payload, pinfo, packet, facts->seq - base_of(pinfo, true), CS_LAYER_OPAQUE);
    return true;
}

bool cs_secure_follow_segment(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts)
{
    if (G_UNLIKELY(facts->payload && !packet->read) && read_whole(frame, pinfo, packet, facts, begins_session))
        return true;
    cs_stream *stream = packet->stream;
    if (G_LIKELY(!cs_secure_puts_in_order(stream)))
        return false;
    /* The wrapper may have had a part only: what is behind a message that Wireshark still puts together. */
    bool read = read_whole(frame, pinfo, packet, facts, may_be_read) || packet->read;
    cs_packet late = *packet;
    for (late.sender = 0; late.sender < 2 && cs_secure_waits(stream); late.sender++)
        if (cs_secure_is_overdue(stream, late.sender, base_of(pinfo, late.sender == packet->sender)))
            release(&late, pinfo, frame);
    if (cs_secure_begins_to_wait(stream))
        note_waiting(stream);
    return read;
}

void cs_secure_tcp_register(void)
{
    register_init_routine(follow_preferences);
}
