/* certs.c
 * The certificate store of a capture: each object once, found again by fingerprint, subject and frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "certs_private.h"

#include <string.h>

#include "../pki/x509.h"
#include "../wire/bytes.h"

#define STORE_MAX 20000 /* objects of one capture */
#define STORE_MAX_BYTES (16u * 1024 * 1024)
#define SEEN_MAX 65536 /* sightings of one object */
#define FRAME_MAX 256 /* sightings in one frame */
#define UNSETTLED_MAX 256 /* sightings in handshakes under way */
#define KEY_MAX 64 /* objects with one key that are compared */
#define SIGNERS_MAX 8 /* keys of CAs of one name that are tried for an object, and CAs with its key that are kept */

static guint sha_hash(gconstpointer sha)
{
    guint h;
    memcpy(&h, sha, sizeof h);
    return h;
}

static gboolean sha_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, 32) == 0;
}

/* Records by their octets; a record with only der and der_len set serves to ask. */
#define HASHED 64 /* octets of a signature tell objects apart well enough */

static guint der_hash(gconstpointer data)
{
    const cs_cert *c = data;
    uint32_t hashed = MIN(c->der_len, HASHED);
    return cs_hash_octets(c->der_len, c->der + c->der_len - hashed, hashed);
}

static gboolean der_equal(gconstpointer a, gconstpointer b)
{
    const cs_cert *x = a, *y = b;
    return x->der_len == y->der_len && memcmp(x->der, y->der, x->der_len) == 0;
}

static void cert_free(gpointer data)
{
    cs_cert *c = data;
    cs_x509_free(c);
    g_free(c->der);
    g_free(c->malformed_why);
    g_free(c->subject);
    g_free(c->issuer);
    g_free(c->common_name);
    g_free(c->serial);
    g_free(c->key_type);
    g_free(c->curve);
    g_free(c->signature);
    g_strfreev(c->san);
    g_free(c->key_usage);
    g_free(c->ext_key_usage);
    g_free(c->chain_why);
    g_array_unref(c->seen);
    if (c->signers)
        g_ptr_array_unref(c->signers);
    if (c->note->paths)
        g_array_unref(c->note->paths);
    g_free(c->note->label);
    g_free(c->note->kind_why);
    g_free(c->note);
    g_free(c);
}

static cs_cert *cert_new(cs_cert_type type)
{
    cs_cert *c = g_new0(cs_cert, 1);
    c->type = type;
    c->path_len = -1;
    c->seen = g_array_new(FALSE, TRUE, sizeof(cs_cert_seen));
    c->note = g_new0(struct cs_cert_note, 1);
    return c;
}

static void defect(cs_cert *c, const char *why)
{
    c->malformed = true;
    c->malformed_why = g_strdup(why);
}

void cs_certs_init(cs_capture *cap)
{
    cs_cert_store *s = g_new0(cs_cert_store, 1);
    s->all = g_ptr_array_new_with_free_func(cert_free);
    s->shown = g_ptr_array_new();
    s->by_sha256 = g_hash_table_new(sha_hash, sha_equal);
    s->by_der = g_hash_table_new(der_hash, der_equal);
    s->raised = cs_cert_raised_new();
    s->by_subject = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    s->issued_by = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    s->by_frame = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_array_unref);
    s->by_key = g_hash_table_new_full(sha_hash, sha_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    s->devices = g_hash_table_new_full(cs_addr_hash, cs_addr_equal_key, NULL, cs_cert_device_free);
    s->tools = g_hash_table_new_full(cs_addr_hash, cs_addr_equal_key, g_free, NULL);
    s->issuers = g_hash_table_new(g_str_hash, g_str_equal);
    s->crls = g_ptr_array_new();
    s->unsettled = g_array_new(FALSE, FALSE, sizeof(cs_cert_ref));
    s->overflow = cert_new(CS_OBJECT_CERTIFICATE);
    defect(s->overflow, "not kept: too many certificates");
    cap->cert_store = s;
    cs_certs_read_trust(cap);
}

