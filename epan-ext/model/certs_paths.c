/* certs_paths.c
 * The ways from a certificate up to a root. A CA that was renewed or cross-signed has several certificates with its
 * name and key, so that there are several ways; one good one is enough.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "../pki/x509.h"
#include "certs_private.h"

#define PATHS_MAX 16 /* ways of one certificate that are looked at */

static bool leads_through(const cs_cert_path *path, const cs_cert *c)
{
    for (unsigned i = 0; i < path->n; i++)
        if (path->cert[i] == c)
            return true;
    return false;
}

static void climb(GArray *paths, cs_cert_path *path, const cs_cert *c)
{
    const GPtrArray *signers = c->self_signed ? NULL : c->signers;
    bool ends = true;
    path->cert[path->n++] = c;
    for (guint i = 0; signers && i < signers->len && path->n < CS_CHAIN_MAX && paths->len < PATHS_MAX; i++) {
        if (leads_through(path, signers->pdata[i]))
            continue;
        ends = false;
        climb(paths, path, signers->pdata[i]);
    }
    if (ends && paths->len < PATHS_MAX) {
        for (path->top = 0; path->top < path->n && !path->cert[path->top]->anchor;)
            path->top++;
        g_array_append_vals(paths, path, 1);
    }
    path->n--;
}

GArray *cs_cert_paths(const cs_cert_store *s, const cs_cert *c)
{
    struct cs_cert_note *note = c->note;
    cs_cert_path path = {.n = 0};
    if (note->paths && note->paths_of == s->generation)
        return note->paths;
    if (!note->paths)
        note->paths = g_array_new(FALSE, FALSE, sizeof(cs_cert_path));
    g_array_set_size(note->paths, 0);
    note->paths_of = s->generation;
    note->paths_verified = false;
    climb(note->paths, &path, c);
    return note->paths;
}

const cs_cert *cs_cert_anchor_above(const cs_cert_store *s, const cs_cert *c)
{
    const GArray *paths = cs_cert_paths(s, c);
    const cs_cert *best = NULL;
    unsigned nearest = CS_CHAIN_MAX;
    for (guint p = 0; p < paths->len; p++) {
        const cs_cert_path *path = &g_array_index(paths, cs_cert_path, p);
        unsigned i = 1;
        while (i < path->n && !path->cert[i]->anchor)
            i++;
        if (i >= path->n || i > nearest)
            continue;
        /* As near as another: the same one whatever came first in the capture. */
        if (i < nearest || memcmp(path->cert[i]->sha256, best->sha256, sizeof best->sha256) < 0)
            best = path->cert[i];
        nearest = i;
    }
    return best;
}

/* Did the same name and key sign both. */
static bool same_signer(const cs_cert *a, const cs_cert *b)
{
    if (!a->signers || !b->signers)
        return false;
    const cs_cert *x = a->signers->pdata[0], *y = b->signers->pdata[0];
    return x == y || (x->have_key_id && y->have_key_id && !memcmp(x->key_id, y->key_id, sizeof x->key_id) &&
                      !g_strcmp0(a->issuer, b->issuer));
}

/* @return which certificate of the path a CRL of its issuer lists, or NULL. */
static const cs_cert *revoked_one(const cs_cert_store *s, const cs_cert_path *path)
{
    for (unsigned i = 0; i < path->n; i++)
        for (guint k = 0; k < s->crls->len; k++)
            if (same_signer(path->cert[i], s->crls->pdata[k]) && cs_x509_on_crl(path->cert[i], s->crls->pdata[k]))
                return path->cert[i];
    return NULL;
}

unsigned cs_cert_path_late(const cs_cert_path *path, int64_t seconds)
{
    unsigned n = MIN(path->top + 1, path->n);
    for (unsigned i = 0; i < n; i++) {
        const cs_cert *c = path->cert[i];
        if (!c->have_not_before || !c->have_not_after || seconds < c->not_before || seconds > c->not_after)
            return i;
    }
    return path->n;
}

/* What is known of a path, most important first. */
typedef struct {
    int good; /**< 2 = good, 1 = cannot be said, 0 = bad */
    bool anchored, not_revoked, verifies;
    unsigned as_sent; /**< how far up it goes through the chain that the owner sent */
} standing;

static standing standing_of(const cs_cert_path *path, const cs_cert_seen *seen)
{
    const cs_handshake *hs = seen->stream && seen->side != CS_ROLE_UNKNOWN ? &seen->stream->hs : NULL;
    const GPtrArray *sent = hs ? hs->chain[seen->side == CS_ROLE_SERVER] : NULL;
    standing st = {.anchored = path->top < path->n, .not_revoked = !path->revoked, .verifies = !path->why};
    if (st.anchored && st.not_revoked && st.verifies &&
        cs_cert_path_late(path, seen->at.ns / CS_NS_PER_SECOND) == path->n)
        st.good = 2;
    else if (!st.anchored && st.not_revoked && path->cert[path->n - 1]->note->unverifiable)
        st.good = 1;
    while (sent && st.as_sent + 1 < path->n && g_ptr_array_find((GPtrArray *)sent, path->cert[st.as_sent + 1], NULL))
        st.as_sent++;
    return st;
}

/* The newest, and at last any, but the same one whatever came first in the capture. */
static bool is_newer(const cs_cert_path *a, const cs_cert_path *b)
{
    for (unsigned i = 0; i < a->n && i < b->n; i++) {
        const cs_cert *x = a->cert[i], *y = b->cert[i];
        if (x != y)
            return x->not_after != y->not_after ? x->not_after > y->not_after
                                                : memcmp(x->sha256, y->sha256, sizeof x->sha256) < 0;
    }
    return a->n < b->n;
}

static bool is_better(const cs_cert_path *a, const cs_cert_path *b, const cs_cert_seen *seen)
{
    standing x = standing_of(a, seen), y = standing_of(b, seen);
    return x.good != y.good                 ? x.good > y.good
           : x.anchored != y.anchored       ? x.anchored
           : x.not_revoked != y.not_revoked ? x.not_revoked
           : x.verifies != y.verifies       ? x.verifies
           : x.as_sent != y.as_sent         ? x.as_sent > y.as_sent
                                            : is_newer(a, b);
}

const cs_cert_path *cs_cert_best_path(const cs_cert_store *s, const cs_cert *c, const cs_cert_seen *seen)
{
    GArray *paths = cs_cert_paths(s, c);
    const cs_cert_path *best = &g_array_index(paths, cs_cert_path, 0);
    /* Signatures and revocation: verified once, however often the certificate is shown. */
    for (guint i = 0; i < paths->len && !c->note->paths_verified; i++) {
        cs_cert_path *path = &g_array_index(paths, cs_cert_path, i);
        path->revoked = revoked_one(s, path);
        path->why = path->top < path->n ? cs_x509_verify_path(path->cert, path->top + 1, &path->cert[path->top], 1)
                                        : NULL;
    }
    c->note->paths_verified = true;
    for (guint i = 1; i < paths->len; i++)
        if (is_better(&g_array_index(paths, cs_cert_path, i), best, seen))
            best = &g_array_index(paths, cs_cert_path, i);
    return best;
}
