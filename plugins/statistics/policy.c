/* policy.c
 * `-z cipsec,policy`: each rule of zones and conduits, what was seen of it, and streams that no rule names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/policy_pref.h"

static const cs_column columns[] = {
    {"Rule", false},  {"Conduit", false}, {"Streams", true}, {"Kept", true},
    {"Broken", true}, {"Not judged", true}, {"Deviations", false},
};

typedef struct {
    unsigned streams, verdicts[CS_POLICY_BROKEN + 1];
    GString *why;
} tally;

static tally compare(const cs_policy *policy, const cs_policy_rule *rule, const cs_capture *cap,
                     const cs_selection *selection)
{
    tally t = {.why = g_string_new(NULL)};
    for (unsigned i = 0; i < cap->streams->len; i++) {
        const cs_stream *s = g_ptr_array_index(cap->streams, i);
        const cs_policy_rule *of;
        char *why;
        if (!cs_selected(selection, s))
            continue;
        cs_policy_verdict verdict = cs_policy_judge(policy, s, &of, &why);
        if (of == rule) {
            t.streams++;
            t.verdicts[verdict]++;
            if (why)
                g_string_append_printf(t.why, "%sstream %u: %s", t.why->len ? "; " : "", s->index, why);
        }
        g_free(why);
    }
    return t;
}

static void add_row(cs_table *table, const void *object, const char *origin, const char *text, tally *t)
{
    char numbers[4][16];
    g_snprintf(numbers[0], sizeof numbers[0], "%u", t->streams);
    g_snprintf(numbers[1], sizeof numbers[1], "%u", t->verdicts[CS_POLICY_KEPT]);
    g_snprintf(numbers[2], sizeof numbers[2], "%u", t->verdicts[CS_POLICY_BROKEN]);
    g_snprintf(numbers[3], sizeof numbers[3], "%u", t->verdicts[CS_POLICY_NOT_JUDGED] + t->verdicts[CS_POLICY_NO_RULE]);
    const char *note = t->streams == 0 ? "not seen in this capture" : t->why->str;
    const char *cells[array_length(columns)] = {origin,     text,       numbers[0], numbers[1],
                                                numbers[2], numbers[3], note};
    cs_table_row(table, object, cells);
    g_string_free(t->why, TRUE);
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    const cs_policy *policy = cap->options.policy;
    for (unsigned i = 0; policy && i < policy->rules->len; i++) {
        const cs_policy_rule *rule = g_ptr_array_index(policy->rules, i);
        tally t = compare(policy, rule, cap, selection);
        add_row(table, rule, rule->origin, rule->text, &t);
    }
    tally none = compare(policy, NULL, cap, selection);
    if (policy && none.streams)
        add_row(table, policy, "(no rule)", "streams that no rule names", &none);
    else
        g_string_free(none.why, TRUE);
}

void cs_policy_stats_register(void)
{
    static const cs_table_def def = {.name = "cipsec,policy",
                                     .title = "CIP Security: Policy",
                                     .columns = columns,
                                     .n_columns = array_length(columns),
                                     .fill = fill};
    cs_table_register(&def);
}
