/* certs_kind.c
 * Whose certificate is it: vendor, provisioned, tool, CA. By what was seen happening, never by the subject's words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "certs_private.h"

#include <string.h>

/* Sightings that are looked at again while packets come in: handshakes that may still go on. */
#define LOOK_BACK 4
/* At the end of the capture, so that a certificate in every one of very many handshakes is no burden. */
#define LOOK_BACK_FINALLY 10000

typedef struct cs_cert_handshakes handshakes;

static bool has_ca_signed_leaf(const cs_handshake *hs, int side)
{
    const GPtrArray *chain = hs->chain[side];
    if (!chain || chain->len == 0)
        return false;
    const cs_cert *leaf = chain->pdata[0];
    return leaf->subject && !leaf->self_signed;
}

/* The server's flight is over, so that a CertificateRequest would have been seen. */
static bool flight_over(const cs_handshake *hs)
{
    return hs->server_hello_done || hs->finished[0] || hs->finished[1] || hs->state == CS_HANDSHAKE_COMPLETE;
}

/* The first sighting that shows something stays its evidence. */
static void note_first(uint32_t *frame, const cs_cert_seen *seen, bool shows)
{
    if (shows && (!*frame || seen->at.frame < *frame))
        *frame = seen->at.frame;
}

static void take_sighting(const cs_cert_store *s, handshakes *h, const cs_cert_seen *seen)
{
    bool client = seen->side == CS_ROLE_CLIENT, known;
    if (seen->side == CS_ROLE_UNKNOWN || seen->position != 0)
        return;
    h->leaf = true;
    h->server |= !client;
    if (!seen->stream)
        return;
    const cs_handshake *hs = &seen->stream->hs;
    bool config = seen->stream->kind == CS_KIND_PROVISIONING || seen->stream->saw_config;
    note_first(&h->tool, seen, client && (config || g_hash_table_contains(s->tools, &seen->device)));
    note_first(&h->enrolling, seen, client && seen->stream->kind == CS_KIND_ENROLLMENT);
    note_first(&h->unasked, seen, !client && !hs->cert_request && flight_over(hs) &&
                                      !cs_stream_flight_missed(seen->stream));
    /* One end refused the other: that shows nothing good of either. It may have looked well while it was under way. */
    if (hs->state == CS_HANDSHAKE_FAILED && h->mutual == seen->at.frame)
        h->mutual = 0;
    note_first(&h->mutual, seen, hs->state != CS_HANDSHAKE_FAILED && cs_stream_mutual_auth(seen->stream, &known) &&
                                     has_ca_signed_leaf(hs, 0) && has_ca_signed_leaf(hs, 1));
}

static void look_at(const cs_cert_store *s, const cs_cert *c, unsigned look_back)
{
    for (guint i = c->seen->len; i-- > 0 && i + look_back >= c->seen->len;)
        take_sighting(s, &c->note->shown_in, &g_array_index(c->seen, cs_cert_seen, i));
}

/* Why a certificate is of its kind. */
typedef enum {
    WHY_NONE,
    WHY_ROOT,
    WHY_ISSUING,
    WHY_BORN_ON,
    WHY_TOOL,
    WHY_MADE_FOR,
    WHY_ENROLLED,
    WHY_BELOW_TRUST_FILE,
    WHY_BELOW_TRUSTED,
    WHY_MUTUAL,
    WHY_UNASKED,
    WHY_ENROLLING,
    WHY_SELF_SIGNED
} evidence;

/* @param frame the sighting that shows it, 0 = none. @return kind */
static cs_cert_kind settle(const cs_cert *c, cs_cert_kind kind, evidence why, uint32_t frame)
{
    struct cs_cert_note *note = c->note;
    g_clear_pointer(&note->kind_why, g_free);
    note->kind_evidence = why;
    note->kind_frame = frame;
    return kind;
}

static cs_cert_kind judge_ca(const cs_cert *c)
{
    return c->self_signed ? settle(c, CS_CERT_ROOT, WHY_ROOT, 0) : settle(c, CS_CERT_ISSUING_CA, WHY_ISSUING, 0);
}

/* Whom an issuer signs for, by what else it signed in this capture. */
#define FOR_PLANT 1u
#define FOR_VENDOR 2u

static void note_issuer(cs_cert_store *s, const cs_cert *c)
{
    unsigned whom = c->note->vendor_of.family        ? FOR_VENDOR
                    : c->kind == CS_CERT_PROVISIONED ? FOR_PLANT
                                                     : 0;
    if (whom && !c->self_signed)
        g_hash_table_insert(s->issuers, c->issuer,
                            GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(s->issuers, c->issuer)) | whom));
}

static bool signs_for_plant(const cs_cert_store *s, const cs_cert *c)
{
    return !c->self_signed && GPOINTER_TO_UINT(g_hash_table_lookup(s->issuers, c->issuer)) == FOR_PLANT;
}

