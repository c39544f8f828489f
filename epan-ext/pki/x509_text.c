/* x509_text.c
 * Names, keys and alternative names as text that is safe to print.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x509_private.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

#define TEXT_MAX 1024 /* octets of one name that are shown */
#define SAN_MAX 64 /* names of one certificate that are shown */
#define OID_EC_KEY "1.2.840.10045.2.1"

/* Smallest key sizes that still give about 112 bits of strength (NIST SP 800-57). */
#define RSA_BITS_MIN 2048
#define ECC_BITS_MIN 224
#define P521_BITS 521 /* GnuTLS counts whole octets */

char *cs_x509_clean(const uint8_t *text, size_t len)
{
    bool cut = len > TEXT_MAX;
    char *valid = g_utf8_make_valid((const char *)text, (gssize)MIN(len, TEXT_MAX));
    for (char *c = valid; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    if (!cut)
        return valid;
    char *marked = g_strconcat(valid, "...", NULL);
    g_free(valid);
    return marked;
}

char *cs_x509_hex(const uint8_t *bytes, size_t len)
{
    char *hex = g_malloc(2 * len + 1);
    for (size_t i = 0; i < len; i++)
        g_snprintf(hex + 2 * i, 3, "%02X", bytes[i]);
    hex[2 * len] = '\0';
    return hex;
}

/* GnuTLS calls the e-mail part EMAIL; RFC 2985, and with it other tools, emailAddress. */
static char *rename_email(char *name)
{
    static const char theirs[] = "EMAIL=";
    GString *text = g_string_new(NULL);
    bool escaped = false, start = true;
    for (const char *c = name; *c; c++) {
        if (start && g_str_has_prefix(c, theirs)) {
            g_string_append(text, "emailAddress");
            c += sizeof theirs - 2;
        }
        g_string_append_c(text, *c);
        start = !escaped && (*c == ',' || *c == '+');
        escaped = !escaped && *c == '\\';
    }
    g_free(name);
    return g_string_free(text, FALSE);
}

char *cs_x509_take_dn(int rc, gnutls_datum_t *dn)
{
    if (rc < 0)
        return rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? g_strdup("") : NULL;
    char *text = rename_email(cs_x509_clean(dn->data, dn->size));
    gnutls_free(dn->data);
    return text;
}

void cs_x509_set_times(cs_cert *cert, time_t from, time_t to)
{
    cert->have_not_before = from != (time_t)-1;
    cert->have_not_after = to != (time_t)-1;
    cert->not_before = cert->have_not_before ? from : 0;
    cert->not_after = cert->have_not_after ? to : 0;
}

void cs_x509_defect(cs_cert *cert, const char *fmt, ...)
{
    if (cert->malformed)
        return;
    va_list args;
    va_start(args, fmt);
    cert->malformed = true;
    cert->malformed_why = g_strdup_vprintf(fmt, args);
    va_end(args);
}

char *cs_x509_key_usage(unsigned usage)
{
    static const struct {
        unsigned bit;
        const char *name;
    } bits[] = {
        {GNUTLS_KEY_DIGITAL_SIGNATURE, "digitalSignature"}, {GNUTLS_KEY_NON_REPUDIATION, "nonRepudiation"},
        {GNUTLS_KEY_KEY_ENCIPHERMENT, "keyEncipherment"},   {GNUTLS_KEY_DATA_ENCIPHERMENT, "dataEncipherment"},
        {GNUTLS_KEY_KEY_AGREEMENT, "keyAgreement"},         {GNUTLS_KEY_KEY_CERT_SIGN, "keyCertSign"},
        {GNUTLS_KEY_CRL_SIGN, "cRLSign"},                   {GNUTLS_KEY_ENCIPHER_ONLY, "encipherOnly"},
        {GNUTLS_KEY_DECIPHER_ONLY, "decipherOnly"},
    };
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bits); i++)
        if (usage & bits[i].bit)
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", bits[i].name);
    return g_string_free(text, FALSE);
}

