/* frame.c
 * Finds IP and transport headers in a frame by the addresses and ports that are known to be in it. That needs no
 * knowledge of the link layer, so VLAN, QinQ and tunnels need no code.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/frame.h>

#include "bytes.h"

#include <string.h>

/* How far into the frame the address pair may begin: link layer, several tags, one tunnel. */
#define MAX_OFFSET 256
#define MAX_EXTENSION_HEADERS 8

#define IPV4_SOURCE 12
#define IPV4_MIN 20
#define IPV6_SOURCE 8
#define IPV6_LEN 40
#define IPV6_FRAGMENT 44 /* next header: a fragment's */

#define PROTO_TCP 6
#define PROTO_UDP 17

/* @param by_header length of the IP packet's payload, header that of the transport header */
static inline void describe(const uint8_t *p, size_t by_header, size_t header, bool tcp, cs_frame_facts *facts)
{
    facts->src_port = (uint16_t)cs_be16(p);
    facts->dst_port = (uint16_t)cs_be16(p + 2);
    facts->tcp = tcp;
    facts->flags = tcp ? p[13] : 0;
    facts->seq = tcp ? cs_be32(p + 4) : 0;
    facts->ack = tcp ? cs_be32(p + 8) : 0;
    facts->payload = (uint32_t)(by_header - header);
    if (!tcp && cs_be16(p + 4) >= header && cs_be16(p + 4) < by_header)
        facts->payload = (uint32_t)(cs_be16(p + 4) - header); /* what follows is padding of the IP packet */
    facts->payload_offset = header;
}

static bool transport_at(const uint8_t *p, size_t captured, size_t by_header, unsigned proto, uint16_t sport,
                         uint16_t dport, cs_frame_facts *facts)
{
    size_t need = proto == PROTO_TCP ? 14 : 8;
    if (captured < need || (sport && cs_be16(p) != sport) || (dport && cs_be16(p + 2) != dport))
        return false;
    size_t header = proto == PROTO_TCP ? (size_t)(p[12] >> 4) * 4 : 8;
    if (by_header < header || (proto == PROTO_TCP && header < 20))
        return false;
    describe(p, by_header, header, proto == PROTO_TCP, facts);
    return true;
}

static bool ipv4_at(const uint8_t *ip, size_t captured, unsigned proto, uint16_t sport, uint16_t dport,
                    cs_frame_facts *facts)
{
    if (captured < IPV4_MIN || ip[0] >> 4 != 4 || ip[9] != proto)
        return false;
    size_t header = (size_t)(ip[0] & 0x0F) * 4;
    size_t total = cs_be16(ip + 2);
    if (total == 0) /* left to the network card by segmentation offload */
        total = captured;
    bool fragment = (cs_be16(ip + 6) & 0x3FFF) != 0;
    if (fragment || header < IPV4_MIN || header > captured || header > total)
        return false;
    if (!transport_at(ip + header, captured - header, total - header, proto, sport, dport, facts))
        return false;
    facts->payload_offset += header;
    return true;
}

/* Hop-by-hop options, routing, destination options, and the header of a fragment that is the whole packet (RFC 6946).
 * All give the next header first. */
static bool is_passed(unsigned header, const uint8_t *p)
{
    return header == 0 || header == 43 || header == 60 || (header == IPV6_FRAGMENT && (cs_be16(p + 2) & 0xFFF9) == 0);
}

static CS_RARE bool ipv6_at(const uint8_t *ip, size_t captured, unsigned proto, uint16_t sport, uint16_t dport,
                            cs_frame_facts *facts)
{
    if (captured < IPV6_LEN || ip[0] >> 4 != 6)
        return false;
    size_t total = cs_be16(ip + 4);
    total = total ? total + IPV6_LEN : captured;
    unsigned next = ip[6];
    size_t at = IPV6_LEN;
    for (int i = 0; i < MAX_EXTENSION_HEADERS && next != proto; i++) {
        const uint8_t *header = ip + at;
        if (at + 8 > captured || !is_passed(next, header))
            return false;
        at += next == IPV6_FRAGMENT ? 8 : ((size_t)header[1] + 1) * 8;
        next = header[0];
    }
    if (next != proto || at > captured || at > total)
        return false;
    if (!transport_at(ip + at, captured - at, total - at, proto, sport, dport, facts))
        return false;
    facts->payload_offset += at;
    return true;
}

