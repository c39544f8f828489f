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

static bool well_known(const cs_stream *stream, uint16_t port)
{
    return cs_stream_secured(stream) ? cs_is_secure_port(port) : port == CS_PORT_ENIP;
}

/* One side's port says who is the server, the weakest evidence; on the I/O port both produce and it says nothing. */
static CS_RARE void roles_by_port(cs_stream *stream)
{
    bool first = well_known(stream, stream->end[0].ep.port), second = well_known(stream, stream->end[1].ep.port);
    if (first != second)
        cs_stream_set_client(stream, first ? 1 : 0, CS_ROLE_SOURCE_PORT);
}

static CS_RARE uint32_t stream_number(packet_info *pinfo)
{
    conversation_t *conv = find_or_create_conversation(pinfo);
    if (pinfo->ptype == PT_TCP) {
        const struct tcp_analysis *tcp = get_tcp_conversation_data(conv, pinfo);
        return tcp ? tcp->stream : UINT32_MAX;
    }
    const struct udp_analysis *udp = get_udp_conversation_data(conv, pinfo);
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

static wmem_map_t *udp_flows; /* flow_key* -> flow* */

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

/* The flows met last, so that most packets cost no look into the maps: a place for each direction, and about as many
 * places as there are directions. One line of the cache each. */
typedef struct {
    cs_endpoint ends[2]; /* source and destination */
    bool tcp;
    uint8_t sender; /* in the stream */
    flow *flow; /* NULL: nothing here */
    cs_stream *stream; /* the last of the flow, NULL: ask the flow */
} __attribute__((aligned(CS_CACHE_LINE))) recent_flow;

#define RECENT_BITS 9
#define RECENT_BITS_MAX 19
static recent_flow first_recents[1 << RECENT_BITS];
static recent_flow *recents = first_recents;
static unsigned recent_bits = RECENT_BITS;

/* What was in the smaller table is learned again. */
static CS_RARE void grow_recents(unsigned streams)
{
    if (2 * streams <= 1u << recent_bits || recent_bits == RECENT_BITS_MAX)
        return;
    if (recents != first_recents)
        g_aligned_free(recents);
    recent_bits++;
    recents = g_aligned_alloc0((gsize)1 << recent_bits, sizeof *recents, CS_CACHE_LINE);
}

static flow_key key_of(const cs_endpoint *src, const cs_endpoint *dst)
{
    bool forward = is_smaller(src, dst);
    return (flow_key){{forward ? *src : *dst, forward ? *dst : *src}};
}

/* The octets that tell hosts of a plant apart: all of IPv4, the last of IPv6. */
static uint32_t host_of(const cs_addr *addr)
{
    uint32_t word;
    memcpy(&word, addr->bytes + (addr->family == 6 ? 12 : 0), sizeof word);
    return word;
}

static recent_flow *place_of(const cs_endpoint *src, const cs_endpoint *dst)
{
    uint32_t hash = (host_of(&src->addr) * 31 + host_of(&dst->addr) + src->port * 7u + dst->port) * 2654435761u;
    return &recents[hash >> (32 - recent_bits)];
}

static bool is_between(const recent_flow *recent, const packet_info *pinfo, const cs_endpoint *a, const cs_endpoint *b)
{
    return recent->flow && recent->tcp == (pinfo->ptype == PT_TCP) && same_end(&recent->ends[0], a) &&
           same_end(&recent->ends[1], b);
}

static void remember(const packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst, flow *f)
{
    recent_flow *recent = place_of(src, dst);
    if (!is_between(recent, pinfo, src, dst) || recent->flow != f)
        *recent = (recent_flow){.ends = {*src, *dst}, .tcp = pinfo->ptype == PT_TCP, .flow = f};
}

static CS_RARE flow *look_up_udp(const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    flow_key key = key_of(src, dst);
    flow *f = wmem_map_lookup(udp_flows, &key);
    if (!f && create) {
        f = wmem_new0(wmem_file_scope(), flow);
        f->key = key;
        wmem_map_insert(udp_flows, &f->key, f);
    }
    return f;
}

static flow *udp_flow(packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    const recent_flow *recent = place_of(src, dst);
    if (is_between(recent, pinfo, src, dst))
        return recent->flow;
    flow *f = look_up_udp(src, dst, create);
    remember(pinfo, src, dst, f);
    return f;
}

static flow *look_up_tcp(packet_info *pinfo, bool create)
{
    conversation_t *conv = create ? find_or_create_conversation(pinfo) : find_conversation_pinfo(pinfo, 0);
    if (!conv)
        return NULL;
    flow *f = conversation_get_proto_data(conv, proto_cipsec);
    if (!f && create) {
        f = wmem_new0(wmem_file_scope(), flow);
        conversation_add_proto_data(conv, proto_cipsec, f);
    }
    return f;
}

/* Wireshark begins a new conversation of the same ends with a SYN only. */
static flow *tcp_flow(packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    flow *f = look_up_tcp(pinfo, create);
    if (create) { /* neither direction may go on with what was before a SYN */
        remember(pinfo, dst, src, f);
        remember(pinfo, src, dst, f);
    }
    return f;
}

/* The streams between two ends; made when create is set. */
static flow *flow_of(packet_info *pinfo, const cs_endpoint *src, const cs_endpoint *dst, bool create)
{
    return pinfo->ptype == PT_TCP ? tcp_flow(pinfo, src, dst, create) : udp_flow(pinfo, src, dst, create);
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
    place_of(&src, &dst)->stream = NULL;
    place_of(&dst, &src)->stream = NULL;
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

/* Whether a packet on the first pass belongs to the same as the one before it between its ends: unless it is a SYN. On
 * later passes packets come in any order. */
static bool goes_on(const packet_info *pinfo, const recent_flow *recent, bool data, tvbuff_t *frame)
{
    if (data || pinfo->ptype == PT_UDP)
        return true;
    cs_frame_facts facts;
    unsigned len = frame ? tvb_captured_length(frame) : 0;
    return len > 0 &&
           cs_frame_find(tvb_get_ptr(frame, 0, (int)len), len, &recent->ends[0], &recent->ends[1], true, &facts) &&
           !(facts.flags & CS_TCP_SYN);
}

cs_stream *cs_flow_stream(packet_info *pinfo, const cs_endpoint *src, cs_transport transport, bool data,
                          tvbuff_t *frame, int *sender)
{
    cs_endpoint dst = cs_packet_destination(pinfo);
    bool first_pass = !PINFO_FD_VISITED(pinfo);
    recent_flow *recent = place_of(src, &dst);
    if (first_pass && recent->stream && is_between(recent, pinfo, src, &dst) && goes_on(pinfo, recent, data, frame)) {
        *sender = recent->sender;
        return recent->stream;
    }
    flow *f = flow_of(pinfo, src, &dst, first_pass);
    cs_stream *stream = stream_at(f, pinfo->num);
    if (!stream && first_pass)
        stream = new_stream(pinfo, f, transport);
    if (!stream)
        return NULL;
    *sender = cs_stream_sender(stream, src);
    recent = place_of(src, &dst); /* a new stream may have moved it */
    if (first_pass && is_between(recent, pinfo, src, &dst)) {
        recent->stream = stream;
        recent->sender = (uint8_t)*sender;
    }
    return stream;
}

cs_stream *cs_flow_next_stream(packet_info *pinfo, cs_transport transport)
{
    cs_endpoint src = cs_packet_source(pinfo), dst = cs_packet_destination(pinfo);
    return new_stream(pinfo, flow_of(pinfo, &src, &dst, true), transport);
}

cs_stream *cs_flow_udp_stream(const cs_endpoint *src, const cs_endpoint *dst, uint32_t frame)
{
    return stream_at(look_up_udp(src, dst, false), frame);
}

void cs_flows_register(void)
{
    udp_flows = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), flow_hash, flow_equal);
}

void cs_flows_forget(void)
{
    if (recents != first_recents)
        g_aligned_free(recents);
    memset(first_recents, 0, sizeof first_recents);
    recents = first_recents;
    recent_bits = RECENT_BITS;
}
