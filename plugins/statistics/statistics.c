/* statistics.c
 * Registration of the statistics part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../plugin.h"
#include "certs.h"
#include "export.h"
#include "reports.h"
#include "streams.h"

void cs_statistics_register(void)
{
    cs_streams_register();
    cs_io_table_register();
    cs_stat_certs_register();
    cs_export_register();
    cs_tcp_register();
    cs_tls_pages_register();
    cs_bridge_register();
    cs_devices_register();
    cs_deployments_register();
    cs_policy_stats_register();
    cs_findings_register();
    cs_jsonl_register();
    cs_trees_register();
    cs_conversation_filter_register();
}

void cs_statistics_handoff(void)
{
}
