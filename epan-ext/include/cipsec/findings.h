/* findings.h
 * Identities and fixed texts of the findings; the rows are in findings.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FINDINGS_H
#define CIPSEC_FINDINGS_H

typedef enum {
#define CS_FINDING(symbol, name, severity, group, what, why, advice) CS_FIND_##symbol,
#include <cipsec/findings.def>
#undef CS_FINDING
    CS_FIND_COUNT
} cs_finding_kind;

typedef enum { CS_SEVERITY_CHAT, CS_SEVERITY_NOTE, CS_SEVERITY_WARN, CS_SEVERITY_ERROR } cs_severity;

typedef struct {
    const char *name; /**< suffix of the filter name cipsec.expert.<name> */
    cs_severity severity;
    const char *what;
    const char *why;
    const char *advice;
} cs_finding_info;

/** @return the fixed texts of a finding; never NULL for kind < CS_FIND_COUNT. Static storage. */
const cs_finding_info *cs_finding_info_get(cs_finding_kind kind);
/** @return "chat", "note", "warning" or "error". */
const char *cs_severity_name(cs_severity severity);

#endif
