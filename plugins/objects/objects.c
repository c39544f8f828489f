/* objects.c
 * Registration of the objects part and the hooks into Wireshark's CIP dissector.
 *
 * Wireshark asks the heuristics of `cip.sc` for common services and the class table for the others; a response goes to
 * whoever took the request. So each object has one function under both. The class entry goes away while the protocol
 * is disabled, so that Wireshark decodes the messages itself. One heuristic stands for all objects, since Wireshark
 * does much for each that it asks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "hooks.h"
#include "stock_view.h"

#include <epan/proto_data.h>

static int proto_cip = CS_ID_INIT;
static dissector_handle_t handles[CS_OBJECT_COUNT];
static bool in_class_table[CS_OBJECT_COUNT]; /* what the user has enabled */
static int proto_hook = CS_ID_INIT;

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

#define CS_HOOK(object)                                                                                               \
    static int dissect_##object(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)                       \
    {                                                                                                                  \
        (void)data;                                                                                                    \
        return dissect_class(tvb, pinfo, tree, CS_OBJECT_##object);                                                    \
    }

CS_HOOK(CS)
CS_HOOK(EIP)
CS_HOOK(CM)
CS_HOOK(FILE)

/* Messages that stay Wireshark's; the model only learns of them. */
static void observe_others(tvbuff_t *tvb, packet_info *pinfo, cip_req_info_t *ri, bool response, uint32_t class_id)
{
    if (response && !ri)
        cs_observe_unasked(pinfo);
    if ((cs_tvb_u8(tvb, 0) & CIP_SC_MASK) == SC_MULT_SERV_PACK)
        cs_observe_packet(tvb, pinfo, ri, response);
    else if (class_id == CLASS_IDENTITY && response)
        cs_observe_identity_response(tvb, pinfo, ri);
}

static cs_heur_result heuristic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    cip_req_info_t *ri = cs_hook_request(pinfo);
    bool response = cs_tvb_u8(tvb, 0) & CIP_SC_RESPONSE_MASK;
    uint32_t class_id = cs_hook_class(tvb, ri, response);
    if (cs_hot.enabled)
        observe_others(tvb, pinfo, ri, response, class_id);
    if (class_id == CLASS_IDENTITY) /* what is asked for most */
        return false;
    const cs_object *object = cs_object_of_class(class_id);
    if (object && in_class_table[object->id] && tvb_captured_length(tvb) >= 2) {
        /* The object's own layer takes the place of the one that Wireshark made for the heuristic. */
        wmem_list_remove_frame(pinfo->layers, wmem_list_tail(pinfo->layers));
        return call_dissector_only(handles[object->id], tvb, pinfo, tree, data) > 0;
    }
    if (class_id == cs_object_get(CS_OBJECT_TCPIP)->class_id && in_class_table[CS_OBJECT_TCPIP])
        return cs_tcpip_common(tvb, pinfo, tree, ri);
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
    /* Heuristics belong to real protocols. This one must not go away with the analysis or with one of the objects. */
    proto_hook = proto_register_protocol("CIP Security Objects", "CIP Security Objects", "cipsec.objects");
    register_init_routine(follow_enabled_protocols);
}

void cs_objects_handoff(void)
{
    static const struct {
        cs_object_id object;
        dissector_t dissect;
    } hooks[] = {
        {CS_OBJECT_CS, dissect_CS},     {CS_OBJECT_EIP, dissect_EIP},          {CS_OBJECT_CM, dissect_CM},
        {CS_OBJECT_FILE, dissect_FILE}, {CS_OBJECT_TCPIP, cs_tcpip_dissect},
    };
    proto_cip = proto_get_id_by_filter_name("cip");
    for (size_t i = 0; i < array_length(hooks); i++)
        handles[hooks[i].object] = create_dissector_handle(hooks[i].dissect, cs_object_get(hooks[i].object)->proto);
    heur_dissector_add("cip.sc", heuristic, "CIP Security objects and CIP messages that the analysis learns from",
                       "cipsec_cip", proto_hook, HEURISTIC_ENABLE);
    cs_fields_handoff();
    cs_cursor_handoff();
    cs_stock_view_handoff();
    cs_attributes_handoff();
    cs_transfer_handoff();
    cs_unmarked_handoff();
    follow_enabled_protocols();
}
