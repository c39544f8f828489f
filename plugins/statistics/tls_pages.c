/* tls_pages.c
 * `-z cipsec,tls` and `-z cipsec,dtls`: the TLS and DTLS Connections pages of every device.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/names.h"
#include "../analysis/policy_pref.h"
#include "page_filter.h"

#include <cipsec/suites.h>

static const cs_column columns[] = {
    {"Local device", false},    {"Remote IP", false},        {"Connection side", false}, {"Cipher Suite", false},
    {"Confidentiality", false}, {"Device page name", false}, {"Version", false},         {"Key exchange", false},
    {"Authentication", false},  {"Encryption", false},       {"Hash", false},            {"Sessions", true},
    {"State", false},           {"Streams", false},
};

static const char *streams_text(wmem_allocator_t *pool, const cs_tls_row *row)
{
    wmem_strbuf_t *text = wmem_strbuf_new(pool, "");
    for (unsigned i = 0; i < row->streams->len && i < 8; i++)
        wmem_strbuf_append_printf(text, "%s%u", i ? "," : "",
                                  ((const cs_stream *)g_ptr_array_index(row->streams, i))->index);
    if (row->streams->len > 8)
        wmem_strbuf_append(text, ",...");
    return wmem_strbuf_get_str(text);
}

static const char *state_text(wmem_allocator_t *pool, const cs_tls_row *row)
{
    if (row->established == 0 || row->established == row->sessions)
        return row->established ? "ESTABLISHED" : "CLOSED";
    return wmem_strdup_printf(pool, "%u ESTABLISHED, %u CLOSED", row->established, row->sessions - row->established);
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection, cs_transport transport)
{
    GPtrArray *rows = cs_page_tls(cap, transport, cs_page_wanted, selection);
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    for (unsigned i = 0; i < rows->len; i++) {
        const cs_tls_row *row = g_ptr_array_index(rows, i);
        const cs_suite *suite = row->have_suite ? cs_suite_find(row->suite) : NULL;
        const cs_stream *first = g_ptr_array_index(row->streams, 0);
        int local = cs_addr_equal(&first->end[0].ep.addr, &row->local) ? 0 : 1;
        const char *cells[array_length(columns)] = {
            cs_label_addr(pool, &row->local),
            cs_label_addr(pool, &row->remote),
            cs_sides_name(row->sides),
            row->have_suite ? cs_name_suite(pool, row->suite) : "not captured",
            cs_confidentiality_name(row->conf),
            suite && suite->device_page ? suite->device_page : "",
            row->version ? cs_name_version(pool, row->version) : "",
            suite ? suite->kx : "",
            suite ? suite->auth : "",
            suite ? suite->enc : "",
            suite ? suite->mac : "",
            wmem_strdup_printf(pool, "%u", row->sessions),
            state_text(pool, row),
            streams_text(pool, row),
        };
        cs_table_row(table, &first->end[local], cells);
    }
    wmem_destroy_allocator(pool);
    g_ptr_array_unref(rows);
}

static void fill_tls(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    fill(table, cap, selection, CS_TRANSPORT_TLS);
}

static void fill_dtls(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    fill(table, cap, selection, CS_TRANSPORT_DTLS);
}

void cs_tls_pages_register(void)
{
    static const cs_table_def tls = {.name = "cipsec,tls",
                                     .title = "CIP Security: TLS Connections",
                                     .columns = columns,
                                     .n_columns = array_length(columns),
                                     .fill = fill_tls};
    static const cs_table_def dtls = {.name = "cipsec,dtls",
                                      .title = "CIP Security: DTLS Connections",
                                      .columns = columns,
                                      .n_columns = array_length(columns),
                                      .fill = fill_dtls};
    cs_table_register(&tls);
    cs_table_register(&dtls);
}
