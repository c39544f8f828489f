/* secure_sink.c
 * Receives on the first pass what a secure stream hands out, and keeps of it what later passes show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include "datagram_pdus.h"

#include "../frame_log.h"

#define ITEMS_MAX 256
#define MESSAGE_SHOWN_MAX (64 * 1024)

typedef struct {
    uint32_t number;
    cs_secure_frame *frame;
} logged_frame;

/* Of the few frames with steps and messages; most packets are behind the last one. */
static cs_frame_log frames;

const cs_secure_frame *cs_secure_frame_of(const packet_info *pinfo)
{
    unsigned n;
    const logged_frame *found = cs_frame_log_find(&frames, pinfo->num, sizeof *found, &n);
    return found ? found->frame : NULL;
}

static cs_secure_frame *frame_of(const cs_secure_feed *feed)
{
    unsigned n;
    logged_frame entry = {feed->pinfo->num, NULL};
    const logged_frame *found = cs_frame_log_find(&frames, entry.number, sizeof entry, &n);
    if (found) {
        entry = *found;
    } else {
        entry.frame = wmem_new0(wmem_file_scope(), cs_secure_frame);
        cs_frame_log_add(&frames, &entry, sizeof entry);
        cs_current_capture()->last_noted_frame = entry.number;
    }
    entry.frame->stream = feed->packet->stream;
    return entry.frame;
}

void cs_secure_forget_frame(uint32_t number)
{
    cs_frame_log_forget(&frames, number, sizeof(logged_frame));
}

/* The frames went with the file. */
static void forget_frames(void)
{
    frames = (cs_frame_log){0};
}

void cs_secure_sink_register(void)
{
    register_cleanup_routine(forget_frames);
}

/* @return what is kept of the frame, NULL when it holds enough. */
static cs_secure_frame *with_room(const cs_secure_feed *feed)
{
    cs_secure_frame *frame = frame_of(feed);
    if (frame->kept >= ITEMS_MAX)
        return NULL;
    frame->kept++;
    return frame;
}

static CS_RARE void on_step(void *ctx, const cs_step *step)
{
    cs_secure_frame *frame = with_room(ctx);
    if (!frame)
        return;
    cs_frame_step *kept = wmem_new(wmem_file_scope(), cs_frame_step);
    *kept = (cs_frame_step){.cert = step->cert,
                            .what = g_intern_string(step->what),
                            .number = step->number,
                            .repeated = step->repeated,
                            .sender = (uint8_t)step->sender};
    *(frame->steps ? &frame->last_step->next : &frame->steps) = kept;
    frame->last_step = kept;
}

static CS_RARE void on_message(void *ctx, uint8_t type, const uint8_t *body, size_t len)
{
    cs_secure_frame *frame = with_room(ctx);
    if (!frame)
        return;
    cs_frame_message *kept = wmem_new0(wmem_file_scope(), cs_frame_message);
    kept->type = type;
    kept->len = (unsigned)MIN(len, MESSAGE_SHOWN_MAX);
    kept->body = wmem_memdup(wmem_file_scope(), body, kept->len);
    *(frame->messages ? &frame->last_message->next : &frame->messages) = kept;
    frame->last_message = kept;
}

/* Content that was not decrypted lies in what was captured, if it came in one piece. */
static bool lies_in(tvbuff_t *tvb, const cs_plaintext *data, uint32_t *offset)
{
    unsigned n = tvb_captured_length(tvb);
    const uint8_t *begin = n ? tvb_get_ptr(tvb, 0, (int)n) : NULL;
    if (!begin || data->bytes < begin || data->bytes + data->len > begin + n)
        return false;
    *offset = (uint32_t)(data->bytes - begin);
    return true;
}

static void keep_segment_pdu(const cs_secure_feed *feed, const cs_plaintext *data)
{
    uint32_t offset;
    cs_segment_pdu pdu = {.frame = feed->pinfo->num,
                          .end = feed->end,
                          .len = (uint32_t)data->len,
                          .reported = (uint32_t)data->reported & INT32_MAX,
                          .inside = lies_in(feed->payload, data, &offset)};
    if (pdu.inside)
        pdu.from = feed->seq + offset;
    else
        pdu.bytes = wmem_memdup(wmem_file_scope(), data->bytes, data->len);
    cs_frame_log_add(&feed->packet->stream->pdus, &pdu, sizeof pdu);
}

static bool keep_datagram_pdu(const cs_secure_feed *feed, const cs_plaintext *data)
{
    uint32_t offset;
    if (!lies_in(feed->payload, data, &offset) || feed->end > UINT16_MAX)
        return false;
    cs_datagram_pdu pdu = {.frame = feed->pinfo->num,
                           .offset = (uint16_t)offset,
                           .len = (uint16_t)data->len,
                           .reported = (uint16_t)data->reported,
                           .end = (uint16_t)feed->end};
    cs_datagram_pdus_add(feed->packet->stream, &pdu, tvb_reported_length(feed->payload));
    return true;
}

/* @return true when later passes have the content again */
static bool keep_pdu(const cs_secure_feed *feed, const cs_plaintext *data)
{
    if (feed->datagram)
        return !feed->elsewhere && keep_datagram_pdu(feed, data);
    keep_segment_pdu(feed, data);
    return false;
}

static void on_data(void *ctx, const cs_plaintext *data)
{
    cs_secure_feed *feed = ctx;
    bool again = data->enip && !data->shown && keep_pdu(feed, data);
    if (data->len == data->reported || (feed->datagram && data->enip))
        cs_enip_observe(feed->pinfo, feed->packet, data->bytes, (unsigned)data->len,
                        feed->datagram ? (unsigned)data->reported : 0, again);
}

static bool on_mac(void *ctx, const cs_mac_check *check)
{
    cs_secure_feed *feed = ctx;
    uint8_t status = (uint8_t)cs_secure_mac(check);
    if (status == CS_MAC_UNCHECKED)
        return false;
    cs_secure_frame *frame = frame_of(feed);
    if (!frame->macs)
        frame->macs = wmem_array_new(wmem_file_scope(), sizeof(uint8_t));
    wmem_array_append_one(frame->macs, status);
    return true;
}

static CS_RARE void on_bad_signature(void *ctx, cs_role signer)
{
    cs_secure_frame *frame = frame_of(ctx);
    frame->bad_signature = true;
    frame->bad_signer = (uint8_t)signer;
}

static CS_RARE uint8_t *inflate_zlib(void *ctx, const uint8_t *data, size_t len, size_t want)
{
    (void)ctx;
    tvbuff_t *in = tvb_new_real_data(data, (unsigned)len, (int)len);
    tvbuff_t *out = cs_tvb_uncompress_zlib(in, 0, (int)len);
    uint8_t *result = NULL;
    if (out && tvb_captured_length(out) == want && want) {
        result = g_malloc(want);
        tvb_memcpy(out, result, 0, want);
    }
    if (out)
        tvb_free(out);
    tvb_free(in);
    return result;
}

const cs_secure_sink *cs_secure_sink_for(cs_secure_feed *feed)
{
    static cs_secure_sink sink = {.step = on_step,
                                  .message = on_message,
                                  .data = on_data,
                                  .mac = on_mac,
                                  .bad_signature = on_bad_signature,
                                  .inflate = inflate_zlib};
    sink.ctx = feed;
    return &sink;
}
