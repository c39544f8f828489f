/* suites.h
 * TLS cipher suites as CIP Security users meet them: names and what each part of a name means.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_SUITES_H
#define CIPSEC_SUITES_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#define CS_SUITE_NULL 0 /**< TLS_NULL_WITH_NULL_NULL: what is in force before a handshake (RFC 5246, A.5) */

/** How a protected record is laid out; decides what can be read without keys and how long the plaintext is. */
typedef enum {
    CS_PROTECT_NULL_MAC, /**< plaintext || MAC */
    CS_PROTECT_CBC,
    CS_PROTECT_AEAD,
    CS_PROTECT_RFC9150, /**< plaintext || content type || zeros || HMAC */
    CS_PROTECT_OTHER /**< signalling values, stream ciphers, anything not met in CIP */
} cs_protection;

typedef struct {
    uint16_t id; /**< IANA number */
    const char *name; /**< IANA name */
    const char *device_page; /**< the name vendor web pages print when it differs from IANA's, else NULL */
    const char *kx; /**< "ECDHE: Elliptic Curve Diffie-Hellman Ephemeral", ... */
    const char *auth; /**< "ECDSA: Elliptic Curve Digital Signature Algorithm", ... */
    const char *enc; /**< "AES-128-CBC: ...", "NULL: no encryption" */
    const char *mac; /**< "SHA256: ...", "AEAD: ..." */
    cs_protection protection;
    uint8_t mac_len; /**< bytes of MAC on a record (NULL, CBC, RFC 9150); 0 for AEAD */
    bool psk; /**< authenticated by a pre-shared key */
    bool anonymous; /**< nobody is authenticated */
} cs_suite;

/** @return the row of an IANA id, or NULL when the suite is not in the table. Static storage. */
const cs_suite *cs_suite_find(uint16_t id);
/** @return row number i of the table in ascending id order, NULL past the end. For walks and tests. */
const cs_suite *cs_suite_at(size_t i);
/** @return true when the suite protects integrity only (nothing is encrypted). False for unknown ids. */
bool cs_suite_integrity_only(uint16_t id);

#endif
