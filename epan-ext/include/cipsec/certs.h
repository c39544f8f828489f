/* certs.h
 * The certificate store of a capture: every certificate, CSR and CRL seen, once, with where it was seen.
 *
 * GnuTLS reads and judges; it is called at most once for each distinct object. Times come from the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CERTS_H
#define CIPSEC_CERTS_H

#include <cipsec/model.h>

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
    uint32_t file_instance; /**< 0x37 instance; CS_CIP_UNSET for handshakes */
    unsigned position; /**< in the chain, 0 = leaf */
} cs_cert_seen;

struct cs_cert {
    cs_cert_type type;
    uint8_t sha256[32], sha1[20];
    uint8_t *der; /**< owned */
    uint32_t der_len;
    bool malformed; /**< could not be read; the text members are NULL then */
    char *malformed_why;
    char *subject, *issuer; /**< RFC 4514, owned; issuer NULL for CSRs */
    char *common_name;
    char *serial; /**< hex; NULL for CSRs and CRLs */
    int64_t not_before, not_after; /**< seconds since 1970 UTC; CRL: this and next update */
    char *key_type; /**< "ECDSA", "RSA", ... */
    unsigned key_bits;
    char *curve; /**< NULL unless elliptic */
    char *signature; /**< "ECDSA-SHA256", ... */
    char **san; /**< NULL-terminated "DNS:name", "IP:10.1.1.1", "URI:..." or NULL */
    char *key_usage, *ext_key_usage; /**< comma separated or NULL */
    bool ca;
    int path_len; /**< -1 = none */
    bool self_signed; /**< subject = issuer and its own key verifies it */
    uint8_t key_id[32]; /**< SHA-256 of the SubjectPublicKeyInfo: ties CSR, certificate and key together */
    cs_cert_kind kind;
    char *kind_why; /**< the evidence */
    cs_chain_result chain;
    char *chain_why;
    GArray *seen; /**< cs_cert_seen */
    cs_cert *csr; /**< of a certificate: the CSR with the same key, NULL */
};

/** Adds a DER certificate of a handshake. Oversized (> 64 KiB) or unreadable ones are kept as malformed records
 *  without their bytes. @return the store's record, never NULL. */
cs_cert *cs_certs_add_handshake(cs_capture *cap, const uint8_t *der, uint32_t len, const cs_cert_seen *seen);
/** All records in order of first sighting: cs_cert*. Owned by the store. */
const GPtrArray *cs_certs_all(const cs_capture *cap);
/** Short text for tree items and ladders: "CN=..., vendor certificate". Static or owned by the record. */
const char *cs_cert_kind_name(cs_cert_kind kind);
/** Verifies a signature made with the key of a certificate (TLS 1.2 ServerKeyExchange, CertificateVerify).
 *  @param scheme TLS SignatureScheme / SignatureAndHashAlgorithm number. @return 1 good, 0 bad, -1 cannot say. */
int cs_cert_verify_signature(cs_cert *cert, uint16_t scheme, const uint8_t *data, size_t len, const uint8_t *sig,
                             size_t sig_len);

#endif
