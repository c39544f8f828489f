/* test_attribute_lists.c
 * Get_Attribute_List and Set_Attribute_List tell the model what messages of one attribute each would.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant_fixture.h"

#include <cipsec/deployments.h>

#define TOOL "10.18.2.75"
#define DEVICE "10.17.81.51"
#define UNSET CS_CIP_UNSET
#define LEN(text) ((uint32_t)sizeof(text) - 1)

enum { GET_LIST = 0x03, SET_LIST = 0x04, BEGIN = 0x4B };

static const cs_attribute_value *value_of(const cs_capture *cap, uint32_t class_id, uint32_t attribute)
{
    cs_addr addr = plant_addr(DEVICE);
    cs_device *dev = cs_capture_find_device(cap, &addr);
    return dev ? cs_device_attribute(dev, class_id, 1, attribute) : NULL;
}

static void assert_value(const cs_capture *cap, uint32_t attribute, const char *wanted, uint32_t len, bool written)
{
    const cs_attribute_value *v = value_of(cap, 0x5E, attribute);
    assert_non_null(v);
    assert_int_equal(v->len, len);
    assert_memory_equal(v->value, wanted, len);
    assert_int_equal(v->written, written);
}

static unsigned steps_of(const cs_deployment *d, cs_step_kind kind)
{
    unsigned n = 0;
    for (guint i = 0; i < d->steps->len; i++)
        n += ((const cs_deploy_step *)d->steps->pdata[i])->kind == kind;
    return n;
}

static const cs_deploy_step *step_of(const cs_deployment *d, cs_step_kind kind)
{
    for (guint i = 0; i < d->steps->len; i++)
        if (((const cs_deploy_step *)d->steps->pdata[i])->kind == kind)
            return d->steps->pdata[i];
    return NULL;
}

static void read_together(void **state)
{
    (void)state;
    static const char asked[] = "\x03\x00\x01\x00\x63\x00\x04\x00";
    static const char answer[] = "\x03\x00\x01\x00\x00\x00\x02\x63\x00\x14\x00\x04\x00\x00\x00\x01\xC0\x23";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, UNSET, GET_LIST, asked, LEN(asked), 0x0A, answer, LEN(answer));
    assert_value(cap, 1, "\x02", 1, false);
    assert_value(cap, 4, "\x01\xC0\x23", 3, false);
    assert_null(value_of(cap, 0x5E, 99));
    plant_do(&t, 0x5D, 1, BEGIN, 0);
    cs_capture_finish(cap);
    const cs_deploy_step *step = step_of(cap->deployments->pdata[0], CS_STEP_READ);
    assert_string_equal(cs_deploy_step_text(step), "Reads 3 values of EtherNet/IP Security; 1 refused");
    cs_capture_free(cap);
}

static void written_together(void **state)
{
    (void)state;
    static const char asked[] = "\x03\x00\x04\x00\x01\xC0\x23\x09\x00\x01\x0C\x00\x00";
    static const char answer[] = "\x03\x00\x04\x00\x00\x00\x09\x00\x0E\x00\x0C\x00\x00\x00";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_do(&t, 0x5D, 1, BEGIN, 0);
    plant_ask(&t, 0x5E, 1, UNSET, SET_LIST, asked, LEN(asked), 0x0A, answer, LEN(answer));
    assert_value(cap, 4, "\x01\xC0\x23", 3, true);
    assert_value(cap, 12, "\x00", 1, true);
    assert_null(value_of(cap, 0x5E, 9));
    const cs_deployment *d = cap->deployments->pdata[0];
    assert_int_equal(steps_of(d, CS_STEP_SET), 3);
    assert_non_null(strstr(cs_deploy_step_text(step_of(d, CS_STEP_SET)), "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"));
    cs_capture_free(cap);
}

/* One status for all, without a list of its own. */
static void refused_as_a_whole(void **state)
{
    (void)state;
    static const char asked[] = "\x02\x00\x09\x00\x01\x0C\x00\x00";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, UNSET, SET_LIST, asked, LEN(asked), 0x0C, NULL, 0);
    assert_null(value_of(cap, 0x5E, 9));
    const cs_deployment *d = cap->deployments->pdata[0];
    assert_int_equal(steps_of(d, CS_STEP_SET), 2);
    assert_int_equal(step_of(d, CS_STEP_SET)->outcome, CS_OUTCOME_ERROR);
    cs_capture_free(cap);
}

static void keys_among_others(void **state)
{
    (void)state;
    static const char asked[] = "\x02\x00\x05\x00\x01\x03plc\x04\xDE\xAD\xBE\xEF\x02\x09\x00\x01";
    static const char read[] = "\x01\x00\x05\x00\x00\x00\x01\x03plc\x04\xDE\xAD\xBE\xEF\x02";
    static const char nothing[] = "\x01\x00\x05\x00\x00\x00\x00";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, UNSET, SET_LIST, asked, LEN(asked), 0, "\x00\x00", 2);
    assert_int_equal(plant_count(cap, CS_FIND_PSK_EXPOSED), 1);
    assert_memory_equal(value_of(cap, 0x5E, 5)->value, "\x01\x03plc\x04\x00\x00\x00\x00\x02", 11);
    plant_ask(&t, 0x5E, 1, UNSET, GET_LIST, "\x01\x00\x05\x00", 4, 0, nothing, LEN(nothing));
    assert_int_equal(plant_count(cap, CS_FIND_PSK_EXPOSED), 1);
    plant_ask(&t, 0x5E, 1, UNSET, GET_LIST, "\x01\x00\x05\x00", 4, 0, read, LEN(read));
    assert_int_equal(plant_count(cap, CS_FIND_PSK_EXPOSED), 2);
    cs_capture_free(cap);
}

/* What stands behind a value of unknown length is not guessed, and nothing is read behind the end. */
static void lists_that_end_early(void **state)
{
    (void)state;
    static const char whole[] = "\x03\x00\x01\x00\x00\x00\x02\x04\x00\x00\x00\x01\xC0\x23\x09\x00\x00\x00\x01";
    static const char unknown[] = "\x02\x00\x63\x00\x00\x00\x01\x09\x00\x00\x00\x01";
    for (uint32_t len = 0; len <= LEN(whole); len++) {
        uint8_t *exact = g_malloc(len + !len);
        memcpy(exact, whole, len);
        cs_capture *cap = cs_capture_new(NULL);
        plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
        plant_ask(&t, 0x5E, 1, UNSET, GET_LIST, "\x01\x00\x01\x00", 4, 0, exact, len);
        assert_int_equal(value_of(cap, 0x5E, 1) != NULL, len >= 7);
        assert_int_equal(value_of(cap, 0x5E, 4) != NULL, len >= 14);
        cs_capture_free(cap);
        g_free(exact);
    }
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, UNSET, GET_LIST, "\x02\x00\x63\x00\x09\x00", 6, 0, unknown, LEN(unknown));
    assert_null(value_of(cap, 0x5E, 9));
    plant_request(&t, 0x5E, 1, UNSET, SET_LIST, "\xFF\xFF", 2);
    plant_answer(&t, 0x5E, 1, UNSET, SET_LIST, 0, "\x01", 1);
    cs_capture_finish(cap);
    cs_capture_free(cap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_together),     cmocka_unit_test(written_together),
        cmocka_unit_test(refused_as_a_whole), cmocka_unit_test(keys_among_others),
        cmocka_unit_test(lists_that_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
