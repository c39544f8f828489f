/* deployments.c
 * Configuration sessions of devices: which session a message belongs to, when one begins and ends, who crosses whom.
 * A session is kept for each pair of device and tool from its first read on, and listed once it changes something.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/certs.h>

#include "deploy_private.h"

#include <string.h>

#define NS_PER_S INT64_C(1000000000)
#define IDLE_LIMIT (300 * NS_PER_S) /* a tool that comes back later begins a new story */
#define ENDED_IDLE_LIMIT (60 * NS_PER_S)
#define MAX_SESSIONS 4096
#define MAX_FRAMES 1000000

enum { OBJECT_CIP, OBJECT_EIP };

typedef struct {
    cs_addr device, tool;
} pair;

typedef struct {
    uint32_t frame;
    uint32_t step; /* from 1 */
    cs_deployment *deployment;
} frame_entry;

typedef struct {
    GPtrArray *sessions; /* cs_deployment*, owned */
    GHashTable *current; /* pair -> cs_deployment* */
    GArray *frames; /* frame_entry in order of frame */
} state;

static guint pair_hash(gconstpointer key)
{
    const pair *p = key;
    return cs_addr_hash(&p->device) * 31 + cs_addr_hash(&p->tool);
}

static gboolean pair_equal(gconstpointer a, gconstpointer b)
{
    const pair *p = a, *q = b;
    return cs_addr_equal(&p->device, &q->device) && cs_addr_equal(&p->tool, &q->tool);
}

static void deployment_free(gpointer data)
{
    cs_deployment *d = data;
    g_ptr_array_unref(d->steps);
    g_free(d->reason);
    g_free(d);
}

void cs_deployments_init(cs_capture *cap)
{
    state *st = g_new0(state, 1);
    st->sessions = g_ptr_array_new_with_free_func(deployment_free);
    st->current = g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);
    st->frames = g_array_new(FALSE, FALSE, sizeof(frame_entry));
    cap->deployment_state = st;
    cap->deployments = g_ptr_array_new();
}

void cs_deployments_clear(cs_capture *cap)
{
    state *st = cap->deployment_state;
    g_ptr_array_unref(cap->deployments);
    g_hash_table_destroy(st->current);
    g_ptr_array_unref(st->sessions);
    g_array_unref(st->frames);
    g_free(st);
}

const GPtrArray *cs_deploy_all(const cs_capture *cap)
{
    return ((const state *)cap->deployment_state)->sessions;
}

cs_deployment *cs_deploy_new(cs_capture *cap, const cs_addr *device, const cs_addr *tool, cs_stream *stream,
                             const cs_when *at)
{
    state *st = cap->deployment_state;
    if (st->sessions->len >= MAX_SESSIONS)
        return NULL;
    cs_deployment *d = g_new0(cs_deployment, 1);
    d->kind = CS_DEPLOY_CHANGE;
    d->device = *device;
    d->tool = *tool;
    d->stream = stream;
    d->start = d->end = d->idle_since = *at;
    d->steps = g_ptr_array_new_with_free_func(cs_deploy_step_free);
    g_ptr_array_add(st->sessions, d);
    return d;
}

void cs_deploy_list(cs_capture *cap, cs_deployment *d)
{
    if (d->index)
        return;
    g_ptr_array_add(cap->deployments, d);
    d->index = cap->deployments->len;
}

static void remember_frame(cs_capture *cap, cs_deployment *d, const cs_deploy_step *step, uint32_t frame)
{
    state *st = cap->deployment_state;
    frame_entry entry = {frame, cs_deploy_step_number(d, step), d};
    if (st->frames->len >= MAX_FRAMES)
        return;
    if (st->frames->len) {
        const frame_entry *last = &g_array_index(st->frames, frame_entry, st->frames->len - 1);
        if (last->frame > frame || (last->frame == frame && last->step == entry.step && last->deployment == d))
            return;
    }
    g_array_append_val(st->frames, entry);
}

void cs_deployments_forget_frame(cs_capture *cap, uint32_t frame)
{
    GArray *frames = ((state *)cap->deployment_state)->frames;
    while (frames->len && g_array_index(frames, frame_entry, frames->len - 1).frame == frame)
        g_array_set_size(frames, frames->len - 1);
}

