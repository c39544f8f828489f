/* datagram_pdus.h
 * Where in the datagrams of a stream EtherNet/IP lies that only we could read. Later passes show it again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TRANSPORT_DATAGRAM_PDUS_H
#define CIPSEC_TRANSPORT_DATAGRAM_PDUS_H

#include <cipsec/model.h>

/** The content of a record. Offsets are those in the datagram. */
typedef struct {
    uint32_t frame;
    uint32_t last; /**< of the frames, each with one such record, that follow without another datagram between */
    uint16_t offset, len, reported;
    uint16_t end; /**< behind the record */
} cs_datagram_pdu;

/** The stream's next datagram. First pass. */
static inline void cs_datagram_pdus_next(cs_stream *stream)
{
    stream->pdu_run.datagrams++;
}

/** Adds one of the datagram at hand. First pass. @param pdu without last @param datagram its length */
void cs_datagram_pdus_add(cs_stream *stream, const cs_datagram_pdu *pdu, unsigned datagram);
/** @param datagram length of the one at hand @param one place for the answer
 *  @return the first one of the frame, *n = how many follow each other from there; valid as long as one is. NULL when
 *  there is none */
const cs_datagram_pdu *cs_datagram_pdus_find(const cs_stream *stream, uint32_t frame, unsigned datagram,
                                             cs_datagram_pdu *one, unsigned *n);

#endif
