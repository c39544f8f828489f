/* test_pages.c
 * The rows of the device pages, and findings about their sessions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant_fixture.h"

#include <cipsec/pages.h>

#define LOCAL "10.17.81.51"
#define GREEN "10.17.83.31"

static bool only_local(const void *user, const cs_stream *stream, int end)
{
    (void)user;
    cs_addr local = plant_addr(LOCAL);
    return cs_addr_equal(&stream->end[end].ep.addr, &local);
}

static void four_sets_and_states(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_stream(cap, CS_TRANSPORT_TCP, GREEN, 49153, LOCAL, 44818);
    plant_stream(cap, CS_TRANSPORT_TCP, LOCAL, 49154, GREEN, 44818)->fin = true;
    plant_stream(cap, CS_TRANSPORT_TLS, GREEN, 49155, LOCAL, 2221)->rst = true;
    plant_stream(cap, CS_TRANSPORT_TLS, LOCAL, 49156, GREEN, 2221)->port_closed = true;
    plant_stream(cap, CS_TRANSPORT_DTLS, LOCAL, 49157, GREEN, 2221);
    plant_stream(cap, CS_TRANSPORT_TLS, LOCAL, 49158, GREEN, 2221)->client = -1;
    GPtrArray *rows = cs_page_tcp(cap, only_local, NULL);
    static const struct {
        cs_tcp_set set;
        const char *state;
    } wanted[] = {{CS_TCP_INITIATED_SECURED, "REFUSED"},
                  {CS_TCP_ACCEPTED_SECURED, "RESET"},
                  {CS_TCP_INITIATED_UNSECURED, "CLOSED"},
                  {CS_TCP_ACCEPTED_UNSECURED, "ESTABLISHED"},
                  {CS_TCP_UNKNOWN_SET, "ESTABLISHED"}};
    assert_int_equal(rows->len, G_N_ELEMENTS(wanted));
    for (unsigned i = 0; i < rows->len; i++) {
        const cs_tcp_row *row = rows->pdata[i];
        assert_int_equal(row->set, wanted[i].set);
        assert_string_equal(row->state, wanted[i].state);
    }
    g_ptr_array_unref(rows);
    rows = cs_page_tcp(cap, NULL, NULL);
    assert_int_equal(rows->len, 10); /* each connection on the pages of both its ends */
    g_ptr_array_unref(rows);
    cs_capture_free(cap);
}

static void server_and_client(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_secure(plant_stream(cap, CS_TRANSPORT_DTLS, GREEN, 50001, LOCAL, 2221), 0xC006, true);
    plant_secure(plant_stream(cap, CS_TRANSPORT_DTLS, LOCAL, 50002, GREEN, 2221), 0xC006, true);
    plant_secure(plant_stream(cap, CS_TRANSPORT_DTLS, LOCAL, 50003, GREEN, 2221), 0xC023, true);
    plant_stream(cap, CS_TRANSPORT_DTLS, LOCAL, 50004, GREEN, 2221); /* no session came up */
    GPtrArray *rows = cs_page_tls(cap, CS_TRANSPORT_DTLS, only_local, NULL);
    assert_int_equal(rows->len, 2);
    const cs_tls_row *both = rows->pdata[0], *one = rows->pdata[1];
    assert_int_equal(both->suite, 0xC006);
    assert_string_equal(cs_sides_name(both->sides), "Server and Client");
    assert_int_equal(both->sessions, 2);
    assert_string_equal(cs_confidentiality_name(both->conf), "Authenticated");
    assert_string_equal(cs_sides_name(one->sides), "Client");
    assert_string_equal(cs_confidentiality_name(one->conf), "Encrypted");
    g_ptr_array_unref(rows);
    rows = cs_page_tls(cap, CS_TRANSPORT_TLS, NULL, NULL);
    assert_int_equal(rows->len, 0);
    g_ptr_array_unref(rows);
    cs_capture_free(cap);
}

static cs_stream *session(cs_capture *cap, cs_transport transport, uint16_t port)
{
    cs_stream *stream = plant_stream(cap, transport, LOCAL, port, GREEN, 2221);
    plant_secure(stream, 0xC006, true);
    return stream;
}

