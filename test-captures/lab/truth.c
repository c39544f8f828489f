/* truth.c
 * The ground truth as JSON. Only facts that are the same in every rebuild: no keys, no ciphertext.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "truth.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#include "tls.h"

static const struct {
    uint16_t id;
    const char *name;
    bool integrity_only;
} suites[] = {
    { 0xC006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA", true },
    { 0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", false },
    { 0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", false },
    { 0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false },
    { 0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", false },
    { 0xC037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", false },
    { 0xC03A, "TLS_ECDHE_PSK_WITH_NULL_SHA256", true },
    { 0xC0B4, "TLS_SHA256_SHA256", true },
};

const char *truth_suite_name(uint16_t suite)
{
    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        if (suites[i].id == suite)
            return suites[i].name;
    }
    return "unknown";
}

bool truth_integrity_only(uint16_t suite)
{
    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        if (suites[i].id == suite)
            return suites[i].integrity_only;
    }
    return false;
}

truth_stream *truth_add_stream(lab_net *net, const char *label, const lab_node *client, const lab_node *server,
                               bool datagram, bool secured)
{
    truth_stream *s = g_new0(truth_stream, 1);

    s->index = (int)net->streams->len;
    s->label = label;
    s->node[0] = client;
    s->node[1] = server;
    s->datagram = datagram;
    s->secured = secured;
    s->alert = s->alert_sender = -1;
    s->kind = "explicit";
    s->messages = g_ptr_array_new();
    g_ptr_array_add(net->streams, s);
    return s;
}

truth_message *truth_add_message(truth_stream *stream)
{
    truth_message *m = g_new0(truth_message, 1);

    m->service = m->class_id = m->instance = m->attribute = m->ext_status = -1;
    m->transport = "none";
    m->request = g_byte_array_new();
    m->response = g_byte_array_new();
    g_ptr_array_add(stream->messages, m);
    return m;
}

/* -------------------------------------------------------------- JSON text */

static void key(GString *o, const char *name)
{
    gsize end = o->len;

    while (end > 0 && g_ascii_isspace(o->str[end - 1]))
        end--;
    if (end > 0 && strchr("{[,", o->str[end - 1]) == NULL)
        g_string_append(o, ", ");
    if (name != NULL)
        g_string_append_printf(o, "\"%s\": ", name);
}

static void text(GString *o, const char *name, const char *value)
{
    key(o, name);
    if (value == NULL)
        g_string_append(o, "null");
    else
        g_string_append_printf(o, "\"%s\"", value);
}

static void number_or_null(GString *o, const char *name, int value, const char *format)
{
    key(o, name);
    if (value < 0)
        g_string_append(o, "null");
    else
        g_string_append_printf(o, format, value);
}

static void boolean(GString *o, const char *name, bool value)
{
    key(o, name);
    g_string_append(o, value ? "true" : "false");
}

static void hex(GString *o, const char *name, const GByteArray *bytes)
{
    key(o, name);
    g_string_append_c(o, '"');
    for (guint i = 0; i < bytes->len; i++)
        g_string_append_printf(o, "%02x", bytes->data[i]);
    g_string_append_c(o, '"');
}

static void certificate(GString *o, const char *name, const char *stem)
{
    gnutls_datum_t pem, der = { NULL, 0 };
    char *path, *content = NULL, *digest;
    gsize len = 0;

    key(o, name);
    if (stem == NULL) {
        g_string_append(o, "null");
        return;
    }
    path = tls_pki_path(stem, ".crt.pem");
    g_file_get_contents(path, &content, &len, NULL);
    pem = (gnutls_datum_t){ (unsigned char *)content, (unsigned)len };
    gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der);
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, der.data, der.size);
    g_string_append_printf(o, "{\"fixture\": \"lab/pki/%s.crt.pem\", \"sha256\": \"%s\"}", stem, digest);
    gnutls_free(der.data);
    g_free(content);
    g_free(digest);
    g_free(path);
}

static void message(GString *o, const truth_message *m, unsigned n, const unsigned *number)
{
    g_string_append_printf(o, "%s\n      {\"n\": %u", n > 1 ? "," : "", n);
    number_or_null(o, "request_frame", (int)number[m->request_frame], "%d");
    number_or_null(o, "response_frame", m->response_frame > 0 ? (int)number[m->response_frame] : -1, "%d");
    text(o, "enip", m->enip);
    if (m->service >= 0) {
        text(o, "cip_transport", m->transport);
        key(o, "request");
        g_string_append_c(o, '{');
        number_or_null(o, "service", m->service, "\"0x%02X\"");
        number_or_null(o, "class", m->class_id, "\"0x%02X\"");
        number_or_null(o, "instance", m->instance, "%d");
        number_or_null(o, "attribute", m->attribute, "%d");
        hex(o, "data", m->request);
        g_string_append_c(o, '}');
        key(o, "response");
        if (m->response_frame == 0) {
            g_string_append(o, "null}");
            return;
        }
        g_string_append_c(o, '{');
        number_or_null(o, "service", m->service | 0x80, "\"0x%02X\"");
        number_or_null(o, "status", m->status, "\"0x%02X\"");
        key(o, "ext_status");
        if (m->ext_status >= 0)
            g_string_append_printf(o, "[\"0x%04X\"]", m->ext_status);
        else
            g_string_append(o, "[]");
        hex(o, "data", m->response);
        g_string_append_c(o, '}');
    }
    g_string_append_c(o, '}');
}

