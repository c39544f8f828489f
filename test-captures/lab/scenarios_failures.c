/* scenarios_failures.c
 * Handshakes that fail, each for one cause.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scenario.h"

#define CLIENT "Blue_L85E"
#define SERVER "Red_EN4TR"

static void attempt(lab_net *net, truth_capture *truth, bool datagram, const lab_security *s)
{
    expect(truth, "handshake_failed");
    channel_free(channel_secure(net, "failed handshake", plant_node(CLIENT), plant_node(SERVER), datagram, s));
}

static lab_security start(void)
{
    return usual(plant_node(CLIENT), plant_node(SERVER), SUITES_CBC);
}

static void no_common_suite(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    s.suites[0] = SUITES_GCM;
    attempt(net, truth, false, &s);
}

static void dtls_no_common_suite(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    s.suites[1] = SUITES_NULL;
    s.stack[1] = STACK_OPENSSL;
    attempt(net, truth, true, &s);
}

static void server_unknown_ca(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    s.pki[1] = "foreign";
    attempt(net, truth, false, &s);
}

static void client_unknown_ca(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    s.pki[0] = "foreign";
    attempt(net, truth, false, &s);
}

static void client_without_certificate(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    expect(truth, "no_client_certificate");
    s.pki[0] = NULL;
    s.stack[1] = STACK_OPENSSL;
    attempt(net, truth, false, &s);
}

static void expired(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    expect(truth, "certificate_expired");
    s.pki[1] = "expired";
    s.check_expiration[0] = true;
    attempt(net, truth, false, &s);
}

static void version(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    s.old_version[0] = true;
    s.stack[0] = s.stack[1] = STACK_OPENSSL;
    s.suites[0] = s.suites[1] = SUITES_CBC_NULL;
    attempt(net, truth, false, &s);
}

static void port_closed(lab_net *net, truth_capture *truth)
{
    const lab_node *client = plant_node(CLIENT), *clear = plant_node("IO_5069");

    for (int i = 0; i < 2; i++) {
        truth_stream *t = truth_add_stream(net, "port closed", client, clear, false, true);

        t->port[0] = net->next_port;
        t->port[1] = 2221;
        t->kind = "failed";
        t->failure = "port closed";
        t->closed = true;
        tcp_refused(net, client, clear, 2221, t->index);
        net_wait(net, 500000);
    }
    expect(truth, "port_closed");
}

static void dtls_port_closed(lab_net *net, truth_capture *truth)
{
    lab_security s = start();

    expect(truth, "port_closed");
    channel_dtls_unanswered(net, "ClientHello answered by ICMP", plant_node(CLIENT), plant_node("IO_5069"), &s, true);
}

static void no_answer(lab_net *net, truth_capture *truth)
{
    lab_security s = start();
    truth_stream *t = truth_add_stream(net, "SYN without answer", plant_node(CLIENT), plant_node(SERVER), false, true);

    t->port[0] = net->next_port;
    t->port[1] = 2221;
    t->kind = "failed";
    t->failure = "no answer to the SYN";
    t->closed = true;
    tcp_unanswered(net, plant_node(CLIENT), plant_node(SERVER), 2221, t->index);
    expect(truth, "handshake_incomplete");
    channel_dtls_unanswered(net, "ClientHello without answer", plant_node(CLIENT), plant_node(SERVER), &s, false);
}

const lab_scenario failure_scenarios[] = {
    { "fail-no-common-suite", "Handshake failure: no common cipher suite", false, false, 0, no_common_suite },
    { "fail-dtls-no-common-suite", "DTLS handshake failure: no common cipher suite", false, false, 0,
      dtls_no_common_suite },
    { "fail-server-unknown-ca", "Handshake failure: the client does not know the server's CA", false, false, 0,
      server_unknown_ca },
    { "fail-client-unknown-ca", "Handshake failure: the server does not know the client's CA", false, false, 0,
      client_unknown_ca },
    { "fail-client-without-certificate", "Handshake failure: the client has no certificate", false, false, 0,
      client_without_certificate },
    { "fail-expired", "Handshake failure: the server's certificate has expired", false, false, 0, expired },
    { "fail-version", "Handshake failure: no common protocol version", false, false, 0, version },
    { "fail-port-closed", "TCP port 2221 closed", false, false, 0, port_closed },
    { "fail-dtls-port-closed", "UDP port 2221 closed", false, false, 0, dtls_port_closed },
    { "fail-no-answer", "SYN and ClientHello that nobody answers", false, false, 0, no_answer },
    { NULL, NULL, false, false, 0, NULL },
};
