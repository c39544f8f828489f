/* tcp.c
 * `-z cipsec,tcp`: the TCP Connections page of every device, in its four sets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/names.h"
#include "../analysis/policy_pref.h"
#include "page_filter.h"

static const cs_column columns[] = {
    {"Local device", false}, {"Set", false},     {"Remote address", false}, {"Local port", true},
    {"Remote port", true},   {"State", false},   {"Kind", false},           {"Packets", true},
    {"Bytes", true},         {"Stream", true},
};

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    GPtrArray *rows = cs_page_tcp(cap, cs_page_wanted, selection);
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    for (unsigned i = 0; i < rows->len; i++) {
        const cs_tcp_row *row = g_ptr_array_index(rows, i);
        const cs_end *local = &row->stream->end[row->local], *remote = &row->stream->end[1 - row->local];
        const char *cells[array_length(columns)] = {
            cs_label_addr(pool, &local->ep.addr),
            cs_tcp_set_name(row->set),
            cs_label_addr(pool, &remote->ep.addr),
            wmem_strdup_printf(pool, "%u", local->ep.port),
            wmem_strdup_printf(pool, "%u", remote->ep.port),
            row->state,
            cs_name(cs_names_kind, row->stream->kind),
            wmem_strdup_printf(pool, "%" PRIu64, local->packets + remote->packets),
            wmem_strdup_printf(pool, "%" PRIu64, local->bytes + remote->bytes),
            wmem_strdup_printf(pool, "%u", row->stream->index),
        };
        cs_table_row(table, local, cells);
    }
    wmem_destroy_allocator(pool);
    g_ptr_array_unref(rows);
}

void cs_tcp_register(void)
{
    static const cs_table_def def = {.name = "cipsec,tcp",
                                     .title = "CIP Security: TCP Connections",
                                     .columns = columns,
                                     .n_columns = array_length(columns),
                                     .fill = fill};
    cs_table_register(&def);
}
