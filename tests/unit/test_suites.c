/* test_suites.c
 * Walks the cipher suite and alert tables: order, completeness and consistency of every row.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/alerts.h>
#include <cipsec/suites.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_row_is_whole(void **state)
{
    (void)state;
    int last = -1;
    const cs_suite *s;
    for (size_t i = 0; (s = cs_suite_at(i)); i++) {
        assert_true((int)s->id > last);
        last = s->id;
        assert_ptr_equal(cs_suite_find(s->id), s);
        assert_non_null(s->name);
        assert_non_null(s->kx);
        assert_non_null(s->auth);
        assert_non_null(s->enc);
        assert_non_null(s->mac);
        assert_int_equal(strncmp(s->name, "TLS_", 4), 0);
    }
    assert_true(last > 0xCC00);
}

/* The name and the parts must tell the same story. */
static void parts_agree_with_names(void **state)
{
    (void)state;
    const cs_suite *s;
    for (size_t i = 0; (s = cs_suite_at(i)); i++) {
        bool null_cipher = strstr(s->name, "WITH_NULL") || s->protection == CS_PROTECT_RFC9150;
        assert_int_equal(null_cipher, strncmp(s->enc, "NULL", 4) == 0);
        if (s->id != 0)
            assert_int_equal(null_cipher, cs_suite_integrity_only(s->id));
        assert_int_equal(strstr(s->name, "PSK") != NULL, s->psk);
        assert_int_equal(strstr(s->name, "_anon_") || s->id == CS_SUITE_NULL, s->anonymous);
        if (s->protection == CS_PROTECT_AEAD)
            assert_int_equal(s->mac_len, 0);
        if (s->protection == CS_PROTECT_CBC)
            assert_non_null(strstr(s->name, "CBC"));
        if (s->protection == CS_PROTECT_CBC || s->protection == CS_PROTECT_NULL_MAC) {
            const char *mac = strrchr(s->name, '_') + 1;
            unsigned want = !strcmp(mac, "SHA") ? 20 : !strcmp(mac, "SHA256") ? 32 : !strcmp(mac, "SHA384") ? 48
                            : !strcmp(mac, "MD5") ? 16 : 0;
            assert_int_equal(s->mac_len, want);
        }
    }
}

/* The suites that CIP Security devices list, with what the standard's tables say of them. */
static void cip_suites(void **state)
{
    (void)state;
    static const struct {
        uint16_t id;
        const char *name;
        uint8_t mac_len;
        bool integrity_only, psk;
    } rows[] = {
        {0x003B, "TLS_RSA_WITH_NULL_SHA256", 32, true, false},
        {0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", 32, false, false},
        {0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", 32, false, false},
        {0xC006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA", 20, true, false},
        {0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 32, false, false},
        {0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 48, false, false},
        {0xC037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", 32, false, true},
        {0xC03A, "TLS_ECDHE_PSK_WITH_NULL_SHA256", 32, true, true},
        {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0, false, false},
        {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0, false, false},
        {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0, false, false},
        {0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", 0, false, false},
        {0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", 0, false, false},
        {0xD001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", 0, false, true},
        {0xCCAC, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", 0, false, true},
        {0xC0B4, "TLS_SHA256_SHA256", 32, true, false},
        {0xC0B5, "TLS_SHA384_SHA384", 48, true, false},
        {0x1301, "TLS_AES_128_GCM_SHA256", 0, false, false},
        {0x1305, "TLS_AES_128_CCM_8_SHA256", 0, false, false},
        {0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", 0, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const cs_suite *s = cs_suite_find(rows[i].id);
        assert_non_null(s);
        assert_string_equal(s->name, rows[i].name);
        assert_int_equal(s->mac_len, rows[i].mac_len);
        assert_int_equal(cs_suite_integrity_only(s->id), rows[i].integrity_only);
        assert_int_equal(s->psk, rows[i].psk);
    }
    assert_string_equal(cs_suite_find(0xC006)->device_page, "TLS_ECDHE_ECDSA_WITH_NULL_SHA256");
    assert_null(cs_suite_find(0xFEFE));
    assert_false(cs_suite_integrity_only(0xFEFE));
    assert_false(cs_suite_integrity_only(0x0000));
}

static void alerts(void **state)
{
    (void)state;
    int last = -1;
    const cs_alert_info *a;
    for (size_t i = 0; (a = cs_alert_at(i)); i++) {
        assert_true((int)a->id > last);
        last = a->id;
        assert_ptr_equal(cs_alert_find(a->id), a);
        assert_true(strlen(a->name) > 3 && strlen(a->text) > 3);
    }
    assert_string_equal(cs_alert_find(48)->text, "unknown CA");
    assert_null(cs_alert_find(200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(parts_agree_with_names),
        cmocka_unit_test(cip_suites),
        cmocka_unit_test(alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
