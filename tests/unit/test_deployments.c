/* test_deployments.c
 * Configuration sessions from synthetic messages: steps, results, conflicts, limits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant_fixture.h"

#include <cipsec/deployments.h>

#include <stdlib.h>

#define TOOL "10.18.2.75"
#define RIVAL "10.18.2.76"
#define DEVICE "10.17.81.51"
#define SUITES "\x02\xC0\x23\xC0\x24"

enum { BEGIN = 0x4B, KICK = 0x4C, END = 0x4D, CLEANUP = 0x4E, RESET = 0x05, GET = 0x0E, SET = 0x10 };

static const cs_deployment *deployment(const cs_capture *cap, unsigned i)
{
    assert_true(i < cap->deployments->len);
    return cap->deployments->pdata[i];
}

static const cs_deploy_step *step_with(const cs_deployment *d, const char *text)
{
    for (guint i = 0; i < d->steps->len; i++) {
        const cs_deploy_step *step = d->steps->pdata[i];
        if (strstr(cs_deploy_step_text(step), text))
            return step;
    }
    fail_msg("no step says \"%s\"", text);
    return NULL;
}

static void begin(plant_tool *t)
{
    plant_do(t, 0x5D, 1, BEGIN, 0);
    plant_do(t, 0x5E, 1, BEGIN, 0);
}

static void set_suites(plant_tool *t, uint8_t status)
{
    plant_ask(t, 0x5E, 1, 4, SET, SUITES, 5, status, NULL, 0);
}

static void end(plant_tool *t)
{
    plant_ask(t, 0x5E, 1, CS_CIP_UNSET, END, "\x01\x00\xB8\x0B", 4, 0, NULL, 0);
    plant_do(t, 0x5D, 1, END, 0);
}

static void complete(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x00", 1);
    plant_ask(&t, 0x5E, 1, 4, GET, NULL, 0, 0, "\x01\xC0\x06", 3);
    assert_int_equal(cap->deployments->len, 0); /* reading is no deployment */
    begin(&t);
    set_suites(&t, 0);
    for (int i = 0; i < 4; i++) {
        t.seconds += 2;
        plant_do(&t, 0x5D, 1, KICK, 0);
        plant_do(&t, 0x5E, 1, KICK, 0);
    }
    end(&t);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(d->result, CS_RESULT_COMPLETE); /* known when the session ends, not only at the end of the file */
    cs_capture_finish(cap);
    assert_int_equal(cap->deployments->len, 1);
    assert_int_equal(d->kind, CS_DEPLOY_INITIAL);
    assert_int_equal(d->result, CS_RESULT_COMPLETE);
    assert_null(d->reason);
    step_with(d, "Reads 2 values of CIP Security, EtherNet/IP Security");
    step_with(d, "Sets Allowed Cipher Suites: TLS_ECDHE_ECDSA_WITH_NULL_SHA (integrity only: 1 of 1) -> "
                 "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384");
    step_with(d, "Kick_Timer 8 times, every 2.00");
    step_with(d, "close existing connections after 3000 ms");
    assert_int_equal(d->kicks, 4);
    assert_int_equal(plant_count(cap, CS_FIND_CLEAR_TEXT_CONFIGURATION), 1);
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_FAILED) + plant_count(cap, CS_FIND_CONFIG_ABANDONED), 0);
    cs_capture_free(cap);
}

static void refused_and_made_good(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    plant_do(&t, 0x5D, 1, KICK, 0x0C);
    begin(&t);
    plant_do(&t, 0x5D, 1, BEGIN, 0x0C);
    set_suites(&t, 0x09);
    set_suites(&t, 0);
    end(&t);
    cs_capture_finish(cap);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(d->result, CS_RESULT_WARNINGS);
    assert_non_null(strstr(d->reason, "3 steps refused"));
    for (guint i = 0; i < d->steps->len; i++)
        assert_int_not_equal(cs_deploy_step_outcome(d->steps->pdata[i]), CS_OUTCOME_ERROR);
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_FAILED), 0);
    assert_int_equal(plant_count(cap, CS_FIND_CLEAR_TEXT_CONFIGURATION), 0);
    cs_capture_free(cap);
}

