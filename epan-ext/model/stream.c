/* stream.c
 * Conclusions about one stream: class, kind, protection, mutual authentication.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_streams_finish(cs_capture *cap)
{
    (void)cap;
}
