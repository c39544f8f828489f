/* test_dtls13.c
 * DTLS 1.3 without keys: what its epochs and sizes tell of a handshake, and what they do not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "handshake_lab.h"

static void send_unified(lab *l, int sender, uint16_t epoch, uint32_t length)
{
    cs_secure_sink sink = {.ctx = l, .step = lab_on_step, .data = lab_on_data};
    GByteArray *payload = lab_filled(length);
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
    lab_message(&l, 0, CS_HS_CLIENT_HELLO, 0, lab_client_hello(true, 1, false, true));
    lab_message(&l, 1, CS_HS_SERVER_HELLO, 0, lab_server_hello(CS_DTLS13, 0x1301));
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

/* Datagrams of a DTLS 1.3 session that begin like its records, each with a copy of its own so that nothing is read
 * behind its end. */
static void dtls13_rubbish(void **state)
{
    (void)state;
    uint64_t seed = 987654321;
    lab l = dtls13();
    cs_secure_sink sink = {.ctx = &l, .step = lab_on_step, .data = lab_on_data};
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
        cmocka_unit_test(dtls13_comes_through),
        cmocka_unit_test(dtls13_not_claimed),
        cmocka_unit_test(dtls13_rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
