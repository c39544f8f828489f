/* test_tls_handshake.c
 * Handshake messages: their parsers at every truncation, their reassembly, and what a stream concludes from them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "handshake_lab.h"

/* ---------------------------------------------------------------- parsers */

static void hellos_at_every_length(void **state)
{
    (void)state;
    for (int dtls = 0; dtls < 2; dtls++) {
        GByteArray *b = lab_client_hello(dtls, 1, dtls, true);
        cs_client_hello hello;
        assert_true(cs_client_hello_parse(b->data, b->len, dtls, &hello));
        assert_int_equal(hello.version, CS_TLS13);
        assert_int_equal(hello.suites.len, 6);
        assert_true(hello.extended_master_secret);
        for (guint n = 0; n < b->len; n++) {
            GByteArray *cut = lab_bytes(b->data, n);
            bool ok = cs_client_hello_parse(cut->data, n, dtls, &hello);
            /* without extensions it is whole too */
            assert_int_equal(ok, n == b->len - 2 - 13);
            g_byte_array_unref(cut);
        }
        g_byte_array_unref(b);
    }
    GByteArray *b = lab_server_hello(CS_TLS13, 0xC0B4);
    cs_server_hello hello;
    assert_true(cs_server_hello_parse(b->data, b->len, &hello));
    assert_int_equal(hello.version, CS_TLS13);
    assert_int_equal(hello.suite, 0xC0B4);
    assert_false(hello.retry);
    for (guint n = 0; n < b->len; n++) {
        GByteArray *cut = lab_bytes(b->data, n);
        assert_int_equal(cs_server_hello_parse(cut->data, n, &hello), n == b->len - 8);
        g_byte_array_unref(cut);
    }
    g_byte_array_unref(b);
}

static void certificates_at_every_length(void **state)
{
    (void)state;
    for (int tls13 = 0; tls13 < 2; tls13++) {
        GByteArray *b = g_byte_array_new();
        if (tls13)
            lab_put(b, 0, 1);
        lab_put(b, 2 * (3 + 5) + (tls13 ? 4 : 0), 3);
        for (int i = 0; i < 2; i++) {
            lab_put(b, 5, 3);
            lab_put(b, 0x30030101, 4);
            lab_put(b, 1, 1);
            if (tls13)
                lab_put(b, 0, 2);
        }
        cs_span out[1];
        assert_int_equal(cs_certificate_parse(b->data, b->len, tls13, out, 1), 2);
        assert_int_equal(out[0].len, 5);
        for (guint n = 0; n < b->len; n++) {
            GByteArray *cut = lab_bytes(b->data, n);
            assert_int_equal(cs_certificate_parse(cut->data, n, tls13, out, 1), -1);
            g_byte_array_unref(cut);
        }
        g_byte_array_unref(b);
    }
}

static void signatures_at_every_length(void **state)
{
    (void)state;
    GByteArray *b = g_byte_array_new();
    lab_put(b, 3, 1);
    lab_put(b, 23, 2);
    lab_put(b, 4, 1);
    lab_put(b, 0xAABBCCDD, 4);
    lab_put(b, 0x0403, 2);
    lab_put(b, 3, 2);
    lab_put(b, 0x010203, 3);
    cs_span params, signature;
    uint16_t scheme;
    assert_true(cs_server_key_exchange_parse(b->data, b->len, true, &params, &scheme, &signature));
    assert_int_equal(params.len, 8);
    assert_int_equal(scheme, 0x0403);
    assert_true(cs_certificate_verify_parse(b->data + 8, b->len - 8, &scheme, &signature));
    for (guint n = 0; n < b->len; n++) {
        GByteArray *cut = lab_bytes(b->data, n);
        assert_false(cs_server_key_exchange_parse(cut->data, n, true, &params, &scheme, &signature));
        if (n >= 8)
            assert_false(cs_certificate_verify_parse(cut->data + 8, n - 8, &scheme, &signature));
        g_byte_array_unref(cut);
    }
    g_byte_array_unref(b);
}

/* ---------------------------------------------------------------- reassembly */

