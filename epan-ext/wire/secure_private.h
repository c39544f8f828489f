/* secure_private.h
 * State of one secure stream; seams between the secure_*.c files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_SECURE_PRIVATE_H
#define CIPSEC_SECURE_PRIVATE_H

#include <cipsec/enip_wire.h>
#include <cipsec/secure.h>

#include <stddef.h>

/** What each record of an end asks for; index = end[] of the stream. */
typedef struct {
    uint64_t app_records;
    int16_t cid_len; /**< of the records it sends, -1 unknown */
    bool own_part; /**< the PDU in progress began in a record that Wireshark did not decrypt */
    bool protected_; /**< TLS: the keys are on (after ChangeCipherSpec, or TLS 1.3 after ServerHello) */
    bool finished; /**< its Finished was seen or must have been */
    bool app_keys; /**< TLS 1.3: after Finished */
    bool opaque_alert; /**< sent an alert that cannot be read */
    bool closed; /**< sent close_notify */
    bool lost; /**< some of its bytes were not captured */
    bool renewed; /**< TLS: the keys of the last renegotiation are on */
    bool sequence_known; /**< no record missing since the keys came on */
} cs_secure_dir;

/** What is put together of the bytes and messages of an end. */
typedef struct {
    uint64_t sequence; /**< TLS: of the next protected record */
    cs_tcp_cutter cutter;
    cs_recovery recovery;
    cs_assembler *assembler;
    uint32_t key_updates;
} cs_secure_input;

/** TLS 1.3 handshake of which only record sizes can be seen. */
typedef enum { CS_OPAQUE_NONE, CS_OPAQUE_SERVER, CS_OPAQUE_CLIENT, CS_OPAQUE_ANSWERED } cs_opaque_phase;

/** The handshake messages that signatures cover, each side's apart: a capture may hold the two directions in another
 *  order than they were sent. */
typedef struct {
    GByteArray *hello; /**< ClientHello, behind what a HelloRetryRequest puts before it; NULL: no transcript */
    GByteArray *server, *client; /**< what each sent behind it */
    bool retry; /**< the next message is the HelloRetryRequest itself */
    bool server_over; /**< the server's first flight is there to its end */
    bool broken; /**< something is missing */
} cs_transcript;

struct cs_secure {
    /* What each record asks for fits into one line of the cache. */
    bool dtls, seen;
    bool complete : 1; /**< the handshake came through; later events do not change that */
    bool hides_content : 1; /**< the suite encrypts, as far as is known */
    bool waits : 1; /**< TLS: segments of a handshake wait for others */
    bool noted : 1; /**< ... which cs_secure_begins_to_wait() has said */
    uint16_t judged_suite; /**< of which that was found */
    cs_null_layout layout; /**< learned or from the suite */
    cs_secure_dir dir[2];
    uint32_t concluded; /**< what the last conclusion was drawn from, to skip equal ones */
    uint32_t events; /**< counts facts */

    cs_secure_input input[2];
    uint8_t client_random[CS_RANDOM_LEN], server_random[CS_RANDOM_LEN];
    bool have_client_random, have_server_random;
    uint64_t hello_record; /**< DTLS: epoch and sequence of the last ClientHello record */
    uint32_t cookie; /**< DTLS: hash of the last HelloVerifyRequest's */
    uint8_t session_id[32], session_id_len;
    bool ticket_offered;
    int16_t client_cid_len; /**< connection id that the ClientHello asked for, -1 none */
    cs_transcript transcript;
    unsigned macs_without_key; /**< one after the other */
    bool proof_by_peer[2]; /**< a signature that only the peer verified: counts once the handshake is complete */
    bool renegotiating; /**< a renegotiation has begun, perhaps ended */
    uint16_t renegotiation_epoch; /**< DTLS: in which the last one began, 0 = none */
    cs_opaque_phase phase;
    cs_when last_client_flight;
    bool opaque_alert_size; /**< TLS 1.3: the last opaque record of the handshake has the size of an alert */
    int opaque_alert_sender;
    bool server_rejected; /**< TLS 1.3: fatal alert after the client's Finished, before the server sent data */
    uint8_t *histogram; /**< bytes of records that nothing explains yet, a count for each value; NULL when not needed */
    uint32_t counted; /**< in it */
    uint32_t steps;
    uint8_t last_message; /**< type of the last handshake message, for reasons */
    cs_role last_sender;
} __attribute__((aligned(CS_CACHE_LINE)));

G_STATIC_ASSERT(offsetof(struct cs_secure, input) == CS_CACHE_LINE);

/** What the secure_*.c functions pass on. */
typedef struct {
    cs_capture *cap;
    cs_stream *stream;
    cs_secure *s;
    const cs_secure_sink *sink;
    const cs_secure_record *rec;
    int sender;
    bool readable_protected; /**< the message travelled in a protected record */
} cs_secure_ctx;

/** @return 0 client, 1 server, -1 roles unknown. */
int cs_secure_side(const cs_secure_ctx *c);
/** Reports a Certificate message that cannot be read, where one is expected: encrypted octets may look like one. */
void cs_secure_certificate_unreadable(const cs_secure_ctx *c, const char *why);
void cs_secure_step(const cs_secure_ctx *c, bool repeated, const char *what, const cs_cert *cert);
/** Puts a complete handshake message into the model. */
void cs_secure_message(cs_secure_ctx *c, const cs_hs_message *msg);
/** A handshake record that the snap length cut: what the beginning of a hello says. */
void cs_secure_cut_hello(cs_secure_ctx *c, const uint8_t *p, size_t n);
/** Hash of a HelloVerifyRequest, which differs with its cookie. */
uint32_t cs_secure_cookie(const uint8_t *body, size_t len);
/** The end whose keys are finished. */
void cs_secure_finished(cs_secure_ctx *c, int side);
void cs_secure_complete(cs_secure_ctx *c);
/** A ClientHello on a connection that is up. */
void cs_secure_renegotiate(cs_secure_ctx *c);
bool cs_secure_is_13(const cs_stream *stream);

/* secure_opaque.c */
/** Application data that cannot be read: is it ciphertext? */
void cs_secure_opaque(cs_secure_ctx *c);
/** A record of a TLS 1.3 handshake without keys. */
void cs_secure_opaque_13(cs_secure_ctx *c);

/* secure_proof.c */
void cs_transcript_add(const cs_secure_ctx *c, const cs_hs_message *msg);
void cs_transcript_drop(cs_secure *s);
/** The ClientHello before a HelloRetryRequest counts by its hash. */
void cs_transcript_retry(cs_secure *s, uint16_t suite);
/** Verifies the signature of a ServerKeyExchange. */
void cs_prove_key_exchange(cs_secure_ctx *c, const cs_hs_message *msg);
/** Verifies the signature of a CertificateVerify of a side. */
void cs_prove_certificate_verify(cs_secure_ctx *c, int side, const cs_hs_message *msg);

#endif
