/* statistics.c
 * Registration of the statistics part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../plugin.h"

void cs_statistics_register(void)
{
}

void cs_statistics_handoff(void)
{
}
