/* secure.h
 * Seams of the wrapper on the CIP Security ports: what it hands to the analysis, and what the analysis shows of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_SECURE_H
#define CIPSEC_SECURE_H

#include "../plugin.h"

/** Adds to the analysis tree what the wrapper learned in this frame: handshake steps, messages that travel readable
 *  (RFC 9150), results of MAC checks. Reads file-scope data only, so it works on every pass. */
void cs_secure_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb);

/** Forgets what cs_secure_show() would show of the frame, if it is the last one. */
void cs_secure_forget_frame(uint32_t number);

/** Takes in the DTLS records of a datagram: the wrapper's part without Wireshark's own dissection, for DTLS that
 *  START_DTLS began on another port. First pass only, once a datagram. */
void cs_secure_read_datagram(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet);

/** The same of a frame whose datagram Wireshark gave to another dissector: "Decode As" may want that.
 *  @param frame the whole frame */
void cs_secure_read_undissected(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet);

struct cs_frame_facts;
/** While a handshake is under way, reads the segments that Wireshark hands to no dissector, as it does with those that
 *  come late (preference tcp.reassemble_out_of_order), and gives up waiting for those that do not come. First pass,
 *  once a TCP packet of a TLS stream, before cs_stream_tcp(). @param frame the whole frame
 *  @return true when the payload was read, now or before */
bool cs_secure_follow_segment(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet,
                              const struct cs_frame_facts *facts);
/** Takes in a segment that comes late, see cs_stream_tcp_late(), and that nobody has read: whole PDUs or records in
 *  it. First pass. @param frame the whole frame */
void cs_late_segment(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const struct cs_frame_facts *facts);
/** All packets are there: reads what waits for others before it. */
void cs_secure_finish(void);
/** The file is closed. */
void cs_secure_forget_waiting(void);

/** Takes in plaintext application data of a secure stream: decrypted by Wireshark, recovered from integrity-only
 *  records, or clear EtherNet/IP on a CIP Security port. First pass only.
 *  @param data one or more complete encapsulation PDUs (TCP) or one CPF packet (datagram); for content that is not
 *  EtherNet/IP the bytes of one record. Valid during the call only.
 *  @param whole over DTLS or UDP: length of the datagram, more than len where the snap length cut it; else 0
 *  @param again later passes have the content too, see cs_io_read_again() */
void cs_enip_observe(packet_info *pinfo, const cs_packet *packet, const uint8_t *data, unsigned len, unsigned whole,
                     bool again);

#endif
