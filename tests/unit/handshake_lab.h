/* handshake_lab.h
 * One TLS or DTLS stream that tests feed record by record, and the messages they send.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_HANDSHAKE_LAB_H
#define CIPSEC_HANDSHAKE_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cipsec/secure.h>

typedef struct {
    cs_capture *cap;
    cs_stream *stream;
    uint32_t frame;
    uint64_t seq;
    unsigned steps, data;
    GString *ladder;
} lab;

lab lab_new(cs_transport transport);
void lab_free(lab *l);
/** Callbacks of a sink whose context is the lab. */
void lab_on_step(void *ctx, const cs_step *step);
void lab_on_data(void *ctx, const cs_plaintext *data);

GByteArray *lab_bytes(const uint8_t *p, size_t n);
/** Appends a number of n octets, big-endian. */
void lab_put(GByteArray *b, uint32_t value, unsigned n);
/** n octets that look like ciphertext. */
GByteArray *lab_filled(size_t n);
/** A ClientHello body. @param versions13 with supported_versions that offers TLS 1.3 */
GByteArray *lab_client_hello(bool dtls, uint8_t seed, bool cookie, bool versions13);
GByteArray *lab_server_hello(uint16_t version, uint16_t suite);

/** A record of a sender; takes over the payload. */
void lab_record(lab *l, int sender, uint8_t type, uint16_t epoch, GByteArray *payload);
/** A handshake message in a record of its own; takes over the body. */
void lab_message(lab *l, int sender, uint8_t type, uint16_t seq, GByteArray *body);

#endif