/* The story of a connection starts with how it came up, told once by the first session on it. */
static void tell_connection(cs_deployment *d, const cs_when *at)
{
    cs_stream *s = d->stream;
    if (!s || s->deployment)
        return;
    s->deployment = d;
    bool secure = s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_DTLS;
    cs_deploy_step *step = cs_deploy_add_step(d, CS_STEP_CONNECT, &s->first, CS_OUTCOME_OK, cs_deploy_connect_text(s));
    if (step && secure && s->hs.hello.frame)
        step->last = s->hs.hello;
    else if (step)
        step->last = *at;
    d->start = s->first;
    if (!secure)
        return;
    step = cs_deploy_add_step(d, CS_STEP_CONNECT, s->hs.hello.frame ? &s->hs.hello : &s->first, CS_OUTCOME_OK,
                              cs_deploy_tls_text(s));
    if (step)
        step->last = s->hs.done.frame ? s->hs.done : *at;
}

bool cs_deploy_is_open(const cs_deployment *d)
{
    return d->open[OBJECT_CIP] || d->open[OBJECT_EIP];
}

/* True when this message belongs to a story after the one in d. */
static bool story_over(const cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind)
{
    int64_t idle = msg->at.ns - d->idle_since.ns;
    if (cs_deploy_is_open(d))
        return false;
    if (idle > (d->begun[OBJECT_CIP] || d->begun[OBJECT_EIP] || d->reset_ok ? ENDED_IDLE_LIMIT : IDLE_LIMIT))
        return true;
    if (kind == CS_STEP_RESET && d->kind != CS_DEPLOY_REMOVAL)
        return d->changed || d->begun[OBJECT_CIP] || d->begun[OBJECT_EIP];
    return false;
}

static cs_deployment *start_session(cs_capture *cap, const pair *who, const cs_cip_message *msg)
{
    state *st = cap->deployment_state;
    cs_deployment *d = cs_deploy_new(cap, &who->device, &who->tool, msg->stream, &msg->at);
    if (!d)
        return NULL;
    tell_connection(d, &msg->at);
    g_hash_table_replace(st->current, g_memdup2(who, sizeof *who), d);
    return d;
}

static cs_deployment *session_for(cs_capture *cap, const pair *who, const cs_cip_message *msg, cs_step_kind kind)
{
    state *st = cap->deployment_state;
    cs_deployment *d = g_hash_table_lookup(st->current, who);
    bool request = !msg->response || msg->request_at.frame == 0;
    if (d && !(request && story_over(d, msg, kind)))
        return d;
    if (d)
        cs_deploy_judge(cap, d, true, &msg->at);
    return start_session(cap, who, msg);
}

/* Another tool's open session on the same device, NULL when there is none. */
static cs_deployment *other_session(const cs_capture *cap, const cs_deployment *d)
{
    const GPtrArray *all = cs_deploy_all(cap);
    for (guint i = all->len; i-- > 0;) {
        cs_deployment *other = all->pdata[i];
        if (other != d && cs_deploy_is_open(other) && cs_addr_equal(&other->device, &d->device))
            return other;
    }
    return NULL;
}

static void conflict(cs_capture *cap, cs_deployment *d, cs_deployment *other, const cs_cip_message *msg)
{
    char tool[CS_ADDR_STRLEN], rival[CS_ADDR_STRLEN];
    cs_addr_to_str(&d->tool, tool);
    cs_addr_to_str(&other->tool, rival);
    char *text = g_strdup_printf("%s asked for a session too and was refused", tool);
    cs_deploy_drop_derived(other);
    cs_deploy_add_step(other, CS_STEP_NOTE, &msg->at, CS_OUTCOME_WARNING, text);
    other->crossed = true;
    char *detail = g_strdup_printf("%s tried to configure while %s had a session open", tool, rival);
    cs_finding_add(cap, CS_FIND_CONFIG_IN_PROGRESS_CONFLICT, &msg->at, msg->stream, &d->device, NULL, detail);
    g_free(detail);
}

static const cs_cert *leaf(const cs_stream *s, int side)
{
    return s && s->hs.chain[side] && s->hs.chain[side]->len ? s->hs.chain[side]->pdata[0] : NULL;
}

