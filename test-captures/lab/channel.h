/* channel.h
 * A conversation between two nodes: clear TCP, clear UDP, TLS over TCP or DTLS over UDP. Side 0 is the client.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_CHANNEL_H
#define LAB_CHANNEL_H

#include "net.h"
#include "tls.h"
#include "truth.h"

typedef struct {
    lab_net *net;
    const lab_node *node[2];
    uint16_t port[2];
    bool datagram;
    lab_tcp *tcp;
    lab_tls *tls[2]; /**< NULL: clear */
    GByteArray *flight[2]; /**< TLS: octets of one step, sent together */
    truth_stream *truth;
    bool up; /**< the handshake succeeded, or there is none */
} lab_channel;

/** How a secured channel is made; the fields of both ends' lab_tls_config that scenarios vary. */
typedef struct {
    lab_stack stack[2];
    lab_suites suites[2];
    const char *pki[2];
    const char *trust[2];
    bool no_client_certificate; /**< the server does not ask for one */
    bool check_expiration[2];
    bool old_version[2];
    bool send_chain;
    bool cookie;
    bool keylog;
    const char *psk_identity;
    const uint8_t *psk;
    size_t psk_len;
    uint16_t port; /**< server port, 0: 2221 */
} lab_security;

/** @return the usual security between two deployed nodes: their plant certificates, mutual, checked. */
lab_security security_mutual(const lab_node *client, const lab_node *server, lab_suites suites, lab_stack stack);

lab_channel *channel_clear_tcp(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                               uint16_t port);
/** @param client_port 0: ephemeral */
lab_channel *channel_clear_udp(lab_net *net, const char *label, const lab_node *client, uint16_t client_port,
                               const lab_node *server, uint16_t port);
/** Opens a TLS or DTLS session; look at ->up. */
lab_channel *channel_secure(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                            bool datagram, const lab_security *security);
/** A DTLS client whose ClientHello nobody answers. @param refused the server's host answers by ICMP. */
void channel_dtls_unanswered(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                             const lab_security *security, bool refused);
/** Sends one message; checks that the other end gets the same octets out. */
void channel_send(lab_channel *ch, int side, const uint8_t *data, size_t len);
/** close_notify and FIN from that side. */
void channel_close(lab_channel *ch, int side);
/** The connection breaks: RST from that side, nothing over UDP. */
void channel_break(lab_channel *ch, int side);
/** Frees the channel without a further packet: it stays open beyond the end of the capture. */
void channel_free(lab_channel *ch);

#endif
