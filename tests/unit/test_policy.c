/* test_policy.c
 * Prefixes, rules, CSV and the comparison of streams with rules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant_fixture.h"

#include <cipsec/policy.h>

static void prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        const char *in, *out;
    } rows[] = {
        {"10.17.80.0/24", true, "10.17.80.255", "10.17.81.0"},
        {" 10.17.80.1 ", true, "10.17.80.1", "10.17.80.2"},
        {"any", true, "10.0.0.1", NULL},
        {"*", true, "fd00::1", NULL},
        {"0.0.0.0/0", true, "1.2.3.4", "fd00::1"},
        {"10.17.80.0/31", true, "10.17.80.1", "10.17.80.2"},
        {"fd00::/8", true, "fdff::1", "fe00::1"},
        {"10.17.80.0/33", false, NULL, NULL},
        {"10.17.80", false, NULL, NULL},
        {"10.17.80.1/", false, NULL, NULL},
        {"fd00::/129", false, NULL, NULL},
        {"", false, NULL, NULL},
        {NULL, false, NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        cs_prefix prefix;
        cs_addr in = plant_addr(rows[i].in), out = plant_addr(rows[i].out);
        assert_int_equal(cs_prefix_parse(rows[i].text, &prefix), rows[i].ok);
        if (rows[i].in)
            assert_true(cs_prefix_has(&prefix, &in));
        if (rows[i].out)
            assert_false(cs_prefix_has(&prefix, &out));
    }
}

static void words(void **state)
{
    (void)state;
    cs_policy_method method;
    cs_policy_level level;
    assert_true(cs_policy_method_parse("trusted ip", &method) && method == CS_METHOD_TRUSTED_IP);
    assert_true(cs_policy_method_parse(" Trusted_IP", &method) && method == CS_METHOD_TRUSTED_IP);
    assert_true(cs_policy_method_parse("PSK", &method) && method == CS_METHOD_PSK);
    assert_false(cs_policy_method_parse("Kerberos", &method));
    assert_false(cs_policy_method_parse(NULL, &method));
    assert_true(cs_policy_level_parse("Integrity and confidentiality", &level) && level == CS_LEVEL_CONFIDENTIALITY);
    assert_true(cs_policy_level_parse("confidentiality", &level) && level == CS_LEVEL_CONFIDENTIALITY);
    assert_true(cs_policy_level_parse("None", &level) && level == CS_LEVEL_NONE);
    assert_false(cs_policy_level_parse("Lots", &level));
    for (int i = 0; i < 3; i++) {
        assert_true(cs_policy_method_parse(cs_policy_method_name((cs_policy_method)i), &method) && (int)method == i);
        assert_true(cs_policy_level_parse(cs_policy_level_name((cs_policy_level)i), &level) && (int)level == i);
    }
}

static void csv(void **state)
{
    (void)state;
    cs_policy *policy = cs_policy_new();
    cs_policy_add_csv(policy,
                      "\xEF\xBB\xBF"
                      "Endpoint 1,Endpoint 2,Method,Messaging,I/O\r\n"
                      "# zone red\r\n\r\n"
                      "10.0.0.1,\"10.1.0.0/16\",Certificate,Integrity,\"None\"\r\n"
                      "10.0.0.1,10.1.0.0,Certificate,Integrity\n"
                      "nowhere,10.1.0.0,Certificate,Integrity,None\n"
                      "10.0.0.2,any,PSK,None,Everything\n"
                      "10.0.0.3,any,psk,none,integrity,more\n"
                      "10.0.0.4,\"any",
                      "zones.csv");
    assert_int_equal(policy->rules->len, 1);
    const cs_policy_rule *rule = policy->rules->pdata[0];
    assert_string_equal(rule->origin, "zones.csv line 4");
    assert_string_equal(rule->text, "10.0.0.1 <-> 10.1.0.0/16: Certificate, messaging Integrity, I/O None");
    assert_int_equal(policy->errors->len, 5);
    assert_non_null(strstr(policy->errors->pdata[1], "zones.csv line 6: no address or prefix \"nowhere\""));
    cs_policy_free(policy);
}

static void first_rule_wins_in_either_direction(void **state)
{
    (void)state;
    cs_policy *policy = cs_policy_new();
    assert_true(cs_policy_add(policy, "10.0.0.1", "10.0.0.2", "PSK", "None", "None", "a"));
    assert_true(cs_policy_add(policy, "10.0.0.0/24", "any", "Certificate", "None", "None", "b"));
    cs_addr one = plant_addr("10.0.0.1"), two = plant_addr("10.0.0.2"), far = plant_addr("192.168.1.1");
    assert_ptr_equal(cs_policy_find(policy, &two, &one), policy->rules->pdata[0]);
    assert_ptr_equal(cs_policy_find(policy, &far, &two), policy->rules->pdata[1]);
    assert_null(cs_policy_find(policy, &far, &far));
    assert_null(cs_policy_find(NULL, &one, &two));
    assert_false(cs_policy_add_name(policy, "here", "x"));
    assert_true(cs_policy_add_name(policy, "10.0.0.1", "PLC"));
    assert_true(cs_policy_add_name(policy, "10.0.0.1", "Press PLC"));
    assert_string_equal(cs_policy_name(policy, &one), "Press PLC");
    assert_true(cs_policy_add_name(policy, "10.0.0.2", "")); /* as none */
    assert_null(cs_policy_name(policy, &two));
    cs_policy_free(policy);
}

