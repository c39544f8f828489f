/* certs_csr.c
 * Does what was asked for, what the device answered and what it got belong together: Create_CSR, CSR, certificate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "certs_private.h"

#include <string.h>

#include "../pki/x509.h"

/* Order of the Create_CSR strings; the ninth is the Subject Alternative Name, one item a line. */
static const struct {
    const char *name, *oid;
} parts[] = {
    {"Common Name", CS_OID_COMMON_NAME}, {"Organization", CS_OID_ORGANIZATION}, {"Organizational Unit", CS_OID_UNIT},
    {"Locality", CS_OID_LOCALITY},       {"State", CS_OID_STATE},               {"Country", CS_OID_COUNTRY},
    {"Email", CS_OID_EMAIL},             {"Serial Number", CS_OID_SERIAL},
};

/* The standard does not name the character set; what is not UTF-8 is taken for ISO 8859-1, which never fails. */
static char *utf8(const uint8_t *text, uint8_t len)
{
    return g_utf8_validate((const char *)text, len, NULL)
               ? g_strndup((const char *)text, len)
               : g_convert((const char *)text, len, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
}

void cs_csr_asked(cs_cert_instance *inst, const uint8_t *body, uint32_t len)
{
    uint32_t at = 0;
    for (int i = 0; i < CS_CSR_STRINGS; i++) {
        g_free(inst->asked[i]);
        inst->asked[i] = NULL;
        if (at < len && body[at] <= len - at - 1) {
            inst->asked[i] = utf8(body + at + 1, body[at]);
            at += 1u + body[at];
        } else {
            at = len;
        }
    }
}

static bool san_has(const cs_cert *csr, const char *prefix, const char *value)
{
    for (char **name = csr->san; name && *name; name++)
        if (g_str_has_prefix(*name, prefix) && !g_ascii_strcasecmp(*name + strlen(prefix), value))
            return true;
    return false;
}

/* The alternative names that were asked for and are not in the CSR. */
static void check_san(const cs_cert_instance *inst, const cs_cert *csr, GString *text)
{
    static const struct {
        const char *asked, *san;
    } kinds[] = {{"iPAddress=", "IP:"}, {"dNSName=", "DNS:"}, {"URI=", "URI:"}};
    for (int i = G_N_ELEMENTS(parts); i < CS_CSR_STRINGS; i++) {
        char **items = inst->asked[i] ? g_strsplit_set(inst->asked[i], "\r\n", 32) : NULL;
        for (char **item = items; item && *item; item++)
            for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
                if (!g_ascii_strncasecmp(*item, kinds[k].asked, strlen(kinds[k].asked)) &&
                    !san_has(csr, kinds[k].san, *item + strlen(kinds[k].asked)))
                    g_string_append_printf(text, "%salternative name %s was asked for, the CSR does not have it",
                                           text->len ? "; " : "", *item);
        g_strfreev(items);
    }
}

void cs_csr_check_strings(cs_capture *cap, const cs_cert_instance *inst, const cs_cert *csr, const cs_cert_seen *seen)
{
    GString *text = g_string_new(NULL);
    if (!csr->subject) {
        g_string_free(text, TRUE);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *asked = inst->asked[i];
        if (!asked || !*asked)
            continue;
        char *got = cs_x509_name_part(csr, parts[i].oid);
        if (!got)
            g_string_append_printf(text, "%s%s \"%s\" was asked for, the CSR has none", text->len ? "; " : "",
                                   parts[i].name, asked);
        else if (strcmp(asked, got))
            g_string_append_printf(text, "%s%s \"%s\" was asked for, the CSR says \"%s\"", text->len ? "; " : "",
                                   parts[i].name, asked, got);
        g_free(got);
    }
    check_san(inst, csr, text);
    if (text->len)
        cs_cert_finding(cap, CS_FIND_CSR_MISMATCH, csr, seen, "asked", g_string_free(text, FALSE));
    else
        g_string_free(text, TRUE);
}

void cs_csr_check_certificate(cs_capture *cap, const cs_cert_device *dev, const cs_cert_instance *inst,
                              const cs_when *at, cs_stream *stream)
{
    const cs_cert *csr = inst->csr, *cert = inst->device_cert;
    cs_cert_seen seen = {.at = *at, .stream = stream, .device = dev->addr, .file_instance = CS_CIP_UNSET};
    if (!csr || !cert || !csr->have_key_id || !cert->have_key_id)
        return;
    const char *label = cs_cert_label(cert);
    if (memcmp(csr->key_id, cert->key_id, sizeof csr->key_id))
        cs_cert_finding(cap, CS_FIND_CSR_MISMATCH, cert, &seen, "key",
                        g_strdup_printf("certificate %s set for Certificate Management instance %u has another key "
                                        "than the CSR made there",
                                        label, inst->instance));
    if (csr->common_name && cert->common_name && strcmp(csr->common_name, cert->common_name))
        cs_cert_finding(cap, CS_FIND_CSR_MISMATCH, cert, &seen, "name",
                        g_strdup_printf("certificate %s set for Certificate Management instance %u has another Common "
                                        "Name than its CSR (%s)",
                                        label, inst->instance, csr->common_name));
}
