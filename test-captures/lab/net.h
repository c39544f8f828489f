/* net.h
 * A network that exists on paper: frames with virtual time stamps, TCP and UDP around what the ends say, and the
 * list of streams for the ground truth. Nothing is sent anywhere.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_NET_H
#define LAB_NET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "plant.h"

/** What a frame belongs to. A mid-stream capture leaves out everything up to and including a phase. */
typedef enum {
    PHASE_DATA, /**< the conversation itself */
    PHASE_HANDSHAKE, /**< TCP and TLS/DTLS handshakes */
    PHASE_OPENING, /**< Forward_Open and the like, where the capture is to start later still */
} lab_phase;

typedef struct {
    int64_t us; /**< virtual time, microseconds since 1970 */
    lab_phase phase;
    int stream; /**< index of the truth stream, -1: none */
    GByteArray *data;
} lab_frame;

/** One scenario's traffic. */
typedef struct {
    int64_t now; /**< virtual clock, microseconds since 1970 */
    lab_phase phase; /**< given to the frames that are made now */
    GPtrArray *frames; /**< lab_frame*, in order of time */
    GString *secrets; /**< TLS key log lines */
    GPtrArray *streams; /**< truth_stream* (truth.h) */
    uint16_t ip_id;
    uint16_t next_port; /**< ephemeral ports count up: same truth in every run */
} lab_net;

/** @param start virtual time of the first frame, microseconds since 1970. */
lab_net *net_new(int64_t start);
void net_free(lab_net *net);
/** Lets virtual time pass. */
void net_wait(lab_net *net, int64_t us);
/** @return a fresh ephemeral port. */
uint16_t net_port(lab_net *net);
/** @return number of frames so far = number of the last frame. */
unsigned net_frame(const lab_net *net);

/** A TCP connection. Side 0 is the client, side 1 the server. */
typedef struct {
    lab_net *net;
    const lab_node *node[2];
    uint16_t port[2];
    uint32_t seq[2];
    bool ack_due[2]; /**< that side has not yet acknowledged what it got */
    int stream;
} lab_tcp;

/** Opens a connection with SYN, SYN/ACK, ACK. @param stream truth stream index. */
lab_tcp *tcp_open(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream);
/** SYN answered by RST: the port is closed. */
void tcp_refused(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream);
/** SYN that nobody answers, sent three times. */
void tcp_unanswered(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream);
/** Sends data in segments of at most 1460 octets. */
void tcp_send(lab_tcp *tcp, int side, const uint8_t *data, size_t len);
/** Acknowledges what was not acknowledged yet. */
void tcp_settle(lab_tcp *tcp);
/** A keep-alive of that side and its acknowledgement. */
void tcp_keep_alive(lab_tcp *tcp, int side);
/** FIN from that side, answered by the other one. */
void tcp_close(lab_tcp *tcp, int side);
/** RST from that side. */
void tcp_reset(lab_tcp *tcp, int side);

/** Sends one datagram. */
void udp_send(lab_net *net, const lab_node *from, uint16_t from_port, const lab_node *to, uint16_t to_port, int stream,
              const uint8_t *data, size_t len);
/** Sends one datagram to an address that is no node's: a broadcast or multicast. */
void udp_send_group(lab_net *net, const lab_node *from, uint16_t from_port, const char *group, uint16_t to_port,
                    const uint8_t *data, size_t len);
/** ICMP port unreachable from the receiver of the last frame, quoting it. */
void icmp_port_unreachable(lab_net *net, const lab_node *from, const lab_node *to, int stream);

#endif
