/* packet.h
 * Streams of a conversation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PACKET_H
#define CIPSEC_PACKET_H

#include "../plugin.h"

/** Starts a new stream on the packet's conversation (a new DTLS association on the same ports). First pass only.
 *  The packet's context moves to it. @return the new stream. */
cs_stream *cs_packet_next_stream(packet_info *pinfo, cs_packet *packet);

#endif
