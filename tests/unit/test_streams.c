/* test_streams.c
 * Conclusions about a stream: roles, class, kind, protection, mutual authentication, outcome of the handshake.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/frame.h>
#include <cipsec/model.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static cs_capture *cap;

static int setup(void **state)
{
    (void)state;
    cap = cs_capture_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cs_capture_free(cap);
    return 0;
}

static cs_stream *stream_of(cs_transport transport)
{
    cs_endpoint a = {{4, {10, 0, 0, 1}}, 40000}, b = {{4, {10, 0, 0, 2}}, 2221};
    cs_when at = {1, 0};
    return cs_capture_add_stream(cap, transport, &a, &b, &at);
}

static void better_evidence_of_roles_wins(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    assert_null(cs_stream_client(s));
    cs_stream_set_client(s, 1, CS_ROLE_SOURCE_PORT);
    cs_stream_set_client(s, 0, CS_ROLE_SOURCE_FORWARD_OPEN);
    assert_int_equal(s->client, 1);
    cs_stream_set_client(s, 0, CS_ROLE_SOURCE_SYN);
    assert_int_equal(s->client, 0);
    cs_stream_set_client(s, 1, CS_ROLE_SOURCE_SYN);
    assert_int_equal(s->client, 0);
    cs_stream_set_client(s, 1, CS_ROLE_SOURCE_CLIENT_HELLO);
    assert_ptr_equal(cs_stream_client(s), &s->end[1]);
    assert_ptr_equal(cs_stream_server(s), &s->end[0]);
}

static void class_by_the_best_evidence(void **state)
{
    (void)state;
    cs_class_source source;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_EXPLICIT);
    assert_int_equal(source, CS_CLASS_SOURCE_TRANSPORT);
    s->saw_enip = s->saw_unconnected = true;
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_UNCONNECTED);
    assert_int_equal(source, CS_CLASS_SOURCE_CONTENT);
    s->saw_class3 = true;
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_3);
    s->classes_carried = 1 << 3;
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_3);
    assert_int_equal(source, CS_CLASS_SOURCE_FORWARD_OPEN);
    s->saw_class01 = true;
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_IMPLICIT_AND_EXPLICIT);
}

static void class_of_other_content_is_unknown(void **state)
{
    (void)state;
    cs_class_source source;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    s->saw_other = true;
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_UNKNOWN);
    assert_int_equal(source, CS_CLASS_SOURCE_NONE);
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_NOT_ENIP);
    s->saw_est = true;
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_ENROLLMENT);
}

static void datagrams_on_clear_ports(void **state)
{
    (void)state;
    cs_class_source source;
    cs_stream *s = stream_of(CS_TRANSPORT_UDP);
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_UNKNOWN);
    s->io_port = true;
    assert_int_equal(cs_stream_class(s, &source), CS_CLASS_0_1);
    cs_stream_update(s);
    assert_false(s->midstream);
    assert_int_equal(s->conf, CS_CONF_UNKNOWN);
    s->saw_enip = true;
    cs_stream_update(s);
    assert_int_equal(s->conf, CS_CONF_NONE);
    assert_int_equal(s->conf_source, CS_CONF_SOURCE_PORT);
}

static void suite_decides_confidentiality(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    s->content_mac_len = 20;
    cs_stream_update(s);
    assert_int_equal(s->conf, CS_CONF_AUTHENTICATED);
    assert_int_equal(s->conf_source, CS_CONF_SOURCE_CONTENT);
    s->hs.have_suite = true;
    s->hs.suite = 0xC023;
    cs_stream_update(s);
    assert_int_equal(s->conf, CS_CONF_AUTHENTICATED); /* agreed on, not yet in force */
    s->hs.client_hellos = 1;
    s->hs.finished[0] = s->hs.finished[1] = true;
    cs_stream_update(s);
    assert_int_equal(s->conf, CS_CONF_ENCRYPTED);
    assert_int_equal(s->conf_source, CS_CONF_SOURCE_HANDSHAKE);
    s->hs.state = CS_HANDSHAKE_FAILED;
    cs_stream_update(s);
    assert_int_equal(s->conf, CS_CONF_UNKNOWN);
    s->app_records = 1;
    cs_stream_update(s);
    assert_int_equal(s->conf, CS_CONF_ENCRYPTED);
}

