/* module.c
 * The loadable module: version symbols and the registration of its parts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plugin.h"

#include "cs_module.h"

CS_MODULE_SYMBOLS(CIPSEC_VERSION)

void plugin_register(void)
{
    /* Wireshark registers in reverse order of these calls, so the analysis (which owns preferences, expert infos and
     * the protocol `cipsec`) comes last here to be first there. */
    static proto_plugin statistics, transport, objects, analysis;

    statistics.register_protoinfo = cs_statistics_register;
    statistics.register_handoff = cs_statistics_handoff;
    proto_register_plugin(&statistics);

    transport.register_protoinfo = cs_transport_register;
    transport.register_handoff = cs_transport_handoff;
    proto_register_plugin(&transport);

    objects.register_protoinfo = cs_objects_register;
    objects.register_handoff = cs_objects_handoff;
    proto_register_plugin(&objects);

    analysis.register_protoinfo = cs_analysis_register;
    analysis.register_handoff = cs_analysis_handoff;
    proto_register_plugin(&analysis);
}
