/* page_filter.h
 * The user's filter as the pages ask for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PAGE_FILTER_H
#define CIPSEC_PAGE_FILTER_H

#include "table.h"

#include <cipsec/pages.h>

/** cs_page_filter over a cs_selection: an end has a page when the filter let one of its packets through. */
static inline bool cs_page_wanted(const void *selection, const cs_stream *stream, int end)
{
    return cs_selected_end(selection, stream, end);
}

#endif
