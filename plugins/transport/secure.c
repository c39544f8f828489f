/* secure.c
 * The wrapper on the CIP Security ports: Wireshark's own TLS or DTLS dissector first, then our reader on the same
 * bytes. EtherNet/IP that only we could read goes to Wireshark's own EtherNet/IP dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include "datagram_pdus.h"
#include "enip_observe.h"
#include "ports.h"

#include "../analysis/analysis.h"
#include "../analysis/io_frame.h"
#include "../analysis/packet.h"
#include "../frame_log.h"

#include <cipsec/enip_wire.h>
#include <cipsec/frame.h>

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/exceptions.h>
#include <epan/prefs-int.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/show_exception.h>

/* Key among the packet data of `cipsec`: the wrapper was called and declined. */
#define KEY_DECLINED 101
/* What datagrams of DTLS begin with, of any version (RFC 9443, 3). */
#define DTLS_FIRST_MIN 20
#define DTLS_FIRST_MAX 63
/* Shown of one packet. */
#define PDUS_MAX 256

static dissector_handle_t stock_tls, stock_dtls;
static cs_content_handles content; /* what Wireshark has for the content of port 2221 */
static dissector_handle_t tls_wrapper, dtls_wrapper;
static int proto_over_tls = CS_ID_INIT, proto_over_dtls = CS_ID_INIT;

/* The dissector for content: bare CPF, or encapsulation as on the clear ports. The one for UDP is asked for late,
 * because others may have taken its place. */
static dissector_handle_t content_handle(const uint8_t *p, size_t n, size_t reported, bool datagram)
{
    if (!datagram)
        return content.tls;
    if (cs_cpf_judge(p, n, reported))
        return content.dtls;
    dissector_handle_t handle = cs_ports_udp(CS_PORT_ENIP);
    return handle ? handle : content.tls;
}

/* ---------------------------------------------------------------- EtherNet/IP that Wireshark did not decrypt */

static void show_pdu(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const uint8_t *bytes, uint32_t len,
                     uint32_t reported, bool datagram)
{
    tvbuff_t *inner = tvb_new_child_real_data(tvb, bytes, len, (int)reported);
    add_new_data_source(pinfo, inner, "Integrity-only EtherNet/IP");
    /* Its requests for more bytes must not reach TCP: the bytes are not TCP's. */
    uint16_t can_desegment = pinfo->can_desegment;
    int desegment_offset = pinfo->desegment_offset;
    uint32_t desegment_len = pinfo->desegment_len;
    pinfo->can_desegment = 0;
    TRY
    {
        cs_ports_call(content_handle(bytes, len, reported, datagram), inner, pinfo, tree, NULL);
    }
    CATCH_NONFATAL_ERRORS
    {
        show_exception(inner, pinfo, tree, EXCEPT_CODE, GET_MESSAGE);
    }
    ENDTRY;
    pinfo->can_desegment = can_desegment;
    pinfo->desegment_offset = desegment_offset;
    pinfo->desegment_len = desegment_len;
}

/* @return NULL when they are not in this segment */
static const uint8_t *bytes_of(tvbuff_t *tvb, const cs_segment_pdu *pdu, uint32_t seq)
{
    uint32_t offset = pdu->from - seq, captured = tvb_captured_length(tvb);
    if (!pdu->inside)
        return pdu->bytes;
    return offset < captured && pdu->len <= captured - offset ? tvb_get_ptr(tvb, (int)offset, (int)pdu->len) : NULL;
}

/* Shows the PDUs of records that end within the segment at hand. @param seq of its first byte
 * @return true if there was one. */
static G_GNUC_NO_INLINE bool show_segment_pdus(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                               const cs_stream *stream, uint32_t seq)
{
    unsigned n;
    bool any = false;
    const cs_segment_pdu *pdus = cs_frame_log_find(&stream->pdus, pinfo->num, sizeof *pdus, &n);
    for (unsigned i = 0; i < n && i < PDUS_MAX; i++) {
        uint32_t at = pdus[i].end - seq;
        const uint8_t *bytes = bytes_of(tvb, &pdus[i], seq);
        if (at > 0 && at <= tvb_reported_length(tvb) && bytes) {
            show_pdu(tvb, pinfo, tree, bytes, pdus[i].len, pdus[i].reported, false);
            any = true;
        }
    }
    return any;
}

/* The same of records of the datagram at hand. */
static G_GNUC_NO_INLINE bool show_datagram_pdus(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                                const cs_packet *packet)
{
    unsigned n;
    bool any = false;
    cs_datagram_pdu one;
    const cs_datagram_pdu *pdus =
        cs_datagram_pdus_find(packet->stream, pinfo->num, tvb_reported_length(tvb), &one, &n);
    for (unsigned i = 0; i < n && i < PDUS_MAX; i++) {
        const cs_datagram_pdu *pdu = &pdus[i];
        if (pdu->end > tvb_reported_length(tvb))
            continue;
        const uint8_t *bytes = tvb_get_ptr(tvb, pdu->offset, pdu->len);
        if (tree)
            cs_io_read_again(pinfo, packet, bytes, pdu->len, pdu->reported);
        show_pdu(tvb, pinfo, tree, bytes, pdu->len, pdu->reported, true);
        any = true;
    }
    return any;
}

