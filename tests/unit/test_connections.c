/* test_connections.c
 * CIP connections from Forward_Open to Forward_Close, and which stream carries them. The Forward_Open is the one of the
 * device-stack captures; the refusal is example X22 of the public wire format notes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Forward_Open of a class 1 connection, RPI 20 ms, to class 6 instance 1. */
static const uint8_t open_class1[] = {0x54, 2,    0x20, 6,    0x24, 1,    0x0A, 0x0E, 0,    0,    0,    0,    0x01,
                                      0x70, 0,    0x70, 0x01, 0x70, 0x37, 0x13, 0x11, 0xBA, 0xDD, 0x00, 4,    0,
                                      0,    0,    0x20, 0x4E, 0,    0,    0x26, 0x48, 0x20, 0x4E, 0,    0,    0x22,
                                      0x48, 0x01, 0x04, 0x20, 0x04, 0x24, 0x97, 0x2C, 0x96, 0x2C, 0x64};
static const uint8_t opened[] = {0xD4, 0,    0,    0,    0x13, 0,    0x0A, 0x85, 0x01, 0x70, 0,    0x70, 0x01, 0x70,
                                 0x37,
                                 0x13, 0x11, 0xBA, 0xDD, 0x00, 0x20, 0x4E, 0,    0,    0x20, 0x4E, 0,    0,    0,    0};
static const uint8_t closed[] = {0xCE, 0, 0, 0, 0x01, 0x70, 0x37, 0x13, 0x11, 0xBA, 0xDD, 0x00, 0, 0};
static const uint8_t refused[] = {0xD4, 0, 1, 1, 0x18, 0x09, 0x01, 0x70, 0x37, 0x13, 0x11, 0xBA, 0xDD, 0x00, 0, 0};

#define ID_OT 0x850A0013u
#define ID_TO 0x70007001u

static const cs_when late = {20, 20000}; /* a packet behind all messages */

typedef struct {
    cs_capture *cap;
    cs_stream *tls, *dtls;
} fixture;

static cs_endpoint endpoint(uint8_t host, uint16_t port)
{
    return (cs_endpoint){{4, {10, 17, 81, host}}, port};
}

static cs_stream *stream_between(cs_capture *cap, cs_transport transport, cs_endpoint first, cs_endpoint second)
{
    cs_when at = {1, 0};
    return cs_capture_add_stream(cap, transport, &first, &second, &at);
}

static int setup(void **state)
{
    fixture *f = g_new0(fixture, 1);
    f->cap = cs_capture_new(NULL);
    f->tls = stream_between(f->cap, CS_TRANSPORT_TLS, endpoint(51, 40000), endpoint(31, 2221));
    f->dtls = stream_between(f->cap, CS_TRANSPORT_DTLS, endpoint(51, 2221), endpoint(31, 2221));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    cs_capture_free(f->cap);
    g_free(f);
    return 0;
}

static void say(fixture *f, cs_stream *stream, int sender, uint32_t frame, const uint8_t *message, size_t len)
{
    cs_when at = {frame, frame * 1000};
    cs_observe_connection_message(f->cap, stream, sender, &at, message, len);
}

#define SAY(f, stream, sender, frame, message) say(f, stream, sender, frame, message, sizeof(message))

static cs_connection *only_connection(const fixture *f)
{
    assert_int_equal(f->cap->connections->len, 1);
    return g_ptr_array_index(f->cap->connections, 0);
}

static void opens_and_closes(void **state)
{
    fixture *f = *state;
    SAY(f, f->tls, 0, 10, open_class1);
    cs_connection *c = only_connection(f);
    assert_int_equal(c->state, CS_CONN_REQUESTED);
    assert_int_equal(c->rpi_ot, 20000);
    assert_int_equal(c->params_ot, 0x4826);
    assert_int_equal(c->params_to, 0x4822);
    assert_int_equal(c->path_len, 8);
    SAY(f, f->tls, 1, 11, opened);
    assert_int_equal(c->state, CS_CONN_OPEN);
    assert_int_equal(c->id_ot, ID_OT);
    assert_int_equal(c->id_to, ID_TO);
    assert_int_equal(c->api_to, 20000);
    assert_int_equal(c->open_request.frame, 10);
    assert_int_equal(c->open_response.frame, 11);
    assert_int_equal(cs_stream_transport_classes(f->tls), 1 << 1);
    SAY(f, f->tls, 1, 12, closed);
    assert_int_equal(c->state, CS_CONN_CLOSED);
    assert_int_equal(c->close.frame, 12);
    assert_int_equal(cs_stream_transport_classes(f->tls), 1 << 1);
}

