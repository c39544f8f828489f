/* findings.c
 * The findings' fixed texts, made from findings.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/findings.h>

#include <glib.h>

static const cs_finding_info infos[CS_FIND_COUNT] = {
#define CS_FINDING(symbol, name, severity, group, what, why, advice)                                                  \
    [CS_FIND_##symbol] = {name, CS_SEVERITY_##severity, what, why, advice},
#include <cipsec/findings.def>
#undef CS_FINDING
};

const cs_finding_info *cs_finding_info_get(cs_finding_kind kind)
{
    g_return_val_if_fail(kind < CS_FIND_COUNT, &infos[0]);
    return &infos[kind];
}

const char *cs_severity_name(cs_severity severity)
{
    static const char *const names[] = {"chat", "note", "warning", "error"};
    return names[severity];
}
