/* packet.c
 * From a packet to its stream: conversations hold the streams that ran over them, one after the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet.h"

#include "../transport/secure.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/dissectors/packet-udp.h>

#include <cipsec/frame.h>

#define TIME_MAX INT64_C(4600000000)

static const protocol_t *protocol; /* our own, to ask whether it is enabled */

cs_when cs_packet_when(const packet_info *pinfo)
{
    /* A damaged file may give any time. Up to 2115, differences of nanoseconds fit in 64 bits too. */
    int64_t seconds = CLAMP((int64_t)pinfo->abs_ts.secs, -TIME_MAX, TIME_MAX);
    cs_when at = {pinfo->num, seconds * 1000000000 + pinfo->abs_ts.nsecs};
    return at;
}

cs_addr cs_addr_from_ws(const address *addr)
{
    cs_addr result = {0};
    if (addr->type == AT_IPv4) {
        result.family = 4;
        memcpy(result.bytes, addr->data, 4);
    } else if (addr->type == AT_IPv6) {
        result.family = 6;
        memcpy(result.bytes, addr->data, 16);
    }
    return result;
}

/* Which kind of stream a packet's ports promise; 0 when none of ours. */
static cs_transport transport_by_port(const packet_info *pinfo, bool *secure)
{
    bool tcp = pinfo->ptype == PT_TCP;
    if (!tcp && pinfo->ptype != PT_UDP)
        return 0;
    *secure = cs_is_secure_port(pinfo->destport) || cs_is_secure_port(pinfo->srcport);
    if (*secure)
        return tcp ? CS_TRANSPORT_TLS : CS_TRANSPORT_DTLS;
    if (pinfo->destport == CS_PORT_ENIP || pinfo->srcport == CS_PORT_ENIP)
        return tcp ? CS_TRANSPORT_TCP : CS_TRANSPORT_UDP;
    if (!tcp && (pinfo->destport == CS_PORT_ENIP_IO || pinfo->srcport == CS_PORT_ENIP_IO))
        return CS_TRANSPORT_UDP;
    return 0;
}

/* An ICMP error quotes a packet; its addresses and ports are then those of the quoted one. */
static bool is_quoted(const packet_info *pinfo)
{
    static int icmp = CS_ID_INIT, icmpv6 = CS_ID_INIT;
    if (pinfo->flags.in_error_pkt)
        return true;
    if (icmp <= 0) {
        icmp = proto_get_id_by_filter_name("icmp");
        icmpv6 = proto_get_id_by_filter_name("icmpv6");
    }
    for (wmem_list_frame_t *at = wmem_list_tail(pinfo->layers); at; at = wmem_list_frame_prev(at)) {
        int id = GPOINTER_TO_INT(wmem_list_frame_data(at));
        if (id == icmp || id == icmpv6)
            return true;
    }
    return false;
}

static bool well_known(const cs_stream *stream, uint16_t port)
{
    return cs_stream_secured(stream) ? cs_is_secure_port(port) : port == CS_PORT_ENIP;
}

/* One side's port says who is the server, the weakest evidence; on the I/O port both produce and it says nothing. */
static CS_RARE void roles_by_port(cs_stream *stream)
{
    bool first = well_known(stream, stream->end[0].ep.port), second = well_known(stream, stream->end[1].ep.port);
    if (first != second)
        cs_stream_set_client(stream, first ? 1 : 0, CS_ROLE_SOURCE_PORT);
}

static CS_RARE uint32_t stream_number(packet_info *pinfo)
{
    conversation_t *conv = find_or_create_conversation(pinfo);
    if (pinfo->ptype == PT_TCP) {
        const struct tcp_analysis *tcp = get_tcp_conversation_data(conv, pinfo);
        return tcp ? tcp->stream : UINT32_MAX;
    }
    const struct udp_analysis *udp = get_udp_conversation_data(conv, pinfo);
    return udp ? udp->stream : UINT32_MAX;
}

cs_endpoint cs_packet_source(const packet_info *pinfo)
{
    return (cs_endpoint){cs_addr_from_ws(&pinfo->src), (uint16_t)pinfo->srcport};
}

cs_endpoint cs_packet_destination(const packet_info *pinfo)
{
    return (cs_endpoint){cs_addr_from_ws(&pinfo->dst), (uint16_t)pinfo->destport};
}

/* The two ends of a UDP flow, the smaller one first. Wireshark's conversations would do, but its EtherNet/IP dissector
 * adds half-open ones for the I/O port, which split the two directions of one flow. */
typedef struct {
    cs_endpoint end[2];
} flow_key;

