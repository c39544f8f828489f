/* x509_read.c
 * Reads a certificate into its record.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x509_private.h"

#include <gnutls/crypto.h>
#include <string.h>

#define OID_SAN "2.5.29.17"
#define SERIAL_MAX 64 /* octets of a serial number that are shown; RFC 5280 allows 20 */
#define PURPOSES_MAX 32

static void read_serial(cs_cert *cert, gnutls_x509_crt_t crt)
{
    uint8_t serial[SERIAL_MAX];
    size_t size = sizeof serial;
    int rc = gnutls_x509_crt_get_serial(crt, serial, &size);
    if (rc < 0 || size == 0) {
        cs_x509_defect(cert, rc == GNUTLS_E_SHORT_MEMORY_BUFFER ? "the serial number is longer than 64 octets"
                                                                : "the serial number cannot be read");
        return;
    }
    if (!(serial[0] & 0x80)) {
        /* A leading zero octet only keeps the number positive. */
        size_t skip = size > 1 && serial[0] == 0;
        cert->serial = cs_x509_hex(serial + skip, size - skip);
        return;
    }
    /* Two's complement: show the magnitude, as other tools do. */
    for (size_t i = 0; i < size; i++)
        serial[i] = (uint8_t)~serial[i];
    for (size_t i = size; i-- > 0 && ++serial[i] == 0;)
        continue;
    size_t skip = size > 1 && serial[0] == 0;
    char *magnitude = cs_x509_hex(serial + skip, size - skip);
    cert->serial = g_strconcat("-", magnitude, NULL);
    g_free(magnitude);
    cs_x509_defect(cert, "the serial number is negative");
}

static void read_validity(cs_cert *cert, gnutls_x509_crt_t crt)
{
    time_t from = gnutls_x509_crt_get_activation_time(crt);
    time_t to = gnutls_x509_crt_get_expiration_time(crt);
    cs_x509_set_times(cert, from, to);
    if (!cert->have_not_before || !cert->have_not_after)
        cs_x509_defect(cert, "the validity cannot be read");
    else if (to < from)
        cs_x509_defect(cert, "the validity ends before it begins");
}

static void read_purposes(cs_cert *cert, gnutls_x509_crt_t crt)
{
    unsigned usage = 0, critical;
    GString *text = g_string_new(NULL);
    if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) == 0)
        cert->key_usage = cs_x509_key_usage(usage);
    for (unsigned i = 0; i < PURPOSES_MAX; i++) {
        char oid[128];
        size_t size = sizeof oid;
        if (gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL) < 0)
            break;
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", cs_x509_purpose(oid));
    }
    if (text->len)
        cert->ext_key_usage = g_string_free(text, FALSE);
    else
        g_string_free(text, TRUE);
}

static void read_extensions(cs_cert *cert, gnutls_x509_crt_t crt)
{
    unsigned ca = 0, critical;
    int path_len = -1;
    gnutls_datum_t ext = {NULL, 0};
    if (gnutls_x509_crt_get_basic_constraints(crt, &critical, &ca, &path_len) >= 0) {
        cert->ca = ca != 0;
        cert->path_len = ca ? path_len : -1;
    }
    read_purposes(cert, crt);
    for (unsigned i = 0; i < 64; i++) {
        char oid[128];
        size_t size = sizeof oid;
        int rc = gnutls_x509_crt_get_extension_info(crt, i, oid, &size, &critical);
        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
        if (rc == 0 && !strcmp(oid, OID_SAN) && gnutls_x509_crt_get_extension_data2(crt, i, &ext) == 0) {
            cs_x509_read_san(cert, &ext);
            gnutls_free(ext.data);
            break;
        }
    }
}

static char *common_name(gnutls_x509_crt_t crt)
{
    char name[512];
    size_t size = sizeof name;
    if (gnutls_x509_crt_get_dn_by_oid(crt, CS_OID_COMMON_NAME, 0, 0, name, &size) < 0)
        return NULL;
    return cs_x509_clean((const uint8_t *)name, size);
}

static void read_certificate(cs_cert *cert, const gnutls_datum_t *der)
{
    gnutls_x509_crt_t crt;
    gnutls_datum_t dn = {NULL, 0};
    if (gnutls_x509_crt_init(&crt) < 0)
        return;
    int rc = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER);
    if (rc < 0) {
        cs_x509_defect(cert, "cannot be read as a certificate: %s", gnutls_strerror(rc));
        gnutls_x509_crt_deinit(crt);
        return;
    }
    cert->x509->crt = crt;
    cert->subject = cs_x509_take_dn(gnutls_x509_crt_get_dn3(crt, &dn, 0), &dn);
    dn.data = NULL;
    cert->issuer = cs_x509_take_dn(gnutls_x509_crt_get_issuer_dn3(crt, &dn, 0), &dn);
    if (!cert->subject || !cert->issuer)
        cs_x509_defect(cert, "subject or issuer cannot be read");
    cert->common_name = common_name(crt);
    read_serial(cert, crt);
    read_validity(cert, crt);
    cs_x509_read_key(cert);
    cs_x509_read_signature(cert, gnutls_x509_crt_get_signature_algorithm(crt));
    read_extensions(cert, crt);
    if (cs_x509_names_issuer(cert, cert)) {
        cert->self_signed = cs_x509_signed_by(cert, cert);
        cert->self_signature_bad = !cert->self_signed && cs_x509_can_verify(cert, cert);
    }
}

void cs_x509_sha256(const uint8_t *der, size_t len, uint8_t digest[32])
{
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, der, len, digest) == 0)
        return;
    gsize size = 32; /* a GnuTLS that was told to refuse it must not make all objects one */
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, der, (gssize)len);
    g_checksum_get_digest(sum, digest, &size);
    g_checksum_free(sum);
}

void cs_x509_read(cs_cert *cert)
{
    gnutls_datum_t der = {cert->der, cert->der_len};
    cert->x509 = g_new0(struct cs_x509, 1);
    cert->path_len = -1;
    switch (cert->type) {
    case CS_OBJECT_CERTIFICATE:
        read_certificate(cert, &der);
        break;
    case CS_OBJECT_CSR:
        cs_x509_read_csr(cert, &der);
        break;
    case CS_OBJECT_CRL:
        cs_x509_read_crl(cert, &der);
        break;
    case CS_OBJECT_PKCS7:
        cs_x509_read_pkcs7(cert, &der);
        break;
    }
}

void cs_x509_free(cs_cert *cert)
{
    struct cs_x509 *x = cert->x509;
    if (!x)
        return;
    if (x->crt)
        gnutls_x509_crt_deinit(x->crt);
    if (x->crq)
        gnutls_x509_crq_deinit(x->crq);
    if (x->crl)
        gnutls_x509_crl_deinit(x->crl);
    if (x->pkcs7)
        gnutls_pkcs7_deinit(x->pkcs7);
    if (x->key)
        gnutls_pubkey_deinit(x->key);
    g_free(x);
    cert->x509 = NULL;
}
