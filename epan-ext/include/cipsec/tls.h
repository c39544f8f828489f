/* tls.h
 * Reading TLS and DTLS from bytes: record headers, handshake messages and their reassembly.
 *
 * Nothing here keeps more than it says, allocates by lengths from the wire without a cap, or reads past what it got.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TLS_H
#define CIPSEC_TLS_H

#include <cipsec/types.h>

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CS_RECORD_CCS = 20,
    CS_RECORD_ALERT = 21,
    CS_RECORD_HANDSHAKE = 22,
    CS_RECORD_APPDATA = 23,
    CS_RECORD_CID = 25 /**< DTLS 1.2 with connection id, RFC 9146 */
};

enum {
    CS_HS_HELLO_REQUEST = 0,
    CS_HS_CLIENT_HELLO = 1,
    CS_HS_SERVER_HELLO = 2,
    CS_HS_HELLO_VERIFY = 3,
    CS_HS_NEW_TICKET = 4,
    CS_HS_END_OF_EARLY_DATA = 5,
    CS_HS_ENCRYPTED_EXTENSIONS = 8,
    CS_HS_CERTIFICATE = 11,
    CS_HS_SERVER_KEY_EXCHANGE = 12,
    CS_HS_CERTIFICATE_REQUEST = 13,
    CS_HS_SERVER_HELLO_DONE = 14,
    CS_HS_CERTIFICATE_VERIFY = 15,
    CS_HS_CLIENT_KEY_EXCHANGE = 16,
    CS_HS_FINISHED = 20,
    CS_HS_CERTIFICATE_URL = 21,
    CS_HS_CERTIFICATE_STATUS = 22,
    CS_HS_KEY_UPDATE = 24,
    CS_HS_COMPRESSED_CERTIFICATE = 25,
    CS_HS_MESSAGE_HASH = 254
};

#define CS_TLS10 0x0301
#define CS_TLS12 0x0303
#define CS_TLS13 0x0304
#define CS_DTLS10 0xFEFF
#define CS_DTLS12 0xFEFD
#define CS_DTLS13 0xFEFC

#define CS_RANDOM_LEN 32
#define CS_TLS_HEADER_LEN 5
/** 2^14 bytes of content and what protection may add (RFC 5246 6.2.3). */
#define CS_RECORD_MAX (16384 + 2048)
/** Larger handshake messages are not put together; real ones with long chains stay far below. */
#define CS_HS_MESSAGE_MAX (256 * 1024)
/** Type and length; in DTLS also number, offset and length of the fragment (RFC 6347, 4.2.2). */
#define CS_TLS_HS_HEADER_LEN 4
#define CS_DTLS_HS_HEADER_LEN 12

typedef struct {
    uint8_t type;
    uint16_t version; /**< of the record header */
    bool unified; /**< DTLS 1.3, protected: the epoch is its two low bits, the sequence number cannot be read */
    uint16_t epoch; /**< DTLS */
    uint64_t seq; /**< DTLS: 48 bit record sequence number */
    uint32_t header_len;
    uint32_t length; /**< payload, as the header says */
} cs_tls_record;

/** Reads a TLS record header. @return 1 read, 0 more bytes needed, -1 not a TLS record. */
int cs_tls_record_parse(const uint8_t *p, size_t n, cs_tls_record *rec);
/** Reads a DTLS record header from what is left of a datagram.
 *  @param cid_len length of the connection id in records of type 25; -1 unknown: then the only length up to 32 that
 *  makes the record end with the datagram is taken. @return as above; 0 for a header cut off. */
int cs_dtls_record_parse(const uint8_t *p, size_t n, size_t datagram_left, int cid_len, cs_tls_record *rec);
/** As cs_dtls_record_parse(), for the unified header of protected DTLS 1.3 records (RFC 9147, 4). Its first byte alone
 *  does not tell it from other data: ask only where DTLS 1.3 was negotiated. */
