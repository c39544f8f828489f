/* deploy_result.c
 * How a configuration session ended, in the deployment tool's words, with the reason and its frame.
 *
 * A refusal that the tool answered with the same request made right, before or after, is a warning; one that left the
 * device without something the session was for is an error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "deploy_private.h"

#define STATUS_OBJECT_SPECIFIC 0xD0
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

bool cs_deploy_essential(const cs_deploy_step *step)
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
        /* Without a captured Begin_Config only what the objects found wrong counts: more may have been done before. The
         * same file may have been written well then. */
        bool counts = step->in_session || (!d->begun[0] && !d->begun[1] && step->status == STATUS_OBJECT_SPECIFIC &&
                                           step->kind != CS_STEP_FILE_DOWNLOAD);
        step->fatal = !before && !step->repaired && counts && cs_deploy_essential(step);
    }
}

typedef struct {
    unsigned refused, repaired, unanswered, fatals;
    cs_deploy_step *first_refused, *first_unanswered;
    cs_deploy_step *fatal; /* the first: later ones mostly follow from it */
    cs_deploy_step *conclusion; /* the last Apply_Config or End_Config without an answer */
    cs_deploy_step *reset; /* the last Reset without one */
} tally;

static tally count_steps(const cs_deployment *d)
{
    tally t = {0};
    for (guint i = 0; i < d->steps->len; i++) {
        cs_deploy_step *step = d->steps->pdata[i];
        if (step->outcome == CS_OUTCOME_PENDING) {
            t.unanswered++;
            t.first_unanswered = t.first_unanswered ? t.first_unanswered : step;
            if (step->kind == CS_STEP_APPLY || step->kind == CS_STEP_END)
                t.conclusion = step;
            if (step->kind == CS_STEP_RESET)
                t.reset = step;
        }
        if (step->outcome != CS_OUTCOME_ERROR)
            continue;
        t.refused++;
        t.repaired += step->repaired;
        t.first_refused = t.first_refused ? t.first_refused : step;
        t.fatals += step->fatal;
        if (step->fatal && !t.fatal)
            t.fatal = step;
    }
    return t;
}

static verdict error_at(cs_deploy_step *step, unsigned more)
{
    step->fatal = true;
    const char *what = cs_deploy_step_text(step);
    char *text = more ? g_strdup_printf("%s; %u more step%s refused after it", what, more, more == 1 ? "" : "s")
                      : g_strdup(what);
    verdict v = {CS_RESULT_ERROR, step, &step->last, text, CS_FIND_CONFIG_FAILED};
    return v;
}

static bool parts_missing(const cs_deployment *d)
{
    return d->stream && (cs_end_missed(&d->stream->end[0]) || cs_end_missed(&d->stream->end[1]));
}

static verdict unknown_at(const cs_deploy_step *step, const cs_when *at, char *text)
{
    verdict v = {CS_RESULT_UNKNOWN, step, at, text, CS_FIND_COUNT};
    return v;
}

static verdict unknown_for_missing(const cs_deploy_step *step, const cs_when *at, const char *text)
{
    return unknown_at(step, at, g_strdup_printf("%s; parts of the session were not captured", text));
}

/* What was refused may have been made good in what is missing. */
static verdict refused_at(const cs_deployment *d, cs_deploy_step *step, unsigned more)
{
    return parts_missing(d) ? unknown_for_missing(step, &step->last, cs_deploy_step_text(step)) : error_at(step, more);
}

static verdict failed(const cs_deployment *d, const tally *t)
{
    return refused_at(d, t->fatal, t->fatals - 1);
}

static verdict error_text(const cs_when *at, cs_finding_kind finding, const char *text)
{
    verdict v = {CS_RESULT_ERROR, NULL, at, g_strdup(text), finding};
    return v;
}

/* A session that did not end as it should have, as far as was captured. */
static verdict ended_badly(const cs_deployment *d, const cs_when *at, cs_finding_kind finding, const char *text)
{
    return parts_missing(d) ? unknown_for_missing(NULL, at, text) : error_text(at, finding, text);
}

/* By its own word the device has no configuration that is whole; back in the factory default it may be for a reset. */
static verdict timed_out(const cs_deployment *d)
{
    const char *text = "the session timed out: the device reports its end";
    return d->told[0] == STATE_INCOMPLETE + 1 ? error_text(&d->cut, CS_FIND_CONFIG_ABANDONED, text)
                                              : ended_badly(d, &d->cut, CS_FIND_CONFIG_ABANDONED, text);
}

static verdict warnings_or_complete(const cs_deployment *d, const tally *t)
{
    verdict v = {CS_RESULT_COMPLETE, NULL, NULL, NULL, CS_FIND_COUNT};
    if (t->refused) {
        v.step = t->first_refused;
        v.text = g_strdup_printf("%u step%s refused, %u of them made good later; first: %s", t->refused,
                                 t->refused == 1 ? "" : "s", t->repaired, cs_deploy_step_text(t->first_refused));
    } else if (t->unanswered) {
        v.step = t->first_unanswered;
        v.text = g_strdup_printf("%u request%s without answer in the capture; first: %s", t->unanswered,
                                 t->unanswered == 1 ? "" : "s", cs_deploy_step_text(t->first_unanswered));
    } else if (d->crossed) {
        v.text = g_strdup("another tool tried to configure the device meanwhile");
    } else if (d->begin_missing && !d->begun[0] && !d->begun[1]) {
        v.text = g_strdup("the beginning of the session was not captured");
    } else if (parts_missing(d)) {
        v.text = g_strdup("parts of the session were not captured");
    }
    if (v.text)
        v.result = CS_RESULT_WARNINGS;
    if (v.step)
        v.at = &v.step->first;
    return v;
}

