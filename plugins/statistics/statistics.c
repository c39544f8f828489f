/* statistics.c
 * Registration of the statistics part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../plugin.h"
#include "streams.h"

void cs_statistics_register(void)
{
    cs_streams_register();
    cs_conversation_filter_register();
}

void cs_statistics_handoff(void)
{
}