static void tls_messages_in_any_pieces(void **state)
{
    (void)state;
    GByteArray *stream = g_byte_array_new();
    for (unsigned i = 0; i < 20; i++) {
        GByteArray *body = lab_filled(i * 37);
        lab_put(stream, 11 + i % 3, 1);
        lab_put(stream, body->len, 3);
        g_byte_array_append(stream, body->data, body->len);
        g_byte_array_unref(body);
    }
    for (guint piece = 1; piece < 300; piece += 7) {
        cs_assembler *a = cs_assembler_new(false);
        cs_hs_message msg;
        unsigned count = 0;
        for (guint at = 0; at < stream->len; at += piece) {
            cs_assembler_feed(a, stream->data + at, MIN(piece, stream->len - at));
            while (cs_assembler_next(a, &msg)) {
                assert_int_equal(msg.len, count * 37);
                count++;
            }
        }
        assert_int_equal(count, 20);
        assert_false(cs_assembler_pending(a));
        cs_assembler_free(a);
    }
    g_byte_array_unref(stream);
}

static void feed_fragment(cs_assembler *a, uint8_t type, uint16_t seq, const GByteArray *body, guint offset, guint len)
{
    GByteArray *f = g_byte_array_new();
    lab_put(f, type, 1);
    lab_put(f, body->len, 3);
    lab_put(f, seq, 2);
    lab_put(f, offset, 3);
    lab_put(f, len, 3);
    g_byte_array_append(f, body->data + offset, len);
    cs_assembler_feed(a, f->data, f->len);
    g_byte_array_unref(f);
}

/* Fragments backwards, overlapping and repeated; messages out of order. */
static void dtls_fragments(void **state)
{
    (void)state;
    GByteArray *body = lab_filled(1000);
    for (guint piece = 1; piece <= 1000; piece += 111) {
        cs_assembler *a = cs_assembler_new(true);
        cs_hs_message msg;
        feed_fragment(a, 2, 4, body, 0, 1000);
        assert_true(cs_assembler_next(a, &msg));
        feed_fragment(a, 14, 6, body, 0, 1000);
        assert_false(cs_assembler_next(a, &msg));
        for (guint end = 1000; end > 0; end -= MIN(piece, end)) {
            guint start = end > piece ? end - piece : 0;
            guint longer = MIN(1000u, end + 20);
            feed_fragment(a, 11, 5, body, start, longer - start);
            feed_fragment(a, 11, 5, body, start, end - start);
        }
        assert_true(cs_assembler_next(a, &msg));
        assert_int_equal(msg.type, 11);
        assert_int_equal(msg.len, 1000);
        assert_memory_equal(msg.body, body->data, 1000);
        assert_true(cs_assembler_next(a, &msg));
        assert_int_equal(msg.type, 14);
        assert_false(cs_assembler_next(a, &msg));
        feed_fragment(a, 11, 5, body, 0, 10);
        assert_true(cs_assembler_next(a, &msg));
        assert_true(msg.repeated);
        cs_assembler_free(a);
    }
    g_byte_array_unref(body);
}

static void dtls_lost_message(void **state)
{
    (void)state;
    GByteArray *body = lab_filled(50);
    cs_assembler *a = cs_assembler_new(true);
    cs_hs_message msg;
    feed_fragment(a, 2, 0, body, 0, 50);
    assert_true(cs_assembler_next(a, &msg));
    feed_fragment(a, 11, 1, body, 0, 20);
    feed_fragment(a, 14, 2, body, 0, 50);
    assert_false(cs_assembler_next(a, &msg));
    cs_assembler_flush(a);
    assert_true(cs_assembler_next(a, &msg));
    assert_int_equal(msg.type, 14);
    assert_true(msg.after_loss);
    cs_assembler_free(a);
    g_byte_array_unref(body);
}

/* The first message seen of a flight need not be its first: what it overtook is new, and only what was there before is
 * sent again. */
static void dtls_overtaken_messages(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        uint16_t seq;
        bool repeated;
    } come[] = {{12, 3, false}, {2, 1, false}, {11, 2, false}, {11, 2, true},
                {13, 4, false}, {2, 1, true},  {14, 5, false}};
    GByteArray *body = lab_filled(50);
    cs_assembler *a = cs_assembler_new(true);
    cs_hs_message msg;
    for (unsigned i = 0; i < G_N_ELEMENTS(come); i++) {
        feed_fragment(a, come[i].type, come[i].seq, body, 0, 20);
        assert_true(come[i].repeated == cs_assembler_next(a, &msg));
        feed_fragment(a, come[i].type, come[i].seq, body, 20, 30);
        assert_true(come[i].repeated || cs_assembler_next(a, &msg));
        assert_int_equal(msg.type, come[i].type);
        assert_int_equal(msg.repeated, come[i].repeated);
        assert_false(msg.after_loss);
        assert_int_equal(msg.overtaken, !come[i].repeated && come[i].seq < 3);
        assert_false(cs_assembler_next(a, &msg));
    }
    cs_assembler_free(a);
    g_byte_array_unref(body);
}

