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
    GHashTable *by_sha256; /**< uint8_t[32] of the record -> cs_cert* */
    GHashTable *by_subject; /**< text of the record -> GPtrArray of certificates with that subject */
    GHashTable *unsigned_by; /**< issuer text -> GPtrArray of objects whose signer was not seen yet */
    GHashTable *by_frame; /**< frame -> GArray of cs_cert_ref */
    GHashTable *devices; /**< cs_addr -> struct cs_cert_device*, owned (certs_device.c) */
    GPtrArray *crls; /**< cs_cert*, readable CRLs */
    cs_cert *overflow; /**< stands for what the store has no room for */
    uint64_t bytes; /**< DER kept */
    unsigned generation; /**< counts facts that can change a verdict: CAs, anchors, CRLs */
    bool trust_read;
    unsigned trust_anchors; /**< certificates of the trust file */
    char *trust_error;
} cs_cert_store;

/** What the judging files remember of a certificate. */
struct cs_cert_note {
    unsigned signers_tried;
    unsigned judged; /**< store generation + 1 of the last verdict, 0 = none */
    bool properties_reported; /**< findings that follow from the object alone were raised */
};

static inline cs_cert_store *cs_cert_store_of(const cs_capture *cap)
{
    return cap->cert_store;
}

/** Adds an object of a file, or of the trust file when seen is NULL. @return the record, never NULL. */
cs_cert *cs_certs_add(cs_capture *cap, cs_cert_type type, const uint8_t *der, size_t len, const cs_cert_seen *seen);

#endif
