/* packet.c
 * The packet under dissection: its stream and sender, and what its headers say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet.h"

#include "../transport/clear_io.h"
#include "../transport/secure.h"
#include "flows.h"
#include "io_frame.h"

#include <epan/dissectors/packet-tcp.h>

#include <cipsec/frame.h>
#include <cipsec/secure.h>

#define TIME_MAX INT64_C(4600000000)

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
static inline cs_transport transport_by_port(const packet_info *pinfo, bool *secure)
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

cs_endpoint cs_packet_source(const packet_info *pinfo)
{
    return (cs_endpoint){cs_addr_from_ws(&pinfo->src), (uint16_t)pinfo->srcport};
}

cs_endpoint cs_packet_destination(const packet_info *pinfo)
{
    return (cs_endpoint){cs_addr_from_ws(&pinfo->dst), (uint16_t)pinfo->destport};
}

/* The packet under dissection: one at a time, asked for several times. */
static struct {
    const packet_info *pinfo; /* NULL: of no packet */
    uint32_t frame; /* stays when the packet is done with */
    bool headers_known; /* else not looked for, or not found */
    cs_packet packet;
    cs_frame_facts headers;
    int64_t offset; /* of the frame in the file */
} __attribute__((aligned(CS_CACHE_LINE))) here;

/* On the first pass the number of a frame is that of the one before: see cs_capture_frame_again(). */
static CS_RARE bool number_again(const packet_info *pinfo)
{
    if (PINFO_FD_VISITED(pinfo) || here.offset == pinfo->fd->file_off)
        return false;
    cs_when at = cs_packet_when(pinfo);
    cs_capture_frame_again(cs_current_capture(), &at);
    cs_secure_forget_frame(pinfo->num);
    here.offset = pinfo->fd->file_off;
    return true;
}

/* @return true when it was that of another frame */
static bool note_number(const packet_info *pinfo)
{
    if (G_UNLIKELY(here.frame == pinfo->num))
        return number_again(pinfo);
    here.frame = pinfo->num;
    here.offset = pinfo->fd->file_off;
    return false;
}

void cs_packet_forget(void)
{
    here.pinfo = NULL;
}

/* A changed setting makes Wireshark dissect the file anew. */
static void follow_settings(void)
{
    cs_hot.enabled = proto_is_protocol_enabled(find_protocol_by_id(proto_cipsec));
    here.frame = 0;
}

void cs_packet_register(void)
{
    register_init_routine(follow_settings);
    cs_flows_register();
}

static bool is_here(const packet_info *pinfo)
{
    return here.pinfo == pinfo && here.frame == pinfo->num;
}

/* Which stream a packet of known ports belongs to. @param headers NULL where the frame is not at hand */
static cs_packet *take(packet_info *pinfo, cs_transport transport, bool secure, bool data,
                       const cs_frame_facts *headers)
{
    here.pinfo = NULL;
    bool again = note_number(pinfo);
    here.packet = (cs_packet){.at = cs_packet_when(pinfo), .on_secure_port = secure};
    if (!cs_flow_find(pinfo, transport, data, headers, &here.packet))
        return NULL;
    if (G_UNLIKELY(again))
        cs_io_forget(here.packet.stream, pinfo->num);
    here.pinfo = pinfo;
    return &here.packet;
}

/* @param data somebody looks at transport payload */
static G_GNUC_NO_INLINE cs_packet *get(packet_info *pinfo, bool data)
{
    bool secure = false;
    cs_transport transport = transport_by_port(pinfo, &secure);
    /* While a quoted packet is dissected its data are known as such; afterwards only the layers tell. */
    if (!transport || pinfo->flags.in_error_pkt || (!data && is_quoted(pinfo)) || !cs_hot.enabled)
        return NULL;
    here.headers_known = false;
    return take(pinfo, transport, secure, data, NULL);
}

cs_packet *cs_packet_get(packet_info *pinfo)
{
    return is_here(pinfo) ? &here.packet : get(pinfo, false);
}

cs_packet *cs_packet_of_data(packet_info *pinfo, const struct tcpinfo *tcp)
{
    bool begins = tcp && (tcp->flags & CS_TCP_SYN); /* a SYN may carry data (RFC 7413) */
    return is_here(pinfo) ? &here.packet : get(pinfo, !begins);
}

const struct tcp_analysis *cs_tcp_analysis(packet_info *pinfo)
{
    /* Given a conversation, it forgets what the dissector of TCP has found out about this packet. */
    return get_tcp_conversation_data(NULL, pinfo);
}

bool cs_packet_headers(tvbuff_t *tvb, const packet_info *pinfo, cs_frame_facts *headers)
{
    unsigned len = tvb_captured_length(tvb);
    const uint8_t *bytes = len ? tvb_get_ptr(tvb, 0, (int)len) : NULL;
    bool tcp = pinfo->ptype == PT_TCP;
    if (pinfo->src.type == AT_IPv4 && pinfo->dst.type == AT_IPv4 &&
        cs_frame_plain(bytes, len, pinfo->src.data, pinfo->dst.data, (uint16_t)pinfo->srcport,
                       (uint16_t)pinfo->destport, tcp, headers))
        return true;
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    return cs_frame_find(bytes, len, &src, &dst, tcp, headers);
}

tvbuff_t *cs_frame_payload(tvbuff_t *frame, const cs_frame_facts *headers)
{
    size_t captured = tvb_captured_length(frame), from = headers->payload_offset;
    if (!headers->payload || from >= captured)
        return NULL;
    size_t there = MIN(captured - from, headers->payload);
    return tvb_new_subset_length_caplen(frame, (int)from, (int)there, (int)headers->payload);
}

