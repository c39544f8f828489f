/* transfer_state.c
 * Follows the transfers of the File object: numbers, repeats, gaps, ends.
 *
 * A transfer number is the low octet of the part's number. A packet with the expected number is taken; one with the
 * number before is a repeat; any other is out of sequence: if the device accepted it, the capture lacks packets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "transfer.h"

#include <epan/conversation.h>

#define SERVICE_CREATE 0x08
#define SERVICE_INITIATE_UPLOAD 0x4B
#define SERVICE_INITIATE_DOWNLOAD 0x4C
#define SERVICE_UPLOAD 0x4F
#define SERVICE_DOWNLOAD 0x50

/* Kinds of keys beside the two directions. */
#define KEY_ENCODING 2
/* Parts of a gap that are told apart. */
#define GAP_BITS 32

static wmem_map_t *active; /* conversation, kind, instance -> cs_transfer* or encoding + 1 */
static uint32_t transfers;

static gint64 *make_key(const cs_message *msg, unsigned kind, uint32_t instance, wmem_allocator_t *scope)
{
    conversation_t *conversation = find_or_create_conversation(msg->cur.pinfo);
    gint64 *key = wmem_new(scope, gint64);
    *key = (gint64)((uint64_t)conversation->conv_index << 34 | (uint64_t)kind << 32 | instance);
    return key;
}

static void *lookup(const cs_message *msg, unsigned kind, uint32_t instance)
{
    return wmem_map_lookup(active, make_key(msg, kind, instance, msg->cur.pinfo->pool));
}

static void observe_end(const cs_message *msg, cs_transfer *t)
{
    t->ended = true;
    cs_packet *packet = cs_packet_get(msg->cur.pinfo);
    cs_file_transfer file = {.start = t->start,
                             .end = cs_packet_when(msg->cur.pinfo),
                             .stream = packet ? packet->stream : NULL,
                             .device = cs_addr_from_ws(msg->response ? &msg->cur.pinfo->src : &msg->cur.pinfo->dst),
                             .instance = t->instance,
                             .direction = t->direction,
                             .encoding = cs_transfer_encoding(msg)};
    cs_observe_file(cs_current_capture(), &file);
}

static cs_transfer *start(cs_message *msg, cs_file_direction direction, bool announced, uint32_t size)
{
    cs_transfer *old = lookup(msg, direction, msg->instance);
    if (old && !old->ended)
        observe_end(msg, old);
    cs_transfer *t = wmem_new0(wmem_file_scope(), cs_transfer);
    t->index = transfers++;
    t->direction = direction;
    t->instance = msg->instance;
    t->start = cs_packet_when(msg->cur.pinfo);
    t->announced = announced;
    t->size = size;
    wmem_map_insert(active, make_key(msg, direction, msg->instance, wmem_file_scope()), t);
    return t;
}

/* Initiate services and Create: what they announce counts once the device agrees. */
static cs_transfer *initiate(cs_message *msg)
{
    const cs_exchange *x = msg->exchange;
    int body = (int)tvb_captured_length(msg->cur.tvb) - msg->body;
    if (!msg->response || msg->status)
        return NULL;
    if (msg->service == SERVICE_INITIATE_UPLOAD)
        return start(msg, CS_FILE_UPLOAD, body >= 4, body >= 4 ? tvb_get_letohl(msg->cur.tvb, msg->body) : 0);
    if (msg->service == SERVICE_INITIATE_DOWNLOAD)
        return start(msg, CS_FILE_DOWNLOAD, x->body_len >= 4, x->body_len >= 4 ? cs_octets_le32(x->body) : 0);
    if (msg->service == SERVICE_CREATE && body >= 2 && x->body_len)
        wmem_map_insert(active, make_key(msg, KEY_ENCODING, tvb_get_letohs(msg->cur.tvb, msg->body), wmem_file_scope()),
                        GUINT_TO_POINTER(x->body[x->body_len - 1] + 1u));
    return NULL;
}

int cs_transfer_encoding(const cs_message *msg)
{
    unsigned created = GPOINTER_TO_UINT(lookup(msg, KEY_ENCODING, msg->instance));
    if (created)
        return (int)created - 1;
    cs_addr device = cs_addr_from_ws(msg->response ? &msg->cur.pinfo->src : &msg->cur.pinfo->dst);
    const cs_device *known = cs_capture_find_device(cs_current_capture(), &device);
    const cs_attribute_value *value = known ? cs_device_attribute(known, 0x37, msg->instance, 11) : NULL;
    return value && value->len ? value->value[0] : -1;
}

