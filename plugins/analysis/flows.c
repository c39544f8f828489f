/* flows.c
 * From a packet's ends to its stream: the streams that ran between two ends, one after the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "flows.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/dissectors/packet-udp.h>

#include <cipsec/frame.h>
#include <cipsec/secure.h>

#include <stddef.h>

/* What a server's port promises; 0 for nothing. */
static cs_transport of_server_port(uint32_t port, bool tcp)
{
    if (cs_is_secure_port(port))
        return tcp ? CS_TRANSPORT_TLS : CS_TRANSPORT_DTLS;
    if (port == CS_PORT_ENIP)
        return tcp ? CS_TRANSPORT_TCP : CS_TRANSPORT_UDP;
    return !tcp && port == CS_PORT_ENIP_IO ? CS_TRANSPORT_UDP : 0;
}

/* One side's port says who is the server, the weakest evidence; on the I/O port both produce and it says nothing. */
static CS_RARE void roles_by_port(cs_stream *stream)
{
    bool first = of_server_port(stream->end[0].ep.port, true), second = of_server_port(stream->end[1].ep.port, true);
    if (first != second)
        cs_stream_set_client(stream, first ? 1 : 0, CS_ROLE_SOURCE_PORT);
}

static CS_RARE uint32_t stream_number(packet_info *pinfo)
{
    if (pinfo->ptype == PT_TCP) {
        const struct tcp_analysis *tcp = cs_tcp_analysis(pinfo);
        return tcp ? tcp->stream : UINT32_MAX;
    }
    const struct udp_analysis *udp = get_udp_conversation_data(find_or_create_conversation(pinfo), pinfo);
    return udp ? udp->stream : UINT32_MAX;
}

/* The two ends of a UDP flow, the smaller one first. Wireshark's conversations would do, but its EtherNet/IP dissector
 * adds half-open ones for the I/O port, which split the two directions of one flow. */
typedef struct {
    cs_endpoint end[2];
} flow_key;

/* The streams between two ends in order of their first frames. */
typedef struct {
    flow_key key; /* UDP */
    cs_stream *last;
    wmem_array_t *all; /* cs_stream*; NULL while there is but one */
    bool other; /* not one of ours, though a port is */
} flow;

static void add_to_flow(flow *f, cs_stream *stream)
{
    if (f->last && !f->all) {
        f->all = wmem_array_new(wmem_file_scope(), sizeof(cs_stream *));
        wmem_array_append_one(f->all, f->last);
    }
    if (f->all)
        wmem_array_append_one(f->all, stream);
    f->last = stream;
}

/* GLib's tables and not wmem's maps: they keep the hashes beside each other, where a map compares the key of each entry
 * in its place, one wait each. */
static GHashTable *udp_flows; /* flow_key* -> flow* */
/* conversation_t* -> flow*. As data of the conversation it would stand in the way of what Wireshark's own dissectors
 * look for there with each packet. */
static GHashTable *tcp_flows;

static guint flow_hash(gconstpointer data)
{
    const flow_key *key = data;
    return cs_addr_hash(&key->end[0].addr) * 31 + cs_addr_hash(&key->end[1].addr) +
           ((guint)key->end[0].port << 16 | key->end[1].port) * 2654435761u;
}

static bool same_end(const cs_endpoint *a, const cs_endpoint *b)
{
    return a->port == b->port && cs_addr_equal(&a->addr, &b->addr);
}

static gboolean flow_equal(gconstpointer a, gconstpointer b)
{
    const flow_key *x = a, *y = b;
    return same_end(&x->end[0], &y->end[0]) && same_end(&x->end[1], &y->end[1]);
}

static bool is_smaller(const cs_endpoint *a, const cs_endpoint *b)
{
    int order = memcmp(a->addr.bytes, b->addr.bytes, sizeof a->addr.bytes);
    return order < 0 || (order == 0 && a->port < b->port);
}

/* The streams met last, so that most packets cost no look into the maps: a place for each direction, twice as many
 * places as directions. The hosts are whole for IPv4; for IPv6, where they are the last words of the addresses, the
 * ends of the stream decide. */
typedef struct {
    uint64_t hosts; /* source and destination */
    uint32_t ports;
    uint8_t kind; /* family and transport, 0: nothing here */
    uint8_t sender; /* in the stream */
    bool settled; /* see cs_packet.settled */
    cs_stream *stream; /* the last between these ends */
    const void *state; /* of the stream's records, or of its rhythm: asking the stream would cost another wait */
} recent_stream;

/* Two places that share a line of the cache. When both are taken, the neighbour's serve: of two lines that lie in twice
 * their size, hardware often fetches both. */