static void refusal_keeps_its_status(void **state)
{
    fixture *f = *state;
    SAY(f, f->tls, 0, 10, open_class1);
    SAY(f, f->tls, 1, 11, refused);
    cs_connection *c = only_connection(f);
    assert_int_equal(c->state, CS_CONN_REFUSED);
    assert_int_equal(c->status, 1);
    assert_int_equal(c->ext_status, 0x0918);
    assert_int_equal(cs_stream_transport_classes(f->tls), 0);
    bool to_target;
    assert_null(cs_observe_connected_data(f->cap, f->dtls, 1, &late, ID_TO, &to_target));
}

static void data_ties_the_stream(void **state)
{
    fixture *f = *state;
    bool to_target = false;
    cs_class_source source;
    SAY(f, f->tls, 0, 10, open_class1);
    SAY(f, f->tls, 1, 11, opened);
    assert_int_equal(cs_stream_class(f->dtls, &source), CS_CLASS_0_1);
    assert_int_equal(source, CS_CLASS_SOURCE_TRANSPORT);
    cs_connection *c = cs_observe_connected_data(f->cap, f->dtls, 0, &late, ID_OT, &to_target);
    assert_ptr_equal(c, only_connection(f));
    assert_true(to_target);
    assert_ptr_equal(cs_observe_connected_data(f->cap, f->dtls, 1, &late, ID_TO, &to_target), c);
    assert_false(to_target);
    assert_ptr_equal(c->carried_on[0], f->dtls);
    assert_ptr_equal(c->carried_on[1], f->dtls);
    assert_int_equal(f->dtls->connections->len, 1);
    assert_int_equal(cs_stream_class(f->dtls, &source), CS_CLASS_0_1);
    assert_int_equal(source, CS_CLASS_SOURCE_FORWARD_OPEN);
    assert_int_equal(f->dtls->client, 0);
    assert_int_equal(f->dtls->role_source, CS_ROLE_SOURCE_FORWARD_OPEN);
    assert_int_equal(f->dtls->kind, CS_KIND_IO);
    assert_int_equal(cs_stream_class(f->tls, &source), CS_CLASS_EXPLICIT);
}

static void wrong_direction_or_host_is_no_hit(void **state)
{
    fixture *f = *state;
    bool to_target;
    SAY(f, f->tls, 0, 10, open_class1);
    SAY(f, f->tls, 1, 11, opened);
    assert_null(cs_observe_connected_data(f->cap, f->dtls, 1, &late, ID_OT, &to_target));
    assert_null(cs_observe_connected_data(f->cap, f->dtls, 0, &late, ID_TO, &to_target));
    cs_stream *other = stream_between(f->cap, CS_TRANSPORT_DTLS, endpoint(52, 2221), endpoint(31, 2221));
    assert_null(cs_observe_connected_data(f->cap, other, 0, &late, ID_OT, &to_target));
}

/* A second Forward_Open of the same ids: earlier packets stay with the first one, and those before both with none. */
static void ids_are_used_again(void **state)
{
    fixture *f = *state;
    const cs_when before = {5, 5000}, between = {15, 15000}, merged = {5, 15000};
    bool to_target;
    SAY(f, f->tls, 0, 10, open_class1);
    SAY(f, f->tls, 1, 11, opened);
    SAY(f, f->tls, 1, 12, closed);
    SAY(f, f->tls, 0, 18, open_class1);
    SAY(f, f->tls, 1, 19, opened);
    cs_connection *first = g_ptr_array_index(f->cap->connections, 0);
    cs_connection *second = g_ptr_array_index(f->cap->connections, 1);
    assert_ptr_equal(cs_capture_find_connection(f->cap, f->dtls, 0, &late, ID_OT, &to_target), second);
    assert_ptr_equal(cs_capture_find_connection(f->cap, f->dtls, 0, &between, ID_OT, &to_target), first);
    assert_ptr_equal(cs_capture_find_connection(f->cap, f->dtls, 0, &merged, ID_OT, &to_target), first);
    assert_null(cs_capture_find_connection(f->cap, f->dtls, 0, &before, ID_OT, &to_target));
}

