/* test_enip_framing.c
 * Encapsulation, common packet format, ListIdentity and frame headers. The ListIdentity items and the DTLS item are
 * examples X1 and X18 of the public wire format notes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/cpf.h>
#include <cipsec/forward_open.h>
#include <cipsec/frame.h>
#include <cipsec/identity.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void encapsulation(void **state)
{
    (void)state;
    uint8_t data[24 + 4 + 24] = {0x65, 0, 4, 0, 1, 0, 0, 0, [24] = 1, [28] = 0x66};
    cs_encap pdu;
    assert_int_equal(cs_encap_next(data, sizeof data, &pdu), 28);
    assert_int_equal(pdu.command, CS_ENCAP_REGISTER_SESSION);
    assert_int_equal(pdu.session, 1);
    assert_int_equal(pdu.data_len, 4);
    assert_int_equal(cs_encap_next(data + 28, sizeof data - 28, &pdu), 24);
    assert_int_equal(pdu.command, CS_ENCAP_UNREGISTER_SESSION);
    assert_int_equal(cs_encap_next(data, 26, &pdu), 26);
    assert_int_equal(pdu.data_len, 2);
    assert_int_equal(cs_encap_next(data, 23, &pdu), 0);
    data[20] = 1; /* options */
    assert_int_equal(cs_encap_next(data, sizeof data, &pdu), 0);
    assert_int_equal(cs_encap_next((const uint8_t *)"GET / HTTP/1.1\r\nHost: x\r\n", 25, &pdu), 0);
}

static void unconnected_over_dtls(void **state)
{
    (void)state;
    const uint8_t data[] = {1, 0, 0x03, 0x80, 0x12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x0E, 3, 0x20, 1, 0x24, 1, 0x30,
                            7};
    cs_cpf cpf;
    assert_true(cs_cpf_read(data, sizeof data, &cpf));
    assert_int_equal(cpf.kind, CS_CPF_UNCONNECTED);
    assert_int_equal(cpf.data_len, 8);
    assert_int_equal(cpf.data[0], 0x0E);
    for (size_t len = 0; len < sizeof data; len++)
        assert_false(cs_cpf_read(data, len, &cpf));
}

static void io_packet(void **state)
{
    (void)state;
    const uint8_t data[] = {2, 0, 0x02, 0x80, 8, 0, 1, 0, 0x12, 0, 7, 0, 0, 0, 0xB1, 0, 6, 0, 7, 0, 1, 0, 0, 0};
    cs_cpf cpf;
    assert_true(cs_cpf_read(data, sizeof data, &cpf));
    assert_int_equal(cpf.kind, CS_CPF_IO);
    assert_int_equal(cpf.connection_id, 0x00120001);
    assert_true(cpf.has_sequence);
    assert_int_equal(cpf.sequence, 7);
    assert_int_equal(cpf.data_len, 6);
    for (size_t len = 0; len < sizeof data; len++)
        assert_false(cs_cpf_read(data, len, &cpf));
    uint8_t longer[sizeof data + 1] = {0};
    memcpy(longer, data, sizeof data);
    assert_false(cs_cpf_read(longer, sizeof longer, &cpf));
}

/* The length of an item has sixteen bits: more than fit in are no I/O packet, whatever the bits say. */
static void io_packet_of_any_size(void **state)
{
    (void)state;
    static uint8_t data[18 + 0x10000 + 8] = {2, 0, 0x02, 0x80, 8, 0, 1, 0, 0x12, 0, 7, 0, 0, 0, 0xB1, 0};
    static const uint32_t sizes[] = {0, 1, 500, 0xFFFF, 0x10000, 0x10008};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        cs_cpf cpf;
        bool fits = sizes[i] <= 0xFFFF;
        data[16] = (uint8_t)sizes[i];
        data[17] = (uint8_t)(sizes[i] >> 8);
        assert_int_equal(cs_cpf_read(data, 18 + sizes[i], &cpf), fits);
        assert_int_equal(cpf.kind, CS_CPF_IO);
        assert_int_equal(cpf.connection_id, 0x00120001);
        assert_int_equal(cpf.size, sizes[i] & 0xFFFF);
        assert_ptr_equal(cpf.data, data + 18);
    }
}

