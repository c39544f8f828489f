/* cert_capture.h
 * A capture model with streams and handshakes for the certificate tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CERT_CAPTURE_H
#define CERT_CAPTURE_H

#include <cipsec/certs.h>

#include "pki_fixture.h"

#define NS 1000000000

cs_addr cc_addr(const char *text);
/** A TLS stream from client:50000 to server:2221, handshake complete, kind explicit. */
cs_stream *cc_stream(cs_capture *cap, const char *client, const char *server, uint32_t frame, int64_t seconds);
/** One side shows a chain in a frame; the leaf counts as proved. @return the leaf's record. */
cs_cert *cc_show(cs_capture *cap, cs_stream *s, cs_role side, uint32_t frame, int64_t seconds,
                 const pki_cert *const *chain, unsigned n);
/** A file transfer of PEM text or DER. */
void cc_file(cs_capture *cap, cs_stream *s, const char *device, uint32_t instance, bool written, uint32_t frame,
             const void *bytes, size_t len);
/** A successful exchange with the device at the server end of s. */
void cc_cip(cs_capture *cap, cs_stream *s, uint32_t frame, uint8_t service, uint32_t class_id, uint32_t instance,
            uint32_t attribute, const void *request, uint32_t request_len, const void *response,
            uint32_t response_len);
/** Number of findings of a kind. */
unsigned cc_count(const cs_capture *cap, cs_finding_kind kind);
/** The only finding of a kind; fails the test when there is none or more. */
const cs_finding *cc_only(const cs_capture *cap, cs_finding_kind kind);

#endif
