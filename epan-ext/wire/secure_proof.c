/* secure_proof.c
 * Did the one who shows a certificate own its key? The signatures of ServerKeyExchange and CertificateVerify.
 * Sources: RFC 5246 7.4.3, 7.4.8; RFC 6347 4.2.6; RFC 8446 4.4.1, 4.4.3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <cipsec/certs.h>
#include <cipsec/suites.h>

#include <gnutls/crypto.h>
#include <string.h>

#define TRANSCRIPT_MAX (256 * 1024)
/* Signatures verified for one certificate. Verifying costs as much as dissecting a thousand packets; a handshake that
 * comes through was verified by the peer, who is not easier to satisfy. */
#define VERIFIED_MAX 2

void cs_transcript_drop(cs_secure *s)
{
    g_clear_pointer(&s->transcript.hello, g_byte_array_unref);
    g_clear_pointer(&s->transcript.server, g_byte_array_unref);
    g_clear_pointer(&s->transcript.client, g_byte_array_unref);
    s->transcript.retry = s->transcript.server_over = false;
}

static guint part_length(const GByteArray *part)
{
    return part ? part->len : 0;
}

/* The part that a message belongs to, NULL when it cannot follow what is there.
 * Behind the server's first flight nothing of it is signed any more. */
static GByteArray **part_of(const cs_secure_ctx *c, const cs_hs_message *msg)
{
    cs_transcript *t = &c->s->transcript;
    int side = cs_secure_side(c);
    if (msg->type == CS_HS_CLIENT_HELLO)
        return side == 0 && !t->server && !t->client ? &t->hello : NULL;
    if (side < 0 || !t->hello)
        return NULL;
    if (side == 0)
        return &t->client;
    if (msg->type == CS_HS_SERVER_HELLO)
        return t->server ? NULL : t->retry ? &t->hello : &t->server;
    return t->server ? &t->server : NULL;
}

static void append_message(GByteArray *part, const cs_hs_message *msg, bool dtls)
{
    uint8_t len[3] = {(uint8_t)(msg->len >> 16), (uint8_t)(msg->len >> 8), (uint8_t)msg->len};
    g_byte_array_append(part, &msg->type, 1);
    g_byte_array_append(part, len, 3);
    if (dtls) {
        /* as if the message had travelled in one piece */
        uint8_t rest[5] = {(uint8_t)(msg->seq >> 8), (uint8_t)msg->seq, 0, 0, 0};
        g_byte_array_append(part, rest, 5);
        g_byte_array_append(part, len, 3);
    }
    if (msg->len)
        g_byte_array_append(part, msg->body, (guint)msg->len);
}

void cs_transcript_add(const cs_secure_ctx *c, const cs_hs_message *msg)
{
    cs_secure *s = c->s;
    cs_transcript *t = &s->transcript;
    if (s->complete || t->broken || (t->server_over && cs_secure_side(c) == 1))
        return;
    GByteArray **part = part_of(c, msg);
    guint there = part_length(t->hello) + part_length(t->server) + part_length(t->client);
    if (!part || msg->after_loss || msg->overtaken || there + msg->len + CS_DTLS_HS_HEADER_LEN > TRANSCRIPT_MAX) {
        t->broken = true;
        cs_transcript_drop(s);
        return;
    }
    if (!*part)
        *part = g_byte_array_new();
    append_message(*part, msg, s->dtls);
    t->retry = false;
    if (part == &t->server)
        t->server_over = msg->type == (cs_secure_is_13(c->stream) ? CS_HS_FINISHED : CS_HS_SERVER_HELLO_DONE);
}

static gnutls_digest_algorithm_t hash_of_suite(uint16_t suite)
{
    return suite == 0x1302 || suite == 0xC0B5 ? GNUTLS_DIG_SHA384 : GNUTLS_DIG_SHA256;
}

void cs_transcript_retry(cs_secure *s, uint16_t suite)
{
    GByteArray *hello = s->transcript.hello;
    if (!hello)
        return;
    uint8_t hash[64];
    gnutls_digest_algorithm_t algorithm = hash_of_suite(suite);
    unsigned len = gnutls_hash_get_len(algorithm);
    if (gnutls_hash_fast(algorithm, hello->data, hello->len, hash) < 0)
        return;
    uint8_t head[4] = {CS_HS_MESSAGE_HASH, 0, 0, (uint8_t)len};
    g_byte_array_set_size(hello, 0);
    g_byte_array_append(hello, head, 4);
    g_byte_array_append(hello, hash, len);
    s->transcript.retry = true;
}

/* What a side's CertificateVerify covers, in the order in which it was sent. @return NULL when not all of it is there;
 * else to be freed by the caller. */
