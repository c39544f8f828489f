/* jsonl.h
 * The machine output: one JSON object a line. Seams between its files.
 *
 * Version 1 of the schema is docs/jsonl-schema.json. Members may be added within a version.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_JSONL_H
#define CIPSEC_JSONL_H

#include "table.h"

#include <wsutil/json_dumper.h>

#include <cipsec/certs.h>
#include <cipsec/deployments.h>

#define CS_JSONL_VERSION 1

/* Members of the current object; NULL text and unseen times become null. */
void cs_json_text(json_dumper *out, const char *name, const char *value);
void cs_json_number(json_dumper *out, const char *name, int64_t value);
void cs_json_bool(json_dumper *out, const char *name, bool value);
void cs_json_null(json_dumper *out, const char *name);
/** "2026-11-22T14:05:06.123456789Z" */
void cs_json_time(json_dumper *out, const char *name, const cs_when *at);
void cs_json_addr(json_dumper *out, const char *name, const cs_addr *addr);
void cs_json_endpoint(json_dumper *out, const char *name, const cs_endpoint *ep);
/** Octets in hex; NULL becomes null. */
void cs_json_hex(json_dumper *out, const char *name, const uint8_t *bytes, size_t len);
/** The frames of this file that a record was seen in; no part of any key. */
void cs_json_frames(json_dumper *out, const cs_when *first, const cs_when *last);

/* Keys: the same object has the same key in every capture that holds its beginning. */
/** "tls 10.1.1.1:5000 10.1.1.2:2221", ends in order of address. */
char *cs_json_flow(const cs_stream *stream);
/** The flow and the time of its first packet. */
char *cs_json_stream_key(const cs_stream *stream);
char *cs_json_time_text(const cs_when *at);

/* Each writes the members after "record". */
void cs_json_stream(json_dumper *out, const cs_stream *stream);
void cs_json_connection(json_dumper *out, const cs_connection *connection);
void cs_json_device(json_dumper *out, const cs_capture *cap, const cs_device *device);
void cs_json_certificate(json_dumper *out, const cs_cert *cert);
void cs_json_deployment(json_dumper *out, const cs_deployment *deployment);
void cs_json_finding(json_dumper *out, const cs_finding *finding);

#endif
