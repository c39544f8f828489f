/* deployments.h
 * The story of each configuration session: which tool did what to which device, step by step, and how it ended.
 *
 * A deployment is kept for each attempt of a tool to configure a device (0x5D, 0x5E, 0x5F, the File object, ports of
 * 0xF5). Steps grow while packets arrive; the conclusions that need the whole capture are drawn by
 * cs_capture_finish(). Everything belongs to the cs_capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_DEPLOYMENTS_H
#define CIPSEC_DEPLOYMENTS_H

#include <cipsec/model.h>

typedef enum {
    CS_DEPLOY_INITIAL = 1, /**< the device was in its factory default state, or showed its vendor certificate */
    CS_DEPLOY_REDEPLOYMENT = 2, /**< the device was configured before */
    CS_DEPLOY_REMOVAL = 3, /**< reset of the security configuration */
    CS_DEPLOY_UNREADABLE = 4, /**< encrypted, no keys: recognised from the outside */
    CS_DEPLOY_CHANGE = 5 /**< configuration; what the device was before is not in the capture */
} cs_deploy_kind;

typedef enum {
    CS_RESULT_OPEN = 0, /**< the capture ends, or has come so far, inside the session */
    CS_RESULT_COMPLETE = 1,
    CS_RESULT_WARNINGS = 2,
    CS_RESULT_ERROR = 3,
    CS_RESULT_UNKNOWN = 4 /**< cannot be read from the capture */
} cs_deploy_result;

typedef enum {
    CS_STEP_CONNECT, /**< TCP, TLS */
    CS_STEP_READ,
    CS_STEP_BEGIN,
    CS_STEP_SET,
    CS_STEP_CREATE,
    CS_STEP_DELETE,
    CS_STEP_CREATE_CSR,
    CS_STEP_FILE_UPLOAD,
    CS_STEP_FILE_DOWNLOAD,
    CS_STEP_VERIFY,
    CS_STEP_KICK,
    CS_STEP_APPLY,
    CS_STEP_ABORT,
    CS_STEP_END,
    CS_STEP_CLEANUP,
    CS_STEP_RESET,
    CS_STEP_PORTS,
    CS_STEP_OTHER, /**< a service that the objects do not define */
    CS_STEP_NOTE, /**< seen, not asked for: a state, another tool, a time-out */
    CS_STEP_RECONNECT
} cs_step_kind;

typedef enum {
    CS_OUTCOME_PENDING, /**< no answer (yet) */
    CS_OUTCOME_OK,
    CS_OUTCOME_NOTE,
    CS_OUTCOME_WARNING,
    CS_OUTCOME_ERROR /**< refused; see cs_deploy_step_outcome() for how bad that is */
} cs_step_outcome;

typedef struct {
    cs_step_kind kind;
    cs_when first, last;
    uint32_t count; /**< requests told by this step */
    cs_step_outcome outcome;
    bool in_session; /**< between Begin and End */
    bool repaired; /**< refused, and the same request succeeded later */
    bool fatal; /**< refused, and the session did not reach what it was for because of it */
    char *text; /**< owned; ask cs_deploy_step_text() for it */
    bool retell; /**< text is not up to date */
    uint8_t status; /**< general status of the last refusal, 0 = none */
    /* what was asked; CS_CIP_UNSET where it does not apply */
    uint32_t class_id, instance, attribute;
    uint8_t service;
    uint64_t bytes; /**< file steps: octets of content carried */
    char *content; /**< file steps: what the transferred file is, owned; NULL while not known */
    uint8_t classes; /**< reads: bit per class that was read */
    uint32_t refused; /**< merged steps: requests answered with an error */
} cs_deploy_step;

struct cs_deployment {
    uint32_t index; /**< from 1, as users count; 0 = not worth listing (reads only) */
    cs_deploy_kind kind;
    cs_addr device, tool;
    cs_stream *stream; /**< the first stream of it */
    cs_when start, end;
    GPtrArray *steps; /**< cs_deploy_step*, numbered from 1 */
    uint32_t steps_dropped; /**< beyond the limit */
    cs_deploy_result result;
    char *reason; /**< why not simply complete, owned; NULL */
    cs_when reason_at;
    bool begin_missing; /**< changes were made without a captured Begin_Config */
    uint32_t kicks; /**< Kick_Timer requests that succeeded */
    int64_t kick_min, kick_max; /**< shortest and longest interval between them in ns */
    /* private to the model */
    bool begun[2], open[2], finished_object[2]; /**< [0] 0x5D, [1] 0x5E */
    bool aborted, reset_ok, changed, timed_out, crossed, superseded;
    bool kicked; /**< the CIP Security object was */
    unsigned judged; /**< how often the result was drawn before the end */
    uint8_t told[2]; /**< last state told, plus 1; 0 = none */
    cs_when told_at; /**< when that of 0x5D was told last */
    cs_when alive; /**< last Begin or Kick */
    cs_when applied;
    cs_when cut; /**< when it became known that the session was timed out, replaced or reset */
    cs_when idle_since; /**< last message */
    cs_when before_begin; /**< last message before the last Begin_Config request */
    uint32_t derived; /**< steps at the end that cs_capture_finish() made and will make again */
};

/** What a frame means in a deployment. */
typedef struct {
    const cs_deployment *deployment;
    const cs_deploy_step *step;
    uint32_t number; /**< of the step, from 1 */
} cs_deploy_frame;

/** Looks up a frame. @param stream stream of the frame or NULL. @return how many of `out` were filled (a frame with a
 *  Multiple_Service_Packet tells several steps). */
unsigned cs_deployments_of_frame(const cs_capture *cap, uint32_t frame, const cs_stream *stream,
                                 cs_deploy_frame *out, unsigned max);

/** What an outcome comes to: a refusal that did no harm is a warning. */
cs_step_outcome cs_deploy_step_outcome(const cs_deploy_step *step);
/** @return the step in a plain sentence, owned by the step until it goes on. */
const char *cs_deploy_step_text(const cs_deploy_step *step);

/** Sentence of the deployment tool for a result, with a full stop. Static. */
const char *cs_deploy_result_text(cs_deploy_result result);
const char *cs_deploy_kind_name(cs_deploy_kind kind);
const char *cs_step_outcome_name(cs_step_outcome outcome);

#endif
