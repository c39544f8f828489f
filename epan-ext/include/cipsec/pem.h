/* pem.h
 * The X.509 objects in a file as the File object carries them: PEM blocks, or one DER object, also in bare base64.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PEM_H
#define CIPSEC_PEM_H

#include <cipsec/certs.h>

/** Objects of one file that are looked at. */
#define CS_PEM_MAX_OBJECTS 512

typedef struct {
    cs_cert_type type; /**< by the PEM label; a guess from the DER when there is none */
    bool pem; /**< was PEM or base64, else the bytes are the file's own */
    const char *why; /**< NULL when der is good; else why the block could not be unwrapped. Static. */
    uint8_t *der; /**< owned; NULL when why is set */
    size_t der_len;
    size_t offset, len; /**< of the block in the file */
} cs_pem_object;

/** Finds the certificates, CSRs, CRLs and PKCS#7 objects of a file. Other PEM blocks (keys, parameters) are passed
 *  over. PEM objects are typed by label; only bytes without PEM are given to GnuTLS to see what they are.
 *  @return cs_pem_object*, in file order, at most CS_PEM_MAX_OBJECTS; empty when the file holds none. The caller
 *  frees it with g_ptr_array_unref(). */
GPtrArray *cs_pem_objects(const uint8_t *bytes, size_t len);

#endif