/* ---------------------------------------------------------------- streams */

/* As the end of the capture leaves it. */
static const char *reason(lab *l)
{
    cs_secure_explain(l->stream);
    return l->stream->hs.reason;
}

static void no_common_suite(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
    assert_string_equal(reason(&l), "no answer to the ClientHello was captured");
    assert_int_equal(l.stream->client, 0);
    lab_record(&l, 1, CS_RECORD_ALERT, 0, lab_bytes((const uint8_t[]){2, 40}, 2));
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_FAILED);
    assert_int_equal(l.stream->hs.alert_sender, CS_ROLE_SERVER);
    assert_string_equal(reason(&l),
                        "no common cipher suite: client offered TLS_ECDHE_ECDSA_WITH_NULL_SHA, "
                        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256; server sent handshake_failure (40)");
    lab_free(&l);
}

/* The answer to something else than the ClientHello says nothing about its suites. */
static void suites_refused_only_in_a_hello(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
    lab_message(&l, 0, CS_HS_CLIENT_KEY_EXCHANGE, 0, lab_filled(66));
    lab_record(&l, 1, CS_RECORD_ALERT, 0, lab_bytes((const uint8_t[]){2, 40}, 2));
    assert_string_equal(reason(&l), "the server sent the alert handshake failure (40)");
    lab_free(&l);
    l = lab_new(CS_TRANSPORT_TLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
    cs_secure_gap(l.stream->wire_state, 1);
    lab_record(&l, 1, CS_RECORD_ALERT, 0, lab_bytes((const uint8_t[]){2, 40}, 2));
    assert_string_equal(reason(&l),
                        "the server sent the alert handshake failure (40); parts of the handshake were not captured");
    lab_free(&l);
}

/* One direction only: that it stopped, or that nobody answered, cannot be told. */
static void one_direction(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_DTLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(true, 1, false, false));
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 1, lab_client_hello(true, 1, true, false));
    assert_string_equal(reason(&l), "the answer to the ClientHello was not captured or cannot be read");
    lab_free(&l);
    l = lab_new(CS_TRANSPORT_DTLS);
    lab_message(&l, 1, CS_HS_SERVER_HELLO, 1, lab_server_hello(CS_DTLS12, 0xC023));
    lab_message(&l, 1, CS_HS_SERVER_HELLO_DONE, 2, lab_filled(0));
    assert_string_equal(reason(&l), "parts of the handshake were not captured; the last message seen was "
                                    "ServerHelloDone of the server");
    lab_free(&l);
}

/* A record in the middle of a session, alike throughout but for some zeros near its beginning. @return what it is
 * taken for */
static cs_confidentiality looks_like(size_t zeros)
{
    lab l = lab_new(CS_TRANSPORT_TLS);
    GByteArray *payload = lab_filled(1400);
    memset(payload->data + 20, 0, zeros);
    lab_record(&l, 0, CS_RECORD_APPDATA, 0, payload);
    cs_confidentiality found = l.stream->conf;
    lab_free(&l);
    return found;
}

static void what_looks_like_ciphertext(void **state)
{
    (void)state;
    assert_int_equal(looks_like(0), CS_CONF_ENCRYPTED);
    /* as in the header of a large readable message, whose content may be compressed */
    assert_int_equal(looks_like(22), CS_CONF_UNKNOWN);
}

/* What was not captured is not called missing. */
static void reasons_of_parts(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
    l.stream->end[1].bytes = 100;
    assert_string_equal(reason(&l), "the answer to the ClientHello was not captured or cannot be read");
    lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, lab_server_hello(CS_TLS12, 0xC023));
    l.stream->end[1].bytes = 0;
    assert_string_equal(reason(&l), "the handshake stopped after ServerHello of the server");
    cs_secure_gap(l.stream->wire_state, 1);
    lab_message(&l, 1, CS_HS_SERVER_HELLO_DONE, 0, lab_filled(0));
    assert_string_equal(reason(&l), "parts of the handshake were not captured; the last message seen was "
                                    "ServerHelloDone of the server");
    lab_free(&l);
}

