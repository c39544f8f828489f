/* transport.c
 * Registration of the transport part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "clear_io.h"
#include "enip_observe.h"
#include "enrollment.h"
#include "secure_private.h"

void cs_transport_register(void)
{
    cs_clear_register();
    cs_secure_register();
    cs_enrollment_register();
    cs_secure_show_register();
    cs_secure_sink_register();
    cs_secure_tcp_register();
}

void cs_transport_handoff(void)
{
    cs_clear_handoff();
    cs_clear_io_handoff();
    cs_secure_handoff();
    cs_enrollment_handoff();
}
