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
static void join_end(cs_capture *cap, cs_stream *s, bool server)
{
    const cs_end *end = s->client < 0 ? &s->end[server] : server ? cs_stream_server(s) : cs_stream_client(s);
    bool device_like = s->client < 0 ? s->saw_class01 : server;
    bool shows_certificate = s->hs.chain[server] && s->hs.chain[server]->len;
    if (!end || end->packets == 0 || end->ep.addr.family == 0)
        return;
    cs_device *dev = cs_capture_find_device(cap, &end->ep.addr);
    bool talks = cs_stream_session_up(s) || cs_stream_is_clear_traffic(s) || shows_certificate;
    if (!dev && talks && (device_like || shows_certificate))
        dev = cs_capture_device(cap, &end->ep.addr);
    if (!dev)
        return;
    /* Whoever takes I/O on the port of class 0/1 data uses it, whether it opened the connection or not. */
    bool io_port = s->saw_class01 && end->ep.port == IO_PORT;
    if ((device_like || io_port) && !s->port_closed && (talks || s->transport == CS_TRANSPORT_UDP))
        dev->ports_seen |= port_bit(s, end->ep.port);
    if (cs_stream_session_up(s))
        earlier(&dev->first_secured, &s->first);
    if (cs_stream_is_clear_traffic(s))
        later(&dev->last_clear, &s->last);
    if (shows_certificate)
        join_certificate(dev, s, server);
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
    for (guint i = 0; i < cap->streams->len; i++) {
        cs_stream *s = cap->streams->pdata[i];
        join_end(cap, s, false);
        join_end(cap, s, true);
    }
    for (guint i = 0; i < cap->streams->len; i++) {
        cs_stream *s = cap->streams->pdata[i];
        cs_posture_stream(cap, s, &s->last);
    }
    g_hash_table_iter_init(&iter, cap->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        cs_posture_device(cap, value);
}
