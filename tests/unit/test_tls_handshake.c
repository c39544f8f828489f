/* test_tls_handshake.c
 * Handshake messages: their parsers at every truncation, their reassembly, and what a stream concludes from them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/secure.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* ---------------------------------------------------------------- building blocks */

static GByteArray *bytes(const uint8_t *p, size_t n)
{
    GByteArray *b = g_byte_array_new();
    g_byte_array_append(b, p, (guint)n);
    return b;
}

static void put(GByteArray *b, uint32_t value, unsigned n)
{
    while (n--) {
        uint8_t byte = n < 4 ? (uint8_t)(value >> (8 * n)) : 0;
        g_byte_array_append(b, &byte, 1);
    }
}

static void put_random(GByteArray *b, uint8_t seed)
{
    for (unsigned i = 0; i < 32; i++)
        put(b, (uint8_t)(seed + 7 * i), 1);
}

/* A ClientHello body. versions13: with supported_versions that offers TLS 1.3. */
static GByteArray *client_hello(bool dtls, uint8_t seed, bool cookie, bool versions13)
{
    GByteArray *b = g_byte_array_new();
    put(b, dtls ? CS_DTLS12 : CS_TLS12, 2);
    put_random(b, seed);
    put(b, 0, 1);
    if (dtls) {
        put(b, cookie ? 4 : 0, 1);
        if (cookie)
            put(b, 0x01020304, 4);
    }
    put(b, 6, 2);
    put(b, 0xC0060000 | 0xC023, 4);
    put(b, 0x00FF, 2);
    put(b, 0x0100, 2);
    put(b, versions13 ? 4 + 9 : 4, 2);
    if (versions13) {
        put(b, 43, 2);
        put(b, 5, 2);
        put(b, 4, 1);
        put(b, 0x03040303, 4);
    }
    put(b, 23, 2);
    put(b, 0, 2);
    return b;
}

static GByteArray *server_hello(uint16_t version, uint16_t suite)
{
    GByteArray *b = g_byte_array_new();
    bool tls13 = version == CS_TLS13 || version == CS_DTLS13;
    put(b, version == CS_TLS13 ? CS_TLS12 : version == CS_DTLS13 ? CS_DTLS12 : version, 2);
    put_random(b, 99);
    put(b, 0, 1);
    put(b, suite, 2);
    put(b, 0, 1);
    if (tls13) {
        put(b, 6, 2);
        put(b, 43, 2);
        put(b, 2, 2);
        put(b, version, 2);
    }
    return b;
}

typedef struct {
    cs_capture *cap;
    cs_stream *stream;
    uint32_t frame;
    uint64_t seq;
    unsigned steps, data;
    GString *ladder;
} lab;

static void on_step(void *ctx, const cs_step *step)
{
    lab *l = ctx;
    l->steps++;
    g_string_append_printf(l->ladder, "%u%c%s;", step->number, step->sender == CS_ROLE_CLIENT ? '>' : '<', step->what);
}

static void on_data(void *ctx, const cs_plaintext *data)
{
    lab *l = ctx;
    assert_true(data->len <= data->reported);
    l->data++;
}

static lab lab_new(cs_transport transport)
{
    lab l = {.cap = cs_capture_new(NULL), .ladder = g_string_new(NULL)};
    cs_endpoint a = {{4, {10, 0, 0, 1}}, 50000}, b = {{4, {10, 0, 0, 2}}, 2221};
    cs_when at = {1, 1000};
    l.stream = cs_capture_add_stream(l.cap, transport, &a, &b, &at);
    return l;
}

static void lab_free(lab *l)
{
    cs_capture_free(l->cap);
    g_string_free(l->ladder, TRUE);
}

/* A record of a sender; takes over the payload. */
static void send_record(lab *l, int sender, uint8_t type, uint16_t epoch, GByteArray *payload)
{
    cs_secure_sink sink = {.ctx = l, .step = on_step, .data = on_data};
    cs_secure_record rec = {.head = {.type = type,
                                     .version = CS_TLS12,
                                     .epoch = epoch,
                                     .seq = l->seq++,
                                     .header_len = 5,
                                     .length = payload->len},
                            .payload = payload->data,
                            .captured = payload->len,
                            .at = {++l->frame, l->frame * 1000}};
    cs_secure_take(l->cap, l->stream, sender, &rec, true, &sink);
    g_byte_array_unref(payload);
}

