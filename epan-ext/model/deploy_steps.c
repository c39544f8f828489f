/* deploy_steps.c
 * From messages to steps: which step a request belongs to, what its answer changes. Runs of reads, kicks and file
 * packets are told as one step, so a long session stays short.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "deploy_private.h"

#include <string.h>

#define MAX_STEPS 512
#define LOOK_BACK 64
#define NS_PER_S 1e9

/* Instances of the File object that hold EDS files: no part of a security configuration. */
#define FILE_EDS_FIRST 200
#define FILE_EDS_LAST 201

typedef struct {
    uint32_t class_id;
    uint8_t service;
    cs_step_kind kind;
} service_row;

static const service_row rows[] = {
    {CS_CLASS_CIP_SECURITY, SC_BEGIN, CS_STEP_BEGIN},
    {CS_CLASS_CIP_SECURITY, SC_KICK, CS_STEP_KICK},
    {CS_CLASS_CIP_SECURITY, SC_APPLY_OR_END, CS_STEP_END},
    {CS_CLASS_CIP_SECURITY, SC_ABORT_OR_CLEANUP, CS_STEP_CLEANUP},
    {CS_CLASS_EIP_SECURITY, SC_BEGIN, CS_STEP_BEGIN},
    {CS_CLASS_EIP_SECURITY, SC_KICK, CS_STEP_KICK},
    {CS_CLASS_EIP_SECURITY, SC_APPLY_OR_END, CS_STEP_APPLY},
    {CS_CLASS_EIP_SECURITY, SC_ABORT_OR_CLEANUP, CS_STEP_ABORT},
    {CS_CLASS_CERT_MGMT, SC_CREATE_CSR, CS_STEP_CREATE_CSR},
    {CS_CLASS_CERT_MGMT, SC_VERIFY, CS_STEP_VERIFY},
    {CS_CLASS_FILE, SC_INITIATE_UPLOAD, CS_STEP_FILE_UPLOAD},
    {CS_CLASS_FILE, SC_UPLOAD, CS_STEP_FILE_UPLOAD},
    {CS_CLASS_FILE, SC_INITIATE_DOWNLOAD, CS_STEP_FILE_DOWNLOAD},
    {CS_CLASS_FILE, SC_DOWNLOAD, CS_STEP_FILE_DOWNLOAD},
    {CS_CIP_UNSET, SC_GET_ALL, CS_STEP_READ},
    {CS_CIP_UNSET, SC_GET_LIST, CS_STEP_READ},
    {CS_CIP_UNSET, SC_GET, CS_STEP_READ},
    {CS_CIP_UNSET, SC_GET_MEMBER, CS_STEP_READ},
    {CS_CIP_UNSET, SC_SET, CS_STEP_SET},
    {CS_CIP_UNSET, SC_CREATE, CS_STEP_CREATE},
    {CS_CIP_UNSET, SC_DELETE, CS_STEP_DELETE},
    {CS_CIP_UNSET, SC_RESET, CS_STEP_RESET},
};

static bool classify_ports(const cs_cip_message *msg, cs_step_kind *kind)
{
    *kind = CS_STEP_PORTS;
    return msg->service == SC_PORT_ADMIN || msg->service == SC_PROTOCOL_ADMIN;
}

bool cs_deploy_classify(const cs_cip_message *msg, cs_step_kind *kind)
{
    bool eds = msg->instance >= FILE_EDS_FIRST && msg->instance <= FILE_EDS_LAST;
    if (msg->class_id == CS_CLASS_TCPIP)
        return classify_ports(msg, kind);
    if (msg->class_id != CS_CLASS_CIP_SECURITY && msg->class_id != CS_CLASS_EIP_SECURITY &&
        msg->class_id != CS_CLASS_CERT_MGMT && (msg->class_id != CS_CLASS_FILE || eds))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool any = rows[i].class_id == CS_CIP_UNSET;
        if (rows[i].service == msg->service && (any || rows[i].class_id == msg->class_id)) {
            *kind = rows[i].kind;
            return true;
        }
    }
    *kind = CS_STEP_OTHER;
    return true;
}

void cs_deploy_step_free(gpointer data)
{
    cs_deploy_step *step = data;
    g_free(step->text);
    g_free(step->content);
    g_free(step);
}

cs_deploy_step *cs_deploy_add_step(cs_deployment *d, cs_step_kind kind, const cs_when *at, cs_step_outcome outcome,
                                   char *text)
{
    if (d->steps->len >= MAX_STEPS) {
        d->steps_dropped++;
        g_free(text);
        return NULL;
    }
    cs_deploy_step *step = g_new0(cs_deploy_step, 1);
    step->kind = kind;
    step->first = step->last = *at;
    step->outcome = outcome;
    step->text = text;
    step->class_id = step->instance = step->attribute = CS_CIP_UNSET;
    step->in_session = d->open[0] || d->open[1];
    g_ptr_array_add(d->steps, step);
    return step;
}

