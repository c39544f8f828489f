/* test_tls_records.c
 * Record headers, and cutting TCP bytes into records whatever order and pieces they come in.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/tls.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void tls_headers(void **state)
{
    (void)state;
    const uint8_t good[] = {23, 3, 3, 0, 48};
    cs_tls_record rec;
    assert_int_equal(cs_tls_record_parse(good, 5, &rec), 1);
    assert_int_equal(rec.type, 23);
    assert_int_equal(rec.length, 48);
    for (size_t n = 0; n < 5; n++)
        assert_int_equal(cs_tls_record_parse(good, n, &rec), 0);
    static const uint8_t bad[][5] = {{19, 3, 3, 0, 1}, {24, 3, 3, 0, 1},       {23, 2, 3, 0, 1},
                                     {23, 3, 5, 0, 1}, {23, 3, 3, 0x60, 0x00}, {22, 3, 3, 0, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(cs_tls_record_parse(bad[i], 5, &rec), -1);
}

static void dtls_headers(void **state)
{
    (void)state;
    uint8_t good[13 + 44] = {0x17, 0xFE, 0xFD, 0, 1, 0, 1, 0, 0, 0, 9, 0, 44};
    cs_tls_record rec;
    assert_int_equal(cs_dtls_record_parse(good, sizeof good, sizeof good, -1, &rec), 1);
    assert_int_equal(rec.epoch, 1);
    assert_true(rec.seq == 0x100000009ull);
    assert_int_equal(rec.length, 44);
    for (size_t n = 0; n < 13; n++)
        assert_int_equal(cs_dtls_record_parse(good, n, sizeof good, -1, &rec), 0);
    assert_int_equal(cs_dtls_record_parse(good, 13, sizeof good, -1, &rec), 1);
    assert_int_equal(cs_dtls_record_parse(good, sizeof good, sizeof good - 1, -1, &rec), -1);
    good[0] = 0x16;
    good[1] = 0x03;
    assert_int_equal(cs_dtls_record_parse(good, sizeof good, sizeof good, -1, &rec), -1);
}

static void unified_headers(void **state)
{
    (void)state;
    cs_tls_record rec;
    /* without connection id: 16 bits of sequence number, length */
    uint8_t p[5 + 60] = {0x2E, 0xAA, 0xBB, 0, 40};
    assert_int_equal(cs_dtls13_record_parse(p, sizeof p, sizeof p, -1, &rec), 1);
    assert_true(rec.unified);
    assert_int_equal(rec.epoch, 2);
    assert_int_equal(rec.header_len, 5);
    assert_int_equal(rec.length, 40);
    for (size_t n = 0; n < 5; n++)
        assert_int_equal(cs_dtls13_record_parse(p, n, sizeof p, -1, &rec), 0);
    assert_int_equal(cs_dtls13_record_parse(p, sizeof p, 44, -1, &rec), -1);
    /* no length: up to the end of the datagram; too short for anything protected */
    p[0] = 0x23;
    assert_int_equal(cs_dtls13_record_parse(p, sizeof p, sizeof p, -1, &rec), 1);
    assert_int_equal(rec.epoch, 3);
    assert_int_equal(rec.length, sizeof p - 2);
    assert_int_equal(cs_dtls13_record_parse(p, 17, 17, -1, &rec), -1);
    /* with a connection id its length must be known */
    p[0] = 0x3F;
    p[3 + 4] = 0;
    p[3 + 5] = 20;
    assert_int_equal(cs_dtls13_record_parse(p, sizeof p, sizeof p, -1, &rec), -1);
    assert_int_equal(cs_dtls13_record_parse(p, sizeof p, sizeof p, 4, &rec), 1);
    assert_int_equal(rec.header_len, 9);
    assert_int_equal(rec.length, 20);
    static const uint8_t others[] = {0x00, 0x17, 0x1F, 0x40, 0x80, 0xFF};
    for (size_t i = 0; i < sizeof others; i++) {
        p[0] = others[i];
        assert_int_equal(cs_dtls13_record_parse(p, sizeof p, sizeof p, 0, &rec), -1);
    }
}