typedef struct {
    const char *method, *messaging, *io;
    cs_transport transport;
    cs_confidentiality conf;
    uint16_t suite; /* 0 = none */
    bool class01, client_certificate;
    cs_policy_verdict verdict;
    const char *why;
} judged;

static const judged cases[] = {
    {"Trusted IP", "None", "None", CS_TRANSPORT_TCP, CS_CONF_NONE, 0, false, false, CS_POLICY_KEPT, NULL},
    {"Certificate", "Integrity", "None", CS_TRANSPORT_TCP, CS_CONF_NONE, 0, false, false, CS_POLICY_BROKEN,
     "messaging is in clear text"},
    {"Certificate", "Integrity", "None", CS_TRANSPORT_TLS, CS_CONF_AUTHENTICATED, 0xC006, false, true, CS_POLICY_KEPT,
     NULL},
    {"Certificate", "Integrity and confidentiality", "None", CS_TRANSPORT_TLS, CS_CONF_AUTHENTICATED, 0xC006, false,
     true, CS_POLICY_BROKEN, "authenticated but not encrypted"},
    {"PSK", "None", "None", CS_TRANSPORT_TLS, CS_CONF_ENCRYPTED, 0xC023, false, true, CS_POLICY_BROKEN,
     "the rule wants a pre-shared key"},
    {"Certificate", "None", "None", CS_TRANSPORT_TLS, CS_CONF_ENCRYPTED, 0xC037, false, false, CS_POLICY_BROKEN,
     "the rule wants certificates"},
    {"Certificate", "None", "None", CS_TRANSPORT_TLS, CS_CONF_ENCRYPTED, 0xC023, false, false, CS_POLICY_BROKEN,
     "proved no certificate"},
    {"Certificate", "Integrity and confidentiality", "Integrity", CS_TRANSPORT_DTLS, CS_CONF_AUTHENTICATED, 0xC006,
     true, true, CS_POLICY_KEPT, NULL},
    {"Certificate", "None", "Integrity and confidentiality", CS_TRANSPORT_DTLS, CS_CONF_AUTHENTICATED, 0xC006, true,
     true, CS_POLICY_BROKEN, "I/O is authenticated but not encrypted"},
    {"Certificate", "None", "Integrity", CS_TRANSPORT_UDP, CS_CONF_NONE, 0, true, false, CS_POLICY_BROKEN,
     "I/O is in clear text"},
    {"Certificate", "Integrity", "Integrity", CS_TRANSPORT_TLS, CS_CONF_UNKNOWN, 0, false, false,
     CS_POLICY_NOT_JUDGED, NULL},
};

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const judged *c = &cases[i];
        cs_capture *cap = cs_capture_new(NULL);
        cs_policy *policy = cs_policy_new();
        const cs_policy_rule *rule;
        char *why;
        cs_stream *s = plant_stream(cap, c->transport, "10.0.0.1", 5000, "10.0.0.2", 2221);
        assert_true(cs_policy_add(policy, "10.0.0.1", "10.0.0.2", c->method, c->messaging, c->io, "row"));
        plant_secure(s, c->suite, c->client_certificate);
        s->conf = c->conf;
        s->saw_enip = true;
        s->saw_class01 = c->class01;
        s->saw_unconnected = !c->class01;
        s->app_records = 1;
        assert_int_equal(cs_policy_judge(policy, s, &rule, &why), c->verdict);
        assert_ptr_equal(rule, policy->rules->pdata[0]);
        if (c->why) {
            assert_non_null(why);
            assert_non_null(strstr(why, c->why));
        } else {
            assert_null(why);
        }
        g_free(why);
        cs_capture_free(cap);
        cs_policy_free(policy);
    }
}

static void findings_once_and_unseen_conduits(void **state)
{
    (void)state;
    cs_policy *policy = cs_policy_new();
    assert_true(cs_policy_add(policy, "10.0.0.1", "any", "Certificate", "Integrity", "None", "row 1"));
    assert_true(cs_policy_add(policy, "10.9.0.1", "any", "Certificate", "Integrity", "None", "row 2"));
    cs_options options = {.policy = policy};
    cs_capture *cap = cs_capture_new(&options);
    cs_stream *s = plant_stream(cap, CS_TRANSPORT_TCP, "10.0.0.1", 5000, "10.0.0.2", 44818);
    s->conf = CS_CONF_NONE;
    s->saw_enip = s->saw_unconnected = true;
    cs_when at = plant_at(7, 7);
    cs_stream_findings(cap, s, &at);
    cs_stream_findings(cap, s, &at);
    assert_int_equal(plant_count(cap, CS_FIND_POLICY_VIOLATION), 1);
    cs_capture_finish(cap);
    cap->finished = false;
    cs_capture_finish(cap);
    assert_int_equal(plant_count(cap, CS_FIND_POLICY_VIOLATION), 1);
    assert_int_equal(plant_count(cap, CS_FIND_POLICY_UNSEEN), 1);
    cs_capture_free(cap);
    cs_policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes),
        cmocka_unit_test(words),
        cmocka_unit_test(csv),
        cmocka_unit_test(first_rule_wins_in_either_direction),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(findings_once_and_unseen_conduits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
