/* policy.h
 * Zones and conduits: the protection that the user expects between addresses, and the names of addresses.
 *
 * A rule says how two groups of addresses should talk. Each stream is compared with the first rule that names both of
 * its ends; deviations become findings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_POLICY_H
#define CIPSEC_POLICY_H

#include <cipsec/model.h>

typedef enum { CS_METHOD_TRUSTED_IP, CS_METHOD_CERTIFICATE, CS_METHOD_PSK } cs_policy_method;
typedef enum { CS_LEVEL_NONE, CS_LEVEL_INTEGRITY, CS_LEVEL_CONFIDENTIALITY } cs_policy_level;

/** An address and how many of its leading bits count. family 0: any address. */
typedef struct {
    cs_addr addr;
    uint8_t bits;
} cs_prefix;

typedef struct {
    cs_prefix end[2];
    cs_policy_method method;
    cs_policy_level messaging, io;
    char *text; /**< the rule as shown to the user, owned */
    char *origin; /**< "cipsec.policy row 2", "zones.csv line 7", owned */
} cs_policy_rule;

struct cs_policy {
    GPtrArray *rules; /**< cs_policy_rule*, owned */
    GPtrArray *errors; /**< char*: lines that could not be read and why, owned */
    GHashTable *names; /**< cs_addr* -> char*, owned */
};
typedef struct cs_policy cs_policy;

cs_policy *cs_policy_new(void);
void cs_policy_free(cs_policy *policy);

/** Reads "10.1.1.0/24", "10.1.1.7", "fd00::/8" or "any". @return false when it is none of these. */
bool cs_prefix_parse(const char *text, cs_prefix *prefix);
bool cs_prefix_has(const cs_prefix *prefix, const cs_addr *addr);
/** Words as in the preference table, any case: "Trusted IP", "Certificate", "PSK". */
bool cs_policy_method_parse(const char *text, cs_policy_method *method);
/** "None", "Integrity", "Integrity and confidentiality" (also "Confidentiality"). */
bool cs_policy_level_parse(const char *text, cs_policy_level *level);
const char *cs_policy_method_name(cs_policy_method method);
const char *cs_policy_level_name(cs_policy_level level);

/** Adds a rule from its five texts. On errors nothing is added and a line goes to policy->errors.
 *  @param origin where the texts come from. @return true when the rule was added. */
bool cs_policy_add(cs_policy *policy, const char *end1, const char *end2, const char *method, const char *messaging,
                   const char *io, const char *origin);
/** Adds the rules of a CSV text: five columns, optional header line, # comments, quotes as in RFC 4180.
 *  @param name used in origins. */
void cs_policy_add_csv(cs_policy *policy, const char *text, const char *name);
/** Names an address; a later name replaces an earlier one. @return false when addr is no address. */
bool cs_policy_add_name(cs_policy *policy, const char *addr, const char *name);

/** The first rule for two addresses, NULL when there is none or policy is NULL. */
const cs_policy_rule *cs_policy_find(const cs_policy *policy, const cs_addr *a, const cs_addr *b);
/** The user's name of an address or NULL. */
const char *cs_policy_name(const cs_policy *policy, const cs_addr *addr);

typedef enum { CS_POLICY_NO_RULE, CS_POLICY_NOT_JUDGED, CS_POLICY_KEPT, CS_POLICY_BROKEN } cs_policy_verdict;

/** Compares a stream with its rule. @param rule receives the rule. @param why receives what is wrong when the
 *  verdict is CS_POLICY_BROKEN; the caller frees it. */
cs_policy_verdict cs_policy_judge(const cs_policy *policy, const cs_stream *stream, const cs_policy_rule **rule,
                                  char **why);

#endif