static void send_message(lab *l, int sender, uint8_t type, uint16_t seq, GByteArray *body)
{
    bool dtls = l->stream->transport == CS_TRANSPORT_DTLS;
    GByteArray *payload = g_byte_array_new();
    put(payload, type, 1);
    put(payload, body->len, 3);
    if (dtls) {
        put(payload, seq, 2);
        put(payload, 0, 3);
        put(payload, body->len, 3);
    }
    g_byte_array_append(payload, body->data, body->len);
    g_byte_array_unref(body);
    send_record(l, sender, CS_RECORD_HANDSHAKE, 0, payload);
}

static GByteArray *filled(size_t n)
{
    GByteArray *b = g_byte_array_new();
    for (size_t i = 0; i < n; i++)
        put(b, (uint8_t)(i * 151 + 17), 1);
    return b;
}

/* ---------------------------------------------------------------- parsers */

static void hellos_at_every_length(void **state)
{
    (void)state;
    for (int dtls = 0; dtls < 2; dtls++) {
        GByteArray *b = client_hello(dtls, 1, dtls, true);
        cs_client_hello hello;
        assert_true(cs_client_hello_parse(b->data, b->len, dtls, &hello));
        assert_int_equal(hello.version, CS_TLS13);
        assert_int_equal(hello.suites.len, 6);
        assert_true(hello.extended_master_secret);
        for (guint n = 0; n < b->len; n++) {
            GByteArray *cut = bytes(b->data, n);
            bool ok = cs_client_hello_parse(cut->data, n, dtls, &hello);
            /* without extensions it is whole too */
            assert_int_equal(ok, n == b->len - 2 - 13);
            g_byte_array_unref(cut);
        }
        g_byte_array_unref(b);
    }
    GByteArray *b = server_hello(CS_TLS13, 0xC0B4);
    cs_server_hello hello;
    assert_true(cs_server_hello_parse(b->data, b->len, &hello));
    assert_int_equal(hello.version, CS_TLS13);
    assert_int_equal(hello.suite, 0xC0B4);
    assert_false(hello.retry);
    for (guint n = 0; n < b->len; n++) {
        GByteArray *cut = bytes(b->data, n);
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
            put(b, 0, 1);
        put(b, 2 * (3 + 5) + (tls13 ? 4 : 0), 3);
        for (int i = 0; i < 2; i++) {
            put(b, 5, 3);
            put(b, 0x30030101, 4);
            put(b, 1, 1);
            if (tls13)
                put(b, 0, 2);
        }
        cs_span out[1];
        assert_int_equal(cs_certificate_parse(b->data, b->len, tls13, out, 1), 2);
        assert_int_equal(out[0].len, 5);
        for (guint n = 0; n < b->len; n++) {
            GByteArray *cut = bytes(b->data, n);
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
    put(b, 3, 1);
    put(b, 23, 2);
    put(b, 4, 1);
    put(b, 0xAABBCCDD, 4);
    put(b, 0x0403, 2);
    put(b, 3, 2);
    put(b, 0x010203, 3);
    cs_span params, signature;
    uint16_t scheme;
    assert_true(cs_server_key_exchange_parse(b->data, b->len, true, &params, &scheme, &signature));
    assert_int_equal(params.len, 8);
    assert_int_equal(scheme, 0x0403);
    assert_true(cs_certificate_verify_parse(b->data + 8, b->len - 8, &scheme, &signature));
    for (guint n = 0; n < b->len; n++) {
        GByteArray *cut = bytes(b->data, n);
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
        GByteArray *body = filled(i * 37);
        put(stream, 11 + i % 3, 1);
        put(stream, body->len, 3);
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
    put(f, type, 1);
    put(f, body->len, 3);
    put(f, seq, 2);
    put(f, offset, 3);
    put(f, len, 3);
    g_byte_array_append(f, body->data + offset, len);
    cs_assembler_feed(a, f->data, f->len);
    g_byte_array_unref(f);
}

/* Fragments backwards, overlapping and repeated; messages out of order. */
static void dtls_fragments(void **state)
{
    (void)state;
    GByteArray *body = filled(1000);
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
    GByteArray *body = filled(50);
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
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(false, 1, false, false));
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
    assert_string_equal(reason(&l), "the ClientHello got no answer");
    assert_int_equal(l.stream->client, 0);
    send_record(&l, 1, CS_RECORD_ALERT, 0, bytes((const uint8_t[]){2, 40}, 2));
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_FAILED);
    assert_int_equal(l.stream->hs.alert_sender, CS_ROLE_SERVER);
    assert_string_equal(reason(&l),
                        "no common cipher suite: client offered TLS_ECDHE_ECDSA_WITH_NULL_SHA, "
                        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256; server sent handshake_failure (40)");
    lab_free(&l);
}

/* What was not captured is not called missing. */
static void reasons_of_parts(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(false, 1, false, false));
    l.stream->end[1].bytes = 100;
    assert_string_equal(reason(&l), "the answer to the ClientHello was not captured or cannot be read");
    send_message(&l, 1, CS_HS_SERVER_HELLO, 0, server_hello(CS_TLS12, 0xC023));
    l.stream->end[1].bytes = 0;
    assert_string_equal(reason(&l), "the handshake stopped after ServerHello of the server");
    cs_secure_gap(l.stream->wire_state, 1);
    send_message(&l, 1, CS_HS_SERVER_HELLO_DONE, 0, filled(0));
    assert_string_equal(reason(&l), "parts of the handshake were not captured; the last message seen was "
                                    "ServerHelloDone of the server");
    lab_free(&l);
}

static void other_reasons(void **state)
{
    (void)state;
    static const struct {
        uint8_t alert;
        int sender;
        bool hello, request;
        const char *reason;
    } rows[] = {
        {70, 1, false, false, "version mismatch: client offered up to TLS 1.2; server sent protocol_version (70)"},
        {48, 1, true, false, "the server rejected the client's certificate: unknown CA (48)"},
        {48, 0, true, false, "the client rejected the server's certificate: unknown CA (48)"},
        {40, 1, true, true, "certificate demanded but none sent: server sent handshake_failure (40)"},
        {116, 1, true, true, "certificate demanded but none sent: server sent certificate_required (116)"},
        {80, 1, true, false, "the server sent the alert internal error (80); last message before it: ServerHello"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lab l = lab_new(CS_TRANSPORT_TLS);
        send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(false, 1, false, false));
        if (rows[i].hello)
            send_message(&l, 1, CS_HS_SERVER_HELLO, 0, server_hello(CS_TLS12, 0xC023));
        if (rows[i].request)
            send_message(&l, 1, CS_HS_CERTIFICATE_REQUEST, 0, filled(10));
        send_record(&l, rows[i].sender, CS_RECORD_ALERT, 0, bytes((const uint8_t[]){2, rows[i].alert}, 2));
        assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_FAILED);
        assert_string_equal(reason(&l), rows[i].reason);
        lab_free(&l);
    }
}