const char *cs_x509_purpose(const char *oid)
{
    static const struct {
        const char *oid, *name;
    } purposes[] = {
        {GNUTLS_KP_TLS_WWW_SERVER, "serverAuth"},       {GNUTLS_KP_TLS_WWW_CLIENT, "clientAuth"},
        {GNUTLS_KP_CODE_SIGNING, "codeSigning"},        {GNUTLS_KP_EMAIL_PROTECTION, "emailProtection"},
        {GNUTLS_KP_TIME_STAMPING, "timeStamping"},      {GNUTLS_KP_OCSP_SIGNING, "OCSPSigning"},
        {GNUTLS_KP_ANY, "anyExtendedKeyUsage"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(purposes); i++)
        if (!strcmp(purposes[i].oid, oid))
            return purposes[i].name;
    return oid;
}

static const char *key_type_name(int pk)
{
    switch (pk) {
    case GNUTLS_PK_RSA:
        return "RSA";
    case GNUTLS_PK_RSA_PSS:
        return "RSA-PSS";
    case GNUTLS_PK_DSA:
        return "DSA";
    case GNUTLS_PK_ECDSA:
        return "ECDSA";
    case GNUTLS_PK_EDDSA_ED25519:
        return "Ed25519";
    case GNUTLS_PK_EDDSA_ED448:
        return "Ed448";
    default:
        return pk < 0 ? "unknown" : gnutls_pk_get_name(pk);
    }
}

/* A kind of key or a curve that GnuTLS does not know: what can be said without it. */
static void read_unknown_key(cs_cert *cert, int rc)
{
    char oid[128] = "";
    size_t size = sizeof oid;
    int named = cert->x509->crt ? gnutls_x509_crt_get_pk_oid(cert->x509->crt, oid, &size)
                                : gnutls_x509_crq_get_pk_oid(cert->x509->crq, oid, &size);
    cert->key_type = g_strdup(named < 0 ? "unknown" : !strcmp(oid, OID_EC_KEY) ? "ECDSA" : oid);
    if (rc != GNUTLS_E_ECC_UNSUPPORTED_CURVE && rc != GNUTLS_E_UNKNOWN_PK_ALGORITHM &&
        rc != GNUTLS_E_UNIMPLEMENTED_FEATURE)
        cs_x509_defect(cert, "the public key cannot be read");
}

void cs_x509_read_key(cs_cert *cert)
{
    struct cs_x509 *handles = cert->x509;
    gnutls_pubkey_t key;
    unsigned bits = 0;
    size_t size = sizeof cert->key_id;
    if (gnutls_pubkey_init(&key) < 0)
        return;
    int rc = handles->crt ? gnutls_pubkey_import_x509(key, handles->crt, 0)
                          : gnutls_pubkey_import_x509_crq(key, handles->crq, 0);
    if (rc < 0) {
        gnutls_pubkey_deinit(key);
        read_unknown_key(cert, rc);
        return;
    }
    handles->key = key;
    int pk = gnutls_pubkey_get_pk_algorithm(key, &bits);
    cert->key_type = g_strdup(key_type_name(pk));
    cert->key_bits = bits;
    cert->have_key_id = gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, cert->key_id, &size) == 0;
    if (pk == GNUTLS_PK_RSA || pk == GNUTLS_PK_RSA_PSS || pk == GNUTLS_PK_DSA) {
        cert->weak_key = bits < RSA_BITS_MIN;
    } else {
        gnutls_ecc_curve_t curve;
        gnutls_datum_t x = {NULL, 0}, y = {NULL, 0};
        cert->weak_key = bits < ECC_BITS_MIN;
        if (gnutls_pubkey_export_ecc_raw2(key, &curve, &x, &y, 0) == 0) {
            const char *name = gnutls_ecc_curve_get_name(curve);
            cert->curve = name ? g_ascii_strdown(name, -1) : NULL;
            if (curve == GNUTLS_ECC_CURVE_SECP521R1)
                cert->key_bits = P521_BITS;
            gnutls_free(x.data);
            gnutls_free(y.data);
        }
    }
}

void cs_x509_read_signature(cs_cert *cert, int algorithm)
{
    const char *name = algorithm > 0 ? gnutls_sign_get_name(algorithm) : NULL;
    cert->signature = g_strdup(name ? name : "unknown");
    if (!name)
        return;
    gnutls_digest_algorithm_t hash = gnutls_sign_get_hash_algorithm(algorithm);
    cert->weak_signature = hash == GNUTLS_DIG_MD2 || hash == GNUTLS_DIG_MD5 || hash == GNUTLS_DIG_SHA1;
}

static char *san_text(unsigned type, const gnutls_datum_t *value, const char *other_oid)
{
    char ip[INET6_ADDRSTRLEN];
    if (type == GNUTLS_SAN_IPADDRESS && (value->size == 4 || value->size == 16))
        return g_strconcat("IP:", inet_ntop(value->size == 4 ? AF_INET : AF_INET6, value->data, ip, sizeof ip), NULL);
    if (type == GNUTLS_SAN_OTHERNAME)
        return g_strconcat("other:", other_oid ? other_oid : "", NULL);
    if (type == GNUTLS_SAN_DN)
        return g_strdup("DirName");
    if (type == GNUTLS_SAN_REGISTERED_ID)
        return g_strdup_printf("RID:%.*s", (int)MIN(value->size, TEXT_MAX), (const char *)value->data);
    bool text = type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_URI || type == GNUTLS_SAN_RFC822NAME;
    const char *prefix = type == GNUTLS_SAN_DNSNAME ? "DNS:"
                         : type == GNUTLS_SAN_URI   ? "URI:"
                         : type == GNUTLS_SAN_RFC822NAME ? "email:"
                         : type == GNUTLS_SAN_IPADDRESS  ? "IP:0x"
                                                         : "other:0x";
    char *clean = text ? cs_x509_clean(value->data, value->size)
                       : cs_x509_hex(value->data, MIN(value->size, TEXT_MAX / 2));
    char *result = g_strconcat(prefix, clean, NULL);
    g_free(clean);
    return result;
}

void cs_x509_read_san(cs_cert *cert, const gnutls_datum_t *ext)
{
    gnutls_subject_alt_names_t names;
    if (gnutls_subject_alt_names_init(&names) < 0)
        return;
    if (gnutls_x509_ext_import_subject_alt_names(ext, names, 0) < 0) {
        cs_x509_defect(cert, "the Subject Alternative Name cannot be read");
    } else {
        GPtrArray *list = g_ptr_array_new();
        gnutls_datum_t value, other;
        unsigned type;
        for (unsigned i = 0; gnutls_subject_alt_names_get(names, i, &type, &value, &other) == 0; i++) {
            cert->san_cut = i == SAN_MAX;
            if (cert->san_cut) {
                g_ptr_array_add(list, g_strdup("more names, not shown"));
                break;
            }
            g_ptr_array_add(list, san_text(type, &value, type == GNUTLS_SAN_OTHERNAME ? (char *)other.data : NULL));
        }
        g_ptr_array_add(list, NULL);
        cert->san = (char **)g_ptr_array_free(list, FALSE);
    }
    gnutls_subject_alt_names_deinit(names);
}
