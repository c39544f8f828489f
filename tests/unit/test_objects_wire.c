/* test_objects_wire.c
 * The parsers below the objects: paths, strings, lists of two editions, file packets. Each input is also given cut at
 * every octet, in memory of just that size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include <cipsec/cipstring.h>
#include <cipsec/epath.h>
#include <cipsec/filepacket.h>
#include <cipsec/seclists.h>

#define OCTETS(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})

static void all_parsers(const uint8_t *octets, size_t len)
{
    cs_epath_target target;
    cs_stringi_part part;
    cs_file_packet packet;
    size_t used, offset = 0;
    cs_segment segment;
    cs_epath_parse(octets, len, &target);
    while (cs_epath_next(octets, len, &offset, &segment))
        assert_true(segment.offset + segment.len <= len);
    offset = 1;
    while (cs_stringi_next(octets, len, &offset, &part))
        assert_true(part.text + part.text_len <= len);
    assert_true(cs_stringi_length(octets, len) <= len);
    assert_true(cs_short_string_length(octets, len) <= len);
    if (cs_suites_length(octets, len, &used))
        assert_true(used <= len);
    if (cs_paths_length(octets, len, &used))
        assert_true(used <= len);
    if (cs_certificate_list_length(octets, len, &used))
        assert_true(used <= len);
    for (int usage = 0; usage < 2; usage++)
        if (cs_psks_length(octets, len, usage, &used))
            assert_true(used <= len);
    cs_psks_hold_key(octets, len, true, 1, len);
    cs_psks_hold_key(octets, len, false, 0, 1);
    if (len) {
        for (int place = CS_PLACE_END; place <= CS_PLACE_LIST; place++)
            cs_psks_have_usage(octets, len, (cs_place)place);
    }
    cs_crl_is_list(octets, len);
    cs_cm_class_has_instances(octets, len);
    if (cs_file_packet_read(octets, len, &packet))
        assert_true(packet.data + packet.data_len <= len);
}

static void every_length(const uint8_t *octets, size_t len)
{
    for (size_t n = 0; n <= len; n++) {
        uint8_t *copy = g_memdup2(octets, n);
        all_parsers(copy ? copy : (const uint8_t *)"", n);
        g_free(copy);
    }
}

static void paths(void **state)
{
    (void)state;
    char text[CS_EPATH_STRLEN];
    cs_epath_target target;
    cs_epath_parse(OCTETS(0x20, 0x5F, 0x24, 0x03), &target);
    assert_string_equal(cs_epath_to_str(&target, text), "Certificate Management instance 3");
    assert_true(target.complete);
    cs_epath_parse(OCTETS(0x21, 0x00, 0x37, 0x00, 0x25, 0x00, 0x01, 0x01, 0x30, 0x04), &target);
    assert_string_equal(cs_epath_to_str(&target, text), "File instance 257 attribute 4");
    cs_epath_parse(OCTETS(0x20, 0x64, 0x26, 0x00, 0x78, 0x56, 0x34, 0x12), &target);
    assert_string_equal(cs_epath_to_str(&target, text), "class 0x64 instance 305419896");
    cs_epath_parse(OCTETS(0x34, 0x04, 1, 0, 12, 0, 1, 0, 2, 3, 0x20, 0x04, 0x24, 0x65, 0x2C, 0x01), &target);
    assert_int_equal(target.class_id, 4);
    assert_int_equal(target.connection_point, 1);
    cs_epath_parse(OCTETS(0x01, 0x00, 0x20, 0x06, 0x24, 0x01), &target);
    assert_int_equal(target.class_id, 6);
    cs_epath_parse(OCTETS(0x20, 0x5F, 0x25, 0x00, 0x01), &target);
    assert_false(target.complete);
    assert_int_equal(target.instance, UINT32_MAX);
}

static void strings(void **state)
{
    (void)state;
    cs_stringi_part part;
    size_t offset = 1;
    const uint8_t two[] = {2, 'e', 'n', 'g', 0xDA, 4, 0, 2, 'O', 'K', 'd', 'e', 'u', 0xD5, 0xE8, 3, 1, 0, 'J', 0};
    assert_true(cs_stringi_next(two, sizeof two, &offset, &part));
    assert_int_equal(part.text_len, 2);
    assert_int_equal(part.width, 1);
    assert_true(cs_stringi_next(two, sizeof two, &offset, &part));
    assert_int_equal(part.text_len, 2);
    assert_int_equal(part.width, 2);
    assert_int_equal(part.charset, 1000);
    assert_int_equal(cs_stringi_length(two, sizeof two), sizeof two);
    assert_int_equal(cs_stringi_length(two, sizeof two - 1), 0);
    assert_int_equal(cs_stringi_length(OCTETS(1, 'e', 'n', 'g', 0xD9, 4, 0, 4, 0, 1, 0, 'x', 0, 0, 0)), 15);
    assert_int_equal(cs_stringi_length(OCTETS(1, 'e', 'n', 'g', 0xD1, 4, 0, 0)), 0);
    assert_int_equal(cs_short_string_length(OCTETS(3, 'a', 'b', 'c')), 4);
    assert_int_equal(cs_short_string_length(OCTETS(3, 'a', 'b')), 0);
    every_length(two, sizeof two);
}

static void psk_generations(void **state)
{
    (void)state;
    assert_true(cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 1, 9, 2), CS_PLACE_END));
    assert_false(cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 1, 9), CS_PLACE_END));
    assert_true(cs_psks_have_usage(OCTETS(0), CS_PLACE_END));
    /* In Get_Attributes_All: attributes 6 to 12 follow. */
    assert_true(cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 0, 2, 0, 0, 0, 1, 0, 0, 0), CS_PLACE_ALL));
    assert_false(
        cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 0, 1, 2, 0x20, 0x5F, 0x24, 2, 0, 0, 1, 0, 0, 0), CS_PLACE_ALL));
    /* In a list: the id of the next attribute follows. */
    assert_true(cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 0, 2, 6, 0, 0, 0, 0), CS_PLACE_LIST));
    assert_false(cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 0, 6, 0, 0, 0, 0), CS_PLACE_LIST));
    assert_false(cs_psks_have_usage(OCTETS(1, 2, 'i', 'd', 0, 9, 0, 1), CS_PLACE_LIST));
}