static void essential_step_refused(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    plant_ask(&t, 0x5F, 2, CS_CIP_UNSET, 0x4C, "\x03\x00", 2, 0xD0, NULL, 0);
    uint32_t refused_in = t.frame;
    end(&t);
    cs_capture_finish(cap);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(d->result, CS_RESULT_ERROR);
    assert_non_null(strstr(d->reason, "0xD0 Verification failed"));
    assert_int_equal(d->reason_at.frame, refused_in);
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_FAILED), 1);
    cs_capture_free(cap);
}

static void aborted(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    set_suites(&t, 0);
    plant_do(&t, 0x5E, 1, CLEANUP, 0);
    plant_do(&t, 0x5D, 1, END, 0);
    cs_capture_finish(cap);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(d->result, CS_RESULT_ERROR);
    assert_string_equal(d->reason, "the tool aborted the configuration");
    cs_capture_free(cap);
}

static void never_applied(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    set_suites(&t, 0);
    plant_do(&t, 0x5D, 1, END, 0);
    t.seconds += 100;
    plant_ask(&t, 0x5D, 1, 2, GET, NULL, 0, 0, "\x02\x00", 2);
    cs_capture_finish(cap);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_OPEN); /* 0x5E is still open */
    cs_capture_free(cap);
}

static void end_of_capture_is_not_the_end_of_the_session(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    set_suites(&t, 0);
    cs_capture_finish(cap);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(d->result, CS_RESULT_OPEN);
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_ABANDONED), 0);
    t.stream->fin = true;
    cap->finished = false;
    cs_capture_finish(cap);
    assert_int_equal(d->result, CS_RESULT_ERROR);
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_ABANDONED), 1);
    cs_capture_free(cap);
}

static void silence_is_giving_up(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    cap->last.ns += INT64_C(90000000000);
    cs_capture_finish(cap);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_ERROR);
    cs_capture_free(cap);
}

static void timed_out(void **state)
{
    (void)state;
    for (int cut = 0; cut < 2; cut++) { /* what the device says of itself holds all the same */
        cs_capture *cap = cs_capture_new(NULL);
        plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
        begin(&t);
        t.stream->end[1].cut = cut;
        t.seconds += 11.5;
        plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x03", 1);
        cs_capture_finish(cap);
        const cs_deployment *d = deployment(cap, 0);
        assert_int_equal(d->result, CS_RESULT_ERROR);
        assert_int_equal(d->reason_at.frame, t.frame);
        step_with(d, "11.5 s without Kick_Timer");
        step_with(d, "state 3 Incomplete Configuration");
        assert_int_equal(plant_count(cap, CS_FIND_CONFIG_KICK_LATE), 1);
        cs_capture_free(cap);
    }
}

static void two_tools(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool one = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    plant_tool two = plant_connect(cap, CS_TRANSPORT_TLS, RIVAL, DEVICE);
    begin(&one);
    plant_do(&two, 0x5D, 1, BEGIN, 0x0C);
    set_suites(&one, 0);
    end(&one);
    cs_capture_finish(cap);
    assert_int_equal(cap->deployments->len, 2);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_WARNINGS);
    step_with(deployment(cap, 0), RIVAL " asked for a session too and was refused");
    assert_int_equal(deployment(cap, 1)->result, CS_RESULT_ERROR);
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_IN_PROGRESS_CONFLICT), 1);
    cs_capture_free(cap);
}

static void refused_where_parts_are_cut(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    set_suites(&t, 0x09);
    t.stream->end[0].cut = true;
    end(&t);
    cs_capture_finish(cap);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_UNKNOWN);
    assert_non_null(strstr(deployment(cap, 0)->reason, "parts of the session were not captured"));
    assert_int_equal(plant_count(cap, CS_FIND_CONFIG_FAILED), 0);
    cs_capture_free(cap);
}

