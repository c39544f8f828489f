/* x509_csr_crl.c
 * Reads CSRs, CRLs and PKCS#7 objects into their records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x509_private.h"

#include <string.h>

#define OID_SAN "2.5.29.17"

void cs_x509_read_csr(cs_cert *cert, const gnutls_datum_t *der)
{
    gnutls_x509_crq_t crq;
    gnutls_datum_t dn = {NULL, 0}, ext = {NULL, 0};
    unsigned usage, critical;
    if (gnutls_x509_crq_init(&crq) < 0)
        return;
    int rc = gnutls_x509_crq_import(crq, der, GNUTLS_X509_FMT_DER);
    if (rc < 0) {
        cs_x509_defect(cert, "cannot be read as a CSR: %s", gnutls_strerror(rc));
        gnutls_x509_crq_deinit(crq);
        return;
    }
    cert->x509->crq = crq;
    cert->subject = cs_x509_take_dn(gnutls_x509_crq_get_dn3(crq, &dn, 0), &dn);
    cert->common_name = cs_x509_name_part(cert, CS_OID_COMMON_NAME);
    cs_x509_read_key(cert);
    cs_x509_read_signature(cert, gnutls_x509_crq_get_signature_algorithm(crq));
    if (gnutls_x509_crq_get_key_usage(crq, &usage, &critical) == 0)
        cert->key_usage = cs_x509_key_usage(usage);
    if (gnutls_x509_crq_get_extension_by_oid2(crq, OID_SAN, 0, &ext, &critical) == 0) {
        cs_x509_read_san(cert, &ext);
        gnutls_free(ext.data);
    }
    cert->self_signature_bad =
        cs_x509_can_verify(cert, cert) &&
        gnutls_x509_crq_verify(crq, GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1) < 0;
}

void cs_x509_read_crl(cs_cert *cert, const gnutls_datum_t *der)
{
    gnutls_x509_crl_t crl;
    gnutls_datum_t dn = {NULL, 0};
    if (gnutls_x509_crl_init(&crl) < 0)
        return;
    int rc = gnutls_x509_crl_import(crl, der, GNUTLS_X509_FMT_DER);
    if (rc < 0) {
        cs_x509_defect(cert, "cannot be read as a CRL: %s", gnutls_strerror(rc));
        gnutls_x509_crl_deinit(crl);
        return;
    }
    cert->x509->crl = crl;
    cert->issuer = cs_x509_take_dn(gnutls_x509_crl_get_issuer_dn3(crl, &dn, 0), &dn);
    cs_x509_set_times(cert, gnutls_x509_crl_get_this_update(crl), gnutls_x509_crl_get_next_update(crl));
    int revoked = gnutls_x509_crl_get_crt_count(crl);
    cert->revoked = revoked > 0 ? (unsigned)revoked : 0;
    cs_x509_read_signature(cert, gnutls_x509_crl_get_signature_algorithm(crl));
}

void cs_x509_read_pkcs7(cs_cert *cert, const gnutls_datum_t *der)
{
    gnutls_pkcs7_t p7;
    if (gnutls_pkcs7_init(&p7) < 0)
        return;
    int rc = gnutls_pkcs7_import(p7, der, GNUTLS_X509_FMT_DER);
    if (rc < 0) {
        cs_x509_defect(cert, "cannot be read as PKCS#7: %s", gnutls_strerror(rc));
        gnutls_pkcs7_deinit(p7);
        return;
    }
    cert->x509->pkcs7 = p7;
}

GPtrArray *cs_x509_pkcs7_parts(const cs_cert *pkcs7, bool crls)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    gnutls_pkcs7_t p7 = pkcs7->x509 ? pkcs7->x509->pkcs7 : NULL;
    for (unsigned i = 0; p7 && i < CS_CHAIN_MAX; i++) {
        gnutls_datum_t der = {NULL, 0};
        int rc = crls ? gnutls_pkcs7_get_crl_raw2(p7, i, &der) : gnutls_pkcs7_get_crt_raw2(p7, i, &der);
        if (rc < 0)
            break;
        g_ptr_array_add(parts, g_bytes_new(der.data, der.size));
        gnutls_free(der.data);
    }
    return parts;
}

char *cs_x509_name_part(const cs_cert *cert, const char *oid)
{
    char value[512];
    size_t size = sizeof value;
    int rc = GNUTLS_E_INVALID_REQUEST;
    if (cert->x509 && cert->x509->crt)
        rc = gnutls_x509_crt_get_dn_by_oid(cert->x509->crt, oid, 0, 0, value, &size);
    else if (cert->x509 && cert->x509->crq)
        rc = gnutls_x509_crq_get_dn_by_oid(cert->x509->crq, oid, 0, 0, value, &size);
    return rc < 0 ? NULL : cs_x509_clean((const uint8_t *)value, size);
}
