/* x509_private.h
 * Seams between the files of epan-ext/pki.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_X509_PRIVATE_H
#define CIPSEC_X509_PRIVATE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

#include "x509.h"

/** GnuTLS's view of one object; only the member of the record's type is set. */
struct cs_x509 {
    gnutls_x509_crt_t crt;
    gnutls_x509_crq_t crq;
    gnutls_x509_crl_t crl;
    gnutls_pkcs7_t pkcs7;
    gnutls_pubkey_t key; /**< of a certificate or CSR, NULL when GnuTLS does not know it */
};

/** Takes a name that GnuTLS allocated. @return clean copy or NULL on error. */
char *cs_x509_take_dn(int rc, gnutls_datum_t *dn);
/** Marks the record malformed, once. */
void cs_x509_defect(cs_cert *cert, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/** Keeps the times that GnuTLS could read, -1 being none. */
void cs_x509_set_times(cs_cert *cert, time_t from, time_t to);
/** Sets x->key from x->crt or x->crq, and with it key type, size, curve and weakness. */
void cs_x509_read_key(cs_cert *cert);
/** Algorithm of the object's signature. @param algorithm a gnutls_sign_algorithm_t or a negative error. */
void cs_x509_read_signature(cs_cert *cert, int algorithm);
/** SAN from the extension's DER. */
void cs_x509_read_san(cs_cert *cert, const gnutls_datum_t *ext);

/* x509_csr_crl.c */
void cs_x509_read_csr(cs_cert *cert, const gnutls_datum_t *der);
void cs_x509_read_crl(cs_cert *cert, const gnutls_datum_t *der);
void cs_x509_read_pkcs7(cs_cert *cert, const gnutls_datum_t *der);

#endif
