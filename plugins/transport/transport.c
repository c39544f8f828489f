/* transport.c
 * Registration of the transport part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../analysis/analysis.h"

void cs_transport_register(void)
{
}

void cs_transport_handoff(void)
{
}

void cs_transport_ports_changed(void)
{
}
