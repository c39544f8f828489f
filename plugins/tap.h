/* tap.h
 * The tap `cipsec`: one record for each frame of a stream, queued by the post-dissector.
 *
 * Version 1. Fields may be added at the end; none is changed or removed without raising the version.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TAP_H
#define CIPSEC_TAP_H

#include <cipsec/model.h>

#define CS_TAP_NAME "cipsec"
#define CS_TAP_VERSION 1

/** Valid during the tap callback; the stream lives as long as the file is open. */
typedef struct {
    cs_stream *stream;
    int sender; /**< index in stream->end[] */
    cs_when at;
} cs_tap_packet;

/** @return the id that register_tap() gave. */
int cs_tap_id(void);

#endif
