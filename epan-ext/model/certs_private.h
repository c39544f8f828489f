/* certs_private.h
 * The certificate store's inside, shared by the files that fill, judge and clear it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CERTS_PRIVATE_H
#define CIPSEC_CERTS_PRIVATE_H

#include <cipsec/certs.h>

#include "model_private.h"

typedef struct {
    GPtrArray *all; /**< cs_cert*, owned */
    GPtrArray *shown; /**< those that the capture shows, in order of first sighting */
    GHashTable *by_sha256; /**< uint8_t[32] of the record -> cs_cert* */
    GHashTable *by_der; /**< records that keep their DER, found by it: cheaper than a fingerprint */
    GHashTable *by_subject; /**< text of the record -> GPtrArray of certificates with that subject */
    GHashTable *issued_by; /**< issuer text -> GPtrArray of objects that may still find (another) signer */
    GHashTable *by_frame; /**< frame -> GArray of cs_cert_ref */
    GHashTable *by_key; /**< key_id of the record -> GPtrArray of certificates and CSRs with that key */
    GHashTable *devices; /**< cs_addr -> cs_cert_device*, owned */
    GHashTable *tools; /**< cs_addr*, owned: who configured devices */
    GHashTable *issuers; /**< certs_kind.c: issuer text of a record -> whom it signs for */
    GPtrArray *crls; /**< cs_cert*, readable CRLs */
    GHashTable *raised; /**< certs_findings.c: what was raised already, of whom */
    GArray *unsettled; /**< cs_cert_ref: shown in handshakes that were not over yet */
    cs_cert *overflow; /**< stands for what the store has no room for */
    uint64_t bytes; /**< DER kept */
    unsigned generation; /**< counts facts that can change a verdict */
    unsigned trust_anchors; /**< certificates of the trust file */
    bool any_trusted; /**< some device was given a trusted authority */
    char *trust_error;
} cs_cert_store;

#define CS_CSR_STRINGS 10
#define CS_NS_PER_SECOND 1000000000

/** A way from a certificate up to the last signer seen. */
typedef struct {
    const cs_cert *cert[CS_CHAIN_MAX]; /**< itself first */
    unsigned n; /**< 1..CS_CHAIN_MAX */
    unsigned top; /**< place of the first trust anchor, n = none */
    const char *why; /**< why it does not verify up to there, NULL; times apart */
    const cs_cert *revoked; /**< which certificate of it is revoked, NULL */
} cs_cert_path;

/** What is known of a Certificate Management instance of a device. */
typedef struct {
    uint32_t instance;
    char *asked[CS_CSR_STRINGS]; /**< Create_CSR strings, NULL = not sent */
    uint32_t csr_file; /**< 0x37 instance that Create_CSR named, CS_CIP_UNSET */
    cs_cert *csr, *device_cert;
} cs_cert_instance;

/** Certificate facts of one device. Certificates are not owned. */
typedef struct {
    cs_addr addr;
    GHashTable *files; /**< 0x37 instance -> GPtrArray of cs_cert*: the last transfer's content */
    GHashTable *instances; /**< 0x5F instance -> cs_cert_instance*, owned */
    GPtrArray *trusted; /**< CAs the device was given as trusted authorities */
    GPtrArray *pinned; /**< trusted identities */
    cs_cert *active; /**< active device certificate as configured, NULL */
    const cs_cert *enrolling; /**< CSR of an enrollment that has no certificate yet, NULL */
} cs_cert_device;

/** What the handshakes that showed a certificate tell about it: frames, 0 = none. */
struct cs_cert_handshakes {
    bool leaf; /**< its owner proved it, or tried to */
    bool server; /**< shown by a server */
    uint32_t tool; /**< by the client of a configuration session, or from the address of one */
    uint32_t enrolling; /**< by the client of an enrollment session */
    uint32_t unasked; /**< by a server that asked for no client certificate */
    uint32_t mutual; /**< both ends proved certificates that a CA signed */
};

/** What the judging files remember of a certificate. */
struct cs_cert_note {
    char *label; /**< made when first asked for */
    struct cs_cert_handshakes shown_in; /**< private to certs_kind.c */
    unsigned kind_evidence; /**< private to certs_kind.c: what the kind rests on */
    uint32_t kind_frame; /**< the handshake that it rests on, 0 = none */
    const cs_cert *kind_anchor; /**< the trust anchor above it, NULL */
    char *kind_why; /**< all this in words, made when first asked for */
    unsigned signers_tried;
    bool unverifiable; /**< its issuer was seen, but GnuTLS cannot check that key's signature */
    GArray *paths; /**< private to certs_paths.c: cs_cert_path */
    unsigned paths_of; /**< store generation that they were found at */
    bool paths_verified; /**< what they say beside where they lead is known */
    unsigned judged; /**< store generation + 1 at the last verdict, 0 = none */
    int64_t judged_at; /**< the moment the verdict is for, ns */
    const cs_stream *judged_in; /**< whose chain it is for, NULL */
    bool properties_reported; /**< findings that follow from the object alone were raised */
    bool own_validity; /**< the chain is invalid only because this certificate is out of its time */
    bool own_revocation; /**< it is itself on a CRL */
    cs_addr vendor_of; /**< held by Certificate Management instance 1 of this device */
    cs_addr made_for; /**< is the device certificate of an instance above 1 of this device */
    uint32_t made_for_instance;
    cs_addr enrolled_by; /**< has the key of the CSR with which this device enrolled */
    cs_addr trusted_by; /**< trusted authority of this device */
    cs_addr pinned_by; /**< trusted identity of this device */
};

