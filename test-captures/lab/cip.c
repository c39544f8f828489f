/* cip.c
 * Messages of an EtherNet/IP client; every response comes from the simulated device.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cip.h"

#include <string.h>

#include "bytes.h"

enum {
    CMD_LIST_SERVICES = 0x04,
    CMD_LIST_IDENTITY = 0x63,
    CMD_REGISTER = 0x65,
    CMD_UNREGISTER = 0x66,
    CMD_RR_DATA = 0x6F,
    CMD_UNIT_DATA = 0x70,
};

#define ORIGINATOR_VENDOR 0x004D
#define THINK_US 1500

static GByteArray *encapsulate(unsigned command, uint32_t session, uint32_t context, const GByteArray *payload)
{
    GByteArray *b = g_byte_array_new();

    put16(b, command);
    put16(b, payload != NULL ? payload->len : 0);
    put32(b, session);
    put32(b, 0);
    put32(b, context);
    put32(b, 0);
    put32(b, 0);
    if (payload != NULL)
        put_bytes(b, payload->data, payload->len);
    return b;
}

static void send_and_free(lab_channel *ch, int side, GByteArray *message)
{
    channel_send(ch, side, message->data, message->len);
    g_byte_array_unref(message);
}

/* A message that only the encapsulation sees, and its reply. */
static void exchange(cip_client *c, const char *name, unsigned command, const GByteArray *request,
                     const GByteArray *reply)
{
    truth_message *m = truth_add_message(c->ch->truth);

    m->enip = name;
    send_and_free(c->ch, 0, encapsulate(command, command == CMD_REGISTER ? 0 : c->session, ++c->context, request));
    m->request_frame = net_frame(c->ch->net);
    net_wait(c->ch->net, THINK_US);
    send_and_free(c->ch, 1, encapsulate(command, c->session, c->context, reply));
    m->response_frame = net_frame(c->ch->net);
    net_wait(c->ch->net, THINK_US);
}

cip_client *cip_begin(lab_channel *ch, lab_device *device)
{
    cip_client *c = g_new0(cip_client, 1);
    GByteArray *body = g_byte_array_new();

    c->ch = ch;
    c->device = device;
    c->session = ++device->session;
    c->serial = (uint16_t)(ch->port[0] & 0x0FFF);
    c->body = g_byte_array_new();
    put16(body, 1);
    put16(body, 0);
    exchange(c, "RegisterSession", CMD_REGISTER, body, body);
    g_byte_array_unref(body);
    return c;
}

void cip_list_services(cip_client *c)
{
    GByteArray *reply = g_byte_array_new();

    put16(reply, 1);
    put16(reply, 0x100);
    put16(reply, 20);
    put16(reply, 1);
    put16(reply, 0x0120);
    put_bytes(reply, "Communications\0\0", 16);
    exchange(c, "ListServices", CMD_LIST_SERVICES, NULL, reply);
    g_byte_array_unref(reply);
}

/* CPF around a message router message: unconnected, or on the class 3 connection. */
static GByteArray *frame_message(cip_client *c, bool response, const GByteArray *message)
{
    GByteArray *b = g_byte_array_new(), *out;

    put32(b, 0);
    put16(b, 0);
    put16(b, 2);
    if (c->connected) {
        put16(b, 0x00A1);
        put16(b, 4);
        put32(b, response ? c->id_to : c->id_ot);
        put16(b, 0x00B1);
        put16(b, message->len + 2);
        put16(b, c->sequence);
    } else {
        put16(b, 0);
        put16(b, 0);
        put16(b, 0x00B2);
        put16(b, message->len);
    }
    put_bytes(b, message->data, message->len);
    out = encapsulate(c->connected ? CMD_UNIT_DATA : CMD_RR_DATA, c->session, c->connected ? 0 : c->context, b);
    g_byte_array_unref(b);
    return out;
}

/* Takes a message router response apart into the client's last response. */
static void take_response(cip_client *c, const GByteArray *response)
{
    guint words = response->data[3], at = 4 + 2 * words;

    c->status = response->data[2];
    c->ext = words > 0 ? (int)get16(response->data + 4) : -1;
    g_byte_array_set_size(c->body, 0);
    put_bytes(c->body, response->data + at, response->len - at);
}

