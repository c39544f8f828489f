/* bridge.c
 * `-z cipsec,bridge`: the Bridge Connections page of every device.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/policy_pref.h"
#include "page_filter.h"

static const cs_column columns[] = {
    {"Local device", false},    {"CIP class", false},      {"Direction", false}, {"Link address", false},
    {"Confidentiality", false}, {"State", false},          {"O->T id", false},   {"T->O id", false},
    {"RPI O->T (ms)", false},   {"RPI T->O (ms)", false},  {"Opened in frame", true}, {"Stream", true},
};

static const char *id_text(wmem_allocator_t *pool, uint32_t id)
{
    return id ? wmem_strdup_printf(pool, "0x%08X", id) : "";
}

static const char *rpi_text(wmem_allocator_t *pool, const cs_connection *c, uint32_t rpi)
{
    return c && rpi ? wmem_strdup_printf(pool, "%.3f", rpi / 1000.0) : "";
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    GPtrArray *rows = cs_page_bridge(cap, cs_page_wanted, selection);
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    for (unsigned i = 0; i < rows->len; i++) {
        const cs_bridge_row *row = g_ptr_array_index(rows, i);
        const cs_connection *c = row->connection;
        const char *cells[array_length(columns)] = {
            cs_label_addr(pool, &row->local),
            row->cip_class,
            row->direction,
            cs_label_addr(pool, &row->link),
            cs_confidentiality_name(row->conf),
            row->state,
            c ? id_text(pool, c->id_ot) : "",
            c ? id_text(pool, c->id_to) : "",
            rpi_text(pool, c, c ? c->rpi_ot : 0),
            rpi_text(pool, c, c ? c->rpi_to : 0),
            c && c->open_request.frame ? wmem_strdup_printf(pool, "%u", c->open_request.frame) : "",
            row->stream ? wmem_strdup_printf(pool, "%u", row->stream->index) : "",
        };
        const char *identity = c ? (const char *)c : (const char *)row->stream;
        cs_table_row(table, identity + (row->direction[0] == 'F'), cells);
    }
    wmem_destroy_allocator(pool);
    g_ptr_array_unref(rows);
}

void cs_bridge_register(void)
{
    static const cs_table_def def = {.name = "cipsec,bridge",
                                     .title = "CIP Security: Bridge Connections",
                                     .columns = columns,
                                     .n_columns = array_length(columns),
                                     .fill = fill};
    cs_table_register(&def);
}
