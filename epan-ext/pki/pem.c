/* pem.c
 * Splits a file into its X.509 objects. GnuTLS decodes; this file only finds where a block begins and ends.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/pem.h>

#include <gnutls/gnutls.h>
#include <gnutls/pkcs7.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define LABEL_MAX 64
#define DER_SEQUENCE 0x30
#define BASE64_OF_SEQUENCE 'M'
#define DER_MIN 16 /* GnuTLS takes the first two octets of a DER object for a CSR; none is as short as this */

static const struct {
    const char *label;
    cs_cert_type type;
} labels[] = {
    {"CERTIFICATE", CS_OBJECT_CERTIFICATE},
    {"X509 CERTIFICATE", CS_OBJECT_CERTIFICATE},
    {"CERTIFICATE REQUEST", CS_OBJECT_CSR},
    {"NEW CERTIFICATE REQUEST", CS_OBJECT_CSR},
    {"X509 CRL", CS_OBJECT_CRL},
    {"CRL", CS_OBJECT_CRL},
    {"PKCS7", CS_OBJECT_PKCS7},
    {"PKCS #7 SIGNED DATA", CS_OBJECT_PKCS7},
    {"CMS", CS_OBJECT_PKCS7},
};

static void object_free(gpointer data)
{
    cs_pem_object *o = data;
    g_free(o->der);
    g_free(o);
}

static const uint8_t *find(const uint8_t *from, const uint8_t *end, const char *what)
{
    size_t n = strlen(what);
    while ((size_t)(end - from) >= n) {
        from = memchr(from, what[0], (size_t)(end - from) - n + 1);
        if (!from)
            return NULL;
        if (!memcmp(from, what, n))
            return from;
        from++;
    }
    return NULL;
}

static bool type_of_label(const uint8_t *label, size_t len, cs_cert_type *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
        if (strlen(labels[i].label) == len && !memcmp(labels[i].label, label, len)) {
            *type = labels[i].type;
            return true;
        }
    }
    return false;
}

/* Decodes the block [begin, end) whose label lies at [label, label + label_len). */
static void decode_block(cs_pem_object *o, const uint8_t *begin, const uint8_t *label, size_t label_len)
{
    char header[LABEL_MAX + 1];
    memcpy(header, label, label_len);
    header[label_len] = '\0';
    gnutls_datum_t pem = {(unsigned char *)begin, (unsigned)o->len};
    gnutls_datum_t der = {NULL, 0};
    if (gnutls_pem_base64_decode2(header, &pem, &der) < 0 || der.size == 0) {
        o->why = "the PEM text cannot be decoded";
    } else {
        o->der = g_memdup2(der.data, der.size);
        o->der_len = der.size;
    }
    gnutls_free(der.data);
}

static void read_pem(GPtrArray *objects, const uint8_t *bytes, size_t len)
{
    const uint8_t *end = bytes + len;
    const uint8_t *begin = find(bytes, end, BEGIN);
    while (begin && objects->len < CS_PEM_MAX_OBJECTS) {
        const uint8_t *label = begin + strlen(BEGIN);
        const uint8_t *next = find(label, end, BEGIN);
        const uint8_t *limit = next ? next : end;
        const uint8_t *label_end = find(label, limit, DASHES);
        cs_cert_type type;
        if (label_end && label_end - label <= LABEL_MAX && type_of_label(label, (size_t)(label_end - label), &type)) {
            cs_pem_object *o = g_new0(cs_pem_object, 1);
            const uint8_t *tail = find(label_end, limit, END);
            const uint8_t *close = tail ? find(tail + strlen(END), limit, DASHES) : NULL;
            o->type = type;
            o->pem = true;
            o->offset = (size_t)(begin - bytes);
            o->len = (size_t)((close ? close + strlen(DASHES) : limit) - begin);
            if (close)
                decode_block(o, begin, label, (size_t)(label_end - label));
            else
                o->why = "the PEM text has no END line";
            g_ptr_array_add(objects, o);
        }
        begin = next;
    }
}

