/* late.c
 * Segments that come late, outside a handshake. Wireshark hands them to no dissector unless it is told to wait for them
 * (preference tcp.reassemble_out_of_order), so nobody shows their content; what it says of connections is not lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include "enip_observe.h"

#include "../analysis/packet.h"

#include <cipsec/enip_wire.h>
#include <cipsec/frame.h>

void cs_late_segment(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts)
{
    tvbuff_t *payload = cs_frame_payload(frame, facts);
    unsigned n = payload ? tvb_captured_length(payload) : 0;
    if (!n || n < tvb_reported_length(payload))
        return;
    const uint8_t *p = tvb_get_ptr(payload, 0, (int)n);
    if (packet->stream->transport == CS_TRANSPORT_TLS)
        cs_secure_read_late(payload, pinfo, packet, facts->seq);
    else if (packet->stream->transport == CS_TRANSPORT_TCP && cs_enip_judge(p, n, n, NULL) == CS_ENIP_WHOLE)
        cs_enip_observe(pinfo, packet, p, n, 0, false);
}