/* The body of a Certificate message with one certificate, which nobody can read, or none. */
static GByteArray *certificates(bool one)
{
    GByteArray *body = g_byte_array_new();
    lab_put(body, one ? 3 + 8 : 0, 3);
    if (one) {
        lab_put(body, 8, 3);
        for (int i = 0; i < 8; i++)
            lab_put(body, 0x30, 1);
    }
    return body;
}

static void other_reasons(void **state)
{
    (void)state;
    static const struct {
        uint8_t alert;
        int sender;
        bool hello, request;
        enum { NOTHING, NO_CERTIFICATE, EMPTY, CERTIFICATE } answer;
        const char *reason;
    } rows[] = {
        {70, 1, false, false, NOTHING,
         "version mismatch: client offered up to TLS 1.2; server sent protocol_version (70)"},
        {48, 1, true, false, NOTHING, "the server rejected the client's certificate: unknown CA (48)"},
        {48, 0, true, false, NOTHING, "the client rejected the server's certificate: unknown CA (48)"},
        {40, 1, true, true, EMPTY, "certificate demanded but none sent: server sent handshake_failure (40)"},
        {40, 1, true, true, NO_CERTIFICATE, "certificate demanded but none sent: server sent handshake_failure (40)"},
        {42, 1, true, true, EMPTY, "certificate demanded but none sent: server sent bad_certificate (42)"},
        {50, 1, true, true, EMPTY,
         "the server sent the alert decode error (50); last message before it: Certificate; the server had asked for a "
         "certificate and the client sent none"},
        {116, 1, true, true, NOTHING, "certificate demanded but none sent: server sent certificate_required (116)"},
        /* the client's answer was not captured: it may have held a certificate, or none */
        {40, 1, true, true, NOTHING,
         "the server sent the alert handshake failure (40); last message before it: CertificateRequest"},
        {42, 1, true, true, NOTHING,
         "the server sent the alert bad certificate (42); last message before it: CertificateRequest"},
        {45, 1, true, true, NOTHING, "the server rejected the client's certificate: certificate expired (45)"},
        {42, 1, true, true, CERTIFICATE, "the server rejected the client's certificate: bad certificate (42)"},
        {80, 1, true, false, NOTHING,
         "the server sent the alert internal error (80); last message before it: ServerHello"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lab l = lab_new(CS_TRANSPORT_TLS);
        lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
        if (rows[i].hello)
            lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, lab_server_hello(CS_TLS12, 0xC023));
        if (rows[i].request)
            lab_message(&l, 1, CS_HS_CERTIFICATE_REQUEST, 0, lab_filled(10));
        if (rows[i].answer == NO_CERTIFICATE)
            lab_record(&l, 0, CS_RECORD_CCS, 0, lab_bytes((const uint8_t[]){1}, 1));
        else if (rows[i].answer != NOTHING)
            lab_message(&l, 0, CS_HS_CERTIFICATE, 0, certificates(rows[i].answer == CERTIFICATE));
        lab_record(&l, rows[i].sender, CS_RECORD_ALERT, 0, lab_bytes((const uint8_t[]){2, rows[i].alert}, 2));
        assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_FAILED);
        assert_string_equal(reason(&l), rows[i].reason);
        lab_free(&l);
    }
}

static void finish_12(lab *l, int sender)
{
    lab_record(l, sender, CS_RECORD_CCS, 0, lab_bytes((const uint8_t[]){1}, 1));
    lab_record(l, sender, CS_RECORD_HANDSHAKE, 1, lab_filled(80));
}

