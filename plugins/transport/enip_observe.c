/* enip_observe.c
 * What plaintext EtherNet/IP tells about its stream: kinds of traffic, CIP connections, I/O rhythm.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "enip_observe.h"

#include "../analysis/io_frame.h"
#include "secure.h"

#include <cipsec/cpf.h>
#include <cipsec/identity.h>

#include <string.h>

/* Behind the sequence count of a class 3 packet. */
#define CLASS3_COUNT 2

typedef struct {
    packet_info *pinfo;
    const cs_packet *packet;
    cs_capture *cap;
    bool datagram;
    bool again; /**< it is read again whenever it is shown */
} observation;

static void take_io(const observation *o, const cs_cpf *cpf, const cs_connection *connection, bool to_target)
{
    const cs_packet *packet = o->packet;
    cs_stream *stream = packet->stream;
    stream->saw_class01 = true;
    cs_observe_io_connection(o->cap, stream, packet->sender, packet->at.ns, cpf->size, cpf->connection_id,
                             cpf->has_sequence, cpf->sequence);
    bool keep = cs_stream_secured(stream);
    if (!o->again && (keep || packet->shown))
        cs_io_remember(o->pinfo, cpf, connection, to_target, keep ? stream : NULL);
}

static void take_connected(const observation *o, const cs_cpf *cpf)
{
    const cs_packet *packet = o->packet;
    cs_stream *stream = packet->stream;
    bool to_target = false;
    cs_connection *connection =
        cs_observe_connected_data(o->cap, stream, packet->sender, &packet->at, cpf->connection_id, &to_target);
    bool io = connection ? stream->carried[packet->sender].class01 : cpf->kind == CS_CPF_IO || o->datagram;
    if (io) {
        take_io(o, cpf, connection, to_target);
        return;
    }
    stream->saw_class3 = true;
    if (cpf->data_len > CLASS3_COUNT && cpf->data_len == cpf->size)
        cs_observe_connection_message(o->cap, stream, packet->sender, &packet->at, cpf->data + CLASS3_COUNT,
                                      cpf->data_len - CLASS3_COUNT);
}

static void take_cpf(const observation *o, const cs_cpf *cpf)
{
    const cs_packet *packet = o->packet;
    switch (cpf->kind) {
    case CS_CPF_UNCONNECTED:
        packet->stream->saw_unconnected = true;
        if (cpf->data)
            cs_observe_connection_message(o->cap, packet->stream, packet->sender, &packet->at, cpf->data,
                                          cpf->data_len);
        break;
    case CS_CPF_CONNECTED:
    case CS_CPF_IO:
        take_connected(o, cpf);
        break;
    case CS_CPF_OTHER:
        break;
    }
}

static CS_RARE void take_identity(const observation *o, const uint8_t *cpf, size_t len)
{
    cs_identity_reply reply;
    if (!cs_identity_read(cpf, len, &reply))
        return;
    reply.facts.at = o->packet->at;
    reply.facts.device = o->packet->stream->end[o->packet->sender].ep.addr;
    cs_observe_identity(o->cap, &reply.facts);
}

static void take_pdu(const observation *o, const cs_encap *pdu, size_t behind)
{
    size_t len;
    cs_cpf cpf;
    const uint8_t *items = cs_encap_cpf(pdu, &len);
    o->packet->stream->saw_enip = true;
    if (!cs_stream_secured(o->packet->stream))
        o->packet->stream->app_records++;
    if (items) {
        cs_cpf_read(items, len, &cpf);
        take_cpf(o, &cpf);
    } else if (pdu->command == CS_ENCAP_LIST_IDENTITY && pdu->data_len) {
        take_identity(o, pdu->data, pdu->data_len + behind);
    } else if (pdu->command == CS_ENCAP_START_DTLS) {
        o->packet->stream->start_dtls = true;
    }
}

/* @return false when the bytes do not begin with EtherNet/IP. */
static bool take_pdus(const observation *o, const uint8_t *data, size_t len)
{
    cs_encap pdu;
    size_t at = 0, taken;
    while (at < len && (taken = cs_encap_next(data + at, len - at, &pdu)) > 0) {
        at += taken;
        take_pdu(o, &pdu, len - at);
    }
    return at > 0;
}

static bool contains(const uint8_t *data, size_t len, const char *text)
{
    return g_strstr_len((const char *)data, (gssize)len, text) != NULL;
}

bool cs_looks_like_text(const uint8_t *data, size_t len)
{
    static const char *const starts[] = {"GET ", "POST ", "PUT ", "HEAD ", "HTTP/", "SSH-", "OPTIONS "};
    for (unsigned i = 0; i < G_N_ELEMENTS(starts); i++)
        if (len >= strlen(starts[i]) && !memcmp(data, starts[i], strlen(starts[i])))
            return true;
    return false;
}

/* On the clear ports a capture may begin within a PDU, so only text that cannot be EtherNet/IP counts there. */
static CS_RARE void take_other(const observation *o, const uint8_t *data, size_t len)
{
    bool text = cs_looks_like_text(data, len);
    if (!cs_stream_secured(o->packet->stream) && !text)
        return;
    if (text && contains(data, len, "/.well-known/est"))
        o->packet->stream->saw_est = true;
    o->packet->stream->saw_other = true;
}

void cs_enip_observe(packet_info *pinfo, const cs_packet *packet, const uint8_t *data, unsigned len, unsigned whole,
                     bool again)
{
    observation o = {pinfo, packet, cs_current_capture(), whole > 0, again};
    cs_cpf cpf;
    if (len == 0)
        return;
    if (whole && cs_cpf_read_datagram(data, len, whole, &cpf) && cpf.kind != CS_CPF_OTHER) {
        packet->stream->saw_enip = true;
        if (!cs_stream_secured(packet->stream))
            packet->stream->app_records++;
        take_cpf(&o, &cpf);
    } else if (!take_pdus(&o, data, len) && len >= whole) {
        take_other(&o, data, len);
    }
}
