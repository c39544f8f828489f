/* secure_messages.c
 * What each handshake message says about its stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <cipsec/certs.h>
#include <cipsec/suites.h>

#include <string.h>

#define CHAIN_MAX (CS_CHAIN_MAX + 1) /* one more, so that the store says that there are more */
#define COMPRESSED_MAX (16 * 1024)
#define UNCOMPRESSED_MAX (64 * 1024)
#define ZLIB 1

bool cs_secure_is_13(const cs_stream *stream)
{
    return stream->hs.version == CS_TLS13 || stream->hs.version == CS_DTLS13;
}

int cs_secure_side(const cs_secure_ctx *c)
{
    return c->stream->client < 0 ? -1 : c->sender == c->stream->client ? 0 : 1;
}

static void sent_by_client(cs_secure_ctx *c, cs_role_source source)
{
    cs_stream_set_client(c->stream, c->sender, source);
}

static void sent_by_server(cs_secure_ctx *c)
{
    cs_stream_set_client(c->stream, 1 - c->sender, CS_ROLE_SOURCE_HANDSHAKE);
}

void cs_secure_step(const cs_secure_ctx *c, bool repeated, const char *what, const cs_cert *cert)
{
    int side = cs_secure_side(c);
    cs_step step = {.number = repeated || c->s->complete ? 0 : ++c->s->steps,
                    .repeated = repeated,
                    .sender = side < 0    ? CS_ROLE_UNKNOWN
                              : side == 0 ? CS_ROLE_CLIENT
                                          : CS_ROLE_SERVER,
                    .what = what,
                    .cert = cert};
    c->s->last_sender = step.sender;
    c->s->events++;
    if (c->sink->step)
        c->sink->step(c->sink->ctx, &step);
}

void cs_secure_complete(cs_secure_ctx *c)
{
    cs_secure *s = c->s;
    if (s->complete)
        return;
    s->complete = true;
    s->events++;
    const bool *finished = c->stream->hs.finished;
    c->stream->hs.missed |= s->dir[0].lost || s->dir[1].lost || !finished[0] || !finished[1];
    for (int side = 0; side < 2; side++)
        c->stream->hs.cert_proved[side] |= s->proof_by_peer[side];
    cs_transcript_drop(s);
}

void cs_secure_finished(cs_secure_ctx *c, int side)
{
    cs_handshake *hs = &c->stream->hs;
    c->s->dir[c->sender].finished = true;
    if (cs_secure_is_13(c->stream)) {
        c->s->dir[c->sender].app_keys = true;
        c->s->input[c->sender].sequence = 0;
    }
    if (side < 0 || hs->finished[side])
        return;
    hs->finished[side] = true;
    if (!hs->finished[1 - side] || c->s->complete)
        return;
    /* Without ServerHello and Certificate nobody knows whether an earlier session is resumed. */
    if (cs_secure_is_13(c->stream) && !hs->server_hello && !hs->cert_seen[1])
        return;
    hs->done = c->rec->at;
    const cs_suite *suite = hs->have_suite ? cs_suite_find(hs->suite) : NULL;
    /* Without a signature of its own, the server proves its key by being able to finish. */
    if (suite && hs->cert_seen[1] && !hs->resumed && !cs_secure_is_13(c->stream) &&
        (strncmp(suite->kx, "RSA:", 4) == 0 || strncmp(suite->kx, "ECDH:", 5) == 0 ||
         strncmp(suite->kx, "DH:", 3) == 0))
        hs->cert_proved[1] = true;
    cs_secure_complete(c);
}

void cs_secure_renegotiate(cs_secure_ctx *c)
{
    cs_secure *s = c->s;
    s->renegotiating = true;
    s->renegotiation_epoch = c->rec->head.epoch;
    s->dir[0].renewed = s->dir[1].renewed = false;
}

/* On a connection that is up, under its keys; one in the clear was only recorded late. */
static bool renegotiates(const cs_secure_ctx *c)
{
    return c->s->complete && (c->s->dtls ? c->rec->head.epoch > 0 : c->s->dir[c->sender].protected_);
}

