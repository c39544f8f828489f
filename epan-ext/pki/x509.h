/* x509.h
 * The only door to GnuTLS beside cipsec/pem.h: reads objects into cs_cert records and checks signatures and paths.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_X509_H
#define CIPSEC_X509_H

#include <cipsec/certs.h>

/** Object identifiers of name parts that Create_CSR asks for. */
#define CS_OID_COMMON_NAME "2.5.4.3"
#define CS_OID_SERIAL "2.5.4.5"
#define CS_OID_COUNTRY "2.5.4.6"
#define CS_OID_LOCALITY "2.5.4.7"
#define CS_OID_STATE "2.5.4.8"
#define CS_OID_ORGANIZATION "2.5.4.10"
#define CS_OID_UNIT "2.5.4.11"
#define CS_OID_EMAIL "1.2.840.113549.1.9.1"

/** SHA-256 of an object's bytes. Taken for every certificate of every handshake, so with the processor's help. */
void cs_x509_sha256(const uint8_t *der, size_t len, uint8_t digest[32]);
/** Reads cert->der by cert->type and fills the record; sets malformed and malformed_why when it cannot. Keeps a
 *  handle in cert->x509 for the checks below. */
void cs_x509_read(cs_cert *cert);
/** Drops the handle. */
void cs_x509_free(cs_cert *cert);
/** The pieces of a PKCS#7 object. @return GBytes* of DER certificates (or CRLs when crls is set), at most
 *  CS_CHAIN_MAX; empty when there are none. The caller frees it. */
GPtrArray *cs_x509_pkcs7_parts(const cs_cert *pkcs7, bool crls);
/** First value of a name part of the subject of a certificate or CSR. @return g_free() it; NULL when absent. */
char *cs_x509_name_part(const cs_cert *cert, const char *oid);
/** @return whether ca's name (and key identifier, where given) is the one that cert or CRL says signed it. */
bool cs_x509_names_issuer(const cs_cert *cert, const cs_cert *ca);
/** @return whether GnuTLS can do the check of this signature with ca's key, so that a failure means something: not with
 *  keys and curves it does not know, nor RSA-PSS by a plain RSA key, where it takes no salt but the usual. */
bool cs_x509_can_verify(const cs_cert *cert, const cs_cert *ca);
/** @return whether ca's key verifies the signature on a certificate or CRL. Judges nothing else. */
bool cs_x509_signed_by(const cs_cert *cert, const cs_cert *ca);
/** Judges a path by RFC 5280 except times and revocation: signatures, CA flags, path lengths, key usage, names.
 *  @param path leaf first, n >= 1, at most CS_CHAIN_MAX. @param anchors at least one.
 *  @return NULL when it ends in an anchor, else the reason in words (static). */
const char *cs_x509_verify_path(const cs_cert *const *path, unsigned n, const cs_cert *const *anchors,
                                unsigned n_anchors);
/** @return whether the CRL lists the certificate. Signature and issuer of the CRL must be checked already. */
bool cs_x509_on_crl(const cs_cert *cert, const cs_cert *crl);

/* x509_text.c: shared by the readers. All strings are valid UTF-8 without control characters, capped, g_free() them. */
typedef struct cs_x509 cs_x509;
char *cs_x509_clean(const uint8_t *text, size_t len);
char *cs_x509_hex(const uint8_t *bytes, size_t len);
char *cs_x509_key_usage(unsigned usage);
/** RFC 5280 name of an extended key usage, or the dotted OID itself. */
const char *cs_x509_purpose(const char *oid);

#endif
