/* flows.h
 * The streams between two ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FLOWS_H
#define CIPSEC_FLOWS_H

#include "packet.h"

/** The stream of a packet; on the first pass made when it is the first of it.
 *  @param src the packet's source. @param transport of a new stream
 *  @param data the caller looks at transport payload: its packet does not begin a TCP connection
 *  @param frame the whole frame, where data is false and it is at hand: saves a search for TCP; else NULL
 *  @param sender set to the source's index in the stream's ends
 *  @return NULL on a later pass for what had no stream */
cs_stream *cs_flow_stream(packet_info *pinfo, const cs_endpoint *src, cs_transport transport, bool data,
                          tvbuff_t *frame, int *sender);
/** A new stream between a packet's ends. First pass. */
cs_stream *cs_flow_next_stream(packet_info *pinfo, cs_transport transport);
/** @return the last stream of datagrams between two ends that began at or before a frame, or NULL. */
cs_stream *cs_flow_udp_stream(const cs_endpoint *src, const cs_endpoint *dst, uint32_t frame);

void cs_flows_register(void);
/** The file is closed. */
void cs_flows_forget(void);

#endif
