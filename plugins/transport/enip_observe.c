/* enip_observe.c
 * What plaintext EtherNet/IP tells about its stream: kinds of traffic, CIP connections, I/O rhythm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure.h"

void cs_enip_observe(packet_info *pinfo, cs_packet *packet, int sender, const uint8_t *data, unsigned len,
                     bool datagram)
{
    (void)pinfo;
    (void)packet;
    (void)sender;
    (void)data;
    (void)len;
    (void)datagram;
}
