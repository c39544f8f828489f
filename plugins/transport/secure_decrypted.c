/* secure_decrypted.c
 * What Wireshark's own TLS and DTLS dissectors decrypted in a frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <epan/dissectors/packet-tls-utils.h>
#include <epan/proto_data.h>

/* The key of the records differs between versions (0, or the number of the layer): look at all that can be. */
#define LAYERS 16

static int proto_tls = CS_ID_INIT, proto_dtls = CS_ID_INIT;

void cs_secure_decrypted_handoff(void)
{
    proto_tls = proto_get_id_by_filter_name("tls");
    proto_dtls = proto_get_id_by_filter_name("dtls");
}

bool cs_secure_decrypted(packet_info *pinfo, bool dtls, unsigned raw_offset, cs_secure_record *rec)
{
    int proto = dtls ? proto_dtls : proto_tls;
    static uint32_t found_at; /* the layer is the same for most packets of a file: begin there */
    for (uint32_t i = 0, layer = found_at; i < LAYERS; i++, layer = (layer + 1) % LAYERS) {
        const SslPacketInfo *info = p_get_proto_data(wmem_file_scope(), pinfo, proto, layer);
        for (const SslRecordInfo *r = info ? info->records : NULL; r; r = r->next) {
            if ((unsigned)r->id != raw_offset || r->data_len > rec->head.length)
                continue;
            rec->plain = r->plain_data;
            rec->plain_len = r->data_len;
            rec->plain_type = (uint8_t)r->type;
            found_at = layer;
            return true;
        }
    }
    return false;
}
