/* io.c
 * `-z cipsec,io`: the rhythm of class 0/1 data, one row a direction of a stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "streams.h"

#include "table.h"

static const cs_column columns[] = {
    {"Stream", true},
    {"From", false},
    {"To", false},
    {"Connections", false},
    {"RPI (ms)", false},
    {"API (ms)", false},
    {"Packets", true},
    {"Bytes", true},
    {"Median interval (ms)", false},
    {"Jitter (ms)", false},
    {"Gaps", true},
    {"Duplicates", true},
    {"Counted by", false},
};

/* A stream may carry many connections; a table cell may not. */
#define MAX_SHOWN 8

/* What a column says of each connection whose data the sender produces, joined by commas. */
typedef const char *connection_text(wmem_allocator_t *pool, const cs_connection *c, bool to_target);

static const char *index_text(wmem_allocator_t *pool, const cs_connection *c, bool to_target)
{
    return wmem_strdup_printf(pool, "%u %s class %u", c->index, to_target ? "O->T" : "T->O", cs_connection_class(c));
}

static const char *rpi_text(wmem_allocator_t *pool, const cs_connection *c, bool to_target)
{
    return wmem_strdup_printf(pool, "%.3f", (to_target ? c->rpi_ot : c->rpi_to) / 1e3);
}

static const char *api_text(wmem_allocator_t *pool, const cs_connection *c, bool to_target)
{
    uint32_t api = to_target ? c->api_ot : c->api_to;
    return api ? wmem_strdup_printf(pool, "%.3f", api / 1e3) : "";
}

static const char *of_connections(wmem_allocator_t *pool, const cs_stream *stream, int sender, connection_text *text)
{
    const char *all = "";
    unsigned shown = 0;
    for (unsigned i = 0; stream->connections && i < stream->connections->len; i++) {
        const cs_connection *c = g_ptr_array_index(stream->connections, i);
        bool to_target = cs_addr_equal(&c->originator.addr, &stream->end[sender].ep.addr);
        if (cs_connection_class(c) > 1 || c->carried_on[!to_target] != stream)
            continue;
        if (shown++ == MAX_SHOWN)
            return wmem_strdup_printf(pool, "%s, ...", all);
        all = wmem_strdup_printf(pool, "%s%s%s", all, *all ? ", " : "", text(pool, c, to_target));
    }
    return all;
}

static const char *milliseconds(wmem_allocator_t *pool, const cs_rhythm *rhythm, int64_t ns)
{
    return rhythm->packets > 1 ? wmem_strdup_printf(pool, "%.3f", (double)ns / 1e6) : "";
}

static void add_row(cs_table *table, const cs_stream *stream, int sender)
{
    const cs_rhythm *rhythm = &stream->rhythm[sender];
    if (!rhythm->packets)
        return;
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    const char *cells[array_length(columns)] = {
        wmem_strdup_printf(pool, "%u", stream->index),
        cs_table_endpoint(pool, &stream->end[sender].ep),
        cs_table_endpoint(pool, &stream->end[1 - sender].ep),
        of_connections(pool, stream, sender, index_text),
        of_connections(pool, stream, sender, rpi_text),
        of_connections(pool, stream, sender, api_text),
        wmem_strdup_printf(pool, "%" PRIu64, rhythm->packets),
        wmem_strdup_printf(pool, "%" PRIu64, rhythm->bytes),
        milliseconds(pool, rhythm, rhythm->median_interval),
        milliseconds(pool, rhythm, rhythm->jitter),
        wmem_strdup_printf(pool, "%" PRIu64, rhythm->gaps),
        wmem_strdup_printf(pool, "%" PRIu64, rhythm->duplicates),
        rhythm->sequence_readable ? "sequence numbers" : "DTLS record numbers",
    };
    cs_table_row(table, rhythm, cells);
    wmem_destroy_allocator(pool);
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->streams->len; i++) {
        const cs_stream *stream = g_ptr_array_index(cap->streams, i);
        if (!stream->has_rhythm || !cs_selected(selection, stream))
            continue;
        add_row(table, stream, 0);
        add_row(table, stream, 1);
    }
}

static const cs_table_def def = {
    .name = "cipsec,io",
    .title = "CIP Security: I/O Rhythm",
    .columns = columns,
    .n_columns = array_length(columns),
    .fill = fill,
};

void cs_io_table_register(void)
{
    cs_table_register(&def);
}
