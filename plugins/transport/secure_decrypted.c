/* secure_decrypted.c
 * What Wireshark's own TLS and DTLS dissectors decrypted in a frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <epan/dissectors/packet-tls-utils.h>
#include <epan/proto_data.h>

static int proto_tls = CS_ID_INIT, proto_dtls = CS_ID_INIT;

void cs_secure_decrypted_handoff(void)
{
    proto_tls = proto_get_id_by_filter_name("tls");
    proto_dtls = proto_get_id_by_filter_name("dtls");
}

/* Layers that are tried where it is not known in which one Wireshark's dissector ran. */
#define LAYERS 16

static bool look(packet_info *pinfo, int proto, uint32_t key, unsigned raw_offset, cs_secure_record *rec)
{
    const SslPacketInfo *info = p_get_proto_data(wmem_file_scope(), pinfo, proto, key);
    for (const SslRecordInfo *r = info ? info->records : NULL; r; r = r->next) {
        if ((unsigned)r->id != raw_offset || r->data_len > rec->head.length)
            continue;
        rec->plain = r->plain_data;
        rec->plain_len = r->data_len;
        rec->plain_type = (uint8_t)r->type;
        return true;
    }
    return false;
}

/* How often a dissector was called in a frame. */
static uint32_t count_calls(const packet_info *pinfo, int proto)
{
    uint32_t n = 0;
    for (wmem_list_frame_t *at = wmem_list_tail(pinfo->layers); at; at = wmem_list_frame_prev(at))
        n += GPOINTER_TO_INT(wmem_list_frame_data(at)) == proto;
    return n;
}

unsigned cs_secure_kept(const packet_info *pinfo)
{
    return g_slist_length(pinfo->fd->pfd);
}

unsigned cs_secure_layer(const packet_info *pinfo, unsigned layer, unsigned kept)
{
    static uint32_t frame; /* may have been handed over in parts */
    if (cs_secure_kept(pinfo) != kept)
        frame = pinfo->num;
    return frame == pinfo->num ? layer : CS_LAYER_OPAQUE;
}

bool cs_secure_decrypted(packet_info *pinfo, bool dtls, unsigned layer, unsigned raw_offset, cs_secure_record *rec)
{
    int proto = dtls ? proto_dtls : proto_tls;
    /* The key of the records differs: the layer, the how manieth call of the dissector in this frame, or 0. */
    if (layer && look(pinfo, proto, layer, raw_offset, rec))
        return true;
    uint32_t last = layer ? count_calls(pinfo, proto) : LAYERS - 1;
    for (uint32_t key = 0; key <= last; key++)
        if (look(pinfo, proto, key, raw_offset, rec))
            return true;
    return false;
}
