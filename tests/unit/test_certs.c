/* test_certs.c
 * The certificate store: properties as made, each object once, bad input bounded, file names safe.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cert_capture.h"

static cs_capture *cap;

static int begin(void **state)
{
    cs_options options = {.expiry_days = 30};
    cap = cs_capture_new(&options);
    *state = cap;
    return 0;
}

static int end(void **state)
{
    cs_capture_free(*state);
    return 0;
}

static cs_cert *add_der(const uint8_t *der, size_t len, uint32_t frame, unsigned position)
{
    cs_cert_seen seen = {.at = {frame, T0 * (int64_t)NS}, .side = CS_ROLE_SERVER, .device = cc_addr("10.1.1.1"),
                         .file_instance = CS_CIP_UNSET, .position = position};
    return cs_certs_add_handshake(cap, der, (uint32_t)len, &seen);
}

static void test_properties(void **state)
{
    (void)state;
    static const uint8_t serial[] = {0x00, 0xAB, 0xCD, 0xEF};
    pki_cert *ca = pki_make(&(pki_spec){.cn = "Plant CA", .ca = true}, NULL);
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "press 1", .ip = "10.1.1.1", .dns = "press1.example",
                                          .eku = GNUTLS_KP_TLS_WWW_SERVER, .serial = serial, .serial_len = 4}, ca);
    cs_cert *c = add_der(leaf->der.data, leaf->der.size, 1, 0);
    assert_false(c->malformed);
    assert_string_equal(c->subject, "CN=press 1");
    assert_string_equal(c->issuer, "CN=Plant CA");
    assert_string_equal(c->common_name, "press 1");
    assert_string_equal(c->serial, "ABCDEF");
    assert_int_equal(c->not_before, T0 - DAY);
    assert_int_equal(c->not_after, T0 + 365 * DAY);
    assert_string_equal(c->key_type, "ECDSA");
    assert_int_equal(c->key_bits, 256);
    assert_string_equal(c->curve, "secp256r1");
    assert_string_equal(c->signature, "ECDSA-SHA256");
    assert_string_equal(c->san[0], "IP:10.1.1.1");
    assert_string_equal(c->san[1], "DNS:press1.example");
    assert_null(c->san[2]);
    assert_string_equal(c->key_usage, "digitalSignature");
    assert_string_equal(c->ext_key_usage, "serverAuth");
    assert_false(c->ca);
    assert_false(c->self_signed);
    assert_null(c->signers);
    assert_int_equal(cs_cert_days_left(c, T0 * (int64_t)NS), 365);
    assert_int_equal(cs_cert_days_left(c, (T0 + 365 * DAY + 1) * (int64_t)NS), -1);

    cs_cert *root = add_der(ca->der.data, ca->der.size, 1, 1);
    assert_true(root->ca);
    assert_true(root->self_signed);
    assert_string_equal(root->key_usage, "keyCertSign, cRLSign");
    assert_ptr_equal(c->signers->pdata[0], root);
    assert_ptr_equal(root->signers->pdata[0], root);
    pki_free(leaf);
    pki_free(ca);
}

static unsigned imports;

int __real_gnutls_x509_crt_import(gnutls_x509_crt_t cert, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format);
int __wrap_gnutls_x509_crt_import(gnutls_x509_crt_t cert, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format);

int __wrap_gnutls_x509_crt_import(gnutls_x509_crt_t cert, const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format)
{
    imports++;
    return __real_gnutls_x509_crt_import(cert, data, format);
}

static void test_each_certificate_is_read_once(void **state)
{
    (void)state;
    pki_cert *shown = pki_make(&(pki_spec){.cn = "shown"}, NULL), *file = pki_make(&(pki_spec){.cn = "file"}, NULL);
    char *pem = pki_pem("CERTIFICATE", &shown->der);
    imports = 0;
    for (uint32_t i = 1; i < 100; i++)
        add_der(shown->der.data, shown->der.size, i, 0);
    for (uint32_t i = 0; i < 5; i++)
        cc_file(cap, NULL, "10.1.1.1", 5, true, 100 + i, pem, strlen(pem));
    cs_capture_finish(cap);
    assert_int_equal(imports, 1);
    /* a file without a label is read once more, to learn what it is */
    for (uint32_t i = 0; i < 5; i++)
        cc_file(cap, NULL, "10.1.1.1", 6, true, 200 + i, file->der.data, file->der.size);
    cs_capture_finish(cap);
    assert_int_equal(imports, 3);
    g_free(pem);
    pki_free(shown);
    pki_free(file);
}

