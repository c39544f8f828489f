/* findings.c
 * `-z cipsec,findings`: every finding once: how bad, what, where, why it matters, what to do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/policy_pref.h"

static const cs_column columns[] = {
    {"Severity", false}, {"Finding", false}, {"Frame", true},       {"Time (UTC)", false},     {"Stream", true},
    {"Device", false},   {"What", false},    {"Detail", false}, {"Why it matters", false}, {"What to do", false},
};

static void add_row(cs_table *table, wmem_allocator_t *pool, const cs_finding *f)
{
    const cs_finding_info *info = cs_finding_info_get(f->kind);
    const char *cells[array_length(columns)] = {
        cs_severity_name(info->severity),
        info->name,
        f->at.frame ? wmem_strdup_printf(pool, "%u", f->at.frame) : "",
        cs_table_time(pool, &f->at),
        f->stream ? wmem_strdup_printf(pool, "%u", f->stream->index) : "",
        f->device.family ? cs_label_addr(pool, &f->device) : "",
        info->what,
        f->detail,
        info->why,
        info->advice,
    };
    cs_table_row(table, f, cells);
}

static int by_severity(const void *a, const void *b)
{
    const cs_finding *x = *(cs_finding *const *)a, *y = *(cs_finding *const *)b;
    int sx = (int)cs_finding_info_get(x->kind)->severity, sy = (int)cs_finding_info_get(y->kind)->severity;
    if (sx != sy)
        return sy - sx;
    if (x->at.frame != y->at.frame)
        return x->at.frame < y->at.frame ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool wanted(const cs_finding *f, cs_capture *cap, const cs_selection *selection)
{
    if (f->stream)
        return cs_selected(selection, f->stream);
    return f->device.family ? cs_selected_device(selection, cap, &f->device) : cs_selected(selection, NULL);
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    GPtrArray *sorted = g_ptr_array_sized_new(cap->findings->len);
    for (unsigned i = 0; i < cap->findings->len; i++)
        g_ptr_array_add(sorted, g_ptr_array_index(cap->findings, i));
    g_ptr_array_sort(sorted, by_severity);
    for (unsigned i = 0; i < sorted->len; i++) {
        const cs_finding *f = g_ptr_array_index(sorted, i);
        if (wanted(f, cap, selection))
            add_row(table, pool, f);
    }
    g_ptr_array_unref(sorted);
    wmem_destroy_allocator(pool);
}

void cs_findings_register(void)
{
    static const cs_table_def def = {.name = "cipsec,findings",
                                     .title = "CIP Security: Findings",
                                     .columns = columns,
                                     .n_columns = array_length(columns),
                                     .fill = fill};
    cs_table_register(&def);
}