/* ---------------------------------------------------------------- TLS */

/* Wireshark 4.4 and later take the rest of a TLS stream for DTLS once StartDTLS was answered, even when it was
 * refused: put the stream back. */
static CS_RARE void undo_start_dtls(packet_info *pinfo)
{
    conversation_t *conv = find_conversation_pinfo(pinfo, 0);
    if (conv && conversation_get_dissector(conv, pinfo->num) == stock_dtls)
        conversation_set_dissector(conv, tls_wrapper);
}

/* @return true when we could show what Wireshark could not. */
static bool after_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_packet *packet,
                      const struct tcpinfo *info, unsigned layer)
{
    if (!PINFO_FD_VISITED(pinfo))
        cs_secure_read_tcp(tvb, pinfo, packet, info->seq, layer);
    const cs_stream *stream = packet->stream;
    bool shown = cs_frame_log_reaches(&stream->pdus, pinfo->num) &&
                 show_segment_pdus(tvb, pinfo, tree, stream, info->seq);
    if (!PINFO_FD_VISITED(pinfo) && packet->stream->start_dtls)
        undo_start_dtls(pinfo);
    return shown;
}

/* ---------------------------------------------------------------- EtherNet/IP without TLS on these ports */

static void be_clear(cs_stream *stream, cs_transport transport)
{
    stream->transport = transport;
    stream->conf = CS_CONF_NONE;
    stream->conf_source = CS_CONF_SOURCE_CONTENT;
    stream->news = true;
}

/* On both ports at once nobody knows which of them is the server's. */
static CS_RARE void found_clear(cs_packet *packet, cs_transport transport)
{
    cs_stream *stream = packet->stream;
    if (stream->transport == transport)
        return;
    be_clear(stream, transport);
    stream->foreign = false;
    if (stream->end[0].ep.port != CS_PORT_ENIP && stream->end[1].ep.port != CS_PORT_ENIP)
        cs_finding_add(cs_current_capture(), CS_FIND_CLEAR_TEXT_ON_SECURE_PORT, &packet->at, stream, NULL, NULL, NULL);
}

/* What cannot be a record: a datagram that does not begin as those of DTLS do, and what else a TCP connection begins
 * with. */
static bool is_no_record(const cs_packet *packet, const uint8_t *p, unsigned captured, bool datagram)
{
    const cs_end *end = &packet->stream->end[packet->sender];
    cs_tls_record head;
    if (datagram)
        return p[0] < DTLS_FIRST_MIN || p[0] > DTLS_FIRST_MAX;
    return packet->stream->syn && end->bytes == 0 && !end->unseen && cs_tls_record_parse(p, captured, &head) < 0;
}

/* Neither EtherNet/IP nor TLS or DTLS. Text is sure to be no part of a record; anything else only takes from the port
 * its word until records come. */
static CS_RARE void found_foreign(packet_info *pinfo, cs_packet *packet, const uint8_t *p, unsigned captured,
                                  bool datagram)
{
    cs_stream *stream = packet->stream;
    bool text = !datagram && cs_looks_like_text(p, captured);
    if (!text && (stream->foreign || !is_no_record(packet, p, captured, datagram)))
        return;
    stream->foreign = stream->news = true;
    if (text) {
        be_clear(stream, CS_TRANSPORT_TCP);
        cs_enip_observe(pinfo, packet, p, captured, 0, false);
    }
}

/* The first packets of a stream show what it is. */
static CS_RARE bool begins_clear(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet, bool datagram)
{
    unsigned captured = tvb_captured_length(tvb), reported = tvb_reported_length(tvb);
    const uint8_t *p = captured ? tvb_get_ptr(tvb, 0, (int)captured) : NULL;
    bool clear = datagram ? cs_cpf_judge(p, captured, reported) ||
                                cs_enip_judge(p, captured, reported, NULL) == CS_ENIP_WHOLE
                          : cs_enip_judge(p, captured, reported, NULL) != CS_ENIP_NO;
    if (clear)
        found_clear(packet, datagram ? CS_TRANSPORT_UDP : CS_TRANSPORT_TCP);
    else if (captured)
        found_foreign(pinfo, packet, p, captured, datagram);
    return clear;
}