/* The streams between two ends in order of their first frames. */
typedef struct {
    flow_key key; /* UDP */
    cs_stream *last;
    wmem_array_t *all; /* cs_stream*; NULL while there is but one */
} flow;

static void add_to_flow(flow *f, cs_stream *stream)
{
    if (f->last && !f->all) {
        f->all = wmem_array_new(wmem_file_scope(), sizeof(cs_stream *));
        wmem_array_append_one(f->all, f->last);
    }
    if (f->all)
        wmem_array_append_one(f->all, stream);
    f->last = stream;
}

static CS_RARE cs_stream *new_stream(packet_info *pinfo, flow *f, cs_transport transport)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    cs_when at = cs_packet_when(pinfo);
    cs_stream *stream = cs_capture_add_stream(cs_current_capture(), transport, &src, &dst, &at);
    stream->tcp_stream = stream_number(pinfo);
    stream->io_port = transport == CS_TRANSPORT_UDP && src.port != CS_PORT_ENIP && dst.port != CS_PORT_ENIP;
    roles_by_port(stream);
    add_to_flow(f, stream);
    return stream;
}

static wmem_map_t *udp_flows; /* flow_key* -> flow* */

static guint flow_hash(gconstpointer data)
{
    const flow_key *key = data;
    return cs_addr_hash(&key->end[0].addr) * 31 + cs_addr_hash(&key->end[1].addr) +
           ((guint)key->end[0].port << 16 | key->end[1].port) * 2654435761u;
}

static bool same_end(const cs_endpoint *a, const cs_endpoint *b)
{
    return a->port == b->port && cs_addr_equal(&a->addr, &b->addr);
}

static gboolean flow_equal(gconstpointer a, gconstpointer b)
{
    const flow_key *x = a, *y = b;
    return same_end(&x->end[0], &y->end[0]) && same_end(&x->end[1], &y->end[1]);
}

static bool is_smaller(const cs_endpoint *a, const cs_endpoint *b)
{
    int order = memcmp(a->addr.bytes, b->addr.bytes, sizeof a->addr.bytes);
    return order < 0 || (order == 0 && a->port < b->port);
}

/* The flows met last, so that most packets cost no look into the maps. */
#define RECENT 512
typedef struct {
    cs_endpoint ends[2]; /* source and destination: each direction has an entry */
    flow *flow; /* NULL: no entry */
} recent_flow;
static recent_flow recent_udp[RECENT], recent_tcp[RECENT];

static flow_key key_of(const cs_endpoint *src, const cs_endpoint *dst)
{
    bool forward = is_smaller(src, dst);
    return (flow_key){{forward ? *src : *dst, forward ? *dst : *src}};
}

static recent_flow *place_of(recent_flow *table, const cs_endpoint *a, const cs_endpoint *b)
{
    return &table[(a->addr.bytes[3] * 31u + b->addr.bytes[3] * 7u + a->port + b->port) % RECENT];
}

static bool is_between(const recent_flow *recent, const cs_endpoint *a, const cs_endpoint *b)
{
    return recent->flow && same_end(&recent->ends[0], a) && same_end(&recent->ends[1], b);
}

static void remember(recent_flow *recent, const cs_endpoint *src, const cs_endpoint *dst, flow *f)
{
    *recent = (recent_flow){{*src, *dst}, f};
}

static CS_RARE flow *look_up_udp(const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    flow_key key = key_of(src, dst);
    flow *f = wmem_map_lookup(udp_flows, &key);
    if (!f && create) {
        f = wmem_new0(wmem_file_scope(), flow);
        f->key = key;
        wmem_map_insert(udp_flows, &f->key, f);
    }
    return f;
}

static flow *udp_flow(const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    recent_flow *recent = place_of(recent_udp, src, dst);
    if (is_between(recent, src, dst))
        return recent->flow;
    flow *f = look_up_udp(src, dst, create);
    remember(recent, src, dst, f);
    return f;
}

static flow *look_up_tcp(packet_info *pinfo, bool create)
{
    conversation_t *conv = create ? find_or_create_conversation(pinfo) : find_conversation_pinfo(pinfo, 0);
    if (!conv)
        return NULL;
    flow *f = conversation_get_proto_data(conv, proto_cipsec);
    if (!f && create) {
        f = wmem_new0(wmem_file_scope(), flow);
        conversation_add_proto_data(conv, proto_cipsec, f);
    }
    return f;
}

/* Wireshark begins a new conversation of the same ends with a SYN. Data do not begin one, so on the first pass they
 * belong to the conversation of the packet before; on later passes packets come in any order. */
