/* handshake_lab.c
 * See handshake_lab.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "handshake_lab.h"

GByteArray *lab_bytes(const uint8_t *p, size_t n)
{
    GByteArray *b = g_byte_array_new();
    g_byte_array_append(b, p, (guint)n);
    return b;
}

void lab_put(GByteArray *b, uint32_t value, unsigned n)
{
    while (n--) {
        uint8_t byte = n < 4 ? (uint8_t)(value >> (8 * n)) : 0;
        g_byte_array_append(b, &byte, 1);
    }
}

static void put_random(GByteArray *b, uint8_t seed)
{
    for (unsigned i = 0; i < 32; i++)
        lab_put(b, (uint8_t)(seed + 7 * i), 1);
}

GByteArray *lab_client_hello(bool dtls, uint8_t seed, bool cookie, bool versions13)
{
    GByteArray *b = g_byte_array_new();
    lab_put(b, dtls ? CS_DTLS12 : CS_TLS12, 2);
    put_random(b, seed);
    lab_put(b, 0, 1);
    if (dtls) {
        lab_put(b, cookie ? 4 : 0, 1);
        if (cookie)
            lab_put(b, 0x01020304, 4);
    }
    lab_put(b, 6, 2);
    lab_put(b, 0xC0060000 | 0xC023, 4);
    lab_put(b, 0x00FF, 2);
    lab_put(b, 0x0100, 2);
    lab_put(b, versions13 ? 4 + 9 : 4, 2);
    if (versions13) {
        lab_put(b, 43, 2);
        lab_put(b, 5, 2);
        lab_put(b, 4, 1);
        lab_put(b, 0x03040303, 4);
    }
    lab_put(b, 23, 2);
    lab_put(b, 0, 2);
    return b;
}

GByteArray *lab_server_hello(uint16_t version, uint16_t suite)
{
    GByteArray *b = g_byte_array_new();
    bool tls13 = version == CS_TLS13 || version == CS_DTLS13;
    lab_put(b, version == CS_TLS13 ? CS_TLS12 : version == CS_DTLS13 ? CS_DTLS12 : version, 2);
    put_random(b, 99);
    lab_put(b, 0, 1);
    lab_put(b, suite, 2);
    lab_put(b, 0, 1);
    if (tls13) {
        lab_put(b, 6, 2);
        lab_put(b, 43, 2);
        lab_put(b, 2, 2);
        lab_put(b, version, 2);
    }
    return b;
}

void lab_on_step(void *ctx, const cs_step *step)
{
    lab *l = ctx;
    l->steps++;
    g_string_append_printf(l->ladder, "%u%c%s;", step->number, step->sender == CS_ROLE_CLIENT ? '>' : '<', step->what);
}

void lab_on_data(void *ctx, const cs_plaintext *data)
{
    lab *l = ctx;
    assert_true(data->len <= data->reported);
    l->data++;
}

lab lab_new(cs_transport transport)
{
    lab l = {.cap = cs_capture_new(NULL), .ladder = g_string_new(NULL)};
    cs_endpoint a = {{4, {10, 0, 0, 1}}, 50000}, b = {{4, {10, 0, 0, 2}}, 2221};
    cs_when at = {1, 1000};
    l.stream = cs_capture_add_stream(l.cap, transport, &a, &b, &at);
    return l;
}

void lab_free(lab *l)
{
    cs_capture_free(l->cap);
    g_string_free(l->ladder, TRUE);
}

void lab_record(lab *l, int sender, uint8_t type, uint16_t epoch, GByteArray *payload)
{
    cs_secure_sink sink = {.ctx = l, .step = lab_on_step, .data = lab_on_data};
    cs_secure_record rec = {.head = {.type = type,
                                     .version = CS_TLS12,
                                     .epoch = epoch,
                                     .seq = l->seq++,
                                     .header_len = 5,
                                     .length = payload->len},
                            .payload = payload->data,
                            .captured = payload->len,
                            .at = {++l->frame, l->frame * 1000}};
    l->stream->end[sender].packets++;
    cs_secure_take(l->cap, l->stream, sender, &rec, true, &sink);
    g_byte_array_unref(payload);
}

void lab_message(lab *l, int sender, uint8_t type, uint16_t seq, GByteArray *body)
{
    bool dtls = l->stream->transport == CS_TRANSPORT_DTLS;
    GByteArray *payload = g_byte_array_new();
    lab_put(payload, type, 1);
    lab_put(payload, body->len, 3);
    if (dtls) {
        lab_put(payload, seq, 2);
        lab_put(payload, 0, 3);
        lab_put(payload, body->len, 3);
    }
    g_byte_array_append(payload, body->data, body->len);
    g_byte_array_unref(body);
    lab_record(l, sender, CS_RECORD_HANDSHAKE, 0, payload);
}

GByteArray *lab_filled(size_t n)
{
    GByteArray *b = g_byte_array_new();
    for (size_t i = 0; i < n; i++)
        lab_put(b, (uint8_t)(i * 151 + 17), 1);
    return b;
}
