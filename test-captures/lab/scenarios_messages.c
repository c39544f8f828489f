/* scenarios_messages.c
 * Explicit messaging: class 3 and unconnected, in every protection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scenario.h"

static const uint8_t cell_key[] = "PracticePlantPSK";

/* What an operator's station or a MSG instruction does: read the identity, open class 3, read tags, close. */
static void talk(lab_channel *ch, lab_device *device)
{
    cip_client *c = cip_begin(ch, device);

    cip_list_services(c);
    cip_request(c, 0x01, 0x01, 1, -1, NULL, 0);
    cip_open_class3(c, NULL, 0);
    for (int i = 0; i < 6; i++) {
        cip_read_tag(c, i & 1 ? "LineSpeed" : "PartCounter");
        net_wait(ch->net, 250000);
    }
    cip_request(c, 0x0E, 0x01, 1, 7, NULL, 0);
    cip_close_connection(c);
    cip_end(c);
}

static void class3(lab_net *net, const char *label, lab_suites suites, const char *identity)
{
    const lab_node *client = plant_node("Blue_L85E"), *server = plant_node("Green_L85E");
    lab_device *device = deployed("Green_L85E", suites == SUITES_NULL ? allowed_null : allowed_cbc);
    lab_security s = usual(client, server, suites);

    if (identity != NULL) {
        s.psk_identity = identity;
        s.psk = cell_key;
        s.psk_len = sizeof cell_key - 1;
    }
    if (suites == SUITES_PSK_NULL || suites == SUITES_RFC9150)
        s.stack[0] = s.stack[1] = STACK_OPENSSL;
    talk(channel_secure(net, label, client, server, false, &s), device);
    device_free(device);
}

static void encrypted(lab_net *net, truth_capture *truth)
{
    (void)truth;
    class3(net, "class 3, encrypted, mutual authentication", SUITES_CBC, NULL);
}

static void gcm(lab_net *net, truth_capture *truth)
{
    (void)truth;
    class3(net, "class 3, encrypted with AES-GCM", SUITES_GCM, NULL);
}

static void authenticated(lab_net *net, truth_capture *truth)
{
    expect(truth, "integrity_only");
    class3(net, "class 3, authenticated only, mutual authentication", SUITES_NULL, NULL);
}

static void psk(lab_net *net, truth_capture *truth)
{
    expect(truth, "integrity_only");
    class3(net, "class 3, pre-shared key, encrypted", SUITES_PSK_CBC, "cell-7");
    net_wait(net, 500000);
    class3(net, "class 3, pre-shared key, authenticated only", SUITES_PSK_NULL, "cell-7");
}

static void rfc9150(lab_net *net, truth_capture *truth)
{
    expect(truth, "integrity_only");
    class3(net, "class 3 over TLS 1.3, authenticated only (RFC 9150)", SUITES_RFC9150, NULL);
}

/* One end GnuTLS, the other OpenSSL: what each decodes of the other is no single library's opinion. */
static void two_stacks(lab_net *net, truth_capture *truth)
{
    const lab_node *client = plant_node("FT_Linx"), *server = plant_node("Local_EN4TR");
    lab_device *device = deployed("Local_EN4TR", allowed_cbc);
    lab_security s = usual(client, server, SUITES_CBC);

    (void)truth;
    s.stack[1] = STACK_OPENSSL;
    s.suites[0] = SUITES_TOOL;
    s.send_chain = true;
    talk(channel_secure(net, "GnuTLS client, OpenSSL server", client, server, false, &s), device);
    device_free(device);
}

/* The resource-constrained profile's way: no TCP, no session, one request a record. */
static void unconnected_dtls(lab_net *net, truth_capture *truth)
{
    const lab_node *client = plant_node("FT_Linx"), *server = plant_node("Yellow_EN4TR");
    lab_device *device = deployed("Yellow_EN4TR", allowed_cbc);
    lab_security s = usual(client, server, SUITES_CBC);
    lab_channel *ch;

    (void)truth;
    s.cookie = true;
    ch = channel_secure(net, "unconnected explicit messages over DTLS", client, server, true, &s);
    for (uint32_t i = 1; i <= 4; i++) {
        cip_unconnected_dtls(ch, device, i, 0x0E, i & 1 ? 0x01 : 0x5D, 1, i & 1 ? 7 : 1);
        net_wait(net, 100000);
    }
    channel_close(ch, 0);
    device_free(device);
}

static void refused_open(lab_net *net, truth_capture *truth)
{
    const lab_node *client = plant_node("FT_Linx"), *server = plant_node("Red_EN4TR");
    lab_device *device = deployed("Red_EN4TR", allowed_cbc);
    lab_security s = usual(client, server, SUITES_CBC);
    cip_client *c;

    (void)truth;
    device->open_status = 0x01;
    device->open_word = 0x0918;
    c = cip_begin(channel_secure(net, "Forward_Open refused by an ingress rule", client, server, false, &s), device);
    cip_open_class3(c, NULL, 0);
    cip_end(c);
    device_free(device);
}

/* A session that has nothing to say: seen from the middle, nobody can tell how it is protected. */
static void idle(lab_net *net, truth_capture *truth)
{
    const lab_node *client = plant_node("FT_Linx"), *server = plant_node("Local_EN4TR");
    lab_device *device = deployed("Local_EN4TR", allowed_cbc);
    lab_security s = usual(client, server, SUITES_CBC);
    lab_channel *ch = channel_secure(net, "idle session", client, server, false, &s);
    cip_client *c;

    (void)truth;
    net->phase = PHASE_OPENING;
    c = cip_begin(ch, device);
    tcp_settle(ch->tcp);
    net->phase = PHASE_DATA;
    for (int i = 0; i < 5; i++) {
        net_wait(net, 30000000);
        tcp_keep_alive(ch->tcp, 0);
    }
    cip_drop(c);
    device_free(device);
}

const lab_scenario message_scenarios[] = {
    { "class3-encrypted", "Class 3 explicit messages between two controllers, Encrypted", true, true, 0, encrypted },
    { "class3-encrypted-nokeys", "Class 3 explicit messages, Encrypted, without keys", false, false, 0, encrypted },
    { "class3-gcm", "Class 3 explicit messages, Encrypted with AES-GCM", true, false, 0, gcm },
    { "class3-authenticated", "Class 3 explicit messages, Authenticated only", false, true, 0, authenticated },
    { "class3-psk", "Class 3 explicit messages with a pre-shared key, Encrypted and Authenticated only", true, true, 0,
      psk },
    { "class3-rfc9150", "Class 3 explicit messages over TLS 1.3, Authenticated only (RFC 9150)", false, true,
      SUITES_RFC9150, rfc9150 },
    { "class3-two-stacks", "Class 3 explicit messages, one TLS library at each end, server sends its chain", true,
      false, 0, two_stacks },
    { "unconnected-dtls", "Unconnected explicit messages over DTLS, with cookie exchange", true, true, 0,
      unconnected_dtls },
    { "idle", "A secured session without messages", true, true, 0, idle },
    { "forward-open-refused", "Forward_Open refused by an ingress rule (0x0918)", true, false, 0, refused_open },
    { NULL, NULL, false, false, 0, NULL },
};
