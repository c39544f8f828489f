/* frame_log.h
 * What a stream keeps of its frames for later passes: entries in order of the frame, found by its number. Costs no
 * allocation a packet: the log grows by pieces, each half as large again, and lives as long as the file is open.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FRAME_LOG_H
#define CIPSEC_FRAME_LOG_H

#include "cs_compat.h"

#include <cipsec/model.h>

/** Adds an entry. @param entry its first member is uint32_t, the frame; frames come in order.
 *  @param size of it, the same for all of a log, a multiple of what it must be aligned to. */
void cs_frame_log_add(cs_frame_log *log, const void *entry, size_t size);
/** Takes away the entries of a frame if they are the last ones. */
void cs_frame_log_forget(cs_frame_log *log, uint32_t frame, size_t size);
/** Of a log that reaches to the frame.
 *  @return the first entry of the frame, *n = how many follow each other from there; with *n = 0 the last one before
 *  it, or NULL */
const void *cs_frame_log_look_up(const cs_frame_log *log, uint32_t frame, size_t size, unsigned *n);

/** @return the last entry, NULL when there is none; it may be changed but for its frame. */
void *cs_frame_log_newest(const cs_frame_log *log, size_t size);

/** On the first pass most frames are behind the last entry. @return false when the frame has none for sure */
static inline bool cs_frame_log_reaches(const cs_frame_log *log, uint32_t frame)
{
    return frame <= log->last;
}

/** @return the first entry of a frame, NULL when there is none; *n = how many follow each other from there. */
static inline const void *cs_frame_log_find(const cs_frame_log *log, uint32_t frame, size_t size, unsigned *n)
{
    *n = 0;
    const void *found = cs_frame_log_reaches(log, frame) ? cs_frame_log_look_up(log, frame, size, n) : NULL;
    return *n ? found : NULL;
}

#endif
