/* test_devices.c
 * What is known of devices, and their promises against their practice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant_fixture.h"

#include <cipsec/device_text.h>
#include <cipsec/pages.h>
#include <cipsec/policy.h>

#define TOOL "10.18.2.75"
#define DEVICE "10.17.81.51"

enum { GET_ALL = 0x01, RESET = 0x05, GET = 0x0E, SET = 0x10, APPLY = 0x4D };

static cs_device *device_of(const cs_capture *cap)
{
    cs_addr addr = plant_addr(DEVICE);
    cs_device *dev = cs_capture_find_device(cap, &addr);
    assert_non_null(dev);
    return dev;
}

static void assert_text(char *text, const char *wanted)
{
    if (wanted)
        assert_string_equal(text ? text : "(null)", wanted);
    else
        assert_null(text);
    g_free(text);
}

static void identity_from_both_sources(void **state)
{
    (void)state;
    static const char object[] = "\x01\x00\x0C\x00\x3B\x01\x06\x0B\x30\x00\x51\xA1\xE4\x00\x0A"
                                 "1756-EN4TR";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x01, 1, CS_CIP_UNSET, GET_ALL, NULL, 0, 0, object, sizeof object - 1);
    assert_text(cs_device_identity_text(device_of(cap)), "1756-EN4TR, vendor 1, type 12, code 315, revision 6.11");
    cs_identity id = {.at = plant_at(9, 9), .device = plant_addr(DEVICE), .have_identity = true, .vendor = 1,
                      .serial = 0x00E4A151, .product_name = "1756-EN4TR/B", .have_security = true, .profiles = 2,
                      .cs_state = 2, .eip_state = 2, .ports = 0x1F, .profiles_configured = -1};
    cs_observe_identity(cap, &id);
    assert_string_equal(device_of(cap)->product_name, "1756-EN4TR/B");
    assert_int_equal(device_of(cap)->configured_since.frame, 9);
    assert_text(cs_device_state_text(device_of(cap), false), "2 Configured");
    assert_text(cs_device_profiles_text(true, 2), "EtherNet/IP Confidentiality");
    assert_text(cs_device_profiles_text(device_of(cap)->have_profiles_configured, 0), NULL);
    assert_text(cs_device_ports_text(0x1F), "44818/tcp, 44818/udp, 2222/udp, 2221/tcp, 2221/udp");
    assert_text(cs_device_ports_text(0), "none");
    id.device = plant_addr("10.17.81.52");
    cs_observe_identity(cap, &id);
    assert_text(cs_device_twins_text(cap, device_of(cap)), "10.17.81.52");
    cs_capture_free(cap);
}

static void attributes_from_all_and_single(void **state)
{
    (void)state;
    /* state, flags, available, allowed, keys, certificates, authorities, revocation, 3 flags, identities, ... */
    static const char all[] = "\x02\x01\x00\x00\x00\x02\xC0\x06\xC0\x23\x01\xC0\x23\x00\x01\x02\x20\x5F\x24\x02"
                              "\x01\x02\x20\x37\x24\x05\x00\x01\x00\x01\x00\x01\x00\x00\x0C\x00\x01";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, CS_CIP_UNSET, GET_ALL, NULL, 0, 0, all, sizeof all - 1);
    const cs_device *dev = device_of(cap);
    assert_int_equal(dev->eip_state, 2);
    assert_text(cs_device_attribute_text(dev, 4), "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256");
    assert_text(cs_device_attribute_text(dev, 3),
                "TLS_ECDHE_ECDSA_WITH_NULL_SHA, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 (integrity only: 1 of 2)");
    assert_text(cs_device_attribute_text(dev, 6), "Certificate Management instance 2");
    assert_text(cs_device_attribute_text(dev, 7), "File instance 5");
    assert_text(cs_device_attribute_text(dev, 15), "12 s");
    assert_text(cs_device_attribute_text(dev, 17), NULL);
    for (uint32_t cut = 0; cut < sizeof all - 1; cut++)
        plant_ask(&t, 0x5E, 1, CS_CIP_UNSET, GET_ALL, NULL, 0, 0, all, cut);
    assert_text(cs_device_attribute_text(dev, 6), "Certificate Management instance 2");
    cs_capture_free(cap);
}

