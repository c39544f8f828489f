/* tags.c
 * The post-dissector: shows on each frame of a stream what is known of the stream. It asks for no foreign fields,
 * because that would cost a tree for every packet of the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "analysis.h"
#include "cert_tags.h"

#include "../tap.h"

#include <epan/tap.h>

static int hf_stream = CS_ID_INIT;
static int ett_cipsec = CS_ID_INIT;

static int tap;

int cs_tap_id(void)
{
    return tap;
}

static void queue_tap(packet_info *pinfo, const cs_packet *packet)
{
    if (!have_tap_listener(tap))
        return;
    cs_tap_packet *record = wmem_new0(pinfo->pool, cs_tap_packet);
    record->stream = packet->stream;
    record->sender = packet->sender;
    record->at = cs_packet_when(pinfo);
    tap_queue_packet(tap, pinfo, record);
}

static int dissect_tags(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    (void)data;
    cs_packet *packet = cs_packet_get(pinfo);
    if (!packet)
        return 0;
    if (!PINFO_FD_VISITED(pinfo)) {
        cs_when at = cs_packet_when(pinfo);
        cs_stream_findings(cs_current_capture(), packet->stream, &at);
    }
    proto_item *item = proto_tree_add_item(tree, proto_cipsec, tvb, 0, 0, ENC_NA);
    proto_item_set_generated(item);
    proto_tree *sub = proto_item_add_subtree(item, ett_cipsec);
    item = proto_tree_add_uint(sub, hf_stream, tvb, 0, 0, packet->stream->index);
    proto_item_set_generated(item);
    cs_cert_tags_show(pinfo, sub, tvb, packet);
    if (tree)
        cs_deploy_tags_show(tvb, pinfo, sub, packet);
    queue_tap(pinfo, packet);
    return 0;
}

void cs_tags_register(void)
{
    static hf_register_info hf[] = {
        {&hf_stream,
         {"Stream", "cipsec.stream", FT_UINT32, BASE_DEC, NULL, 0, "Index of the stream in the capture", HFILL}},
    };
    static int *ett[] = {&ett_cipsec};
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
    tap = register_tap(CS_TAP_NAME);
}

void cs_tags_handoff(void)
{
    register_postdissector(create_dissector_handle(dissect_tags, proto_cipsec));
}
