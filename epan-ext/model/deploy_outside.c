/* deploy_outside.c
 * What streams tell of deployments without a look inside: an encrypted session of a tool with a device that still
 * shows its vendor certificate, and the certificate that a device shows when it is back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/certs.h>

#include "deploy_private.h"

static const cs_cert *leaf(const cs_stream *s, int side)
{
    return s->hs.chain[side] && s->hs.chain[side]->len ? s->hs.chain[side]->pdata[0] : NULL;
}

void cs_deploy_drop_derived(cs_deployment *d)
{
    if (d->derived && d->derived <= d->steps->len)
        g_ptr_array_set_size(d->steps, (gint)(d->steps->len - d->derived));
    d->derived = 0;
}

static void derive(cs_deployment *d, cs_step_kind kind, const cs_when *from, const cs_when *to, char *text)
{
    cs_deploy_step *step = cs_deploy_add_step(d, kind, from, CS_OUTCOME_NOTE, text);
    if (!step)
        return;
    step->last = *to;
    d->derived++;
}

/* Evidence of a push deployment that needs no keys: the device proves itself with its vendor certificate, the tool
 * with none, and what follows cannot be read. As for the kind of the stream, the certificate has to vouch for
 * itself. */
static bool looks_like_deployment(const cs_stream *s)
{
    const cs_cert *shown = leaf(s, 1);
    return s->transport == CS_TRANSPORT_TLS && s->hs.state == CS_HANDSHAKE_COMPLETE && s->app_records > 0 &&
           s->conf == CS_CONF_ENCRYPTED && !s->saw_enip && !s->saw_config && !s->saw_other && !s->saw_est && shown &&
           shown->kind == CS_CERT_VENDOR && shown->self_signed && !leaf(s, 0) && s->client >= 0;
}

/* Something of the session was readable after all, so its story is told from the inside. */
static bool told_inside(const cs_stream *s)
{
    return s->deployment && s->deployment->kind != CS_DEPLOY_UNREADABLE;
}

static void tell_outside(cs_capture *cap, cs_stream *s)
{
    const cs_end *client = cs_stream_client(s), *server = cs_stream_server(s);
    cs_deployment *d = s->deployment;
    if (!d)
        d = s->deployment = cs_deploy_new(cap, &server->ep.addr, &client->ep.addr, s, &s->first);
    if (!d)
        return;
    g_ptr_array_set_size(d->steps, 0);
    d->derived = 0;
    d->kind = CS_DEPLOY_UNREADABLE;
    d->result = CS_RESULT_UNKNOWN;
    d->end = d->applied = s->last;
    g_free(d->reason);
    d->reason = g_strdup("encrypted, keys not known; taken for a deployment because the device shows its vendor "
                         "certificate and the tool none");
    cs_deploy_list(cap, d);
    const cs_when *hello = s->hs.hello.frame ? &s->hs.hello : &s->first;
    const cs_when *done = s->hs.done.frame ? &s->hs.done : hello;
    derive(d, CS_STEP_CONNECT, &s->first, hello, cs_deploy_connect_text(s));
    derive(d, CS_STEP_CONNECT, hello, done, cs_deploy_tls_text(s));
    derive(d, CS_STEP_NOTE, done, &s->last,
           g_strdup_printf("%.3f s of encrypted exchange: %" G_GUINT64_FORMAT " octets from the tool, "
                           "%" G_GUINT64_FORMAT " from the device",
                           (double)(s->last.ns - done->ns) / 1e9, client->bytes, server->bytes));
    if (s->fin || s->rst)
        derive(d, CS_STEP_NOTE, &s->last, &s->last, g_strdup("The connection is closed"));
}

static void tell_reconnect(cs_deployment *d, const cs_stream *s)
{
    char peer[CS_ADDR_STRLEN];
    const cs_cert *now = leaf(s, 1), *then = d->stream ? leaf(d->stream, 1) : NULL;
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%s connects to the device again", cs_addr_to_str(&cs_stream_client(s)->ep.addr, peer));
    if (now && then)
        g_string_append(text, now == then ? "; it shows the same certificate as before"
                                          : "; it shows a new certificate");
    else if (now)
        g_string_append(text, "; it shows its certificate");
    if (now && now->subject)
        g_string_append_printf(text, " %s", now->subject);
    if (now && now->issuer && now != then)
        g_string_append_printf(text, ", issued by %s", now->issuer);
    if (leaf(s, 0))
        g_string_append(text, "; both sides are authenticated");
    derive(d, CS_STEP_RECONNECT, &s->first, s->hs.done.frame ? &s->hs.done : &s->first, g_string_free(text, FALSE));
}

/* By frame, because clocks jump; an unreadable session also by time, because a capture that holds frames twice may
 * bring the copy of its last frame after what followed. */
static bool opened_after(const cs_stream *s, const cs_deployment *d)
{
    return s->first.frame > d->applied.frame ||
           (d->kind == CS_DEPLOY_UNREADABLE && s->first.ns > d->applied.ns);
}

/* The first secure session that was opened after the configuration took effect. */
static void find_reconnect(const cs_capture *cap, cs_deployment *d)
{
    for (guint i = d->stream ? d->stream->index : 0; d->applied.frame && i < cap->streams->len; i++) {
        const cs_stream *s = cap->streams->pdata[i];
        const cs_end *server = cs_stream_server(s);
        bool up = s->hs.state == CS_HANDSHAKE_COMPLETE || s->hs.state == CS_HANDSHAKE_RESUMED;
        if (s == d->stream || !server || !up || !opened_after(s, d) ||
            !cs_addr_equal(&server->ep.addr, &d->device))
            continue;
        tell_reconnect(d, s);
        return;
    }
}

void cs_deploy_outside(cs_capture *cap)
{
    for (guint i = 0; i < cap->streams->len; i++) {
        cs_stream *s = cap->streams->pdata[i];
        if (looks_like_deployment(s) && !told_inside(s))
            tell_outside(cap, s);
    }
    for (guint i = 0; i < cap->deployments->len; i++) {
        cs_deployment *d = cap->deployments->pdata[i];
        if (d->kind != CS_DEPLOY_UNREADABLE)
            cs_deploy_drop_derived(d);
        find_reconnect(cap, d);
    }
}
