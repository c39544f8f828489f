/* reports.h
 * The statistics of a plant: the device pages, devices, deployments, findings, policy, JSON Lines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_REPORTS_H
#define CIPSEC_REPORTS_H

#include "table.h"

void cs_deployments_register(void);
void cs_findings_register(void);
void cs_devices_register(void);
void cs_tcp_register(void);
void cs_tls_pages_register(void);
void cs_bridge_register(void);
void cs_policy_stats_register(void);
void cs_jsonl_register(void);
void cs_trees_register(void);

/** Devices in order of address: cs_device*. The caller frees the array. */
GPtrArray *cs_devices_sorted(const cs_capture *cap);
/** "3" or "3-17". */
const char *cs_text_frames(wmem_allocator_t *pool, const cs_when *first, const cs_when *last);

#endif
