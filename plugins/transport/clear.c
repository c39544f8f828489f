/* clear.c
 * Wrappers on the port of unprotected EtherNet/IP messages (44818): Wireshark's own dissector first, then the observer
 * on the same bytes. The handles belong to a protocol in name only, which adds no layer, so nothing that Wireshark
 * shows changes; switched off together with EtherNet/IP it stays out of the way too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "enip_observe.h"

#include "../analysis/packet.h"
#include "../objects/list_identity.h"
#include "secure.h"

#include <epan/exceptions.h>

static dissector_handle_t stock_tcp, stock_udp;
static int proto_messages = CS_ID_INIT;

static void observe(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, bool datagram)
{
    cs_packet *packet = cs_packet_get(pinfo);
    unsigned len = tvb_captured_length(tvb);
    if (tree)
        cs_list_identity_show(tvb, pinfo, tree, datagram);
    /* What waits for its rest comes again, joined. */
    if (pinfo->desegment_len && (unsigned)pinfo->desegment_offset < len)
        len = (unsigned)pinfo->desegment_offset;
    if (!packet || packet->observed || cs_stream_secured(packet->stream) || len == 0 || PINFO_FD_VISITED(pinfo))
        return;
    packet->shown = tree != NULL;
    cs_enip_observe(pinfo, packet, tvb_get_ptr(tvb, 0, (int)len), len, datagram ? tvb_reported_length(tvb) : 0, false);
}

static int wrap(dissector_handle_t stock, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data,
                bool datagram)
{
    volatile int used = 0;
    /* Who asks for the stream in between finds it. */
    cs_packet *packet = cs_packet_of_data(pinfo, datagram ? NULL : data);
    if (packet)
        packet->read = true;
    if (packet && datagram)
        cs_packet_datagram(packet, tvb);
    /* Wireshark takes one level of desegmentation off for each dissector in between. */
    pinfo->can_desegment = pinfo->saved_can_desegment;
    TRY
    {
        used = call_dissector_only(stock, tvb, pinfo, tree, data);
    }
    CATCH_ALL
    {
        observe(tvb, pinfo, tree, datagram);
        RETHROW;
    }
    ENDTRY;
    if (used > 0)
        observe(tvb, pinfo, tree, datagram);
    return used;
}

static int dissect_tcp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return wrap(stock_tcp, tvb, pinfo, tree, data, false);
}

static int dissect_udp(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return wrap(stock_udp, tvb, pinfo, tree, data, true);
}

static dissector_handle_t take_over(const char *table, uint32_t port, dissector_t wrapper, int proto)
{
    dissector_handle_t stock = dissector_get_uint_handle(find_dissector_table(table), port);
    if (stock)
        dissector_add_uint(table, port, create_dissector_handle(wrapper, proto));
    return stock;
}

void cs_clear_register(void)
{
    int parent = proto_get_id_by_filter_name("enip");
    proto_messages = proto_register_protocol_in_name_only("EtherNet/IP, analysed for CIP Security",
                                                          "ENIP (CIP Security)", "cipsec.clear", parent, FT_PROTOCOL);
}

void cs_clear_handoff(void)
{
    stock_tcp = take_over("tcp.port", CS_PORT_ENIP, dissect_tcp, proto_messages);
    stock_udp = take_over("udp.port", CS_PORT_ENIP, dissect_udp, proto_messages);
}
