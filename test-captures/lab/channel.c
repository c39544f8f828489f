/* channel.c
 * Runs the two ends of a conversation against each other and puts what they say on the paper network.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECURE_PORT 2221
#define MAX_ROUNDS 40

/* Tells the output functions which side speaks. */
typedef struct {
    lab_channel *ch;
    int side;
} speaker;

static lab_channel *channel_new(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                                bool datagram, bool secured)
{
    lab_channel *ch = g_new0(lab_channel, 1);

    ch->net = net;
    ch->node[0] = client;
    ch->node[1] = server;
    ch->datagram = datagram;
    ch->truth = truth_add_stream(net, label, client, server, datagram, secured);
    ch->flight[0] = g_byte_array_new();
    ch->flight[1] = g_byte_array_new();
    return ch;
}

static void set_ports(lab_channel *ch, uint16_t client, uint16_t server)
{
    ch->port[0] = ch->truth->port[0] = client;
    ch->port[1] = ch->truth->port[1] = server;
}

lab_security security_mutual(const lab_node *client, const lab_node *server, lab_suites suites, lab_stack stack)
{
    lab_security s = { 0 };

    for (int i = 0; i < 2; i++) {
        s.stack[i] = stack;
        s.suites[i] = suites;
        s.trust[i] = "plant-ca";
    }
    s.pki[0] = client->pki;
    s.pki[1] = server->pki;
    return s;
}

lab_channel *channel_clear_tcp(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                               uint16_t port)
{
    lab_channel *ch = channel_new(net, label, client, server, false, false);

    net->phase = PHASE_HANDSHAKE;
    ch->tcp = tcp_open(net, client, server, port, ch->truth->index);
    set_ports(ch, ch->tcp->port[0], port);
    net->phase = PHASE_DATA;
    ch->up = true;
    return ch;
}

lab_channel *channel_clear_udp(lab_net *net, const char *label, const lab_node *client, uint16_t client_port,
                               const lab_node *server, uint16_t port)
{
    lab_channel *ch = channel_new(net, label, client, server, true, false);

    set_ports(ch, client_port != 0 ? client_port : net_port(net), port);
    ch->up = true;
    return ch;
}

/* Puts octets of a side on the network and gives them to the other end. */
static void carry(lab_channel *ch, int side, const uint8_t *data, size_t len)
{
    if (ch->datagram) {
        udp_send(ch->net, ch->node[side], ch->port[side], ch->node[!side], ch->port[!side], ch->truth->index, data,
                 len);
    } else {
        tcp_send(ch->tcp, side, data, len);
    }
    if (ch->tls[!side] != NULL)
        tls_feed(ch->tls[!side], data, len);
}

static void output(void *user, const uint8_t *data, size_t len)
{
    speaker *who = user;

    if (who->ch->datagram)
        carry(who->ch, who->side, data, len);
    else
        g_byte_array_append(who->ch->flight[who->side], data, (guint)len);
}

/* Sends what a side's TLS end has written. @return true when there was something. */
static bool flush(lab_channel *ch, int side)
{
    GByteArray *flight = ch->flight[side];
    bool any = flight->len > 0;

    if (any) {
        ch->flight[side] = g_byte_array_new();
        carry(ch, side, flight->data, flight->len);
        g_byte_array_unref(flight);
    }
    return any;
}

static lab_tls_config end_config(const lab_security *s, int side, bool datagram)
{
    lab_tls_config c = { 0 };

    c.stack = s->stack[side];
    c.suites = s->suites[side];
    c.server = side == 1;
    c.datagram = datagram;
    c.pki = s->pki[side];
    c.trust = s->trust[side];
    c.want_client_certificate = side == 1 && !s->no_client_certificate;
    c.check_expiration = s->check_expiration[side];
    c.old_version = s->old_version[side];
    c.send_chain = s->send_chain;
    c.cookie = s->cookie;
    c.psk_identity = s->psk_identity;
    c.psk = s->psk;
    c.psk_len = s->psk_len;
    return c;
}

static void make_ends(lab_channel *ch, const lab_security *security)
{
    for (int side = 0; side < 2; side++) {
        lab_tls_config config = end_config(security, side, ch->datagram);
        speaker *who = g_new0(speaker, 1);

        who->ch = ch;
        who->side = side;
        ch->tls[side] = tls_new(&config, ch->net->now / 1000000, output, who,
                                security->keylog && side == 0 ? ch->net->secrets : NULL);
    }
}

static const char *alert_words(int alert)
{
    switch (alert) {
    case 40: return "no common cipher suite or no acceptable certificate";
    case 42: return "bad certificate";
    case 45: return "certificate expired";
    case 46: return "certificate not acceptable";
    case 48: return "unknown CA";
    case 70: return "no common protocol version";
    case 116: return "certificate required";
    default: return "handshake failed";
    }
}