static void client_hello(cs_secure_ctx *c, const cs_hs_message *msg)
{
    cs_secure *s = c->s;
    cs_handshake *hs = &c->stream->hs;
    cs_client_hello hello;
    if (!cs_client_hello_parse(msg->body, msg->len, s->dtls, &hello))
        return;
    sent_by_client(c, CS_ROLE_SOURCE_CLIENT_HELLO);
    s->client_cid_len = (int16_t)hello.cid_len;
    if (renegotiates(c)) {
        memcpy(s->client_random, hello.random, CS_RANDOM_LEN);
        cs_secure_step(c, false, "ClientHello (renegotiation)", NULL);
        return;
    }
    bool repeated = s->have_client_random && memcmp(s->client_random, hello.random, CS_RANDOM_LEN) == 0 &&
                    !hs->hello_verify && !hs->hello_retry;
    hs->client_hellos++;
    if (hs->hello.frame == 0)
        hs->hello = c->rec->at;
    if (!hs->offered) {
        hs->offered = g_array_new(FALSE, FALSE, sizeof(uint16_t));
        for (size_t i = 0; i + 1 < hello.suites.len; i += 2) {
            uint16_t suite = (uint16_t)(hello.suites.p[i] << 8 | hello.suites.p[i + 1]);
            g_array_append_val(hs->offered, suite);
        }
        hs->client_version = hello.version;
    }
    memcpy(s->client_random, hello.random, CS_RANDOM_LEN);
    s->have_client_random = true;
    s->session_id_len = (uint8_t)hello.session_id.len;
    if (s->session_id_len)
        memcpy(s->session_id, hello.session_id.p, s->session_id_len);
    s->ticket_offered = hello.ticket;
    hs->client_id_tickets = hello.ticket;
    if (s->dtls && hello.cookie.len) {
        c->stream->answered[1 - c->sender] = true; /* where else would the cookie come from */
        cs_transcript_drop(s);                     /* the exchange of the cookie does not count */
    }
    cs_secure_step(c, repeated, s->dtls && hello.cookie.len ? "ClientHello with cookie" : "ClientHello", NULL);
}

/* What follows from the negotiated suite for reading the records. */
static void use_suite(cs_secure_ctx *c)
{
    const cs_suite *suite = cs_suite_find(c->stream->hs.suite);
    memset(&c->s->layout, 0, sizeof c->s->layout);
    if (!suite)
        return;
    if (cs_suite_integrity_only(suite->id)) {
        c->s->layout.mac_len = suite->mac_len;
        c->s->layout.inner_type = suite->protection == CS_PROTECT_RFC9150;
    }
}

static void hello_retry(cs_secure_ctx *c, const cs_server_hello *hello)
{
    c->stream->hs.hello_retry = true;
    cs_transcript_retry(c->s, hello->suite);
    cs_secure_step(c, false, "HelloRetryRequest", NULL);
}

static void server_hello(cs_secure_ctx *c, const cs_hs_message *msg)
{
    cs_secure *s = c->s;
    cs_handshake *hs = &c->stream->hs;
    cs_server_hello hello;
    if (!cs_server_hello_parse(msg->body, msg->len, &hello))
        return;
    sent_by_server(c);
    if (hello.retry) {
        hello_retry(c, &hello);
        return;
    }
    cs_secure_step(c, false, "ServerHello", NULL);
    memcpy(s->server_random, hello.random, CS_RANDOM_LEN);
    s->have_server_random = true;
    if (s->renegotiating && hs->have_suite && hs->suite == hello.suite)
        return;
    hs->server_hello = true;
    hs->version = hello.version;
    hs->suite = hello.suite;
    hs->have_suite = true;
    c->stream->saw_other |= hello.http;
    hs->encrypt_then_mac = hello.encrypt_then_mac;
    hs->extended_master_secret = hello.extended_master_secret;
    use_suite(c);
    /* Each side names the id that it wants to see in the records it gets. */
    s->dir[1 - c->sender].cid_len = (int16_t)MAX(hello.cid_len, 0);
    s->dir[c->sender].cid_len = hello.cid_len < 0 ? 0 : MAX(s->client_cid_len, 0);
    if (cs_secure_is_13(c->stream)) {
        hs->resumed = hello.psk;
        for (int i = 0; i < 2; i++) {
            s->dir[i].protected_ = !s->dtls;
            s->input[i].sequence = 0;
            s->dir[i].sequence_known = true;
        }
        return;
    }
    bool same_id = hello.session_id.len && hello.session_id.len == s->session_id_len &&
                   memcmp(hello.session_id.p, s->session_id, s->session_id_len) == 0;
    /* Decided when the server finishes first: the id alone may be an empty promise. */
    s->ticket_offered |= same_id;
}

