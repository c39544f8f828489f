/* secure_reason.c
 * How a handshake ended, and in plain words why it did not come through.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <cipsec/alerts.h>
#include <cipsec/suites.h>

#define OFFERED_SHOWN 12

static const char *who(cs_role role)
{
    return role == CS_ROLE_CLIENT ? "the client" : role == CS_ROLE_SERVER ? "the server" : "one end";
}

/* "client offered TLS_..., TLS_... and 3 more"; signalling values left out. */
static void append_offered(GString *text, const GArray *offered)
{
    unsigned shown = 0, more = 0;
    for (unsigned i = 0; offered && i < offered->len; i++) {
        uint16_t id = g_array_index(offered, uint16_t, i);
        const cs_suite *suite = cs_suite_find(id);
        if (id == 0x00FF || id == 0x5600)
            continue;
        if (shown == OFFERED_SHOWN) {
            more++;
            continue;
        }
        g_string_append(text, shown++ ? ", " : "client offered ");
        if (suite)
            g_string_append(text, suite->name);
        else
            g_string_append_printf(text, "0x%04X", id);
    }
    if (more)
        g_string_append_printf(text, " and %u more", more);
    if (!offered)
        g_string_append(text, "what the client offered was not captured");
    else if (!shown)
        g_string_append(text, "client offered none");
}

/* TCP: bytes that the frames carried and that were not read, or still wait for others. */
static bool are_left(const cs_end *end, const cs_tcp_cutter *cutter)
{
    return (int32_t)(end->fresh - cutter->taken) > 0;
}

/* Nothing of it was captured, though the other end heard from it: a server never speaks first. */
static bool is_unheard(const cs_stream *stream, int i)
{
    bool spoke = i == stream->client || (stream->transport == CS_TRANSPORT_DTLS && stream->answered[i]);
    return spoke && !stream->end[i].packets;
}

/* Such an end, and bytes that were lost before the capture, confirmed but not captured, or cut off by the capture. */
static bool misses_bytes_of(const cs_stream *stream, const cs_secure *s, int i)
{
    const cs_end *end = &stream->end[i];
    return is_unheard(stream, i) || (!s->dtls && are_left(end, &s->input[i].cutter)) || s->dir[i].lost ||
           cs_end_missed(end);
}

static bool misses_bytes(const cs_stream *stream, const cs_secure *s)
{
    return misses_bytes_of(stream, s, 0) || misses_bytes_of(stream, s, 1);
}

/* An empty Certificate message, or none in a flight that was captured to its end. */
static bool demanded_but_none(const cs_stream *stream, const cs_secure *s)
{
    const cs_handshake *hs = &stream->hs;
    if (hs->alert_sender != CS_ROLE_SERVER || !hs->cert_request)
        return false;
    return hs->cert_empty[0] || (!hs->cert_seen[0] && hs->ccs[0] && stream->client >= 0 && s &&
                                 !misses_bytes_of(stream, s, stream->client));
}

/* The alert answers the ClientHello, and no ServerHello was missed. */
static bool refuses_hello(const cs_stream *stream, const cs_secure *s)
{
    const cs_handshake *hs = &stream->hs;
    if (hs->server_hello || !hs->client_hellos || hs->alert_sender == CS_ROLE_CLIENT)
        return false;
    return !s || (s->last_message == CS_HS_CLIENT_HELLO &&
                  (stream->client < 0 || !misses_bytes_of(stream, s, 1 - stream->client)));
}

/* Two of the alerts about certificates are also the answer to none. */
static bool rejects_certificate(const cs_handshake *hs, const cs_alert_info *info)
{
    if (!info || !info->about_certificate || hs->alert_sender == CS_ROLE_UNKNOWN)
        return false;
    bool vague = info->id == CS_ALERT_BAD_CERTIFICATE || info->id == CS_ALERT_CERTIFICATE_UNKNOWN;
    return !vague || hs->cert_seen[hs->alert_sender == CS_ROLE_CLIENT];
}

/* Each end finishes with keys from its pre-shared key; who checks the other's Finished first sees the difference. */
static bool keys_may_differ(const cs_handshake *hs)
{
    const cs_suite *suite = hs->have_suite ? cs_suite_find(hs->suite) : NULL;
    return suite && suite->psk && (hs->alert == CS_ALERT_BAD_RECORD_MAC || hs->alert == CS_ALERT_DECRYPT_ERROR);
}