/* What the device was before its session: by its state, else by the certificates of the handshake. */
static cs_deploy_kind kind_of_session(const cs_device *dev, const cs_stream *stream)
{
    int before = dev ? dev->cs_state : -1;
    const cs_cert *shown = leaf(stream, 1);
    if (before == STATE_CONFIGURED || before == STATE_INCOMPLETE)
        return CS_DEPLOY_REDEPLOYMENT;
    if (before == STATE_FACTORY)
        return CS_DEPLOY_INITIAL;
    if (leaf(stream, 0))
        return CS_DEPLOY_REDEPLOYMENT;
    return shown && shown->kind == CS_CERT_VENDOR ? CS_DEPLOY_INITIAL : CS_DEPLOY_CHANGE;
}

static void begin_succeeded(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, int object)
{
    const cs_device *dev = cs_capture_find_device(cap, &d->device);
    cs_deployment *other = object == OBJECT_CIP ? other_session(cap, d) : NULL;
    if (other) {
        other->superseded = true;
        other->cut = msg->at;
        other->open[OBJECT_CIP] = other->open[OBJECT_EIP] = false;
        cs_deploy_judge(cap, other, true, &msg->at);
    }
    if (!d->begun[OBJECT_CIP] && !d->begun[OBJECT_EIP])
        d->kind = kind_of_session(dev, msg->stream);
    d->begun[object] = d->open[object] = true;
    d->finished_object[object] = false;
    d->alive = msg->at;
}

/* The request came while its session was not known to be a new one: its step and frame go over. */
static void move_begin(cs_capture *cap, cs_deployment *from, cs_deployment *to, const cs_cip_message *msg)
{
    state *st = cap->deployment_state;
    guint last = from->steps->len;
    cs_deploy_step *step = last ? from->steps->pdata[last - 1] : NULL;
    if (!step || step->kind != CS_STEP_BEGIN || step->outcome != CS_OUTCOME_PENDING ||
        step->class_id != msg->class_id || to->steps->len >= G_MAXUINT16)
        return;
    g_ptr_array_add(to->steps, g_ptr_array_steal_index(from->steps, last - 1));
    step->in_session = false;
    to->start = to->steps->len == 1 ? step->first : to->start;
    for (guint i = st->frames->len; i-- > 0;) {
        frame_entry *entry = &g_array_index(st->frames, frame_entry, i);
        if (entry->frame < step->first.frame)
            break;
        if (entry->deployment == from && entry->step == last) {
            entry->deployment = to;
            entry->step = to->steps->len;
        }
    }
}

/* A new Begin_Config that succeeds ends the story before it, unless only the other object's session is joined. */
static cs_deployment *split_at_begin(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, int object)
{
    bool over = d->begun[object] && (d->finished_object[object] || d->aborted || d->open[object] || d->timed_out);
    if (!over && !(d->kind == CS_DEPLOY_REMOVAL && d->reset_ok))
        return d;
    pair who = {d->device, d->tool};
    d->end = d->idle_since = d->before_begin; /* the request of this answer is not its own any more */
    if (cs_deploy_is_open(d)) {
        d->superseded = true;
        d->cut = msg->at;
        d->open[OBJECT_CIP] = d->open[OBJECT_EIP] = false;
    }
    cs_deploy_judge(cap, d, true, &msg->at);
    cs_deployment *next = start_session(cap, &who, msg);
    if (!next)
        return d;
    move_begin(cap, d, next, msg);
    return next;
}

static void kicked(cs_deployment *d, const cs_cip_message *msg)
{
    int64_t gap = msg->at.ns - d->alive.ns;
    /* The two objects are kicked one right after the other: one kick of the tool. */
    d->kicked = d->kicked || msg->class_id == CS_CLASS_CIP_SECURITY;
    if (msg->class_id != CS_CLASS_CIP_SECURITY && (d->begun[OBJECT_CIP] || d->kicked))
        return;
    if (d->kicks > 0 && gap >= 0) {
        d->kick_min = d->kick_max == 0 ? gap : MIN(d->kick_min, gap);
        d->kick_max = MAX(d->kick_max, gap);
    }
    d->kicks++;
    d->alive = msg->at;
}