static void handshake_outcomes(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    cs_stream_update(s);
    assert_true(s->midstream);
    assert_int_equal(s->hs.state, CS_HANDSHAKE_NOT_CAPTURED);
    s->hs.client_hellos = 1;
    cs_stream_update(s);
    assert_false(s->midstream);
    assert_int_equal(s->hs.state, CS_HANDSHAKE_INCOMPLETE);
    s->hs.have_alert = true;
    s->hs.alert = 40;
    s->hs.alert_level = 2;
    cs_stream_update(s);
    assert_int_equal(s->hs.state, CS_HANDSHAKE_FAILED);
    assert_int_equal(s->kind, CS_KIND_FAILED_HANDSHAKE);
    assert_int_equal(s->conf, CS_CONF_UNKNOWN);

    cs_stream *good = stream_of(CS_TRANSPORT_TLS);
    good->hs.client_hellos = 1;
    good->hs.finished[0] = good->hs.finished[1] = true;
    cs_stream_update(good);
    assert_int_equal(good->hs.state, CS_HANDSHAKE_COMPLETE);
    good->hs.have_alert = true; /* an alert afterwards ends the session, not the handshake */
    good->hs.alert_level = 2;
    cs_stream_update(good);
    assert_int_equal(good->hs.state, CS_HANDSHAKE_COMPLETE);
}

static void mutual_authentication(void **state)
{
    (void)state;
    bool known;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    assert_false(cs_stream_mutual_auth(s, &known));
    assert_false(known);
    s->hs.state = CS_HANDSHAKE_COMPLETE;
    s->hs.server_hello_done = true;
    assert_false(cs_stream_mutual_auth(s, &known));
    assert_true(known);
    s->hs.cert_request = s->hs.cert_seen[0] = s->hs.cert_verify[0] = true;
    assert_true(cs_stream_mutual_auth(s, &known));
    assert_true(known);
    s->hs.cert_empty[0] = true;
    assert_false(cs_stream_mutual_auth(s, &known));
    assert_true(known);
}

static void resumed_sessions_inherit_agreement(void **state)
{
    (void)state;
    bool known;
    for (int i = 0; i < 3; i++) {
        cs_stream *full = stream_of(CS_TRANSPORT_TLS);
        cs_stream_set_client(full, 0, CS_ROLE_SOURCE_CLIENT_HELLO);
        full->hs.state = CS_HANDSHAKE_COMPLETE;
        full->hs.server_hello_done = true;
        full->hs.cert_request = full->hs.cert_seen[0] = full->hs.cert_verify[0] = i < 2;
        cs_stream *resumed = stream_of(CS_TRANSPORT_TLS);
        cs_stream_set_client(resumed, 0, CS_ROLE_SOURCE_CLIENT_HELLO);
        resumed->hs.state = CS_HANDSHAKE_RESUMED;
        assert_false(cs_stream_mutual_auth(resumed, &known));
        assert_false(known);
        cs_stream_inherit(cap, resumed);
        assert_int_equal(cs_stream_mutual_auth(resumed, &known), i < 2);
        assert_int_equal(known, i < 2); /* the third full handshake disagrees with the others */
    }
}

static void kind_needs_evidence(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    s->hs.finished[0] = s->hs.finished[1] = true;
    s->hs.server_hello_done = true;
    s->app_records = 5;
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_UNKNOWN);
    s->saw_config = true;
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_PROVISIONING);
}

static void never_answered(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    cs_when at = {1, 0};
    s->syn = true;
    cs_stream_set_client(s, 0, CS_ROLE_SOURCE_SYN);
    cs_stream_packet(cap, s, 0, &at, 0);
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_UNKNOWN);
    at.ns = 20000; /* recorded twice */
    cs_stream_packet(cap, s, 0, &at, 0);
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_UNKNOWN);
    at.ns = 1000000000;
    cs_stream_packet(cap, s, 0, &at, 0);
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_FAILED_HANDSHAKE);
    cs_stream_packet(cap, s, 1, &at, 0);
    cs_stream_update(s);
    assert_int_equal(s->kind, CS_KIND_UNKNOWN);
}

static void tcp(cs_stream *s, int sender, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t payload)
{
    const cs_frame_facts facts = {.tcp = true, .flags = flags, .seq = seq, .ack = ack, .payload = payload};
    cs_stream_tcp(s, sender, &facts);
}