#define WAYS 2
typedef struct {
    recent_stream way[WAYS];
} __attribute__((aligned(CS_CACHE_LINE))) recent_set;

#define RECENT_BITS 8
#define RECENT_BITS_MAX 19
#define RECENT_ALIGNMENT (2 * CS_CACHE_LINE)
static recent_set first_recents[1 << RECENT_BITS] __attribute__((aligned(RECENT_ALIGNMENT)));
static recent_set *recents = first_recents;
static unsigned recent_bits = RECENT_BITS;

/* @param v4 four octets each */
static inline recent_stream key_of_v4(const void *src, const void *dst, uint32_t ports, bool tcp)
{
    recent_stream key = {.ports = ports, .kind = 1 + 4 + (tcp ? 8 : 0)};
    memcpy(&key.hosts, src, 4);
    memcpy((uint8_t *)&key.hosts + 4, dst, 4);
    return key;
}

static inline uint32_t both_ports(uint32_t src, uint32_t dst)
{
    return src << 16 | (dst & 0xFFFF);
}

static CS_RARE recent_stream key_of_ends(const cs_endpoint *src, const cs_endpoint *dst, bool tcp)
{
    unsigned family = src->addr.family, at = family == 6 ? 12 : 0; /* of IPv6 what tells hosts of a plant apart */
    recent_stream key =
        key_of_v4(src->addr.bytes + at, dst->addr.bytes + at, both_ports(src->port, dst->port), tcp);
    key.kind = (uint8_t)(1 + family + (tcp ? 8 : 0));
    return key;
}

static CS_RARE recent_stream key_of_others(const packet_info *pinfo)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    return key_of_ends(&src, &dst, pinfo->ptype == PT_TCP);
}

static inline recent_stream key_of_packet(const packet_info *pinfo)
{
    if (G_UNLIKELY(pinfo->src.type != AT_IPv4 || pinfo->dst.type != AT_IPv4))
        return key_of_others(pinfo);
    return key_of_v4(pinfo->src.data, pinfo->dst.data, both_ports(pinfo->srcport, pinfo->destport),
                     pinfo->ptype == PT_TCP);
}

/* Hosts differ in few bits, those of one flow often in the same ones, so each bit takes part in each of the index. */
static inline recent_stream *set_of(const recent_stream *key)
{
    uint64_t mixed = (key->hosts ^ key->hosts >> 29) * UINT64_C(0x9E3779B97F4A7C15) + key->ports;
    return recents[mixed * UINT64_C(0xD6E8FEB86659FD93) >> (64 - recent_bits)].way;
}

static inline bool is_key(const recent_stream *recent, const recent_stream *key)
{
    return recent->hosts == key->hosts && recent->ports == key->ports && recent->kind == key->kind;
}

static inline recent_stream *find_in(recent_stream *set, const recent_stream *key)
{
    return is_key(set, key) ? set : is_key(set + 1, key) ? set + 1 : NULL;
}

static inline recent_stream *neighbour_of(recent_stream *set)
{
    ptrdiff_t at = (recent_set *)set - recents;
    return recents[at ^ 1].way;
}

static CS_RARE recent_stream *find_at_neighbour(recent_stream *set, const recent_stream *key)
{
    return find_in(neighbour_of(set), key);
}

static inline recent_stream *find_recent(const recent_stream *key)
{
    recent_stream *set = set_of(key), *found = find_in(set, key);
    return found ? found : find_at_neighbour(set, key);
}

static recent_stream *free_in(recent_stream *set)
{
    return !set[0].kind ? set : !set[1].kind ? set + 1 : NULL;
}

/* A free place for a key, or the one of its line that was filled first. */
static CS_RARE recent_stream *place_for(const recent_stream *key)
{
    recent_stream *set = set_of(key), *found = free_in(set);
    if (!found)
        found = free_in(neighbour_of(set));
    if (found)
        return found;
    set[0] = set[1];
    return set + 1;
}

static CS_RARE void remember(const recent_stream *key, cs_stream *stream, int sender)
{
    recent_stream *recent = find_recent(key);
    if (!recent)
        recent = place_for(key);
    *recent = *key;
    recent->stream = stream;
    recent->sender = (uint8_t)sender;
}

static CS_RARE void grow_recents(unsigned streams)
{
    if (2 * streams <= 1u << recent_bits || recent_bits == RECENT_BITS_MAX)
        return;
    recent_set *before = recents, *end = before + ((size_t)1 << recent_bits);
    recent_bits++;
    recents = g_aligned_alloc0((gsize)1 << recent_bits, sizeof *recents, RECENT_ALIGNMENT);
    for (const recent_set *set = before; set < end; set++)
        for (int i = 0; i < WAYS; i++)
            if (set->way[i].kind)
                *place_for(&set->way[i]) = set->way[i];
    if (before != first_recents)
        g_aligned_free(before);
}

