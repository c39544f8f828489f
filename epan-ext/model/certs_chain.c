/* certs_chain.c
 * Does a certificate chain to a trust anchor, at the time of the capture. GnuTLS verifies; times, revocation and the
 * choice of anchors are ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "../pki/x509.h"
#include "certs_private.h"

#define LOOK_BACK 32 /* sightings whose ends are asked for trust anchors */

static char *utc(int64_t seconds)
{
    GDateTime *t = g_date_time_new_from_unix_utc(seconds);
    char *text = t ? g_date_time_format(t, "%Y-%m-%d %H:%M:%S UTC") : g_strdup("an unreadable date");
    if (t)
        g_date_time_unref(t);
    return text;
}

/* @return in which way a certificate is out of its time. */
static char *time_problem(const cs_cert *c, int64_t seconds)
{
    if (!c->have_not_before || !c->have_not_after)
        return g_strdup_printf("the validity of %s cannot be read", c->subject);
    bool early = seconds < c->not_before;
    char *when = utc(early ? c->not_before : c->not_after);
    char *why = g_strdup_printf(early ? "%s is valid from %s only" : "%s expired %s", c->subject, when);
    g_free(when);
    return why;
}

static bool has_anchors(const cs_capture *cap, const cs_addr *addr)
{
    const cs_cert_device *dev = addr->family ? cs_cert_device_find(cap, addr) : NULL;
    return dev && dev->trusted->len > 0;
}

/* Is there anyone whose trust anchors this certificate had to satisfy: the user, its owner or the owner's peers. */
static bool must_satisfy_someone(const cs_capture *cap, const cs_cert *c)
{
    if (cs_cert_store_of(cap)->trust_anchors)
        return true;
    if (!cs_cert_store_of(cap)->any_trusted)
        return false;
    for (guint i = c->seen->len; i-- > 0 && i + LOOK_BACK >= c->seen->len;) {
        const cs_cert_seen *seen = &g_array_index(c->seen, cs_cert_seen, i);
        if (has_anchors(cap, &seen->device))
            return true;
        for (int end = 0; seen->stream && seen->side != CS_ROLE_UNKNOWN && end < 2; end++)
            if (has_anchors(cap, &seen->stream->end[end].ep.addr))
                return true;
    }
    return false;
}

static void set(cs_cert *c, cs_chain_result result, char *why)
{
    c->chain = result;
    g_free(c->chain_why);
    c->chain_why = why;
}

static void judge_anchored(cs_cert *c, const cs_cert_path *path, int64_t seconds)
{
    char addr[CS_ADDR_STRLEN];
    const cs_cert *anchor = path->cert[path->top];
    unsigned late = cs_cert_path_late(path, seconds);
    c->note->own_validity = !path->why && late == 0;
    if (path->why)
        set(c, CS_CHAIN_INVALID, g_strdup(path->why));
    else if (late < path->n)
        set(c, CS_CHAIN_INVALID, time_problem(path->cert[late], seconds));
    else if (anchor->from_trust_file)
        set(c, CS_CHAIN_VALID, g_strdup_printf("ends in %s of the trust file", anchor->subject));
    else
        set(c, CS_CHAIN_VALID,
            g_strdup_printf("ends in %s, which %s was given as trusted authority", anchor->subject,
                            cs_addr_to_str(&anchor->note->trusted_by, addr)));
}

/* @param top where the path ends */
static void judge_unanchored(const cs_capture *cap, cs_cert *c, const cs_cert *top)
{
    char addr[CS_ADDR_STRLEN];
    if (c->note->pinned_by.family) {
        set(c, CS_CHAIN_VALID, g_strdup_printf("trusted identity of %s", cs_addr_to_str(&c->note->pinned_by, addr)));
    } else if (!must_satisfy_someone(cap, c)) {
        set(c, CS_CHAIN_NOT_CHECKED, g_strdup("no trust anchor known"));
    } else if (c->kind == CS_CERT_VENDOR) {
        set(c, CS_CHAIN_NOT_CHECKED, g_strdup("vendor certificate: need not chain to the plant's trust anchors"));
    } else if (top->note->unverifiable) {
        set(c, CS_CHAIN_NOT_CHECKED, g_strdup_printf("the signature on %s is of a kind that cannot be checked here",
                                                     top->subject));
    } else if (c->self_signed) {
        set(c, CS_CHAIN_INVALID, g_strdup("self-signed, and no trust anchor"));
    } else if (top->self_signed) {
        set(c, CS_CHAIN_INVALID, g_strdup_printf("ends in %s, which is no trust anchor", top->subject));
    } else {
        set(c, CS_CHAIN_INVALID,
            g_strdup_printf(top->note->signers_tried
                                ? "the key of no certificate seen verifies the signature of issuer %s"
                                : "issuer %s was not seen and is no trust anchor",
                            top->issuer));
    }
}

void cs_cert_judge(cs_capture *cap, cs_cert *c, const cs_cert_seen *seen)
{
    const cs_cert_store *s = cs_cert_store_of(cap);
    struct cs_cert_note *note = c->note;
    bool again = note->judged == s->generation + 1 && note->judged_at == seen->at.ns && note->judged_in == seen->stream;
    if (c->type != CS_OBJECT_CERTIFICATE || again)
        return;
    note->judged = s->generation + 1;
    note->judged_at = seen->at.ns;
    note->judged_in = seen->stream;
    note->own_validity = note->own_revocation = false;
    if (!c->subject || !c->issuer) {
        set(c, CS_CHAIN_NOT_CHECKED, g_strdup("the certificate cannot be read"));
        return;
    }
    const cs_cert_path *path = cs_cert_best_path(s, c, seen);
    note->own_revocation = path->revoked == c;
    if (path->revoked)
        set(c, CS_CHAIN_REVOKED, g_strdup_printf("%s is on the CRL of %s", path->revoked->subject,
                                                 path->revoked->issuer));
    else if (path->top < path->n)
        judge_anchored(c, path, seen->at.ns / CS_NS_PER_SECOND);
    else
        judge_unanchored(cap, c, path->cert[path->n - 1]);
}