static void sessions_that_ended(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    cs_stream *open = session(cap, CS_TRANSPORT_DTLS, 50001);
    cs_stream *told = session(cap, CS_TRANSPORT_DTLS, 50002);
    cs_stream *goes_on = session(cap, CS_TRANSPORT_DTLS, 50003);
    open->app_records = told->app_records = told->ended_after = goes_on->ended_after = 100;
    goes_on->app_records = 1000;
    told->ended = goes_on->ended = true;
    told->app_records += 2; /* were on their way */
    session(cap, CS_TRANSPORT_TLS, 50004)->fin = true;
    GPtrArray *rows = cs_page_tls(cap, CS_TRANSPORT_DTLS, only_local, NULL);
    assert_int_equal(rows->len, 1);
    assert_int_equal(((cs_tls_row *)rows->pdata[0])->sessions, 3);
    assert_int_equal(((cs_tls_row *)rows->pdata[0])->established, 2);
    g_ptr_array_unref(rows);
    rows = cs_page_tls(cap, CS_TRANSPORT_TLS, only_local, NULL);
    assert_int_equal(((cs_tls_row *)rows->pdata[0])->established, 0);
    g_ptr_array_unref(rows);
    cs_capture_free(cap);
}

static void outdated_versions(void **state)
{
    (void)state;
    static const struct {
        cs_transport transport;
        uint16_t version;
        unsigned findings;
    } cases[] = {{CS_TRANSPORT_TLS, 0x0301, 1},  {CS_TRANSPORT_TLS, 0x0302, 1},  {CS_TRANSPORT_TLS, 0x0303, 0},
                 {CS_TRANSPORT_TLS, 0x0304, 0},  {CS_TRANSPORT_DTLS, 0xFEFF, 1}, {CS_TRANSPORT_DTLS, 0xFEFD, 0},
                 {CS_TRANSPORT_DTLS, 0xFEFC, 0}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        cs_capture *cap = cs_capture_new(NULL);
        cs_stream *s = session(cap, cases[i].transport, 50001);
        s->hs.version = cases[i].version;
        cs_capture_finish(cap);
        assert_int_equal(plant_count(cap, CS_FIND_OUTDATED_VERSION), cases[i].findings);
        cs_capture_free(cap);
    }
}

static cs_connection *connection(cs_capture *cap, const char *from, const char *to, uint8_t class_trigger)
{
    cs_connection *c = g_new0(cs_connection, 1);
    c->index = cap->connections->len;
    c->state = CS_CONN_OPEN;
    c->originator.addr = plant_addr(from);
    c->target.addr = plant_addr(to);
    c->class_trigger = class_trigger;
    g_ptr_array_add(cap->connections, c);
    return c;
}

static void bridge(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    cs_stream *tls = plant_stream(cap, CS_TRANSPORT_TLS, GREEN, 50001, LOCAL, 2221);
    cs_stream *dtls = plant_stream(cap, CS_TRANSPORT_DTLS, LOCAL, 50002, "10.17.81.31", 2221);
    cs_stream *udp = plant_stream(cap, CS_TRANSPORT_UDP, LOCAL, 2222, "10.17.81.41", 2222);
    plant_secure(tls, 0xC023, true);
    plant_secure(dtls, 0xC006, true);
    udp->conf = CS_CONF_NONE;
    connection(cap, GREEN, LOCAL, 0xA3)->opened_on = tls;
    connection(cap, LOCAL, "10.17.81.31", 0x01)->carried_on[0] = dtls;
    connection(cap, LOCAL, "10.17.81.41", 0x00)->carried_on[1] = udp;
    connection(cap, LOCAL, "10.17.81.61", 0x01)->opened_on = tls; /* no I/O packet seen */
    static const struct {
        const char *cip_class, *direction, *link, *conf;
    } wanted[] = {{"1", "To", "10.17.81.31", "Authenticated"},
                  {"0", "To", "10.17.81.41", "None"},
                  {"1", "To", "10.17.81.61", "unknown"},
                  {"3", "From", GREEN, "Encrypted"}};
    GPtrArray *rows = cs_page_bridge(cap, NULL, NULL);
    unsigned n = 0;
    for (unsigned i = 0; i < rows->len; i++) {
        const cs_bridge_row *row = rows->pdata[i];
        char local[CS_ADDR_STRLEN], link[CS_ADDR_STRLEN];
        if (strcmp(cs_addr_to_str(&row->local, local), LOCAL) != 0 || !row->connection)
            continue;
        assert_true(n < G_N_ELEMENTS(wanted));
        assert_string_equal(row->cip_class, wanted[n].cip_class);
        assert_string_equal(row->direction, wanted[n].direction);
        assert_string_equal(cs_addr_to_str(&row->link, link), wanted[n].link);
        assert_string_equal(cs_confidentiality_name(row->conf), wanted[n].conf);
        n++;
    }
    assert_int_equal(n, G_N_ELEMENTS(wanted));
    g_ptr_array_unref(rows);
    cs_capture_free(cap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_sets_and_states),
        cmocka_unit_test(server_and_client),
        cmocka_unit_test(sessions_that_ended),
        cmocka_unit_test(outdated_versions),
        cmocka_unit_test(bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
