/* selection.h
 * The set of streams behind a statistic; seam between the command line and the windows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_SELECTION_H
#define CIPSEC_SELECTION_H

#include "table.h"

struct cs_selection {
    bool all; /**< no filter */
    const cs_stream *only; /**< just this one, NULL = those of streams */
    GByteArray *streams; /**< at the index of each stream: bit n = a packet of end[n] was selected; NULL = none */
};

void cs_selection_add(cs_selection *selection, const cs_stream *stream, int sender);
bool cs_selection_has(const cs_selection *selection, const cs_stream *stream, int sender);
void cs_selection_clear(cs_selection *selection);

#endif
