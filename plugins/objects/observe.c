/* observe.c
 * Reports CIP messages to the capture model and keeps the exchanges of the file.
 *
 * Wireshark makes one cip_req_info_t for each request, also inside Multiple_Service_Packet and Unconnected_Send, keeps
 * it for the whole file and hands it out again with the response: its address is the key.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "observe.h"

#include "fields.h"

#include <cipsec/epath.h>

#define MAX_KEPT_BODY 65536
/* How far back the common packet format header of a message is looked for: a full Multiple_Service_Packet. */
#define MAX_LOOK_BACK 4096
#define ITEM_HEADER 4
/* Type, transaction number and status before the message in item 0x8003. */
#define DTLS_MESSAGE 10

/* A Multiple_Service_Packet: Wireshark ties its members only when as many come back. */
typedef struct {
    uint32_t frame;
    unsigned members;
} packet_request;

static wmem_map_t *exchanges;  /* cip_req_info_t* -> cs_exchange* */
static wmem_map_t *packets;    /* cip_req_info_t* of a Multiple_Service_Packet -> packet_request* */
static wmem_array_t *in_order; /* cs_ordered_exchange of the security objects and the File object */

static cs_exchange *ordered(unsigned i)
{
    return ((const cs_ordered_exchange *)wmem_array_index(in_order, i))->exchange;
}

bool cs_message_body(tvbuff_t *tvb, bool response, int *body)
{
    int captured = (int)tvb_captured_length(tvb);
    int header = 2;
    if (captured >= (response ? 4 : 2))
        header = response ? 4 + 2 * cs_tvb_u8(tvb, 3) : 2 + 2 * cs_tvb_u8(tvb, 1);
    else
        header = response ? 4 : 2;
    *body = header <= captured ? header : captured;
    return header <= captured;
}

/* Reads of the item at i, if it reaches to the end, what tells a repeated request from another one: connection and
 * sequence count of connected data, the transaction number of an unconnected message of DTLS; -1 where nothing does.
 * @return false when no item is there */
static bool read_item(const uint8_t *bytes, int i, int end, int64_t *sequence)
{
    const uint8_t *p = bytes + i;
    if (i + ITEM_HEADER + (p[2] | p[3] << 8) < end)
        return false;
    if (p[0] == 0xB2 && p[1] == 0 && i + ITEM_HEADER + (p[2] | p[3] << 8) == end)
        return true; /* the item of an unconnected message over TCP */
    if (p[0] == 0xB1 && p[1] == 0 && i >= 8 && p[-8] == 0xA1 && p[-7] == 0 && p[-6] == 4 && p[-5] == 0) {
        *sequence = (int64_t)cs_octets_le32(p - 4) << 16 | (p[4] | p[5] << 8);
        return true;
    }
    if (p[0] == 0x03 && p[1] == 0x80 && p[-2] == 1 && p[-1] == 0 && i + ITEM_HEADER + DTLS_MESSAGE <= end) {
        *sequence = cs_octets_le32(p + 6);
        return true;
    }
    return false;
}

/* Looks back from a message for its item. */
static int64_t find_sequence(tvbuff_t *tvb)
{
    int64_t sequence = -1;
    tvbuff_t *source = tvb_get_ds_tvb(tvb);
    int at = tvb_raw_offset(tvb);
    int end = at + (int)tvb_captured_length(tvb);
    int first = at > MAX_LOOK_BACK ? at - MAX_LOOK_BACK : 0;
    if (!source || at < 14 || !tvb_bytes_exist(source, first, end - first))
        return sequence;
    const uint8_t *bytes = tvb_get_ptr(source, first, end - first);
    for (int i = at - first - ITEM_HEADER; i >= 2; i--)
        if (read_item(bytes, i, end - first, &sequence))
            break;
    return sequence;
}

cs_exchange *cs_exchange_find(const cip_req_info_t *ri)
{
    return ri && exchanges ? wmem_map_lookup(exchanges, ri) : NULL;
}

