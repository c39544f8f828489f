/* flows.h
 * The streams between two ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FLOWS_H
#define CIPSEC_FLOWS_H

#include "packet.h"

#include <cipsec/frame.h>

/** Finds the stream of a packet; on the first pass makes it when the packet is the first of it.
 *  @param transport of a new stream
 *  @param data the caller looks at transport payload: its packet does not begin a TCP connection
 *  @param facts the packet's headers, where data is false and they were found: saves a search for TCP; else NULL
 *  @param packet its stream, sender and settled are set
 *  @return false on a later pass for what had no stream */
bool cs_flow_find(packet_info *pinfo, cs_transport transport, bool data, const cs_frame_facts *facts,
                  cs_packet *packet);
/** A new stream between a packet's ends. First pass. */
cs_stream *cs_flow_next_stream(packet_info *pinfo, cs_transport transport);
/** @return the last stream of datagrams between two ends that began at or before a frame, or NULL. */
cs_stream *cs_flow_udp_stream(const cs_endpoint *src, const cs_endpoint *dst, uint32_t frame);

void cs_flows_register(void);
/** The file is closed. */
void cs_flows_forget(void);

#endif