static void key_octets(void **state)
{
    (void)state;
    const uint8_t list[] = {2, 1, 'a', 2, 9, 9, 0, 1, 'b', 1, 8, 1};
    assert_true(cs_psks_hold_key(list, sizeof list, true, 4, 1));
    assert_true(cs_psks_hold_key(list, sizeof list, true, 2, 3));
    assert_false(cs_psks_hold_key(list, sizeof list, true, 6, 4));
    assert_true(cs_psks_hold_key(list, sizeof list, true, 10, 1));
    assert_false(cs_psks_hold_key(list, sizeof list, true, 11, 1));
    assert_false(cs_psks_hold_key(list, 3, true, 0, 3));
}

static void crl_shapes(void **state)
{
    (void)state;
    assert_true(cs_crl_is_list(OCTETS(1, 3, 0x20, 0x37, 0x25, 0, 4, 1)));
    assert_false(cs_crl_is_list(OCTETS(3, 0x20, 0x37, 0x25, 0, 4, 1)));
    assert_false(cs_crl_is_list(OCTETS(4, 0x21, 0, 0x37, 0, 0x25, 0, 4, 1)));
    assert_true(cs_crl_is_list(OCTETS(0)));
    assert_true(cs_crl_is_list(OCTETS(3, 0x20, 0x37)));
}

static void class_attributes(void **state)
{
    (void)state;
    const uint8_t with[] = {2, 0, 2, 0, 2, 0, 10, 0, 5, 0, 1, 0, 0, 0, 1, 1, 'A', 2, 0x20, 0x5F, 0x24, 1, 3, 0, 0, 0};
    uint8_t without[sizeof with - 2];
    memcpy(without, with, 4);
    memcpy(without + 4, with + 6, sizeof without - 4);
    assert_true(cs_cm_class_has_instances(with, sizeof with));
    assert_false(cs_cm_class_has_instances(without, sizeof without));
    every_length(with, sizeof with);
}

static void file_packets(void **state)
{
    (void)state;
    cs_file_packet packet;
    assert_true(cs_file_packet_read(OCTETS(2, 2, 0x52, 0x0A, 0x7A, 0xFD), &packet));
    assert_true(packet.has_checksum);
    assert_int_equal(packet.checksum, 0xFD7A);
    assert_int_equal(packet.data_len, 2);
    assert_true(cs_file_packet_read(OCTETS(0, 0, 1, 2, 3), &packet));
    assert_int_equal(packet.data_len, 3);
    assert_false(cs_file_packet_read(OCTETS(0, 4, 1), &packet));
    assert_true(cs_file_packet_read(OCTETS(9, 2, 0, 0), &packet));
    assert_int_equal(packet.data_len, 0);
    assert_int_equal(cs_file_checksum((const uint8_t *)"HELLO CSR\n", 10), 0xFD7A);
    assert_int_equal(cs_file_checksum((const uint8_t *)"", 0), 0);
    assert_true(cs_packet_type_ends(CS_PACKET_ABORT));
    assert_false(cs_packet_type_ends(CS_PACKET_MIDDLE));
}

static void random_octets(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(5);
    for (int i = 0; i < 20000; i++) {
        uint8_t octets[48];
        size_t len = (size_t)g_rand_int_range(random, 0, sizeof octets + 1);
        for (size_t k = 0; k < len; k++)
            octets[k] = (uint8_t)g_rand_int_range(random, 0, g_rand_int_range(random, 0, 3) ? 6 : 256);
        uint8_t *copy = g_memdup2(octets, len);
        all_parsers(copy ? copy : (const uint8_t *)"", len);
        g_free(copy);
    }
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),        cmocka_unit_test(strings),       cmocka_unit_test(psk_generations),
        cmocka_unit_test(key_octets),   cmocka_unit_test(crl_shapes),    cmocka_unit_test(class_attributes),
        cmocka_unit_test(file_packets), cmocka_unit_test(random_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
