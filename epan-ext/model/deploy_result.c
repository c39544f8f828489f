/* deploy_result.c
 * How a configuration session ended, in the deployment tool's words, with the reason and its frame.
 *
 * A refusal that the tool answered with the same request made right, before or after, is a warning; one that left the
 * device without something the session was for is an error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "deploy_private.h"

#define NS_PER_S INT64_C(1000000000)
#define MAX_EARLY_RESULTS 64 /* a session that ends again and again is judged when it is over */
#define ABANDONED_AFTER (60 * NS_PER_S)

typedef struct {
    cs_deploy_result result;
    const cs_deploy_step *step; /* the reason's step, NULL */
    const cs_when *at; /* the reason's place, NULL */
    char *text; /* owned, NULL */
    cs_finding_kind finding; /* CS_FIND_COUNT = none */
} verdict;

static bool same_request(const cs_deploy_step *a, const cs_deploy_step *b)
{
    if (a->kind != b->kind || a->class_id != b->class_id)
        return false;
    if (a->kind == CS_STEP_BEGIN || a->kind == CS_STEP_CREATE || a->kind == CS_STEP_KICK || a->kind == CS_STEP_END)
        return true;
    return a->instance == b->instance && a->attribute == b->attribute && a->service == b->service;
}

/* Without these a session does not reach what it is for. */
static bool essential(const cs_deploy_step *step)
{
    switch (step->kind) {
    case CS_STEP_APPLY:
    case CS_STEP_END:
    case CS_STEP_BEGIN:
    case CS_STEP_CREATE:
    case CS_STEP_CREATE_CSR:
    case CS_STEP_VERIFY:
    case CS_STEP_FILE_DOWNLOAD:
        return true;
    case CS_STEP_SET:
        if (step->class_id == CS_CLASS_CERT_MGMT)
            return step->attribute == 3 || step->attribute == 4;
        return step->class_id == CS_CLASS_EIP_SECURITY && step->attribute >= 4 && step->attribute <= 12;
    default:
        return false;
    }
}

/* A refusal does no harm when the same request succeeded later, or had succeeded before. */
static void mark_refusals(cs_deployment *d)
{
    for (guint i = 0; i < d->steps->len; i++) {
        cs_deploy_step *step = d->steps->pdata[i];
        bool before = false;
        step->repaired = step->fatal = false;
        if (step->outcome != CS_OUTCOME_ERROR)
            continue;
        for (guint j = 0; j < d->steps->len; j++) {
            const cs_deploy_step *other = d->steps->pdata[j];
            bool done = other->outcome == CS_OUTCOME_OK && same_request(step, other);
            before = before || (done && j < i);
            step->repaired = step->repaired || (done && j > i);
        }
        step->fatal = !before && !step->repaired && step->in_session && essential(step);
    }
}

typedef struct {
    unsigned refused, repaired, unanswered;
    cs_deploy_step *first_refused, *first_unanswered, *fatal;
} tally;

static tally count_steps(const cs_deployment *d)
{
    tally t = {0};
    for (guint i = 0; i < d->steps->len; i++) {
        cs_deploy_step *step = d->steps->pdata[i];
        if (step->outcome == CS_OUTCOME_PENDING) {
            t.unanswered++;
            t.first_unanswered = t.first_unanswered ? t.first_unanswered : step;
        }
        if (step->outcome != CS_OUTCOME_ERROR)
            continue;
        t.refused++;
        t.repaired += step->repaired;
        t.first_refused = t.first_refused ? t.first_refused : step;
        if (step->fatal)
            t.fatal = step;
    }
    return t;
}

static verdict error_at(cs_deploy_step *step, cs_finding_kind finding)
{
    step->fatal = true;
    verdict v = {CS_RESULT_ERROR, step, &step->last, g_strdup(step->text), finding};
    return v;
}

static verdict error_text(const cs_when *at, cs_finding_kind finding, const char *text)
{
    verdict v = {CS_RESULT_ERROR, NULL, at, g_strdup(text), finding};
    return v;
}

static verdict warnings_or_complete(const cs_deployment *d, const tally *t)
{
    verdict v = {CS_RESULT_COMPLETE, NULL, NULL, NULL, CS_FIND_COUNT};
    if (t->refused) {
        v.step = t->first_refused;
        v.text = g_strdup_printf("%u step%s refused, %u of them made good later; first: %s", t->refused,
                                 t->refused == 1 ? "" : "s", t->repaired, t->first_refused->text);
    } else if (t->unanswered) {
        v.step = t->first_unanswered;
        v.text = g_strdup_printf("%u request%s without answer in the capture; first: %s", t->unanswered,
                                 t->unanswered == 1 ? "" : "s", t->first_unanswered->text);
    } else if (d->crossed) {
        v.text = g_strdup("another tool tried to configure the device meanwhile");
    } else if (d->begin_missing && !d->begun[0] && !d->begun[1]) {
        v.text = g_strdup("the beginning of the session was not captured");
    }
    if (v.text)
        v.result = CS_RESULT_WARNINGS;
    if (v.step)
        v.at = &v.step->first;
    return v;
}

