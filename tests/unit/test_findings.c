/* test_findings.c
 * Every row of findings.def is complete and its name is unique and usable; the names users rely on are there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cipsec/findings.h>

/* Names that filters, profiles and scripts use: none may go. */
static const char *const promised[] = {
    "midstream", "handshake_failed", "no_client_certificate", "vendor_certificate", "certificate_expired",
    "certificate_expiring", "certificate_not_yet_valid", "chain_invalid", "self_signed", "certificate_shared",
    "weak_key", "weak_signature", "integrity_only", "clear_text_configuration", "clear_text_after_configured",
    "psk_exposed", "config_in_progress_conflict", "config_failed", "config_abandoned", "csr_mismatch",
    "suite_not_allowed", "policy_violation", "malformed",
};

static int index_of(const char *name)
{
    for (int kind = 0; kind < CS_FIND_COUNT; kind++) {
        if (strcmp(cs_finding_info_get((cs_finding_kind)kind)->name, name) == 0)
            return kind;
    }
    return -1;
}

static void test_rows_are_complete(void **state)
{
    (void)state;
    for (int kind = 0; kind < CS_FIND_COUNT; kind++) {
        const cs_finding_info *info = cs_finding_info_get((cs_finding_kind)kind);
        assert_non_null(info);
        assert_true(strlen(info->what) > 0);
        assert_true(strlen(info->why) > 0);
        assert_true(strlen(info->advice) > 0);
        assert_true(info->severity >= CS_SEVERITY_CHAT && info->severity <= CS_SEVERITY_ERROR);
        assert_true(strlen(cs_severity_name(info->severity)) > 0);
    }
}

static void test_names_are_filter_names(void **state)
{
    (void)state;
    for (int kind = 0; kind < CS_FIND_COUNT; kind++) {
        const char *name = cs_finding_info_get((cs_finding_kind)kind)->name;
        assert_true(strlen(name) > 0);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
        assert_int_equal(index_of(name), kind);
    }
}

static void test_promised_names_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++)
        assert_true(index_of(promised[i]) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_complete),
        cmocka_unit_test(test_names_are_filter_names),
        cmocka_unit_test(test_promised_names_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