static void test_each_object_once(void **state)
{
    (void)state;
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "a"}, NULL);
    cs_cert *first = add_der(leaf->der.data, leaf->der.size, 1, 0);
    assert_ptr_equal(add_der(leaf->der.data, leaf->der.size, 1, 0), first);
    assert_int_equal(first->seen->len, 1);
    assert_ptr_equal(add_der(leaf->der.data, leaf->der.size, 9, 0), first);
    assert_int_equal(first->seen->len, 2);
    assert_int_equal(cs_certs_all(cap)->len, 1);
    assert_int_equal(cs_certs_in_frame(cap, 9)->len, 1);
    assert_null(cs_certs_in_frame(cap, 2));
    pki_free(leaf);
}

static void test_pkcs7_and_pem_bundles(void **state)
{
    (void)state;
    pki_cert *ca = pki_make(&(pki_spec){.cn = "CA", .ca = true}, NULL);
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "leaf"}, ca);
    const pki_cert *both[] = {leaf, ca};
    gnutls_datum_t p7 = pki_p7(both, 2), csr = pki_csr(leaf->key, "leaf", "plant", "10.1.1.1"), crl = pki_crl(ca, leaf);
    cc_file(cap, NULL, "10.1.1.1", 5, true, 10, p7.data, p7.size);
    assert_int_equal(cs_certs_all(cap)->len, 3);
    const cs_cert *outer = cs_certs_all(cap)->pdata[0];
    assert_int_equal(outer->type, CS_OBJECT_PKCS7);
    assert_memory_equal(outer->der, p7.data, p7.size);
    char *pem_csr = pki_pem("CERTIFICATE REQUEST", &csr), *pem_crl = pki_pem("X509 CRL", &crl);
    char *both_pem = g_strconcat(pem_csr, pem_crl, NULL);
    cc_file(cap, NULL, "10.1.1.1", 6, false, 11, both_pem, strlen(both_pem));
    assert_int_equal(cs_certs_all(cap)->len, 5);
    const cs_cert *request = cs_certs_all(cap)->pdata[3], *list = cs_certs_all(cap)->pdata[4];
    assert_int_equal(request->type, CS_OBJECT_CSR);
    assert_string_equal(request->subject, "O=plant,CN=leaf");
    assert_string_equal(request->san[0], "IP:10.1.1.1");
    assert_false(request->self_signature_bad);
    assert_int_equal(list->type, CS_OBJECT_CRL);
    assert_int_equal(list->revoked, 1);
    assert_string_equal(list->issuer, "CN=CA");
    assert_int_equal(list->not_after, T0 + 30 * DAY);
    /* the certificate with the CSR's key knows it */
    bool tied = false;
    for (guint i = 0; i < cs_certs_all(cap)->len; i++) {
        const cs_cert *c = cs_certs_all(cap)->pdata[i];
        tied = tied || (c->csr == request && !strcmp(c->subject, "CN=leaf"));
    }
    assert_true(tied);
    g_free(pem_csr);
    g_free(pem_crl);
    g_free(both_pem);
    gnutls_free(p7.data);
    gnutls_free(csr.data);
    gnutls_free(crl.data);
    pki_free(leaf);
    pki_free(ca);
}

static void test_truncated_and_changed_certificates(void **state)
{
    (void)state;
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "a", .ip = "10.1.1.1", .eku = GNUTLS_KP_TLS_WWW_SERVER}, NULL);
    for (unsigned n = 0; n < leaf->der.size; n++) {
        cs_cert *c = add_der(leaf->der.data, n, n + 1, 0);
        assert_true(c->malformed);
        assert_non_null(c->malformed_why);
        cs_certs_frame_done(cap, n + 1);
    }
    uint8_t *copy = g_memdup2(leaf->der.data, leaf->der.size);
    for (unsigned n = 0; n < leaf->der.size; n++) {
        copy[n] ^= 0xA5;
        add_der(copy, leaf->der.size, 5000 + n, 0);
        cs_certs_frame_done(cap, 5000 + n);
        copy[n] ^= 0xA5;
    }
    g_free(copy);
    cs_capture_finish(cap);
    assert_true(cc_count(cap, CS_FIND_CERTIFICATE_MALFORMED) >= leaf->der.size);
    pki_free(leaf);
}

