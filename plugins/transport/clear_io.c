/* clear_io.c
 * I/O in the clear (UDP 2222). It is read by the post-dissector: a wrapper as on the other ports would cost each of the
 * many packets another call of a dissector, and nothing is needed from Wireshark's own but that it is in charge.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "clear_io.h"

#include "../analysis/io_frame.h"
#include "../analysis/packet.h"
#include "secure.h"

#include <cipsec/cpf.h>

#define UDP_HEADER 8

typedef struct {
    const uint8_t *data;
    unsigned len; /* captured */
    uint32_t reported;
} datagram;

static dissector_table_t ports;
static dissector_handle_t stock;
static bool wanted; /* Wireshark's dissector of I/O is enabled and has its port */

static datagram in_tvb(tvbuff_t *tvb, const cs_frame_facts *facts)
{
    size_t captured = tvb_captured_length(tvb);
    datagram found = {.reported = facts->payload};
    if (facts->payload_offset >= captured)
        return found;
    found.len = (unsigned)MIN(captured - facts->payload_offset, facts->payload);
    if (found.len)
        found.data = tvb_get_ptr(tvb, (int)facts->payload_offset, (int)found.len);
    return found;
}

/* What the network layer put together from fragments begins with the UDP header. */
static bool is_udp(tvbuff_t *tvb, const packet_info *pinfo, cs_frame_facts *facts)
{
    if (tvb_captured_length(tvb) < UDP_HEADER || tvb_get_ntohs(tvb, 0) != pinfo->srcport ||
        tvb_get_ntohs(tvb, 2) != pinfo->destport || tvb_get_ntohs(tvb, 4) != tvb_reported_length(tvb))
        return false;
    facts->payload_offset = UDP_HEADER;
    facts->payload = tvb_reported_length(tvb) - UDP_HEADER;
    return true;
}

/* In the frame, or in what was put together from fragments or decrypted by the link layer. */
static CS_RARE datagram search(const packet_info *pinfo)
{
    cs_frame_facts facts;
    for (const GSList *at = pinfo->data_src; at; at = at->next) {
        tvbuff_t *tvb = get_data_source_tvb(at->data);
        if (cs_packet_headers(tvb, pinfo, &facts) || is_udp(tvb, pinfo, &facts))
            return in_tvb(tvb, &facts);
    }
    return (datagram){0};
}

uint32_t cs_clear_io_take(tvbuff_t *frame, packet_info *pinfo, cs_packet *packet, const cs_frame_facts *facts)
{
    datagram found = facts ? in_tvb(frame, facts) : search(pinfo);
    if (wanted)
        cs_enip_observe(pinfo, packet, found.data, found.len, found.reported, false);
    return found.reported;
}

/* The observer is done, but the items of clear I/O packets live no longer than the packet. */
void cs_clear_io_again(packet_info *pinfo, const cs_packet *packet)
{
    if (!wanted || !packet->stream->io_port || cs_stream_secured(packet->stream))
        return;
    datagram found = search(pinfo);
    cs_io_read_again(pinfo, packet, found.data, found.len, found.reported);
}

/* Disabled protocols and "Decode As" take effect for the whole file. */
static void follow_settings(void)
{
    wanted = stock && dissector_get_uint_handle(ports, CS_PORT_ENIP_IO) == stock &&
             proto_is_protocol_enabled(find_protocol_by_id(dissector_handle_get_protocol_index(stock)));
}

void cs_clear_io_handoff(void)
{
    ports = find_dissector_table("udp.port");
    stock = dissector_get_default_uint_handle("udp.port", CS_PORT_ENIP_IO);
    register_init_routine(follow_settings);
}