int cs_dtls13_record_parse(const uint8_t *p, size_t n, size_t datagram_left, int cid_len, cs_tls_record *rec);

/** Name of a negotiated version ("TLS 1.2", "DTLS 1.2"); NULL when unknown. Static. */
const char *cs_tls_version_name(uint16_t version);
/** Name of a handshake message ("ClientHello"); "handshake message" when unknown. Static. */
const char *cs_handshake_name(uint8_t type);

/** Bytes inside a message; not owned. */
typedef struct {
    const uint8_t *p;
    size_t len;
} cs_span;

typedef struct {
    uint16_t version; /**< highest offered: supported_versions, else client_version; GREASE skipped */
    const uint8_t *random; /**< CS_RANDOM_LEN bytes */
    cs_span session_id, cookie;
    cs_span suites; /**< pairs of bytes, in order of preference */
    bool ticket; /**< brings a session ticket or a TLS 1.3 pre-shared key */
    bool encrypt_then_mac, extended_master_secret;
    int cid_len; /**< connection id that the peer shall use, -1 = extension absent */
} cs_client_hello;

typedef struct {
    uint16_t version; /**< negotiated */
    const uint8_t *random;
    cs_span session_id;
    uint16_t suite;
    bool retry; /**< HelloRetryRequest */
    bool psk; /**< pre_shared_key accepted */
    bool http; /**< HTTP was agreed on as the content (application_layer_protocol_negotiation) */
    bool encrypt_then_mac, extended_master_secret;
    uint8_t max_fragment; /**< max_fragment_length code, 0 = not negotiated */
    int cid_len;
} cs_server_hello;

/** Walks over the handshake messages that lie one behind the other in TLS. @param allowed which types may come
 *  @return where the first one begins that is not whole or not allowed; n when all are. */
size_t cs_hs_whole_until(const uint8_t *p, size_t n, bool (*allowed)(uint8_t type));
/** Reads a message body. @return false when the body contradicts itself; *out is then undefined. */
bool cs_client_hello_parse(const uint8_t *body, size_t n, bool dtls, cs_client_hello *out);
bool cs_server_hello_parse(const uint8_t *body, size_t n, cs_server_hello *out);
/** As above for a message of which only the beginning was captured: version, random, session id and suite. The version
 *  of TLS 1.3, which an extension tells, is known by the suite. @return false when the suite is not there. */
bool cs_server_hello_begin(const uint8_t *body, size_t n, cs_server_hello *out);
/** Splits a Certificate message. @param tls13 RFC 8446 layout. @return number of certificates (the first max of them
 *  in out), -1 when malformed. */
int cs_certificate_parse(const uint8_t *body, size_t n, bool tls13, cs_span *out, int max);
/** Reads a CompressedCertificate (RFC 8879). @param want receives the uncompressed length.
 *  @return false when malformed. */
bool cs_compressed_certificate_parse(const uint8_t *body, size_t n, uint16_t *algorithm, uint32_t *want,
                                     cs_span *data);
/** Splits a ServerKeyExchange into the signed parameters and the signature.
 *  @param elliptic ECDHE parameters, else DHE. @return false when malformed or not of TLS 1.2. */
bool cs_server_key_exchange_parse(const uint8_t *body, size_t n, bool elliptic, cs_span *params, uint16_t *scheme,
                                  cs_span *signature);
/** Reads a CertificateVerify of TLS 1.2 and later. */
bool cs_certificate_verify_parse(const uint8_t *body, size_t n, uint16_t *scheme, cs_span *signature);

/* ---------------------------------------------------------------- reassembly of handshake messages */

typedef struct cs_assembler cs_assembler;