static void note_result(lab_channel *ch, const lab_security *security)
{
    truth_stream *t = ch->truth;
    bool psk = security->psk != NULL;

    ch->up = ch->tls[0]->result == TLS_DONE && ch->tls[1]->result == TLS_DONE;
    for (int side = 0; side < 2; side++) {
        if (ch->tls[side]->alert_sent >= 0) {
            t->alert = ch->tls[side]->alert_sent;
            t->alert_sender = side;
            t->failure = alert_words(t->alert);
        }
    }
    t->handshake = ch->up ? "complete" : "failed";
    if (!ch->up) {
        t->kind = "failed";
        t->closed = true;
        return;
    }
    t->version = ch->tls[0]->version;
    t->suite = ch->tls[0]->suite;
    t->mutual = ch->tls[0]->peer_certificate && ch->tls[1]->peer_certificate;
    t->pki[1] = psk ? NULL : security->pki[1];
    t->pki[0] = t->mutual ? security->pki[0] : NULL;
}

lab_channel *channel_secure(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                            bool datagram, const lab_security *security)
{
    lab_channel *ch = channel_new(net, label, client, server, datagram, true);
    uint16_t port = security->port != 0 ? security->port : SECURE_PORT;

    net->phase = PHASE_HANDSHAKE;
    if (!datagram)
        ch->tcp = tcp_open(net, client, server, port, ch->truth->index);
    set_ports(ch, datagram ? net_port(net) : ch->tcp->port[0], port);
    make_ends(ch, security);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        int side = round & 1;
        unsigned before = net_frame(net);

        tls_handshake(ch->tls[side]);
        flush(ch, side);
        net_wait(net, 900);
        if (net_frame(net) == before && round > 2 && ch->tls[!side]->result != TLS_MORE)
            break;
    }
    note_result(ch, security);
    if (!ch->up && !datagram)
        tcp_close(ch->tcp, ch->truth->alert_sender < 0 ? 0 : ch->truth->alert_sender);
    net->phase = PHASE_DATA;
    return ch;
}

void channel_dtls_unanswered(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                             const lab_security *security, bool refused)
{
    lab_channel *ch = channel_new(net, label, client, server, true, true);
    lab_frame *hello;

    net->phase = PHASE_HANDSHAKE;
    set_ports(ch, net_port(net), SECURE_PORT);
    make_ends(ch, security);
    tls_handshake(ch->tls[0]);
    hello = g_ptr_array_index(net->frames, net->frames->len - 1);
    if (refused) {
        icmp_port_unreachable(net, server, client, ch->truth->index);
    } else {
        for (int i = 0; i < 3; i++) {
            uint8_t *again = g_memdup2(hello->data->data + 42, hello->data->len - 42);

            again[10] = (uint8_t)(i + 1); /* a retransmission has a record number of its own */
            net_wait(net, (int64_t)(1 << i) * 1000000);
            udp_send(net, client, ch->port[0], server, SECURE_PORT, ch->truth->index, again, hello->data->len - 42);
            g_free(again);
        }
    }
    ch->truth->handshake = "incomplete";
    ch->truth->closed = true;
    ch->truth->kind = "failed";
    ch->truth->failure = refused ? "port closed" : "no answer to the ClientHello";
    net->phase = PHASE_DATA;
    channel_free(ch);
}

void channel_send(lab_channel *ch, int side, const uint8_t *data, size_t len)
{
    uint8_t *got;

    if (ch->tls[side] == NULL) {
        carry(ch, side, data, len);
        return;
    }
    if (!tls_write(ch->tls[side], data, len)) {
        fprintf(stderr, "%s: sending failed\n", ch->truth->label);
        exit(1);
    }
    flush(ch, side);
    got = g_malloc(len + 1);
    if (tls_read(ch->tls[!side], got, len + 1) != len || memcmp(got, data, len) != 0) {
        fprintf(stderr, "%s: the other end did not get what was sent\n", ch->truth->label);
        exit(1);
    }
    g_free(got);
}

void channel_close(lab_channel *ch, int side)
{
    ch->truth->closed = true;
    if (ch->tls[side] != NULL) {
        tls_bye(ch->tls[side]);
        flush(ch, side);
    }
    if (ch->tcp != NULL)
        tcp_close(ch->tcp, side);
    channel_free(ch);
}

void channel_break(lab_channel *ch, int side)
{
    ch->truth->closed = true;
    if (ch->tcp != NULL)
        tcp_reset(ch->tcp, side);
    channel_free(ch);
}

void channel_free(lab_channel *ch)
{
    for (int side = 0; side < 2; side++) {
        if (ch->tls[side] != NULL) {
            g_free(ch->tls[side]->user);
            tls_free(ch->tls[side]);
        }
        g_byte_array_unref(ch->flight[side]);
    }
    g_free(ch->tcp);
    g_free(ch);
}