static void connection_ids(void **state)
{
    (void)state;
    for (size_t cid = 0; cid <= 20; cid++) {
        uint8_t p[13 + 20 + 40];
        memset(p, 0xAB, sizeof p);
        p[0] = CS_RECORD_CID;
        p[1] = 0xFE;
        p[2] = 0xFD;
        p[11 + cid] = 0;
        p[12 + cid] = 40;
        size_t n = 13 + cid + 40;
        cs_tls_record rec;
        assert_int_equal(cs_dtls_record_parse(p, n, n, (int)cid, &rec), 1);
        assert_int_equal(rec.header_len, 13 + cid);
        assert_int_equal(rec.length, 40);
        assert_int_equal(cs_dtls_record_parse(p, n, n, -1, &rec), 1);
        assert_int_equal(rec.header_len, 13 + cid);
    }
}

/* ---------------------------------------------------------------- cutting */

#define RECORDS 60

static uint8_t stream_bytes[RECORDS * 400];
static uint32_t starts[RECORDS + 1];

typedef struct {
    unsigned seen[RECORDS];
    unsigned cut, gaps, wrong;
    uint32_t came; /* frame of the segment */
    uint32_t base;
} result;
static result got;

static void on_record(void *ctx, const cs_tls_record *rec, const uint8_t *payload, size_t captured, uint32_t seq)
{
    (void)ctx;
    uint32_t at = seq - got.base;
    for (unsigned i = 0; i < RECORDS; i++) {
        if (starts[i] != at)
            continue;
        bool right = rec->length == starts[i + 1] - starts[i] - 5 && captured <= rec->length &&
                     memcmp(payload, stream_bytes + at + 5, captured) == 0;
        got.wrong += !right;
        got.seen[i]++;
        got.cut += captured < rec->length;
        return;
    }
    got.wrong++;
}

static void on_gap(void *ctx)
{
    (void)ctx;
    got.gaps++;
}

static void on_segment(void *ctx, const cs_when *at)
{
    (void)ctx;
    got.came = at->frame;
}

static const cs_cutter_sink sink = {NULL, on_record, on_gap, on_segment};
static const cs_when some_time = {1, 0};
static uint64_t seed = 88172645463325252u;

static uint32_t rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 20) % n;
}

static size_t make_stream(void)
{
    size_t at = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        starts[i] = (uint32_t)at;
        unsigned len = 1 + rnd(300);
        uint8_t head[5] = {(uint8_t)(20 + rnd(4)), 3, 3, (uint8_t)(len >> 8), (uint8_t)len};
        memcpy(stream_bytes + at, head, 5);
        for (unsigned k = 0; k < len; k++)
            stream_bytes[at + 5 + k] = (uint8_t)rnd(256);
        at += 5 + len;
    }
    starts[RECORDS] = (uint32_t)at;
    memset(&got, 0, sizeof got);
    got.base = 0xFFFFFF00u; /* sequence numbers wrap within the test */
    return at;
}

static void any_pieces(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        size_t n = make_stream();
        cs_tcp_cutter c = {0};
        unsigned max = round == 0 ? 1 : 1 + rnd(700);
        for (size_t at = 0; at < n;) {
            size_t piece = 1 + rnd(max);
            piece = MIN(piece, n - at);
            size_t back = rnd(3) ? 0 : rnd((uint32_t)(at < 900 ? at : 900) + 1); /* sent again, in other pieces */
            cs_tcp_cutter_feed(&c, got.base + (uint32_t)(at - back), stream_bytes + at - back, piece + back,
                               piece + back, &sink);
            at += piece;
        }
        for (unsigned i = 0; i < RECORDS; i++)
            assert_int_equal(got.seen[i], 1);
        assert_int_equal(got.gaps, 0);
        assert_int_equal(got.wrong, 0);
        cs_tcp_cutter_clear(&c);
    }
}