/* The session was begun and neither ended nor aborted: given up, or cut off by the end of the capture? */
static verdict unfinished(const cs_capture *cap, const cs_deployment *d, const tally *t, bool over)
{
    const cs_stream *s = d->stream;
    bool closed = s && (s->fin || s->rst) && s->last.ns >= d->idle_since.ns;
    verdict open = {CS_RESULT_OPEN, NULL, NULL, NULL, CS_FIND_COUNT};
    if (t->fatal && t->fatal->kind != CS_STEP_BEGIN && over && (closed || d->timed_out || d->superseded))
        return error_at(t->fatal, CS_FIND_CONFIG_FAILED);
    if (d->timed_out)
        return error_text(&d->cut, CS_FIND_CONFIG_ABANDONED, "the session timed out: the device reports its end");
    if (d->reset_ok)
        return error_text(&d->cut, CS_FIND_CONFIG_ABANDONED, "the session was cut off by a reset");
    if (d->superseded)
        return error_text(&d->cut, CS_FIND_CONFIG_ABANDONED, "a newer session replaced it before it ended");
    if (!over)
        return open;
    if (closed)
        return error_text(&d->end, CS_FIND_CONFIG_ABANDONED, "the connection was closed without End_Config");
    if (cap->last.ns - d->idle_since.ns > ABANDONED_AFTER)
        return error_text(&d->end, CS_FIND_CONFIG_ABANDONED, "the tool fell silent without End_Config");
    open.text = g_strdup("the capture ends before End_Config");
    return open;
}

static verdict judge_removal(const cs_deployment *d, const tally *t)
{
    return d->reset_ok || !t->first_refused ? warnings_or_complete(d, t)
                                            : error_at(t->first_refused, CS_FIND_CONFIG_FAILED);
}

static verdict judge_unbegun(const cs_deployment *d, const tally *t)
{
    verdict unknown = {CS_RESULT_UNKNOWN, NULL, NULL, g_strdup("no Begin_Config in the capture"), CS_FIND_COUNT};
    for (guint i = d->steps->len; i-- > 0;) {
        cs_deploy_step *step = d->steps->pdata[i];
        if (step->kind == CS_STEP_BEGIN && step->outcome == CS_OUTCOME_ERROR) {
            g_free(unknown.text);
            return error_at(step, CS_FIND_CONFIG_FAILED);
        }
    }
    bool ended = d->finished_object[0] || d->finished_object[1];
    bool ports_only = true;
    for (guint i = 0; i < d->steps->len; i++) {
        cs_step_kind kind = ((const cs_deploy_step *)d->steps->pdata[i])->kind;
        ports_only = ports_only && (kind == CS_STEP_PORTS || kind == CS_STEP_CONNECT || kind == CS_STEP_READ);
    }
    if (!ended && !ports_only)
        return unknown;
    g_free(unknown.text);
    return warnings_or_complete(d, t);
}

static verdict judge(const cs_capture *cap, const cs_deployment *d, bool over)
{
    tally t = count_steps(d);
    if (d->kind == CS_DEPLOY_REMOVAL)
        return judge_removal(d, &t);
    if (!d->begun[0] && !d->begun[1])
        return judge_unbegun(d, &t);
    bool cip_done = !d->begun[0] || d->finished_object[0], eip_done = !d->begun[1] || d->finished_object[1];
    if (cip_done && eip_done)
        return t.fatal ? error_at(t.fatal, CS_FIND_CONFIG_FAILED) : warnings_or_complete(d, &t);
    if (d->aborted && !eip_done)
        return t.fatal ? error_at(t.fatal, CS_FIND_CONFIG_FAILED)
                       : error_text(&d->end, CS_FIND_CONFIG_FAILED, "the tool aborted the configuration");
    if (d->open[0] || d->open[1] || d->timed_out || d->superseded || d->reset_ok)
        return unfinished(cap, d, &t, over);
    if (t.fatal)
        return error_at(t.fatal, CS_FIND_CONFIG_FAILED);
    return error_text(&d->end, CS_FIND_CONFIG_FAILED, "the session ended without Apply_Config");
}

void cs_deploy_judge(cs_capture *cap, cs_deployment *d, bool over, const cs_when *at)
{
    if (d->kind == CS_DEPLOY_UNREADABLE || !d->index || (!over && d->judged++ >= MAX_EARLY_RESULTS))
        return;
    mark_refusals(d);
    verdict v = judge(cap, d, over);
    g_free(d->reason);
    d->result = v.result;
    d->reason = v.text;
    d->reason_at = v.at ? *v.at : (cs_when){0, 0};
    if (v.finding == CS_FIND_COUNT || (!over && v.result == CS_RESULT_OPEN))
        return;
    char key[32];
    g_snprintf(key, sizeof key, "deployment %u", d->index);
    cs_finding_add(cap, v.finding, v.at ? v.at : at, d->stream, &d->device, key, v.text);
}
