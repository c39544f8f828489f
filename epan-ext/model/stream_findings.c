/* stream_findings.c
 * Findings about single streams, raised as soon as the facts are known so that they show on a frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/policy.h>
#include <cipsec/suites.h>
#include <cipsec/tls.h>

#include "model_private.h"

#include <stddef.h>
#include <string.h>

_Static_assert(CS_FIND_COUNT <= 64, "cs_stream.raised has a bit for each finding");

#define NS_PER_S INT64_C(1000000000)
#define GRACE (10 * NS_PER_S)

static bool settled(cs_stream *s, cs_finding_kind kind)
{
    return s->raised >> kind & 1;
}

static CS_RARE void raise_now(cs_capture *cap, cs_stream *s, cs_finding_kind kind, const cs_when *at,
                              const cs_addr *device, const char *detail)
{
    s->raised |= UINT64_C(1) << kind;
    cs_finding_raise(cap, kind, at, s, device, detail);
}

static inline void raise_once(cs_capture *cap, cs_stream *s, cs_finding_kind kind, const cs_when *at,
                              const cs_addr *device, const char *detail)
{
    if (!settled(s, kind))
        raise_now(cap, s, kind, at, device, detail);
}

static bool secure(const cs_stream *s)
{
    return s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_DTLS;
}

/* RFC 8996, 2. */
static bool is_outdated(uint16_t version)
{
    return (version >= 0x0300 && version <= 0x0302) || version == CS_DTLS10;
}

static void secure_findings(cs_capture *cap, cs_stream *s, const cs_when *at, const cs_addr *device)
{
    const cs_when *known = s->hs.done.frame ? &s->hs.done : at;
    if (s->hs.state == CS_HANDSHAKE_FAILED && !s->port_closed)
        raise_once(cap, s, CS_FIND_HANDSHAKE_FAILED, s->hs.have_alert ? &s->hs.alert_at : at, device, s->hs.reason);
    if (s->conf == CS_CONF_AUTHENTICATED && !settled(s, CS_FIND_INTEGRITY_ONLY) && cs_stream_session_up(s)) {
        const cs_suite *suite = s->hs.have_suite ? cs_suite_find(s->hs.suite) : NULL;
        raise_now(cap, s, CS_FIND_INTEGRITY_ONLY, known, device, suite ? suite->name : NULL);
    }
    if (s->hs.server_hello && is_outdated(s->hs.version) && cs_stream_session_up(s))
        raise_once(cap, s, CS_FIND_OUTDATED_VERSION, known, device, cs_tls_version_name(s->hs.version));
    if (s->conf == CS_CONF_NONE && s->saw_enip)
        raise_once(cap, s, CS_FIND_CLEAR_TEXT_ON_SECURE_PORT, at, device, NULL);
}

/* Was the device Configured while this packet went by? @param over the whole capture was seen: a state that was told
 * later holds for earlier packets too, if nothing in the capture changed it. */
static bool configured_then(const cs_capture *cap, const cs_device *dev, const cs_stream *s, const cs_when *at,
                            bool over)
{
    if (!dev || !dev->configured_since.frame)
        return false;
    if (over && !dev->last_config.frame)
        return true;
    /* Sessions that were open when the policy took effect may live on for a while, which a clock that jumps cannot
     * tell. */
    return s->first.frame > dev->configured_since.frame ||
           (!cap->clock_jumps && at->ns - dev->configured_since.ns >= GRACE);
}

/* EtherNet/IP in the clear with a device that is known to be configured, unless the policy trusts the address. */
static CS_RARE void find_clear(cs_capture *cap, cs_stream *s, const cs_when *at, bool over)
{
    if (!cs_stream_is_clear_traffic(s))
        return;
    for (int end = 0; end < 2; end++) {
        const cs_addr *addr = &s->end[end].ep.addr;
        const cs_device *dev = cs_capture_find_device(cap, addr);
        if (!configured_then(cap, dev, s, at, over))
            continue;
        const cs_policy_rule *rule = cs_policy_find(cap->options.policy, addr, &s->end[1 - end].ep.addr);
        if (rule && rule->method == CS_METHOD_TRUSTED_IP)
            return;
        char *detail = g_strdup_printf("Configured in frame %u", dev->configured_since.frame);
        raise_once(cap, s, CS_FIND_CLEAR_TEXT_AFTER_CONFIGURED, at, addr, detail);
        g_free(detail);
        return;
    }
}

static void clear_findings(cs_capture *cap, cs_stream *s, const cs_when *at, bool over)
{
    if (cap->any_configured && !settled(s, CS_FIND_CLEAR_TEXT_AFTER_CONFIGURED))
        find_clear(cap, s, at, over);
}

static CS_RARE void policy_findings(cs_capture *cap, cs_stream *s, const cs_when *at, const cs_addr *device)
{
    cs_class_source source;
    const cs_policy_rule *rule;
    char *why;
    if (settled(s, CS_FIND_POLICY_VIOLATION))
        return;
    uint32_t facts = (uint32_t)s->conf | (uint32_t)cs_stream_class(s, &source) << 2 | (uint32_t)s->hs.state << 5 |
                     (uint32_t)s->kind << 8 | (uint32_t)(s->app_records > 0) << 11 | (uint32_t)s->hs.suite << 12 |
                     UINT32_C(1) << 31;
    if (facts == s->judged_facts)
        return;
    s->judged_facts = facts;
    if (cs_policy_judge(cap->options.policy, s, &rule, &why) != CS_POLICY_BROKEN)
        return;
    char *detail = g_strdup_printf("%s (%s: %s)", why, rule->origin, rule->text);
    raise_once(cap, s, CS_FIND_POLICY_VIOLATION, at, device, detail);
    g_free(detail);
    g_free(why);
}