/* A state that the device tells, by reading or ListIdentity. */
static void state_told(cs_capture *cap, cs_deployment *d, uint32_t class_id, uint8_t value, const cs_when *at)
{
    uint8_t *told = &d->told[class_id == CS_CLASS_EIP_SECURITY];
    if (class_id == CS_CLASS_CIP_SECURITY)
        d->told_at = *at;
    if (*told == value + 1u)
        return;
    *told = (uint8_t)(value + 1u);
    char *text = g_strdup_printf("The %s object is in state %u %s", cs_deploy_class_name(class_id), value,
                                 cs_deploy_state_name(class_id, value));
    cs_deploy_add_step(d, CS_STEP_NOTE, at, CS_OUTCOME_NOTE, text);
    if (class_id != CS_CLASS_CIP_SECURITY || !d->open[OBJECT_CIP])
        return;
    if (value == STATE_INCOMPLETE || value == STATE_FACTORY) {
        d->timed_out = true;
        d->cut = *at;
        d->open[OBJECT_CIP] = d->open[OBJECT_EIP] = false;
        cs_deploy_judge(cap, d, true, at);
    }
}

static void read_states(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg)
{
    bool security = msg->class_id == CS_CLASS_CIP_SECURITY || msg->class_id == CS_CLASS_EIP_SECURITY;
    bool state_read = msg->service == SC_GET_ALL || (msg->service == SC_GET && msg->attribute == 1);
    if (security && state_read && msg->instance != 0 && msg->instance != CS_CIP_UNSET && msg->body_len)
        state_told(cap, d, msg->class_id, msg->body[0], &msg->at);
}

static void reset_done(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg)
{
    char text[64];
    g_snprintf(text, sizeof text, "%s object", cs_deploy_class_name(msg->class_id));
    cs_finding_add(cap, CS_FIND_SECURITY_RESET, &msg->at, msg->stream, &d->device, NULL, text);
    d->reset_ok = true;
    const GPtrArray *all = cs_deploy_all(cap);
    for (guint i = 0; i < all->len; i++) {
        cs_deployment *other = all->pdata[i];
        if (!cs_deploy_is_open(other) || !cs_addr_equal(&other->device, &d->device))
            continue;
        other->superseded = other != d;
        other->cut = msg->at;
        other->open[OBJECT_CIP] = other->open[OBJECT_EIP] = false;
        cs_deploy_judge(cap, other, true, &msg->at);
    }
}

static void succeeded(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind)
{
    int object = msg->class_id == CS_CLASS_EIP_SECURITY;
    switch (kind) {
    case CS_STEP_BEGIN:
        begin_succeeded(cap, d, msg, object);
        return;
    case CS_STEP_KICK:
        kicked(d, msg);
        return;
    case CS_STEP_READ:
        read_states(cap, d, msg);
        return;
    case CS_STEP_ABORT:
        d->aborted = d->open[OBJECT_EIP] || d->aborted;
        d->open[OBJECT_EIP] = false;
        return;
    case CS_STEP_APPLY:
    case CS_STEP_END:
        d->finished_object[object] = true;
        d->open[object] = false;
        d->begin_missing |= !d->begun[OBJECT_CIP] && !d->begun[OBJECT_EIP];
        d->told[0] = d->told[1] = 0; /* the states from now on are news */
        if (kind == CS_STEP_APPLY && cs_deploy_takes_away(cs_capture_find_device(cap, &d->device), d))
            d->kind = CS_DEPLOY_REMOVAL;
        if (!cs_deploy_is_open(d))
            d->applied = msg->at;
        cs_deploy_judge(cap, d, false, &msg->at);
        return;
    case CS_STEP_RESET:
        reset_done(cap, d, msg);
        return;
    default:
        d->changed = true;
        /* Ports and what is left after a Reset are changed without a session. */
        d->begin_missing = d->begin_missing || (!d->begun[OBJECT_CIP] && !d->begun[OBJECT_EIP] &&
                                                kind != CS_STEP_PORTS && d->kind != CS_DEPLOY_REMOVAL);
        return;
    }
}

static void refused(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, const cs_deploy_step *step)
{
    cs_deployment *other = step->kind == CS_STEP_BEGIN ? other_session(cap, d) : NULL;
    if (other && msg->status == 0x0C)
        conflict(cap, d, other, msg);
    if (!cs_deploy_essential(step) || (other && msg->status == 0x0C))
        return;
    char key[32];
    g_snprintf(key, sizeof key, "frame %u step %u", msg->at.frame, cs_deploy_step_number(d, step));
    cs_finding_add(cap, CS_FIND_CONFIG_STEP_REFUSED, &msg->at, msg->stream, &d->device, key, cs_deploy_step_text(step));
}