static CS_RARE bool is_clear(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet, bool datagram)
{
    cs_stream *stream = packet->stream;
    if (!cs_stream_secured(stream))
        return !stream->foreign;
    if (PINFO_FD_VISITED(pinfo) || cs_secure_seen(cs_secure_of(stream)))
        return false;
    return begins_clear(tvb, pinfo, packet, datagram);
}

static CS_RARE int dissect_clear(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_packet *packet, bool datagram,
                                 void *data)
{
    unsigned captured = tvb_captured_length(tvb), reported = tvb_reported_length(tvb);
    const uint8_t *p = captured ? tvb_get_ptr(tvb, 0, (int)captured) : NULL;
    bool cpf = datagram && cs_cpf_judge(p, captured, reported);
    packet->observed = true;
    if (!PINFO_FD_VISITED(pinfo)) {
        size_t whole = captured;
        if (!cpf)
            cs_enip_judge(p, captured, reported, &whole);
        packet->stream->app_records++;
        packet->shown = tree != NULL;
        if (whole)
            cs_enip_observe(pinfo, packet, p, (unsigned)whole, datagram ? cpf ? reported : (unsigned)whole : 0, false);
    }
    return cs_ports_call(content_handle(p, captured, reported, datagram), tvb, pinfo, tree, data);
}

/* ---------------------------------------------------------------- the two wrappers */

/* The number of the layer that the next dissector gets. */
static unsigned next_layer(const packet_info *pinfo)
{
    return pinfo->curr_layer_num + 1u;
}

/* @return 0, for Wireshark to try others */
static CS_RARE int decline(packet_info *pinfo)
{
    if (!p_get_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_DECLINED))
        p_add_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_DECLINED, &tls_wrapper);
    return 0;
}

/* Wireshark knows better than we what it is. */
static CS_RARE int dissect_text(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    int len = call_dissector_only(stock_tls, tvb, pinfo, tree, data);
    return len ? len : decline(pinfo);
}

static int dissect_over_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct tcpinfo *info = data;
    /* The call of another dissector takes one from this; the bytes are TCP's as before. */
    if (pinfo->can_desegment > 0)
        pinfo->can_desegment++;
    cs_packet *packet = pinfo->flags.in_error_pkt || !info ? NULL : cs_packet_of_data(pinfo, info);
    if (!packet)
        return call_dissector_only(stock_tls, tvb, pinfo, tree, data);
    packet->read = true;
    if (G_UNLIKELY(!packet->settled)) {
        if (is_clear(tvb, pinfo, packet, false))
            return dissect_clear(tvb, pinfo, tree, packet, false, data);
        if (!cs_stream_secured(packet->stream))
            return dissect_text(tvb, pinfo, tree, data);
    }
    /* Others in the frame may change it before the exception, if there is one, brings us here again. */
    struct tcpinfo here = *info;
    unsigned layer = next_layer(pinfo), kept = cs_secure_kept(pinfo);
    volatile int len = 0;
    TRY
    {
        len = call_dissector_only(stock_tls, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        /* What was shown is taken, even if Wireshark's dissector declined it: nobody else shall try. */
        if (after_tls(tvb, pinfo, tree, packet, &here, cs_secure_layer(pinfo, layer, kept)) && len == 0)
            len = (int)tvb_captured_length(tvb);
    }
    ENDTRY;
    return len ? len : decline(pinfo);
}

/* Reads the records of a datagram. First pass. @param elsewhere see cs_secure_feed */
static void read_datagram(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet, unsigned layer, bool elsewhere)
{
    unsigned captured = tvb_captured_length(tvb), reported = tvb_reported_length(tvb), at = 0;
    const uint8_t *p = captured ? tvb_get_ptr(tvb, 0, (int)captured) : NULL;
    cs_secure_feed feed = {.pinfo = pinfo, .packet = packet, .payload = tvb, .datagram = true, .elsewhere = elsewhere};
    const cs_secure_sink *sink = cs_secure_sink_for(&feed);
    cs_secure_record rec = {.at = packet->at};
    cs_datagram_pdus_next(packet->stream);
    while (at < captured) {
        if (cs_secure_datagram_record(packet->stream, packet->sender, p + at, captured - at, reported - at,
                                      &rec.head) != 1)
            return;
        rec.payload = p + at + rec.head.header_len;
        rec.captured = MIN(captured - at - rec.head.header_len, rec.head.length);
        rec.plain = NULL;
        if (cs_secure_is_new_association(packet->stream, packet->sender, &rec))
            cs_packet_next_stream(pinfo, packet);
        /* Epoch 0 is never protected; Wireshark may think so when a second association begins on the same ports. */
        if (rec.head.epoch > 0 && layer != CS_LAYER_OPAQUE && cs_secure_has_keys(packet->stream))
            cs_secure_decrypted(pinfo, true, layer, (unsigned)tvb_raw_offset(tvb) + at + rec.head.header_len, &rec);
        at += rec.head.header_len + rec.head.length;
        feed.end = at;
        cs_secure_take(cs_current_capture(), packet->stream, packet->sender, &rec, cs_prefs.integrity_only_midstream,
                       sink);
    }
}