uint32_t cs_deploy_step_number(const cs_deployment *d, const cs_deploy_step *step)
{
    for (guint i = d->steps->len; i-- > 0;)
        if (d->steps->pdata[i] == step)
            return i + 1;
    return 0;
}

static bool is_file(cs_step_kind kind)
{
    return kind == CS_STEP_FILE_UPLOAD || kind == CS_STEP_FILE_DOWNLOAD;
}

/* The step that goes on with this request. Kicks may come between anything; reads and file packets end with the
 * first other step, where kicks and notes do not count as one. */
static cs_deploy_step *running_step(const cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind)
{
    bool initiate = msg->service == SC_INITIATE_UPLOAD || msg->service == SC_INITIATE_DOWNLOAD;
    if (kind != CS_STEP_READ && kind != CS_STEP_KICK && (!is_file(kind) || initiate))
        return NULL;
    guint looked = 0;
    for (guint i = d->steps->len; i-- > 0 && looked < LOOK_BACK; looked++) {
        cs_deploy_step *step = d->steps->pdata[i];
        if (kind == CS_STEP_KICK) {
            if (step->kind == CS_STEP_KICK && step->in_session == (d->open[0] || d->open[1]))
                return step;
            if (step->kind == CS_STEP_BEGIN && step->outcome == CS_OUTCOME_OK)
                return NULL;
            continue;
        }
        if (step->kind == kind && (!is_file(kind) || step->instance == msg->instance))
            return step;
        if (step->kind != CS_STEP_KICK && step->kind != CS_STEP_NOTE)
            return NULL;
    }
    return NULL;
}

static uint8_t class_bit(uint32_t class_id)
{
    switch (class_id) {
    case CS_CLASS_CIP_SECURITY:
        return 1;
    case CS_CLASS_EIP_SECURITY:
        return 2;
    case CS_CLASS_CERT_MGMT:
        return 4;
    default:
        return 8;
    }
}

static char *read_text(const cs_deploy_step *step)
{
    static const char *const names[] = {"CIP Security", "EtherNet/IP Security", "Certificate Management", "File"};
    GString *out = g_string_new(NULL);
    char buf[24];
    if (step->count == 1)
        g_string_printf(out, "Reads %s of ",
                        step->attribute != CS_CIP_UNSET
                            ? cs_deploy_attribute_name(step->class_id, step->attribute, buf, sizeof buf)
                        : step->service == SC_GET_ALL ? "all attributes"
                                                      : "chosen attributes");
    else
        g_string_printf(out, "Reads %u values of ", step->count);
    const char *comma = "";
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        if (step->classes >> i & 1) {
            g_string_append_printf(out, "%s%s", comma, names[i]);
            comma = ", ";
        }
    }
    if (step->refused)
        g_string_append_printf(out, "; %u refused", step->refused);
    return g_string_free(out, FALSE);
}

static char *kick_text(const cs_deployment *d, const cs_deploy_step *step)
{
    GString *out = g_string_new(NULL);
    g_string_printf(out, "Kick_Timer %u time%s", step->count, step->count == 1 ? "" : "s");
    if (step->in_session && d->kick_max > 0)
        g_string_append_printf(out, ", every %.3f to %.3f s", (double)d->kick_min / NS_PER_S,
                               (double)d->kick_max / NS_PER_S);
    if (step->refused)
        g_string_append_printf(out, "; %u refused", step->refused);
    return g_string_free(out, FALSE);
}

static char *file_text(const cs_deploy_step *step)
{
    return g_strdup_printf("%s File instance %u: %" G_GUINT64_FORMAT " octets in %u packet%s%s%s",
                           step->kind == CS_STEP_FILE_UPLOAD ? "Reads" : "Writes", step->instance, step->bytes,
                           step->count ? step->count - 1 : 0, step->count == 2 ? "" : "s", step->content ? ", " : "",
                           step->content ? step->content : "");
}

static void set_text(cs_deploy_step *step, char *text)
{
    g_free(step->text);
    step->text = text;
    step->retell = false;
}

/* Reads and transfers go on over many messages: they are put into words when somebody asks. */
static void retell(const cs_deployment *d, cs_deploy_step *step)
{
    if (step->kind == CS_STEP_KICK)
        set_text(step, kick_text(d, step));
    else
        step->retell = step->kind == CS_STEP_READ || is_file(step->kind);
}

