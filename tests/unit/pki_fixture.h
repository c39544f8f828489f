/* pki_fixture.h
 * Makes keys, certificates, CSRs and CRLs while the tests run, good and bad ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PKI_FIXTURE_H
#define PKI_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>

/** 2026-01-01 00:00:00 UTC: the tests' "now". */
#define T0 1767225600
#define DAY 86400

typedef struct {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;
    gnutls_datum_t der; /**< of crt */
} pki_cert;

typedef struct {
    const char *cn; /**< common name */
    const char *ip, *dns; /**< SAN, NULL = none */
    const char *eku; /**< one OID, NULL = none */
    bool ca;
    const char *only_dns; /**< name constraints: DNS names below this domain, NULL = none */
    int64_t from, to; /**< 0 = T0 - 1 day, T0 + 365 days */
    gnutls_pk_algorithm_t pk; /**< 0 = ECDSA */
    unsigned bits; /**< 0 = P-256 */
    gnutls_digest_algorithm_t hash; /**< 0 = SHA-256 */
    const uint8_t *serial; /**< NULL = counted */
    unsigned serial_len;
    gnutls_x509_privkey_t key; /**< use this key (stays the caller's), NULL = new */
    unsigned sans; /**< so many more DNS names */
} pki_spec;

/** Makes a certificate; issuer NULL = self-signed. */
pki_cert *pki_make(const pki_spec *spec, const pki_cert *issuer);
void pki_free(pki_cert *cert);
/** DER of a CSR for a key with the given common name and organization. Free with gnutls_free(). */
gnutls_datum_t pki_csr(gnutls_x509_privkey_t key, const char *cn, const char *o, const char *ip);
/** DER of a CRL that lists the given certificate (or none). */
gnutls_datum_t pki_crl(const pki_cert *ca, const pki_cert *revoked);
/** DER of a degenerate PKCS#7 with certificates. */
gnutls_datum_t pki_p7(const pki_cert *const *certs, unsigned n);
/** PEM text of a DER. g_free() it. */
char *pki_pem(const char *label, const gnutls_datum_t *der);

#endif
