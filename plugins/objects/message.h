/* message.h
 * A CIP message of one of the objects, being decoded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_MESSAGE_H
#define CIPSEC_OBJECTS_MESSAGE_H

#include "codec.h"
#include "observe.h"

typedef struct {
    cs_cursor cur; /**< at the body */
    cs_object_id object;
    const cs_service_row *row; /**< NULL for a service that no source knows */
    cs_exchange *exchange;     /**< NULL when the request is not known */
    bool response;
    uint8_t service; /**< without the response bit */
    uint8_t status;
    uint32_t instance, attribute; /**< CS_CIP_UNSET when not in the path */
    cs_scope scope;
    int body;          /**< offset of the body */
    proto_tree *outer; /**< the tree that the message's own subtree is in */
    const char *info;  /**< what the message does, for the Info column */
} cs_message;

typedef enum {
    CS_OWN,          /**< the message is ours: Wireshark shows nothing of its body itself */
    CS_OWN_RESPONSE, /**< as CS_OWN; a response although its service octet does not say so */
    CS_SHADOW        /**< Wireshark decodes the message too: no stock fields, no Info column */
} cs_manner;

/** Decodes a message of an object that Wireshark handed over, from its service octet on.
 *  @return false when its body ends early or contradicts itself. */
bool cs_message_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_object_id object, cip_req_info_t *ri,
                        cs_manner manner);

/* attributes.c: bodies made of attributes. Each sets msg->info. */
void cs_read_attribute_single(cs_message *msg);
void cs_read_attributes_all(cs_message *msg);
void cs_read_attribute_list(cs_message *msg, cs_body body);
/** Whether the message's body may hold keys as long as none were read; lists judge by themselves. */
bool cs_attributes_secret(const cs_message *msg, cs_body body);
/** @return "State" or "Attribute 99". */
const char *cs_attribute_name(packet_info *pinfo, cs_object_id object, cs_scope scope, uint32_t id);
void cs_attributes_register(void);
void cs_attributes_handoff(void);

/* transfer.c: file transfers; after the body was read. */
void cs_transfer_message(cs_message *msg);
void cs_transfer_register(void);
void cs_transfer_handoff(void);

#endif
