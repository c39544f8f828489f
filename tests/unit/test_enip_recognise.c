/* test_enip_recognise.c
 * What passes for EtherNet/IP, what does not, and how the layout of integrity-only records is learned.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/enip_wire.h>
#include <cipsec/tls.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t register_session[28] = {0x65, 0, 4, 0, [24] = 1};
static const uint8_t send_rr[24 + 16 + 8] = {0x6F, 0,    24, 0,    1,    0,    0,    0,    [24] = 0,    0, 0,
                                             0,    0,    0,  0x02, 0,    0,    0,    0,    0,           0xB2, 0,
                                             8,    0,    0x0E, 3,  0x20, 1,    0x24, 1,    0x30,        7};
static const uint8_t io[24] = {2, 0, 2, 0x80, 8, 0, 1, 0, 0x12, 0, 7, 0, 0, 0, 0xB1, 0, 6, 0, 7, 0, 1};
static const uint8_t class0[20] = {2, 0, 0xA1, 0, 4, 0, 1, 0, 0x12, 0, 0xB1, 0, 6, 0, 1, 2, 3, 4, 5, 6};
static const uint8_t ucmm[24] = {1, 0, 3, 0x80, 0x12, 0, 1, 0,    1, 0,    0, 0,
                                 0, 0, 0, 0,    0x0E, 3, 0x20, 1, 0x24, 1, 0x30, 7};

/* Collects what is handed out. */
typedef struct {
    uint8_t bytes[200000];
    size_t len, calls, cut, other;
} sink;
static sink got;

static void collect(void *ctx, const uint8_t *data, size_t len, size_t reported, bool enip)
{
    (void)ctx;
    got.calls++;
    got.cut += reported > len;
    got.other += !enip;
    assert_true(got.len + len <= sizeof got.bytes);
    memcpy(got.bytes + got.len, data, len);
    got.len += len;
}

static int reset(void **state)
{
    (void)state;
    memset(&got, 0, sizeof got);
    return 0;
}

/* Content and a MAC of bytes that look random. */
static size_t record(uint8_t *out, const uint8_t *content, size_t n, unsigned mac, bool inner)
{
    memcpy(out, content, n);
    if (inner) {
        out[n++] = 23;
        out[n++] = 0;
        out[n++] = 0;
    }
    for (unsigned i = 0; i < mac; i++)
        out[n + i] = (uint8_t)(0x5A + 37 * i + n);
    return n + mac;
}

static void judges(void **state)
{
    (void)state;
    size_t whole;
    assert_int_equal(cs_enip_judge(register_session, 28, 28, &whole), CS_ENIP_WHOLE);
    assert_int_equal(whole, 28);
    assert_int_equal(cs_enip_judge(send_rr, sizeof send_rr, sizeof send_rr, NULL), CS_ENIP_WHOLE);
    for (size_t n = 24; n < sizeof send_rr; n++)
        assert_int_equal(cs_enip_judge(send_rr, n, n, NULL), CS_ENIP_PART);
    for (size_t n = 0; n < 24; n++)
        assert_int_equal(cs_enip_judge(send_rr, n, n, NULL), CS_ENIP_NO);
    assert_true(cs_cpf_judge(io, sizeof io, sizeof io));
    assert_true(cs_cpf_judge(class0, sizeof class0, sizeof class0));
    assert_true(cs_cpf_judge(ucmm, sizeof ucmm, sizeof ucmm));
    for (size_t n = 0; n < sizeof io; n++)
        assert_false(cs_cpf_judge(io, n, n));
    assert_true(cs_cpf_judge(io, 18, sizeof io)); /* cut by the snap length */
    static const uint8_t zeros[400];
    for (size_t n = 0; n < sizeof zeros; n++)
        assert_int_equal(cs_enip_judge(zeros, n, n, NULL), CS_ENIP_NO);
}

/* Each byte that is fixed: any other value there is refused. */
static void every_fixed_byte_counts(void **state)
{
    (void)state;
    static const uint8_t fixed_rr[] = {0, 1, 2, 3, 9, 10, 11, 20, 21, 22, 23, 24, 25, 26, 27, 31, 34, 35, 38, 39};
    for (size_t i = 0; i < sizeof fixed_rr; i++) {
        uint8_t copy[sizeof send_rr];
        memcpy(copy, send_rr, sizeof copy);
        copy[fixed_rr[i]] ^= 0x80;
        assert_int_not_equal(cs_enip_judge(copy, sizeof copy, sizeof copy, NULL), CS_ENIP_WHOLE);
    }
    static const uint8_t fixed_io[] = {0, 1, 2, 3, 4, 5, 14, 15, 16, 17};
    for (size_t i = 0; i < sizeof fixed_io; i++) {
        uint8_t copy[sizeof io];
        memcpy(copy, io, sizeof copy);
        copy[fixed_io[i]] ^= 0x80;
        assert_false(cs_cpf_judge(copy, sizeof copy, sizeof copy));
    }
}