static void io_packet_cut_by_the_snap_length(void **state)
{
    (void)state;
    const uint8_t data[] = {2, 0, 0x02, 0x80, 8, 0, 1, 0, 0x12, 0, 7, 0, 0, 0, 0xB1, 0, 6, 0, 7, 0, 1, 0, 0, 0};
    cs_cpf cpf;
    for (size_t len = 0; len < sizeof data; len++) {
        assert_int_equal(cs_cpf_read_cut(data, len, sizeof data, &cpf), len >= 18);
        if (len < 18)
            continue;
        assert_int_equal(cpf.kind, CS_CPF_IO);
        assert_int_equal(cpf.sequence, 7);
        assert_int_equal(cpf.data_len, len - 18);
        assert_int_equal(cpf.size, 6);
        assert_false(cs_cpf_read_cut(data, len, sizeof data + 1, &cpf));
    }
    assert_false(cs_cpf_read_cut(data, sizeof data, sizeof data, &cpf));
}

static void class0_uses_the_connected_address(void **state)
{
    (void)state;
    const uint8_t data[] = {2, 0, 0xA1, 0, 4, 0, 1, 2, 3, 4, 0xB1, 0, 1, 0, 9};
    cs_cpf cpf;
    assert_true(cs_cpf_read(data, sizeof data, &cpf));
    assert_int_equal(cpf.kind, CS_CPF_CONNECTED);
    assert_int_equal(cpf.connection_id, 0x04030201);
    assert_false(cpf.has_sequence);
}

/* Count 0xFFFF and items without data: must end. */
static void many_empty_items(void **state)
{
    (void)state;
    uint8_t data[2 + 4 * 100] = {0xFF, 0xFF};
    cs_cpf cpf;
    assert_false(cs_cpf_read(data, sizeof data, &cpf));
    assert_int_equal(cpf.kind, CS_CPF_OTHER);
}

/* Identity item with the product name "Drive", then the items given. */
static size_t identity_reply(uint8_t *out, const uint8_t *items, size_t len, uint8_t count)
{
    const uint8_t identity[] = {0x0C, 0, 39, 0, 1, 0, 0, 2, 0xAF, 0x12, 10, 17, 81, 31, 0, 0, 0, 0, 0, 0, 0, 0,
                                77, 0, 12, 0, 0x39, 0x30, 2, 3, 0, 0, 0x15, 0xCD, 0x5B, 0x07, 5, 'D', 'r', 'i', 'v',
                                'e',
                                3};
    out[0] = count;
    out[1] = 0;
    memcpy(out + 2, identity, sizeof identity);
    memcpy(out + 2 + sizeof identity, items, len);
    return 2 + sizeof identity + len;
}

static const uint8_t new_items[] = {0x86, 0, 7, 0, 0x0A, 0, 2, 2, 0x1D, 2, 0, 0x87, 0, 4, 0, 0x47, 0, 0, 0,
                                    0x88, 0, 4, 0, 1,    0, 0, 0};

static void identity_new_form(void **state)
{
    (void)state;
    uint8_t data[128];
    cs_identity_reply reply;
    size_t len = identity_reply(data, new_items, sizeof new_items, 4);
    assert_true(cs_identity_read(data, len, &reply));
    assert_int_equal(reply.used, len);
    assert_int_equal(reply.n_items, 4);
    const cs_identity *f = &reply.facts;
    assert_true(f->have_identity && f->have_security && f->have_capability && f->have_usage);
    assert_int_equal(f->vendor, 77);
    assert_int_equal(f->product_code, 12345);
    assert_int_equal(f->serial, 123456789);
    assert_string_equal(f->product_name, "Drive");
    assert_int_equal(f->profiles, 0x000A);
    assert_int_equal(f->cs_state, 2);
    assert_int_equal(f->eip_state, 2);
    assert_int_equal(f->ports, 0x1D);
    assert_int_equal(f->profiles_configured, 2);
    assert_int_equal(f->capability, 0x47);
    assert_int_equal(f->usage, 1);
}

static void identity_old_form(void **state)
{
    (void)state;
    const uint8_t old[] = {0x86, 0, 5, 0, 0x0A, 0, 2, 2, 0x18};
    uint8_t data[128];
    cs_identity_reply reply;
    assert_true(cs_identity_read(data, identity_reply(data, old, sizeof old, 2), &reply));
    assert_int_equal(reply.facts.ports, 0x18);
    assert_int_equal(reply.facts.profiles_configured, -1);
}

static void identity_cut_off(void **state)
{
    (void)state;
    uint8_t data[128];
    cs_identity_reply reply;
    size_t len = identity_reply(data, new_items, sizeof new_items, 4);
    for (size_t cut = 0; cut < len; cut++)
        if (cs_identity_read(data, cut, &reply))
            assert_true(reply.used <= cut);
    data[2 + 36] = 255; /* a product name beyond the item */
    assert_true(cs_identity_read(data, len, &reply));
    assert_true(strlen(reply.name) <= 6);
}