static void read_path(tvbuff_t *tvb, cs_cip_message *msg)
{
    int captured = (int)tvb_captured_length(tvb);
    cs_epath_target target;
    int len = captured >= 2 ? 2 * cs_tvb_u8(tvb, 1) : 0;
    if (len > captured - 2)
        len = captured > 2 ? captured - 2 : 0;
    cs_epath_parse(len > 0 ? tvb_get_ptr(tvb, 2, len) : (const uint8_t *)"", (size_t)len, &target);
    msg->class_id = target.class_id;
    msg->instance = target.instance;
    msg->attribute = target.attribute;
}

static void read_status(tvbuff_t *tvb, cs_cip_message *msg)
{
    int captured = (int)tvb_captured_length(tvb);
    msg->status = captured > 2 ? cs_tvb_u8(tvb, 2) : 0;
    unsigned words = captured > 3 ? cs_tvb_u8(tvb, 3) : 0;
    while (msg->n_ext < words && msg->n_ext < 4 && 6 + 2 * (int)msg->n_ext <= captured) {
        msg->ext[msg->n_ext] = tvb_get_letohs(tvb, 4 + 2 * msg->n_ext);
        msg->n_ext++;
    }
}

static cs_exchange *add_request(const cip_req_info_t *ri, const cs_cip_message *msg, int64_t sequence)
{
    cs_exchange *x = wmem_new0(wmem_file_scope(), cs_exchange);
    x->service = msg->service;
    x->class_id = msg->class_id;
    x->instance = msg->instance;
    x->attribute = msg->attribute;
    x->request_at = msg->at;
    if (msg->body_len && msg->body_len <= MAX_KEPT_BODY) {
        x->body = wmem_memdup(wmem_file_scope(), msg->body, msg->body_len);
        x->body_len = msg->body_len;
    }
    x->stream = msg->stream;
    x->sender = msg->sender;
    x->sequence = sequence;
    wmem_map_insert(exchanges, ri, x);
    if (cs_object_of_class(x->class_id)) {
        cs_exchange_note_repeat(in_order, x);
        cs_ordered_exchange entry = {x, x->stream, sequence};
        wmem_array_append_one(in_order, entry);
    }
    return x;
}

/* A response answers the exchange of its request record; without one it is known as far as Wireshark knows it. */
static cs_exchange *match_response(const cip_req_info_t *ri, cs_cip_message *msg)
{
    cs_exchange *x = cs_exchange_find(ri);
    if (x) {
        msg->service = x->service;
        msg->class_id = x->class_id;
        msg->instance = x->instance;
        msg->attribute = x->attribute;
        msg->request_at = x->request_at;
        msg->request_body = x->body;
        msg->request_body_len = x->body_len;
    } else if (ri && ri->ciaData) {
        msg->class_id = ri->ciaData->iClass;
        msg->instance = ri->ciaData->iInstance;
        msg->attribute = ri->ciaData->iAttribute;
    }
    return x;
}

void cs_observe_finish(cs_capture *cap)
{
    for (unsigned i = 0; in_order && i < wmem_array_get_count(in_order); i++) {
        const cs_exchange *x = ordered(i);
        const cs_object *object = cs_object_of_class(x->class_id);
        if (x->response_at.frame || x->again || !object)
            continue;
        char buf[CS_UNANSWERED_STRLEN];
        const char *name = cs_service_name(object->id, x->service), *why = cs_exchange_unanswered(x, buf);
        char *detail = g_strdup_printf("%s of %s%s%s", name ? name : "a service", object->short_name, why ? "; " : "",
                                       why ? why : "");
        char *key = g_strdup_printf("frame %u|%u", x->request_at.frame, i);
        cs_finding_add(cap, CS_FIND_NO_RESPONSE, &x->request_at, x->stream, NULL, key, detail);
        g_free(key);
        g_free(detail);
    }
}