static cs_cert_kind judge_leaf(const cs_cert_store *s, const cs_cert *c)
{
    const handshakes *h = &c->note->shown_in;
    if (c->note->vendor_of.family)
        return settle(c, CS_CERT_VENDOR, WHY_BORN_ON, 0);
    if (h->tool && !h->server && !c->note->made_for.family)
        return settle(c, CS_CERT_TOOL, WHY_TOOL, h->tool);
    if (c->note->made_for.family)
        return settle(c, CS_CERT_PROVISIONED, WHY_MADE_FOR, 0);
    if (c->note->enrolled_by.family)
        return settle(c, CS_CERT_PROVISIONED, WHY_ENROLLED, 0);
    const cs_cert *anchor = c->note->kind_anchor = cs_cert_anchor_above(s, c);
    if (anchor)
        return settle(c, CS_CERT_PROVISIONED, anchor->from_trust_file ? WHY_BELOW_TRUST_FILE : WHY_BELOW_TRUSTED, 0);
    if (h->mutual)
        return settle(c, CS_CERT_PROVISIONED, WHY_MUTUAL, h->mutual);
    /* That a server asks for nothing may be its configuration. */
    if (h->unasked && signs_for_plant(s, c))
        return settle(c, CS_CERT_UNKNOWN, WHY_NONE, 0);
    if (h->unasked)
        return settle(c, CS_CERT_VENDOR, WHY_UNASKED, h->unasked);
    if (c->self_signed && h->enrolling)
        return settle(c, CS_CERT_VENDOR, WHY_ENROLLING, h->enrolling);
    if (c->self_signed)
        return settle(c, CS_CERT_SELF_SIGNED, WHY_SELF_SIGNED, 0);
    return settle(c, CS_CERT_UNKNOWN, WHY_NONE, 0);
}

static void classify(cs_capture *cap, cs_cert *c, unsigned look_back)
{
    if (c->type != CS_OBJECT_CERTIFICATE || !c->subject || !c->issuer)
        return;
    cs_cert_store *s = cs_cert_store_of(cap);
    look_at(s, c, look_back);
    /* Makers of self-signed certificates often set the CA flag; what its owner proves is an end entity all the same. */
    c->kind = c->ca && !c->note->shown_in.leaf ? judge_ca(c) : judge_leaf(s, c);
    note_issuer(s, c);
}

void cs_cert_classify(cs_capture *cap, cs_cert *c)
{
    classify(cap, c, LOOK_BACK);
}

void cs_certs_classify_finally(cs_capture *cap)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    g_hash_table_remove_all(s->issuers);
    for (guint i = 0; i < s->shown->len; i++) {
        cs_cert *c = s->shown->pdata[i];
        memset(&c->note->shown_in, 0, sizeof c->note->shown_in);
        classify(cap, c, LOOK_BACK_FINALLY);
    }
    /* Again, now that it is known what each issuer signed. */
    for (guint i = 0; i < s->shown->len; i++) {
        cs_cert *c = s->shown->pdata[i];
        if (c->kind == CS_CERT_VENDOR && c->note->kind_evidence == WHY_UNASKED)
            c->kind = judge_leaf(s, c);
    }
}

static char *in_words(const cs_cert *c)
{
    char addr[CS_ADDR_STRLEN];
    const struct cs_cert_note *note = c->note;
    const cs_cert *anchor = note->kind_anchor;
    switch ((evidence)note->kind_evidence) {
    case WHY_NONE:
        return NULL;
    case WHY_ROOT:
        return g_strdup("CA flag set, signed with its own key");
    case WHY_ISSUING:
        return g_strdup_printf("CA flag set, issued by %s", c->issuer);
    case WHY_BORN_ON:
        return g_strdup_printf("held by Certificate Management instance 1 (default device certificate) of %s",
                               cs_addr_to_str(&note->vendor_of, addr));
    case WHY_TOOL:
        return g_strdup_printf("shown by a client that configured a device, frame %u", note->kind_frame);
    case WHY_MADE_FOR:
        return g_strdup_printf("device certificate of Certificate Management instance %u of %s",
                               note->made_for_instance, cs_addr_to_str(&note->made_for, addr));
    case WHY_ENROLLED:
        return g_strdup_printf("issued to %s, which enrolled for it over HTTP",
                               cs_addr_to_str(&note->enrolled_by, addr));
    case WHY_BELOW_TRUST_FILE:
        return g_strdup_printf("signed below %s of the trust file", anchor->subject);
    case WHY_BELOW_TRUSTED:
        return g_strdup_printf("signed below %s, which %s was given as trusted authority", anchor->subject,
                               cs_addr_to_str(&anchor->note->trusted_by, addr));
    case WHY_MUTUAL:
        return g_strdup_printf("both ends proved certificates signed by a CA, frame %u; issuer %s", note->kind_frame,
                               c->issuer);
    case WHY_UNASKED:
        return g_strdup_printf("shown by a server that asked for no client certificate, frame %u: probably vendor",
                               note->kind_frame);
    case WHY_ENROLLING:
        return g_strdup_printf("self-signed, shown by a device that enrolls, frame %u", note->kind_frame);
    case WHY_SELF_SIGNED:
        return g_strdup("issuer is the subject, and its own key verifies it");
    }
    return NULL;
}

const char *cs_cert_kind_why(const cs_cert *c)
{
    if (!c->note->kind_why)
        c->note->kind_why = in_words(c);
    return c->note->kind_why;
}