static void large_forward_open(void **state)
{
    (void)state;
    uint8_t body[40 + 4] = {[22] = 0x10, [26] = 0x00, [27] = 0x10, [30] = 0x20, [34] = 0x00, [35] = 0x20, [38] = 0x21,
                            [39] = 2, [40] = 0x20, 0x04, 0x24, 0x97};
    cs_forward_open open;
    assert_true(cs_forward_open_read(body, sizeof body, true, &open));
    assert_int_equal(open.rpi_ot, 0x10);
    assert_int_equal(open.rpi_to, 0x20);
    assert_int_equal(open.params_ot, 0x1000);
    assert_int_equal(cs_connection_size(open.params_to, true), 0x2000);
    assert_int_equal(open.class_trigger, 0x21);
    assert_int_equal(open.path_len, 4);
    assert_false(cs_forward_open_read(body, 39, true, &open));
    assert_true(cs_forward_open_read(body, 42, true, &open));
    assert_int_equal(open.path_len, 2);
}

static const cs_endpoint one = {{4, {10, 0, 0, 1}}, 40000}, two = {{4, {10, 0, 0, 2}}, 2221};

static size_t tcp_frame(uint8_t *out, const uint8_t *link, size_t link_len, uint8_t flags, uint8_t payload)
{
    uint8_t ip[40] = {0x45, 0, 0, (uint8_t)(40 + payload), 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
                      40000 >> 8, 40000 & 255, 2221 >> 8, 2221 & 255, [32] = 0x50, [33] = flags};
    memcpy(out, link, link_len);
    memcpy(out + link_len, ip, sizeof ip);
    memset(out + link_len + sizeof ip, 0, payload);
    return link_len + sizeof ip + payload;
}

static void frame_behind_any_link_layer(void **state)
{
    (void)state;
    const uint8_t qinq[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xA8, 0, 5, 0x81, 0, 0, 6, 0x08, 0};
    uint8_t frame[128];
    cs_frame_facts facts;
    for (size_t link = 0; link <= sizeof qinq; link += 2) {
        size_t len = tcp_frame(frame, qinq, link, CS_TCP_SYN | CS_TCP_ACK, 9);
        assert_true(cs_frame_find(frame, len, &one, &two, true, &facts));
        assert_int_equal(facts.payload, 9);
        assert_int_equal(facts.flags, CS_TCP_SYN | CS_TCP_ACK);
        assert_int_equal(facts.ip_offset, link);
        assert_false(cs_frame_find(frame, len, &two, &one, true, &facts));
        assert_false(cs_frame_find(frame, len, &one, &two, false, &facts));
        for (size_t cut = 0; cut < link + 34; cut++)
            assert_false(cs_frame_find(frame, cut, &one, &two, true, &facts));
    }
}

static void frame_ipv6_with_extension_header(void **state)
{
    (void)state;
    cs_endpoint a = {{6, {0xFD, [15] = 1}}, 2221}, b = {{6, {0xFD, [15] = 2}}, 2221};
    uint8_t frame[14 + 40 + 8 + 8 + 3] = {[12] = 0x86, 0xDD, 0x60, [18] = 0, 19, 0, 64, 0xFD, [37] = 1, 0xFD, [53] = 2,
                                          [54] = 17, 0, [62] = 2221 >> 8, 2221 & 255, 2221 >> 8, 2221 & 255, 0, 11};
    cs_frame_facts facts;
    assert_true(cs_frame_find(frame, sizeof frame, &a, &b, false, &facts));
    assert_int_equal(facts.payload, 3);
    frame[54] = 99; /* an extension header that nobody knows */
    assert_false(cs_frame_find(frame, sizeof frame, &a, &b, false, &facts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encapsulation),
        cmocka_unit_test(unconnected_over_dtls),
        cmocka_unit_test(io_packet),
        cmocka_unit_test(io_packet_of_any_size),
        cmocka_unit_test(io_packet_cut_by_the_snap_length),
        cmocka_unit_test(class0_uses_the_connected_address),
        cmocka_unit_test(many_empty_items),
        cmocka_unit_test(identity_new_form),
        cmocka_unit_test(identity_old_form),
        cmocka_unit_test(identity_cut_off),
        cmocka_unit_test(large_forward_open),
        cmocka_unit_test(frame_behind_any_link_layer),
        cmocka_unit_test(frame_ipv6_with_extension_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
