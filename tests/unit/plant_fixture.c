/* plant_fixture.c
 * Small captures made of messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant_fixture.h"

#include <cipsec/certs.h>

#include <arpa/inet.h>

cs_addr plant_addr(const char *text)
{
    cs_addr addr;
    memset(&addr, 0, sizeof addr);
    if (text && inet_pton(AF_INET, text, addr.bytes) == 1)
        addr.family = 4;
    else if (text && inet_pton(AF_INET6, text, addr.bytes) == 1)
        addr.family = 6;
    return addr;
}

cs_when plant_at(uint32_t frame, double seconds)
{
    cs_when at = {frame, INT64_C(1790000000000000000) + (int64_t)(seconds * 1e9)};
    return at;
}

cs_stream *plant_stream(cs_capture *cap, cs_transport transport, const char *client, uint16_t client_port,
                        const char *server, uint16_t server_port)
{
    cs_endpoint from = {plant_addr(client), client_port}, to = {plant_addr(server), server_port};
    cs_when first = plant_at(1 + 2 * cap->streams->len, 0.001 * cap->streams->len);
    cs_when second = plant_at(first.frame + 1, 0.001 * cap->streams->len + 0.0005);
    cs_stream *s = cs_capture_add_stream(cap, transport, &from, &to, &first);
    cs_stream_set_client(s, 0, CS_ROLE_SOURCE_SYN);
    s->syn = true;
    cs_stream_packet(cap, s, 0, &first, 0);
    cs_stream_packet(cap, s, 1, &second, 0);
    cap->last = second;
    return s;
}

void plant_secure(cs_stream *s, uint16_t suite, bool client_certificate)
{
    if (!suite)
        return;
    s->hs.have_suite = true;
    s->hs.suite = suite;
    s->hs.version = s->transport == CS_TRANSPORT_DTLS ? 0xFEFD : 0x0303;
    s->hs.client_hellos = 1;
    s->hs.server_hello = s->hs.server_hello_done = true;
    s->hs.hello = s->first;
    s->hs.done = s->last;
    s->hs.finished[0] = s->hs.finished[1] = s->hs.ccs[0] = s->hs.ccs[1] = true;
    s->hs.cert_seen[1] = s->hs.cert_proved[1] = true;
    s->hs.cert_request = client_certificate;
    s->hs.cert_seen[0] = s->hs.cert_proved[0] = s->hs.cert_verify[0] = client_certificate;
    cs_stream_update(s);
}

unsigned plant_count(const cs_capture *cap, cs_finding_kind kind)
{
    unsigned n = 0;
    for (guint i = 0; i < cap->findings->len; i++)
        n += ((const cs_finding *)cap->findings->pdata[i])->kind == kind;
    return n;
}

plant_tool plant_connect(cs_capture *cap, cs_transport transport, const char *tool, const char *device)
{
    bool secure = transport == CS_TRANSPORT_TLS;
    plant_tool t = {.cap = cap};
    t.stream = plant_stream(cap, transport, tool, (uint16_t)(50000 + cap->streams->len), device, secure ? 2221 : 44818);
    t.frame = 100 * cap->streams->len;
    t.seconds = 1;
    return t;
}

static cs_cip_message message(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service)
{
    cs_cip_message msg = {.stream = t->stream,
                          .class_id = class_id,
                          .instance = instance,
                          .attribute = attribute,
                          .service = service,
                          .at = plant_at(++t->frame, t->seconds += 0.0005)};
    t->stream->last = t->cap->last = msg.at;
    return msg;
}

void plant_request(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service,
                   const void *body, uint32_t body_len)
{
    cs_cip_message msg = message(t, class_id, instance, attribute, service);
    msg.body = body;
    msg.body_len = body_len;
    cs_observe_cip(t->cap, &msg);
}

void plant_answer(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service,
                  uint8_t status, const void *answer, uint32_t answer_len)
{
    cs_cip_message msg = message(t, class_id, instance, attribute, service);
    msg.sender = 1;
    msg.response = true;
    msg.status = status;
    msg.body = answer;
    msg.body_len = answer_len;
    cs_observe_cip(t->cap, &msg);
}

void plant_ask(plant_tool *t, uint32_t class_id, uint32_t instance, uint32_t attribute, uint8_t service,
               const void *body, uint32_t body_len, uint8_t status, const void *answer, uint32_t answer_len)
{
    plant_request(t, class_id, instance, attribute, service, body, body_len);
    cs_when asked = plant_at(t->frame, t->seconds);
    cs_cip_message msg = message(t, class_id, instance, attribute, service);
    msg.sender = 1;
    msg.response = true;
    msg.status = status;
    msg.body = answer;
    msg.body_len = answer_len;
    msg.request_at = asked;
    msg.request_body = body;
    msg.request_body_len = body_len;
    cs_observe_cip(t->cap, &msg);
}

void plant_do(plant_tool *t, uint32_t class_id, uint32_t instance, uint8_t service, uint8_t status)
{
    plant_ask(t, class_id, instance, CS_CIP_UNSET, service, NULL, 0, status, NULL, 0);
}