static void multicast_from_the_target(void **state)
{
    fixture *f = *state;
    bool to_target = true;
    SAY(f, f->tls, 0, 10, open_class1);
    SAY(f, f->tls, 1, 11, opened);
    cs_endpoint group = {{4, {239, 192, 1, 1}}, 2222};
    cs_stream *cast = stream_between(f->cap, CS_TRANSPORT_UDP, endpoint(31, 2222), group);
    assert_non_null(cs_observe_connected_data(f->cap, cast, 0, &late, ID_TO, &to_target));
    assert_false(to_target);
}

static void inside_unconnected_send(void **state)
{
    fixture *f = *state;
    uint8_t message[6 + 4 + sizeof open_class1 + 4] = {0x52, 2, 0x20, 6, 0x24, 1, 5, 0xF7, sizeof open_class1, 0};
    memcpy(message + 10, open_class1, sizeof open_class1);
    SAY(f, f->tls, 0, 10, message);
    SAY(f, f->tls, 1, 11, opened);
    assert_int_equal(only_connection(f)->state, CS_CONN_OPEN);
}

static void inside_multiple_service_packet(void **state)
{
    fixture *f = *state;
    uint8_t message[6 + 4 + sizeof open_class1] = {0x0A, 2, 0x20, 2, 0x24, 1, 1, 0, 4, 0};
    memcpy(message + 10, open_class1, sizeof open_class1);
    SAY(f, f->tls, 0, 10, message);
    assert_int_equal(only_connection(f)->state, CS_CONN_REQUESTED);
}

/* An Unconnected_Send in itself, again and again: nothing may be followed without end. */
static void nesting_ends(void **state)
{
    fixture *f = *state;
    uint8_t message[600];
    size_t len = 0;
    for (int i = 0; i < 50; i++) {
        uint8_t head[10] = {0x52, 2, 0x20, 6, 0x24, 1, 5, 0xF7, 0, 0};
        uint16_t inner = (uint16_t)((50 - i - 1) * 10);
        head[8] = (uint8_t)inner;
        head[9] = (uint8_t)(inner >> 8);
        memcpy(message + len, head, sizeof head);
        len += sizeof head;
    }
    say(f, f->tls, 0, 10, message, len);
    assert_int_equal(f->cap->connections->len, 0);
}

static void every_truncation_is_harmless(void **state)
{
    fixture *f = *state;
    for (size_t len = 0; len < sizeof open_class1; len++)
        say(f, f->tls, 0, 10, open_class1, len);
    for (size_t len = 0; len < 4 + 24; len++) /* the application reply behind it may be missing */
        say(f, f->tls, 1, 11, opened, len);
    for (size_t len = 0; len < sizeof refused; len++)
        say(f, f->tls, 1, 11, refused, len);
    for (guint i = 0; i < f->cap->connections->len; i++)
        assert_int_not_equal(((cs_connection *)g_ptr_array_index(f->cap->connections, i))->state, CS_CONN_OPEN);
}

static void class3_stays_on_its_stream(void **state)
{
    fixture *f = *state;
    cs_class_source source;
    uint8_t request[sizeof open_class1];
    memcpy(request, open_class1, sizeof request);
    request[6 + 34] = 0xA3;
    SAY(f, f->tls, 0, 10, request);
    SAY(f, f->tls, 1, 11, opened);
    assert_int_equal(cs_stream_class(f->tls, &source), CS_CLASS_3);
    assert_int_equal(source, CS_CLASS_SOURCE_FORWARD_OPEN);
    assert_int_equal(cs_stream_transport_classes(f->tls), 1 << 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opens_and_closes, setup, teardown),
        cmocka_unit_test_setup_teardown(refusal_keeps_its_status, setup, teardown),
        cmocka_unit_test_setup_teardown(data_ties_the_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_direction_or_host_is_no_hit, setup, teardown),
        cmocka_unit_test_setup_teardown(ids_are_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(multicast_from_the_target, setup, teardown),
        cmocka_unit_test_setup_teardown(inside_unconnected_send, setup, teardown),
        cmocka_unit_test_setup_teardown(inside_multiple_service_packet, setup, teardown),
        cmocka_unit_test_setup_teardown(nesting_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(every_truncation_is_harmless, setup, teardown),
        cmocka_unit_test_setup_teardown(class3_stays_on_its_stream, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
