/* deployments.c
 * `-z cipsec,deployments`: each configuration session as a numbered story; a window with one row a step.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/policy_pref.h"

#include <cipsec/deployments.h>

static const cs_column columns[] = {
    {"Deployment", true}, {"Step", true},    {"Frames", false}, {"What", false}, {"Outcome", false},
    {"Device", false},    {"Result", false}, {"Tool", false},   {"Kind", false}, {"Time (UTC)", false},
};

const char *cs_text_frames(wmem_allocator_t *pool, const cs_when *first, const cs_when *last)
{
    if (!first->frame)
        return "";
    if (last->frame <= first->frame)
        return wmem_strdup_printf(pool, "%u", first->frame);
    return wmem_strdup_printf(pool, "%u-%u", first->frame, last->frame);
}

static bool wanted(const cs_selection *selection, const cs_deployment *d)
{
    return cs_selected(selection, d->stream);
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->deployments->len; i++) {
        const cs_deployment *d = g_ptr_array_index(cap->deployments, i);
        wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
        for (unsigned j = 0; wanted(selection, d) && j < d->steps->len; j++) {
            const cs_deploy_step *step = g_ptr_array_index(d->steps, j);
            const char *cells[array_length(columns)] = {
                wmem_strdup_printf(pool, "%u", d->index),
                wmem_strdup_printf(pool, "%u", j + 1),
                cs_text_frames(pool, &step->first, &step->last),
                cs_deploy_step_text(step),
                cs_step_outcome_name(cs_deploy_step_outcome(step)),
                cs_label_addr(pool, &d->device),
                cs_deploy_result_text(d->result),
                cs_label_addr(pool, &d->tool),
                cs_deploy_kind_name(d->kind),
                cs_table_time(pool, &step->first),
            };
            cs_table_row(table, step, cells);
        }
        wmem_destroy_allocator(pool);
    }
}

static const char *outcome_mark(const cs_deploy_step *step)
{
    switch (cs_deploy_step_outcome(step)) {
    case CS_OUTCOME_ERROR:
        return "  [error]";
    case CS_OUTCOME_WARNING:
        return step->repaired ? "  [warning, made good later]" : "  [warning]";
    case CS_OUTCOME_PENDING:
        return "  [no answer in this capture]";
    default:
        return "";
    }
}

static void print_steps(FILE *out, wmem_allocator_t *pool, const cs_deployment *d)
{
    for (unsigned j = 0; j < d->steps->len; j++) {
        const cs_deploy_step *step = g_ptr_array_index(d->steps, j);
        fprintf(out, "  %3u. %+.6f s  frame %-11s  %s%s\n", j + 1, (double)(step->first.ns - d->start.ns) / 1e9,
                cs_text_frames(pool, &step->first, &step->last), cs_deploy_step_text(step), outcome_mark(step));
    }
    if (d->steps_dropped)
        fprintf(out, "       %u further steps are not told\n", d->steps_dropped);
}

static void print(FILE *out, cs_capture *cap, const cs_selection *selection)
{
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    unsigned told = 0;
    fprintf(out, "\nCIP Security: Deployments\n");
    for (unsigned i = 0; i < cap->deployments->len; i++) {
        const cs_deployment *d = g_ptr_array_index(cap->deployments, i);
        if (!wanted(selection, d))
            continue;
        told++;
        fprintf(out, "\nDeployment %u: %s of %s by %s\n", d->index, cs_deploy_kind_name(d->kind),
                cs_label_addr(pool, &d->device), cs_label_addr(pool, &d->tool));
        fprintf(out, "  From %s to %s UTC, frames %s", cs_table_time(pool, &d->start), cs_table_time(pool, &d->end),
                cs_text_frames(pool, &d->start, &d->end));
        if (d->stream)
            fprintf(out, ", stream %u", d->stream->index);
        fprintf(out, "\n");
        print_steps(out, pool, d);
        fprintf(out, "  Result: %s\n", cs_deploy_result_text(d->result));
        if (d->reason && d->reason_at.frame)
            fprintf(out, "  Reason: %s (frame %u)\n", d->reason, d->reason_at.frame);
        else if (d->reason)
            fprintf(out, "  Reason: %s\n", d->reason);
    }
    if (!told)
        fprintf(out, "(nothing in this capture)\n");
    wmem_destroy_allocator(pool);
}

void cs_deployments_register(void)
{
    static const cs_table_def def = {.name = "cipsec,deployments",
                                     .title = "CIP Security: Deployments",
                                     .columns = columns,
                                     .n_columns = array_length(columns),
                                     .fill = fill,
                                     .print = print};
    cs_table_register(&def);
}
