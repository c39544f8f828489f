/* deploy_text.c
 * The plain sentences of a deployment's steps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/certs.h>
#include <cipsec/suites.h>

#include "deploy_private.h"

#include <string.h>

#define MAX_SUITES 255
#define SUITES_SPELLED_OUT 8
#define KEYS_SPELLED_OUT 8
#define PATHS_SPELLED_OUT 8
#define MAX_TEXT 64

/* Text of the wire, made safe for one line of a table. */
static void append_text(GString *out, const uint8_t *text, uint32_t len)
{
    for (uint32_t i = 0; i < len && i < MAX_TEXT; i++)
        g_string_append_unichar(out, text[i] < 0x20 || text[i] == 0x7F ? '?' : text[i]);
    if (len > MAX_TEXT)
        g_string_append(out, "...");
}

char *cs_deploy_suites_text(const uint8_t *value, uint32_t len)
{
    uint16_t ids[MAX_SUITES];
    unsigned n = cs_suite_list(value, len, ids, MAX_SUITES), open = 0;
    GString *text = g_string_new(n ? NULL : "none");
    for (unsigned i = 0; i < n; i++) {
        const cs_suite *suite = cs_suite_find(ids[i]);
        open += cs_suite_integrity_only(ids[i]);
        if (i >= SUITES_SPELLED_OUT)
            continue;
        g_string_append(text, i ? ", " : "");
        if (suite)
            g_string_append(text, suite->name);
        else
            g_string_append_printf(text, "0x%04X", ids[i]);
    }
    if (n > SUITES_SPELLED_OUT)
        g_string_append_printf(text, " and %u more", n - SUITES_SPELLED_OUT);
    if (open)
        g_string_append_printf(text, " (integrity only: %u of %u)", open, n);
    return g_string_free(text, FALSE);
}

/* "Certificate Management instance 2, File instance 5" for the counted paths at p. */
static void append_paths(GString *out, const uint8_t *p, uint32_t len, unsigned count)
{
    if (!count)
        g_string_append(out, "none");
    if (count > PATHS_SPELLED_OUT)
        g_string_append_printf(out, "%u: ", count);
    for (unsigned i = 0; i < count && len; i++) {
        if (i == PATHS_SPELLED_OUT) {
            g_string_append_printf(out, " and %u more", count - i);
            break;
        }
        uint32_t n = 1 + 2u * p[0], class_id = 0, instance = 0;
        if (n > len)
            break;
        g_string_append(out, i ? ", " : "");
        if (n == 1)
            g_string_append(out, "none");
        else if (cs_path_target(p + 1, n - 1, &class_id, &instance))
            g_string_append_printf(out, "%s instance %u", cs_deploy_class_name(class_id), instance);
        else
            g_string_append(out, "a path that names no instance");
        p += n;
        len -= n;
    }
}

static void append_keys(GString *out, const uint8_t *value, uint32_t len)
{
    cs_psk psk[KEYS_SPELLED_OUT];
    int n = cs_psk_parse(value, len, psk, G_N_ELEMENTS(psk));
    if (n < 0) {
        g_string_append(out, "unreadable");
        return;
    }
    if (n == 0)
        g_string_append(out, "none");
    else
        g_string_append_printf(out, "%d", n);
    for (int i = 0; i < n && i < (int)G_N_ELEMENTS(psk); i++) {
        g_string_append(out, i ? ", \"" : ", identity \"");
        append_text(out, value + psk[i].identity, psk[i].identity_len);
        g_string_append_printf(out, "\" with %u octets", psk[i].key_len);
    }
    if (n > (int)G_N_ELEMENTS(psk))
        g_string_append_printf(out, " and %d more", n - (int)G_N_ELEMENTS(psk));
}

