/* policy.c
 * The table of zones and conduits and the comparison of streams with it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/policy.h>
#include <cipsec/suites.h>

#include "model_private.h"

#include <arpa/inet.h>
#include <string.h>

static const char *const method_names[] = {"Trusted IP", "Certificate", "PSK"};
static const char *const level_names[] = {"None", "Integrity", "Integrity and confidentiality"};

static void rule_free(gpointer data)
{
    cs_policy_rule *rule = data;
    g_free(rule->text);
    g_free(rule->origin);
    g_free(rule);
}

cs_policy *cs_policy_new(void)
{
    cs_policy *policy = g_new0(cs_policy, 1);
    policy->rules = g_ptr_array_new_with_free_func(rule_free);
    policy->errors = g_ptr_array_new_with_free_func(g_free);
    policy->names = g_hash_table_new_full(cs_addr_hash, cs_addr_equal_key, g_free, g_free);
    return policy;
}

void cs_policy_free(cs_policy *policy)
{
    if (!policy)
        return;
    g_ptr_array_unref(policy->rules);
    g_ptr_array_unref(policy->errors);
    g_hash_table_destroy(policy->names);
    g_free(policy);
}

static bool address_parse(const char *text, cs_addr *addr)
{
    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, text, addr->bytes) == 1)
        addr->family = 4;
    else if (inet_pton(AF_INET6, text, addr->bytes) == 1)
        addr->family = 6;
    else
        memset(addr, 0, sizeof *addr);
    return addr->family != 0;
}

bool cs_prefix_parse(const char *text, cs_prefix *prefix)
{
    memset(prefix, 0, sizeof *prefix);
    char *copy = g_strstrip(g_strdup(text ? text : ""));
    bool ok = g_ascii_strcasecmp(copy, "any") == 0 || strcmp(copy, "*") == 0;
    if (!ok) {
        char *slash = strchr(copy, '/');
        guint64 bits = 0;
        if (slash)
            *slash = '\0';
        ok = address_parse(copy, &prefix->addr);
        guint64 most = prefix->addr.family == 6 ? 128 : 32;
        if (ok && slash)
            ok = g_ascii_string_to_unsigned(slash + 1, 10, 0, most, &bits, NULL);
        prefix->bits = (uint8_t)(slash ? bits : most);
    }
    g_free(copy);
    return ok;
}

bool cs_prefix_has(const cs_prefix *prefix, const cs_addr *addr)
{
    if (prefix->addr.family == 0)
        return true;
    if (prefix->addr.family != addr->family)
        return false;
    for (unsigned i = 0; i < prefix->bits; i++)
        if ((prefix->addr.bytes[i / 8] ^ addr->bytes[i / 8]) >> (7 - i % 8) & 1)
            return false;
    return true;
}

/* Index of a word in a list, ignoring case, blanks around it and the ways to write a blank inside; -1 = none. */
static int word_index(const char *text, const char *const *words, int n)
{
    char *copy = g_strstrip(g_strdelimit(g_strdup(text ? text : ""), "_-", ' '));
    int found = -1;
    for (int i = 0; i < n && found < 0; i++)
        if (g_ascii_strcasecmp(copy, words[i]) == 0)
            found = i;
    g_free(copy);
    return found;
}

bool cs_policy_method_parse(const char *text, cs_policy_method *method)
{
    int i = word_index(text, method_names, G_N_ELEMENTS(method_names));
    if (i >= 0)
        *method = (cs_policy_method)i;
    return i >= 0;
}

bool cs_policy_level_parse(const char *text, cs_policy_level *level)
{
    static const char *const short_names[] = {"No", "Integrity only", "Confidentiality"};
    int i = word_index(text, level_names, G_N_ELEMENTS(level_names));
    if (i < 0)
        i = word_index(text, short_names, G_N_ELEMENTS(short_names));
    if (i >= 0)
        *level = (cs_policy_level)i;
    return i >= 0;
}

const char *cs_policy_method_name(cs_policy_method method)
{
    return method_names[method];
}

const char *cs_policy_level_name(cs_policy_level level)
{
    return level_names[level];
}

static bool complain(cs_policy *policy, const char *origin, const char *what, const char *value)
{
    g_ptr_array_add(policy->errors, g_strdup_printf("%s: %s \"%s\"", origin, what, value ? value : ""));
    return false;
}

