/* streams.h
 * The tables of streams and of I/O rhythm, and the conversation filter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_STREAMS_H
#define CIPSEC_STREAMS_H

void cs_streams_register(void);
void cs_io_table_register(void);
void cs_conversation_filter_register(void);

#endif