static cs_cert *take_chain(cs_secure_ctx *c, int side, const cs_span *ders, int count)
{
    cs_stream *stream = c->stream;
    if (stream->hs.chain[side])
        g_ptr_array_set_size(stream->hs.chain[side], 0);
    else
        stream->hs.chain[side] = g_ptr_array_new();
    cs_cert_seen seen = {.at = c->rec->at,
                         .stream = stream,
                         .side = side ? CS_ROLE_SERVER : CS_ROLE_CLIENT,
                         .device = stream->end[c->sender].ep.addr,
                         .file_instance = CS_CIP_UNSET};
    for (int i = 0; i < count; i++) {
        seen.position = (unsigned)i;
        cs_cert *cert = cs_certs_add_handshake(c->cap, ders[i].p, (uint32_t)ders[i].len, &seen);
        if (i < CS_CHAIN_MAX)
            g_ptr_array_add(stream->hs.chain[side], cert);
    }
    return count ? g_ptr_array_index(stream->hs.chain[side], 0) : NULL;
}

void cs_secure_certificate_unreadable(const cs_secure_ctx *c, const char *why)
{
    const cs_handshake *hs = &c->stream->hs;
    bool expected = hs->state == CS_HANDSHAKE_INCOMPLETE || hs->state == CS_HANDSHAKE_NOT_CAPTURED;
    if (hs->have_suite && expected)
        cs_finding_add(c->cap, CS_FIND_CERTIFICATE_MALFORMED, &c->rec->at, c->stream,
                       &c->stream->end[c->sender].ep.addr, NULL, why);
}

static void certificate_body(cs_secure_ctx *c, const char *name, const uint8_t *body, size_t len)
{
    cs_span ders[CHAIN_MAX];
    int side = cs_secure_side(c);
    int count = cs_certificate_parse(body, len, cs_secure_is_13(c->stream), ders, CHAIN_MAX);
    if (side < 0 || count < 0) {
        if (count < 0)
            cs_secure_certificate_unreadable(c, "Certificate message: its lengths contradict each other");
        cs_secure_step(c, false, name, NULL);
        return;
    }
    cs_handshake *hs = &c->stream->hs;
    hs->cert_seen[side] = true;
    hs->cert_empty[side] = count == 0;
    cs_cert *cert = count ? take_chain(c, side, ders, MIN(count, CHAIN_MAX)) : NULL;
    char *what = count ? NULL : g_strdup_printf("%s (empty)", name);
    cs_secure_step(c, false, what ? what : name, cert);
    g_free(what);
}

static void compressed_certificate(cs_secure_ctx *c, const cs_hs_message *msg)
{
    uint16_t algorithm;
    uint32_t want;
    cs_span data;
    uint8_t *body = NULL;
    if (cs_compressed_certificate_parse(msg->body, msg->len, &algorithm, &want, &data) && algorithm == ZLIB &&
        data.len <= COMPRESSED_MAX && want <= UNCOMPRESSED_MAX && c->sink->inflate)
        body = c->sink->inflate(c->sink->ctx, data.p, data.len, want);
    if (body)
        certificate_body(c, "CompressedCertificate", body, want);
    else
        cs_secure_step(c, false, "CompressedCertificate", NULL);
    g_free(body);
}

static void certificate_verify(cs_secure_ctx *c, const cs_hs_message *msg)
{
    if (!cs_secure_is_13(c->stream))
        sent_by_client(c, CS_ROLE_SOURCE_HANDSHAKE);
    int side = cs_secure_side(c);
    if (side >= 0) {
        c->stream->hs.cert_verify[side] = true;
        cs_prove_certificate_verify(c, side, msg);
    }
    cs_secure_step(c, false, cs_handshake_name(msg->type), NULL);
}

void cs_secure_cut_hello(cs_secure_ctx *c, const uint8_t *p, size_t n)
{
    size_t head = c->s->dtls ? CS_DTLS_HS_HEADER_LEN : CS_TLS_HS_HEADER_LEN;
    cs_handshake *hs = &c->stream->hs;
    cs_server_hello hello;
    if (n == 0 || c->s->complete)
        return;
    if (p[0] == CS_HS_CLIENT_HELLO) {
        sent_by_client(c, CS_ROLE_SOURCE_CLIENT_HELLO);
        hs->client_hellos++;
        if (hs->hello.frame == 0)
            hs->hello = c->rec->at;
    } else if (p[0] == CS_HS_SERVER_HELLO) {
        sent_by_server(c);
    } else {
        return;
    }
    c->s->last_message = p[0];
    cs_secure_step(c, false, cs_handshake_name(p[0]), NULL);
    if (p[0] != CS_HS_SERVER_HELLO || n < head || !cs_server_hello_begin(p + head, n - head, &hello) || hello.retry)
        return;
    hs->server_hello = true;
    hs->version = hello.version;
    hs->suite = hello.suite;
    hs->have_suite = true;
    use_suite(c);
}

