/* streams.c
 * `-z cipsec,streams`: one row a stream, all tags.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "streams.h"

#include "../analysis/names.h"
#include "table.h"

#include <cipsec/suites.h>

static const cs_column columns[] = {
    {"Stream", true},
    {"Transport", false},
    {"Client", false},
    {"Server", false},
    {"Roles by", false},
    {"Class", false},
    {"Class by", false},
    {"Transport classes", false},
    {"Confidentiality", false},
    {"Confidentiality by", false},
    {"Version", false},
    {"Cipher suite", false},
    {"Mutual auth", false},
    {"Kind", false},
    {"Handshake", false},
    {"Handshake time (ms)", false},
    {"Alert", false},
    {"Midstream", false},
    {"Packets", true},
    {"Bytes", true},
    {"First", false},
    {"Last", false},
};

/* With unknown roles the ends stand in the order of the first packet, with a mark. */
static const char *end_text(wmem_allocator_t *pool, const cs_stream *stream, bool server)
{
    const cs_end *end = server ? cs_stream_server(stream) : cs_stream_client(stream);
    if (end)
        return cs_table_endpoint(pool, &end->ep);
    return wmem_strdup_printf(pool, "%s ?", cs_table_endpoint(pool, &stream->end[server].ep));
}

static const char *alert_text(wmem_allocator_t *pool, const cs_handshake *hs)
{
    if (!hs->have_alert)
        return "";
    const char *sender = hs->alert_sender == CS_ROLE_CLIENT   ? "Client"
                         : hs->alert_sender == CS_ROLE_SERVER ? "Server"
                                                              : "unknown sender";
    return wmem_strdup_printf(pool, "%s (%s)", cs_name_alert(pool, hs->alert), sender);
}

static const char *duration_text(wmem_allocator_t *pool, const cs_handshake *hs)
{
    if (!hs->hello.frame || !hs->done.frame)
        return "";
    return wmem_strdup_printf(pool, "%.3f", (double)(hs->done.ns - hs->hello.ns) / 1e6);
}

static const char *mutual_text(const cs_stream *stream)
{
    bool known;
    bool mutual = cs_stream_mutual_auth(stream, &known);
    return !known ? "" : mutual ? "yes" : "no";
}

static void add_row(cs_table *table, const cs_stream *stream)
{
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    cs_class_source source;
    cs_cip_class cip_class = cs_stream_class(stream, &source);
    const cs_handshake *hs = &stream->hs;
    const char *cells[array_length(columns)] = {
        wmem_strdup_printf(pool, "%u", stream->index),
        cs_name(cs_names_transport, stream->transport),
        end_text(pool, stream, false),
        end_text(pool, stream, true),
        cs_name(cs_names_role_source, stream->role_source),
        cs_name(cs_names_class, cip_class),
        cs_name(cs_names_class_source, source),
        cs_name_transport_classes(pool, cs_stream_transport_classes(stream)),
        cs_name(cs_names_confidentiality, stream->conf),
        cs_name(cs_names_confidentiality_source, stream->conf_source),
        hs->version ? cs_name_version(pool, hs->version) : "",
        hs->have_suite ? cs_name_suite(pool, hs->suite) : "",
        mutual_text(stream),
        cs_name(cs_names_kind, stream->kind),
        cs_stream_secured(stream) ? cs_name(cs_names_handshake, hs->state) : "",
        duration_text(pool, hs),
        alert_text(pool, hs),
        stream->midstream ? "yes" : "",
        wmem_strdup_printf(pool, "%" PRIu64, stream->end[0].packets + stream->end[1].packets),
        wmem_strdup_printf(pool, "%" PRIu64, stream->end[0].bytes + stream->end[1].bytes),
        cs_table_time(pool, &stream->first),
        cs_table_time(pool, &stream->last),
    };
    cs_table_row(table, stream, cells);
    wmem_destroy_allocator(pool);
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->streams->len; i++) {
        const cs_stream *stream = g_ptr_array_index(cap->streams, i);
        if (cs_selected(selection, stream))
            add_row(table, stream);
    }
}

static const cs_table_def def = {
    .name = "cipsec,streams",
    .title = "CIP Security: Streams",
    .columns = columns,
    .n_columns = array_length(columns),
    .fill = fill,
};

void cs_streams_register(void)
{
    cs_table_register(&def);
}