void cs_certs_clear(cs_capture *cap)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    g_hash_table_destroy(s->issuers);
    g_hash_table_destroy(s->devices);
    g_hash_table_destroy(s->tools);
    g_hash_table_destroy(s->by_key);
    g_hash_table_destroy(s->by_frame);
    g_hash_table_destroy(s->issued_by);
    g_hash_table_destroy(s->by_subject);
    g_hash_table_destroy(s->by_sha256);
    g_hash_table_destroy(s->by_der);
    g_hash_table_destroy(s->raised);
    g_ptr_array_unref(s->crls);
    g_array_unref(s->unsettled);
    g_ptr_array_unref(s->shown);
    g_ptr_array_unref(s->all);
    cert_free(s->overflow);
    g_free(s->trust_error);
    g_free(s);
    cap->cert_store = NULL;
}

static GPtrArray *list_at(GHashTable *table, gpointer key)
{
    GPtrArray *list = g_hash_table_lookup(table, key);
    if (!list) {
        list = g_ptr_array_new();
        g_hash_table_insert(table, key, list);
    }
    return list;
}

static bool seeks_signers(const cs_cert *c)
{
    return c->signers ? c->signers->len < SIGNERS_MAX : c->note->signers_tried < SIGNERS_MAX;
}

static void add_signer(cs_cert *c, cs_cert *ca)
{
    if (!c->signers)
        c->signers = g_ptr_array_new();
    g_ptr_array_add(c->signers, ca);
    c->note->unverifiable = false;
}

/* Does the CA have the key that is known to verify the object: renewed and cross-signed CAs keep it. */
static bool has_signers_key(const cs_cert *c, const cs_cert *ca)
{
    const cs_cert *known = c->signers ? c->signers->pdata[0] : NULL;
    return known && known->have_key_id && ca->have_key_id && !memcmp(known->key_id, ca->key_id, sizeof ca->key_id);
}

static void try_signer(cs_cert *c, cs_cert *ca)
{
    if (!seeks_signers(c) || !cs_x509_names_issuer(c, ca))
        return;
    if (!has_signers_key(c, ca)) {
        if (c->note->signers_tried >= SIGNERS_MAX)
            return;
        c->note->signers_tried++;
        if (!cs_x509_signed_by(c, ca)) {
            c->note->unverifiable = !c->signers && (c->note->unverifiable || !cs_x509_can_verify(c, ca));
            return;
        }
    }
    add_signer(c, ca);
}

/* Finds who signed the new object, and what the new object signed. */
static void link_signers(cs_cert_store *s, cs_cert *c)
{
    if (c->self_signed)
        add_signer(c, c);
    else if (c->type == CS_OBJECT_CERTIFICATE)
        try_signer(c, c);
    GPtrArray *cas = c->issuer && !c->self_signed ? g_hash_table_lookup(s->by_subject, c->issuer) : NULL;
    for (unsigned i = 0; cas && i < cas->len && seeks_signers(c); i++)
        try_signer(c, cas->pdata[i]);
    if (c->issuer && !c->self_signed && seeks_signers(c))
        g_ptr_array_add(list_at(s->issued_by, c->issuer), c);
    if (c->type != CS_OBJECT_CERTIFICATE || !c->subject)
        return;
    g_ptr_array_add(list_at(s->by_subject, c->subject), c);
    GPtrArray *issued = g_hash_table_lookup(s->issued_by, c->subject);
    for (unsigned i = issued ? issued->len : 0; i-- > 0;) {
        cs_cert *other = issued->pdata[i];
        if (other != c)
            try_signer(other, c);
        if (!seeks_signers(other))
            g_ptr_array_remove_index_fast(issued, i);
    }
}

/* Ties a certificate to the CSR with the same key, in whatever order they come. */
static void link_csr(cs_cert_store *s, cs_cert *c)
{
    if (!c->have_key_id || (c->type != CS_OBJECT_CERTIFICATE && c->type != CS_OBJECT_CSR))
        return;
    GPtrArray *same = list_at(s->by_key, c->key_id);
    for (guint i = 0; i < same->len && i < KEY_MAX; i++) {
        cs_cert *other = same->pdata[i];
        if (c->type == CS_OBJECT_CERTIFICATE && other->type == CS_OBJECT_CSR)
            c->csr = other;
        else if (c->type == CS_OBJECT_CSR && other->type == CS_OBJECT_CERTIFICATE && !other->csr)
            other->csr = c;
    }
    g_ptr_array_add(same, c);
}