static void complete_and_resumed(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
    lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, lab_server_hello(CS_TLS12, 0xC023));
    lab_message(&l, 1, CS_HS_SERVER_HELLO_DONE, 0, lab_filled(0));
    lab_message(&l, 0, CS_HS_CLIENT_KEY_EXCHANGE, 0, lab_filled(66));
    finish_12(&l, 0);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
    finish_12(&l, 1);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_COMPLETE);
    cs_stream_update(l.stream);
    assert_int_equal(l.stream->conf, CS_CONF_ENCRYPTED);
    assert_null(reason(&l));
    /* an alert that cannot be read, and the end of the connection, change nothing any more */
    lab_record(&l, 0, CS_RECORD_ALERT, 1, lab_filled(64));
    l.stream->fin = l.stream->rst = true;
    cs_secure_conclude(l.stream);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_COMPLETE);
    assert_string_equal(l.ladder->str, "1>ClientHello;2<ServerHello;3<ServerHelloDone;4>ClientKeyExchange;"
                                       "5>ChangeCipherSpec;6>Finished (encrypted);7<ChangeCipherSpec;"
                                       "8<Finished (encrypted);");
    lab_free(&l);
}

static void reset_without_alert(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
    l.stream->rst = true;
    cs_secure_conclude(l.stream);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_FAILED);
    assert_string_equal(reason(&l),
                        "the connection was reset without an alert; the last message was ClientHello of the client");
    lab_free(&l);
}

/* The closing end sent data, or the other one did: then it was the answer that was not captured. */
static void closed_after_data(void **state)
{
    (void)state;
    for (int sender = 0; sender < 2; sender++) {
        for (int late = 0; late < 2; late++) {
            lab l = lab_new(CS_TRANSPORT_TLS);
            lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, false));
            l.stream->fin = late;
            cs_secure_conclude(l.stream);
            lab_record(&l, sender, CS_RECORD_APPDATA, 0, lab_filled(80));
            l.stream->fin = true;
            cs_secure_conclude(l.stream);
            assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
            lab_free(&l);
        }
    }
}

/* @return a handshake record with one message; takes over the body */
static cs_secure_record record_of(uint8_t type, GByteArray *body, int64_t ns, GByteArray **payload)
{
    *payload = g_byte_array_new();
    lab_put(*payload, type, 1);
    lab_put(*payload, body->len, 3);
    lab_put(*payload, 0, 5);
    lab_put(*payload, body->len, 3);
    g_byte_array_append(*payload, body->data, body->len);
    g_byte_array_unref(body);
    return (cs_secure_record){.head = {.type = CS_RECORD_HANDSHAKE, .length = (*payload)->len},
                              .payload = (*payload)->data,
                              .captured = (*payload)->len,
                              .at = {1000, ns}};
}

static void dtls_cookie_retransmission_and_next_association(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_DTLS);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(true, 1, false, false));
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(true, 1, false, false));
    assert_int_equal(l.stream->hs.client_hellos, 2);
    assert_string_equal(reason(&l), "the ClientHello got no answer (sent 2 times)");
    GByteArray *verify = g_byte_array_new();
    lab_put(verify, CS_DTLS12, 2);
    lab_put(verify, 0x0401020304u >> 8, 4);
    lab_message(&l, 1, CS_HS_HELLO_VERIFY, 0, verify);
    GByteArray *with_cookie = lab_client_hello(true, 1, true, false);
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 1, with_cookie);
    lab_message(&l, 1, CS_HS_SERVER_HELLO, 1, lab_server_hello(CS_DTLS12, 0xC006));
    assert_true(l.stream->hs.hello_verify);
    assert_int_equal(l.stream->hs.version, CS_DTLS12);
    cs_stream_update(l.stream);
    assert_int_equal(l.stream->conf, CS_CONF_UNKNOWN);
    GByteArray *again = lab_client_hello(true, 1, false, false), *next = lab_client_hello(true, 50, false, false);
    for (int i = 0; i < 2; i++) {
        GByteArray *payload;
        cs_secure_record rec = record_of(CS_HS_CLIENT_HELLO, i ? next : again, 0, &payload);
        assert_int_equal(cs_secure_is_new_association(l.stream, 0, &rec), i);
        g_byte_array_unref(payload);
    }
    lab_free(&l);
}

