/* objects.c
 * Registration of the objects part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../plugin.h"

#include "observe.h"

void cs_objects_register(void)
{
    cs_observe_register();
}

void cs_objects_handoff(void)
{
}