#define ETHERNET 14

typedef struct {
    const cs_endpoint *src, *dst;
    bool v6;
    size_t before; /* bytes of the IP header before the addresses */
    unsigned proto;
} wanted;

static bool addresses_at(const uint8_t *p, const wanted *w)
{
    const uint8_t *src = w->src->addr.bytes, *dst = w->dst->addr.bytes;
    return w->v6 ? memcmp(p, src, 16) == 0 && memcmp(p + 16, dst, 16) == 0
                 : memcmp(p, src, 4) == 0 && memcmp(p + 4, dst, 4) == 0;
}

/* Are the two addresses at this place, and around them the packet? */
static bool packet_at(const uint8_t *frame, size_t len, size_t at, const wanted *w, cs_frame_facts *facts)
{
    const cs_endpoint *src = w->src, *dst = w->dst;
    if (!addresses_at(frame + at, w))
        return false;
    const uint8_t *ip = frame + at - w->before;
    size_t captured = len - (at - w->before);
    if (w->v6 ? !ipv6_at(ip, captured, w->proto, src->port, dst->port, facts)
              : !ipv4_at(ip, captured, w->proto, src->port, dst->port, facts))
        return false;
    facts->ip_offset = at - w->before;
    facts->payload_offset += facts->ip_offset;
    return true;
}

bool cs_frame_find(const uint8_t *frame, size_t len, const cs_endpoint *src, const cs_endpoint *dst, bool tcp,
                   cs_frame_facts *facts)
{
    bool v6 = src->addr.family == 6;
    if ((!v6 && src->addr.family != 4) || src->addr.family != dst->addr.family)
        return false;
    const wanted w = {src, dst, v6, v6 ? IPV6_SOURCE : IPV4_SOURCE, tcp ? PROTO_TCP : PROTO_UDP};
    size_t both = v6 ? 32 : 8;
    size_t last = len < MAX_OFFSET ? len : MAX_OFFSET;
    /* Behind plain Ethernet first; where another copy of the addresses lies before that, it is not theirs. */
    if (w.before + ETHERNET + both <= last && packet_at(frame, len, w.before + ETHERNET, &w, facts))
        return true;
    for (size_t at = w.before; at + both <= last; at++)
        if (packet_at(frame, len, at, &w, facts))
            return true;
    return false;
}

bool cs_frame_plain(const uint8_t *frame, size_t len, const void *src, const void *dst, uint16_t sport,
                    uint16_t dport, bool tcp, cs_frame_facts *facts)
{
    const uint8_t *ip = frame + ETHERNET, *p = ip + IPV4_MIN;
    if (len < ETHERNET + IPV4_MIN + 20 || ip[0] != 0x45 || ip[9] != (tcp ? PROTO_TCP : PROTO_UDP) ||
        (cs_be16(ip + 6) & 0x3FFF) != 0 || memcmp(ip + IPV4_SOURCE, src, 4) != 0 ||
        memcmp(ip + IPV4_SOURCE + 4, dst, 4) != 0 || cs_be16(p) != sport || cs_be16(p + 2) != dport)
        return false;
    size_t header = tcp ? (size_t)(p[12] >> 4) * 4 : 8, total = cs_be16(ip + 2);
    if (total < IPV4_MIN + header || (tcp && header < 20))
        return false;
    describe(p, total - IPV4_MIN, header, tcp, facts);
    facts->ip_offset = ETHERNET;
    facts->payload_offset += ETHERNET + IPV4_MIN;
    return true;
}