static inline cs_cert_store *cs_cert_store_of(const cs_capture *cap)
{
    return cap->cert_store;
}

/** Adds an object of a file, or of the trust file when seen is NULL. @return the record, never NULL. */
cs_cert *cs_certs_add(cs_capture *cap, cs_cert_type type, const uint8_t *der, size_t len, const cs_cert_seen *seen);
/** Adds an object and, when it is PKCS#7, what is inside. @param out receives the records, may be NULL. */
void cs_certs_add_all(cs_capture *cap, cs_cert_type type, const uint8_t *der, size_t len, const cs_cert_seen *seen,
                      GPtrArray *out);
/** "CN=... (12ab34cd)": how findings name an object. Owned by the record. */
const char *cs_cert_label(const cs_cert *cert);
/** Adds a finding about a certificate; once for each scope (stream, device or nothing). Takes detail. */
void cs_cert_finding(cs_capture *cap, cs_finding_kind kind, const cs_cert *cert, const cs_cert_seen *seen,
                     const char *scope, char *detail);

/* certs_device.c */
void cs_cert_device_free(gpointer device);
/** @return the device's certificate facts or NULL. */
cs_cert_device *cs_cert_device_find(const cs_capture *cap, const cs_addr *addr);
/** @return the record, created when it is new; NULL when there are too many. */
cs_cert_device *cs_cert_device_get(cs_capture *cap, const cs_addr *addr);
/** Follows the device's paths 0x5E -> 0x5F -> 0x37 to certificates again, after a message or file. */
void cs_cert_device_relate(cs_capture *cap, cs_cert_device *dev, const cs_when *at, cs_stream *stream);

/* certs_csr.c */
/** Remembers the strings of a successful Create_CSR. */
void cs_csr_asked(cs_cert_instance *inst, const uint8_t *body, uint32_t len);
/** Compares a CSR with what was asked for. */
void cs_csr_check_strings(cs_capture *cap, const cs_cert_instance *inst, const cs_cert *csr, const cs_cert_seen *seen);
/** Compares the certificate written for an instance with the CSR made there. */
void cs_csr_check_certificate(cs_capture *cap, const cs_cert_device *dev, const cs_cert_instance *inst,
                              const cs_when *at, cs_stream *stream);

/* certs_trust.c: reads cipsec.trust_file into the store. */
void cs_certs_read_trust(cs_capture *cap);

/* certs_kind.c: sets the kind from the evidence so far. */
void cs_cert_classify(cs_capture *cap, cs_cert *cert);
/** The same for all at the end of the capture, from all handshakes. */
void cs_certs_classify_finally(cs_capture *cap);
/* certs_chain.c: sets chain and chain_why for a sighting. */
void cs_cert_judge(cs_capture *cap, cs_cert *cert, const cs_cert_seen *seen);

/* certs_paths.c */
/** @return cs_cert_path, at least one. Owned by the record, valid until the store learns something. */
GArray *cs_cert_paths(const cs_cert_store *s, const cs_cert *cert);
/** @return the nearest trust anchor above a certificate that the capture or the user gave, NULL. */
const cs_cert *cs_cert_anchor_above(const cs_cert_store *s, const cs_cert *cert);
/** @return the path that makes the certificate good at that time; else one that reaches an anchor, else the one of
 *  the chain as it was sent. */
const cs_cert_path *cs_cert_best_path(const cs_cert_store *s, const cs_cert *cert, const cs_cert_seen *seen);
/** @return place of the first certificate up to the anchor that is out of its time, path->n = none. */
unsigned cs_cert_path_late(const cs_cert_path *path, int64_t seconds);

/* certs_findings.c: raises what one sighting shows. @param final the whole capture is known. */
void cs_cert_report(cs_capture *cap, cs_cert *cert, const cs_cert_seen *seen, bool final);
void cs_certs_report_streams(cs_capture *cap);
/** @return an empty set for cs_cert_store.raised. */
GHashTable *cs_cert_raised_new(void);

#endif