/** One direction's handshake messages. @param dtls fragments with offsets, else a byte stream. */
cs_assembler *cs_assembler_new(bool dtls);
void cs_assembler_free(cs_assembler *a);
/** Takes in the content of one handshake record. */
void cs_assembler_feed(cs_assembler *a, const uint8_t *data, size_t n);
/** A hole in the captured data: what is incomplete is given up. */
void cs_assembler_gap(cs_assembler *a);
/** DTLS: gives up waiting for messages that did not come; those behind them follow. */
void cs_assembler_flush(cs_assembler *a);

typedef struct {
    uint8_t type;
    uint16_t seq; /**< DTLS message_seq */
    const uint8_t *body; /**< valid until the next call */
    size_t len;
    bool repeated; /**< DTLS: an earlier message again; body is NULL unless it came in one piece */
    bool after_loss; /**< messages before it were not captured */
    bool overtaken; /**< DTLS: by messages that follow it and were handed out before */
} cs_hs_message;

/** Takes out the next complete message. @return false when there is none. */
bool cs_assembler_next(cs_assembler *a, cs_hs_message *out);
/** @return true when the last message that was dropped because it is above CS_HS_MESSAGE_MAX is of this type; once. */
bool cs_assembler_too_large(cs_assembler *a, uint8_t type);
/** @return true while part of a message waits for the rest. */
bool cs_assembler_pending(const cs_assembler *a);

/* ---------------------------------------------------------------- records out of a TCP byte stream */

typedef struct {
    bool started, synced;
    uint32_t next; /**< sequence number behind the last byte seen */
    uint32_t skip_to; /**< the record in progress ends here; its bytes are of no more use */
    bool skipping;
    uint32_t part_seq;
    GByteArray *part; /**< beginning of a record; NULL when there is none */
    uint32_t taken; /**< bytes seen, each once; wraps */
    GList *waiting; /**< segments behind a hole, see cs_tcp_cutter_feed_in_order(); NULL when there are none */
    unsigned patience; /**< how much of it is used up */
} cs_tcp_cutter;

typedef struct {
    void *ctx;
    /** A record. captured < rec->length: cut by the snap length. rec_seq: sequence number of its header. */
    void (*record)(void *ctx, const cs_tls_record *rec, const uint8_t *payload, size_t captured, uint32_t rec_seq);
    /** Bytes are missing between the last record and the next. */
    void (*gap)(void *ctx);
    /** Of cs_tcp_cutter_feed_in_order(): when the segment came from which the next records end. NULL if not wanted. */
    void (*came)(void *ctx, const cs_when *at);
} cs_cutter_sink;

/** Takes in bytes at a TCP sequence number: new, repeated, overlapping or behind a hole.
 *  @param captured <= reported bytes are there, the rest was cut by the snap length. */
void cs_tcp_cutter_feed(cs_tcp_cutter *c, uint32_t seq, const uint8_t *data, size_t captured, size_t reported,
                        const cs_cutter_sink *sink);
/** As cs_tcp_cutter_feed(), but what lies behind a hole waits for the hole to be filled. @param at the packet */
void cs_tcp_cutter_feed_in_order(cs_tcp_cutter *c, const cs_when *at, uint32_t seq, const uint8_t *data,
                                 size_t captured, size_t reported, const cs_cutter_sink *sink);
/** Before the first bytes: those at next may have been overtaken. @param seq of what is there */
void cs_tcp_cutter_begin(cs_tcp_cutter *c, uint32_t next, uint32_t seq);
/** @return true while something waits. */
bool cs_tcp_cutter_waits(const cs_tcp_cutter *c);
/** Asked once for each packet of the connection while something waits. @param acked up to where the receiver has all
 *  @return true when what is missing will hardly come any more. */
bool cs_tcp_cutter_is_overdue(cs_tcp_cutter *c, bool acked_known, uint32_t acked);
/** Takes in what waits, with its holes. */
void cs_tcp_cutter_release(cs_tcp_cutter *c, const cs_cutter_sink *sink);
void cs_tcp_cutter_clear(cs_tcp_cutter *c);

#endif