static void plain_step(cs_secure_ctx *c, const cs_hs_message *msg)
{
    cs_handshake *hs = &c->stream->hs;
    switch (msg->type) {
    case CS_HS_HELLO_REQUEST:
    case CS_HS_SERVER_KEY_EXCHANGE:
    case CS_HS_NEW_TICKET:
    case CS_HS_ENCRYPTED_EXTENSIONS:
    case CS_HS_CERTIFICATE_STATUS:
        sent_by_server(c);
        break;
    case CS_HS_CERTIFICATE_REQUEST:
        sent_by_server(c);
        hs->cert_request = true;
        break;
    case CS_HS_SERVER_HELLO_DONE:
        sent_by_server(c);
        hs->server_hello_done = true;
        break;
    case CS_HS_CLIENT_KEY_EXCHANGE:
        sent_by_client(c, CS_ROLE_SOURCE_HANDSHAKE);
        break;
    default:
        break;
    }
    if (msg->type == CS_HS_SERVER_KEY_EXCHANGE)
        cs_prove_key_exchange(c, msg);
    cs_secure_step(c, false, cs_handshake_name(msg->type), NULL);
}

static void repeated_message(cs_secure_ctx *c, const cs_hs_message *msg)
{
    if (msg->type == CS_HS_CLIENT_HELLO) {
        uint64_t record = (uint64_t)c->rec->head.epoch << 48 | c->rec->head.seq;
        if (record == c->s->hello_record)
            return; /* the same packet captured twice */
        c->s->hello_record = record;
        if (!c->s->complete)
            c->stream->hs.client_hellos++;
    }
    cs_secure_step(c, true, cs_handshake_name(msg->type), NULL);
}

void cs_secure_message(cs_secure_ctx *c, const cs_hs_message *msg)
{
    cs_secure *s = c->s;
    if (msg->repeated) {
        repeated_message(c, msg);
        return;
    }
    if (msg->type == CS_HS_CLIENT_HELLO && renegotiates(c))
        cs_secure_renegotiate(c);
    c->stream->hs.missed |= msg->after_loss && !s->complete;
    if (c->readable_protected && c->sink->message)
        c->sink->message(c->sink->ctx, msg->type, msg->body, msg->len);
    s->last_message = msg->type;
    switch (msg->type) {
    case CS_HS_CLIENT_HELLO:
        s->hello_record = (uint64_t)c->rec->head.epoch << 48 | c->rec->head.seq;
        client_hello(c, msg);
        break;
    case CS_HS_SERVER_HELLO:
        server_hello(c, msg);
        break;
    case CS_HS_HELLO_VERIFY:
        sent_by_server(c);
        c->stream->hs.hello_verify = true;
        s->cookie = cs_secure_cookie(msg->body, msg->len);
        cs_secure_step(c, false, cs_handshake_name(msg->type), NULL);
        cs_transcript_drop(s);
        return;
    case CS_HS_CERTIFICATE:
        certificate_body(c, cs_handshake_name(msg->type), msg->body, msg->len);
        break;
    case CS_HS_COMPRESSED_CERTIFICATE:
        compressed_certificate(c, msg);
        break;
    case CS_HS_CERTIFICATE_VERIFY:
        certificate_verify(c, msg);
        break;
    case CS_HS_FINISHED:
        cs_secure_step(c, false, cs_handshake_name(msg->type), NULL);
        cs_secure_finished(c, cs_secure_side(c));
        break;
    case CS_HS_KEY_UPDATE:
        s->input[c->sender].key_updates++;
        s->input[c->sender].sequence = 0;
        cs_secure_step(c, false, cs_handshake_name(msg->type), NULL);
        break;
    default:
        plain_step(c, msg);
        break;
    }
    if (msg->type != CS_HS_HELLO_REQUEST)
        cs_transcript_add(c, msg);
}