static flow *tcp_flow(packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst, bool create, bool data)
{
    recent_flow *recent = place_of(recent_tcp, src, dst);
    if (data && create && is_between(recent, src, dst))
        return recent->flow;
    flow *f = look_up_tcp(pinfo, create);
    if (create) { /* both directions have a place: neither may go on with what was before a SYN */
        remember(recent, src, dst, f);
        remember(place_of(recent_tcp, dst, src), dst, src, f);
    }
    return f;
}

/* The streams between two ends; made when create is set. */
static flow *flow_of(packet_info *pinfo, const cs_endpoint *src, bool create, bool data)
{
    cs_endpoint dst = cs_packet_destination(pinfo);
    return pinfo->ptype == PT_TCP ? tcp_flow(pinfo, src, &dst, create, data) : udp_flow(src, &dst, create);
}

void cs_packet_register(void)
{
    protocol = find_protocol_by_id(proto_cipsec);
    udp_flows = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), flow_hash, flow_equal);
}

static CS_RARE cs_stream *earlier_stream(const flow *f, uint32_t frame)
{
    unsigned low = 0, high = f->all ? wmem_array_get_count(f->all) : 0;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if ((*(cs_stream **)wmem_array_index(f->all, middle))->first.frame <= frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? *(cs_stream **)wmem_array_index(f->all, low - 1) : NULL;
}

/* The last stream that began at or before the frame. */
static cs_stream *stream_at(const flow *f, uint32_t frame)
{
    if (!f || !f->last)
        return NULL;
    return f->last->first.frame <= frame ? f->last : earlier_stream(f, frame);
}

/* The packet under dissection: one at a time, asked for several times. */
static cs_packet here;
static const packet_info *here_for; /* NULL: of no packet */
static uint32_t here_frame;

void cs_packet_forget(void)
{
    here_for = NULL;
}

void cs_packet_forget_flows(void)
{
    cs_packet_forget();
    memset(recent_udp, 0, sizeof recent_udp);
    memset(recent_tcp, 0, sizeof recent_tcp);
}

static cs_packet *get(packet_info *pinfo, bool data)
{
    if (here_for == pinfo && here_frame == pinfo->num)
        return &here;
    bool secure = false;
    cs_transport transport = transport_by_port(pinfo, &secure);
    if (!transport)
        return NULL;
    /* While a quoted packet is dissected its data are known as such; afterwards only the layers tell. */
    if (pinfo->flags.in_error_pkt || (!data && is_quoted(pinfo)) || !proto_is_protocol_enabled(protocol))
        return NULL;
    bool first_pass = !PINFO_FD_VISITED(pinfo);
    cs_endpoint src = cs_packet_source(pinfo);
    flow *f = flow_of(pinfo, &src, first_pass, data);
    cs_stream *stream = stream_at(f, pinfo->num);
    if (!stream) {
        if (!first_pass)
            return NULL;
        stream = new_stream(pinfo, f, transport);
    }
    here = (cs_packet){.stream = stream,
                       .at = cs_packet_when(pinfo),
                       .sender = cs_stream_sender(stream, &src),
                       .on_secure_port = secure};
    here_for = pinfo;
    here_frame = pinfo->num;
    return &here;
}

cs_packet *cs_packet_get(packet_info *pinfo)
{
    return get(pinfo, false);
}

cs_packet *cs_packet_of_data(packet_info *pinfo)
{
    return get(pinfo, true);
}

cs_stream *cs_packet_next_stream(packet_info *pinfo, cs_packet *packet)
{
    cs_stream_update(packet->stream); /* the frame will be counted for the new one */
    cs_endpoint src = cs_packet_source(pinfo);
    packet->stream = new_stream(pinfo, flow_of(pinfo, &src, true, false), packet->stream->transport);
    packet->sender = 0;
    return packet->stream;
}

/* ---------------------------------------------------------------- once a frame, on the first pass */

#define ICMP_UNREACHABLE 3
#define ICMP_CODE_PORT 3
#define ICMPV6_UNREACHABLE 1
#define ICMPV6_CODE_PORT 4
#define ICMP_HEADER 8

/* Finds the quoted UDP packet from src to dst behind an ICMP header that says "port unreachable" and completes the
 * ports. */
static CS_RARE bool quoted_as_unreachable(tvbuff_t *frame, cs_endpoint *src, cs_endpoint *dst)
{
    cs_frame_facts facts;
    unsigned len = tvb_captured_length(frame);
    const uint8_t *bytes = tvb_get_ptr(frame, 0, (int)len);
    if (!cs_frame_find(bytes, len, src, dst, false, &facts) || facts.ip_offset < ICMP_HEADER)
        return false;
    const uint8_t *icmp = bytes + facts.ip_offset - ICMP_HEADER;
    src->port = facts.src_port;
    dst->port = facts.dst_port;
    return src->addr.family == 4 ? icmp[0] == ICMP_UNREACHABLE && icmp[1] == ICMP_CODE_PORT
                                 : icmp[0] == ICMPV6_UNREACHABLE && icmp[1] == ICMPV6_CODE_PORT;
}

void cs_packet_icmp(tvbuff_t *frame, packet_info *pinfo)
{
    bool secure = false;
    /* The ports left here are those of the quoted packet (4.0) or none (4.4 and later): take them from the frame. */
    bool candidate = pinfo->ptype == PT_NONE || (pinfo->ptype == PT_UDP && transport_by_port(pinfo, &secure));
    if (PINFO_FD_VISITED(pinfo) || !candidate || !is_quoted(pinfo))
        return;
    /* The addresses are those of the quoted packet, or again those of the ICMP packet, which goes the other way. */
    cs_endpoint src = {cs_addr_from_ws(&pinfo->src), 0}, dst = {cs_addr_from_ws(&pinfo->dst), 0};
    bool straight = quoted_as_unreachable(frame, &src, &dst);
    if (!straight && !quoted_as_unreachable(frame, &dst, &src))
        return;
    cs_stream *stream = stream_at(udp_flow(straight ? &src : &dst, straight ? &dst : &src, false), pinfo->num);
    if (stream) {
        stream->port_closed = true;
        cs_stream_update(stream);
        cs_current_capture()->finished = false;
    }
}

#define DTLS_HEADER 13

static bool looks_like_dtls(const uint8_t *p, size_t len)
{
    return len >= DTLS_HEADER && p[0] >= 20 && p[0] <= 25 && p[1] == 0xFE && (p[2] == 0xFD || p[2] == 0xFF);
}

/* After START_DTLS the flow of 44818 goes on as DTLS, past the wrappers of both ports. */
static CS_RARE void follow_start_dtls(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet,
                                      const cs_frame_facts *facts)
{
    size_t captured = tvb_captured_length(frame);
    if (facts->payload_offset >= captured)
        return;
    const uint8_t *payload = tvb_get_ptr(frame, (int)facts->payload_offset, (int)(captured - facts->payload_offset));
    bool begun = packet->stream->transport == CS_TRANSPORT_DTLS;
    if (!begun && !looks_like_dtls(payload, captured - facts->payload_offset))
        return;
    if (!begun)
        cs_packet_next_stream(pinfo, packet)->transport = CS_TRANSPORT_DTLS;
    size_t there = MIN(captured - facts->payload_offset, facts->payload);
    tvbuff_t *tvb = tvb_new_subset_length_caplen(frame, (int)facts->payload_offset, (int)there, (int)facts->payload);
    cs_secure_read_datagram(tvb, pinfo, packet, 0);
}

/* What the headers of the frame say: its TCP flags and numbers, and the length of its payload.
 * @return that length */
static uint32_t read_headers(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, bool dtls_elsewhere)
{
    cs_end *end = &packet->stream->end[packet->sender];
    const cs_end *peer = &packet->stream->end[1 - packet->sender];
    cs_frame_facts facts = {0};
    unsigned len = tvb_captured_length(frame);
    if (cs_frame_find(tvb_get_ptr(frame, 0, (int)len), len, &end->ep, &peer->ep, pinfo->ptype == PT_TCP, &facts)) {
        /* Wireshark may hand segments that come late to nobody (preference tcp.reassemble_out_of_order). */
        end->lost |= !packet->read && cs_stream_tcp_late(end, &facts);
        cs_stream_tcp(packet->stream, packet->sender, &facts);
    }
    if (dtls_elsewhere)
        follow_start_dtls(frame, pinfo, packet, &facts);
    return facts.payload;
}

void cs_packet_count(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet)
{
    cs_capture *cap = cs_current_capture();
    bool dtls_elsewhere = pinfo->ptype == PT_UDP && !packet->on_secure_port &&
                          (packet->stream->start_dtls || packet->stream->transport == CS_TRANSPORT_DTLS);
    uint32_t payload = packet->payload_known && !dtls_elsewhere ? packet->payload
                                                                : read_headers(frame, pinfo, packet, dtls_elsewhere);
    cs_stream_packet(cap, packet->stream, packet->sender, &packet->at, payload);
    if (tvb_captured_length(frame) < tvb_reported_length(frame))
        packet->stream->end[packet->sender].cut = true;
    cs_stream_conclude(cap, packet->stream, &packet->at);
}
