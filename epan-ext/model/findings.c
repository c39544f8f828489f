/* findings.c
 * The list of findings: each fact once, reachable by frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_finding_free(gpointer data)
{
    cs_finding *f = data;
    g_free(f->detail);
    g_free(f->key);
    g_free(f);
}

/* "KIND|", made once: findings come with every stream. */
static const char *prefix_of(cs_finding_kind kind)
{
    static char prefixes[CS_FIND_COUNT][8];
    if (!*prefixes[kind])
        g_snprintf(prefixes[kind], sizeof prefixes[kind], "%d|", (int)kind);
    return prefixes[kind];
}

static void add_to_frame(cs_capture *cap, cs_finding *f)
{
    cs_finding *first = g_hash_table_lookup(cap->findings_by_frame, GUINT_TO_POINTER(f->at.frame));
    if (!first)
        g_hash_table_insert(cap->findings_by_frame, GUINT_TO_POINTER(f->at.frame), f);
    else
        first->last_in_frame->next_in_frame = f;
    (first ? first : f)->last_in_frame = f;
    cap->last_noted_frame = MAX(cap->last_noted_frame, f->at.frame);
}

cs_finding *cs_finding_raise(cs_capture *cap, cs_finding_kind kind, const cs_when *at, cs_stream *stream,
                             const cs_addr *device, const char *detail)
{
    cs_finding *f = g_new0(cs_finding, 1);
    f->index = cap->findings->len;
    f->kind = kind;
    if (at)
        f->at = *at;
    f->stream = stream;
    if (device)
        f->device = *device;
    f->detail = g_strdup(detail);
    g_ptr_array_add(cap->findings, f);
    if (f->at.frame && !cs_frame_is_gone(cap, &f->at))
        add_to_frame(cap, f);
    return f;
}

cs_finding *cs_finding_add(cs_capture *cap, cs_finding_kind kind, const cs_when *at, cs_stream *stream,
                           const cs_addr *device, const char *key, const char *detail)
{
    char addr[CS_ADDR_STRLEN] = "";
    if (device && !key)
        cs_addr_to_str(device, addr);
    char *full = key ? g_strconcat(prefix_of(kind), key, NULL)
                     : g_strdup_printf("%d|%d|%s|%s", (int)kind, stream ? (int)stream->index : -1, addr,
                                       detail ? detail : "");
    cs_finding *f = g_hash_table_lookup(cap->findings_by_key, full);
    if (f) {
        g_free(full);
        return f;
    }
    f = cs_finding_raise(cap, kind, at, stream, device, detail);
    f->key = full;
    g_hash_table_insert(cap->findings_by_key, f->key, f);
    return f;
}

const cs_finding *cs_findings_in_frame(const cs_capture *cap, uint32_t frame)
{
    return frame <= cap->last_noted_frame ? g_hash_table_lookup(cap->findings_by_frame, GUINT_TO_POINTER(frame))
                                          : NULL;
}