static char *alert_reason(const cs_stream *stream, const cs_secure *s)
{
    const cs_handshake *hs = &stream->hs;
    bool none_sent = demanded_but_none(stream, s);
    const cs_alert_info *info = cs_alert_find(hs->alert);
    const char *text = info ? info->text : "unknown alert", *name = info ? info->name : "unknown";
    const char *sender = who(hs->alert_sender);
    GString *out = g_string_new(NULL);
    if (hs->alert == CS_ALERT_PROTOCOL_VERSION) {
        const char *offered = cs_tls_version_name(hs->client_version);
        g_string_append_printf(out, "version mismatch: client offered up to %s; %s sent protocol_version (70)",
                               offered ? offered : "an unknown version", sender + 4 * (hs->alert_sender != 0));
    } else if (hs->alert == CS_ALERT_CERTIFICATE_REQUIRED ||
               (none_sent && (hs->alert == CS_ALERT_HANDSHAKE_FAILURE || (info && info->about_certificate)))) {
        g_string_append_printf(out, "certificate demanded but none sent: %s sent %s (%u)",
                               sender + 4 * (hs->alert_sender != 0), name, hs->alert);
    } else if (hs->alert == CS_ALERT_NO_CERTIFICATE) {
        g_string_append_printf(out, "certificate demanded but none sent: %s has no certificate (41)", sender);
    } else if (refuses_hello(stream, s) &&
               (hs->alert == CS_ALERT_HANDSHAKE_FAILURE || hs->alert == CS_ALERT_INSUFFICIENT_SECURITY)) {
        g_string_append(out, "no common cipher suite: ");
        append_offered(out, hs->offered);
        g_string_append_printf(out, "; server sent %s (%u)", name, hs->alert);
    } else if (rejects_certificate(hs, info)) {
        g_string_append_printf(out, "%s rejected the %s's certificate: %s (%u)", sender,
                               hs->alert_sender == CS_ROLE_CLIENT ? "server" : "client", text, hs->alert);
    } else {
        g_string_append_printf(out, "%s sent the alert %s (%u)", sender, text, hs->alert);
        if (s && s->last_message && hs->server_hello)
            g_string_append_printf(out, "; last message before it: %s", cs_handshake_name(s->last_message));
        if (none_sent)
            g_string_append(out, "; the server had asked for a certificate and the client sent none");
        if (s && misses_bytes(stream, s))
            g_string_append(out, "; parts of the handshake were not captured");
        if (keys_may_differ(hs))
            g_string_append(out, "; with pre-shared keys this usually means that the two ends have different ones");
    }
    return g_string_free(out, FALSE);
}

static char *unanswered(const cs_stream *stream)
{
    unsigned n = stream->hs.client_hellos;
    const cs_end *server = cs_stream_server(stream);
    if (server && (server->bytes || server->unseen || is_unheard(stream, 1 - stream->client)))
        return g_strdup("the answer to the ClientHello was not captured or cannot be read");
    return n > 1 ? g_strdup_printf("the ClientHello got no answer (sent %u times)", n)
                 : g_strdup("no answer to the ClientHello was captured");
}

static char *stopped_at(const cs_stream *stream, const cs_secure *s)
{
    if (s->opaque_alert_size && cs_secure_is_13(stream))
        return g_strdup_printf("the handshake is encrypted; the last record, from %s, has the size of an alert",
                               who(stream->client < 0                           ? CS_ROLE_UNKNOWN
                                   : stream->client == s->opaque_alert_sender ? CS_ROLE_CLIENT
                                                                              : CS_ROLE_SERVER));
    if (cs_secure_is_13(stream) && s->phase == CS_OPAQUE_CLIENT)
        return g_strdup("the handshake is encrypted; the client's last flight was seen, no answer to it");
    if (misses_bytes(stream, s))
        return g_strdup_printf("parts of the handshake were not captured; the last message seen was %s of %s",
                               cs_handshake_name(s->last_message), who(s->last_sender));
    return g_strdup_printf("the handshake stopped after %s of %s", cs_handshake_name(s->last_message),
                           who(s->last_sender));
}