/* All that one end says may be recorded before the first word of the other one; who tries again waits longer. */
static void dtls_one_direction_late(void **state)
{
    (void)state;
    for (int waits = 0; waits < 2; waits++) {
        int64_t ns = waits ? INT64_C(1000000000) : 5000000;
        GByteArray *payload;
        lab l = lab_new(CS_TRANSPORT_DTLS);
        lab_message(&l, 1, CS_HS_SERVER_HELLO, 1, lab_server_hello(CS_DTLS12, 0xC006));
        lab_message(&l, 1, CS_HS_SERVER_HELLO_DONE, 2, lab_filled(0));
        cs_secure_record rec = record_of(CS_HS_CLIENT_HELLO, lab_client_hello(true, 1, false, false), ns, &payload);
        assert_int_equal(cs_secure_is_new_association(l.stream, 0, &rec), waits);
        g_byte_array_unref(payload);
        lab_free(&l);

        l = lab_new(CS_TRANSPORT_DTLS);
        lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(true, 1, false, false));
        lab_record(&l, 0, CS_RECORD_APPDATA, 1, lab_filled(80));
        rec = record_of(CS_HS_SERVER_HELLO, lab_server_hello(CS_DTLS12, 0xC006), ns, &payload);
        assert_int_equal(cs_secure_is_new_association(l.stream, 1, &rec), waits);
        g_byte_array_unref(payload);
        lab_free(&l);
    }
}

/* TLS 1.3 without keys: complete only when the server answers the client's flight with more than an alert. */
static void tls13_without_keys(void **state)
{
    (void)state;
    for (int rejected = 0; rejected < 2; rejected++) {
        lab l = lab_new(CS_TRANSPORT_TLS);
        lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(false, 1, false, true));
        lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, lab_server_hello(CS_TLS13, 0x1301));
        lab_record(&l, 1, CS_RECORD_CCS, 0, lab_bytes((const uint8_t[]){1}, 1));
        lab_record(&l, 1, CS_RECORD_APPDATA, 0, lab_filled(900));
        lab_record(&l, 0, CS_RECORD_APPDATA, 0, lab_filled(800));
        assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
        lab_record(&l, 1, CS_RECORD_APPDATA, 0, lab_filled(rejected ? 19 : 250));
        assert_int_equal(l.stream->hs.state, rejected ? CS_HANDSHAKE_INCOMPLETE : CS_HANDSHAKE_COMPLETE);
        cs_stream_update(l.stream);
        assert_int_equal(l.stream->conf, rejected ? CS_CONF_UNKNOWN : CS_CONF_ENCRYPTED);
        lab_free(&l);
    }
}

static void rubbish(void **state)
{
    (void)state;
    uint64_t seed = 123456789;
    for (unsigned round = 0; round < 300; round++) {
        lab l = lab_new(round % 2 ? CS_TRANSPORT_TLS : CS_TRANSPORT_DTLS);
        if (round % 3)
            lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(!(round % 2), 1, false, false));
        if (round % 5 == 4)
            lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, lab_server_hello(round % 2 ? CS_TLS13 : CS_DTLS12, 0xC0B4));
        for (unsigned i = 0; i < 100; i++) {
            GByteArray *b = g_byte_array_new();
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            for (unsigned k = 0; k < (seed >> 40) % 300; k++)
                lab_put(b, (uint32_t)((seed >> 33) * (k + 1) >> 3), 1);
            if (b->len > 12 && i % 2)
                b->data[0] = (uint8_t)(i % 26), b->data[1] = 0, b->data[2] = 0;
            lab_record(&l, (int)(seed >> 62) & 1, (uint8_t)(20 + (seed >> 50) % 4), (seed >> 45) & 1, b);
        }
        lab_free(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos_at_every_length),
        cmocka_unit_test(certificates_at_every_length),
        cmocka_unit_test(signatures_at_every_length),
        cmocka_unit_test(tls_messages_in_any_pieces),
        cmocka_unit_test(dtls_fragments),
        cmocka_unit_test(dtls_lost_message),
        cmocka_unit_test(dtls_overtaken_messages),
        cmocka_unit_test(no_common_suite),
        cmocka_unit_test(reasons_of_parts),
        cmocka_unit_test(suites_refused_only_in_a_hello),
        cmocka_unit_test(one_direction),
        cmocka_unit_test(other_reasons),
        cmocka_unit_test(complete_and_resumed),
        cmocka_unit_test(reset_without_alert),
        cmocka_unit_test(closed_after_data),
        cmocka_unit_test(dtls_cookie_retransmission_and_next_association),
        cmocka_unit_test(dtls_one_direction_late),
        cmocka_unit_test(tls13_without_keys),
        cmocka_unit_test(what_looks_like_ciphertext),
        cmocka_unit_test(rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