/* Lost segments: no wrong record, and it goes on with the next one. */
static void lost_segments(void **state)
{
    (void)state;
    unsigned lost_records = 0, seen_records = 0;
    for (unsigned round = 0; round < 300; round++) {
        size_t n = make_stream();
        cs_tcp_cutter c = {0};
        for (size_t at = 0; at < n;) {
            size_t piece = 100 + rnd(600);
            piece = MIN(piece, n - at);
            if (rnd(12) || at == 0)
                cs_tcp_cutter_feed(&c, got.base + (uint32_t)at, stream_bytes + at, piece, piece, &sink);
            at += piece;
        }
        for (unsigned i = 0; i < RECORDS; i++) {
            assert_true(got.seen[i] <= 1);
            seen_records += got.seen[i];
            lost_records += !got.seen[i];
        }
        assert_int_equal(got.wrong, 0);
        cs_tcp_cutter_clear(&c);
    }
    assert_true(seen_records > 2 * lost_records);
}

/* Every segment cut by the snap length. */
static void cut_segments(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        size_t n = make_stream();
        cs_tcp_cutter c = {0};
        size_t snap = 20 + rnd(200);
        for (unsigned i = 0; i < RECORDS; i++) {
            size_t len = starts[i + 1] - starts[i];
            cs_tcp_cutter_feed(&c, got.base + starts[i], stream_bytes + starts[i], MIN(len, snap), len, &sink);
        }
        for (unsigned i = 0; i < RECORDS; i++)
            assert_int_equal(got.seen[i], 1);
        assert_int_equal(got.wrong, 0);
        assert_true(n > 0);
        cs_tcp_cutter_clear(&c);
    }
}

static void starts_inside_a_record(void **state)
{
    (void)state;
    unsigned found = 0;
    for (unsigned round = 0; round < 200; round++) {
        size_t n = make_stream();
        cs_tcp_cutter c = {0};
        size_t at = starts[3] + 6;
        /* one segment that ends with a record */
        size_t end = starts[10];
        cs_tcp_cutter_feed(&c, got.base + (uint32_t)at, stream_bytes + at, end - at, end - at, &sink);
        cs_tcp_cutter_feed(&c, got.base + (uint32_t)end, stream_bytes + end, n - end, n - end, &sink);
        for (unsigned i = 10; i < RECORDS; i++)
            assert_int_equal(got.seen[i], 1);
        for (unsigned i = 4; i < 10; i++)
            found += got.seen[i];
        cs_tcp_cutter_clear(&c);
    }
    assert_true(found > 200 * 6 * 9 / 10);
}

/* Segments overtake each other by up to three places, begin with any of them, and one may come twice. */
static void segments_that_overtake(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct {
            size_t at, len;
        } piece[RECORDS * 400 / 50 + 1];
        size_t n = make_stream();
        unsigned pieces = 0;
        for (size_t at = 0; at < n; at += piece[pieces++].len) {
            size_t len = 50 + rnd(500);
            piece[pieces].at = at;
            piece[pieces].len = MIN(len, n - at);
        }
        for (unsigned i = 0; i + 1 < pieces; i += 1 + rnd(4)) {
            unsigned with = i + rnd(4);
            with = MIN(with, pieces - 1);
            size_t at = piece[i].at, len = piece[i].len;
            piece[i] = piece[with];
            piece[with].at = at;
            piece[with].len = len;
        }
        cs_tcp_cutter c = {0};
        cs_tcp_cutter_begin(&c, got.base, got.base + (uint32_t)piece[0].at);
        for (unsigned i = 0; i < pieces; i++)
            for (unsigned times = 0; times <= !rnd(5); times++)
                cs_tcp_cutter_feed_in_order(&c, &some_time, got.base + (uint32_t)piece[i].at,
                                            stream_bytes + piece[i].at, piece[i].len, piece[i].len, &sink);
        assert_false(cs_tcp_cutter_waits(&c));
        for (unsigned i = 0; i < RECORDS; i++)
            assert_int_equal(got.seen[i], 1);
        assert_int_equal(got.gaps + got.wrong, 0);
        cs_tcp_cutter_clear(&c);
    }
}

