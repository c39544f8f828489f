/* cert_capture.c
 * A capture model with streams and handshakes for the certificate tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cert_capture.h"

#include <arpa/inet.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

cs_addr cc_addr(const char *text)
{
    cs_addr addr = {.family = 4};
    assert_int_equal(inet_pton(AF_INET, text, addr.bytes), 1);
    return addr;
}

cs_stream *cc_stream(cs_capture *cap, const char *client, const char *server, uint32_t frame, int64_t seconds)
{
    cs_endpoint from = {cc_addr(client), 50000}, to = {cc_addr(server), 2221};
    cs_when at = {frame, seconds * NS};
    cs_stream *s = cs_capture_add_stream(cap, CS_TRANSPORT_TLS, &from, &to, &at);
    cs_stream_set_client(s, 0, CS_ROLE_SOURCE_CLIENT_HELLO);
    cs_stream_packet(cap, s, 0, &at, 100);
    s->syn = true;
    s->hs.client_hellos = 1;
    s->hs.server_hello = s->hs.server_hello_done = true;
    s->hs.cert_request = true;
    s->hs.finished[0] = s->hs.finished[1] = true;
    s->hs.state = CS_HANDSHAKE_COMPLETE;
    s->hs.hello = s->hs.done = at;
    s->saw_enip = s->saw_unconnected = true;
    cs_stream_update(s);
    return s;
}

cs_cert *cc_show(cs_capture *cap, cs_stream *s, cs_role side, uint32_t frame, int64_t seconds,
                 const pki_cert *const *chain, unsigned n)
{
    int i = side == CS_ROLE_SERVER;
    cs_when at = {frame, seconds * NS};
    GPtrArray *records = g_ptr_array_new();
    cs_stream_packet(cap, s, i, &at, 500);
    for (unsigned k = 0; k < n; k++) {
        cs_cert_seen seen = {.at = at, .stream = s, .side = side, .device = s->end[i].ep.addr,
                             .file_instance = CS_CIP_UNSET, .position = k};
        g_ptr_array_add(records, cs_certs_add_handshake(cap, chain[k]->der.data, chain[k]->der.size, &seen));
    }
    if (s->hs.chain[i])
        g_ptr_array_unref(s->hs.chain[i]);
    s->hs.chain[i] = records;
    s->hs.cert_seen[i] = s->hs.cert_proved[i] = s->hs.cert_verify[i] = true;
    cs_certs_frame_done(cap, frame);
    return records->pdata[0];
}

void cc_file(cs_capture *cap, cs_stream *s, const char *device, uint32_t instance, bool written, uint32_t frame,
             const void *bytes, size_t len)
{
    cs_file_transfer file = {.start = {frame, T0 * (int64_t)NS},
                             .end = {frame, T0 * (int64_t)NS},
                             .stream = s,
                             .device = cc_addr(device),
                             .instance = instance,
                             .direction = written ? CS_FILE_DOWNLOAD : CS_FILE_UPLOAD,
                             .bytes = bytes,
                             .len = (uint32_t)len,
                             .complete = true,
                             .checksum_ok = true,
                             .encoding = -1};
    cs_observe_file(cap, &file);
    cs_certs_frame_done(cap, frame);
}

void cc_cip(cs_capture *cap, cs_stream *s, uint32_t frame, uint8_t service, uint32_t class_id, uint32_t instance,
            uint32_t attribute, const void *request, uint32_t request_len, const void *response,
            uint32_t response_len)
{
    cs_cip_message msg = {.at = {frame, T0 * (int64_t)NS},
                          .stream = s,
                          .sender = 1,
                          .response = true,
                          .service = service,
                          .class_id = class_id,
                          .instance = instance,
                          .attribute = attribute,
                          .body = response,
                          .body_len = response_len,
                          .request_at = {frame, T0 * (int64_t)NS},
                          .request_body = request,
                          .request_body_len = request_len};
    cs_observe_cip(cap, &msg);
}

unsigned cc_count(const cs_capture *cap, cs_finding_kind kind)
{
    unsigned n = 0;
    for (guint i = 0; i < cap->findings->len; i++)
        n += ((cs_finding *)cap->findings->pdata[i])->kind == kind;
    return n;
}

const cs_finding *cc_only(const cs_capture *cap, cs_finding_kind kind)
{
    const cs_finding *found = NULL;
    for (guint i = 0; i < cap->findings->len; i++) {
        const cs_finding *f = cap->findings->pdata[i];
        if (f->kind != kind)
            continue;
        assert_null(found);
        found = f;
    }
    assert_non_null(found);
    return found;
}
