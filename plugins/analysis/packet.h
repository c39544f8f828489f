/* packet.h
 * The packet under dissection, its stream, and what its headers say.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PACKET_H
#define CIPSEC_PACKET_H

#include "../plugin.h"

/** Starts a new stream on the packet's conversation (a new DTLS association on the same ports). First pass only.
 *  The packet's context moves to it. @return the new stream. */
cs_stream *cs_packet_next_stream(packet_info *pinfo, cs_packet *packet);

/** Counts a frame for its stream and takes the TCP flags. Once a frame, first pass only.
 *  @param frame the whole frame */
void cs_packet_count(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet);
/** Takes in an ICMP error that quotes a packet of one of our streams: port closed. First pass only. */
void cs_packet_icmp(tvbuff_t *frame, packet_info *pinfo);

/** The dissection of a packet is over, or the file is closed: what cs_packet_get() returned is no longer valid. */
void cs_packet_forget(void);
struct tcpinfo;
/** As cs_packet_get(), for the first who looks at transport payload: finds the stream of a TCP packet faster.
 *  @param tcp what Wireshark's TCP dissector hands over, NULL for UDP */
cs_packet *cs_packet_of_data(packet_info *pinfo, const struct tcpinfo *tcp);
/** As cs_packet_get(), for who has the whole frame: faster too. */
cs_packet *cs_packet_of_frame(packet_info *pinfo, tvbuff_t *frame);

/** Tells the packet's payload to whoever counts the packet. */
static inline void cs_packet_datagram(cs_packet *packet, tvbuff_t *payload)
{
    packet->payload = tvb_reported_length(payload);
    packet->payload_known = true;
}

struct tcp_analysis;
/** @return what Wireshark knows of the packet's TCP connection; fwd is the packet's direction. NULL when nothing. */
const struct tcp_analysis *cs_tcp_analysis(packet_info *pinfo);

struct cs_frame_facts;
/** Finds the packet's IP and transport header. @param tvb the frame or another data source that begins below IP
 *  @return false when they are not there as cs_frame_find() wants them */
bool cs_packet_headers(tvbuff_t *tvb, const packet_info *pinfo, struct cs_frame_facts *headers);
/** @return the transport payload of a frame, NULL when there is none */
tvbuff_t *cs_frame_payload(tvbuff_t *frame, const struct cs_frame_facts *headers);

void cs_packet_register(void);

cs_endpoint cs_packet_source(const packet_info *pinfo);
cs_endpoint cs_packet_destination(const packet_info *pinfo);

#endif
