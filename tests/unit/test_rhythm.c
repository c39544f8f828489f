/* test_rhythm.c
 * Interval, jitter, gaps, duplicates and late packets of I/O; counters that wrap and restart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS 1000000

static cs_capture *cap;
static cs_stream *stream;

static int setup(void **state)
{
    (void)state;
    cs_endpoint a = {{4, {10, 0, 0, 1}}, 2222}, b = {{4, {10, 0, 0, 2}}, 2222};
    cs_when at = {1, 0};
    cap = cs_capture_new(NULL);
    stream = cs_capture_add_stream(cap, CS_TRANSPORT_UDP, &a, &b, &at);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cs_capture_free(cap);
    return 0;
}

static void packet(int64_t ms, uint32_t connection, uint32_t sequence)
{
    cs_observe_io_connection(cap, stream, 0, ms * MS, 40, connection, true, sequence);
}

static const cs_rhythm *result(void)
{
    cs_capture_finish(cap);
    return &stream->rhythm[0];
}

static void steady(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        packet(i * 20, 1, i + 1);
    const cs_rhythm *r = result();
    assert_true(stream->has_rhythm && r->sequence_readable);
    assert_int_equal(r->packets, 1000);
    assert_int_equal(r->bytes, 40000);
    assert_int_equal(r->median_interval, 20 * MS);
    assert_int_equal(r->jitter, 0);
    assert_int_equal(r->gaps, 0);
    assert_int_equal(r->duplicates, 0);
    assert_int_equal(stream->rhythm[1].packets, 0);
}

static void jitter_is_the_median_deviation(void **state)
{
    (void)state;
    int64_t at = 0;
    for (uint32_t i = 0; i < 100; i++) {
        packet(at, 1, i);
        at += i % 2 ? 12 : 8;
    }
    const cs_rhythm *r = result();
    assert_int_equal(r->jitter, 2 * MS + (r->median_interval == 10 * MS ? 0 : r->median_interval - 10 * MS));
}

static void gaps_and_duplicates(void **state)
{
    (void)state;
    const uint32_t sequences[] = {1, 2, 5, 5, 6, 3};
    for (unsigned i = 0; i < G_N_ELEMENTS(sequences); i++)
        packet(i * 10, 1, sequences[i]);
    const cs_rhythm *r = result();
    assert_int_equal(r->gaps, 1); /* 4; 3 came late */
    assert_int_equal(r->duplicates, 2); /* 5 again, 3 late */
}

static void wraps_and_restarts(void **state)
{
    (void)state;
    packet(0, 1, UINT32_MAX - 1);
    packet(10, 1, UINT32_MAX);
    packet(20, 1, 0);
    packet(30, 1, 1);
    packet(40, 1, 0x40000000);
    packet(50, 1, 0x40000001);
    const cs_rhythm *r = result();
    assert_int_equal(r->gaps, 0);
    assert_int_equal(r->duplicates, 0);
}

static void connections_count_by_themselves(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        packet(i * 10, 1, i);
        packet(i * 10 + 1, 2, 5000 + i);
    }
    const cs_rhythm *r = result();
    assert_int_equal(r->gaps, 0);
    assert_int_equal(r->duplicates, 0);
    assert_int_equal(r->median_interval, 10 * MS);
}

static void many_connections_stay_bounded(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100000; i++)
        packet(i, i % 1000, i);
    assert_int_equal(result()->packets, 100000);
}

static void records_give_way_to_content(void **state)
{
    (void)state;
    cs_observe_io(cap, stream, 0, 0, 60, 7, false);
    cs_observe_io(cap, stream, 0, 10 * MS, 60, 8, false);
    assert_false(stream->rhythm[0].sequence_readable);
    packet(20, 1, 1);
    cs_observe_io(cap, stream, 0, 30 * MS, 60, 9, false);
    packet(40, 1, 2);
    const cs_rhythm *r = result();
    assert_true(r->sequence_readable);
    assert_int_equal(r->packets, 2);
    assert_int_equal(r->median_interval, 20 * MS);
}

static void without_sequence_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        cs_observe_io_connection(cap, stream, 1, (int64_t)i * 5 * MS, 4, 9, false, 0);
    cs_capture_finish(cap);
    assert_int_equal(stream->rhythm[1].median_interval, 5 * MS);
    assert_int_equal(stream->rhythm[1].gaps, 0);
}

static void clock_that_runs_back(void **state)
{
    (void)state;
    packet(100, 1, 1);
    packet(50, 1, 2);
    packet(60, 1, 3);
    assert_int_equal(result()->median_interval, 10 * MS);
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* By sorting, the long way. */
static int64_t middle_of(int64_t *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void medians_of_any_number_of_intervals(void **state)
{
    srand(7);
    for (size_t n = 1; n <= 128; n++) {
        int64_t intervals[128], at = 0;
        packet(0, 1, 0);
        for (size_t i = 0; i < n; i++) {
            intervals[i] = rand() % (n % 3 ? 5 : 1000); /* many equal ones, or hardly any */
            packet(at += intervals[i], 1, (uint32_t)i + 1);
            intervals[i] *= 1000; /* microseconds are what is kept */
        }
        const cs_rhythm *r = result();
        int64_t median = middle_of(intervals, n);
        assert_int_equal(r->median_interval, median * 1000);
        for (size_t i = 0; i < n; i++)
            intervals[i] = llabs(intervals[i] - median);
        assert_int_equal(r->jitter, middle_of(intervals, n) * 1000);
        teardown(state);
        setup(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steady),
        TEST(jitter_is_the_median_deviation),
        TEST(gaps_and_duplicates),
        TEST(wraps_and_restarts),
        TEST(connections_count_by_themselves),
        TEST(many_connections_stay_bounded),
        TEST(records_give_way_to_content),
        TEST(without_sequence_numbers),
        TEST(clock_that_runs_back),
        TEST(medians_of_any_number_of_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