static void finish_12(lab *l, int sender)
{
    send_record(l, sender, CS_RECORD_CCS, 0, bytes((const uint8_t[]){1}, 1));
    send_record(l, sender, CS_RECORD_HANDSHAKE, 1, filled(80));
}

static void complete_and_resumed(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_TLS);
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(false, 1, false, false));
    send_message(&l, 1, CS_HS_SERVER_HELLO, 0, server_hello(CS_TLS12, 0xC023));
    send_message(&l, 1, CS_HS_SERVER_HELLO_DONE, 0, filled(0));
    send_message(&l, 0, CS_HS_CLIENT_KEY_EXCHANGE, 0, filled(66));
    finish_12(&l, 0);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
    finish_12(&l, 1);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_COMPLETE);
    cs_stream_update(l.stream);
    assert_int_equal(l.stream->conf, CS_CONF_ENCRYPTED);
    assert_null(reason(&l));
    /* an alert that cannot be read, and the end of the connection, change nothing any more */
    send_record(&l, 0, CS_RECORD_ALERT, 1, filled(64));
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
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(false, 1, false, false));
    l.stream->rst = true;
    cs_secure_conclude(l.stream);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_FAILED);
    assert_string_equal(reason(&l),
                        "the connection was reset without an alert; the last message was ClientHello of the client");
    lab_free(&l);
}

static void send_unified(lab *l, int sender, uint16_t epoch, uint32_t length)
{
    cs_secure_sink sink = {.ctx = l, .step = on_step, .data = on_data};
    GByteArray *payload = filled(length);
    cs_secure_record rec = {.head = {.type = CS_RECORD_APPDATA,
                                     .version = CS_DTLS12,
                                     .unified = true,
                                     .epoch = epoch,
                                     .header_len = 5,
                                     .length = length},
                            .payload = payload->data,
                            .captured = length,
                            .at = {++l->frame, l->frame * 1000}};
    cs_secure_take(l->cap, l->stream, sender, &rec, true, &sink);
    g_byte_array_unref(payload);
}