/* The value of an EtherNet/IP Security or Certificate Management attribute in words. */
static void append_value(GString *out, uint32_t class_id, uint32_t attribute, const uint8_t *v, uint32_t len)
{
    bool management = class_id == CS_CLASS_CERT_MGMT;
    if (!len) {
        g_string_append(out, "empty");
    } else if (management && (attribute == 3 || attribute == 4)) {
        append_paths(out, v + 1, len - 1, 1);
    } else if (class_id != CS_CLASS_EIP_SECURITY) {
        g_string_append_printf(out, "%u octet%s", len, len == 1 ? "" : "s");
    } else if (attribute == 3 || attribute == 4 || attribute == 18 || attribute == 19) {
        char *suites = cs_deploy_suites_text(v, len);
        g_string_append(out, suites);
        g_free(suites);
    } else if (attribute == 5) {
        append_keys(out, v, len);
    } else if (attribute == 8 && len >= 2 && (v[1] == 0x20 || v[1] == 0x21)) {
        append_paths(out, v, len, 1);
    } else if (attribute == 6 || attribute == 7 || attribute == 8 || attribute == 12) {
        append_paths(out, v + 1, len - 1, v[0]);
    } else if ((attribute >= 9 && attribute <= 11) || attribute == 13 || attribute == 17) {
        g_string_append(out, v[0] ? "on" : "off");
    } else if (attribute == 15 && len >= 2) {
        g_string_append_printf(out, "%u s", v[0] | v[1] << 8);
    } else if (len == 1) {
        g_string_append_printf(out, "%u", v[0]);
    } else {
        g_string_append_printf(out, "%u octets", len);
    }
}

char *cs_deploy_value_text(uint32_t class_id, uint32_t attribute, const uint8_t *value, uint32_t len)
{
    GString *out = g_string_new(NULL);
    append_value(out, class_id, attribute, value, len);
    return g_string_free(out, FALSE);
}

static void append_set(GString *out, const cs_cip_message *msg, const cs_device *before)
{
    char buf[24];
    uint32_t instance = msg->instance == CS_CIP_UNSET ? 0 : msg->instance;
    g_string_append_printf(out, "Sets %s", cs_deploy_attribute_name(msg->class_id, msg->attribute, buf, sizeof buf));
    if (msg->class_id == CS_CLASS_CERT_MGMT || msg->class_id == CS_CLASS_FILE)
        g_string_append_printf(out, " of %s instance %u", cs_deploy_class_name(msg->class_id), instance);
    else if (msg->class_id != CS_CLASS_EIP_SECURITY)
        g_string_append_printf(out, " of the %s object", cs_deploy_class_name(msg->class_id));
    g_string_append(out, ": ");
    const cs_attribute_value *old =
        before && msg->attribute != 5 ? cs_device_attribute(before, msg->class_id, instance, msg->attribute) : NULL;
    if (old && (msg->class_id == CS_CLASS_EIP_SECURITY || msg->class_id == CS_CLASS_CERT_MGMT)) {
        append_value(out, msg->class_id, msg->attribute, old->value, old->len);
        g_string_append(out, " -> ");
    }
    append_value(out, msg->class_id, msg->attribute, msg->body, msg->body_len);
}

static void append_create_csr(GString *out, const cs_cip_message *msg)
{
    static const char *const labels[] = {"CN", "O", "OU", "L", "ST", "C", "emailAddress", "serialNumber", "SAN"};
    g_string_append_printf(out, "Creates a key pair and a CSR in Certificate Management instance %u", msg->instance);
    uint32_t at = 0;
    const char *comma = ": ";
    for (size_t i = 0; i < G_N_ELEMENTS(labels) && at < msg->body_len; i++) {
        uint32_t n = msg->body[at++];
        if (n > msg->body_len - at)
            break;
        if (n) {
            g_string_append_printf(out, "%s%s=", comma, labels[i]);
            append_text(out, msg->body + at, n);
            comma = ", ";
        }
        at += n;
    }
}

/* The first string of a STRINGI that is made of octets: count, language, type, character set, length, text. */
static void append_stringi(GString *out, const uint8_t *p, uint32_t len)
{
    if (len < 8 || p[0] == 0)
        return;
    uint32_t head = p[4] == 0xDA ? 8 : 9, n = p[4] == 0xDA ? p[7] : (len >= 9 ? p[7] | (uint32_t)p[8] << 8 : 0);
    if ((p[4] != 0xDA && p[4] != 0xD0) || head > len || n > len - head)
        return;
    g_string_append(out, " \"");
    append_text(out, p + head, n);
    g_string_append_c(out, '"');
}