/* What a DER object is, as GnuTLS sees it. */
static bool ask_for_type(const uint8_t *bytes, size_t len, cs_cert_type *type)
{
    gnutls_datum_t der = {(unsigned char *)bytes, (unsigned)len};
    gnutls_x509_crt_t crt;
    gnutls_x509_crq_t crq;
    gnutls_x509_crl_t crl;
    gnutls_pkcs7_t p7;
    bool known = false;
    if (gnutls_x509_crt_init(&crt) == 0) {
        known = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0;
        gnutls_x509_crt_deinit(crt);
        *type = CS_OBJECT_CERTIFICATE;
    }
    if (!known && gnutls_x509_crq_init(&crq) == 0) {
        known = gnutls_x509_crq_import(crq, &der, GNUTLS_X509_FMT_DER) == 0;
        gnutls_x509_crq_deinit(crq);
        *type = CS_OBJECT_CSR;
    }
    if (!known && gnutls_x509_crl_init(&crl) == 0) {
        known = gnutls_x509_crl_import(crl, &der, GNUTLS_X509_FMT_DER) == 0;
        gnutls_x509_crl_deinit(crl);
        *type = CS_OBJECT_CRL;
    }
    if (!known && gnutls_pkcs7_init(&p7) == 0) {
        known = gnutls_pkcs7_import(p7, &der, GNUTLS_X509_FMT_DER) == 0;
        gnutls_pkcs7_deinit(p7);
        *type = CS_OBJECT_PKCS7;
    }
    return known;
}

/* Files are transferred and shown again and again: the answers of the last ones are kept, by their SHA-256. */
#define ASKED 32

static bool type_of_der(const uint8_t *bytes, size_t len, cs_cert_type *type)
{
    static struct {
        bool used, known;
        cs_cert_type type;
        uint8_t sha256[32];
    } asked[ASKED];
    static unsigned next;
    uint8_t sha256[32];
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, len, sha256) < 0)
        return ask_for_type(bytes, len, type);
    unsigned i = 0;
    while (i < ASKED && !(asked[i].used && !memcmp(asked[i].sha256, sha256, sizeof sha256)))
        i++;
    if (i == ASKED) {
        i = next++ % ASKED;
        asked[i].used = true;
        memcpy(asked[i].sha256, sha256, sizeof sha256);
        asked[i].known = ask_for_type(bytes, len, &asked[i].type);
    }
    *type = asked[i].type;
    return asked[i].known;
}

static void add_der(GPtrArray *objects, const uint8_t *bytes, size_t len)
{
    cs_cert_type type;
    if (len < DER_MIN || bytes[0] != DER_SEQUENCE || len > CS_CERT_MAX_LEN || !type_of_der(bytes, len, &type))
        return;
    cs_pem_object *o = g_new0(cs_pem_object, 1);
    o->type = type;
    o->der = g_memdup2(bytes, len);
    o->der_len = o->len = len;
    g_ptr_array_add(objects, o);
}

/* Base64 of a DER object without PEM's lines around it, as enrollment sends it (RFC 7030). */
static void read_base64(GPtrArray *objects, const uint8_t *bytes, size_t len)
{
    gnutls_datum_t text = {(unsigned char *)bytes, (unsigned)len}, der = {NULL, 0};
    if (gnutls_base64_decode2(&text, &der) < 0)
        return;
    add_der(objects, der.data, der.size);
    gnutls_free(der.data);
    if (objects->len) {
        cs_pem_object *o = objects->pdata[0];
        o->pem = true;
        o->len = len;
    }
}

GPtrArray *cs_pem_objects(const uint8_t *bytes, size_t len)
{
    GPtrArray *objects = g_ptr_array_new_with_free_func(object_free);
    if (len == 0)
        return objects;
    if (find(bytes, bytes + len, BEGIN))
        read_pem(objects, bytes, len);
    else if (bytes[0] == BASE64_OF_SEQUENCE && len <= 2 * CS_CERT_MAX_LEN)
        read_base64(objects, bytes, len);
    else
        add_der(objects, bytes, len);
    return objects;
}
