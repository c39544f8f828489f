/* secure.h
 * One TLS or DTLS stream, record by record: handshake facts for the model, readable application data for the decoders.
 *
 * First pass only. The state hangs on cs_stream.wire_state and is freed with the stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_SECURE_STREAM_H
#define CIPSEC_SECURE_STREAM_H

#include <cipsec/model.h>
#include <cipsec/tls.h>

/** A step of the handshake ladder. */
typedef struct {
    uint32_t number; /**< from 1; 0: outside the ladder */
    bool repeated; /**< an earlier step sent again */
    cs_role sender;
    const char *what; /**< "Certificate"; valid during the call */
    const cs_cert *cert; /**< of a Certificate: the leaf; NULL else */
} cs_step;

/** Application data that can be read. */
typedef struct {
    const uint8_t *bytes; /**< valid during the call */
    size_t len;
    size_t reported; /**< > len: the rest was cut by the snap length */
    bool enip; /**< complete PDUs or one CPF packet; else one record of something else */
    bool shown; /**< Wireshark decrypted and dissected it itself */
} cs_plaintext;

/** A protected record whose MAC could be checked: NULL suites and RFC 9150. */
typedef struct {
    uint16_t suite, version;
    cs_role sender;
    uint64_t sequence; /**< DTLS: epoch << 48 | sequence */
    bool handshake_key; /**< TLS 1.3: protected with the handshake traffic secret */
    uint32_t generation; /**< TLS 1.3: number of KeyUpdates before it */
    const uint8_t *client_random, *server_random;
    const cs_tls_record *head;
    const uint8_t *payload; /**< head->length bytes */
} cs_mac_check;

/** What the stream hands out while it takes in a record. Members may be NULL. */
typedef struct {
    void *ctx;
    void (*step)(void *ctx, const cs_step *step);
    void (*message)(void *ctx, uint8_t type, const uint8_t *body, size_t len); /**< readable though protected */
    void (*data)(void *ctx, const cs_plaintext *data);
    bool (*mac)(void *ctx, const cs_mac_check *check); /**< false when its keys are not known */
    void (*bad_signature)(void *ctx, cs_role signer);
    /** Inflates zlib data. @return want bytes for g_free(), NULL when that is not what comes out. */
    uint8_t *(*inflate)(void *ctx, const uint8_t *data, size_t len, size_t want);
} cs_secure_sink;

typedef struct {
    cs_tls_record head;
    const uint8_t *payload; /**< not decrypted */
    size_t captured; /**< < head.length: cut by the snap length */
    const uint8_t *plain; /**< decrypted by Wireshark; NULL when it did not */
    size_t plain_len;
    uint8_t plain_type; /**< content type of plain */
    cs_when at;
} cs_secure_record;

typedef struct cs_secure cs_secure;

/** @return the stream's state, made when it is new. */
cs_secure *cs_secure_of(cs_stream *stream);
/** Asks for the memory of a stream's wire_state, see cs_fetch(). @param state or NULL @param sender -1: of datagrams */
void cs_secure_fetch(const void *state, int sender);
/** @return true while the stream's segments are put in order before they are read: until its handshake is complete. */
bool cs_secure_puts_in_order(const cs_stream *stream);
/** Takes in the payload of a TCP segment. Before cs_stream_tcp(). Parameters as of cs_tcp_cutter_feed(). */
void cs_secure_segment(cs_stream *stream, int sender, uint32_t seq, const uint8_t *data, size_t captured,
                       size_t reported, const cs_cutter_sink *sink);
/** As cs_secure_segment(), for a stream whose segments are put in order.
 *  @param at the packet @param base what seq is less than the sequence number in the TCP header */
void cs_secure_segment_in_order(cs_stream *stream, int sender, const cs_when *at, uint32_t base, uint32_t seq,
                                const uint8_t *data, size_t captured, size_t reported, const cs_cutter_sink *sink);
/** Takes in a segment that was passed over as lost, if it holds whole records of application data and nothing else:
 *  what it says stands alone. No handshake may be under way. */
void cs_secure_late_records(cs_stream *stream, int sender, uint32_t seq, const uint8_t *p, size_t n,
                            const cs_cutter_sink *sink);
/** @return true while segments wait for others before them. */
bool cs_secure_waits(const cs_stream *stream);
/** @return true when first asked after the stream began to wait. */
bool cs_secure_begins_to_wait(cs_stream *stream);
/** Asked once for each packet of a stream that waits. @param base of the sender's numbers, see above
 *  @return true when what is missing of a sender's bytes will hardly come any more, so that what waits must be
 *  released. */
bool cs_secure_is_overdue(cs_stream *stream, int sender, uint32_t base);
/** Takes in what waits of a sender, with its holes. */
void cs_secure_release(cs_stream *stream, int sender, const cs_cutter_sink *sink);
/** Reads the header of the next record in a datagram, of the kinds that can come in this stream.
 *  Parameters and result as of cs_dtls_record_parse(). */
int cs_secure_datagram_record(cs_stream *stream, int sender, const uint8_t *p, size_t n, size_t datagram_left,
                              cs_tls_record *rec);
/** @return true when records of TLS / DTLS were seen. */
bool cs_secure_seen(const cs_secure *s);
/** @return number of ladder steps so far. */
uint32_t cs_secure_steps(const cs_secure *s);
/** @return true when a DTLS record begins a new association, so that a new stream must be made for it. */
bool cs_secure_is_new_association(const cs_stream *stream, int sender, const cs_secure_record *rec);
/** @param p payload of a TCP segment
 *  @return true when it begins a session on another connection between the same ports, of which no SYN was captured. */
bool cs_secure_is_new_session(const cs_stream *stream, int sender, const uint8_t *p, size_t n, const cs_when *at);
/** @return true when both carry one handshake: a session that was captured on both sides of an address translation. */
bool cs_secure_is_same_session(const cs_stream *a, const cs_stream *b);
/** Takes in a record. @param sender index in stream->end[]
 *  @param recover look for EtherNet/IP in records without a captured handshake too */
void cs_secure_take(cs_capture *cap, cs_stream *stream, int sender, const cs_secure_record *rec, bool recover,
                    const cs_secure_sink *sink);
/** A hole in a sender's captured data. */
void cs_secure_gap(cs_secure *s, int sender);
/** Judges the handshake by what is known now: state of stream->hs, and the reason of a failed one. Also for streams
 *  without records. */
void cs_secure_conclude(cs_stream *stream);
/** Gives the reason of a handshake that did not come to its end, which would be too much to do for each packet. */
void cs_secure_explain(cs_stream *stream);

#endif