static cs_cert *find_or_read(cs_capture *cap, cs_cert_type type, const uint8_t *der, size_t len)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    uint8_t sha256[32];
    const cs_cert wanted = {.der = (uint8_t *)der, .der_len = (uint32_t)len};
    cs_cert *c = len && len <= CS_CERT_MAX_LEN ? g_hash_table_lookup(s->by_der, &wanted) : NULL;
    if (c)
        return c;
    cs_x509_sha256(der, len, sha256);
    c = g_hash_table_lookup(s->by_sha256, sha256);
    if (c)
        return c;
    if (s->all->len >= STORE_MAX || s->bytes + len > STORE_MAX_BYTES)
        return s->overflow;

    c = cert_new(type);
    memcpy(c->sha256, sha256, sizeof sha256);
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA1);
    gsize size = sizeof c->sha1;
    g_checksum_update(sum, der, (gssize)len);
    g_checksum_get_digest(sum, c->sha1, &size);
    g_checksum_free(sum);
    c->der_len = (uint32_t)len;
    if (len > CS_CERT_MAX_LEN) {
        defect(c, "larger than 64 KiB: not kept");
    } else if (len == 0) {
        defect(c, "empty");
    } else {
        c->der = g_memdup2(der, len);
        s->bytes += len;
        g_hash_table_add(s->by_der, c);
        cs_x509_read(c);
    }
    g_ptr_array_add(s->all, c);
    g_hash_table_insert(s->by_sha256, c->sha256, c);
    link_signers(s, c);
    link_csr(s, c);
    if (c->type == CS_OBJECT_CRL && c->issuer)
        g_ptr_array_add(s->crls, c);
    s->generation++;
    return c;
}

static bool same_sighting(const cs_cert_seen *a, const cs_cert_seen *b)
{
    return a->at.frame == b->at.frame && a->stream == b->stream && a->side == b->side && a->position == b->position &&
           a->file_instance == b->file_instance;
}

static void add_sighting(cs_capture *cap, cs_cert *c, const cs_cert_seen *seen)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    for (unsigned i = c->seen->len; i-- > 0 && i + CS_CHAIN_MAX >= c->seen->len;)
        if (same_sighting(&g_array_index(c->seen, cs_cert_seen, i), seen))
            return;
    if (c->seen->len >= SEEN_MAX)
        return;
    cs_cert_ref ref = {c, c->seen->len};
    if (c->seen->len == 0) {
        c->index = s->shown->len;
        g_ptr_array_add(s->shown, c);
    }
    g_array_append_val(c->seen, *seen);
    if (cs_frame_is_gone(cap, &seen->at))
        return;
    GArray *here = g_hash_table_lookup(s->by_frame, GUINT_TO_POINTER(seen->at.frame));
    if (!here) {
        here = g_array_new(FALSE, FALSE, sizeof(cs_cert_ref));
        g_hash_table_insert(s->by_frame, GUINT_TO_POINTER(seen->at.frame), here);
    }
    if (here->len < FRAME_MAX)
        g_array_append_val(here, ref);
    cap->last_noted_frame = MAX(cap->last_noted_frame, seen->at.frame);
}

cs_cert *cs_certs_add(cs_capture *cap, cs_cert_type type, const uint8_t *der, size_t len, const cs_cert_seen *seen)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    cs_cert *c = find_or_read(cap, type, der, len);
    cap->finished = false;
    if (c == s->overflow)
        cs_finding_add(cap, CS_FIND_CERTIFICATE_MALFORMED, seen ? &seen->at : NULL, NULL, NULL, "store full",
                       "more certificates than the analysis keeps; the rest is not shown");
    else if (seen)
        add_sighting(cap, c, seen);
    return c;
}

