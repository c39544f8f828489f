/* streams.h
 * The table of streams and the conversation filter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_STREAMS_H
#define CIPSEC_STREAMS_H

void cs_streams_register(void);
void cs_conversation_filter_register(void);

#endif