static verdict no_answer_to(const cs_deploy_step *step)
{
    return unknown_at(step, &step->first,
                      g_strdup_printf("no answer in the capture to: %s", cs_deploy_step_text(step)));
}

/* Apply_Config or End_Config was sent and its answer is not in the capture. Only a state that the device told
 * afterwards says how it went. */
static verdict without_answer(const cs_deployment *d, const tally *t)
{
    if (d->told[0] == STATE_CONFIGURED + 1 && d->told_at.frame > t->conclusion->last.frame)
        return warnings_or_complete(d, t);
    return no_answer_to(t->conclusion);
}

/* The session was begun and neither ended nor aborted: given up, or cut off by the end of the capture? */
static verdict unfinished(const cs_capture *cap, const cs_deployment *d, const tally *t, bool over)
{
    const cs_stream *s = d->stream;
    bool closed = s && (s->fin || s->rst) && s->last.frame >= d->idle_since.frame;
    bool ended = d->finished_object[0] && d->open[1]; /* the tool left, with the EtherNet/IP Security object open */
    const char *missing = ended ? "Apply_Config" : "End_Config";
    verdict open = {CS_RESULT_OPEN, NULL, NULL, NULL, CS_FIND_COUNT};
    if (t->fatal && t->fatal->kind != CS_STEP_BEGIN && over && (closed || ended || d->timed_out || d->superseded))
        return failed(d, t);
    if (d->timed_out)
        return timed_out(d);
    if (d->reset_ok)
        return ended_badly(d, &d->cut, CS_FIND_CONFIG_ABANDONED, "the session was cut off by a reset");
    if (d->superseded)
        return ended_badly(d, &d->cut, CS_FIND_CONFIG_ABANDONED, "a newer session replaced it before it ended");
    if (!over)
        return open;
    bool silent = cap->last.ns - d->idle_since.ns > ABANDONED_AFTER;
    if (t->conclusion)
        return without_answer(d, t);
    if (closed || silent) {
        char *text = g_strdup_printf("%s without %s", closed ? "the connection was closed" : "the tool fell silent",
                                     missing);
        verdict gone = ended_badly(d, closed ? &s->last : &d->end, CS_FIND_CONFIG_ABANDONED, text);
        g_free(text);
        return gone;
    }
    if (d->told[0] == STATE_CONFIGURED + 1)
        return unknown_at(NULL, &d->told_at,
                          g_strdup_printf("%s cannot be read in this capture; the device reports that it is configured",
                                          missing));
    if (parts_missing(d)) {
        char *text = g_strdup_printf("no %s in this capture", missing);
        verdict unknown = unknown_for_missing(NULL, &d->end, text);
        g_free(text);
        return unknown;
    }
    open.text = g_strdup_printf("the capture ends before %s", missing);
    return open;
}

static verdict judge_removal(const cs_deployment *d, const tally *t)
{
    if (d->reset_ok)
        return warnings_or_complete(d, t);
    if (t->first_refused)
        return refused_at(d, t->first_refused, 0);
    return t->reset ? no_answer_to(t->reset) : warnings_or_complete(d, t);
}

static verdict judge_unbegun(const cs_deployment *d, const tally *t)
{
    verdict unknown = unknown_at(NULL, NULL, g_strdup("no Begin_Config in the capture"));
    bool ended = d->finished_object[0] || d->finished_object[1];
    /* One that is refused when the session had begun before the capture, or has ended well, prevents nothing. */
    for (guint i = ended || d->begin_missing ? 0 : d->steps->len; i-- > 0;) {
        cs_deploy_step *step = d->steps->pdata[i];
        if (step->kind == CS_STEP_BEGIN && step->outcome == CS_OUTCOME_ERROR) {
            g_free(unknown.text);
            return refused_at(d, step, 0);
        }
    }
    bool ports_only = true;
    if (t->fatal && (ended || t->fatal->kind == CS_STEP_APPLY)) {
        g_free(unknown.text);
        return failed(d, t);
    }
    for (guint i = 0; i < d->steps->len; i++) {
        const cs_deploy_step *step = d->steps->pdata[i];
        if (step->kind == CS_STEP_BEGIN) {
            g_free(unknown.text);
            unknown.text = g_strdup(step->outcome == CS_OUTCOME_ERROR
                                        ? "Begin_Config was refused; the session seems to have begun before the capture"
                                        : "Begin_Config has no answer in the capture");
        }
        ports_only = ports_only && (step->kind == CS_STEP_PORTS || step->kind == CS_STEP_CONNECT ||
                                    step->kind == CS_STEP_READ);
    }
    if (!ended && !ports_only)
        return unknown;
    g_free(unknown.text);
    return warnings_or_complete(d, t);
}

static verdict judge(const cs_capture *cap, const cs_deployment *d, bool over)
{
    tally t = count_steps(d);
    if (d->kind == CS_DEPLOY_REMOVAL && !d->begun[0] && !d->begun[1])
        return judge_removal(d, &t);
    if (!d->begun[0] && !d->begun[1])
        return judge_unbegun(d, &t);
    bool cip_done = !d->begun[0] || d->finished_object[0], eip_done = !d->begun[1] || d->finished_object[1];
    if (cip_done && eip_done)
        return t.fatal ? failed(d, &t) : warnings_or_complete(d, &t);
    if (d->aborted && !eip_done)
        return t.fatal ? failed(d, &t)
                       : ended_badly(d, &d->end, CS_FIND_CONFIG_FAILED, "the tool aborted the configuration");
    if (d->open[0] || d->open[1] || d->timed_out || d->superseded || d->reset_ok)
        return unfinished(cap, d, &t, over);
    if (t.fatal)
        return failed(d, &t);
    return ended_badly(d, &d->end, CS_FIND_CONFIG_FAILED, "the session ended without Apply_Config");
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