const char *cs_deploy_step_text(const cs_deploy_step *step)
{
    if (step->retell)
        set_text((cs_deploy_step *)step, step->kind == CS_STEP_READ ? read_text(step) : file_text(step));
    return step->text ? step->text : "";
}

/* A transfer packet: number, type, data, and the checksum after the last data. */
static uint32_t content_octets(const cs_cip_message *msg)
{
    uint32_t around = msg->body_len >= 2 && (msg->body[1] == 2 || msg->body[1] == 4) ? 4 : 2;
    return msg->body_len > around ? msg->body_len - around : 0;
}

void cs_deploy_tell_file(const cs_deployment *d, cs_deploy_step *step, char *content)
{
    g_free(step->content);
    step->content = content;
    retell(d, step);
}

cs_deploy_step *cs_deploy_step_for_request(cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind,
                                           const cs_device *dev)
{
    cs_deploy_step *step = running_step(d, msg, kind);
    if (!step) {
        bool merged = kind == CS_STEP_READ || kind == CS_STEP_KICK || is_file(kind);
        step = cs_deploy_add_step(d, kind, &msg->at, CS_OUTCOME_PENDING,
                                  merged ? NULL : cs_deploy_request_text(msg, kind, dev));
        if (!step)
            return NULL;
        step->class_id = msg->class_id;
        step->instance = msg->instance;
        step->attribute = msg->attribute;
        step->service = msg->service;
    }
    step->count++;
    step->last = msg->at;
    step->classes |= class_bit(msg->class_id);
    if (msg->class_id == CS_CLASS_FILE && msg->service == SC_DOWNLOAD)
        step->bytes += content_octets(msg);
    retell(d, step);
    return step;
}

static void append(cs_deploy_step *step, const char *more)
{
    set_text(step, g_strconcat(cs_deploy_step_text(step), more, NULL));
}

static bool asks(const cs_deploy_step *step, const cs_cip_message *msg, cs_step_kind kind)
{
    if (step->kind != kind)
        return false;
    if (kind == CS_STEP_READ || kind == CS_STEP_KICK)
        return true;
    if (step->class_id != msg->class_id || step->instance != msg->instance)
        return false;
    return is_file(kind) || (step->service == msg->service && step->attribute == msg->attribute &&
                             step->outcome == CS_OUTCOME_PENDING);
}

cs_deploy_step *cs_deploy_step_for_response(cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind,
                                            const cs_device *dev)
{
    guint looked = 0;
    for (guint i = d->steps->len; i-- > 0 && looked < LOOK_BACK; looked++)
        if (asks(d->steps->pdata[i], msg, kind))
            return d->steps->pdata[i];
    cs_cip_message request = *msg;
    request.body = msg->request_body;
    request.body_len = msg->request_body ? msg->request_body_len : 0;
    cs_deploy_step *step = cs_deploy_step_for_request(d, &request, kind, dev);
    if (step && !msg->request_body)
        append(step, " (request not captured)");
    return step;
}

static void refuse(cs_deploy_step *step, const cs_cip_message *msg)
{
    char *status = cs_deploy_status_text(msg);
    step->status = msg->status;
    step->refused++;
    if (step->kind == CS_STEP_READ) {
        step->outcome = CS_OUTCOME_OK; /* asking for what an edition lacks is no fault */
    } else if (step->kind == CS_STEP_CLEANUP && msg->class_id == CS_CLASS_CIP_SECURITY && msg->status == 0xD0) {
        step->outcome = CS_OUTCOME_OK;
        append(step, ": nothing to clean up");
    } else {
        step->outcome = CS_OUTCOME_ERROR;
        if (step->kind != CS_STEP_KICK) {
            char *more = g_strdup_printf("%s refused, %s", is_file(step->kind) ? ";" : ":", status);
            append(step, more);
            g_free(more);
        }
    }
    g_free(status);
}

void cs_deploy_answer(const cs_deployment *d, cs_deploy_step *step, const cs_cip_message *msg)
{
    step->last = msg->at;
    if (msg->status != 0) {
        refuse(step, msg);
        if (step->kind == CS_STEP_READ || step->kind == CS_STEP_KICK)
            retell(d, step);
        return;
    }
    if (step->outcome == CS_OUTCOME_PENDING || step->kind == CS_STEP_KICK || is_file(step->kind))
        step->outcome = CS_OUTCOME_OK;
    if (msg->class_id == CS_CLASS_FILE && msg->service == SC_UPLOAD)
        step->bytes += content_octets(msg);
    retell(d, step);
    char *more = cs_deploy_answer_text(msg, step->kind);
    if (more) {
        append(step, more);
        g_free(more);
    }
}
