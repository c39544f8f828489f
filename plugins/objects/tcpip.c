/* tcpip.c
 * The security-related part of the TCP/IP Interface object: which ports and protocols are open.
 *
 * Wireshark decodes the object's common services itself; beside it our items name the same values under
 * `cipsec.tcpip`. The two services that open and close ports are ours.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hooks.h"

/* Attribute in question: of the request's path, or of the request that a response answers. */
static bool is_ours(const cip_req_info_t *ri)
{
    uint32_t instance = ri->ciaData->iInstance;
    cs_scope scope = instance == 0 || instance == CS_CIP_UNSET ? CS_SCOPE_CLASS : CS_SCOPE_INSTANCE;
    return cs_attribute_find(CS_OBJECT_TCPIP, scope, ri->ciaData->iAttribute) != NULL;
}

bool cs_tcpip_common(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cip_req_info_t *ri)
{
    if (is_ours(ri))
        return !cs_message_dissect(tvb, pinfo, tree, CS_OBJECT_TCPIP, ri, CS_SHADOW);
    cs_objects_observe(tvb, pinfo, ri, cs_tvb_u8(tvb, 0) & CIP_SC_RESPONSE_MASK);
    return false;
}

int cs_tcpip_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)data;
    cip_req_info_t *ri = cs_hook_request(pinfo);
    uint8_t octet = cs_tvb_u8(tvb, 0);
    bool response = octet & CIP_SC_RESPONSE_MASK;
    const cs_service_row *row = cs_service_find(CS_OBJECT_TCPIP, octet & CIP_SC_MASK);
    bool ours = cs_hook_class(tvb, ri, response) == cs_object_get(CS_OBJECT_TCPIP)->class_id;
    if (ours && row && row->object == CS_OBJECT_TCPIP) {
        cs_message_dissect(tvb, pinfo, tree, CS_OBJECT_TCPIP, ri, CS_OWN);
    } else {
        if (ours)
            cs_objects_observe(tvb, pinfo, ri, response);
        cs_hook_generic(tvb, pinfo, tree);
    }
    return (int)tvb_captured_length(tvb);
}
