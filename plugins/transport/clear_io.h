/* clear_io.h
 * I/O in the clear, on UDP 2222.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CLEAR_IO_H
#define CIPSEC_CLEAR_IO_H

#include "../plugin.h"

#include <cipsec/frame.h>

/** Takes in the datagram of a packet between I/O ports. First pass only, once a packet.
 *  @param frame the whole frame. @param facts where the datagram is in it; NULL: the frame does not hold it as it is
 *  @return length of the datagram's payload by its header, 0 when it is not found */
uint32_t cs_clear_io_take(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts);
/** Finds the items of an I/O packet again on a later pass, for cs_io_show(). */
void cs_clear_io_again(packet_info *pinfo, const cs_packet *packet);

void cs_clear_io_handoff(void);

#endif
