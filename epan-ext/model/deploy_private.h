/* deploy_private.h
 * Seams between the files that tell deployments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_DEPLOY_PRIVATE_H
#define CIPSEC_DEPLOY_PRIVATE_H

#include <cipsec/deployments.h>

#include "attributes.h"
#include "model_private.h"

#define STATE_FACTORY 0
#define STATE_IN_PROGRESS 1
#define STATE_CONFIGURED 2
#define STATE_INCOMPLETE 3

/* deploy_names.c */
const char *cs_deploy_class_name(uint32_t class_id);
/** Name of an attribute, "attribute 99" when it has none. @param buf at least 24 octets. */
const char *cs_deploy_attribute_name(uint32_t class_id, uint32_t attribute, char *buf, size_t size);
const char *cs_deploy_service_name(uint32_t class_id, uint8_t service);
/** "0x0C Object state conflict", with the object's own words where there are; caller frees. */
char *cs_deploy_status_text(const cs_cip_message *response);
const char *cs_deploy_state_name(uint32_t class_id, unsigned state);

/* deploy_text.c: sentences; the caller frees. */
/** @param before the device's knowledge before the request was carried out; NULL unknown device. */
char *cs_deploy_request_text(const cs_cip_message *request, cs_step_kind kind, const cs_device *before);
/** What a successful answer adds to the request's sentence, NULL for nothing. */
char *cs_deploy_answer_text(const cs_cip_message *response, cs_step_kind kind);
/** The value of an attribute of 0x5E or 0x5F in words. */
char *cs_deploy_value_text(uint32_t class_id, uint32_t attribute, const uint8_t *value, uint32_t len);
char *cs_deploy_suites_text(const uint8_t *value, uint32_t len);
char *cs_deploy_connect_text(const cs_stream *stream);
char *cs_deploy_tls_text(const cs_stream *stream);

/* deploy_steps.c */
bool cs_deploy_classify(const cs_cip_message *msg, cs_step_kind *kind);
cs_deploy_step *cs_deploy_add_step(cs_deployment *d, cs_step_kind kind, const cs_when *at, cs_step_outcome outcome,
                                   char *text);
/** The step that a request belongs to: the running one of its kind, or a new one. NULL beyond the limit. */
cs_deploy_step *cs_deploy_step_for_request(cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind,
                                           const cs_device *dev);
/** The step that the request of this answer is told by; made when the request was not captured. */
cs_deploy_step *cs_deploy_step_for_response(cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind,
                                            const cs_device *dev);
/** Enters an answer in its step. */
void cs_deploy_answer(const cs_deployment *d, cs_deploy_step *step, const cs_cip_message *msg);
/** Takes over the text that says what a transferred file is. */
void cs_deploy_tell_file(const cs_deployment *d, cs_deploy_step *step, char *content);
uint32_t cs_deploy_step_number(const cs_deployment *d, const cs_deploy_step *step);
void cs_deploy_step_free(gpointer step);

/* deploy_checks.c: findings and remarks that a message causes by itself */
/** Pre-shared keys that anybody can read in the message, whoever sent it. */
void cs_deploy_check_keys(cs_capture *cap, const cs_deployment *d, const cs_cip_message *msg);
void cs_deploy_check_request(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind);
/** True when the session leaves the device without certificate and key, and without suites or trust anchors. */
bool cs_deploy_takes_away(const cs_device *dev, const cs_deployment *d);

/* deploy_result.c */
/** Without this step a session does not reach what it is for. */
bool cs_deploy_essential(const cs_deploy_step *step);
/** Draws the result from the steps. @param over nothing more will come (end of the capture, or a newer session). */
void cs_deploy_judge(cs_capture *cap, cs_deployment *d, bool over, const cs_when *at);
/** All deployments, listed or not, in order of their first message: cs_deployment*. */
const GPtrArray *cs_deploy_all(const cs_capture *cap);

/* deploy_outside.c: what the streams tell without reading their content; the steps that need the whole capture. */
void cs_deploy_outside(cs_capture *cap);
void cs_deploy_drop_derived(cs_deployment *d);

/* deployments.c */
/** A Begin_Config of it succeeded and was neither ended nor aborted. */
bool cs_deploy_is_open(const cs_deployment *d);
cs_deployment *cs_deploy_new(cs_capture *cap, const cs_addr *device, const cs_addr *tool, cs_stream *stream,
                             const cs_when *at);
void cs_deploy_list(cs_capture *cap, cs_deployment *d);

#endif
