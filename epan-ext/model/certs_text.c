/* certs_text.c
 * Names of certificate facts as users read them, and file names for export.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/certs.h>

#include <string.h>

#define NAME_MAX_CHARS 48
#define NS_PER_SECOND 1000000000
#define SECONDS_PER_DAY 86400

const char *cs_cert_kind_name(cs_cert_kind kind)
{
    static const char *const names[] = {"unknown",    "vendor",  "provisioned", "tool",
                                        "issuing CA", "root CA", "self-signed"};
    return (unsigned)kind < G_N_ELEMENTS(names) ? names[kind] : "unknown";
}

const char *cs_chain_result_name(cs_chain_result result)
{
    static const char *const names[] = {"not checked", "valid", "invalid", "revoked"};
    return (unsigned)result < G_N_ELEMENTS(names) ? names[result] : "not checked";
}

const char *cs_cert_type_name(cs_cert_type type)
{
    static const char *const names[] = {"certificate", "CSR", "CRL", "PKCS#7"};
    return (unsigned)type < G_N_ELEMENTS(names) ? names[type] : "unknown";
}

int64_t cs_cert_days_left(const cs_cert *cert, int64_t ns)
{
    int64_t seconds = cert->not_after - ns / NS_PER_SECOND;
    int64_t days = seconds / SECONDS_PER_DAY;
    return seconds % SECONDS_PER_DAY < 0 ? days - 1 : days;
}

char *cs_cert_file_name(const cs_cert *cert)
{
    static const char *const extensions[] = {"cer", "csr", "crl", "p7b"};
    const char *text = cert->common_name;
    if (!text || !*text)
        text = cert->subject && *cert->subject ? cert->subject : cert->issuer;
    if (!text || !*text)
        text = cert->type == CS_OBJECT_PKCS7 ? "pkcs7" : "unreadable";
    GString *name = g_string_new(NULL);
    for (const char *c = text; *c && name->len < NAME_MAX_CHARS; c++) {
        bool plain = g_ascii_isalnum(*c) || strchr("._-", *c) != NULL;
        /* Nothing that hides the file, climbs folders or looks like an option. */
        if (plain && (name->len || g_ascii_isalnum(*c)))
            g_string_append_c(name, *c);
        else if (name->len && name->str[name->len - 1] != '_')
            g_string_append_c(name, '_');
    }
    if (name->len == 0)
        g_string_append(name, "unnamed");
    g_string_append_c(name, '-');
    for (int i = 0; i < 8; i++)
        g_string_append_printf(name, "%02x", cert->sha256[i]);
    g_string_append_printf(name, ".%s", extensions[cert->type]);
    return g_string_free(name, FALSE);
}
