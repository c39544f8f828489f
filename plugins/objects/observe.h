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
    void *transfer_request, *transfer_response; /**< private to the file transfers */
} cs_exchange;

/** Reports a CIP message to the model (first pass) and ties request and response together.
 *
 *  @param tvb the message from its service octet on.
 *  @param ri Wireshark's record of the request, or NULL when it has none; its address identifies the exchange.
 *  @param response true when the message is a response, whatever its service octet says.
 *  @return the exchange, owned by the file scope; NULL when ri is NULL or the request was not captured. */
cs_exchange *cs_objects_observe(tvbuff_t *tvb, packet_info *pinfo, cip_req_info_t *ri, bool response);

/** @return the exchange of a request record on any pass, or NULL. */
cs_exchange *cs_exchange_find(const cip_req_info_t *ri);

/** Offset of the body behind path or status words. @return false when the header itself is cut off; then *body is
 *  the end of the captured bytes. */
bool cs_message_body(tvbuff_t *tvb, bool response, int *body);

/** Notes a Multiple_Service_Packet. One that is refused as a whole answers all its members. */
void cs_observe_packet(tvbuff_t *tvb, packet_info *pinfo, const cip_req_info_t *ri, bool response);

void cs_observe_register(void);

#endif