bool cs_policy_add(cs_policy *policy, const char *end1, const char *end2, const char *method, const char *messaging,
                   const char *io, const char *origin)
{
    cs_policy_rule rule;
    memset(&rule, 0, sizeof rule);
    if (!cs_prefix_parse(end1, &rule.end[0]))
        return complain(policy, origin, "no address or prefix", end1);
    if (!cs_prefix_parse(end2, &rule.end[1]))
        return complain(policy, origin, "no address or prefix", end2);
    if (!cs_policy_method_parse(method, &rule.method))
        return complain(policy, origin, "no method (Trusted IP, Certificate, PSK)", method);
    if (!cs_policy_level_parse(messaging, &rule.messaging))
        return complain(policy, origin, "no level (None, Integrity, Integrity and confidentiality)", messaging);
    if (!cs_policy_level_parse(io, &rule.io))
        return complain(policy, origin, "no level (None, Integrity, Integrity and confidentiality)", io);
    rule.origin = g_strdup(origin);
    char *a = g_strstrip(g_strdup(end1)), *b = g_strstrip(g_strdup(end2));
    rule.text = g_strdup_printf("%s <-> %s: %s, messaging %s, I/O %s", a, b, method_names[rule.method],
                                level_names[rule.messaging], level_names[rule.io]);
    g_free(a);
    g_free(b);
    g_ptr_array_add(policy->rules, g_memdup2(&rule, sizeof rule));
    return true;
}

bool cs_policy_add_name(cs_policy *policy, const char *addr, const char *name)
{
    cs_addr key;
    char *copy = g_strstrip(g_strdup(addr ? addr : ""));
    bool ok = address_parse(copy, &key);
    g_free(copy);
    if (ok && name && *name)
        g_hash_table_replace(policy->names, g_memdup2(&key, sizeof key), g_strdup(name));
    return ok;
}

const char *cs_policy_name(const cs_policy *policy, const cs_addr *addr)
{
    return policy ? g_hash_table_lookup(policy->names, addr) : NULL;
}

const cs_policy_rule *cs_policy_find(const cs_policy *policy, const cs_addr *a, const cs_addr *b)
{
    for (guint i = 0; policy && i < policy->rules->len; i++) {
        const cs_policy_rule *rule = policy->rules->pdata[i];
        for (int turn = 0; turn < 2; turn++)
            if (cs_prefix_has(&rule->end[turn], a) && cs_prefix_has(&rule->end[1 - turn], b))
                return rule;
    }
    return NULL;
}

static bool carries_io(const cs_stream *s)
{
    cs_class_source source;
    cs_cip_class cip_class = cs_stream_class(s, &source);
    return cip_class == CS_CLASS_0_1 || cip_class == CS_CLASS_IMPLICIT_AND_EXPLICIT || s->kind == CS_KIND_IO;
}

static bool carries_messages(const cs_stream *s)
{
    cs_class_source source;
    cs_cip_class cip_class = cs_stream_class(s, &source);
    return cip_class != CS_CLASS_UNKNOWN && cip_class != CS_CLASS_0_1;
}

static char *too_weak(const cs_stream *s, cs_policy_level level, const char *what)
{
    static const char *const practice[] = {"is in clear text", "is authenticated but not encrypted", "", ""};
    bool weak = (level >= CS_LEVEL_INTEGRITY && s->conf == CS_CONF_NONE) ||
                (level == CS_LEVEL_CONFIDENTIALITY && s->conf == CS_CONF_AUTHENTICATED);
    return weak ? g_strdup_printf("%s %s, the rule wants %s", what, practice[s->conf], level_names[level]) : NULL;
}

static char *wrong_method(const cs_stream *s, const cs_policy_rule *rule)
{
    if (!s->hs.have_suite || rule->method == CS_METHOD_TRUSTED_IP)
        return NULL;
    const cs_suite *suite = cs_suite_find(s->hs.suite);
    bool known, mutual = cs_stream_mutual_auth(s, &known);
    if (suite && suite->psk && rule->method == CS_METHOD_CERTIFICATE)
        return g_strdup("authenticated by a pre-shared key, the rule wants certificates");
    if (suite && !suite->psk && rule->method == CS_METHOD_PSK)
        return g_strdup("authenticated by certificate, the rule wants a pre-shared key");
    /* A tool that configures a new device has no certificate yet that the device could check. */
    if (rule->method == CS_METHOD_CERTIFICATE && known && !mutual && s->kind != CS_KIND_PROVISIONING)
        return g_strdup("the client proved no certificate, the rule wants certificates on both sides");
    return NULL;
}

cs_policy_verdict cs_policy_judge(const cs_policy *policy, const cs_stream *s, const cs_policy_rule **rule, char **why)
{
    *why = NULL;
    *rule = cs_policy_find(policy, &s->end[0].ep.addr, &s->end[1].ep.addr);
    if (!*rule)
        return CS_POLICY_NO_RULE;
    bool secure = s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_DTLS;
    if (s->hs.state == CS_HANDSHAKE_FAILED || (secure ? !cs_stream_session_up(s) : !cs_stream_is_clear_traffic(s)))
        return CS_POLICY_NOT_JUDGED;
    bool io = carries_io(s), messages = carries_messages(s);
    if (s->conf == CS_CONF_UNKNOWN || (!io && !messages))
        return CS_POLICY_NOT_JUDGED;
    if (messages)
        *why = too_weak(s, (*rule)->messaging, "messaging");
    if (!*why && io)
        *why = too_weak(s, (*rule)->io, "I/O");
    if (!*why && secure)
        *why = wrong_method(s, *rule);
    return *why ? CS_POLICY_BROKEN : CS_POLICY_KEPT;
}
