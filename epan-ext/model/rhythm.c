/* rhythm.c
 * Interval, jitter, gaps and duplicates of class 0/1 data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_rhythm_state_free(void *state)
{
    g_free(state);
}