static void what_is_confirmed_but_not_captured(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    const cs_end *client = &s->end[0], *server = &s->end[1];
    tcp(s, 0, CS_TCP_SYN, UINT32_MAX - 5, 0, 0);
    assert_false(s->answered[1]);
    tcp(s, 1, CS_TCP_SYN | CS_TCP_ACK, 700, UINT32_MAX - 4, 0);
    tcp(s, 0, CS_TCP_ACK, UINT32_MAX - 4, 701, 100);
    tcp(s, 1, CS_TCP_ACK, 701, 95, 40);
    tcp(s, 0, CS_TCP_ACK, 95, 741, 0);
    tcp(s, 0, CS_TCP_ACK, 94, 741, 1); /* keep-alive */
    assert_true(s->answered[0] && s->answered[1]);
    assert_false(client->unseen || server->unseen);
    assert_int_equal(client->fresh, 100);
    assert_int_equal(server->fresh, 40);
    tcp(s, 1, CS_TCP_ACK, 721, 95, 20); /* sent again */
    assert_int_equal(server->fresh, 40);
    tcp(s, 0, CS_TCP_RST, 95, 99999, 0);
    assert_false(server->unseen);
    tcp(s, 0, CS_TCP_ACK, 95, 742, 0);
    assert_true(server->unseen && !client->unseen);
    tcp(s, 0, CS_TCP_RST, 95 + 0x40000000, 0, 0); /* not of this connection */
    assert_false(client->unseen);
    tcp(s, 0, CS_TCP_RST, 102, 0, 0); /* an alert before it was not captured */
    assert_true(client->unseen);
}

/* Both directions of a link are recorded by different queues: a confirmation may stand before its data. */
static void what_is_confirmed_before_it_comes(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    const cs_end *server = &s->end[1];
    tcp(s, 1, CS_TCP_ACK, 700, 50, 100);
    tcp(s, 0, CS_TCP_ACK, 50, 900, 0);
    assert_true(server->unseen);
    tcp(s, 1, CS_TCP_ACK, 800, 50, 100);
    assert_false(server->unseen);
    /* 100 octets are passed over, and only their confirmation says that they were sent */
    tcp(s, 1, CS_TCP_ACK, 1000, 50, 100);
    assert_false(server->unseen);
    const cs_frame_facts late = {.tcp = true, .seq = 900, .payload = 100};
    const cs_frame_facts again = {.tcp = true, .seq = 800, .payload = 100};
    assert_true(cs_stream_tcp_late(server, &late));
    assert_false(cs_stream_tcp_late(server, &again));
    const cs_frame_facts next = {.tcp = true, .seq = 1100, .payload = 50};
    assert_false(cs_stream_tcp_late(server, &next));
    tcp(s, 0, CS_TCP_ACK, 50, 1150, 0);
    assert_true(server->unseen);
    assert_true(cs_stream_tcp_late(server, &next)); /* Wireshark takes it for sent again */
    tcp(s, 1, CS_TCP_ACK, 1100, 50, 100);
    tcp(s, 0, CS_TCP_ACK, 50, 1200, 0);
    assert_true(server->unseen);
}

static void one_direction_from_the_middle(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    tcp(s, 0, CS_TCP_ACK, 5, 100, 20);
    assert_true(s->answered[1] && !s->end[1].unseen);
    tcp(s, 0, CS_TCP_ACK, 25, 101, 20);
    assert_true(s->end[1].unseen);
}

/* Wireshark 4.4 and later begin another connection with a SYN that comes behind the FIN of the other direction. */
static void the_beginning_in_another_stream(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    tcp(s, 0, CS_TCP_SYN, 99, 0, 0);
    tcp(s, 1, CS_TCP_ACK, 709, 150, 0); /* behind an alert and a FIN */
    tcp(s, 0, CS_TCP_ACK, 100, 701, 50);
    assert_true(s->end[1].unseen);
    assert_false(s->end[0].unseen);
}

static void a_direction_that_is_late_lacks_nothing(void **state)
{
    (void)state;
    cs_stream *s = stream_of(CS_TRANSPORT_TLS);
    tcp(s, 1, CS_TCP_SYN | CS_TCP_ACK, 700, 100, 0);
    tcp(s, 1, CS_TCP_ACK, 701, 150, 40);
    tcp(s, 1, CS_TCP_ACK | CS_TCP_FIN, 741, 150, 0);
    tcp(s, 0, CS_TCP_SYN, 99, 0, 0);
    tcp(s, 0, CS_TCP_ACK, 100, 701, 50);
    assert_false(s->end[1].unseen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(better_evidence_of_roles_wins), TEST(class_by_the_best_evidence),
        TEST(class_of_other_content_is_unknown), TEST(datagrams_on_clear_ports),
        TEST(suite_decides_confidentiality), TEST(handshake_outcomes),
        TEST(mutual_authentication), TEST(resumed_sessions_inherit_agreement),
        TEST(kind_needs_evidence),
        TEST(never_answered), TEST(what_is_confirmed_but_not_captured),
        TEST(the_beginning_in_another_stream), TEST(a_direction_that_is_late_lacks_nothing),
        TEST(what_is_confirmed_before_it_comes), TEST(one_direction_from_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