static void learns_each_layout(void **state)
{
    static const cs_null_layout all[] = {{20, false}, {32, false}, {48, false}, {32, true}, {48, true}};
    for (size_t i = 0; i < 5; i++) {
        reset(state);
        uint8_t rec[200];
        cs_recovery r = {0};
        cs_null_layout layout = {0};
        size_t n = record(rec, register_session, 28, all[i].mac_len, all[i].inner_type);
        assert_true(cs_recovery_learn(&r, &layout, rec, n, n, collect, NULL));
        assert_int_equal(layout.mac_len, all[i].mac_len);
        assert_int_equal(layout.inner_type, all[i].inner_type);
        assert_int_equal(got.len, 28);
        assert_memory_equal(got.bytes, register_session, 28);
        cs_recovery_clear(&r);
    }
}

/* One PDU over several records, the first of which came before anything was known. */
static void learns_over_records(void **state)
{
    for (size_t cut = 24; cut < sizeof send_rr; cut++) {
        reset(state);
        uint8_t rec[200];
        cs_recovery r = {0};
        cs_null_layout layout = {0};
        size_t n = record(rec, send_rr, cut, 32, false);
        assert_false(cs_recovery_learn(&r, &layout, rec, n, n, collect, NULL));
        n = record(rec, send_rr + cut, sizeof send_rr - cut, 32, false);
        assert_true(cs_recovery_learn(&r, &layout, rec, n, n, collect, NULL));
        assert_int_equal(layout.mac_len, 32);
        assert_int_equal(got.len, sizeof send_rr);
        assert_memory_equal(got.bytes, send_rr, sizeof send_rr);
        cs_recovery_clear(&r);
    }
}

/* The first captured record is the end of a PDU; then whole ones; then one that starts inside a record. */
static void begins_inside_a_pdu(void **state)
{
    (void)state;
    uint8_t rec[400];
    cs_recovery r = {0};
    cs_null_layout layout = {0};
    size_t n = record(rec, send_rr + 30, sizeof send_rr - 30, 20, false);
    assert_false(cs_recovery_learn(&r, &layout, rec, n, n, collect, NULL));
    n = record(rec, send_rr, sizeof send_rr, 20, false);
    assert_true(cs_recovery_learn(&r, &layout, rec, n, n, collect, NULL));
    assert_int_equal(got.len, sizeof send_rr);
    cs_recovery_gap(&r);
    uint8_t mixed[200];
    memcpy(mixed, send_rr + 30, sizeof send_rr - 30);
    memcpy(mixed + sizeof send_rr - 30, register_session, 28);
    cs_recovery_content(&r, mixed, sizeof send_rr - 30 + 28, sizeof send_rr - 30 + 28, false, collect, NULL);
    assert_int_equal(got.len, sizeof send_rr + 28);
    assert_memory_equal(got.bytes + sizeof send_rr, register_session, 28);
    cs_recovery_clear(&r);
}

static void pieces_of_any_size(void **state)
{
    for (size_t piece = 1; piece <= 60; piece++) {
        reset(state);
        uint8_t stream[28 + sizeof send_rr + 28];
        memcpy(stream, register_session, 28);
        memcpy(stream + 28, send_rr, sizeof send_rr);
        memcpy(stream + 28 + sizeof send_rr, register_session, 28);
        cs_recovery r = {0};
        for (size_t at = 0; at < sizeof stream; at += piece) {
            size_t n = MIN(piece, sizeof stream - at);
            cs_recovery_content(&r, stream + at, n, n, true, collect, NULL);
        }
        assert_int_equal(got.len, sizeof stream);
        assert_int_equal(got.other, 0);
        assert_memory_equal(got.bytes, stream, sizeof stream);
        cs_recovery_clear(&r);
    }
}

static void cut_by_snap_length(void **state)
{
    (void)state;
    uint8_t rec[200];
    cs_recovery r = {0};
    cs_null_layout layout = {0};
    size_t n = record(rec, send_rr, sizeof send_rr, 20, false);
    assert_true(cs_recovery_learn(&r, &layout, rec, 44, n, collect, NULL));
    assert_int_equal(layout.mac_len, 20);
    assert_int_equal(got.cut, 1);
    assert_int_equal(got.len, 44);
    reset(state);
    memset(&layout, 0, sizeof layout);
    n = record(rec, io, sizeof io, 20, false);
    assert_true(cs_recovery_learn_datagram(&layout, rec, 20, n, false, collect, NULL));
    assert_int_equal(got.len, 20);
    assert_int_equal(got.cut, 1);
    cs_recovery_clear(&r);
}

