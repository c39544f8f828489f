/* scenarios_certificates.c
 * Sessions that come up although something is wrong with a certificate, and enrollment by the pull model (EST).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "scenario.h"

/* A short class 3 conversation with given certificates at both ends; nobody checks anything. */
static void talk(lab_net *net, const char *label, const char *from, const char *to, const char *client_pki,
                 const char *server_pki)
{
    lab_device *device = deployed(to, allowed_cbc);
    lab_security s = usual(plant_node(from), plant_node(to), SUITES_CBC);
    cip_client *c;

    s.trust[0] = s.trust[1] = NULL;
    if (client_pki != NULL)
        s.pki[0] = client_pki;
    s.pki[1] = server_pki;
    c = cip_begin(channel_secure(net, label, plant_node(from), plant_node(to), false, &s), device);
    cip_open_class3(c, NULL, 0);
    cip_read_tag(c, "PartCounter");
    cip_close_connection(c);
    cip_end(c);
    net_wait(net, 400000);
    device_free(device);
}

static void dates(lab_net *net, truth_capture *truth)
{
    expect(truth, "certificate_expired");
    expect(truth, "certificate_expiring");
    expect(truth, "certificate_not_yet_valid");
    talk(net, "expired", "Blue_L85E", "Red_EN4TR", NULL, "expired");
    talk(net, "expires in 18 days", "Blue_L85E", "Yellow_EN4TR", NULL, "expiring");
    talk(net, "not valid yet", "Blue_L85E", "Green_EN4TR", NULL, "future");
}

/* Faults that the certificates have in themselves; the first comes with the weak CA that signed it. */
static void faulty(lab_net *net, truth_capture *truth)
{
    expect(truth, "weak_key");
    expect(truth, "weak_signature");
    expect(truth, "certificate_eku");
    expect(truth, "certificate_malformed");
    talk(net, "signed with SHA-1 by a CA with an RSA key of 1024 bits", "Blue_L85E", "Red_EN4TR", NULL, "weak");
    talk(net, "made for signing code only", "Blue_L85E", "Yellow_EN4TR", NULL, "purpose");
    talk(net, "with a negative serial number", "Blue_L85E", "Green_EN4TR", NULL, "negative");
}

static void foreign(lab_net *net, truth_capture *truth)
{
    talk(net, "a certificate of another CA", "Blue_L85E", "Red_EN4TR", NULL, "foreign");
    talk(net, "a certificate of the plant's CA", "Blue_L85E", "Green_L85E", NULL, "green-l85e");
    (void)truth;
}

static void shared(lab_net *net, truth_capture *truth)
{
    expect(truth, "certificate_shared");
    talk(net, "Green_L85E with its own certificate", "Blue_L85E", "Green_L85E", NULL, "green-l85e");
    talk(net, "Red_EN4TR with Green_L85E's certificate", "Blue_L85E", "Red_EN4TR", NULL, "green-l85e");
}

static void vendor(lab_net *net, truth_capture *truth)
{
    expect(truth, "self_signed");
    talk(net, "born-on certificate in operation", "Green_L85E", "Blue_L85E", NULL, "vendor-blue-l85e");
}

/* What a first deployment looks like, but it is not one: the policy never reached the device. */
static void unasked(lab_net *net, truth_capture *truth)
{
    const lab_node *from = plant_node("Green_L85E"), *to = plant_node("Blue_L85E");
    lab_device *device = deployed("Blue_L85E", allowed_cbc);
    lab_security s = usual(from, to, SUITES_CBC);
    cip_client *c;

    expect(truth, "self_signed");
    expect(truth, "vendor_certificate");
    expect(truth, "no_client_certificate");
    s.trust[0] = s.trust[1] = NULL;
    s.pki[1] = to->vendor_pki;
    s.no_client_certificate = true;
    c = cip_begin(channel_secure(net, "nobody asks for the client's certificate", from, to, false, &s), device);
    cip_open_class3(c, NULL, 0);
    cip_read_tag(c, "PartCounter");
    cip_close_connection(c);
    cip_end(c);
    device_free(device);
}