cs_exchange *cs_objects_observe(tvbuff_t *tvb, packet_info *pinfo, cip_req_info_t *ri, bool response)
{
    if (PINFO_FD_VISITED(pinfo))
        return cs_exchange_find(ri);
    if (tvb_captured_length(tvb) < 1)
        return NULL;
    cs_cip_message msg = {.at = cs_packet_when(pinfo),
                          .response = response,
                          .service = cs_tvb_u8(tvb, 0) & CIP_SC_MASK,
                          .class_id = CS_CIP_UNSET,
                          .instance = CS_CIP_UNSET,
                          .attribute = CS_CIP_UNSET};
    int body;
    cs_message_body(tvb, response, &body);
    msg.body_len = tvb_captured_length(tvb) - (unsigned)body;
    msg.body = msg.body_len ? tvb_get_ptr(tvb, body, (int)msg.body_len) : NULL;
    const cs_packet *packet = cs_packet_get(pinfo);
    if (packet) {
        msg.stream = packet->stream;
        msg.sender = packet->sender;
    }
    cs_exchange *x = NULL;
    if (response) {
        read_status(tvb, &msg);
        x = match_response(ri, &msg);
        if (x && (!x->response_at.frame || x->whole)) {
            x->whole = false;
            x->response_at = msg.at;
            x->status = msg.status;
        }
    } else {
        read_path(tvb, &msg);
        if (ri)
            x = add_request(ri, &msg, find_sequence(tvb));
    }
    cs_observe_cip(cs_current_capture(), &msg);
    return x;
}

void cs_observe_identity_response(tvbuff_t *tvb, packet_info *pinfo, const cip_req_info_t *ri)
{
    const cs_packet *packet = PINFO_FD_VISITED(pinfo) ? NULL : cs_packet_get(pinfo);
    int body;
    if (!packet || !ri->ciaData || !cs_message_body(tvb, true, &body))
        return;
    cs_cip_message msg = {.at = packet->at,
                          .stream = packet->stream,
                          .sender = packet->sender,
                          .response = true,
                          .service = cs_tvb_u8(tvb, 0) & CIP_SC_MASK,
                          .class_id = ri->ciaData->iClass,
                          .instance = ri->ciaData->iInstance,
                          .attribute = ri->ciaData->iAttribute,
                          .status = cs_tvb_u8(tvb, 2),
                          .body_len = tvb_captured_length(tvb) - (unsigned)body};
    msg.body = msg.body_len ? tvb_get_ptr(tvb, body, (int)msg.body_len) : NULL;
    cs_observe_cip(cs_current_capture(), &msg);
}

/* One response for all that a frame asked for and that has none yet. */
static void answer_all(uint32_t frame, tvbuff_t *tvb, packet_info *pinfo)
{
    for (unsigned i = wmem_array_get_count(in_order); i-- > 0;) {
        cs_exchange *x = ordered(i);
        if (x->request_at.frame < frame)
            break;
        if (x->request_at.frame == frame && !x->response_at.frame) {
            x->response_at = cs_packet_when(pinfo);
            x->status = cs_tvb_u8(tvb, 2);
            x->whole = true;
        }
    }
}

/* Members of a Multiple_Service_Packet, 0 when it has no body. */
static unsigned packet_members(tvbuff_t *tvb, bool response)
{
    int body;
    cs_message_body(tvb, response, &body);
    return (int)tvb_captured_length(tvb) >= body + 2 ? tvb_get_letohs(tvb, body) : 0;
}

void cs_observe_packet(tvbuff_t *tvb, packet_info *pinfo, const cip_req_info_t *ri, bool response)
{
    if (PINFO_FD_VISITED(pinfo) || !ri)
        return;
    if (!response) {
        packet_request *asked = wmem_new(wmem_file_scope(), packet_request);
        *asked = (packet_request){pinfo->num, packet_members(tvb, false)};
        wmem_map_insert(packets, ri, asked);
        return;
    }
    const packet_request *asked = wmem_map_lookup(packets, ri);
    if (asked && tvb_captured_length(tvb) >= 4 && packet_members(tvb, true) != asked->members)
        answer_all(asked->frame, tvb, pinfo);
}

void cs_observe_undelivered(tvbuff_t *tvb, packet_info *pinfo, uint32_t frame)
{
    bool refused = tvb_captured_length(tvb) >= 4 && cs_tvb_u8(tvb, 2) != 0 &&
                   cs_tvb_u8(tvb, 0) == (SC_CM_UNCON_SEND | CIP_SC_RESPONSE_MASK);
    if (refused && frame && !PINFO_FD_VISITED(pinfo))
        answer_all(frame, tvb, pinfo);
}

static void new_file(void)
{
    in_order = wmem_array_new(wmem_file_scope(), sizeof(cs_ordered_exchange));
}

void cs_observe_register(void)
{
    register_init_routine(new_file);
    packets = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
    exchanges = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), g_direct_hash, g_direct_equal);
}