/* Unless it is the given stream. */
static CS_RARE void forget(const packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst,
                           const cs_stream *but)
{
    recent_stream key = key_of_ends(src, dst, pinfo->ptype == PT_TCP), *recent = find_recent(&key);
    if (recent && recent->stream != but)
        recent->kind = 0;
}

static flow_key key_of(const cs_endpoint *src, const cs_endpoint *dst)
{
    bool forward = is_smaller(src, dst);
    return (flow_key){{forward ? *src : *dst, forward ? *dst : *src}};
}

static CS_RARE flow *look_up_udp(const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    flow_key key = key_of(src, dst);
    flow *f = g_hash_table_lookup(udp_flows, &key);
    if (!f && create) {
        f = wmem_new0(wmem_file_scope(), flow);
        f->key = key;
        g_hash_table_insert(udp_flows, &f->key, f);
    }
    return f;
}

/* Wireshark begins a new conversation of the same ends with a SYN only. */
static CS_RARE flow *look_up_tcp(packet_info *pinfo, bool create)
{
    conversation_t *conv = create ? find_or_create_conversation(pinfo) : find_conversation_pinfo(pinfo, 0);
    if (!conv)
        return NULL;
    flow *f = g_hash_table_lookup(tcp_flows, conv);
    if (!f && create) {
        f = wmem_new0(wmem_file_scope(), flow);
        g_hash_table_insert(tcp_flows, conv, f);
    }
    return f;
}

/* The streams between two ends; made when create is set. */
static flow *flow_of(packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    return pinfo->ptype == PT_TCP ? look_up_tcp(pinfo, create) : look_up_udp(src, dst, create);
}

/* As in Wireshark's field tcp.completeness. */
#define SYN_SEEN 0x01
#define SYN_ACK_SEEN 0x02
#define FIRST_USER_PORT 1024 /* a client's own port is not lower (RFC 6056, 3.2) */

/* Who opened the TCP connection whose first packet this is. */
static bool is_opener_known(packet_info *pinfo, bool *source_opened)
{
    const struct tcp_analysis *tcp = cs_tcp_analysis(pinfo);
    uint8_t seen = tcp ? tcp->conversation_completeness & (SYN_SEEN | SYN_ACK_SEEN) : 0;
    *source_opened = seen == SYN_SEEN;
    return seen == SYN_SEEN || seen == SYN_ACK_SEEN;
}

/* The port of ours may be one that a client was given for a connection to something else.
 * @param by_ports what any of the two ports promises @return what the server's does, 0 for nothing */
static CS_RARE cs_transport transport_of(packet_info *pinfo, cs_transport by_ports)
{
    bool tcp = pinfo->ptype == PT_TCP, source_opened;
    if (tcp && is_opener_known(pinfo, &source_opened))
        return of_server_port(source_opened ? pinfo->destport : pinfo->srcport, true);
    uint32_t lower = MIN(pinfo->srcport, pinfo->destport);
    return lower >= FIRST_USER_PORT ? by_ports : of_server_port(lower, tcp);
}

static CS_RARE cs_stream *new_stream(packet_info *pinfo, flow *f, cs_transport transport)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    cs_when at = cs_packet_when(pinfo);
    cs_stream *stream = cs_capture_add_stream(cs_current_capture(), transport, &src, &dst, &at);
    stream->tcp_stream = stream_number(pinfo);
    stream->io_port = transport == CS_TRANSPORT_UDP && src.port != CS_PORT_ENIP && dst.port != CS_PORT_ENIP;
    roles_by_port(stream);
    add_to_flow(f, stream);
    grow_recents(stream->index + 1);
    return stream;
}

static CS_RARE cs_stream *earlier_stream(const flow *f, uint32_t frame)
{
    unsigned low = 0, high = f->all ? wmem_array_get_count(f->all) : 0;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if ((*(cs_stream **)wmem_array_index(f->all, middle))->first.frame <= frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? *(cs_stream **)wmem_array_index(f->all, low - 1) : NULL;
}

/* The last stream that began at or before the frame. */
static cs_stream *stream_at(const flow *f, uint32_t frame)
{
    if (!f || !f->last)
        return NULL;
    return f->last->first.frame <= frame ? f->last : earlier_stream(f, frame);
}

static CS_RARE bool is_between(const packet_info *pinfo, const recent_stream *recent)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    const cs_end *end = recent->stream->end;
    return same_end(&end[recent->sender].ep, &src) && same_end(&end[1 - recent->sender].ep, &dst);
}