/* A quoted packet lies behind the IP and the ICMP header of the one that quotes it. */
#define QUOTED_FROM 28

cs_packet *cs_packet_of_frame(packet_info *pinfo, tvbuff_t *frame)
{
    if (is_here(pinfo))
        return &here.packet;
    bool secure = false;
    cs_transport transport = transport_by_port(pinfo, &secure);
    if (!transport || pinfo->flags.in_error_pkt)
        return NULL;
    bool found = !PINFO_FD_VISITED(pinfo) && cs_packet_headers(frame, pinfo, &here.headers);
    if ((!found || here.headers.ip_offset >= QUOTED_FROM) && is_quoted(pinfo))
        return NULL;
    here.headers_known = found;
    return take(pinfo, transport, secure, false, found ? &here.headers : NULL);
}

cs_stream *cs_packet_next_stream(packet_info *pinfo, cs_packet *packet)
{
    cs_stream_update(packet->stream); /* the frame will be counted for the new one */
    packet->stream = cs_flow_next_stream(pinfo, packet->stream->transport);
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
    note_number(pinfo);
    /* The ports left here are those of the quoted packet (4.0) or none (4.4 and later): take them from the frame. */
    bool candidate = pinfo->ptype == PT_NONE || (pinfo->ptype == PT_UDP && transport_by_port(pinfo, &secure));
    if (PINFO_FD_VISITED(pinfo) || !candidate || !is_quoted(pinfo))
        return;
    /* The addresses are those of the quoted packet, or again those of the ICMP packet, which goes the other way. */
    cs_endpoint src = {cs_addr_from_ws(&pinfo->src), 0}, dst = {cs_addr_from_ws(&pinfo->dst), 0};
    bool straight = quoted_as_unreachable(frame, &src, &dst);
    if (!straight && !quoted_as_unreachable(frame, &dst, &src))
        return;
    cs_stream *stream = cs_flow_udp_stream(straight ? &src : &dst, straight ? &dst : &src, pinfo->num);
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
    tvbuff_t *payload = cs_frame_payload(frame, facts);
    if (!payload)
        return;
    unsigned n = tvb_captured_length(payload);
    bool begun = packet->stream->transport == CS_TRANSPORT_DTLS;
    if (!begun && !looks_like_dtls(tvb_get_ptr(payload, 0, (int)n), n))
        return;
    if (!begun)
        cs_packet_next_stream(pinfo, packet)->transport = CS_TRANSPORT_DTLS;
    cs_secure_read_datagram(payload, pinfo, packet);
}

/* Looks for the headers of the frame unless that was done. @return true with here.headers filled in */
static bool know_headers(tvbuff_t *frame, const packet_info *pinfo)
{
    if (!here.headers_known)
        here.headers_known = cs_packet_headers(frame, pinfo, &here.headers);
    return here.headers_known;
}

/* Wireshark may hand segments that come late to nobody (preference tcp.reassemble_out_of_order). */
static CS_RARE void read_late(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts)
{
    packet->stream->end[packet->sender].lost = true;
    cs_late_segment(frame, pinfo, packet, facts);
}

/* Looks whether somebody read the segment. */
static void read_missed(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts)
{
    bool read = packet->read;
    if (packet->stream->transport == CS_TRANSPORT_TLS)
        read |= cs_secure_follow_segment(frame, pinfo, packet, facts);
    if (!read && cs_stream_tcp_late(&packet->stream->end[packet->sender], facts))
        read_late(frame, pinfo, packet, facts);
}

/* What the headers of the frame say: its TCP flags and numbers, and the length of its payload. Of datagrams that no
 * wrapper sees, the payload too.
 * @return that length */
static uint32_t read_headers(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, bool dtls_elsewhere)
{
    const cs_frame_facts *facts = &here.headers;
    bool found = know_headers(frame, pinfo);
    if (found) {
        read_missed(frame, pinfo, packet, facts);
        cs_stream_tcp(packet->stream, packet->sender, facts);
    }
    if (dtls_elsewhere && found)
        follow_start_dtls(frame, pinfo, packet, facts);
    else if (packet->stream->io_port)
        return cs_clear_io_take(frame, pinfo, packet, found ? facts : NULL);
    return found ? facts->payload : 0;
}

/* Of a frame that was not recorded whole. */
static CS_RARE bool is_payload_cut(tvbuff_t *frame, const packet_info *pinfo)
{
    return !know_headers(frame, pinfo) ||
           here.headers.payload_offset + here.headers.payload > tvb_captured_length(frame);
}

void cs_packet_count(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet)
{
    cs_capture *cap = cs_current_capture();
    bool dtls_elsewhere = pinfo->ptype == PT_UDP && !packet->on_secure_port &&
                          (packet->stream->start_dtls || packet->stream->transport == CS_TRANSPORT_DTLS);
    uint32_t payload = packet->payload_known && !dtls_elsewhere ? packet->payload
                                                                : read_headers(frame, pinfo, packet, dtls_elsewhere);
    cs_stream_packet(cap, packet->stream, packet->sender, &packet->at, payload);
    if (pinfo->fd->cap_len < pinfo->fd->pkt_len && is_payload_cut(frame, pinfo))
        packet->stream->end[packet->sender].cut = true;
    cs_stream_conclude(cap, packet->stream, &packet->at);
}
