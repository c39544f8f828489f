/* transfer.c
 * Puts the parts of a file together with Wireshark's reassembly, and hands the whole file on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "transfer.h"

#include <epan/reassemble.h>

static reassembly_table files;
static int ids[CS_F_FILE_PARTS_DATA - CS_F_FILE_PARTS + 1];
#define ID(symbol) (&ids[CS_F_FILE_##symbol - CS_F_FILE_PARTS])

static const fragment_items items = {
    &ett_cs_part,       &ett_cs_parts,      ID(PARTS),      ID(PARTS_ONE),   ID(PARTS_OVERLAP),
    ID(PARTS_CONFLICT), ID(PARTS_MULTIPLE), ID(PARTS_LONG), ID(PARTS_ERROR), ID(PARTS_COUNT),
    ID(PARTS_IN),       ID(PARTS_LEN),      ID(PARTS_DATA), "parts"};

static void put_transfer(cs_message *msg, const cs_transfer *t)
{
    cs_put_generated(&msg->cur, CS_F_FILE_TRANSFER, t->index);
    cs_put_generated(&msg->cur, CS_F_FILE_TRANSFER_DIRECTION, t->direction);
    if (PINFO_FD_VISITED(msg->cur.pinfo) && !t->ended)
        proto_item_append_text(msg->cur.item, " [the transfer does not end in this capture]");
    if (t->start.frame != msg->cur.pinfo->num)
        cs_put_generated(&msg->cur, CS_F_FILE_TRANSFER_START, t->start.frame);
}

static void observe_file(const cs_message *msg, const cs_transfer *t, tvbuff_t *file, const cs_file_packet *packet)
{
    cs_packet *context = cs_packet_get(msg->cur.pinfo);
    uint32_t len = tvb_captured_length(file);
    cs_file_transfer whole = {.start = t->start,
                              .end = cs_packet_when(msg->cur.pinfo),
                              .stream = context ? context->stream : NULL,
                              .device = cs_addr_from_ws(msg->response ? &msg->cur.pinfo->src : &msg->cur.pinfo->dst),
                              .instance = t->instance,
                              .direction = t->direction,
                              .bytes = len ? tvb_get_ptr(file, 0, (int)len) : (const uint8_t *)"",
                              .len = len,
                              .complete = true,
                              .encoding = cs_transfer_encoding(msg)};
    whole.checksum_ok = cs_file_checksum(whole.bytes, len) == packet->checksum;
    cs_observe_file(cs_current_capture(), &whole);
}

/* What keeps a packet's octets out of a file, or the file from being whole. */
static void remark(cs_message *msg, const cs_part *part, const cs_file_packet *packet)
{
    const cs_transfer *t = part->transfer;
    packet_info *pinfo = msg->cur.pinfo;
    if (part->repeat)
        proto_item_append_text(msg->cur.item, " [repeats a part]");
    else if (!part->taken && packet->type != CS_PACKET_ABORT && !t->too_large)
        proto_item_append_text(msg->cur.item, " [out of sequence]");
    if (!cs_packet_type_ends(packet->type))
        return;
    if (t->too_large)
        cs_expert(pinfo, msg->cur.item, CS_FIND_FILE_TOO_LARGE, "File instance %u", t->instance);
    else if (t->missing)
        cs_expert(pinfo, msg->cur.item, CS_FIND_FILE_INCOMPLETE, "File instance %u, %u parts are not in the capture",
                  t->instance, t->missing);
}

static void put_part(cs_message *msg, const cs_part *part, const cs_file_packet *packet)
{
    const cs_transfer *t = part->transfer;
    packet_info *pinfo = msg->cur.pinfo;
    remark(msg, part, packet);
    if (!part->taken)
        return;
    tvbuff_t *octets = tvb_new_subset_length(msg->cur.tvb, msg->body + (int)packet->data, (int)packet->data_len);
    fragment_head *head = fragment_add_seq_check(&files, octets, 0, pinfo, t->index, NULL, part->number,
                                                 (uint32_t)packet->data_len, !cs_packet_type_ends(packet->type));
    tvbuff_t *file = process_reassembled_data(octets, 0, pinfo, "Reassembled file", head, &items, NULL, msg->cur.tree);
    if (!file)
        return;
    if (!PINFO_FD_VISITED(pinfo))
        observe_file(msg, t, file, packet);
    cs_transfer_show(msg, t, file, packet);
}

void cs_transfer_message(cs_message *msg)
{
    cs_file_packet packet;
    if (msg->object != CS_OBJECT_FILE)
        return;
    bool carries = cs_transfer_packet(msg, &packet);
    cs_part *part = cs_transfer_follow(msg, carries ? &packet : NULL);
    if (!part) {
        if (carries)
            proto_item_append_text(msg->cur.item, " [the transfer began before the capture]");
        return;
    }
    put_transfer(msg, part->transfer);
    if (carries)
        put_part(msg, part, &packet);
}

void cs_transfer_register(void)
{
    cs_transfer_state_register();
    reassembly_table_register(&files, &addresses_reassembly_table_functions);
}

void cs_transfer_handoff(void)
{
    for (cs_field field = CS_F_FILE_PARTS; field <= CS_F_FILE_PARTS_DATA; field++)
        ids[field - CS_F_FILE_PARTS] = cs_field_hf(CS_OBJECT_FILE, field);
    cs_transfer_show_handoff();
}