/* One HTTP message; body NULL: none. */
static void http(lab_channel *ch, int side, const char *head, const char *body)
{
    char *message = body != NULL ? g_strdup_printf("%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body)
                                 : g_strconcat(head, "\r\n", NULL);

    channel_send(ch, side, (const uint8_t *)message, strlen(message));
    net_wait(ch->net, 20000);
    g_free(message);
}

static char *fixture(const char *name)
{
    char *path = tls_pki_path(name, ".b64"), *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    g_free(path);
    return text;
}

static void est(lab_net *net, uint16_t port)
{
    const lab_node *device = plant_node("Yellow_EN4TR"), *server = plant_node("EST_Server");
    lab_security s = usual(device, server, SUITES_TOOL);
    char *ca = fixture("est-cacerts"), *request = fixture("est-request"), *enrolled = fixture("est-enrolled");
    lab_channel *ch;

    s.pki[0] = "vendor-yellow-en4tr";
    s.trust[0] = s.trust[1] = NULL;
    s.port = port;
    ch = channel_secure(net, "enrollment over secure transport", device, server, false, &s);
    ch->truth->kind = "enrollment";
    http(ch, 0, "GET /.well-known/est/cacerts HTTP/1.1\r\nHost: 10.18.2.80\r\n", NULL);
    http(ch, 1, "HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n", ca);
    http(ch, 0, "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: 10.18.2.80\r\n"
                "Content-Type: application/pkcs10\r\nContent-Transfer-Encoding: base64\r\n", request);
    net_wait(net, 800000);
    http(ch, 1, "HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime; smime-type=certs-only\r\n"
                "Content-Transfer-Encoding: base64\r\n", enrolled);
    channel_close(ch, 0);
    g_free(ca);
    g_free(request);
    g_free(enrolled);
}

/* The device finds its enrollment server, enrolls with its born-on certificate, and then shows the new one. */
static void pull(lab_net *net, truth_capture *truth)
{
    const lab_node *linx = plant_node("FT_Linx"), *yellow = plant_node("Yellow_EN4TR");
    lab_device *device = device_new(yellow);
    lab_security s = usual(linx, yellow, SUITES_CBC);
    cip_client *c;

    (void)truth;
    device->eip_state = 3;
    cip_list_identity_one(net, linx, device);
    est(net, 443);
    net_wait(net, 2000000);
    device_deployed(device, allowed_cbc);
    device->eip_state = 4;
    c = cip_begin(channel_secure(net, "first use of the enrolled certificate", linx, yellow, false, &s), device);
    cip_request(c, 0x01, 0x5E, 1, -1, NULL, 0);
    cip_request(c, 0x0E, 0x5E, 1, 14, NULL, 0);
    cip_end(c);
    cip_list_identity_one(net, linx, device);
    device_free(device);
}

/* The same on the CIP Security port, where some plants put the enrollment server to pass their firewalls. */
static void pull_2221(lab_net *net, truth_capture *truth)
{
    (void)truth;
    est(net, 2221);
}

const lab_scenario certificate_scenarios[] = {
    { "cert-dates", "Certificates: expired, expiring soon, not valid yet; nobody checks", true, false, 0, dates },
    { "cert-faulty", "Certificates: weak key, weak signature, wrong purpose, negative serial number", true, false, 0,
      faulty },
    { "cert-foreign", "A device with a certificate of another CA", true, false, 0, foreign },
    { "cert-shared", "Two devices with one certificate", true, false, 0, shared },
    { "cert-vendor", "A device in operation with its born-on certificate", true, false, 0, vendor },
    { "cert-unasked", "Operation with a born-on certificate, and no client certificate", true, false, 0, unasked },
    { "enroll-pull", "Pull model: enrollment over secure transport (EST), port 443", true, false, 0, pull },
    { "enroll-pull-2221", "Pull model: enrollment over secure transport (EST), port 2221", true, false, 0, pull_2221 },
    { NULL, NULL, false, false, 0, NULL },
};