static const cs_addr *device_of(const cs_stream *s)
{
    const cs_end *server = cs_stream_server(s);
    return server && server->ep.addr.family ? &server->ep.addr : NULL;
}

/* Datagrams overtake each other: the ClientHello of a handshake that is read may come behind what answers it. */
static bool hello_may_come(const cs_stream *s)
{
    const cs_handshake *hs = &s->hs;
    return !s->app_records && (hs->server_hello || hs->hello_verify || hs->cert_seen[1] || hs->cert_request ||
                               hs->server_hello_done);
}

void cs_stream_findings(cs_capture *cap, cs_stream *s, const cs_when *at)
{
    const cs_addr *device = device_of(s);
    if (s->port_closed)
        raise_once(cap, s, CS_FIND_PORT_CLOSED, at, device, NULL);
    /* Without data the SYN may only have been recorded late. */
    if (s->midstream && s->end[0].bytes + s->end[1].bytes && !hello_may_come(s))
        raise_once(cap, s, CS_FIND_MIDSTREAM, at, device, NULL);
    if (secure(s)) {
        secure_findings(cap, s, at, device);
        if (!settled(s, CS_FIND_SUITE_NOT_ALLOWED) && s->hs.have_suite && cs_stream_session_up(s)) {
            s->raised |= UINT64_C(1) << CS_FIND_SUITE_NOT_ALLOWED;
            cs_posture_stream(cap, s, at);
        }
    } else {
        clear_findings(cap, s, at, false);
    }
    if (s->kind == CS_KIND_NOT_ENIP && (secure(s) || s->foreign))
        raise_once(cap, s, CS_FIND_NOT_ENIP, at, device, NULL);
    if (cap->options.policy)
        policy_findings(cap, s, at, device);
}

_Static_assert(sizeof(((cs_stream *)0)->evidence) == offsetof(cs_stream, concluded_from) - offsetof(cs_stream, syn),
               "cs_stream.evidence covers all its members");

/* Nothing new, and what is known does not depend on other streams; that a new rhythm may change it is news. */
static bool goes_on_as_before(const cs_capture *cap, const cs_stream *s)
{
    return !s->news && s->evidence[0] == s->concluded_from[0] && s->evidence[1] == s->concluded_from[1] &&
           s->app_records && s->kind != CS_KIND_UNKNOWN &&
           (s->saw_enip || s->kind == CS_KIND_EXPLICIT || s->kind == CS_KIND_IO) &&
           !cap->options.policy && (secure(s) || !cap->any_configured);
}

static G_GNUC_NO_INLINE void conclude(cs_capture *cap, cs_stream *s, const cs_when *at)
{
    cs_stream_update(s);
    cs_stream_inherit(cap, s);
    cs_stream_findings(cap, s, at);
    memcpy(s->concluded_from, s->evidence, sizeof s->evidence);
    s->news = false;
}

void cs_stream_conclude(cs_capture *cap, cs_stream *s, const cs_when *at)
{
    if (G_UNLIKELY(!goes_on_as_before(cap, s)))
        conclude(cap, s, at);
}

/* A closed port has its own finding. */
static void not_finished(cs_capture *cap, cs_stream *s)
{
    if (s->hs.state == CS_HANDSHAKE_INCOMPLETE)
        raise_once(cap, s, CS_FIND_HANDSHAKE_INCOMPLETE, &s->last, NULL, s->hs.reason);
    if (s->hs.state != CS_HANDSHAKE_NOT_CAPTURED || s->kind != CS_KIND_FAILED_HANDSHAKE || s->client < 0)
        return;
    unsigned sent = (unsigned)cs_stream_client(s)->packets;
    char *detail = g_strdup_printf("the SYN got no answer (sent %u time%s)", sent, sent == 1 ? "" : "s");
    raise_once(cap, s, CS_FIND_HANDSHAKE_INCOMPLETE, &s->last, NULL, detail);
    g_free(detail);
}

void cs_stream_findings_finish(cs_capture *cap)
{
    for (guint i = 0; i < cap->streams->len; i++) {
        cs_stream *s = cap->streams->pdata[i];
        cs_stream_findings(cap, s, &s->last);
        if (s->midstream)
            raise_once(cap, s, CS_FIND_MIDSTREAM, &s->last, device_of(s), NULL);
        if (!secure(s))
            clear_findings(cap, s, &s->last, true);
        if (secure(s) && !s->port_closed)
            not_finished(cap, s);
    }
    for (guint i = 0; cap->options.policy && i < cap->options.policy->rules->len; i++) {
        const cs_policy_rule *rule = cap->options.policy->rules->pdata[i];
        bool seen = false;
        for (guint j = 0; j < cap->streams->len && !seen; j++) {
            const cs_stream *s = cap->streams->pdata[j];
            seen = cs_policy_find(cap->options.policy, &s->end[0].ep.addr, &s->end[1].ep.addr) == rule;
        }
        if (!seen)
            cs_finding_add(cap, CS_FIND_POLICY_UNSEEN, NULL, NULL, NULL, rule->origin, rule->text);
    }
}