static void append_create(GString *out, const cs_cip_message *msg)
{
    g_string_append_printf(out, "Creates %s instance", cs_deploy_class_name(msg->class_id));
    if (msg->class_id == CS_CLASS_FILE) {
        append_stringi(out, msg->body, msg->body_len);
    } else if (msg->body_len && msg->body[0] <= msg->body_len - 1) {
        g_string_append(out, " \"");
        append_text(out, msg->body + 1, msg->body[0]);
        g_string_append_c(out, '"');
    }
}

static void append_apply(GString *out, const cs_cip_message *msg)
{
    unsigned flags = msg->body_len >= 2 ? msg->body[0] | msg->body[1] << 8 : 0;
    unsigned delay = msg->body_len >= 4 ? msg->body[2] | msg->body[3] << 8 : 0;
    g_string_append(out, "Apply_Config of the EtherNet/IP Security object: ");
    if (flags & 1)
        g_string_append_printf(out, "close existing connections after %u ms", delay);
    else
        g_string_append(out, "existing connections stay");
    if (flags & 2)
        g_string_append(out, ", run Object_Cleanup");
}

static void append_ports(GString *out, const cs_cip_message *msg)
{
    g_string_append(out, cs_deploy_service_name(CS_CLASS_TCPIP, msg->service));
    if (msg->service != SC_PORT_ADMIN || !msg->body_len)
        return;
    for (uint32_t i = 0, at = 1; i < msg->body[0] && at + 4 <= msg->body_len; i++, at += 4)
        g_string_append_printf(out, "%s%s %u/%s", i ? ", " : ": ", msg->body[at + 3] ? "open" : "close",
                               msg->body[at] | msg->body[at + 1] << 8,
                               msg->body[at + 2] == 6 ? "tcp" : msg->body[at + 2] == 17 ? "udp" : "ip");
}

static void append_reset(GString *out, const cs_cip_message *msg)
{
    g_string_append_printf(out, "Reset of the %s object to factory default", cs_deploy_class_name(msg->class_id));
    if (msg->class_id == CS_CLASS_EIP_SECURITY && msg->body_len)
        g_string_append(out, msg->body[0] ? ", pull model enabled" : ", pull model disabled");
}

char *cs_deploy_request_text(const cs_cip_message *msg, cs_step_kind kind, const cs_device *before)
{
    GString *out = g_string_new(NULL);
    const char *class_name = cs_deploy_class_name(msg->class_id);
    const char *service = cs_deploy_service_name(msg->class_id, msg->service);
    switch (kind) {
    case CS_STEP_SET:
        append_set(out, msg, before);
        break;
    case CS_STEP_CREATE:
        append_create(out, msg);
        break;
    case CS_STEP_DELETE:
        g_string_append_printf(out, "Deletes %s instance %u", class_name, msg->instance);
        break;
    case CS_STEP_CREATE_CSR:
        append_create_csr(out, msg);
        break;
    case CS_STEP_VERIFY:
        g_string_append_printf(out, "Verify_Certificate of Certificate Management instance %u", msg->instance);
        if (msg->body_len)
            g_string_append_printf(out, ", certificate %u",
                                   msg->body[0] | (msg->body_len > 1 ? msg->body[1] << 8 : 0));
        break;
    case CS_STEP_APPLY:
        append_apply(out, msg);
        break;
    case CS_STEP_PORTS:
        append_ports(out, msg);
        break;
    case CS_STEP_RESET:
        append_reset(out, msg);
        break;
    default:
        if (service)
            g_string_append_printf(out, "%s of the %s object", service, class_name);
        else
            g_string_append_printf(out, "Service 0x%02X of the %s object", msg->service, class_name);
        if (msg->class_id == CS_CLASS_FILE && msg->instance != CS_CIP_UNSET)
            g_string_append_printf(out, ", instance %u", msg->instance);
        break;
    }
    return g_string_free(out, FALSE);
}