static uint8_t converse(cip_client *c, const GByteArray *request, truth_message *m)
{
    GByteArray *response = g_byte_array_new();

    m->enip = c->connected ? "SendUnitData" : "SendRRData";
    m->transport = c->connected ? "connected" : "unconnected";
    c->context++;
    c->sequence++;
    send_and_free(c->ch, 0, frame_message(c, false, request));
    m->request_frame = net_frame(c->ch->net);
    net_wait(c->ch->net, THINK_US);
    device_serve(c->device, request->data, request->len, c->ch->tls[0] != NULL, response);
    send_and_free(c->ch, 1, frame_message(c, true, response));
    m->response_frame = net_frame(c->ch->net);
    take_response(c, response);
    m->status = c->status;
    m->ext_status = c->ext;
    put_bytes(m->response, c->body->data, c->body->len);
    g_byte_array_unref(response);
    net_wait(c->ch->net, THINK_US);
    return c->status;
}

/* One logical segment, 8 or 16 bit. */
static void put_segment(GByteArray *path, uint8_t type, int value)
{
    if (value < 0)
        return;
    if (value > 0xFF) {
        put8(path, type | 1u);
        put8(path, 0);
        put16(path, (unsigned)value);
    } else {
        put8(path, type);
        put8(path, (unsigned)value);
    }
}

static GByteArray *router_request(truth_message *m, uint8_t service, int class_id, int instance, int attribute,
                                  const void *body, size_t len)
{
    GByteArray *b = g_byte_array_new(), *path = g_byte_array_new();

    put_segment(path, 0x20, class_id);
    put_segment(path, 0x24, instance);
    put_segment(path, 0x30, attribute);
    put8(b, service);
    put8(b, path->len / 2);
    put_bytes(b, path->data, path->len);
    put_bytes(b, body, len);
    g_byte_array_unref(path);
    m->service = service;
    m->class_id = class_id;
    m->instance = instance;
    m->attribute = attribute;
    put_bytes(m->request, body, len);
    return b;
}

uint8_t cip_request(cip_client *c, uint8_t service, int class_id, int instance, int attribute, const void *body,
                    size_t len)
{
    truth_message *m = truth_add_message(c->ch->truth);
    GByteArray *request = router_request(m, service, class_id, instance, attribute, body, len);
    uint8_t status = converse(c, request, m);

    g_byte_array_unref(request);
    return status;
}

uint8_t cip_read_tag(cip_client *c, const char *tag)
{
    truth_message *m = truth_add_message(c->ch->truth);
    GByteArray *b = g_byte_array_new();
    size_t len = strlen(tag), padded = len + (len & 1);
    uint8_t status;

    put8(b, 0x4C);
    put8(b, (unsigned)(1 + padded / 2));
    put8(b, 0x91);
    put8(b, (unsigned)len);
    put_bytes(b, tag, len);
    if (len & 1)
        put8(b, 0);
    put16(b, 1);
    m->service = 0x4C;
    put16(m->request, 1);
    status = converse(c, b, m);
    g_byte_array_unref(b);
    return status;
}

/* --------------------------------------------------------------- connections */

/* @param path connection path. */
static bool forward_open(cip_client *c, uint8_t class_trigger, uint32_t rpi, unsigned params_ot, unsigned params_to,
                         const GByteArray *path)
{
    GByteArray *b = g_byte_array_new();
    uint8_t status;

    c->serial++;
    c->id_to = 0x20000000u + (uint32_t)c->ch->port[0] * 0x1000u + c->serial % 0x1000u;
    put8(b, 0x05);
    put8(b, 0xF7);
    put32(b, 0);
    put32(b, c->id_to);
    put16(b, c->serial);
    put16(b, ORIGINATOR_VENDOR);
    put32(b, 0x00C0FFEE);
    put32(b, 3);
    put32(b, rpi);
    put16(b, params_ot);
    put32(b, rpi);
    put16(b, params_to);
    put8(b, class_trigger);
    put8(b, path->len / 2);
    put_bytes(b, path->data, path->len);
    status = cip_request(c, 0x54, 0x06, 1, -1, b->data, b->len);
    g_byte_array_unref(b);
    if (status != 0)
        return false;
    c->id_ot = get32(c->body->data);
    return true;
}