void cs_certs_add_all(cs_capture *cap, cs_cert_type type, const uint8_t *der, size_t len, const cs_cert_seen *seen,
                      GPtrArray *out)
{
    cs_cert *c = cs_certs_add(cap, type, der, len, seen);
    if (out)
        g_ptr_array_add(out, c);
    for (int crls = 0; c->type == CS_OBJECT_PKCS7 && crls <= 1; crls++) {
        GPtrArray *parts = cs_x509_pkcs7_parts(c, crls);
        for (guint i = 0; i < parts->len; i++) {
            gsize size;
            const uint8_t *part = g_bytes_get_data(parts->pdata[i], &size);
            cs_cert_seen inner = {0};
            if (seen) {
                inner = *seen;
                inner.position += i;
            }
            cs_cert *p = cs_certs_add(cap, crls ? CS_OBJECT_CRL : CS_OBJECT_CERTIFICATE, part, size,
                                      seen ? &inner : NULL);
            if (out)
                g_ptr_array_add(out, p);
        }
        g_ptr_array_unref(parts);
    }
}

cs_cert *cs_certs_add_handshake(cs_capture *cap, const uint8_t *der, uint32_t len, const cs_cert_seen *seen)
{
    if (seen->position >= CS_CHAIN_MAX) {
        cs_finding_add(cap, CS_FIND_CERTIFICATE_MALFORMED, &seen->at, seen->stream, &seen->device, NULL,
                       "chain longer than 16 certificates; the rest is not shown");
        return cs_cert_store_of(cap)->overflow;
    }
    return cs_certs_add(cap, CS_OBJECT_CERTIFICATE, der, len, seen);
}

const GPtrArray *cs_certs_all(const cs_capture *cap)
{
    return cs_cert_store_of(cap)->shown;
}

const GArray *cs_certs_in_frame(const cs_capture *cap, uint32_t frame)
{
    return frame <= cap->last_noted_frame
               ? g_hash_table_lookup(cs_cert_store_of(cap)->by_frame, GUINT_TO_POINTER(frame))
               : NULL;
}

const char *cs_certs_trust_error(const cs_capture *cap)
{
    return cs_cert_store_of(cap)->trust_error;
}

static void conclude(cs_capture *cap, const cs_cert_ref *ref)
{
    const cs_cert_seen *seen = &g_array_index(ref->cert->seen, cs_cert_seen, ref->seen);
    cs_cert_classify(cap, ref->cert);
    cs_cert_judge(cap, ref->cert, seen);
    cs_cert_report(cap, ref->cert, seen, false);
}

static bool handshake_under_way(const cs_cert_ref *ref)
{
    const cs_stream *stream = g_array_index(ref->cert->seen, cs_cert_seen, ref->seen).stream;
    return stream && (stream->hs.state == CS_HANDSHAKE_INCOMPLETE || stream->hs.state == CS_HANDSHAKE_NOT_CAPTURED);
}

void cs_certs_frame_done(cs_capture *cap, uint32_t frame)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    const GArray *refs = cs_certs_in_frame(cap, frame);
    for (guint i = s->unsettled->len; i-- > 0;) {
        cs_cert_ref ref = g_array_index(s->unsettled, cs_cert_ref, i);
        if (handshake_under_way(&ref))
            continue;
        conclude(cap, &ref);
        g_array_remove_index_fast(s->unsettled, i);
    }
    for (guint i = 0; refs && i < refs->len; i++) {
        const cs_cert_ref *ref = &g_array_index(refs, cs_cert_ref, i);
        conclude(cap, ref);
        if (handshake_under_way(ref) && s->unsettled->len < UNSETTLED_MAX)
            g_array_append_val(s->unsettled, *ref);
    }
    cap->certs_unsettled = s->unsettled->len > 0;
}

void cs_certs_finish(cs_capture *cap)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    cs_certs_classify_finally(cap);
    /* A session that cannot be read is known by the kind of its certificates. */
    for (guint i = 0; i < cap->streams->len; i++)
        cs_stream_update(cap->streams->pdata[i]);
    for (guint i = 0; i < s->shown->len; i++) {
        cs_cert *c = s->shown->pdata[i];
        /* The verdict of the last sighting stays. */
        for (guint k = 0; k < c->seen->len; k++) {
            const cs_cert_seen *seen = &g_array_index(c->seen, cs_cert_seen, k);
            cs_cert_judge(cap, c, seen);
            cs_cert_report(cap, c, seen, true);
        }
    }
    cs_certs_report_streams(cap);
}