static GByteArray *covered(const cs_secure_ctx *c, int side)
{
    const cs_transcript *t = &c->s->transcript;
    /* DTLS 1.3 counts the messages with the headers of TLS (RFC 9147, 5.2), which is not done here. */
    bool all = !t->broken && t->hello && t->server && (side == 1 || t->server_over) && !c->s->renegotiating &&
               c->stream->hs.version != CS_DTLS13;
    if (!all)
        return NULL;
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, t->hello->data, t->hello->len);
    g_byte_array_append(out, t->server->data, t->server->len);
    if (side == 0 && t->client)
        g_byte_array_append(out, t->client->data, t->client->len);
    return out;
}

static void verified(cs_secure_ctx *c, int side, int result)
{
    if (result == 1)
        c->stream->hs.cert_proved[side] = true;
    else if (result < 0)
        c->s->proof_by_peer[side] = true;
    else if (c->sink->bad_signature)
        c->sink->bad_signature(c->sink->ctx, side ? CS_ROLE_SERVER : CS_ROLE_CLIENT);
}

static bool left_to_peer(cs_secure *s, const cs_cert *cert, int side)
{
    if (!cert->seen || cert->seen->len <= VERIFIED_MAX)
        return false;
    s->proof_by_peer[side] = true;
    return true;
}

static cs_cert *leaf(const cs_stream *stream, int side)
{
    GPtrArray *chain = stream->hs.chain[side];
    return chain && chain->len ? g_ptr_array_index(chain, 0) : NULL;
}

void cs_prove_key_exchange(cs_secure_ctx *c, const cs_hs_message *msg)
{
    const cs_secure *s = c->s;
    const cs_suite *suite = c->stream->hs.have_suite ? cs_suite_find(c->stream->hs.suite) : NULL;
    cs_cert *cert = leaf(c->stream, 1);
    if (!suite || !cert || suite->psk || !s->have_client_random || !s->have_server_random)
        return;
    bool elliptic = strncmp(suite->kx, "ECDHE", 5) == 0;
    cs_span params, signature;
    uint16_t scheme;
    if ((!elliptic && strncmp(suite->kx, "DHE", 3) != 0) ||
        !cs_server_key_exchange_parse(msg->body, msg->len, elliptic, &params, &scheme, &signature))
        return;
    if (left_to_peer(c->s, cert, 1))
        return;
    GByteArray *signed_ = g_byte_array_new();
    g_byte_array_append(signed_, s->client_random, CS_RANDOM_LEN);
    g_byte_array_append(signed_, s->server_random, CS_RANDOM_LEN);
    g_byte_array_append(signed_, params.p, (guint)params.len);
    verified(c, 1,
             cs_cert_verify_signature(cert, scheme, signed_->data, signed_->len, signature.p, signature.len));
    g_byte_array_unref(signed_);
}

static void verify_12(cs_secure_ctx *c, cs_cert *cert, int side, const GByteArray *messages, uint16_t scheme,
                      const cs_span *signature)
{
    verified(c, side,
             cs_cert_verify_signature(cert, scheme, messages->data, messages->len, signature->p, signature->len));
}

static void verify_13(cs_secure_ctx *c, cs_cert *cert, int side, const GByteArray *messages, uint16_t scheme,
                      const cs_span *signature)
{
    uint8_t signed_[64 + 34 + 64];
    memset(signed_, ' ', 64);
    memcpy(signed_ + 64, side ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify", 34);
    gnutls_digest_algorithm_t algorithm = hash_of_suite(c->stream->hs.suite);
    if (gnutls_hash_fast(algorithm, messages->data, messages->len, signed_ + 98) < 0)
        return;
    verified(c, side,
             cs_cert_verify_signature(cert, scheme, signed_, 98 + gnutls_hash_get_len(algorithm), signature->p,
                                      signature->len));
}

void cs_prove_certificate_verify(cs_secure_ctx *c, int side, const cs_hs_message *msg)
{
    cs_secure *s = c->s;
    cs_cert *cert = leaf(c->stream, side);
    cs_span signature;
    uint16_t scheme;
    if (!cert || !cs_certificate_verify_parse(msg->body, msg->len, &scheme, &signature))
        return;
    if (left_to_peer(s, cert, side))
        return;
    GByteArray *messages = msg->after_loss ? NULL : covered(c, side);
    if (!messages) {
        s->proof_by_peer[side] = true;
        return;
    }
    (cs_secure_is_13(c->stream) ? verify_13 : verify_12)(c, cert, side, messages, scheme, &signature);
    g_byte_array_unref(messages);
}