/* Whether a packet on the first pass belongs to the same as the one before it between its ends: unless it is a SYN. */
static bool goes_on(const packet_info *pinfo, bool data, const cs_frame_facts *facts)
{
    return data || pinfo->ptype == PT_UDP || (facts && !(facts->flags & CS_TCP_SYN));
}

static CS_RARE bool look_up(packet_info *pinfo, cs_transport transport, cs_packet *packet)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    bool first_pass = !PINFO_FD_VISITED(pinfo);
    flow *f = flow_of(pinfo, &src, &dst, first_pass);
    cs_stream *stream = stream_at(f, pinfo->num);
    if (!stream && first_pass && !f->other) {
        transport = transport_of(pinfo, transport);
        f->other = !transport;
        stream = transport ? new_stream(pinfo, f, transport) : NULL;
    }
    if (!stream)
        return false;
    packet->sender = cs_stream_sender(stream, &src);
    if (first_pass) {
        recent_stream key = key_of_packet(pinfo);
        if (f->all || pinfo->ptype == PT_TCP)
            forget(pinfo, &dst, &src, stream); /* the other direction may not go on with what was before */
        remember(&key, stream, packet->sender);
    }
    packet->stream = stream;
    return true;
}

static CS_RARE void settle(recent_stream *recent)
{
    const cs_stream *stream = recent->stream;
    bool secured = cs_stream_secured(stream);
    recent->state = secured ? stream->wire_state : stream->rhythm_state[recent->sender];
    recent->settled = secured && stream->wire_state && cs_secure_seen(stream->wire_state);
}

/* Asks for what a packet needs of its stream. It arrives while Wireshark's dissector has the packet. */
static void fetch(recent_stream *recent, cs_transport transport)
{
    const cs_stream *stream = recent->stream;
    cs_fetch(stream, CS_STREAM_FIRST);
    cs_fetch(&stream->end[recent->sender], offsetof(cs_end, ep));
    if (transport == CS_TRANSPORT_TCP || transport == CS_TRANSPORT_TLS)
        cs_fetch(&stream->end[1 - recent->sender], offsetof(cs_end, ep)); /* the numbers that are confirmed */
    if (transport == CS_TRANSPORT_TCP)
        return;
    if (G_UNLIKELY(!recent->state || (!recent->settled && transport != CS_TRANSPORT_UDP)))
        settle(recent);
    if (transport != CS_TRANSPORT_TLS) {
        cs_fetch(&stream->rhythm[recent->sender], offsetof(cs_rhythm, median_interval));
        cs_fetch(&stream->carried[recent->sender], sizeof *stream->carried);
    }
    if (transport == CS_TRANSPORT_UDP)
        cs_rhythm_fetch(recent->state);
    else
        cs_secure_fetch(recent->state, transport == CS_TRANSPORT_TLS ? recent->sender : -1);
}

/* On later passes packets come in any order. */
bool cs_flow_find(packet_info *pinfo, cs_transport transport, bool data, const cs_frame_facts *facts,
                  cs_packet *packet)
{
    if (G_UNLIKELY(PINFO_FD_VISITED(pinfo) || !goes_on(pinfo, data, facts)))
        return look_up(pinfo, transport, packet);
    recent_stream key = key_of_packet(pinfo);
    recent_stream *recent = find_recent(&key);
    if (G_UNLIKELY(!recent || (pinfo->src.type != AT_IPv4 && !is_between(pinfo, recent))))
        return look_up(pinfo, transport, packet);
    fetch(recent, transport);
    packet->sender = recent->sender;
    packet->settled = recent->settled;
    packet->stream = recent->stream;
    return true;
}

cs_stream *cs_flow_next_stream(packet_info *pinfo, cs_transport transport)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    forget(pinfo, &src, &dst, NULL);
    forget(pinfo, &dst, &src, NULL);
    return new_stream(pinfo, flow_of(pinfo, &src, &dst, true), transport);
}

cs_stream *cs_flow_udp_stream(const cs_endpoint *src, const cs_endpoint *dst, uint32_t frame)
{
    return stream_at(look_up_udp(src, dst, false), frame);
}

void cs_flows_register(void)
{
    udp_flows = g_hash_table_new(flow_hash, flow_equal);
    tcp_flows = g_hash_table_new(g_direct_hash, g_direct_equal);
}

void cs_flows_forget(void)
{
    g_hash_table_remove_all(udp_flows);
    g_hash_table_remove_all(tcp_flows);
    if (recents != first_recents)
        g_aligned_free(recents);
    memset(first_recents, 0, sizeof first_recents);
    recents = first_recents;
    recent_bits = RECENT_BITS;
}