void cs_secure_read_datagram(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet)
{
    read_datagram(tvb, pinfo, packet, 0, true);
}

void cs_secure_read_undissected(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet)
{
    cs_frame_facts headers;
    bool wanted = proto_is_protocol_enabled(find_protocol_by_id(proto_over_dtls));
    tvbuff_t *payload = wanted && cs_packet_headers(frame, pinfo, &headers) ? cs_frame_payload(frame, &headers) : NULL;
    if (!payload)
        return;
    cs_packet_datagram(packet, payload);
    cs_secure_read_datagram(payload, pinfo, packet);
}

static int dissect_over_dtls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    cs_packet *packet = pinfo->flags.in_error_pkt ? NULL : cs_packet_of_data(pinfo, NULL);
    if (!packet)
        return call_dissector_only(stock_dtls, tvb, pinfo, tree, data);
    cs_packet_datagram(packet, tvb);
    if (G_UNLIKELY(!packet->settled) && is_clear(tvb, pinfo, packet, true))
        return dissect_clear(tvb, pinfo, tree, packet, true, data);
    unsigned layer = next_layer(pinfo), kept = cs_secure_kept(pinfo);
    volatile int len = 0;
    TRY
    {
        len = call_dissector_only(stock_dtls, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        if (!PINFO_FD_VISITED(pinfo)) {
            cs_rhythm_fetch(packet->stream->rhythm_state[packet->sender]);
            read_datagram(tvb, pinfo, packet, cs_secure_layer(pinfo, layer, kept), false);
        }
        /* The stream is that of the last record. */
        if (cs_frame_log_reaches(&packet->stream->pdus, pinfo->num) && show_datagram_pdus(tvb, pinfo, tree, packet) &&
            len == 0)
            len = (int)tvb_captured_length(tvb);
    }
    ENDTRY;
    return len ? len : decline(pinfo);
}

/* Wireshark may be told to try heuristics before ports; then these keep the ports ours. They are also tried when the
 * port's dissector, the wrapper itself, has declined. */
static bool on_our_port(packet_info *pinfo)
{
    bool ours = cs_is_secure_port(pinfo->srcport) || cs_is_secure_port(pinfo->destport);
    return ours && !p_get_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_DECLINED);
}

static cs_heur_result heur_tls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return on_our_port(pinfo) && dissect_over_tls(tvb, pinfo, tree, data) > 0;
}

static cs_heur_result heur_dtls(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return on_our_port(pinfo) && dissect_over_dtls(tvb, pinfo, tree, data) > 0;
}

static void follow_preference(const char *protocol, const char *heuristic)
{
    module_t *module = prefs_find_module(protocol);
    pref_t *pref = module ? prefs_find_preference(module, "try_heuristic_first") : NULL;
    heur_dtbl_entry_t *entry = find_heur_dissector_by_unique_short_name(heuristic);
    if (pref && entry)
        entry->enabled = prefs_get_bool_value(pref, pref_current);
}

/* Runs when a file is opened or dissected anew, which is also what changed preferences cause. Each heuristic costs
 * something for every packet that no port claims, so those of ours that nobody needs do not take part. */
static void follow_preferences(void)
{
    follow_preference("tcp", "cipsec_tls");
    follow_preference("udp", "cipsec_dtls");
}

void cs_secure_register(void)
{
    proto_over_tls = proto_register_protocol_in_name_only("CIP Security over TLS", "CIP Security over TLS",
                                                          "cipsec.tls", proto_cipsec, FT_PROTOCOL);
    proto_over_dtls = proto_register_protocol_in_name_only("CIP Security over DTLS", "CIP Security over DTLS",
                                                           "cipsec.dtls", proto_cipsec, FT_PROTOCOL);
}

void cs_secure_handoff(void)
{
    stock_tls = find_dissector("tls");
    stock_dtls = find_dissector("dtls");
    if (!stock_tls || !stock_dtls || !cs_ports_content(&content))
        return;
    cs_secure_decrypted_handoff();
    tls_wrapper = create_dissector_handle(dissect_over_tls, proto_over_tls);
    dtls_wrapper = create_dissector_handle(dissect_over_dtls, proto_over_dtls);
    heur_dissector_add("tcp", heur_tls, "CIP Security over TLS", "cipsec_tls", proto_cipsec, HEURISTIC_ENABLE);
    heur_dissector_add("udp", heur_dtls, "CIP Security over DTLS", "cipsec_dtls", proto_cipsec, HEURISTIC_ENABLE);
    register_init_routine(follow_preferences);
    cs_ports_handoff(&content, tls_wrapper, dtls_wrapper);
}
