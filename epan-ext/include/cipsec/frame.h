/* frame.h
 * The IP and transport headers of a captured frame: what is not handed to dissectors that see payload only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FRAME_H
#define CIPSEC_FRAME_H

#include <cipsec/types.h>

#include <stddef.h>

typedef struct cs_frame_facts {
    bool tcp; /**< else UDP */
    uint16_t src_port, dst_port;
    uint8_t flags; /**< TCP: FIN 1, SYN 2, RST 4, PSH 8, ACK 16 */
    uint32_t seq, ack; /**< TCP: sequence and acknowledgment number */
    uint32_t payload; /**< length of the transport payload by the headers, also where the capture cut it off */
    size_t ip_offset, payload_offset; /**< of the IP header and of the transport payload in the frame */
} cs_frame_facts;

#define CS_TCP_FIN 0x01
#define CS_TCP_SYN 0x02
#define CS_TCP_RST 0x04
#define CS_TCP_ACK 0x10

/** Finds the packet from src to dst within a captured frame, whatever link layer, tags or tunnels come before it.
 *  A port of 0 stands for any.
 *  @param frame the captured bytes from the link layer on. @param tcp whether TCP or UDP is looked for.
 *  @return false when the headers are not there as they are wanted (reassembled fragments, unknown extension
 *  headers, cut off); then *facts is untouched. */
bool cs_frame_find(const uint8_t *frame, size_t len, const cs_endpoint *src, const cs_endpoint *dst, bool tcp,
                   cs_frame_facts *facts);
/** As cs_frame_find(), where it is done fastest: IPv4 without options behind plain Ethernet, as most frames are.
 *  @param src @param dst four octets each. @return false for any other frame, which cs_frame_find() may still find */
bool cs_frame_plain(const uint8_t *frame, size_t len, const void *src, const void *dst, uint16_t sport,
                    uint16_t dport, bool tcp, cs_frame_facts *facts);

#endif