/* How a session with missing parts ended is not judged by what is left of it. */
static void ends_where_parts_are_missing(void **state)
{
    (void)state;
    enum { ABORTED, APPLY_ONLY, RESET_INSIDE, LEFT_OPEN, FACTORY_DEFAULT, WAYS };
    for (int way = 0; way < WAYS; way++) {
        cs_capture *cap = cs_capture_new(NULL);
        plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
        begin(&t);
        set_suites(&t, 0);
        t.stream->end[1].cut = true;
        if (way == ABORTED) {
            plant_do(&t, 0x5E, 1, CLEANUP, 0);
            plant_do(&t, 0x5D, 1, END, 0);
        } else if (way == APPLY_ONLY) {
            plant_do(&t, 0x5D, 1, END, 0);
            t.stream->fin = true;
        } else if (way == RESET_INSIDE) {
            plant_do(&t, 0x5D, 1, RESET, 0);
        } else if (way == FACTORY_DEFAULT) {
            plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x00", 1);
        }
        cs_capture_finish(cap);
        assert_int_equal(deployment(cap, 0)->result, CS_RESULT_UNKNOWN);
        assert_non_null(strstr(deployment(cap, 0)->reason, "parts of the session were not captured"));
        assert_int_equal(plant_count(cap, CS_FIND_CONFIG_FAILED) + plant_count(cap, CS_FIND_CONFIG_ABANDONED), 0);
        cs_capture_free(cap);
    }
}

static void last_answer_missing(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    plant_ask(&t, 0x5E, 1, CS_CIP_UNSET, END, "\x01\x00\xB8\x0B", 4, 0, NULL, 0);
    plant_request(&t, 0x5D, 1, CS_CIP_UNSET, END, NULL, 0);
    cs_capture_finish(cap);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_UNKNOWN);
    assert_string_equal(deployment(cap, 0)->reason,
                        "no answer in the capture to: End_Config of the CIP Security object");
    cs_capture_free(cap);

    cap = cs_capture_new(NULL);
    t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    plant_request(&t, 0x5D, 1, CS_CIP_UNSET, RESET, NULL, 0);
    cs_capture_finish(cap);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_UNKNOWN);
    assert_non_null(strstr(deployment(cap, 0)->reason, "to: Reset of the CIP Security object"));
    cs_capture_free(cap);
}

/* Neither Apply_Config nor End_Config was read, but the device says that there was one. */
static void end_is_told_later(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x02", 1);
    cs_capture_finish(cap);
    assert_int_equal(deployment(cap, 0)->result, CS_RESULT_UNKNOWN);
    assert_non_null(strstr(deployment(cap, 0)->reason, "the device reports that it is configured"));
    cs_capture_free(cap);
}

/* A read is put into words when somebody asks for it. */
static void first_unanswered_is_a_read(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    plant_request(&t, 0x5E, 1, 4, GET, NULL, 0);
    end(&t);
    cs_capture_finish(cap);
    assert_string_equal(deployment(cap, 0)->reason, "1 request without answer in the capture; first: Reads Allowed "
                                                    "Cipher Suites of EtherNet/IP Security");
    cs_capture_free(cap);
}

static void session_again_and_reset(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    end(&t);
    plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x02", 1);
    begin(&t);
    end(&t);
    plant_do(&t, 0x5D, 1, RESET, 0);
    cs_capture_finish(cap);
    assert_int_equal(cap->deployments->len, 3);
    assert_int_equal(deployment(cap, 1)->kind, CS_DEPLOY_REDEPLOYMENT);
    assert_int_equal(deployment(cap, 2)->kind, CS_DEPLOY_REMOVAL);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(deployment(cap, i)->result, CS_RESULT_COMPLETE);
    assert_int_equal(plant_count(cap, CS_FIND_SECURITY_RESET), 1);
    cs_deploy_frame found[4];
    uint32_t second_begin = deployment(cap, 1)->start.frame;
    assert_int_equal(cs_deployments_of_frame(cap, second_begin, t.stream, found, 4), 1);
    assert_ptr_equal(found[0].deployment, deployment(cap, 1));
    assert_int_equal(found[0].number, 1);
    cs_capture_free(cap);
}

static void keys_in_the_clear(void **state)
{
    (void)state;
    static const char keys[] = "\x01\x03plc\x04\xDE\xAD\xBE\xEF\x02";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    begin(&t);
    plant_ask(&t, 0x5E, 1, 5, SET, keys, sizeof keys - 1, 0, NULL, 0);
    plant_ask(&t, 0x5E, 1, 5, SET, "\x00", 1, 0, NULL, 0); /* removes them, exposes nothing */
    end(&t);
    cs_capture_finish(cap);
    assert_int_equal(plant_count(cap, CS_FIND_PSK_EXPOSED), 1);
    step_with(deployment(cap, 0), "Sets Pre-Shared Keys: 1, identity \"plc\" with 4 octets");
    cs_capture_free(cap);
}

