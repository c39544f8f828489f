/* plant_fixture.h
 * Small captures made of messages, for the tests of devices, deployments, policy and pages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PLANT_FIXTURE_H
#define CIPSEC_PLANT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <cipsec/model.h>

/** NULL gives family 0. */
cs_addr plant_addr(const char *text);
cs_when plant_at(uint32_t frame, double seconds);
/** A stream from client to server with one packet of each. */
cs_stream *plant_stream(cs_capture *cap, cs_transport transport, const char *client, uint16_t client_port,
                        const char *server, uint16_t server_port);
/** A finished handshake; suite 0 leaves the stream as it is. The client's certificate counts as proved. */
void plant_secure(cs_stream *s, uint16_t suite, bool client_certificate);
unsigned plant_count(const cs_capture *cap, cs_finding_kind kind);

/** A tool that talks to a device: each request takes two frames and a millisecond. */
typedef struct {
    cs_capture *cap;
    cs_stream *stream;
    uint32_t frame;
    double seconds;
} plant_tool;

plant_tool plant_connect(cs_capture *cap, cs_transport transport, const char *tool, const char *device);
/** A request and its answer. attribute CS_CIP_UNSET for none. */
void plant_ask(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service,
               const void *body, uint32_t body_len, uint8_t status, const void *answer, uint32_t answer_len);
/** Only the request, or only the answer. */
void plant_request(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service,
                   const void *body, uint32_t body_len);
void plant_answer(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service,
                  uint8_t status, const void *answer, uint32_t answer_len);
/** Service without bodies. */
void plant_do(plant_tool *t, uint32_t class_id, uint32_t instance, uint8_t service, uint8_t status);

#endif
