/* record_mac.h
 * MACs of integrity-only records, from the secrets of a key log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_RECORD_MAC_H
#define CIPSEC_RECORD_MAC_H

#include <cipsec/secure.h>

#define CS_SECRET_MAX 64

/** Looks a secret up by its key log label ("CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0", ...).
 *  @param client_random CS_RANDOM_LEN bytes
 *  @param secret receives up to CS_SECRET_MAX bytes
 *  @return its length, 0 when not there. */
typedef size_t (*cs_secret_fn)(void *ctx, const char *label, const uint8_t *client_random, uint8_t *secret);

/** Checks the MAC of a record of TLS 1.2 / DTLS 1.2 with a NULL cipher, or of TLS 1.3 with a suite of RFC 9150.
 *  @return 1 good, 0 bad, -1 no secret for it, or not a record this can check. */
int cs_record_mac_check(const cs_mac_check *check, cs_secret_fn secrets, void *ctx);

#endif
