/* ports.h
 * The ports of the wrapper, and how Wireshark's EtherNet/IP dissectors are called on other ports than 2221.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TRANSPORT_PORTS_H
#define CIPSEC_TRANSPORT_PORTS_H

#include "../plugin.h"

/** What Wireshark has for the content of TLS and DTLS on port 2221. */
typedef struct {
    dissector_handle_t tls, dtls;
} cs_content_handles;

/** @return false when Wireshark has none. */
bool cs_ports_content(cs_content_handles *content);
/** @return what Wireshark has for a UDP port, also where the wrapper took its place; NULL for nothing */
dissector_handle_t cs_ports_udp(uint32_t port);
/** Calls a dissector for content with 2221 in place of the CIP Security port that the packet has: Wireshark's
 *  EtherNet/IP dissector tells requests from responses by it. Exceptions pass through. @return its result */
int cs_ports_call(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data);
/** Puts the wrappers on the ports of the preference. @param content kept */
void cs_ports_handoff(const cs_content_handles *content, dissector_handle_t tls_wrapper,
                      dissector_handle_t dtls_wrapper);

#endif