static void test_negative_serial(void **state)
{
    (void)state;
    static const uint8_t minus_one[] = {0xFF}, big[] = {0xFE, 0x00};
    pki_cert *a = pki_make(&(pki_spec){.cn = "a", .serial = minus_one, .serial_len = 1}, NULL);
    pki_cert *b = pki_make(&(pki_spec){.cn = "b", .serial = big, .serial_len = 2}, NULL);
    cs_cert *c = add_der(a->der.data, a->der.size, 1, 0);
    assert_true(c->malformed);
    assert_string_equal(c->serial, "-01");
    assert_string_equal(c->subject, "CN=a"); /* still readable */
    assert_string_equal(add_der(b->der.data, b->der.size, 2, 0)->serial, "-0200");
    cs_certs_frame_done(cap, 1);
    assert_true(g_str_has_suffix(cc_only(cap, CS_FIND_CERTIFICATE_MALFORMED)->detail, "the serial number is negative"));
    pki_free(a);
    pki_free(b);
}

static void test_too_large(void **state)
{
    (void)state;
    uint8_t *big = g_malloc0(CS_CERT_MAX_LEN + 1);
    big[0] = 0x30;
    cs_cert *c = add_der(big, CS_CERT_MAX_LEN + 1, 1, 0);
    assert_true(c->malformed);
    assert_null(c->der);
    assert_int_equal(c->der_len, CS_CERT_MAX_LEN + 1);
    cs_certs_frame_done(cap, 1);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_MALFORMED), 1);
    g_free(big);
}

static void test_huge_san_list(void **state)
{
    (void)state;
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "many", .sans = 5000}, NULL);
    gint64 start = g_get_monotonic_time();
    cs_cert *c = add_der(leaf->der.data, leaf->der.size, 1, 0);
    assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
    assert_true(g_strv_length(c->san) <= 65);
    assert_string_equal(c->san[0], "DNS:n0");
    pki_free(leaf);
}

static void test_chain_of_1000(void **state)
{
    (void)state;
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "a"}, NULL);
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t *copy = g_memdup2(leaf->der.data, leaf->der.size);
        copy[leaf->der.size - 1] ^= (uint8_t)i;
        copy[leaf->der.size - 2] ^= (uint8_t)(i >> 8);
        add_der(copy, leaf->der.size, 1, i);
        g_free(copy);
    }
    assert_int_equal(cs_certs_all(cap)->len, CS_CHAIN_MAX);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_MALFORMED), 1);
    cs_certs_frame_done(cap, 1);
    pki_free(leaf);
}

/* The number of objects kept is limited; what comes after is said, not stored. */
static void test_store_is_bounded(void **state)
{
    (void)state;
    cs_cert *last = NULL;
    for (uint32_t i = 0; i < 20010; i++)
        last = add_der((const uint8_t *)&i, sizeof i, 1, 0);
    assert_int_equal(cs_certs_all(cap)->len, 20000);
    assert_true(last->malformed);
    assert_string_equal(last->malformed_why, "not kept: too many certificates");
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_MALFORMED), 1);
    cs_certs_frame_done(cap, 1);
    cs_capture_finish(cap);
}

/* A damaged download is listed, but the device does not take it for its trust anchor. */
static void test_file_with_bad_checksum(void **state)
{
    (void)state;
    pki_cert *ca = pki_make(&(pki_spec){.cn = "CA", .ca = true}, NULL);
    cs_file_transfer file = {.end = {1, T0 * (int64_t)NS}, .device = cc_addr("10.1.1.1"), .instance = 3,
                             .direction = CS_FILE_DOWNLOAD, .bytes = ca->der.data, .len = ca->der.size,
                             .complete = true, .encoding = -1};
    cs_observe_file(cap, &file);
    assert_int_equal(cs_certs_all(cap)->len, 1);
    assert_false(((cs_cert *)cs_certs_all(cap)->pdata[0])->anchor);
    file.checksum_ok = true;
    cs_observe_file(cap, &file);
    assert_true(((cs_cert *)cs_certs_all(cap)->pdata[0])->anchor);
    pki_free(ca);
}

