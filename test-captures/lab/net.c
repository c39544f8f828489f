/* net.c
 * Ethernet, IPv4, TCP, UDP and ICMP headers with right lengths, checksums and sequence numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "net.h"

#include "bytes.h"

#define MSS 1460
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define WIRE_US 180 /* time on the wire and in the stacks, one way */

static void frame_free(void *item)
{
    lab_frame *frame = item;

    g_byte_array_unref(frame->data);
    g_free(frame);
}

lab_net *net_new(int64_t start)
{
    lab_net *net = g_new0(lab_net, 1);

    net->now = start;
    net->frames = g_ptr_array_new_with_free_func(frame_free);
    net->secrets = g_string_new(NULL);
    net->streams = g_ptr_array_new();
    net->ip_id = 0x1000;
    net->next_port = 49700;
    return net;
}

void net_free(lab_net *net)
{
    g_ptr_array_unref(net->frames);
    g_ptr_array_unref(net->streams);
    g_string_free(net->secrets, TRUE);
    g_free(net);
}

void net_wait(lab_net *net, int64_t us)
{
    net->now += us;
}

uint16_t net_port(lab_net *net)
{
    return net->next_port++;
}

unsigned net_frame(const lab_net *net)
{
    return net->frames->len;
}

/* Internet checksum over a pseudo header's sum and some octets. */
static uint16_t checksum(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    if (len & 1)
        sum += (uint32_t)data[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

/* A locally administered MAC address made of the IPv4 address; group addresses get theirs. */
static void put_mac(GByteArray *b, uint32_t ip)
{
    if ((ip & 0xFF) == 0xFF) {
        put_bytes(b, "\xFF\xFF\xFF\xFF\xFF\xFF", 6);
    } else if (ip >> 28 == 0xE) {
        put_bytes(b, "\x01\x00\x5E", 3);
        put8(b, (ip >> 16) & 0x7F);
        put_be16(b, ip & 0xFFFF);
    } else {
        put_be16(b, 0x0200);
        put_be32(b, ip);
    }
}

static void add_frame(lab_net *net, uint32_t src, uint32_t dst, uint8_t protocol, int stream, const GByteArray *payload)
{
    lab_frame *frame = g_new0(lab_frame, 1);
    GByteArray *b = g_byte_array_new();
    guint ip;

    put_mac(b, dst);
    put_mac(b, src);
    put_be16(b, 0x0800);
    ip = b->len;
    put_be16(b, 0x4500);
    put_be16(b, 20 + payload->len);
    put_be16(b, net->ip_id++);
    put_be16(b, 0x4000);
    put8(b, 64);
    put8(b, protocol);
    put_be16(b, 0);
    put_be32(b, src);
    put_be32(b, dst);
    {
        uint16_t sum = checksum(0, b->data + ip, 20);

        b->data[ip + 10] = sum >> 8;
        b->data[ip + 11] = sum & 0xFF;
    }
    put_bytes(b, payload->data, payload->len);
    while (b->len < 60)
        put8(b, 0);
    frame->data = b;
    frame->us = net->now;
    frame->phase = net->phase;
    frame->stream = stream;
    g_ptr_array_add(net->frames, frame);
    net->now += WIRE_US;
}

/* Fills in the checksum at an offset of a TCP or UDP segment. */
static void seal(GByteArray *segment, uint32_t src, uint32_t dst, uint8_t protocol, guint at)
{
    uint32_t pseudo = (src >> 16) + (src & 0xFFFF) + (dst >> 16) + (dst & 0xFFFF) + protocol + segment->len;
    uint16_t sum = checksum(pseudo, segment->data, segment->len);

    if (sum == 0 && protocol == 17)
        sum = 0xFFFF;
    segment->data[at] = sum >> 8;
    segment->data[at + 1] = sum & 0xFF;
}

static void segment(lab_tcp *tcp, int side, uint8_t flags, const uint8_t *data, size_t len)
{
    uint32_t src = plant_ip(tcp->node[side]->address), dst = plant_ip(tcp->node[!side]->address);
    GByteArray *b = g_byte_array_new();
    bool syn = (flags & TCP_SYN) != 0;

    put_be16(b, tcp->port[side]);
    put_be16(b, tcp->port[!side]);
    put_be32(b, tcp->seq[side]);
    put_be32(b, (flags & TCP_ACK) ? tcp->seq[!side] : 0);
    put8(b, syn ? 0x60 : 0x50);
    put8(b, flags);
    put_be16(b, (flags & TCP_RST) ? 0 : 32768);
    put_be32(b, 0);
    if (syn) {
        put_be16(b, 0x0204);
        put_be16(b, MSS);
    }
    put_bytes(b, data, len);
    seal(b, src, dst, 6, 16);
    add_frame(tcp->net, src, dst, 6, tcp->stream, b);
    g_byte_array_unref(b);
    tcp->seq[side] += (uint32_t)len + ((flags & (TCP_SYN | TCP_FIN)) ? 1 : 0);
    if (flags & TCP_ACK)
        tcp->ack_due[side] = false;
}

static lab_tcp *tcp_new(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream)
{
    lab_tcp *tcp = g_new0(lab_tcp, 1);

    tcp->net = net;
    tcp->node[0] = client;
    tcp->node[1] = server;
    tcp->port[0] = net_port(net);
    tcp->port[1] = sport;
    tcp->seq[0] = 0x10000000u + tcp->port[0] * 4099u;
    tcp->seq[1] = 0x70000000u + tcp->port[0] * 8191u;
    tcp->stream = stream;
    return tcp;
}

lab_tcp *tcp_open(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream)
{
    lab_tcp *tcp = tcp_new(net, client, server, sport, stream);

    segment(tcp, 0, TCP_SYN, NULL, 0);
    segment(tcp, 1, TCP_SYN | TCP_ACK, NULL, 0);
    segment(tcp, 0, TCP_ACK, NULL, 0);
    return tcp;
}

void tcp_refused(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream)
{
    lab_tcp *tcp = tcp_new(net, client, server, sport, stream);

    segment(tcp, 0, TCP_SYN, NULL, 0);
    tcp->seq[1] = 0;
    segment(tcp, 1, TCP_RST | TCP_ACK, NULL, 0);
    g_free(tcp);
}

void tcp_unanswered(lab_net *net, const lab_node *client, const lab_node *server, uint16_t sport, int stream)
{
    lab_tcp *tcp = tcp_new(net, client, server, sport, stream);

    for (int i = 0; i < 3; i++) {
        segment(tcp, 0, TCP_SYN, NULL, 0);
        tcp->seq[0]--;
        net_wait(net, (int64_t)(1 << i) * 1000000);
    }
    g_free(tcp);
}

void tcp_send(lab_tcp *tcp, int side, const uint8_t *data, size_t len)
{
    if (tcp->ack_due[!side])
        segment(tcp, !side, TCP_ACK, NULL, 0);
    while (len > 0) {
        size_t part = MIN(len, MSS);

        segment(tcp, side, (uint8_t)(TCP_ACK | (part == len ? TCP_PSH : 0)), data, part);
        data += part;
        len -= part;
    }
    tcp->ack_due[!side] = true;
}

void tcp_settle(lab_tcp *tcp)
{
    for (int side = 0; side < 2; side++) {
        if (tcp->ack_due[side])
            segment(tcp, side, TCP_ACK, NULL, 0);
    }
}

void tcp_keep_alive(lab_tcp *tcp, int side)
{
    tcp_settle(tcp);
    tcp->seq[side]--;
    segment(tcp, side, TCP_ACK, NULL, 0);
    tcp->seq[side]++;
    segment(tcp, !side, TCP_ACK, NULL, 0);
}

void tcp_close(lab_tcp *tcp, int side)
{
    tcp_settle(tcp);
    segment(tcp, side, TCP_FIN | TCP_ACK, NULL, 0);
    segment(tcp, !side, TCP_FIN | TCP_ACK, NULL, 0);
    segment(tcp, side, TCP_ACK, NULL, 0);
}

void tcp_reset(lab_tcp *tcp, int side)
{
    segment(tcp, side, TCP_RST | TCP_ACK, NULL, 0);
}

static void datagram(lab_net *net, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport, int stream,
                     const uint8_t *data, size_t len)
{
    GByteArray *b = g_byte_array_new();

    put_be16(b, sport);
    put_be16(b, dport);
    put_be16(b, (unsigned)(8 + len));
    put_be16(b, 0);
    put_bytes(b, data, len);
    seal(b, src, dst, 17, 6);
    add_frame(net, src, dst, 17, stream, b);
    g_byte_array_unref(b);
}

void udp_send(lab_net *net, const lab_node *from, uint16_t from_port, const lab_node *to, uint16_t to_port, int stream,
              const uint8_t *data, size_t len)
{
    datagram(net, plant_ip(from->address), from_port, plant_ip(to->address), to_port, stream, data, len);
}

void udp_send_group(lab_net *net, const lab_node *from, uint16_t from_port, const char *group, uint16_t to_port,
                    const uint8_t *data, size_t len)
{
    datagram(net, plant_ip(from->address), from_port, plant_ip(group), to_port, -1, data, len);
}

void icmp_port_unreachable(lab_net *net, const lab_node *from, const lab_node *to, int stream)
{
    const lab_frame *last = g_ptr_array_index(net->frames, net->frames->len - 1);
    GByteArray *b = g_byte_array_new();
    uint16_t sum;

    put8(b, 3);
    put8(b, 3);
    put_be16(b, 0);
    put_be32(b, 0);
    put_bytes(b, last->data->data + 14, 28);
    sum = checksum(0, b->data, b->len);
    b->data[2] = sum >> 8;
    b->data[3] = sum & 0xFF;
    add_frame(net, plant_ip(from->address), plant_ip(to->address), 1, stream, b);
    g_byte_array_unref(b);
}
