/* truth.h
 * Ground truth: what a scenario did, written down while it did it, as JSON beside the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_TRUTH_H
#define LAB_TRUTH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "net.h"

/** One CIP request and its response. */
typedef struct {
    const char *enip; /**< encapsulation command, or "CPF" */
    const char *transport; /**< "unconnected", "connected", "none" */
    int service; /**< -1: the exchange is not a CIP message */
    int class_id, instance, attribute; /**< -1: not in the path */
    GByteArray *request, *response; /**< bodies */
    int status, ext_status; /**< ext_status -1: none */
    unsigned request_frame, response_frame;
} truth_message;

/** One stream. Side 0 is the client. */
typedef struct {
    int index;
    const char *label;
    const lab_node *node[2];
    uint16_t port[2];
    bool datagram, secured;
    uint16_t version, suite; /**< 0: not negotiated */
    bool mutual;
    const char *kind; /**< "provisioning", "explicit", "io", "enrollment", "other" */
    const char *handshake; /**< "complete", "incomplete", "failed", NULL: none */
    int alert; /**< -1: none */
    int alert_sender; /**< side, -1: none */
    const char *failure; /**< in words, NULL: none */
    bool classes[4]; /**< transport classes of the CIP connections carried here */
    const char *pki[2]; /**< certificates shown, stem of the fixture, NULL: none */
    unsigned io[2]; /**< class 0/1 packets by sender */
    bool closed; /**< closed, broken or refused before the capture ends */
    GPtrArray *messages; /**< truth_message* */
} truth_stream;

/** One deployment. */
typedef struct {
    const lab_node *device, *tool;
    int stream;
    const char *result; /**< "complete", "complete with warnings", "not complete", "abandoned" */
    const char *reason; /**< NULL: none */
} truth_deployment;

/** What a scenario says about itself. */
typedef struct {
    const char *name, *title;
    bool keys; /**< secrets are embedded */
    GPtrArray *deployments; /**< truth_deployment* */
    GPtrArray *findings; /**< static strings: suffixes of cipsec.expert.* that must appear */
    GPtrArray *always; /**< those of them that content shows, so that the mid-stream capture has them too */
} truth_capture;

/** Adds a stream. */
truth_stream *truth_add_stream(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                               bool datagram, bool secured);
truth_message *truth_add_message(truth_stream *stream);
/** @return IANA name of a suite of the lab. */
const char *truth_suite_name(uint16_t suite);
/** @return true for suites that do not encrypt. */
bool truth_integrity_only(uint16_t suite);
/** Writes NAME.truth.json. @param number new number by old frame number (index 0 unused), 0 = left out. */
bool truth_write(const char *path, const truth_capture *capture, const lab_net *net, const char *name,
                 const unsigned *number, bool midstream, bool keys);

#endif
