/* certs_findings.c
 * What a sighting of a certificate gives cause to report. What is known in its frame is reported there; what needs
 * the whole capture when that is known.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/secure.h>
#include <cipsec/suites.h>

#include <string.h>

#include "../pki/x509.h"
#include "certs_private.h"

#define SECONDS_PER_DAY 86400

const char *cs_cert_label(const cs_cert *c)
{
    const char *name = c->common_name && *c->common_name ? c->common_name : c->subject ? c->subject : c->issuer;
    if (!c->note->label)
        c->note->label = g_strdup_printf("%s (%02x%02x%02x%02x)", name && *name ? name : cs_cert_type_name(c->type),
                                         c->sha256[0], c->sha256[1], c->sha256[2], c->sha256[3]);
    return c->note->label;
}

#define KEY_OCTETS 8 /* of the fingerprint that are part of a finding's key */

void cs_cert_finding(cs_capture *cap, cs_finding_kind kind, const cs_cert *c, const cs_cert_seen *seen,
                     const char *scope, char *detail)
{
    char hex[2 * KEY_OCTETS + 1] = "";
    for (unsigned i = 0; i < KEY_OCTETS; i++) {
        hex[2 * i] = "0123456789abcdef"[c->sha256[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[c->sha256[i] & 15];
    }
    char *key = g_strconcat(hex, "|", scope, NULL);
    char *clean = cs_x509_clean((const uint8_t *)detail, strlen(detail));
    cs_finding_add(cap, kind, &seen->at, seen->stream, seen->device.family ? &seen->device : NULL, key, clean);
    g_free(clean);
    g_free(detail);
    g_free(key);
}

/* ---------------------------------------------------------------- what was raised already */

/* A finding is raised once for each certificate, for each stream that shows it, or for each device that does. */
typedef enum { ONCE, PER_STREAM, PER_DEVICE } scope;

static scope scope_of(cs_finding_kind kind)
{
    switch (kind) {
    case CS_FIND_CERTIFICATE_EXPIRED:
    case CS_FIND_CERTIFICATE_NOT_YET_VALID:
    case CS_FIND_CERTIFICATE_REVOKED:
    case CS_FIND_CHAIN_INVALID:
    case CS_FIND_VENDOR_CERTIFICATE:
        return PER_STREAM;
    case CS_FIND_SELF_SIGNED:
    case CS_FIND_CERTIFICATE_SAN_MISMATCH:
    case CS_FIND_CERTIFICATE_EKU:
    case CS_FIND_CERTIFICATE_SHARED:
    case CS_FIND_CSR_MISMATCH:
        return PER_DEVICE;
    default:
        return ONCE;
    }
}

typedef struct {
    const cs_cert *cert;
    const cs_stream *stream;
    cs_addr device;
    cs_finding_kind kind;
} raised_key;

static guint raised_hash(gconstpointer data)
{
    const raised_key *k = data;
    return g_direct_hash(k->cert) ^ g_direct_hash(k->stream) * 31 ^ cs_addr_hash(&k->device) ^ (guint)k->kind << 24;
}

static gboolean raised_equal(gconstpointer a, gconstpointer b)
{
    const raised_key *x = a, *y = b;
    return x->cert == y->cert && x->stream == y->stream && x->kind == y->kind &&
           cs_addr_equal(&x->device, &y->device);
}

GHashTable *cs_cert_raised_new(void)
{
    return g_hash_table_new_full(raised_hash, raised_equal, g_free, NULL);
}

static raised_key key_of(cs_finding_kind kind, const cs_cert *c, const cs_cert_seen *seen)
{
    raised_key key = {.cert = c, .kind = kind};
    if (scope_of(kind) == PER_STREAM)
        key.stream = seen->stream;
    else if (scope_of(kind) == PER_DEVICE)
        key.device = seen->device;
    return key;
}

/* Certificates are shown again and again: ask this before a text is made. */
static bool raised(const cs_capture *cap, cs_finding_kind kind, const cs_cert *c, const cs_cert_seen *seen)
{
    raised_key key = key_of(kind, c, seen);
    return g_hash_table_contains(cs_cert_store_of(cap)->raised, &key);
}

/* Takes detail. */
static void raise_finding(cs_capture *cap, cs_finding_kind kind, const cs_cert *c, const cs_cert_seen *seen,
                          char *detail)
{
    char text[MAX(CS_ADDR_STRLEN, 32)] = "";
    raised_key key = key_of(kind, c, seen);
    g_hash_table_add(cs_cert_store_of(cap)->raised, g_memdup2(&key, sizeof key));
    if (scope_of(kind) == PER_STREAM)
        g_snprintf(text, sizeof text, "stream %d", seen->stream ? (int)seen->stream->index : -1);
    else if (scope_of(kind) == PER_DEVICE)
        cs_addr_to_str(&seen->device, text);
    cs_cert_finding(cap, kind, c, seen, text, detail);
}

/* ---------------------------------------------------------------- what a sighting gives cause for */

/* What the object itself says, once. */
static void report_properties(cs_capture *cap, cs_cert *c, const cs_cert_seen *seen)
{
    if (c->note->properties_reported)
        return;
    c->note->properties_reported = true;
    const char *label = cs_cert_label(c);
    if (c->malformed)
        raise_finding(cap, CS_FIND_CERTIFICATE_MALFORMED, c, seen, g_strdup_printf("%s: %s", label, c->malformed_why));
    if (c->weak_key)
        raise_finding(cap, CS_FIND_WEAK_KEY, c, seen,
                      g_strdup_printf("%s: %s %u bits", label, c->key_type, c->key_bits));
    /* Nobody relies on the signature of a root; its fingerprint is what is trusted. */
    if (c->weak_signature && !(c->self_signed && c->ca))
        raise_finding(cap, CS_FIND_WEAK_SIGNATURE, c, seen, g_strdup_printf("%s: %s", label, c->signature));
    if (c->self_signature_bad)
        raise_finding(cap, CS_FIND_SIGNATURE_INVALID, c, seen,
                      g_strdup_printf("%s: its own key does not verify the %s", label, cs_cert_type_name(c->type)));
}

static void report_validity(cs_capture *cap, const cs_cert *c, const cs_cert_seen *seen, bool final)
{
    if (seen->at.ns == 0)
        return; /* a frame without time */
    int64_t now = seen->at.ns / CS_NS_PER_SECOND;
    int64_t end = final ? MAX(cap->last.ns, seen->at.ns) : seen->at.ns;
    if (!c->have_not_before || !c->have_not_after)
        return;
    bool expired = now > c->not_after, early = now < c->not_before;
    cs_finding_kind kind = expired ? CS_FIND_CERTIFICATE_EXPIRED
                           : early ? CS_FIND_CERTIFICATE_NOT_YET_VALID
                                   : CS_FIND_CERTIFICATE_EXPIRING;
    if (!expired && !early && cs_cert_days_left(c, end) >= cap->options.expiry_days)
        return;
    if (raised(cap, kind, c, seen))
        return;
    const char *label = cs_cert_label(c);
    if (expired)
        raise_finding(cap, kind, c, seen,
                      g_strdup_printf("%s, %" G_GINT64_FORMAT " days before", label,
                                      (now - c->not_after) / SECONDS_PER_DAY));
    else if (early)
        raise_finding(cap, kind, c, seen, g_strdup(label));
    else
        raise_finding(cap, kind, c, seen,
                      g_strdup_printf("%s, %" G_GINT64_FORMAT " days left", label, cs_cert_days_left(c, end)));
}

static void report_san(cs_capture *cap, const cs_cert *c, const cs_cert_seen *seen)
{
    char addr[CS_ADDR_STRLEN];
    bool any_ip = false;
    if (!seen->device.family || raised(cap, CS_FIND_CERTIFICATE_SAN_MISMATCH, c, seen))
        return;
    cs_addr_to_str(&seen->device, addr);
    for (char **name = c->san; name && *name; name++) {
        any_ip = any_ip || g_str_has_prefix(*name, "IP:");
        if (g_str_has_prefix(*name, "IP:") && !strcmp(*name + 3, addr))
            return;
    }
    /* A client without addresses in its certificate may be a tool on any computer. */
    if (c->san_cut || (!any_ip && seen->side == CS_ROLE_CLIENT))
        return;
    raise_finding(cap, CS_FIND_CERTIFICATE_SAN_MISMATCH, c, seen,
                  g_strdup_printf(any_ip ? "%s shows %s, made for other addresses"
                                         : "%s shows %s, which names no address",
                                  addr, cs_cert_label(c)));
}

static void report_eku(cs_capture *cap, const cs_cert *c, const cs_cert_seen *seen)
{
    const char *needed = seen->side == CS_ROLE_SERVER ? "serverAuth" : "clientAuth";
    if (!c->ext_key_usage || strstr(c->ext_key_usage, needed) || strstr(c->ext_key_usage, "anyExtendedKeyUsage") ||
        raised(cap, CS_FIND_CERTIFICATE_EKU, c, seen))
        return;
    raise_finding(cap, CS_FIND_CERTIFICATE_EKU, c, seen,
                  g_strdup_printf("%s lacks %s (it has %s)", cs_cert_label(c), needed, c->ext_key_usage));
}

/* A session that was captured on both sides of an address translation shows one device under two addresses.
 * @param c shown by both */
static bool is_translated(const cs_cert *c, const cs_cert_seen *one, const cs_cert_seen *other)
{
    if (one->stream && other->stream && cs_secure_is_same_session(one->stream, other->stream))
        return true;
    for (guint i = 0; one->stream && i < c->seen->len && i < 64; i++) {
        const cs_cert_seen *before = &g_array_index(c->seen, cs_cert_seen, i);
        if (before->stream && cs_addr_equal(&before->device, &other->device) &&
            cs_secure_is_same_session(before->stream, one->stream))
            return true;
    }
    return false;
}

typedef struct {
    const cs_cert *cert;
    const cs_cert_seen *seen;
} shown_by;

static void take_first(shown_by *first, const cs_cert *c, const cs_cert_seen *seen)
{
    if (!first->seen || seen->at.frame < first->seen->at.frame)
        *first = (shown_by){c, seen};
}

/* One key at several addresses: the same certificate, or certificates with the same key. Of each two devices it is told
 * once, of the one that came later. */
static void report_shared(cs_capture *cap, const cs_cert *c, const cs_cert_seen *seen)
{
    char here[CS_ADDR_STRLEN], there[CS_ADDR_STRLEN];
    shown_by first = {NULL, NULL}, own = {c, seen};
    GPtrArray *same = c->have_key_id ? g_hash_table_lookup(cs_cert_store_of(cap)->by_key, c->key_id) : NULL;
    if (!same || !seen->device.family || raised(cap, CS_FIND_CERTIFICATE_SHARED, same->pdata[0], seen))
        return;
    for (guint i = 0; i < same->len && i < 16; i++) {
        const cs_cert *other = same->pdata[i];
        for (guint k = 0; k < other->seen->len && k < 64; k++) {
            const cs_cert_seen *shown = &g_array_index(other->seen, cs_cert_seen, k);
            if (shown->side == CS_ROLE_UNKNOWN || shown->position != 0 || !shown->device.family ||
                shown->at.frame > seen->at.frame)
                continue;
            if (cs_addr_equal(&shown->device, &seen->device))
                take_first(&own, other, shown);
            else if (!is_translated(other, shown, seen))
                take_first(&first, other, shown);
        }
    }
    if (!first.seen || first.seen->at.frame > own.seen->at.frame)
        return;
    raise_finding(cap, CS_FIND_CERTIFICATE_SHARED, same->pdata[0], seen,
                  g_strdup_printf(first.cert == c ? "%s is shown by %s and %s" : "the key of %s is used by %s and %s",
                                  cs_cert_label(c), cs_addr_to_str(&first.seen->device, there),
                                  cs_addr_to_str(&seen->device, here)));
}

/* May this still turn out to be a vendor certificate in its configuration session, where trust does not count yet? */
static bool may_be_vendor(const cs_cert *c, const cs_cert_seen *seen)
{
    return c->kind == CS_CERT_VENDOR || c->self_signed ||
           (seen->side == CS_ROLE_SERVER && !(seen->stream && seen->stream->hs.cert_request));
}

/* Whatever ails the CAs of a chain, certificates that come later may still make it good: an issuer, a renewed CA, an
 * anchor. Only the certificate's own revocation stays. */
static void report_chain(cs_capture *cap, const cs_cert *c, const cs_cert_seen *seen, bool final)
{
    bool invalid = final && c->chain == CS_CHAIN_INVALID && !c->note->own_validity;
    bool revoked = c->chain == CS_CHAIN_REVOKED && (final || c->note->own_revocation);
    cs_finding_kind kind = invalid ? CS_FIND_CHAIN_INVALID : CS_FIND_CERTIFICATE_REVOKED;
    if ((invalid || revoked) && !raised(cap, kind, c, seen))
        raise_finding(cap, kind, c, seen, g_strdup_printf("%s: %s", cs_cert_label(c), c->chain_why));
}

/* After its new configuration was applied, a device must show the certificate that was made active. */
static void report_wrong_certificate(cs_capture *cap, const cs_cert *c, const cs_cert_seen *seen)
{
    const cs_cert_device *dev = cs_cert_device_find(cap, &seen->device);
    const cs_device *known = cs_capture_find_device(cap, &seen->device);
    if (!dev || !known || !dev->active || dev->active == c || seen->side != CS_ROLE_SERVER || !seen->stream ||
        !known->last_apply.frame || seen->stream->first.ns <= known->last_apply.ns || !c->have_key_id ||
        !dev->active->have_key_id || !memcmp(c->key_id, dev->active->key_id, sizeof c->key_id) ||
        raised(cap, CS_FIND_CSR_MISMATCH, c, seen))
        return;
    raise_finding(cap, CS_FIND_CSR_MISMATCH, c, seen,
                  g_strdup_printf("the device shows %s, but its active device certificate is %s", cs_cert_label(c),
                                  cs_cert_label(dev->active)));
}

static bool outside_provisioning(const cs_stream *s)
{
    return s && (s->kind == CS_KIND_EXPLICIT || s->kind == CS_KIND_IO);
}

/* A server that may have asked for no certificate may have shown the vendor's, which names no address. */
static bool request_may_be_missing(const cs_cert_seen *seen)
{
    const cs_stream *s = seen->stream;
    return seen->side == CS_ROLE_SERVER && s && !s->hs.cert_request && !outside_provisioning(s) &&
           cs_stream_flight_missed(s);
}

static void report_handshake(cs_capture *cap, cs_cert *c, const cs_cert_seen *seen, bool final)
{
    if (c->self_signed && !raised(cap, CS_FIND_SELF_SIGNED, c, seen))
        raise_finding(cap, CS_FIND_SELF_SIGNED, c, seen, g_strdup(cs_cert_label(c)));
    /* What only seems the vendor's may yet turn out to be the plant's: by who gets it, or what its issuer signs. */
    bool vendor = c->kind == CS_CERT_VENDOR && (final || c->note->vendor_of.family);
    if (vendor && outside_provisioning(seen->stream) && !raised(cap, CS_FIND_VENDOR_CERTIFICATE, c, seen))
        raise_finding(cap, CS_FIND_VENDOR_CERTIFICATE, c, seen,
                      g_strdup_printf("%s: %s", cs_cert_label(c), cs_cert_kind_why(c)));
    bool judged = final ? c->kind != CS_CERT_VENDOR || outside_provisioning(seen->stream) : !may_be_vendor(c, seen);
    if (judged && !request_may_be_missing(seen)) {
        report_san(cap, c, seen);
        report_eku(cap, c, seen);
    }
    report_shared(cap, c, seen);
    report_wrong_certificate(cap, c, seen);
}

void cs_cert_report(cs_capture *cap, cs_cert *c, const cs_cert_seen *seen, bool final)
{
    bool handshake = seen->side != CS_ROLE_UNKNOWN;
    report_properties(cap, c, seen);
    if (c->type != CS_OBJECT_CERTIFICATE || !c->subject || !c->issuer || seen->position != 0)
        return;
    if (handshake || seen->written)
        report_validity(cap, c, seen, final);
    if (handshake || (seen->written && final && c->note->made_for.family))
        report_chain(cap, c, seen, final);
    if (handshake)
        report_handshake(cap, c, seen, final);
}

static const cs_suite *suite_of(const cs_stream *s)
{
    return s->hs.have_suite ? cs_suite_find(s->hs.suite) : NULL;
}

/* An operational session without client certificate, or one that failed because the server insisted on it. */
static bool lacks_client_certificate(const cs_stream *s)
{
    const cs_suite *suite = suite_of(s);
    bool known = false;
    bool mutual = cs_stream_mutual_auth(s, &known);
    if (mutual || !known || (suite && (suite->psk || suite->anonymous)))
        return false;
    if (s->hs.state == CS_HANDSHAKE_FAILED)
        return s->hs.cert_request && s->hs.cert_empty[0];
    return s->hs.state == CS_HANDSHAKE_COMPLETE && outside_provisioning(s);
}

static bool is_anonymous(const cs_stream *s)
{
    const cs_suite *suite = suite_of(s);
    return suite && suite->anonymous &&
           (s->hs.state == CS_HANDSHAKE_COMPLETE || s->hs.state == CS_HANDSHAKE_RESUMED);
}

void cs_certs_report_streams(cs_capture *cap)
{
    for (guint i = 0; i < cap->streams->len; i++) {
        cs_stream *s = cap->streams->pdata[i];
        const cs_end *server = cs_stream_server(s);
        const cs_addr *device = server ? &server->ep.addr : NULL;
        const cs_when *at = s->hs.done.frame ? &s->hs.done : s->hs.alert_at.frame ? &s->hs.alert_at : &s->first;
        char key[32];
        g_snprintf(key, sizeof key, "stream %u", s->index);
        if (is_anonymous(s))
            cs_finding_add(cap, CS_FIND_ANONYMOUS_SUITE, at, s, device, key, suite_of(s)->name);
        else if (lacks_client_certificate(s))
            cs_finding_add(cap, CS_FIND_NO_CLIENT_CERTIFICATE, at, s, device, key, NULL);
    }
}
