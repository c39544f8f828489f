/* io_frame.h
 * Class 0/1 packets of a frame and the CIP connection they belong to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_IO_FRAME_H
#define CIPSEC_IO_FRAME_H

#include "../plugin.h"

#include <cipsec/cpf.h>

/** Remembers a class 0/1 packet of this frame, so that its items can be shown on every pass.
 *  @param keep the plaintext is not at hand on later passes (first pass of a secured stream): the stream keeps the
 *  facts; NULL: they live as long as the packet. @param connection the connection if already known, else NULL. */
void cs_io_remember(packet_info *pinfo, const cs_cpf *cpf, const cs_connection *connection, bool to_target,
                    cs_stream *keep);
/** Remembers it on a pass on which nobody observes it.
 *  @param data a whole datagram's content, or what was captured of it @param reported its length */
void cs_io_read_again(packet_info *pinfo, const cs_packet *packet, const uint8_t *data, unsigned len,
                      unsigned reported);
/** Forgets what the stream keeps of its last frame. */
void cs_io_forget(cs_stream *stream, uint32_t frame);
/** Adds the items of the frame's class 0/1 packets to the analysis tree. */
void cs_io_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const cs_packet *packet);
void cs_io_register(void);

#endif