bool cip_open_class3(cip_client *c, const uint8_t *route, size_t route_len)
{
    GByteArray *path = g_byte_array_new();
    bool open;

    put_bytes(path, route, route_len);
    put_bytes(path, "\x20\x02\x24\x01", 4);
    open = forward_open(c, 0xA3, 2000000, 0x43F4, 0x43F4, path);
    g_byte_array_unref(path);
    if (open)
        c->ch->truth->classes[3] = true;
    c->connected = open;
    return open;
}

cip_io *cip_open_io(cip_client *c, lab_channel *data, int originator, uint8_t transport_class, uint32_t rpi_us)
{
    static const uint8_t path_octets[] = { 0x20, 0x04, 0x24, 0x97, 0x2C, 0x96, 0x2C, 0x64 };
    unsigned extra = transport_class == 1 ? 2 : 0;
    const cip_client before = *c; /* a class 3 connection of this session goes on afterwards */
    GByteArray *path = g_byte_array_new();
    cip_io *io = NULL;

    net_wait(c->ch->net, 4000);
    c->connected = false;
    put_bytes(path, path_octets, sizeof path_octets);
    if (forward_open(c, transport_class, rpi_us, 0x4800u | (16 + 4 + extra), 0x4800u | (32 + extra), path)) {
        io = g_new0(cip_io, 1);
        io->data = data;
        io->originator = originator;
        io->transport_class = transport_class;
        io->id[originator] = c->id_ot;
        io->id[!originator] = c->id_to;
        io->size[originator] = 16;
        io->size[!originator] = 32;
        c->ch->truth->classes[transport_class] = true;
        data->truth->classes[transport_class] = true;
        data->truth->kind = "io";
    }
    c->connected = before.connected;
    c->id_ot = before.id_ot;
    c->id_to = before.id_to;
    g_byte_array_unref(path);
    return io;
}

void cip_close_connection(cip_client *c)
{
    GByteArray *b = g_byte_array_new();

    c->connected = false;
    put8(b, 0x05);
    put8(b, 0xF7);
    put16(b, c->serial);
    put16(b, ORIGINATOR_VENDOR);
    put32(b, 0x00C0FFEE);
    put8(b, 2);
    put8(b, 0);
    put_bytes(b, "\x20\x02\x24\x01", 4);
    cip_request(c, 0x4E, 0x06, 1, -1, b->data, b->len);
    g_byte_array_unref(b);
}

void cip_drop(cip_client *c)
{
    g_byte_array_unref(c->body);
    g_free(c);
}

void cip_end(cip_client *c)
{
    truth_message *m = truth_add_message(c->ch->truth);

    m->enip = "UnRegisterSession";
    send_and_free(c->ch, 0, encapsulate(CMD_UNREGISTER, c->session, ++c->context, NULL));
    m->request_frame = net_frame(c->ch->net);
    channel_close(c->ch, 0);
    cip_drop(c);
}

/* ----------------------------------------------------------------------- I/O */

void cip_io_send(cip_io *io, int side)
{
    unsigned run_idle = side == io->originator ? 4 : 0, count = io->transport_class == 1 ? 2 : 0;
    GByteArray *b = g_byte_array_new();

    put16(b, 2);
    put16(b, 0x8002);
    put16(b, 8);
    put32(b, io->id[side]);
    put32(b, ++io->sequence[side]);
    put16(b, 0x00B1);
    put16(b, count + run_idle + io->size[side]);
    if (count > 0)
        put16(b, ++io->count[side]);
    if (run_idle > 0)
        put32(b, 1);
    for (unsigned i = 0; i < io->size[side]; i++)
        put8(b, i == 0 ? io->sequence[side] : i * 7 + (unsigned)side);
    channel_send(io->data, side, b->data, b->len);
    io->data->truth->io[side]++;
    g_byte_array_unref(b);
}

