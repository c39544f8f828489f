/* packet.c
 * From a packet to its stream: conversations hold the streams that ran over them, one after the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "packet.h"

#include <epan/conversation.h>
#include <epan/proto_data.h>

#define ENIP_PORT 44818
#define ENIP_IO_PORT 2222

/* Key of the cs_packet among a packet's proto data of `cipsec`; other files of the module use other keys. */
#define KEY_PACKET 0

cs_when cs_packet_when(const packet_info *pinfo)
{
    cs_when at = {pinfo->num, (int64_t)pinfo->abs_ts.secs * 1000000000 + pinfo->abs_ts.nsecs};
    return at;
}

cs_addr cs_addr_from_ws(const address *addr)
{
    cs_addr result = {0};
    if (addr->type == AT_IPv4) {
        result.family = 4;
        memcpy(result.bytes, addr->data, 4);
    } else if (addr->type == AT_IPv6) {
        result.family = 6;
        memcpy(result.bytes, addr->data, 16);
    }
    return result;
}

/* Which kind of stream a packet's ports promise; 0 when none of ours. */
static cs_transport transport_by_port(const packet_info *pinfo, bool *secure)
{
    bool tcp = pinfo->ptype == PT_TCP;
    if (!tcp && pinfo->ptype != PT_UDP)
        return 0;
    *secure = value_is_in_range(cs_prefs.ports, pinfo->destport) || value_is_in_range(cs_prefs.ports, pinfo->srcport);
    if (*secure)
        return tcp ? CS_TRANSPORT_TLS : CS_TRANSPORT_DTLS;
    if (pinfo->destport == ENIP_PORT || pinfo->srcport == ENIP_PORT)
        return tcp ? CS_TRANSPORT_TCP : CS_TRANSPORT_UDP;
    if (!tcp && (pinfo->destport == ENIP_IO_PORT || pinfo->srcport == ENIP_IO_PORT))
        return CS_TRANSPORT_UDP;
    return 0;
}

static cs_stream *new_stream(packet_info *pinfo, wmem_array_t *flow, cs_transport transport)
{
    cs_endpoint src = {cs_addr_from_ws(&pinfo->src), (uint16_t)pinfo->srcport};
    cs_endpoint dst = {cs_addr_from_ws(&pinfo->dst), (uint16_t)pinfo->destport};
    cs_when at = cs_packet_when(pinfo);
    cs_stream *stream = cs_capture_add_stream(cs_current_capture(), transport, &src, &dst, &at);
    wmem_array_append_one(flow, stream);
    return stream;
}

/* The streams of a conversation in order of their first frames; made when create is set. */
static wmem_array_t *flow_of(packet_info *pinfo, bool create)
{
    conversation_t *conv =
        create ? find_or_create_conversation(pinfo) : find_conversation_pinfo(pinfo, 0);
    if (!conv)
        return NULL;
    wmem_array_t *flow = conversation_get_proto_data(conv, proto_cipsec);
    if (!flow && create) {
        flow = wmem_array_new(wmem_file_scope(), sizeof(cs_stream *));
        conversation_add_proto_data(conv, proto_cipsec, flow);
    }
    return flow;
}

cs_packet *cs_packet_get(packet_info *pinfo)
{
    cs_packet *packet = p_get_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_PACKET);
    if (packet)
        return packet;
    bool secure = false;
    cs_transport transport = transport_by_port(pinfo, &secure);
    if (!transport)
        return NULL;
    wmem_array_t *flow = flow_of(pinfo, !PINFO_FD_VISITED(pinfo));
    cs_stream *stream = NULL;
    for (unsigned i = flow ? wmem_array_get_count(flow) : 0; i-- > 0 && !stream;) {
        cs_stream *s = *(cs_stream **)wmem_array_index(flow, i);
        if (s->first.frame <= pinfo->num)
            stream = s;
    }
    if (!stream) {
        if (PINFO_FD_VISITED(pinfo))
            return NULL;
        stream = new_stream(pinfo, flow, transport);
    }
    cs_endpoint src = {cs_addr_from_ws(&pinfo->src), (uint16_t)pinfo->srcport};
    packet = wmem_new0(pinfo->pool, cs_packet);
    packet->stream = stream;
    packet->sender = cs_stream_sender(stream, &src);
    packet->on_secure_port = secure;
    p_add_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_PACKET, packet);
    return packet;
}

cs_stream *cs_packet_next_stream(packet_info *pinfo, cs_packet *packet)
{
    packet->stream = new_stream(pinfo, flow_of(pinfo, true), packet->stream->transport);
    packet->sender = 0;
    return packet->stream;
}
