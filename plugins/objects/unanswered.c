/* unanswered.c
 * Requests without an answer and answers without a request: what explains them, and which are no such thing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "observe.h"

#include "fields.h"

#include <string.h>

/* How many exchanges before a request are looked at for the one that it repeats: those of a large packet. */
#define MAX_LOOK_BACK 64
/* A capture that ends earlier after a request says nothing about the answer. */
#define ANSWER_WAIT_NS INT64_C(10000000000)

static bool same_request(const cs_exchange *a, const cs_exchange *b)
{
    return a->stream == b->stream && a->sequence == b->sequence && a->service == b->service &&
           a->class_id == b->class_id && a->instance == b->instance && a->attribute == b->attribute &&
           a->body_len == b->body_len && (a->body_len == 0 || memcmp(a->body, b->body, a->body_len) == 0);
}

void cs_exchange_note_repeat(const wmem_array_t *in_order, cs_exchange *x)
{
    unsigned count = wmem_array_get_count((wmem_array_t *)in_order);
    const cs_ordered_exchange *all = wmem_array_get_raw((wmem_array_t *)in_order);
    if (x->sequence < 0)
        return;
    for (unsigned n = 1; n <= MIN(count, MAX_LOOK_BACK); n++) {
        if (all[count - n].sequence != x->sequence || all[count - n].stream != x->stream)
            continue;
        cs_exchange *before = all[count - n].exchange;
        bool open = !before->response_at.frame && !before->again && before->request_at.frame < x->request_at.frame;
        if (open && same_request(before, x)) {
            before->again = x;
            return;
        }
    }
}

const char *cs_exchange_unanswered(const cs_exchange *x, char buf[CS_UNANSWERED_STRLEN])
{
    const cs_end *other = x->stream ? &x->stream->end[1 - x->sender] : NULL;
    if (!other)
        return NULL;
    if (!other->packets)
        return "only one direction of the stream is in the capture";
    if (other->cut)
        return "packets of the answering side were not recorded whole";
    int64_t left = cs_current_capture()->last.ns - x->request_at.ns;
    if (left >= ANSWER_WAIT_NS)
        return NULL;
    g_snprintf(buf, CS_UNANSWERED_STRLEN, "the capture ends %.3f s after it", (double)left / 1e9);
    return buf;
}

void cs_observe_unasked(packet_info *pinfo)
{
    cs_packet *packet = cs_packet_get(pinfo);
    if (PINFO_FD_VISITED(pinfo) || !packet || !cs_stream_secured(packet->stream))
        return;
    const cs_stream *stream = packet->stream;
    cs_when at = cs_packet_when(pinfo);
    /* As long as only answers are captured, one of them stands for all. */
    bool asked = stream->end[1 - packet->sender].packets > 0;
    char *key = asked ? wmem_strdup_printf(pinfo->pool, "unasked %u", pinfo->num)
                      : wmem_strdup_printf(pinfo->pool, "unasked of %u", stream->index);
    cs_finding_add(cs_current_capture(), CS_FIND_NO_REQUEST, &at, packet->stream, NULL, key, NULL);
}
