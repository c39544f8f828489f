/* certs.h
 * The certificate store of a capture: every certificate, CSR and CRL seen, once, with where it was seen.
 *
 * GnuTLS reads and judges; each distinct object is read at most once. Times come from the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CERTS_H
#define CIPSEC_CERTS_H

#include <cipsec/model.h>

/** A certificate, CSR or CRL above this is recorded as too large and not kept. */
#define CS_CERT_MAX_LEN (64u * 1024)
/** Certificates of one chain that are looked at. */
#define CS_CHAIN_MAX 16

typedef enum { CS_OBJECT_CERTIFICATE, CS_OBJECT_CSR, CS_OBJECT_CRL, CS_OBJECT_PKCS7 } cs_cert_type;

typedef enum {
    CS_CERT_UNKNOWN,
    CS_CERT_VENDOR, /**< born-on certificate of a device */
    CS_CERT_PROVISIONED, /**< device certificate of the plant's CA */
    CS_CERT_TOOL, /**< client certificate of a configuration tool */
    CS_CERT_ISSUING_CA,
    CS_CERT_ROOT,
    CS_CERT_SELF_SIGNED
} cs_cert_kind;

typedef enum { CS_CHAIN_NOT_CHECKED, CS_CHAIN_VALID, CS_CHAIN_INVALID, CS_CHAIN_REVOKED } cs_chain_result;

/** One sighting. */
typedef struct {
    cs_when at;
    cs_stream *stream; /**< NULL when not from a stream of ours */
    cs_role side; /**< whose certificate in a handshake; CS_ROLE_UNKNOWN for files */
    cs_addr device; /**< who showed it, or the device whose File object held it */
    uint32_t file_instance; /**< 0x37 instance; CS_CIP_UNSET for handshakes and enrollments */
    unsigned position; /**< in the chain or file, 0 = leaf */
    bool written; /**< files and enrollments: came into the device (else from it) */
    bool enrollment; /**< was the body of an HTTP message of the device */
} cs_cert_seen;

struct cs_cert {
    uint32_t index; /**< from 0, by first sighting */
    cs_cert_type type;
    uint8_t sha256[32], sha1[20];
    uint8_t *der; /**< owned; NULL when too large */
    uint32_t der_len;
    bool malformed; /**< cannot be read, or breaks RFC 5280; text members that could not be read are NULL */
    char *malformed_why;
    char *subject, *issuer; /**< RFC 4514, owned; issuer NULL for CSRs, subject NULL for CRLs */
    char *common_name;
    char *serial; /**< upper-case hex, "-" in front when negative; NULL for CSRs and CRLs */
    int64_t not_before, not_after; /**< seconds since 1970 UTC, earlier times count as 0; CRL: this and next update */
    bool have_not_before, have_not_after; /**< they could be read; a CRL need not have a next update */
    char *key_type; /**< "ECDSA", "RSA", ... */
    unsigned key_bits; /**< 0 when GnuTLS does not know this kind of key or curve */
    char *curve; /**< "secp256r1", ...; NULL unless elliptic */
    char *signature; /**< "ECDSA-SHA256", ... */
    char **san; /**< NULL-terminated "DNS:name", "IP:10.1.1.1", "URI:...", "email:..." or NULL */
    bool san_cut; /**< it has more names than san lists */
    char *key_usage, *ext_key_usage; /**< RFC 5280 names, comma separated, or NULL */
    bool ca;
    int path_len; /**< -1 = none */
    bool self_signed; /**< subject = issuer and its own key verifies it */
    bool self_signature_bad; /**< CSRs, and certificates with subject = issuer: the own key does not verify it */
    bool weak_key, weak_signature;
    uint8_t key_id[32]; /**< SHA-256 of the SubjectPublicKeyInfo: ties CSR, certificate and key together */
    bool have_key_id;
    unsigned revoked; /**< of a CRL: number of revoked certificates */
    cs_cert_kind kind;
    cs_chain_result chain;
    char *chain_why;
    GArray *seen; /**< cs_cert_seen */
    cs_cert *csr; /**< of a certificate: the CSR with the same key, NULL */
    GPtrArray *signers; /**< the store's certificates with its issuer's name and the key that verifies it, not owned; a
                         *   renewed or cross-signed CA has several. NULL = none seen */
    bool anchor; /**< from the trust file, or given to a device as trusted authority */
    bool from_trust_file; /**< cipsec.trust_file holds it too */
    struct cs_x509 *x509; /**< private to epan-ext/pki */
    struct cs_cert_note *note; /**< private to epan-ext/model */
};

/** Adds a DER certificate of a handshake. Oversized (> 64 KiB) or unreadable ones are kept as malformed records,
 *  oversized ones without their bytes. @return the store's record, never NULL. */
cs_cert *cs_certs_add_handshake(cs_capture *cap, const uint8_t *der, uint32_t len, const cs_cert_seen *seen);
/** Draws the conclusions that are possible once all certificates of a frame are in: kind, chain, findings.
 *  First pass only; cheap for frames without certificates; calling it again changes nothing. */
void cs_certs_frame_done(cs_capture *cap, uint32_t frame);
/** All objects that the capture shows, in order of first sighting: cs_cert*. Owned by the store. What only the trust
 *  file holds is not among them. */
const GPtrArray *cs_certs_all(const cs_capture *cap);

/** A record and which of its sightings is meant. */
typedef struct {
    cs_cert *cert;
    unsigned seen; /**< index in cert->seen */
} cs_cert_ref;
/** Sightings in one frame: cs_cert_ref in order. @return NULL when the frame shows none. Owned by the store. */
const GArray *cs_certs_in_frame(const cs_capture *cap, uint32_t frame);
/** @return what was wrong with cipsec.trust_file in one sentence, or NULL. Owned by the store. */
const char *cs_certs_trust_error(const cs_capture *cap);

/** Short text for tree items and ladders: "vendor", "provisioned", ... Static. */
const char *cs_cert_kind_name(cs_cert_kind kind);
/** @return the evidence for the kind in plain words, NULL while the kind is unknown. Owned by the record, valid until
 *  it is judged again. */
const char *cs_cert_kind_why(const cs_cert *cert);
/** "not checked", "valid", "invalid", "revoked". Static. */
const char *cs_chain_result_name(cs_chain_result result);
/** "certificate", "CSR", "CRL", "PKCS#7". Static. */
const char *cs_cert_type_name(cs_cert_type type);
/** Whole days from a moment of the capture to the end of validity, rounded down; negative once expired. */
int64_t cs_cert_days_left(const cs_cert *cert, int64_t ns);
/** Export name: subject and fingerprint in [A-Za-z0-9._-], with .cer, .csr, .crl or .p7b. @return g_free() it. */
char *cs_cert_file_name(const cs_cert *cert);

/** Verifies a signature made with the key of a certificate (TLS 1.2 ServerKeyExchange, CertificateVerify).
 *  @param scheme TLS SignatureScheme / SignatureAndHashAlgorithm number. @return 1 good, 0 bad, -1 cannot say. */
int cs_cert_verify_signature(cs_cert *cert, uint16_t scheme, const uint8_t *data, size_t len, const uint8_t *sig,
                             size_t sig_len);

#endif
