/* test_pem.c
 * Files are split into their X.509 objects: PEM with and without company, DER, and what is neither.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cipsec/pem.h>

#include "pki_fixture.h"

static pki_cert *ca, *leaf;

static int setup(void **state)
{
    (void)state;
    ca = pki_make(&(pki_spec){.cn = "CA", .ca = true}, NULL);
    leaf = pki_make(&(pki_spec){.cn = "device", .ip = "10.1.1.1"}, ca);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_free(ca);
    pki_free(leaf);
    return 0;
}

static void expect_object(const GPtrArray *objects, unsigned i, cs_cert_type type, const gnutls_datum_t *der)
{
    assert_true(i < objects->len);
    const cs_pem_object *o = objects->pdata[i];
    assert_int_equal(o->type, type);
    assert_null(o->why);
    assert_int_equal(o->der_len, der->size);
    assert_memory_equal(o->der, der->data, der->size);
}

static void test_pem_file_with_several_objects(void **state)
{
    (void)state;
    const pki_cert *both[] = {leaf, ca};
    gnutls_datum_t csr = pki_csr(leaf->key, "device", "plant", NULL), crl = pki_crl(ca, NULL), p7 = pki_p7(both, 2);
    char *pem[] = {pki_pem("CERTIFICATE", &leaf->der), pki_pem("CERTIFICATE REQUEST", &csr), pki_pem("X509 CRL", &crl),
                   pki_pem("PKCS7", &p7), NULL};
    char *key = pki_pem("EC PRIVATE KEY", &csr);
    char *file = g_strconcat("some words first\n", pem[0], key, pem[1], "between\r\n", pem[2], pem[3], NULL);
    GPtrArray *objects = cs_pem_objects((uint8_t *)file, strlen(file));
    assert_int_equal(objects->len, 4);
    expect_object(objects, 0, CS_OBJECT_CERTIFICATE, &leaf->der);
    expect_object(objects, 1, CS_OBJECT_CSR, &csr);
    expect_object(objects, 2, CS_OBJECT_CRL, &crl);
    expect_object(objects, 3, CS_OBJECT_PKCS7, &p7);
    const cs_pem_object *first = objects->pdata[0];
    assert_true(first->pem);
    assert_int_equal(first->offset, strlen("some words first\n"));
    assert_int_equal(first->len, strlen(pem[0]) - 1); /* the line end after END is not part of it */
    g_ptr_array_unref(objects);
    for (int i = 0; pem[i]; i++)
        g_free(pem[i]);
    g_free(key);
    g_free(file);
    gnutls_free(csr.data);
    gnutls_free(crl.data);
    gnutls_free(p7.data);
}

static void test_der_is_recognised(void **state)
{
    (void)state;
    const pki_cert *one[] = {ca};
    gnutls_datum_t csr = pki_csr(leaf->key, "device", "plant", NULL), crl = pki_crl(ca, NULL), p7 = pki_p7(one, 1);
    const struct {
        const gnutls_datum_t *der;
        cs_cert_type type;
    } cases[] = {
        {&leaf->der, CS_OBJECT_CERTIFICATE},
        {&csr, CS_OBJECT_CSR},
        {&crl, CS_OBJECT_CRL},
        {&p7, CS_OBJECT_PKCS7},
    };
    for (size_t i = 0; i < 4; i++) {
        GPtrArray *objects = cs_pem_objects(cases[i].der->data, cases[i].der->size);
        assert_int_equal(objects->len, 1);
        expect_object(objects, 0, cases[i].type, cases[i].der);
        g_ptr_array_unref(objects);
    }
    gnutls_free(csr.data);
    gnutls_free(crl.data);
    gnutls_free(p7.data);
}

static void test_every_truncation_is_harmless(void **state)
{
    (void)state;
    char *pem = pki_pem("CERTIFICATE", &leaf->der);
    size_t len = strlen(pem) - 1;
    for (size_t n = 0; n <= len; n++) {
        GPtrArray *objects = cs_pem_objects((uint8_t *)pem, n);
        if (n == len) {
            expect_object(objects, 0, CS_OBJECT_CERTIFICATE, &leaf->der);
        } else if (objects->len) {
            const cs_pem_object *o = objects->pdata[0];
            assert_non_null(o->why);
            assert_null(o->der);
        }
        g_ptr_array_unref(objects);
    }
    for (unsigned n = 0; n < leaf->der.size; n++) {
        GPtrArray *objects = cs_pem_objects(leaf->der.data, n);
        assert_int_equal(objects->len, 0);
        g_ptr_array_unref(objects);
    }
    g_free(pem);
}

static void test_nothing_in_foreign_files(void **state)
{
    (void)state;
    static const char *const files[] = {"",
                                        "[File]\nDescText = \"EDS\";\n",
                                        "-----BEGIN -----",
                                        "-----BEGIN RSA PRIVATE KEY-----\n",
                                        "-----BEGIN CERTIFICATE",
                                        "0",
                                        "-----END CERTIFICATE-----"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        GPtrArray *objects = cs_pem_objects((const uint8_t *)files[i], strlen(files[i]));
        assert_int_equal(objects->len, 0);
        g_ptr_array_unref(objects);
    }
    static const char wrong[] = "-----BEGIN CERTIFICATE-----\n!!!! not base64 ????\n-----END CERTIFICATE-----\n";
    GPtrArray *objects = cs_pem_objects((const uint8_t *)wrong, sizeof wrong - 1);
    assert_int_equal(objects->len, 1);
    assert_non_null(((cs_pem_object *)objects->pdata[0])->why);
    g_ptr_array_unref(objects);
}

static void test_number_of_objects_is_capped(void **state)
{
    (void)state;
    GString *file = g_string_new(NULL);
    char *pem = pki_pem("CERTIFICATE", &ca->der);
    for (int i = 0; i < 1000; i++)
        g_string_append(file, pem);
    GPtrArray *objects = cs_pem_objects((uint8_t *)file->str, file->len);
    assert_int_equal(objects->len, CS_PEM_MAX_OBJECTS);
    g_ptr_array_unref(objects);
    g_string_free(file, TRUE);
    g_free(pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pem_file_with_several_objects), cmocka_unit_test(test_der_is_recognised),
        cmocka_unit_test(test_every_truncation_is_harmless),  cmocka_unit_test(test_nothing_in_foreign_files),
        cmocka_unit_test(test_number_of_objects_is_capped),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