bool cs_transfer_carries(const cs_message *msg)
{
    return (msg->service == SERVICE_UPLOAD && msg->response && msg->status == 0) ||
           (msg->service == SERVICE_DOWNLOAD && !msg->response);
}

bool cs_transfer_packet(const cs_message *msg, cs_file_packet *packet)
{
    int n = (int)tvb_captured_length(msg->cur.tvb) - msg->body;
    return cs_transfer_carries(msg) && !msg->cur.cut && n > 0 &&
           cs_file_packet_read(tvb_get_ptr(msg->cur.tvb, msg->body, n), (size_t)n, packet);
}

/* Parts of an upload that were asked for at once may come out of order: one that was counted as missing is found. */
static bool fill_gap(cs_transfer *t, cs_part *part, uint8_t number)
{
    uint8_t n = (uint8_t)(number - (uint8_t)t->gap);
    if (n >= GAP_BITS || !(t->open >> n & 1))
        return false;
    t->open &= ~(1u << n);
    t->missing--;
    part->number = t->gap + n;
    return true;
}

/* Notes parts that were left out. */
static void open_gap(cs_transfer *t, uint8_t parts)
{
    t->missing += parts;
    t->gap = t->next;
    t->open = parts < GAP_BITS ? (1u << parts) - 1 : 0;
    t->next += parts;
}

/* Takes the packet's octets, or says why not. */
static void take(cs_message *msg, cs_part *part, const cs_file_packet *packet)
{
    cs_transfer *t = part->transfer;
    uint8_t ahead = (uint8_t)(packet->number - (uint8_t)t->next);
    bool late = ahead > 0x7F && !t->ended && fill_gap(t, part, packet->number);
    part->repeat = ahead == 0xFF && t->next > 0 && !late;
    if (!late)
        part->number = t->next;
    if (part->repeat || t->ended)
        return;
    if (ahead && !late) {
        /* An upload's packet was accepted by being sent; a download's only when the response says so. */
        if (t->direction == CS_FILE_DOWNLOAD || ahead > 0x7F)
            return;
        open_gap(t, ahead);
        part->number = t->next;
    }
    if (!late)
        t->next++;
    t->too_large = t->too_large || t->octets + packet->data_len > CS_MAX_FILE;
    t->octets += (uint32_t)packet->data_len;
    part->taken = !t->too_large;
    if (packet->type == CS_PACKET_ABORT) {
        part->taken = false;
        observe_end(msg, t);
    } else if (cs_packet_type_ends(packet->type)) {
        t->ended = t->missing == 0 && !t->too_large;
        if (!t->ended)
            observe_end(msg, t);
    }
}

/* The response to a download's packet: a refused part comes again, an accepted one out of sequence shows a gap. */
static void confirm(cs_message *msg)
{
    cs_part *sent = msg->exchange->transfer_request;
    if (!sent || sent->transfer->ended)
        return;
    cs_transfer *t = sent->transfer;
    if (msg->status && sent->taken && t->next == sent->number + 1)
        t->next--;
    else if (!msg->status && !sent->taken && !sent->repeat && msg->exchange->body_len) {
        uint8_t ahead = (uint8_t)(msg->exchange->body[0] - (uint8_t)t->next);
        t->missing += ahead + 1u;
        t->next += ahead + 1u;
    }
}

cs_part *cs_transfer_follow(cs_message *msg, const cs_file_packet *packet)
{
    cs_exchange *x = msg->exchange;
    if (!x)
        return NULL;
    void **slot = msg->response ? &x->transfer_response : &x->transfer_request;
    if (PINFO_FD_VISITED(msg->cur.pinfo))
        return *slot;
    cs_transfer *t = initiate(msg);
    if (!t && !packet) {
        if (msg->response && msg->service == SERVICE_DOWNLOAD)
            confirm(msg);
        return NULL;
    }
    if (!t) {
        t = lookup(msg, msg->response ? CS_FILE_UPLOAD : CS_FILE_DOWNLOAD, msg->instance);
        bool first =
            packet->number == 0 && (packet->type == CS_PACKET_FIRST || packet->type == CS_PACKET_FIRST_AND_LAST);
        if ((!t || t->ended) && first)
            t = start(msg, msg->response ? CS_FILE_UPLOAD : CS_FILE_DOWNLOAD, false, 0);
        if (!t)
            return NULL;
    }
    cs_part *part = wmem_new0(wmem_file_scope(), cs_part);
    part->transfer = t;
    if (packet)
        take(msg, part, packet);
    *slot = part;
    return part;
}

static void reset(void)
{
    transfers = 0;
}

void cs_transfer_state_register(void)
{
    active = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_int64_hash, g_int64_equal);
    register_init_routine(reset);
}
