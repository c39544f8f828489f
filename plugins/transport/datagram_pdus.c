/* datagram_pdus.c
 * Datagrams of I/O are alike, so that nearly all of them can be described together: one record that ends with the
 * datagram, the content at the same offset and with as much behind it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "datagram_pdus.h"

#include "../frame_log.h"

static bool goes_on(const cs_pdu_run *run, bool whole, unsigned offset, unsigned trailer)
{
    return whole && run->open && run->datagrams == run->upto + 1 && run->offset == offset && run->trailer == trailer;
}

void cs_datagram_pdus_add(cs_stream *stream, const cs_datagram_pdu *pdu, unsigned datagram)
{
    cs_pdu_run *run = &stream->pdu_run;
    bool whole = pdu->end == datagram && pdu->len == pdu->reported;
    uint16_t trailer = (uint16_t)(pdu->end - pdu->offset - pdu->reported);
    if (goes_on(run, whole, pdu->offset, trailer)) {
        run->upto++;
        run->joined = true;
        stream->pdus.last = pdu->frame;
        return;
    }
    cs_datagram_pdu *before = cs_frame_log_newest(&stream->pdus, sizeof *pdu), added = *pdu;
    if (before)
        before->last = stream->pdus.last;
    added.last = pdu->frame;
    cs_frame_log_add(&stream->pdus, &added, sizeof added);
    *run = (cs_pdu_run){run->datagrams, run->datagrams, pdu->offset, trailer, whole, false};
}

static const cs_datagram_pdu *describe(cs_datagram_pdu *one, unsigned offset, unsigned trailer, unsigned datagram,
                                       unsigned *n)
{
    *n = datagram >= offset + trailer;
    one->offset = (uint16_t)offset;
    one->len = one->reported = (uint16_t)(datagram - offset - trailer);
    one->end = (uint16_t)datagram;
    return *n ? one : NULL;
}

const cs_datagram_pdu *cs_datagram_pdus_find(const cs_stream *stream, uint32_t frame, unsigned datagram,
                                             cs_datagram_pdu *one, unsigned *n)
{
    const cs_frame_log *log = &stream->pdus;
    const cs_pdu_run *run = &stream->pdu_run;
    *n = 0;
    if (!cs_frame_log_reaches(log, frame))
        return NULL;
    /* While packets come in, nothing but the run is asked for: it is at hand. */
    if (frame == log->last && run->joined)
        return describe(one, run->offset, run->trailer, datagram, n);
    const cs_datagram_pdu *found = cs_frame_log_look_up(log, frame, sizeof *found, n);
    if (*n || !found)
        return found;
    uint32_t last = found == cs_frame_log_newest(log, sizeof *found) ? log->last : found->last;
    unsigned trailer = found->end - (unsigned)found->offset - found->reported;
    return frame <= last ? describe(one, found->offset, trailer, datagram, n) : NULL;
}
