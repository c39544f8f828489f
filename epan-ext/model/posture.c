/* posture.c
 * What devices promise against what they do: streams joined to the devices at their ends, and the findings that
 * come from the comparison.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/certs.h>

#include "model_private.h"

#include <string.h>

#define IO_PORT 2222

/* The bit of the IANA port state that a stream's server port stands for; 0 for any other port. */
static uint8_t port_bit(const cs_stream *s, uint16_t port)
{
    bool tcp = s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_TCP;
    if (port == 44818)
        return tcp ? 0x01 : 0x02;
    if (port == IO_PORT)
        return tcp ? 0 : 0x04;
    if (s->transport == CS_TRANSPORT_TLS)
        return 0x08;
    return s->transport == CS_TRANSPORT_DTLS ? 0x10 : 0;
}

static bool secured(const cs_stream *s)
{
    return s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_DTLS;
}

/* EtherNet/IP in the clear that a security policy is about; discovery (List commands on UDP) is not. */
bool cs_stream_is_clear_traffic(const cs_stream *s)
{
    if (s->transport == CS_TRANSPORT_TCP)
        return s->saw_enip || s->saw_class3 || s->saw_unconnected || s->saw_config;
    return s->transport == CS_TRANSPORT_UDP && s->saw_class01;
}

bool cs_stream_session_up(const cs_stream *s)
{
    return secured(s) && s->hs.state != CS_HANDSHAKE_FAILED &&
           (s->hs.state == CS_HANDSHAKE_COMPLETE || s->hs.state == CS_HANDSHAKE_RESUMED || s->app_records > 0);
}

static void later(cs_when *stored, const cs_when *at)
{
    if (!stored->frame || at->frame > stored->frame)
        *stored = *at;
}

static void earlier(cs_when *stored, const cs_when *at)
{
    if (!stored->frame || at->frame < stored->frame)
        *stored = *at;
}

static void join_certificate(cs_device *dev, const cs_stream *s, int side)
{
    if (s->hs.chain[side] && s->hs.chain[side]->len)
        dev->certificate = s->hs.chain[side]->pdata[0];
}

/* Without roles (I/O on equal ports, the continuation of a cut stream) both ends count as what they may be. */
static const cs_end *end_of(const cs_stream *s, bool server)
{
    const cs_end *end = s->client < 0 ? &s->end[server] : server ? cs_stream_server(s) : cs_stream_client(s);
    return end && end->packets > 0 && end->ep.addr.family != 0 ? end : NULL;
}

static bool device_like(const cs_stream *s, bool server)
{
    return s->client < 0 ? s->saw_class01 : server;
}

static bool shows_certificate(const cs_stream *s, bool server)
{
    return s->hs.chain[server] && s->hs.chain[server]->len;
}

static bool talks(const cs_stream *s, bool server)
{
    return cs_stream_session_up(s) || cs_stream_is_clear_traffic(s) || shows_certificate(s, server);
}

static void note_end(cs_capture *cap, const cs_stream *s, bool server)
{
    const cs_end *end = end_of(s, server);
    if (end && talks(s, server) && (device_like(s, server) || shows_certificate(s, server)))
        cs_capture_device(cap, &end->ep.addr);
}

static void join_end(cs_capture *cap, const cs_stream *s, bool server)
{
    const cs_end *end = end_of(s, server);
    cs_device *dev = end ? cs_capture_find_device(cap, &end->ep.addr) : NULL;
    if (!dev)
        return;
    /* Whoever takes I/O on the port of class 0/1 data uses it, whether it opened the connection or not. */
    bool io_port = s->saw_class01 && end->ep.port == IO_PORT;
    if ((device_like(s, server) || io_port) && !s->port_closed &&
        (talks(s, server) || s->transport == CS_TRANSPORT_UDP))
        dev->ports_seen |= port_bit(s, end->ep.port);
    if (cs_stream_session_up(s))
        earlier(&dev->first_secured, &s->first);
    if (cs_stream_is_clear_traffic(s))
        later(&dev->last_clear, &s->last);
    if (shows_certificate(s, server))
        join_certificate(dev, s, server);
}

/* All devices are found before any stream is joined to one: an early stream of what only a later one shows to be a
 * device counts for it too. */
static void join_streams(cs_capture *cap)
{
    for (guint i = 0; i < cap->streams->len; i++) {
        note_end(cap, cap->streams->pdata[i], false);
        note_end(cap, cap->streams->pdata[i], true);
    }
    for (guint i = 0; i < cap->streams->len; i++) {
        join_end(cap, cap->streams->pdata[i], false);
        join_end(cap, cap->streams->pdata[i], true);
    }
}

void cs_devices_finish(cs_capture *cap)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, cap->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        cs_device *dev = value;
        memset(&dev->first_secured, 0, sizeof dev->first_secured);
        memset(&dev->last_clear, 0, sizeof dev->last_clear);
        dev->certificate = NULL;
        dev->ports_seen = 0;
    }
    join_streams(cap);
    for (guint i = 0; i < cap->streams->len; i++) {
        cs_stream *s = cap->streams->pdata[i];
        cs_posture_stream(cap, s, &s->last);
    }
    g_hash_table_iter_init(&iter, cap->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        cs_posture_device(cap, value);
}