/* EncryptedExtensions and Finished, one behind the other, with the inner type before a MAC of 32 or 48 bytes. */
static void learns_from_a_handshake(void **state)
{
    (void)state;
    static const size_t macs[] = {32, 48};
    for (size_t i = 0; i < 2; i++) {
        uint8_t rec[256] = {8, 0, 0, 2, 0, 0, 20, 0, 0, (uint8_t)macs[i]};
        size_t content = 10 + macs[i], n = content + 1 + macs[i];
        memset(rec + 10, 0xA5, macs[i]);
        rec[content] = CS_RECORD_HANDSHAKE;
        memset(rec + content + 1, 0x5A, macs[i]);
        cs_null_layout layout = {0};
        assert_true(cs_null_learn_handshake(&layout, rec, n));
        assert_int_equal(layout.mac_len, macs[i]);
        assert_true(layout.inner_type);
        /* of the longer MAC there may be just as much as the shorter one has */
        for (size_t shorter = 0; shorter < n; shorter++)
            assert_int_equal(cs_null_learn_handshake(&layout, rec, shorter), shorter == content + 1 + macs[0]);
        static const size_t heads[] = {0, 1, 2, 3, 6, 7, 8, 9}; /* types and lengths */
        for (size_t k = 0; k < G_N_ELEMENTS(heads); k++) {
            rec[heads[k]] ^= 0x40;
            assert_false(cs_null_learn_handshake(&layout, rec, n));
            rec[heads[k]] ^= 0x40;
        }
        rec[content] = CS_RECORD_APPDATA;
        assert_false(cs_null_learn_handshake(&layout, rec, n));
    }
}

static uint64_t xorshift(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

/* Ten million records of random bytes, as encryption makes them: not one may pass, as TLS or as DTLS. */
static void random_records_never_pass(void **state)
{
    (void)state;
    uint64_t seed = 0x9E3779B97F4A7C15u;
    uint64_t buf[32];
    cs_recovery r = {0};
    size_t accepted = 0;
    for (unsigned i = 0; i < 10 * 1000 * 1000; i++) {
        size_t n = 40 + xorshift(&seed) % 200;
        for (size_t w = 0; w < (n + 7) / 8; w++)
            buf[w] = xorshift(&seed);
        /* half of them begin like EtherNet/IP does */
        if (i % 4 == 1)
            memcpy(buf, "\x6F\x00", 2);
        if (i % 4 == 3)
            memcpy(buf, io, 6);
        cs_null_layout layout = {0};
        const uint8_t *p = (const uint8_t *)buf;
        accepted += cs_recovery_learn(&r, &layout, p, n, n, collect, NULL);
        accepted += cs_recovery_learn_datagram(&layout, p, n, n, i % 8 == 0, collect, NULL);
        accepted += cs_null_learn_handshake(&layout, p, n);
    }
    assert_int_equal(accepted, 0);
    assert_int_equal(got.calls, 0);
    cs_recovery_clear(&r);
}

/* A PDU that claims 64 KiB over many records is kept within bounds. */
static void hostile_lengths(void **state)
{
    (void)state;
    cs_recovery r = {0};
    cs_null_layout layout = {0};
    uint8_t rec[4096] = {0x6F, 0, 0xFF, 0xFF};
    for (int i = 0; i < 100; i++)
        assert_false(cs_recovery_learn(&r, &layout, rec, sizeof rec, sizeof rec, collect, NULL));
    assert_true(r.undecided_len <= 128 * 1024);
    cs_recovery_clear(&r);
    for (int i = 0; i < 100; i++)
        cs_recovery_content(&r, rec, sizeof rec, sizeof rec, false, collect, NULL);
    assert_true(!r.pdu || r.pdu->len < 2 * CS_ENIP_PDU_MAX);
    cs_recovery_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(judges, reset),
        cmocka_unit_test_setup(every_fixed_byte_counts, reset),
        cmocka_unit_test_setup(learns_each_layout, reset),
        cmocka_unit_test_setup(learns_over_records, reset),
        cmocka_unit_test_setup(begins_inside_a_pdu, reset),
        cmocka_unit_test_setup(pieces_of_any_size, reset),
        cmocka_unit_test_setup(cut_by_snap_length, reset),
        cmocka_unit_test_setup(learns_from_a_handshake, reset),
        cmocka_unit_test_setup(random_records_never_pass, reset),
        cmocka_unit_test_setup(hostile_lengths, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
