/* objects.c
 * Registration of the objects part and the hooks into Wireshark's CIP dissector.
 *
 * Wireshark asks the heuristics of `cip.sc` for common services and the class table for the others; a response goes to
 * whoever took the request. So each object has one function under both. The class entry goes away while the protocol
 * is disabled, so that Wireshark decodes the messages itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hooks.h"
#include "stock_view.h"

#include <epan/proto_data.h>

static int proto_cip = CS_ID_INIT;
static dissector_handle_t handles[CS_OBJECT_COUNT];
static bool in_class_table[CS_OBJECT_COUNT];

#define CLASS_IDENTITY 0x01

cip_req_info_t *cs_hook_request(packet_info *pinfo)
{
    return p_get_proto_data(wmem_file_scope(), pinfo, proto_cip, 0);
}

/* With Unconnected_Send the services differ: its own response refuses the message it was to deliver. */
uint32_t cs_hook_class(tvbuff_t *tvb, const cip_req_info_t *ri, bool response)
{
    if (!ri || !ri->ciaData)
        return CS_CIP_UNSET;
    uint8_t service = cs_tvb_u8(tvb, 0) & CIP_SC_MASK;
    bool routed = ri->bService == SC_CM_UNCON_SEND || service == SC_CM_UNCON_SEND;
    if (response && ri->bService != service && !routed)
        return CS_CIP_UNSET;
    return ri->ciaData->iClass;
}

void cs_hook_generic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    dissector_handle_t generic = dissector_get_uint_handle(find_dissector_table("cip.class.iface"), 0);
    if (generic)
        call_dissector_only(generic, tvb, pinfo, tree, NULL);
}

static bool try_object(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_object_id object)
{
    if (tvb_captured_length(tvb) < 2)
        return false;
    cip_req_info_t *ri = cs_hook_request(pinfo);
    bool response = cs_tvb_u8(tvb, 0) & CIP_SC_RESPONSE_MASK;
    if (cs_hook_class(tvb, ri, response) != cs_object_get(object)->class_id)
        return false;
    cs_message_dissect(tvb, pinfo, tree, object, ri, CS_OWN);
    return true;
}

static int dissect_class(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_object_id object)
{
    if (!try_object(tvb, pinfo, tree, object))
        cs_hook_generic(tvb, pinfo, tree);
    return (int)tvb_captured_length(tvb);
}

#define CS_HOOKS(object)                                                                                               \
    static int dissect_##object(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)                       \
    {                                                                                                                  \
        (void)data;                                                                                                    \
        return dissect_class(tvb, pinfo, tree, CS_OBJECT_##object);                                                    \
    }                                                                                                                  \
    static cs_heur_result heuristic_##object(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)          \
    {                                                                                                                  \
        (void)data;                                                                                                    \
        return try_object(tvb, pinfo, tree, CS_OBJECT_##object);                                                       \
    }

CS_HOOKS(CS)
CS_HOOKS(EIP)
CS_HOOKS(CM)
CS_HOOKS(FILE)

/* Messages that stay Wireshark's; the model only learns of them. */
static cs_heur_result observe_others(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)tree;
    (void)data;
    cip_req_info_t *ri = cs_hook_request(pinfo);
    uint8_t octet = cs_tvb_u8(tvb, 0);
    bool response = octet & CIP_SC_RESPONSE_MASK;
    if (response && !ri)
        cs_observe_unasked(pinfo);
    if ((octet & CIP_SC_MASK) == SC_MULT_SERV_PACK)
        cs_observe_packet(tvb, pinfo, ri, response);
    else if (cs_hook_class(tvb, ri, response) == CLASS_IDENTITY)
        cs_objects_observe(tvb, pinfo, ri, response);
    return false;
}

/* Runs when a file is opened or dissected anew, which is also what enabling a protocol causes. */
static void follow_enabled_protocols(void)
{
    for (int i = 0; i < CS_OBJECT_COUNT; i++) {
        bool enabled = handles[i] && proto_is_protocol_enabled(find_protocol_by_id(cs_object_get(i)->proto));
        if (enabled && !in_class_table[i])
            dissector_add_uint("cip.class.iface", cs_object_get(i)->class_id, handles[i]);
        else if (!enabled && in_class_table[i])
            dissector_delete_uint("cip.class.iface", cs_object_get(i)->class_id, handles[i]);
        in_class_table[i] = enabled;
    }
}

void cs_objects_register(void)
{
    cs_fields_register();
    cs_observe_register();
    cs_attributes_register();
    cs_transfer_register();
    register_init_routine(follow_enabled_protocols);
}

void cs_objects_handoff(void)
{
    static const struct {
        cs_object_id object;
        dissector_t dissect;
        heur_dissector_t heuristic;
        const char *heuristic_name;
    } hooks[] = {
        {CS_OBJECT_CS, dissect_CS, heuristic_CS, "cipsec_cs_cip"},
        {CS_OBJECT_EIP, dissect_EIP, heuristic_EIP, "cipsec_eip_cip"},
        {CS_OBJECT_CM, dissect_CM, heuristic_CM, "cipsec_cm_cip"},
        {CS_OBJECT_FILE, dissect_FILE, heuristic_FILE, "cipsec_file_cip"},
        {CS_OBJECT_TCPIP, cs_tcpip_dissect, cs_tcpip_heuristic, "cipsec_tcpip_cip"},
    };
    proto_cip = proto_get_id_by_filter_name("cip");
    for (size_t i = 0; i < array_length(hooks); i++) {
        const cs_object *object = cs_object_get(hooks[i].object);
        handles[hooks[i].object] = create_dissector_handle(hooks[i].dissect, object->proto);
        heur_dissector_add("cip.sc", hooks[i].heuristic, object->name, hooks[i].heuristic_name, object->proto,
                           HEURISTIC_ENABLE);
    }
    heur_dissector_add("cip.sc", observe_others, "CIP Security Analysis of other CIP messages", "cipsec_others_cip",
                       proto_cipsec, HEURISTIC_ENABLE);
    cs_fields_handoff();
    cs_cursor_handoff();
    cs_stock_view_handoff();
    cs_attributes_handoff();
    cs_transfer_handoff();
    cs_unmarked_handoff();
    follow_enabled_protocols();
}
