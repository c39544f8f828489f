/* unmarked.c
 * A response whose service octet lacks the response bit: some devices answer Verify_Certificate with service 0x00.
 *
 * Wireshark takes it for a request without a path and asks nobody. So the interface that carries unconnected messages
 * is wrapped: Wireshark decodes first, then a message with service 0x00 that comes back for an open Verify_Certificate
 * request is decoded as its response.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hooks.h"

#include <epan/dissectors/packet-enip.h>
#include <epan/proto_data.h>

#define SERVICE_VERIFY 0x4C
#define SERVICE_NONE 0x00

static dissector_handle_t stock_cip;
static int proto_enip = CS_ID_INIT;

static const enip_request_info_t *answered_request(packet_info *pinfo)
{
    return p_get_proto_data(wmem_file_scope(), pinfo, proto_enip, ENIP_REQUEST_INFO);
}

static bool answers_verify(tvbuff_t *tvb, const cip_req_info_t *ri, uint32_t frame)
{
    if (tvb_captured_length(tvb) < 4 || cs_tvb_u8(tvb, 0) != SERVICE_NONE || cs_tvb_u8(tvb, 1) != 0)
        return false;
    const cs_exchange *x = cs_exchange_find(ri);
    return x && x->class_id == cs_object_get(CS_OBJECT_CM)->class_id && x->service == SERVICE_VERIFY &&
           x->request_at.frame < frame;
}

/* Switched off, Wireshark's dissector remembers no requests. */
static bool is_cip_read(void)
{
    return proto_is_protocol_enabled(find_protocol_by_id(dissector_handle_get_protocol_index(stock_cip)));
}

static int dissect_unconnected(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    /* The record of the request is read before: Wireshark overwrites it with what it takes for a new request. */
    const enip_request_info_t *info = answered_request(pinfo);
    cip_req_info_t *ri = info ? info->cip_info : NULL;
    int used = call_dissector_only(stock_cip, tvb, pinfo, tree, data);
    if (!ri && tvb_captured_length(tvb) >= 4 && (cs_tvb_u8(tvb, 0) & CIP_SC_RESPONSE_MASK) && is_cip_read())
        cs_observe_unasked(pinfo);
    if (ri)
        cs_observe_undelivered(tvb, pinfo, info->req_num);
    if (ri && answers_verify(tvb, ri, pinfo->num) &&
        proto_is_protocol_enabled(find_protocol_by_id(cs_object_get(CS_OBJECT_CM)->proto)))
        cs_message_dissect(tvb, pinfo, tree, CS_OBJECT_CM, ri, CS_OWN_RESPONSE);
    return used;
}

void cs_unmarked_handoff(void)
{
    proto_enip = proto_get_id_by_filter_name("enip");
    stock_cip = dissector_get_uint_handle(find_dissector_table("enip.srrd.iface"), ENIP_CIP_INTERFACE);
    if (stock_cip)
        dissector_add_uint("enip.srrd.iface", ENIP_CIP_INTERFACE, create_dissector_handle(dissect_unconnected, -1));
}
