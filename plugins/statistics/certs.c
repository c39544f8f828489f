/* certs.c
 * `-z cipsec,certs`: one row for each certificate, CSR, CRL and PKCS#7 object of the capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "certs.h"

#include "table.h"

#include <cipsec/certs.h>

#define SHOWN_BY_MAX 16 /* distinct places that are listed */
#define STREAMS_MAX 64 /* streams in the filter */

static const cs_column columns[] = {
    {"Type", false},       {"Subject", false},      {"Issuer", false},    {"Serial", false},
    {"SHA-256", false},    {"SHA-1", false},        {"Not before", false}, {"Not after", false},
    {"Days left", true},   {"Key", false},          {"Signature", false}, {"SAN", false},
    {"Key usage", false},  {"Ext. key usage", false}, {"CA", false},      {"Kind", false},
    {"Evidence", false},   {"Chain", false},        {"Reason", false},    {"Shown by", false},
    {"Filter", false},     {"Defect", false},
};

static const char *hex(wmem_allocator_t *pool, const uint8_t *bytes, unsigned len)
{
    wmem_strbuf_t *text = wmem_strbuf_new(pool, "");
    for (unsigned i = 0; i < len; i++)
        wmem_strbuf_append_printf(text, "%02x", bytes[i]);
    return wmem_strbuf_finalize(text);
}

static const char *moment(wmem_allocator_t *pool, bool known, int64_t seconds)
{
    if (!known)
        return "";
    GDateTime *t = g_date_time_new_from_unix_utc(seconds);
    char *text = t ? g_date_time_format(t, "%Y-%m-%d %H:%M:%S") : g_strdup("");
    const char *copy = wmem_strdup(pool, text);
    g_free(text);
    if (t)
        g_date_time_unref(t);
    return copy;
}

static const char *key_text(wmem_allocator_t *pool, const cs_cert *c)
{
    if (!c->key_type)
        return "";
    if (!c->key_bits)
        return c->key_type;
    return c->curve ? wmem_strdup_printf(pool, "%s %u %s", c->key_type, c->key_bits, c->curve)
                    : wmem_strdup_printf(pool, "%s %u", c->key_type, c->key_bits);
}

static const char *san_text(wmem_allocator_t *pool, const cs_cert *c)
{
    if (!c->san)
        return "";
    char *joined = g_strjoinv(", ", c->san);
    const char *copy = wmem_strdup(pool, joined);
    g_free(joined);
    return copy;
}

static const char *ca_text(wmem_allocator_t *pool, const cs_cert *c)
{
    if (c->type != CS_OBJECT_CERTIFICATE || !c->subject)
        return "";
    if (!c->ca)
        return "no";
    return c->path_len >= 0 ? wmem_strdup_printf(pool, "yes, path length %d", c->path_len) : "yes";
}

static const char *place_text(wmem_allocator_t *pool, const cs_cert_seen *seen)
{
    char addr[CS_ADDR_STRLEN];
    cs_addr_to_str(&seen->device, addr);
    if (seen->side != CS_ROLE_UNKNOWN) {
        bool server = seen->side == CS_ROLE_SERVER;
        bool proved = seen->position == 0 && seen->stream && seen->stream->hs.cert_proved[server];
        return wmem_strdup_printf(pool, "%s %s%s", server ? "server" : "client", addr, proved ? " (proved)" : "");
    }
    if (seen->enrollment)
        return wmem_strdup_printf(pool, "enrollment of %s (%s)", addr, seen->written ? "received" : "sent");
    return wmem_strdup_printf(pool, "File %u of %s (%s)", seen->file_instance, addr,
                              seen->written ? "written" : "read");
}

/* Each place once, in order of sighting. */
static const char *shown_by(wmem_allocator_t *pool, const cs_cert *c, const cs_selection *selection)
{
    const char *places[SHOWN_BY_MAX];
    unsigned n = 0;
    wmem_strbuf_t *text = wmem_strbuf_new(pool, "");
    for (unsigned i = 0; i < c->seen->len && n < SHOWN_BY_MAX; i++) {
        const cs_cert_seen *seen = &g_array_index(c->seen, cs_cert_seen, i);
        if (!cs_selected(selection, seen->stream))
            continue;
        const char *place = place_text(pool, seen);
        unsigned k = 0;
        while (k < n && strcmp(places[k], place))
            k++;
        if (k < n)
            continue;
        places[n++] = place;
        wmem_strbuf_append_printf(text, "%s%s, frame %u", n > 1 ? "; " : "", place, seen->at.frame);
    }
    return wmem_strbuf_finalize(text);
}

/* The display filter that finds the streams which showed the object. */
static const char *filter_text(wmem_allocator_t *pool, const cs_cert *c)
{
    wmem_strbuf_t *text = wmem_strbuf_new(pool, "");
    uint32_t last = UINT32_MAX;
    unsigned n = 0;
    for (unsigned i = 0; i < c->seen->len && n < STREAMS_MAX; i++) {
        const cs_stream *stream = g_array_index(c->seen, cs_cert_seen, i).stream;
        if (!stream || stream->index == last)
            continue;
        last = stream->index;
        wmem_strbuf_append_printf(text, "%s%u", n++ ? ", " : "cipsec.stream in {", stream->index);
    }
    if (n)
        wmem_strbuf_append(text, "}");
    return wmem_strbuf_finalize(text);
}

static void add_row(cs_table *table, const cs_capture *cap, const cs_cert *c, const cs_selection *selection)
{
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    bool certificate = c->type == CS_OBJECT_CERTIFICATE;
    const char *cells[array_length(columns)] = {
        cs_cert_type_name(c->type),
        c->subject,
        c->issuer,
        c->serial,
        hex(pool, c->sha256, sizeof c->sha256),
        hex(pool, c->sha1, sizeof c->sha1),
        moment(pool, c->have_not_before, c->not_before),
        moment(pool, c->have_not_after, c->not_after),
        c->have_not_after ? wmem_strdup_printf(pool, "%" PRId64, cs_cert_days_left(c, cap->last.ns)) : "",
        key_text(pool, c),
        c->signature,
        san_text(pool, c),
        c->key_usage,
        c->ext_key_usage,
        ca_text(pool, c),
        certificate ? cs_cert_kind_name(c->kind) : "",
        cs_cert_kind_why(c),
        certificate ? cs_chain_result_name(c->chain) : "",
        c->chain_why,
        shown_by(pool, c, selection),
        filter_text(pool, c),
        c->malformed_why,
    };
    cs_table_row(table, c, cells);
    wmem_destroy_allocator(pool);
}

static bool selected(const cs_cert *c, const cs_selection *selection)
{
    for (unsigned i = 0; i < c->seen->len; i++)
        if (cs_selected(selection, g_array_index(c->seen, cs_cert_seen, i).stream))
            return true;
    return false;
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    const GPtrArray *all = cs_certs_all(cap);
    const char *error = cs_certs_trust_error(cap);
    for (unsigned i = 0; i < all->len; i++) {
        const cs_cert *c = g_ptr_array_index(all, i);
        if (selected(c, selection))
            add_row(table, cap, c, selection);
    }
    if (error) {
        const char *cells[array_length(columns)] = {[1] = error};
        cs_table_row(table, error, cells);
    }
}

static const cs_table_def def = {
    .name = "cipsec,certs",
    .title = "CIP Security: Certificates",
    .columns = columns,
    .n_columns = array_length(columns),
    .fill = fill,
};

void cs_stat_certs_register(void)
{
    cs_table_register(&def);
}