static const char *version_name(uint16_t version)
{
    switch (version) {
    case 0x0302: return "TLS 1.1";
    case 0x0303: return "TLS 1.2";
    case 0x0304: return "TLS 1.3";
    case 0xFEFD: return "DTLS 1.2";
    default: return NULL;
    }
}

/* Frames of a stream that are in the file. */
static unsigned count_frames(const truth_stream *s, const lab_net *net, const unsigned *number, unsigned *first,
                             unsigned *last)
{
    unsigned n = 0;

    *first = *last = 0;
    for (guint i = 0; i < net->frames->len; i++) {
        const lab_frame *frame = g_ptr_array_index(net->frames, i);

        if (frame->stream != s->index || number[i + 1] == 0)
            continue;
        if (n++ == 0)
            *first = number[i + 1];
        *last = number[i + 1];
    }
    return n;
}

static void stream_security(GString *o, const truth_stream *s, bool midstream)
{
    text(o, "protocol", !s->secured ? "plain" : s->datagram ? "DTLS" : "TLS");
    text(o, "version", version_name(s->version));
    key(o, "cipher");
    if (s->suite != 0)
        g_string_append_printf(o, "{\"id\": \"0x%04X\", \"name\": \"%s\"}", s->suite, truth_suite_name(s->suite));
    else
        g_string_append(o, "null");
    key(o, "integrity_only");
    g_string_append(o, s->suite == 0 ? "null" : truth_integrity_only(s->suite) ? "true" : "false");
    boolean(o, "encrypted", s->suite != 0 && !truth_integrity_only(s->suite));
    boolean(o, "mutual_auth", s->mutual);
    text(o, "session_kind", s->kind);
    boolean(o, "handshake_seen", s->handshake != NULL && !midstream);
    text(o, "handshake", s->handshake);
    number_or_null(o, "alert", s->alert, "%d");
    text(o, "alert_sender", s->alert_sender < 0 ? NULL : s->alert_sender == 0 ? "client" : "server");
    text(o, "failure", s->failure);
    boolean(o, "open_at_end", !s->closed);
    certificate(o, "client_certificate", s->pki[0]);
    certificate(o, "server_certificate", s->pki[1]);
}

static void stream(GString *o, const truth_stream *s, const lab_net *net, const unsigned *number, bool midstream,
                   bool *any)
{
    unsigned first, last, frames = count_frames(s, net, number, &first, &last), n = 0;

    if (frames == 0)
        return;
    g_string_append_printf(o, "%s\n    {", *any ? "," : "");
    *any = true;
    text(o, "label", s->label);
    text(o, "transport", s->datagram ? "UDP" : "TCP");
    key(o, "client");
    g_string_append_printf(o, "\"%s:%u\", \"server\": \"%s:%u\"", s->node[0]->address, s->port[0], s->node[1]->address,
                           s->port[1]);
    text(o, "client_name", s->node[0]->name);
    text(o, "server_name", s->node[1]->name);
    stream_security(o, s, midstream);
    key(o, "cip_transport_classes");
    g_string_append_c(o, '[');
    for (int i = 0; i < 4; i++) {
        if (s->classes[i]) {
            key(o, NULL);
            g_string_append_printf(o, "%d", i);
        }
    }
    g_string_append_printf(o, "], \"io_packets\": {\"client\": %u, \"server\": %u}", s->io[0], s->io[1]);
    g_string_append_printf(o, ", \"first_frame\": %u, \"last_frame\": %u, \"frames\": %u,\n     \"messages\": [", first,
                           last, frames);
    for (guint i = 0; i < s->messages->len; i++) {
        const truth_message *m = g_ptr_array_index(s->messages, i);

        if (number[m->request_frame] > 0)
            message(o, m, ++n, number);
    }
    g_string_append(o, "]}");
}

bool truth_write(const char *path, const truth_capture *capture, const lab_net *net, const char *name,
                 const unsigned *number, bool midstream, bool keys)
{
    GString *o = g_string_new("{\n  ");
    bool any = false, ok;

    text(o, "capture", name);
    text(o, "title", capture->title);
    boolean(o, "midstream", midstream);
    boolean(o, "keys_embedded", keys);
    g_string_append(o, ",\n  \"deployments\": [");
    for (guint i = 0; i < capture->deployments->len; i++) {
        const truth_deployment *d = g_ptr_array_index(capture->deployments, i);

        g_string_append(o, i > 0 ? ",\n    {" : "\n    {");
        text(o, "device", d->device->address);
        text(o, "device_name", d->device->name);
        text(o, "tool", d->tool->address);
        number_or_null(o, "stream", d->stream, "%d");
        text(o, "result", d->result);
        text(o, "reason", d->reason);
        g_string_append_c(o, '}');
    }
    g_string_append(o, "],\n  \"findings\": [");
    for (guint i = 0; i < capture->findings->len; i++)
        text(o, NULL, g_ptr_array_index(capture->findings, i));
    g_string_append(o, "],\n  \"streams\": [");
    for (guint i = 0; i < net->streams->len; i++)
        stream(o, g_ptr_array_index(net->streams, i), net, number, midstream, &any);
    g_string_append_printf(o, "],\n  \"packets\": %u\n}\n", number[0]);
    ok = g_file_set_contents(path, o->str, (gssize)o->len, NULL);
    g_string_free(o, TRUE);
    return ok;
}