void cip_io_cycle(cip_io *io)
{
    cip_io_send(io, io->originator);
    cip_io_send(io, !io->originator);
}

void cip_io_run(lab_net *net, cip_io *const *io, unsigned n, unsigned cycles, int64_t rpi_us)
{
    for (unsigned i = 0; i < cycles; i++) {
        int64_t start = net->now;

        for (unsigned k = 0; k < n; k++)
            cip_io_cycle(io[k]);
        net_wait(net, start + rpi_us - net->now);
    }
}

/* --------------------------------------------------- without session or stream */

/* One 0x8003 item around a message. */
static GByteArray *frame_8003(bool response, uint32_t transaction, const GByteArray *message)
{
    GByteArray *b = g_byte_array_new();

    put16(b, 1);
    put16(b, 0x8003);
    put16(b, 10 + message->len);
    put16(b, response ? 0x8001 : 0x0001);
    put32(b, transaction);
    put32(b, 0);
    put_bytes(b, message->data, message->len);
    return b;
}

uint8_t cip_unconnected_dtls(lab_channel *ch, lab_device *device, uint32_t transaction, uint8_t service, int class_id,
                             int instance, int attribute)
{
    truth_message *m = truth_add_message(ch->truth);
    GByteArray *request = router_request(m, service, class_id, instance, attribute, NULL, 0);
    GByteArray *response = g_byte_array_new();
    uint8_t status;

    m->enip = "CPF";
    m->transport = "unconnected";
    send_and_free(ch, 0, frame_8003(false, transaction, request));
    m->request_frame = net_frame(ch->net);
    net_wait(ch->net, THINK_US);
    device_serve(device, request->data, request->len, true, response);
    send_and_free(ch, 1, frame_8003(true, transaction, response));
    m->response_frame = net_frame(ch->net);
    net_wait(ch->net, THINK_US);
    status = response->data[2];
    m->status = status;
    put_bytes(m->response, response->data + 4, response->len - 4);
    g_byte_array_unref(request);
    g_byte_array_unref(response);
    return status;
}

/* @return the whole ListIdentity reply of a device. */
static GByteArray *identity_reply(const lab_device *device)
{
    GByteArray *items = g_byte_array_new(), *body = g_byte_array_new(), *out;

    put16(body, device_list_identity(device, items));
    put_bytes(body, items->data, items->len);
    out = encapsulate(CMD_LIST_IDENTITY, 0, 0, body);
    g_byte_array_unref(items);
    g_byte_array_unref(body);
    return out;
}

void cip_list_identity(lab_net *net, const lab_node *tool, const char *group, lab_device *const *devices, unsigned n)
{
    uint16_t port = net_port(net);
    GByteArray *ask = encapsulate(CMD_LIST_IDENTITY, 0, 0, NULL);

    udp_send_group(net, tool, port, group, 44818, ask->data, ask->len);
    g_byte_array_unref(ask);
    for (unsigned i = 0; i < n; i++) {
        truth_stream *t = truth_add_stream(net, "ListIdentity reply", tool, devices[i]->node, true, false);
        truth_message *m = truth_add_message(t);
        GByteArray *reply = identity_reply(devices[i]);

        t->port[0] = port;
        t->port[1] = 44818;
        net_wait(net, 3000);
        udp_send(net, devices[i]->node, 44818, tool, port, t->index, reply->data, reply->len);
        m->enip = "ListIdentity";
        m->request_frame = m->response_frame = net_frame(net);
        g_byte_array_unref(reply);
    }
}

void cip_list_identity_one(lab_net *net, const lab_node *tool, lab_device *device)
{
    lab_channel *ch = channel_clear_udp(net, "ListIdentity", tool, 0, device->node, 44818);
    truth_message *m = truth_add_message(ch->truth);

    m->enip = "ListIdentity";
    send_and_free(ch, 0, encapsulate(CMD_LIST_IDENTITY, 0, 0, NULL));
    m->request_frame = net_frame(net);
    net_wait(net, THINK_US);
    send_and_free(ch, 1, identity_reply(device));
    m->response_frame = net_frame(net);
    net_wait(net, 50000);
    channel_free(ch);
}
