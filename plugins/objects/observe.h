/* observe.h
 * From a CIP message on the wire to the capture model, and from a response to its request.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_OBSERVE_H
#define CIPSEC_OBJECTS_OBSERVE_H

#include "../plugin.h"

#include <epan/dissectors/packet-cipsafety.h>
#include <epan/dissectors/packet-cip.h>

/** A request and its response. Lives as long as the file; filled on the first pass. */
typedef struct cs_exchange {
    uint8_t service;                        /**< of the request */
    uint32_t class_id, instance, attribute; /**< of the request's path; CS_CIP_UNSET = not named */
    cs_when request_at, response_at;        /**< frame 0: not captured */
    uint8_t *body;                          /**< of the request, behind the path; NULL when empty */
    uint32_t body_len;
    uint8_t status;                             /**< of the response */
    cs_stream *stream;                          /**< that carried the request, NULL */
    int sender;                                 /**< of the request, index in stream->end[] */
    int64_t sequence;                           /**< the same when a request is repeated; -1 where nothing says */
    bool whole;                                 /**< the response was one for all that the frame asked for */
    struct cs_exchange *again;                  /**< the request sent once more before an answer came, NULL */
    void *transfer_request, *transfer_response; /**< private to the file transfers */
} cs_exchange;

/** Reports a CIP message to the model (first pass) and ties request and response together.
 *
 *  @param tvb the message from its service octet on.
 *  @param ri Wireshark's record of the request, or NULL when it has none; its address identifies the exchange.
 *  @param response true when the message is a response, whatever its service octet says.
 *  @return the exchange, owned by the file scope; NULL when ri is NULL or the request was not captured. */
cs_exchange *cs_objects_observe(tvbuff_t *tvb, packet_info *pinfo, cip_req_info_t *ri, bool response);

/** As cs_objects_observe(), of a response of the Identity object, which says something by itself. */
void cs_observe_identity_response(tvbuff_t *tvb, packet_info *pinfo, const cip_req_info_t *ri);

/** @return the exchange of a request record on any pass, or NULL. */
cs_exchange *cs_exchange_find(const cip_req_info_t *ri);

/** Offset of the body behind path or status words. @return false when the header itself is cut off; then *body is
 *  the end of the captured bytes. */
bool cs_message_body(tvbuff_t *tvb, bool response, int *body);

/** Notes a Multiple_Service_Packet. A response with other members than were asked answers all of them as a whole. */
void cs_observe_packet(tvbuff_t *tvb, packet_info *pinfo, const cip_req_info_t *ri, bool response);

/** Notes the response of Unconnected_Send that refuses the message it was to deliver: that is the message's answer.
 *  @param frame of the request. */
void cs_observe_undelivered(tvbuff_t *tvb, packet_info *pinfo, uint32_t frame);

/** Number in little endian. */
static inline uint32_t cs_octets_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/** An exchange in the order of the requests, with what tells at once that another one does not repeat it. */
typedef struct {
    cs_exchange *exchange;
    const cs_stream *stream;
    int64_t sequence;
} cs_ordered_exchange;

/** Ties a request to the one that it repeats: a client of class 3, or of DTLS without a connection, sends a request
 *  again with the same sequence count or transaction number.
 *  @param in_order the exchanges before it, cs_ordered_exchange. */
void cs_exchange_note_repeat(const wmem_array_t *in_order, cs_exchange *x);

#define CS_UNANSWERED_STRLEN 80
/** Why no answer may be in the capture. Meaningful at its end. @return buf, or NULL when nothing explains it. */
const char *cs_exchange_unanswered(const cs_exchange *x, char buf[CS_UNANSWERED_STRLEN]);

/** Reports a CIP response on a secured stream that no captured request asked for. */
void cs_observe_unasked(packet_info *pinfo);

/** All packets are there: reports requests without response. */
void cs_observe_finish(cs_capture *cap);
void cs_observe_register(void);

#endif