/* Two octets and record numbers; type and tag. */
#define ACK_OF(numbers) (2 + 16 * (numbers) + 1 + 16)
#define FLIGHT 800
#define FINISHED 61

static lab dtls13(void)
{
    lab l = lab_new(CS_TRANSPORT_DTLS);
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(true, 1, false, true));
    send_message(&l, 1, CS_HS_SERVER_HELLO, 0, server_hello(CS_DTLS13, 0x1301));
    assert_int_equal(l.stream->hs.version, CS_DTLS13);
    send_unified(&l, 1, 2, FLIGHT);
    return l;
}

static void dtls13_comes_through(void **state)
{
    (void)state;
    lab l = dtls13();
    send_unified(&l, 0, 2, FLIGHT);
    send_unified(&l, 0, 2, FINISHED);
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
    uint32_t finished_in = l.frame;
    send_unified(&l, 1, 3, ACK_OF(2));
    assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_COMPLETE);
    assert_true(l.stream->hs.done.frame <= finished_in);
    for (int i = 0; i < 40; i++)
        send_unified(&l, i & 1, 3, 80);
    cs_stream_update(l.stream);
    assert_int_equal(l.stream->conf, CS_CONF_ENCRYPTED);
    assert_int_equal(l.stream->app_records, 40);
    /* the numbers of the records cannot be read: no gaps are claimed */
    assert_true(l.stream->has_rhythm);
    assert_int_equal(l.stream->rhythm[0].packets, 20);
    assert_int_equal(l.stream->rhythm[0].gaps + l.stream->rhythm[0].duplicates, 0);
    lab_free(&l);
}

/* What does not prove that the server took the client's Finished. */
static void dtls13_not_claimed(void **state)
{
    (void)state;
    static const struct {
        struct {
            int sender;
            uint16_t epoch;
            uint32_t length;
        } sent[3];
    } rows[] = {
        {{{0, 2, ACK_OF(1)}, {1, 3, 80}}}, /* parts of the server's flight were missing; it sends data early */
        {{{0, 2, ACK_OF(3)}, {1, 3, 80}}},
        {{{0, 2, FINISHED}, {1, 2, FLIGHT}}}, /* the server's flight again */
        {{{0, 2, FINISHED}, {1, 3, 2 + 1 + 16}}}, /* an alert */
        {{{0, 2, FINISHED}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        lab l = dtls13();
        for (int k = 0; k < 3 && rows[i].sent[k].length; k++)
            send_unified(&l, rows[i].sent[k].sender, rows[i].sent[k].epoch, rows[i].sent[k].length);
        assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
        cs_stream_update(l.stream);
        assert_int_equal(l.stream->conf, CS_CONF_UNKNOWN);
        lab_free(&l);
    }
}

static void dtls_cookie_retransmission_and_next_association(void **state)
{
    (void)state;
    lab l = lab_new(CS_TRANSPORT_DTLS);
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(true, 1, false, false));
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(true, 1, false, false));
    assert_int_equal(l.stream->hs.client_hellos, 2);
    assert_string_equal(reason(&l), "the ClientHello got no answer (sent 2 times)");
    GByteArray *verify = g_byte_array_new();
    put(verify, CS_DTLS12, 2);
    put(verify, 0x0401020304u >> 8, 4);
    send_message(&l, 1, CS_HS_HELLO_VERIFY, 0, verify);
    GByteArray *with_cookie = client_hello(true, 1, true, false);
    send_message(&l, 0, CS_HS_CLIENT_HELLO, 1, with_cookie);
    send_message(&l, 1, CS_HS_SERVER_HELLO, 1, server_hello(CS_DTLS12, 0xC006));
    assert_true(l.stream->hs.hello_verify);
    assert_int_equal(l.stream->hs.version, CS_DTLS12);
    cs_stream_update(l.stream);
    assert_int_equal(l.stream->conf, CS_CONF_UNKNOWN);
    GByteArray *again = client_hello(true, 1, false, false), *next = client_hello(true, 50, false, false);
    for (int i = 0; i < 2; i++) {
        GByteArray *body = i ? next : again, *payload = g_byte_array_new();
        put(payload, CS_HS_CLIENT_HELLO, 1);
        put(payload, body->len, 3);
        put(payload, 0, 5);
        put(payload, body->len, 3);
        g_byte_array_append(payload, body->data, body->len);
        cs_tls_record head = {.type = CS_RECORD_HANDSHAKE, .length = payload->len};
        assert_int_equal(cs_secure_is_new_association(l.stream, 0, &head, payload->data, payload->len), i);
        g_byte_array_unref(payload);
        g_byte_array_unref(body);
    }
    lab_free(&l);
}

