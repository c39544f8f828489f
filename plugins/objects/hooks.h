/* hooks.h
 * What the hooks into Wireshark's CIP dissector share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_HOOKS_H
#define CIPSEC_OBJECTS_HOOKS_H

#include "message.h"

/** Wireshark's record of the request that the packet's current message belongs to; may be NULL. */
cip_req_info_t *cs_hook_request(packet_info *pinfo);
/** Class of a message: of a request from its path, of a response from the request it answers; CS_CIP_UNSET when the
 *  record is of another service than the response and so says nothing. */
uint32_t cs_hook_class(tvbuff_t *tvb, const cip_req_info_t *ri, bool response);
/** Hands a message to Wireshark's handler for classes that have none of their own. */
void cs_hook_generic(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree);

/* tcpip.c */
/** A common service of the object. @return true when Wireshark is to leave the message to us. */
bool cs_tcpip_common(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cip_req_info_t *ri);
int cs_tcpip_dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);

/* unmarked.c: responses without the response bit. */
void cs_unmarked_handoff(void);

#endif