static void take_request(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind)
{
    if (kind == CS_STEP_RESET && !cs_deploy_is_open(d))
        d->kind = CS_DEPLOY_REMOVAL;
    if (kind != CS_STEP_READ)
        cs_deploy_list(cap, d);
    cs_deploy_check_request(cap, d, msg, kind);
}

void cs_deployments_observe(cs_capture *cap, const cs_cip_message *msg)
{
    pair who;
    cs_step_kind kind;
    memset(&who, 0, sizeof who);
    if (!cs_deploy_classify(msg, &kind) || !cs_cip_device(msg, &who.device, &who.tool))
        return;
    cs_deployment *d = session_for(cap, &who, msg, kind);
    bool begin_ok = msg->response && msg->status == 0 && kind == CS_STEP_BEGIN;
    if (d && begin_ok)
        d = split_at_begin(cap, d, msg, msg->class_id == CS_CLASS_EIP_SECURITY);
    if (!d)
        return;
    cs_deploy_drop_derived(d);
    cs_deploy_check_keys(cap, d, msg);
    const cs_device *dev = cs_capture_find_device(cap, &who.device);
    cs_deploy_step *step;
    if (!msg->response) {
        take_request(cap, d, msg, kind);
        step = cs_deploy_step_for_request(d, msg, kind, dev);
    } else {
        if (kind != CS_STEP_READ)
            cs_deploy_list(cap, d);
        step = cs_deploy_step_for_response(d, msg, kind, dev);
    }
    if (step)
        remember_frame(cap, d, step, msg->at.frame);
    if (kind == CS_STEP_BEGIN && (!msg->response || !msg->request_at.frame))
        d->before_begin = d->end;
    d->end = d->idle_since = msg->at;
    if (!msg->response)
        return;
    if (step)
        cs_deploy_answer(d, step, msg);
    if (msg->status == 0)
        succeeded(cap, d, msg, kind);
    else if (step)
        refused(cap, d, msg, step);
}

/* Frames of the handshake have no message; the story that tells their connection begins with them. */
static unsigned in_range(uint32_t frame, const cs_stream *stream, cs_deploy_frame *out)
{
    const cs_deployment *d = stream ? stream->deployment : NULL;
    for (guint j = 0; d && d->index && j < d->steps->len; j++) {
        const cs_deploy_step *step = d->steps->pdata[j];
        if (step->kind != CS_STEP_CONNECT || step->first.frame > frame)
            break;
        if (frame <= step->last.frame &&
            (j + 1 >= d->steps->len || ((cs_deploy_step *)d->steps->pdata[j + 1])->first.frame > frame)) {
            out->deployment = d;
            out->step = step;
            out->number = j + 1;
            return 1;
        }
    }
    return 0;
}

unsigned cs_deployments_of_frame(const cs_capture *cap, uint32_t frame, const cs_stream *stream, cs_deploy_frame *out,
                                 unsigned max)
{
    const state *st = cap->deployment_state;
    guint low = 0, high = st->frames->len;
    while (low < high) {
        guint mid = low + (high - low) / 2;
        if (g_array_index(st->frames, frame_entry, mid).frame < frame)
            low = mid + 1;
        else
            high = mid;
    }
    unsigned n = 0;
    for (; low < st->frames->len && n < max; low++) {
        const frame_entry *entry = &g_array_index(st->frames, frame_entry, low);
        if (entry->frame != frame)
            break;
        if (!entry->deployment->index || entry->step == 0 || entry->step > entry->deployment->steps->len)
            continue;
        out[n].deployment = entry->deployment;
        out[n].step = entry->deployment->steps->pdata[entry->step - 1];
        out[n++].number = entry->step;
    }
    return n || !max ? n : in_range(frame, stream, out);
}

void cs_deployments_finish(cs_capture *cap)
{
    const GPtrArray *all = cs_deploy_all(cap);
    cs_deploy_outside(cap);
    for (guint i = 0; i < all->len; i++)
        cs_deploy_judge(cap, all->pdata[i], true, &cap->last);
}