/* The server sends data only after the handshake; the client may do so as soon as the server said something. */
static bool answer_not_seen(const cs_stream *stream, const cs_secure *s)
{
    int client = stream->client;
    return client >= 0 && (s->dir[1 - client].app_records || (s->dir[client].app_records && !stream->hs.server_hello));
}

/* Failure without a readable alert. @return NULL when nothing says so. */
static char *silent_failure(const cs_stream *stream, const cs_secure *s)
{
    const cs_handshake *hs = &stream->hs;
    if (stream->port_closed && !hs->server_hello)
        return g_strdup(hs->client_hellos ? "port closed: the ClientHello was answered with port unreachable or a reset"
                                          : "port closed: the server refused the connection");
    if (!s || !hs->client_hellos)
        return NULL;
    /* With parts missing the alert may be the farewell of a session that came up. */
    bool missing = misses_bytes(stream, s) || answer_not_seen(stream, s);
    for (int i = 0; i < 2 && !missing; i++)
        if (s->dir[i].opaque_alert && !s->dir[i].app_records)
            return g_strdup_printf("%s sent an encrypted alert before the handshake was complete",
                                   who(stream->client < 0 ? CS_ROLE_UNKNOWN
                                       : stream->client == i ? CS_ROLE_CLIENT
                                                             : CS_ROLE_SERVER));
    bool hidden = cs_secure_is_13(stream) && s->phase >= CS_OPAQUE_CLIENT;
    if (hidden || stream->transport != CS_TRANSPORT_TLS || !(stream->rst || stream->fin) || missing)
        return NULL;
    return g_strdup_printf("the connection was %s without an alert; the last message was %s of %s",
                           stream->rst ? "reset" : "closed", cs_handshake_name(s->last_message), who(s->last_sender));
}

static bool answered(const cs_handshake *hs)
{
    return hs->server_hello || hs->hello_verify || hs->hello_retry;
}

static CS_RARE void judge(cs_stream *stream, const cs_secure *s)
{
    cs_handshake *hs = &stream->hs;
    char *reason = NULL;
    bool fatal = hs->have_alert && (hs->alert_level == CS_ALERT_FATAL || hs->alert == CS_ALERT_NO_CERTIFICATE);
    bool any = hs->client_hellos || answered(hs);
    if (s && s->complete && !s->server_rejected) {
        hs->state = hs->resumed ? CS_HANDSHAKE_RESUMED : CS_HANDSHAKE_COMPLETE;
    } else if (any && fatal) {
        hs->state = CS_HANDSHAKE_FAILED;
        reason = alert_reason(stream, s);
    } else if ((reason = silent_failure(stream, s))) {
        /* refused before the server said anything: no handshake took place that could fail */
        bool refused = stream->port_closed && !hs->server_hello;
        hs->state = !any ? CS_HANDSHAKE_NOT_CAPTURED : refused ? CS_HANDSHAKE_INCOMPLETE : CS_HANDSHAKE_FAILED;
    } else if (any) {
        hs->state = CS_HANDSHAKE_INCOMPLETE;
    } else {
        hs->state = CS_HANDSHAKE_NOT_CAPTURED;
    }
    g_free(hs->reason);
    hs->reason = reason;
}

void cs_secure_explain(cs_stream *stream)
{
    cs_handshake *hs = &stream->hs;
    const cs_secure *s = stream->wire_state;
    if (s && hs->state == CS_HANDSHAKE_INCOMPLETE && !hs->reason)
        hs->reason = answered(hs) ? stopped_at(stream, s) : unanswered(stream);
}

void cs_secure_conclude(cs_stream *stream)
{
    bool secured = stream->transport == CS_TRANSPORT_TLS || stream->transport == CS_TRANSPORT_DTLS;
    cs_secure *s = stream->wire_state;
    if (!secured || (!s && !stream->port_closed))
        return;
    if (s) {
        uint32_t drawn_from = 1 + s->events * 16 + (stream->fin ? 2u : 0) + (stream->rst ? 4u : 0) +
                              (stream->port_closed ? 8u : 0) + stream->hs.client_hellos * 0x10000u;
        if (drawn_from == s->concluded)
            return;
        s->concluded = drawn_from;
    }
    judge(stream, s);
}
