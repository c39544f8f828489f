/* pki_fixture.c
 * Makes keys, certificates, CSRs and CRLs while the tests run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "pki_fixture.h"

#include <arpa/inet.h>
#include <gnutls/pkcs7.h>
#include <gnutls/x509-ext.h>
#include <string.h>


static void must(int rc, const char *what)
{
    if (rc < 0)
        g_error("%s: %s", what, gnutls_strerror(rc));
}

static gnutls_x509_privkey_t new_key(const pki_spec *spec)
{
    gnutls_x509_privkey_t key;
    gnutls_pk_algorithm_t pk = spec->pk ? spec->pk : GNUTLS_PK_ECDSA;
    unsigned bits = spec->bits             ? spec->bits
                    : pk == GNUTLS_PK_RSA ? 2048
                                           : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    must(gnutls_x509_privkey_init(&key), "key init");
    must(gnutls_x509_privkey_generate(key, pk, bits, 0), "key");
    return key;
}

static void add_san(gnutls_x509_crt_t crt, const pki_spec *spec)
{
    uint8_t ip[16];
    if (spec->ip && inet_pton(AF_INET, spec->ip, ip) == 1)
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND), "ip");
    if (spec->dns)
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, spec->dns, (unsigned)strlen(spec->dns),
                                                  GNUTLS_FSAN_APPEND),
             "dns");
    if (!spec->sans)
        return;
    gnutls_subject_alt_names_t names;
    gnutls_datum_t ext;
    must(gnutls_subject_alt_names_init(&names), "names");
    for (unsigned i = 0; i < spec->sans; i++) {
        char name[16];
        g_snprintf(name, sizeof name, "n%u", i);
        gnutls_datum_t value = {(unsigned char *)name, (unsigned)strlen(name)};
        must(gnutls_subject_alt_names_set(names, GNUTLS_SAN_DNSNAME, &value, NULL), "name");
    }
    must(gnutls_x509_ext_export_subject_alt_names(names, &ext), "san");
    must(gnutls_x509_crt_set_extension_by_oid(crt, "2.5.29.17", ext.data, ext.size, 0), "san ext");
    gnutls_free(ext.data);
    gnutls_subject_alt_names_deinit(names);
}

static void only_names_below(gnutls_x509_crt_t crt, const char *domain)
{
    gnutls_x509_name_constraints_t names;
    gnutls_datum_t value = {(unsigned char *)domain, (unsigned)strlen(domain)};
    must(gnutls_x509_name_constraints_init(&names), "name constraints");
    must(gnutls_x509_name_constraints_add_permitted(names, GNUTLS_SAN_DNSNAME, &value), "permitted");
    must(gnutls_x509_crt_set_name_constraints(crt, names, 1), "set name constraints");
    gnutls_x509_name_constraints_deinit(names);
}

pki_cert *pki_make(const pki_spec *spec, const pki_cert *issuer)
{
    static uint8_t count;
    uint8_t serial[2] = {1, ++count};
    pki_cert *c = g_new0(pki_cert, 1);
    if (spec->key) {
        must(gnutls_x509_privkey_init(&c->key), "key init");
        must(gnutls_x509_privkey_cpy(c->key, spec->key), "key copy");
    } else {
        c->key = new_key(spec);
    }
    must(gnutls_x509_crt_init(&c->crt), "crt init");
    gnutls_x509_crt_set_version(c->crt, 3);
    must(gnutls_x509_crt_set_key(c->crt, c->key), "set key");
    must(gnutls_x509_crt_set_dn_by_oid(c->crt, GNUTLS_OID_X520_COMMON_NAME, 0, spec->cn, (unsigned)strlen(spec->cn)),
         "cn");
    gnutls_x509_crt_set_activation_time(c->crt, spec->from ? spec->from : T0 - DAY);
    gnutls_x509_crt_set_expiration_time(c->crt, spec->to ? spec->to : T0 + 365 * DAY);
    must(spec->serial ? gnutls_x509_crt_set_serial(c->crt, spec->serial, spec->serial_len)
                      : gnutls_x509_crt_set_serial(c->crt, serial, sizeof serial),
         "serial");
    must(gnutls_x509_crt_set_basic_constraints(c->crt, spec->ca, -1), "constraints");
    gnutls_x509_crt_set_key_usage(c->crt, spec->ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
                                                   : GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (spec->eku)
        must(gnutls_x509_crt_set_key_purpose_oid(c->crt, spec->eku, 0), "eku");
    add_san(c->crt, spec);
    if (spec->only_dns)
        only_names_below(c->crt, spec->only_dns);
    must(gnutls_x509_crt_sign2(c->crt, issuer ? issuer->crt : c->crt, issuer ? issuer->key : c->key,
                               spec->hash ? spec->hash : GNUTLS_DIG_SHA256, 0),
         "sign");
    must(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &c->der), "export");
    return c;
}

void pki_free(pki_cert *c)
{
    gnutls_x509_crt_deinit(c->crt);
    gnutls_x509_privkey_deinit(c->key);
    gnutls_free(c->der.data);
    g_free(c);
}

gnutls_datum_t pki_csr(gnutls_x509_privkey_t key, const char *cn, const char *o, const char *ip)
{
    gnutls_x509_crq_t crq;
    gnutls_datum_t der;
    uint8_t addr[4];
    must(gnutls_x509_crq_init(&crq), "crq");
    gnutls_x509_crq_set_version(crq, 1);
    must(gnutls_x509_crq_set_dn_by_oid(crq, GNUTLS_OID_X520_COMMON_NAME, 0, cn, (unsigned)strlen(cn)), "cn");
    must(gnutls_x509_crq_set_dn_by_oid(crq, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, o, (unsigned)strlen(o)), "o");
    if (ip && inet_pton(AF_INET, ip, addr) == 1)
        must(gnutls_x509_crq_set_subject_alt_name(crq, GNUTLS_SAN_IPADDRESS, addr, 4, GNUTLS_FSAN_SET), "ip");
    must(gnutls_x509_crq_set_key(crq, key), "key");
    must(gnutls_x509_crq_sign2(crq, key, GNUTLS_DIG_SHA256, 0), "sign");
    must(gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_DER, &der), "export");
    gnutls_x509_crq_deinit(crq);
    return der;
}

gnutls_datum_t pki_crl(const pki_cert *ca, const pki_cert *revoked)
{
    gnutls_x509_crl_t crl;
    gnutls_datum_t der;
    must(gnutls_x509_crl_init(&crl), "crl");
    gnutls_x509_crl_set_version(crl, 2);
    gnutls_x509_crl_set_this_update(crl, T0 - DAY);
    gnutls_x509_crl_set_next_update(crl, T0 + 30 * DAY);
    if (revoked)
        must(gnutls_x509_crl_set_crt(crl, revoked->crt, T0 - DAY), "revoke");
    must(gnutls_x509_crl_set_number(crl, "\x01", 1), "number");
    must(gnutls_x509_crl_sign2(crl, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0), "sign");
    must(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der), "export");
    gnutls_x509_crl_deinit(crl);
    return der;
}

gnutls_datum_t pki_p7(const pki_cert *const *certs, unsigned n)
{
    gnutls_pkcs7_t p7;
    gnutls_datum_t der;
    must(gnutls_pkcs7_init(&p7), "p7");
    for (unsigned i = 0; i < n; i++)
        must(gnutls_pkcs7_set_crt(p7, certs[i]->crt), "p7 crt");
    must(gnutls_pkcs7_export2(p7, GNUTLS_X509_FMT_DER, &der), "export");
    gnutls_pkcs7_deinit(p7);
    return der;
}

char *pki_pem(const char *label, const gnutls_datum_t *der)
{
    gnutls_datum_t pem;
    must(gnutls_pem_base64_encode2(label, der, &pem), "pem");
    char *text = g_strndup((char *)pem.data, pem.size);
    gnutls_free(pem.data);
    return text;
}