static void keys_are_not_kept(void **state)
{
    (void)state;
    static const char keys[] = "\x01\x03plc\x04\xDE\xAD\xBE\xEF\x02";
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, 5, SET, keys, sizeof keys - 1, 0, NULL, 0);
    plant_ask(&t, 0x5E, 1, 5, SET, "\x07garbage\xDE\xAD", 10, 0, NULL, 0);
    const cs_attribute_value *v = cs_device_attribute(device_of(cap), 0x5E, 1, 5);
    assert_non_null(v);
    for (uint32_t i = 0; i + 1 < v->len; i++)
        assert_false(v->value[i] == 0xDE && v->value[i + 1] == 0xAD);
    cs_capture_free(cap);
}

static void null_suites_only(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, 4, GET, NULL, 0, 0, "\x01\xC0\x06", 3);
    cs_capture_finish(cap);
    cap->finished = false;
    cs_capture_finish(cap);
    assert_int_equal(plant_count(cap, CS_FIND_NULL_SUITES_ONLY), 1);
    cs_capture_free(cap);
}

static void suite_outside_the_list(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5E, 1, 4, GET, NULL, 0, 0, "\x01\xC0\x23", 3);
    cs_stream *s = plant_stream(cap, CS_TRANSPORT_TLS, TOOL, 51000, DEVICE, 2221);
    s->first = s->last = plant_at(500, 5);
    plant_secure(s, 0xC006, true);
    cs_stream_findings(cap, s, &s->last);
    assert_int_equal(plant_count(cap, CS_FIND_SUITE_NOT_ALLOWED), 1);
    cs_capture_finish(cap);
    assert_int_equal(plant_count(cap, CS_FIND_SUITE_NOT_ALLOWED), 1);
    cs_capture_free(cap);
}

static void pending_list_is_not_held_against_old_sessions(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TLS, TOOL, DEVICE);
    plant_secure(t.stream, 0xC006, true);
    plant_ask(&t, 0x5E, 1, 4, SET, "\x01\xC0\x23", 3, 0, NULL, 0);
    cs_capture_finish(cap);
    assert_int_equal(plant_count(cap, CS_FIND_SUITE_NOT_ALLOWED), 0);
    plant_do(&t, 0x5E, 1, APPLY, 0);
    cs_capture_finish(cap);
    assert_int_equal(plant_count(cap, CS_FIND_SUITE_NOT_ALLOWED), 0);
    cs_capture_free(cap);
}

static void clear_text_after_configured(void **state)
{
    (void)state;
    for (int trusted = 0; trusted < 2; trusted++) {
        cs_policy *policy = cs_policy_new();
        if (trusted)
            assert_true(cs_policy_add(policy, DEVICE, TOOL, "Trusted IP", "None", "None", "row"));
        cs_options options = {.policy = policy};
        cs_capture *cap = cs_capture_new(&options);
        plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
        plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x02", 1);
        cs_stream *s = plant_stream(cap, CS_TRANSPORT_TCP, TOOL, 52000, DEVICE, 44818);
        s->first = s->last = plant_at(600, 6);
        cs_stream_findings(cap, s, &s->last);
        assert_int_equal(plant_count(cap, CS_FIND_CLEAR_TEXT_AFTER_CONFIGURED), 0); /* nothing carried yet */
        s->saw_enip = s->saw_unconnected = true;
        cs_stream_findings(cap, s, &s->last);
        assert_int_equal(plant_count(cap, CS_FIND_CLEAR_TEXT_AFTER_CONFIGURED), trusted ? 0 : 1);
        cs_capture_free(cap);
        cs_policy_free(policy);
    }
}

static void reset_forgets(void **state)
{
    (void)state;
    cs_capture *cap = cs_capture_new(NULL);
    plant_tool t = plant_connect(cap, CS_TRANSPORT_TCP, TOOL, DEVICE);
    plant_ask(&t, 0x5D, 1, 1, GET, NULL, 0, 0, "\x02", 1);
    plant_ask(&t, 0x5E, 1, 4, SET, "\x01\xC0\x23", 3, 0, NULL, 0);
    assert_non_null(cs_device_attribute(device_of(cap), 0x5E, 1, 4));
    plant_do(&t, 0x5D, 1, RESET, 0);
    assert_null(cs_device_attribute(device_of(cap), 0x5E, 1, 4));
    assert_int_equal(device_of(cap)->configured_since.frame, 0);
    cs_capture_free(cap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_from_both_sources),
        cmocka_unit_test(attributes_from_all_and_single),
        cmocka_unit_test(keys_are_not_kept),
        cmocka_unit_test(null_suites_only),
        cmocka_unit_test(suite_outside_the_list),
        cmocka_unit_test(pending_list_is_not_held_against_old_sessions),
        cmocka_unit_test(clear_text_after_configured),
        cmocka_unit_test(reset_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
