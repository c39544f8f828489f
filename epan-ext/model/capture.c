/* capture.c
 * Birth and death of the capture model, and its streams' bookkeeping.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

static CS_RARE void stream_free(gpointer data)
{
    cs_stream *s = data;
    if (s->wire_state && s->wire_state_free)
        s->wire_state_free(s->wire_state);
    if (s->hs.offered)
        g_array_unref(s->hs.offered);
    for (int side = 0; side < 2; side++)
        if (s->hs.chain[side])
            g_ptr_array_unref(s->hs.chain[side]);
    g_free(s->hs.reason);
    if (s->connections)
        g_ptr_array_unref(s->connections);
}

cs_capture *cs_capture_new(const cs_options *options)
{
    cs_capture *cap = g_new0(cs_capture, 1);
    if (options)
        cap->options = *options;
    cap->streams = g_ptr_array_new_with_free_func(stream_free);
    cap->connections = g_ptr_array_new_with_free_func(cs_connection_free);
    cap->devices = g_hash_table_new_full(cs_addr_hash, cs_addr_equal_key, NULL, cs_device_free);
    cap->findings = g_ptr_array_new_with_free_func(cs_finding_free);
    cap->findings_by_key = g_hash_table_new(g_str_hash, g_str_equal);
    cap->findings_by_frame = g_hash_table_new(g_direct_hash, g_direct_equal);
    cap->connection_ids =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    cap->connection_serials =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    cs_deployments_init(cap);
    cs_certs_init(cap);
    return cap;
}

void cs_capture_free(cs_capture *cap)
{
    if (!cap)
        return;
    cs_deployments_clear(cap);
    g_hash_table_destroy(cap->findings_by_frame);
    if (cap->taken_again)
        g_hash_table_destroy(cap->taken_again);
    g_hash_table_destroy(cap->findings_by_key);
    g_hash_table_destroy(cap->connection_ids);
    g_hash_table_destroy(cap->connection_serials);
    g_ptr_array_unref(cap->findings);
    g_ptr_array_unref(cap->connections);
    g_hash_table_destroy(cap->devices);
    g_ptr_array_unref(cap->streams);
    cs_certs_clear(cap);
    cs_arena_clear(&cap->memory);
    g_free(cap);
}

cs_stream *cs_capture_add_stream(cs_capture *cap, cs_transport transport, const cs_endpoint *first_sender,
                                 const cs_endpoint *first_receiver, const cs_when *at)
{
    cs_stream *s = cs_arena_alloc0(&cap->memory, sizeof *s);
    s->memory = &cap->memory;
    s->index = cap->streams->len;
    s->transport = transport;
    s->end[0].ep = *first_sender;
    s->end[1].ep = *first_receiver;
    s->client = -1;
    s->first = s->last = *at;
    s->tcp_stream = UINT32_MAX;
    s->mutual_inherited = -1;
    s->conf = CS_CONF_UNKNOWN;
    g_ptr_array_add(cap->streams, s);
    cap->finished = false;
    return s;
}

int cs_stream_sender(const cs_stream *stream, const cs_endpoint *src)
{
    const cs_endpoint *first = &stream->end[0].ep;
    return first->port == src->port && cs_addr_equal(&first->addr, &src->addr) ? 0 : 1;
}

#define NS_PER_S INT64_C(1000000000)
#define MAX_JUMPS 100 /* files joined without regard to time jump again and again */

static CS_RARE void odd_time(cs_capture *cap, cs_stream *stream, const cs_when *at)
{
    if (at->ns == 0) {
        cs_finding_add(cap, CS_FIND_NO_TIME, at, stream, NULL, "capture", NULL);
    } else if (cap->clock_jumps < MAX_JUMPS) {
        char *detail = g_strdup_printf("by %.3f s", (double)(cap->newest.ns - at->ns) / 1e9);
        char key[32];
        g_snprintf(key, sizeof key, "frame %u", at->frame);
        cs_finding_add(cap, CS_FIND_CLOCK_BACK, at, stream, NULL, key, detail);
        g_free(detail);
        cap->clock_jumps++;
    }
}

/* Packets are taken in the order of the file; packets that a network card reordered go back by less than a second. */
static void check_clock(cs_capture *cap, cs_stream *stream, const cs_when *at)
{
    if (at->ns == 0 || cap->newest.ns - at->ns >= NS_PER_S)
        odd_time(cap, stream, at);
    cap->newest = *at;
}

void cs_stream_packet(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, uint32_t bytes)
{
    cs_end *end = &stream->end[sender];
    if (end->packets == 0)
        end->first = *at;
    end->packets++;
    end->bytes += bytes;
    end->last = stream->last = *at;
    check_clock(cap, stream, at);
    if (!cap->first.frame)
        cap->first = *at;
    if (at->ns >= cap->last.ns)
        cap->last = *at;
    cap->finished = false;
}

void cs_stream_set_client(cs_stream *stream, int client, cs_role_source source)
{
    if (stream->role_source != CS_ROLE_SOURCE_NONE && stream->role_source <= source)
        return;
    stream->client = client;
    stream->role_source = source;
    stream->news = true;
}

const cs_end *cs_stream_client(const cs_stream *stream)
{
    return stream->client < 0 ? NULL : &stream->end[stream->client];
}

const cs_end *cs_stream_server(const cs_stream *stream)
{
    return stream->client < 0 ? NULL : &stream->end[1 - stream->client];
}