/* TLS 1.3 without keys: complete only when the server answers the client's flight with more than an alert. */
static void tls13_without_keys(void **state)
{
    (void)state;
    for (int rejected = 0; rejected < 2; rejected++) {
        lab l = lab_new(CS_TRANSPORT_TLS);
        send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(false, 1, false, true));
        send_message(&l, 1, CS_HS_SERVER_HELLO, 0, server_hello(CS_TLS13, 0x1301));
        send_record(&l, 1, CS_RECORD_CCS, 0, bytes((const uint8_t[]){1}, 1));
        send_record(&l, 1, CS_RECORD_APPDATA, 0, filled(900));
        send_record(&l, 0, CS_RECORD_APPDATA, 0, filled(800));
        assert_int_equal(l.stream->hs.state, CS_HANDSHAKE_INCOMPLETE);
        send_record(&l, 1, CS_RECORD_APPDATA, 0, filled(rejected ? 19 : 250));
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
            send_message(&l, 0, CS_HS_CLIENT_HELLO, 0, client_hello(!(round % 2), 1, false, false));
        if (round % 5 == 4)
            send_message(&l, 1, CS_HS_SERVER_HELLO, 0, server_hello(round % 2 ? CS_TLS13 : CS_DTLS12, 0xC0B4));
        for (unsigned i = 0; i < 100; i++) {
            GByteArray *b = g_byte_array_new();
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            for (unsigned k = 0; k < (seed >> 40) % 300; k++)
                put(b, (uint32_t)((seed >> 33) * (k + 1) >> 3), 1);
            if (b->len > 12 && i % 2)
                b->data[0] = (uint8_t)(i % 26), b->data[1] = 0, b->data[2] = 0;
            send_record(&l, (int)(seed >> 62) & 1, (uint8_t)(20 + (seed >> 50) % 4), (seed >> 45) & 1, b);
        }
        lab_free(&l);
    }
}

/* Datagrams of a DTLS 1.3 session that begin like its records, each with a copy of its own so that nothing is read
 * behind its end. */
static void dtls13_rubbish(void **state)
{
    (void)state;
    uint64_t seed = 987654321;
    lab l = dtls13();
    cs_secure_sink sink = {.ctx = &l, .step = on_step, .data = on_data};
    unsigned records = 0;
    for (unsigned round = 0; round < 20000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t n = 1 + (size_t)(seed >> 40) % 120;
        uint8_t *p = g_malloc(n);
        for (size_t k = 0; k < n; k++)
            p[k] = (uint8_t)((seed >> 20) * (k + 3) >> 7);
        p[0] = (uint8_t)(0x20 | (seed >> 58 & 0x1F));
        if (n > 4 && round % 2)
            p[3] = 0;
        cs_secure_record rec = {.at = {++l.frame, l.frame * 1000}};
        size_t at = 0;
        int sender = seed >> 50 & 1;
        while (at < n && cs_secure_datagram_record(l.stream, sender, p + at, n - at, n - at, &rec.head) == 1) {
            rec.payload = p + at + rec.head.header_len;
            rec.captured = rec.head.length;
            at += rec.head.header_len + rec.head.length;
            assert_true(at <= n);
            cs_secure_take(l.cap, l.stream, sender, &rec, true, &sink);
            records++;
        }
        g_free(p);
    }
    assert_true(records > 1000);
    lab_free(&l);
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
        cmocka_unit_test(no_common_suite),
        cmocka_unit_test(reasons_of_parts),
        cmocka_unit_test(other_reasons),
        cmocka_unit_test(complete_and_resumed),
        cmocka_unit_test(reset_without_alert),
        cmocka_unit_test(dtls13_comes_through),
        cmocka_unit_test(dtls13_not_claimed),
        cmocka_unit_test(dtls13_rubbish),
        cmocka_unit_test(dtls_cookie_retransmission_and_next_association),
        cmocka_unit_test(tls13_without_keys),
        cmocka_unit_test(rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