static void answers_and_requests_missing(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    begin(&t);
    plant_request(&t, 0x5E, 1, 9, SET, "\x01", 1);
    plant_answer(&t, 0x5E, 1, 10, SET, 0, NULL, 0);
    end(&t);
    cs_capture_finish(cap);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(step_with(d, "Verify Client Certificate: on")->outcome, CS_OUTCOME_PENDING);
    step_with(d, "(request not captured)");
    assert_int_equal(d->result, CS_RESULT_WARNINGS);
    assert_non_null(strstr(d->reason, "without answer"));
    cs_capture_free(cap);
}

static void beginning_missing(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    set_suites(&t, 0);
    end(&t);
    cs_capture_finish(cap);
    const cs_deployment *d = deployment(cap, 0);
    assert_int_equal(d->result, CS_RESULT_WARNINGS);
    assert_string_equal(d->reason, "the beginning of the session was not captured");
    cs_capture_free(cap);
}

/* Whatever comes: no crash, limits hold, and a second finish changes nothing. */
static void noise(void **state)
{
    (void)state;
    static const uint32_t classes[] = {0x5D, 0x5E, 0x5F, 0x37, 0xF5, 0x01, 0x06};
    srand(20240501);
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool tools[3] = {plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE),
                           plant_connect(cap, CS_TRANSPORT_TCP, RIVAL, DEVICE),
                           plant_connect(cap, CS_TRANSPORT_TCP, DEVICE, TOOL)};
    uint8_t body[300];
    for (int i = 0; i < 60000; i++) {
        plant_tool *t = &tools[rand() % 3];
        uint32_t len = (uint32_t)(rand() % 4 ? rand() % 12 : rand() % (int)sizeof body);
        for (uint32_t b = 0; b < len; b++)
            body[b] = (uint8_t)rand();
        uint32_t class_id = classes[rand() % (int)G_N_ELEMENTS(classes)];
        uint8_t service = rand() % 2 ? (uint8_t)(0x4B + rand() % 6) : (uint8_t)(rand() % 0x20);
        uint32_t attribute = rand() % 3 ? (uint32_t)rand() % 20 : CS_CIP_UNSET;
        uint32_t instance = rand() % 9 ? (uint32_t)rand() % 4 : CS_CIP_UNSET;
        uint8_t status = rand() % 3 ? 0 : (uint8_t)rand();
        t->frame = (uint32_t)i * 4;
        if (rand() % 5)
            plant_ask(t, class_id, instance, attribute, service, body, len, status, body, len);
        else
            plant_answer(t, class_id, instance, attribute, service, status, body, len);
    }
    cs_capture_finish(cap);
    guint findings = cap->findings->len;
    assert_true(cap->deployments->len <= 4096);
    for (guint i = 0; i < cap->deployments->len; i++)
        assert_true(deployment(cap, i)->steps->len <= 512);
    cap->finished = false;
    cs_capture_finish(cap);
    assert_int_equal(cap->findings->len, findings);
    cs_capture_free(cap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete),
        cmocka_unit_test(refused_and_made_good),
        cmocka_unit_test(essential_step_refused),
        cmocka_unit_test(refused_where_parts_are_cut),
        cmocka_unit_test(ends_where_parts_are_missing),
        cmocka_unit_test(last_answer_missing),
        cmocka_unit_test(end_is_told_later),
        cmocka_unit_test(first_unanswered_is_a_read),
        cmocka_unit_test(aborted),
        cmocka_unit_test(never_applied),
        cmocka_unit_test(end_of_capture_is_not_the_end_of_the_session),
        cmocka_unit_test(silence_is_giving_up),
        cmocka_unit_test(timed_out),
        cmocka_unit_test(two_tools),
        cmocka_unit_test(session_again_and_reset),
        cmocka_unit_test(keys_in_the_clear),
        cmocka_unit_test(answers_and_requests_missing),
        cmocka_unit_test(beginning_missing),
        cmocka_unit_test(noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