static cs_tcp_cutter without_first_record(void)
{
    cs_tcp_cutter c = {0};
    make_stream();
    cs_tcp_cutter_begin(&c, got.base, got.base + starts[1]);
    for (unsigned i = 1; i < 10; i++) {
        const cs_when at = {100 + i, 0};
        cs_tcp_cutter_feed_in_order(&c, &at, got.base + starts[i], stream_bytes + starts[i], starts[i + 1] - starts[i],
                                    starts[i + 1] - starts[i], &sink);
    }
    return c;
}

static void assert_first_is_lost(cs_tcp_cutter *c)
{
    assert_false(cs_tcp_cutter_waits(c));
    assert_int_equal(got.seen[0], 0);
    for (unsigned i = 1; i < 10; i++)
        assert_int_equal(got.seen[i], 1);
    assert_int_equal(got.gaps, 1);
    cs_tcp_cutter_clear(c);
}

/* Waiting ends sooner when the receiver says that it has what is missing. */
static void waiting_ends(void **state)
{
    (void)state;
    unsigned packets[2] = {0, 0};
    for (int confirmed = 0; confirmed < 2; confirmed++) {
        cs_tcp_cutter c = without_first_record();
        assert_true(cs_tcp_cutter_waits(&c));
        uint32_t acked = got.base + (confirmed ? starts[5] : 0);
        do
            packets[confirmed]++;
        while (!cs_tcp_cutter_is_overdue(&c, true, acked));
        assert_int_equal(got.gaps, 0);
        cs_tcp_cutter_release(&c, &sink);
        assert_first_is_lost(&c);
        assert_int_equal(got.came, 109); /* not when waiting ended */
    }
    assert_true(packets[1] > 3 && packets[1] < packets[0]);
}

/* Neither many segments nor one far ahead are kept. */
static void waiting_has_limits(void **state)
{
    (void)state;
    static const uint8_t far_away[1];
    cs_tcp_cutter c = without_first_record();
    for (unsigned times = 0; times < 100 && cs_tcp_cutter_waits(&c); times++)
        cs_tcp_cutter_feed_in_order(&c, &some_time, got.base + starts[9], stream_bytes + starts[9],
                                    starts[10] - starts[9], starts[10] - starts[9], &sink);
    assert_first_is_lost(&c);
    c = without_first_record();
    cs_tcp_cutter_feed_in_order(&c, &some_time, got.base + 1000000, far_away, sizeof far_away, sizeof far_away, &sink);
    assert_false(cs_tcp_cutter_waits(&c));
    assert_int_equal(got.seen[9], 1);
    cs_tcp_cutter_clear(&c);
    c = without_first_record();
    cs_tcp_cutter_clear(&c); /* and what waits is freed */
    assert_false(cs_tcp_cutter_waits(&c));
}

static void rubbish(void **state)
{
    (void)state;
    cs_tcp_cutter c = {0};
    uint8_t buf[2000];
    uint32_t seq = 7;
    make_stream();
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = rnd(sizeof buf);
        for (size_t i = 0; i < n; i++)
            buf[i] = (uint8_t)(rnd(4) ? rnd(256) : 22);
        size_t captured = n / (1 + rnd(2));
        if (round & 1)
            cs_tcp_cutter_feed_in_order(&c, &some_time, seq, buf, captured, n, &sink);
        else
            cs_tcp_cutter_feed(&c, seq, buf, captured, n, &sink);
        seq += (uint32_t)n + (rnd(3) ? 0 : rnd(5000) - 2500);
        assert_true(!c.part || c.part->len <= CS_RECORD_MAX + 5);
    }
    cs_tcp_cutter_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_headers),   cmocka_unit_test(dtls_headers),
        cmocka_unit_test(unified_headers), cmocka_unit_test(connection_ids), cmocka_unit_test(any_pieces),
        cmocka_unit_test(lost_segments), cmocka_unit_test(cut_segments),
        cmocka_unit_test(starts_inside_a_record), cmocka_unit_test(segments_that_overtake),
        cmocka_unit_test(waiting_ends), cmocka_unit_test(waiting_has_limits), cmocka_unit_test(rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