static void test_signature_schemes(void **state)
{
    (void)state;
    static const struct {
        gnutls_pk_algorithm_t pk;
        unsigned bits;
        gnutls_sign_algorithm_t algorithm;
        uint16_t scheme;
    } cases[] = {
        {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), GNUTLS_SIGN_ECDSA_SHA256, 0x0403},
        {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), GNUTLS_SIGN_ECDSA_SHA384, 0x0503},
        {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), GNUTLS_SIGN_ECDSA_SHA256, 0x0403},
        {GNUTLS_PK_RSA, 2048, GNUTLS_SIGN_RSA_SHA256, 0x0401},
        {GNUTLS_PK_RSA, 2048, GNUTLS_SIGN_RSA_SHA512, 0x0601},
        {GNUTLS_PK_RSA, 2048, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 0x0804},
        {GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), GNUTLS_SIGN_EDDSA_ED25519, 0x0807},
    };
    static uint8_t text[] = "what both ends said";
    gnutls_datum_t data = {text, sizeof text}, sig;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        pki_cert *p = pki_make(&(pki_spec){.cn = "k", .pk = cases[i].pk, .bits = cases[i].bits,
                                           .hash = cases[i].pk == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : 0},
                               NULL);
        gnutls_privkey_t key;
        assert_int_equal(gnutls_privkey_init(&key), 0);
        assert_int_equal(gnutls_privkey_import_x509(key, p->key, 0), 0);
        assert_int_equal(gnutls_privkey_sign_data2(key, cases[i].algorithm, 0, &data, &sig), 0);
        cs_cert *c = add_der(p->der.data, p->der.size, 1, (unsigned)i);
        assert_int_equal(cs_cert_verify_signature(c, cases[i].scheme, text, sizeof text, sig.data, sig.size), 1);
        assert_int_equal(cs_cert_verify_signature(c, cases[i].scheme, text, sizeof text - 1, sig.data, sig.size), 0);
        assert_int_equal(cs_cert_verify_signature(c, cases[i].scheme, text, sizeof text, sig.data, sig.size / 2), 0);
        assert_int_equal(cs_cert_verify_signature(c, 0xFEFE, text, sizeof text, sig.data, sig.size), -1);
        assert_int_equal(cs_cert_verify_signature(c, cases[i].scheme, text, sizeof text, sig.data, 0), 0);
        gnutls_free(sig.data);
        gnutls_privkey_deinit(key);
        pki_free(p);
    }
    cs_cert *bad = add_der((const uint8_t *)"0123", 4, 2, 0);
    assert_int_equal(cs_cert_verify_signature(bad, 0x0403, text, sizeof text, text, 4), -1);
}

static void test_file_names(void **state)
{
    (void)state;
    static const struct {
        const char *cn, *begin;
    } cases[] = {
        {"press 1", "press_1-"},
        {"../../etc/passwd", "etc_passwd-"},
        {".hidden", "hidden-"},
        {"-rf", "rf-"},
        {"a\tb\nc", "a_b_c-"},
        {"\xC3\xBC", "unnamed-"},
        {"0123456789012345678901234567890123456789012345678901234567890123",
         "012345678901234567890123456789012345678901234567-"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        pki_cert *p = pki_make(&(pki_spec){.cn = cases[i].cn}, NULL);
        cs_cert *c = add_der(p->der.data, p->der.size, 1, (unsigned)i);
        char *name = cs_cert_file_name(c);
        assert_true(g_str_has_prefix(name, cases[i].begin));
        assert_true(g_str_has_suffix(name, ".cer"));
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"),
                         strlen(name));
        g_free(name);
        pki_free(p);
    }
}

static void test_wrong_files(void **state)
{
    (void)state;
    static const char pem[] = "-----BEGIN CERTIFICATE-----\nAAAA!\n-----END CERTIFICATE-----\n";
    static const char eds[] = "[File]\nDescText=\"EDS\";\n";
    cc_file(cap, NULL, "10.1.1.1", 1, true, 1, eds, sizeof eds - 1);
    assert_int_equal(cap->findings->len, 0);
    cc_file(cap, NULL, "10.1.1.1", 2, true, 2, pem, sizeof pem - 1);
    assert_int_equal(cc_only(cap, CS_FIND_CERTIFICATE_MALFORMED)->at.frame, 2);
    cs_file_transfer typed = {.end = {3, T0 * (int64_t)NS}, .device = cc_addr("10.1.1.1"), .instance = 3,
                              .bytes = (const uint8_t *)eds, .len = sizeof eds - 1, .complete = true, .encoding = 2};
    cs_observe_file(cap, &typed);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_MALFORMED), 2);
    assert_int_equal(cs_certs_all(cap)->len, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_properties),
        T(test_each_certificate_is_read_once), T(test_each_object_once),
        T(test_pkcs7_and_pem_bundles),
        T(test_truncated_and_changed_certificates),
        T(test_negative_serial),
        T(test_too_large),
        T(test_huge_san_list),
        T(test_chain_of_1000),
        T(test_store_is_bounded),
        T(test_file_with_bad_checksum),
        T(test_signature_schemes),
        T(test_file_names),
        T(test_wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
