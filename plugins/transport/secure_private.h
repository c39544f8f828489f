/* secure_private.h
 * What the wrapper on the CIP Security ports keeps of a frame, and the seams between its files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TRANSPORT_SECURE_PRIVATE_H
#define CIPSEC_TRANSPORT_SECURE_PRIVATE_H

#include "secure.h"

#include <cipsec/secure.h>

#include <limits.h>

/** A step of the handshake ladder. */
typedef struct cs_frame_step {
    struct cs_frame_step *next; /**< of the frame */
    const cs_cert *cert;
    const char *what; /**< interned: there are few different ones */
    uint32_t number; /**< 0: outside the ladder */
    bool repeated;
    uint8_t sender; /**< cs_role */
} cs_frame_step;

/** EtherNet/IP over TLS that Wireshark itself did not decrypt. Kept in the stream's log; with its bytes only when they
 *  came in several packets or records, else they are in the segment again on later passes. */
typedef struct {
    uint32_t frame;
    uint32_t end; /**< sequence number behind the record */
    uint32_t len;
    uint32_t reported : 31;
    uint32_t inside : 1; /**< in the segment */
    union {
        const uint8_t *bytes;
        uint32_t from; /**< inside: their sequence number */
    };
} cs_segment_pdu;

/** A handshake message that is readable although it travelled in a protected record. */
typedef struct cs_frame_message {
    struct cs_frame_message *next; /**< of the frame */
    const uint8_t *body;
    unsigned len;
    uint8_t type;
} cs_frame_message;

typedef enum { CS_MAC_BAD = 0, CS_MAC_GOOD = 1, CS_MAC_UNCHECKED = 2 } cs_mac_status;

/** What the first pass learned of a frame; file scope. Each handshake has several of them: they are kept small. */
typedef struct {
    cs_stream *stream;
    cs_frame_step *steps, *last_step;
    cs_frame_message *messages, *last_message;
    wmem_array_t *macs; /**< uint8_t: cs_mac_status of each record checked */
    uint16_t kept; /**< steps and messages */
    bool bad_signature;
    uint8_t bad_signer; /**< cs_role */
} cs_secure_frame;

/** @return what is kept of the frame, NULL when there is nothing. */
const cs_secure_frame *cs_secure_frame_of(const packet_info *pinfo);

/** secure_sink.c: the first pass's receiver of everything that the stream hands out. */
typedef struct {
    packet_info *pinfo;
    cs_packet *packet;
    tvbuff_t *payload; /**< of the segment or datagram at hand */
    bool datagram; /**< DTLS */
    uint32_t seq; /**< TCP: of its first byte */
    bool elsewhere; /**< Wireshark's dissectors get the datagram without us: no content of it can be shown */
    uint32_t end; /**< of the record being taken in, see cs_segment_pdu and datagram_pdus.h */
} cs_secure_feed;
/** @return callbacks for cs_secure_take(); ctx is the feed. Valid until asked for again: one packet at a time. */
const cs_secure_sink *cs_secure_sink_for(cs_secure_feed *feed);

/** Without a hello Wireshark has no keys to decrypt with, or only those of another session. */
static inline bool cs_secure_has_keys(const cs_stream *stream)
{
    return (stream->hs.client_hellos || stream->hs.server_hello) && !stream->mistaken;
}
/** secure_tcp.c: reads the records of a TCP segment. First pass.
 *  @param seq of its first byte @param layer see cs_secure_layer() */
void cs_secure_read_tcp(tvbuff_t *tvb, packet_info *pinfo, cs_packet *packet, uint32_t seq, unsigned layer);
/** Reads the records of a segment that came late, if it holds whole ones. @param seq as in its header */
void cs_secure_read_late(tvbuff_t *payload, packet_info *pinfo, cs_packet *packet, uint32_t seq);

/** Instead of the number of a layer: Wireshark decrypted nothing there. */
#define CS_LAYER_OPAQUE UINT_MAX
/** secure_decrypted.c: what Wireshark's dissectors keep of the frame so far; they keep what they decrypted.
 *  @return the number of entries */
unsigned cs_secure_kept(const packet_info *pinfo);
/** Asked behind Wireshark's dissector on the first pass. @param kept cs_secure_kept() before it.
 *  @return layer, or CS_LAYER_OPAQUE when nothing of the frame was kept. */
unsigned cs_secure_layer(const packet_info *pinfo, unsigned layer, unsigned kept);
/** The plaintext of a record that Wireshark decrypted itself.
 *  @param layer number of the layer in which its dissector ran, 0 = not known; not CS_LAYER_OPAQUE
 *  @param raw_offset of the record's payload in its data source
 *  @return false when it did not. */
bool cs_secure_decrypted(packet_info *pinfo, bool dtls, unsigned layer, unsigned raw_offset, cs_secure_record *rec);
void cs_secure_decrypted_handoff(void);

/** secure_mac.c: checks a MAC with the key log. @return CS_MAC_UNCHECKED without keys. */
cs_mac_status cs_secure_mac(const cs_mac_check *check);

void cs_secure_register(void);
void cs_secure_handoff(void);
void cs_secure_show_register(void);
void cs_secure_sink_register(void);
void cs_secure_tcp_register(void);

#endif