char *cs_deploy_answer_text(const cs_cip_message *msg, cs_step_kind kind)
{
    if (kind == CS_STEP_CREATE && msg->body_len >= 2)
        return g_strdup_printf(" -> instance %u", msg->body[0] | msg->body[1] << 8);
    if (kind != CS_STEP_CREATE_CSR || !msg->body_len)
        return NULL;
    GString *out = g_string_new(" -> ");
    append_paths(out, msg->body, msg->body_len, 1);
    return g_string_free(out, FALSE);
}

static const char *protocol_name(const cs_stream *s)
{
    switch (s->hs.version) {
    case 0x0301:
        return "TLS 1.0";
    case 0x0302:
        return "TLS 1.1";
    case 0x0303:
        return "TLS 1.2";
    case 0x0304:
        return "TLS 1.3";
    case 0xFEFF:
        return "DTLS 1.0";
    case 0xFEFD:
        return "DTLS 1.2";
    case 0xFEFC:
        return "DTLS 1.3";
    default:
        return s->transport == CS_TRANSPORT_DTLS ? "DTLS" : "TLS";
    }
}

char *cs_deploy_connect_text(const cs_stream *s)
{
    char client[CS_ENDPOINT_STRLEN], server[CS_ENDPOINT_STRLEN];
    const cs_end *c = cs_stream_client(s), *d = cs_stream_server(s);
    bool tcp = s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_TCP;
    cs_endpoint_to_str(c ? &c->ep : &s->end[0].ep, client);
    cs_endpoint_to_str(d ? &d->ep : &s->end[1].ep, server);
    const char *clear = s->transport == CS_TRANSPORT_TCP || s->transport == CS_TRANSPORT_UDP ? ", in the clear" : "";
    const char *before = s->midstream ? ", open before the capture began" : "";
    return g_strdup_printf("%s %s to %s%s%s", tcp ? "TCP connection" : "UDP", client, server, clear, before);
}

static const char *certificate_words(const cs_cert *cert)
{
    switch (cert->kind) {
    case CS_CERT_VENDOR:
        return "vendor certificate";
    case CS_CERT_PROVISIONED:
        return "provisioned certificate";
    case CS_CERT_SELF_SIGNED:
        return "self-signed certificate";
    case CS_CERT_TOOL:
        return "tool certificate";
    default:
        return "certificate";
    }
}

static void append_side(GString *out, const cs_stream *s, int side)
{
    const cs_cert *cert = s->hs.chain[side] && s->hs.chain[side]->len ? s->hs.chain[side]->pdata[0] : NULL;
    const char *who = side ? "device" : "tool";
    if (cert) {
        g_string_append_printf(out, "; %s shows %s", who, certificate_words(cert));
        if (cert->subject)
            g_string_append_printf(out, " %s", cert->subject);
    } else if (side == 0 && (s->hs.server_hello_done || s->hs.finished[1]) && !s->hs.resumed) {
        g_string_append(out, s->hs.cert_request ? "; no client certificate although asked for"
                                                : "; no client certificate");
    }
}

char *cs_deploy_tls_text(const cs_stream *s)
{
    static const char *const states[] = {"handshake not captured", "handshake not finished", "handshake complete",
                                         "handshake complete (resumed)", "handshake failed"};
    GString *out = g_string_new(protocol_name(s));
    g_string_append_printf(out, " %s", states[s->hs.state]);
    const cs_suite *suite = s->hs.have_suite ? cs_suite_find(s->hs.suite) : NULL;
    if (suite)
        g_string_append_printf(out, ", %s%s", suite->name,
                               cs_suite_integrity_only(s->hs.suite) ? " (not encrypted)" : "");
    else if (s->hs.have_suite)
        g_string_append_printf(out, ", cipher suite 0x%04X", s->hs.suite);
    append_side(out, s, 1);
    append_side(out, s, 0);
    return g_string_free(out, FALSE);
}
