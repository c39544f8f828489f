/* x509_verify.c
 * Signatures, issuers, paths and revocation. Never asks this machine's clock: times are the caller's business.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x509_private.h"

#include <string.h>

/* Old algorithms are findings of their own; they must not hide what else a check would say. */
#define TOLERATE                                                                                                      \
    (GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |                                  \
     GNUTLS_VERIFY_DISABLE_CRL_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1)
/* DO_NOT_ALLOW_SAME: without it GnuTLS accepts a self-signed certificate unread when it is its own CA. */
#define SIGNATURE_ONLY                                                                                                \
    (TOLERATE | GNUTLS_VERIFY_DISABLE_CA_SIGN | GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT |                              \
     GNUTLS_VERIFY_DO_NOT_ALLOW_SAME)

static bool same_name(int rc_a, const gnutls_datum_t *a, int rc_b, const gnutls_datum_t *b)
{
    return rc_a == 0 && rc_b == 0 && a->size == b->size && !memcmp(a->data, b->data, a->size);
}

bool cs_x509_names_issuer(const cs_cert *cert, const cs_cert *ca)
{
    gnutls_datum_t issuer = {NULL, 0}, subject = {NULL, 0};
    if (!ca->x509 || !ca->x509->crt || !cert->x509)
        return false;
    if (cert->x509->crt)
        return gnutls_x509_crt_check_issuer(cert->x509->crt, ca->x509->crt) == 1;
    if (!cert->x509->crl)
        return false;
    int rc_issuer = gnutls_x509_crl_get_raw_issuer_dn(cert->x509->crl, &issuer);
    int rc_subject = gnutls_x509_crt_get_raw_dn(ca->x509->crt, &subject);
    bool same = same_name(rc_issuer, &issuer, rc_subject, &subject);
    gnutls_free(issuer.data);
    gnutls_free(subject.data);
    return same;
}

bool cs_x509_can_verify(const cs_cert *cert, const cs_cert *ca)
{
    bool pss = cert->signature && g_str_has_prefix(cert->signature, "RSA-PSS");
    bool keys = ca->x509 && ca->x509->key && cert->x509 && (cert->type == CS_OBJECT_CRL || cert->x509->key);
    return keys && !(pss && !strcmp(ca->key_type, "RSA"));
}

/* GnuTLS says "constraints" too, and then looks at no signature, when the key is not of the signature's kind. */
static bool is_about_names(const cs_cert *cert, const cs_cert *ca)
{
    gnutls_x509_name_constraints_t names;
    gnutls_sign_algorithm_t sign = (gnutls_sign_algorithm_t)gnutls_x509_crt_get_signature_algorithm(cert->x509->crt);
    gnutls_pk_algorithm_t key = (gnutls_pk_algorithm_t)gnutls_x509_crt_get_pk_algorithm(ca->x509->crt, NULL);
    bool pss = cert->signature && g_str_has_prefix(cert->signature, "RSA-PSS");
    if (pss || !gnutls_sign_supports_pk_algorithm(sign, key) || !cs_x509_can_verify(cert, ca) ||
        gnutls_x509_name_constraints_init(&names) < 0)
        return false;
    bool any = gnutls_x509_crt_get_name_constraints(ca->x509->crt, names, 0, NULL) >= 0;
    gnutls_x509_name_constraints_deinit(names);
    return any;
}

bool cs_x509_signed_by(const cs_cert *cert, const cs_cert *ca)
{
    unsigned status = 0;
    if (!ca->x509 || !ca->x509->crt || !cert->x509)
        return false;
    if (cert->x509->crt) {
        if (gnutls_x509_crt_verify(cert->x509->crt, &ca->x509->crt, 1, SIGNATURE_ONLY, &status) < 0)
            return false;
        /* Which names the CA may sign is for cs_x509_verify_path(). Any other reason counts: with a key that it does
         * not know at either end GnuTLS says no more than "invalid". */
        bool may_not = (status & GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE) && is_about_names(cert, ca);
        return !(may_not ? status & ~(unsigned)(GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE | GNUTLS_CERT_INVALID) : status);
    }
    /* Of a CRL it also judges whether it is current. */
    return cert->x509->crl && ca->x509->key &&
           gnutls_x509_crl_verify(cert->x509->crl, &ca->x509->crt, 1, SIGNATURE_ONLY, &status) >= 0 &&
           !(status & (GNUTLS_CERT_SIGNATURE_FAILURE | GNUTLS_CERT_SIGNER_NOT_FOUND));
}

static const char *status_words(unsigned status)
{
    static const struct {
        unsigned bit;
        const char *words;
    } reasons[] = {
        {GNUTLS_CERT_SIGNATURE_FAILURE, "a signature in the chain does not verify"},
        {GNUTLS_CERT_SIGNER_NOT_CA, "a certificate in the chain is signed by one that is not a CA"},
        {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "a CA in the chain may not sign it (path length, key usage or names)"},
        {GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, "a certificate in the chain has an unknown critical extension"},
        {GNUTLS_CERT_SIGNER_NOT_FOUND, "the chain does not end in a trust anchor"},
        {GNUTLS_CERT_INSECURE_ALGORITHM, "a certificate in the chain uses an insecure algorithm"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (status & reasons[i].bit)
            return reasons[i].words;
    return "the chain does not verify";
}

const char *cs_x509_verify_path(const cs_cert *const *path, unsigned n, const cs_cert *const *anchors,
                                unsigned n_anchors)
{
    gnutls_x509_trust_list_t list;
    gnutls_x509_crt_t chain[CS_CHAIN_MAX];
    unsigned status = 0, len = 0;
    if (gnutls_x509_trust_list_init(&list, 0) < 0)
        return "the chain could not be checked";
    for (unsigned i = 0; i < n_anchors; i++)
        if (anchors[i]->x509 && anchors[i]->x509->crt)
            gnutls_x509_trust_list_add_cas(list, &anchors[i]->x509->crt, 1, 0);
    for (unsigned i = 0; i < n && len < CS_CHAIN_MAX; i++)
        if (path[i]->x509 && path[i]->x509->crt)
            chain[len++] = path[i]->x509->crt;
    int rc = len ? gnutls_x509_trust_list_verify_crt2(list, chain, len, NULL, 0, TOLERATE, &status, NULL) : -1;
    /* 0: the handles belong to the records */
    gnutls_x509_trust_list_deinit(list, 0);
    if (rc < 0)
        return "the chain could not be checked";
    return status ? status_words(status) : NULL;
}

bool cs_x509_on_crl(const cs_cert *cert, const cs_cert *crl)
{
    if (!cert->x509 || !cert->x509->crt || !crl->x509 || !crl->x509->crl)
        return false;
    return gnutls_x509_crt_check_revocation(cert->x509->crt, &crl->x509->crl, 1) == 1;
}

int cs_cert_verify_signature(cs_cert *cert, uint16_t scheme, const uint8_t *data, size_t len, const uint8_t *sig,
                             size_t sig_len)
{
    static const struct {
        uint16_t scheme; /* IANA TLS SignatureScheme */
        gnutls_sign_algorithm_t algorithm;
    } schemes[] = {
        {0x0101, GNUTLS_SIGN_RSA_MD5},           {0x0201, GNUTLS_SIGN_RSA_SHA1},
        {0x0202, GNUTLS_SIGN_DSA_SHA1},          {0x0203, GNUTLS_SIGN_ECDSA_SHA1},
        {0x0301, GNUTLS_SIGN_RSA_SHA224},        {0x0303, GNUTLS_SIGN_ECDSA_SHA224},
        {0x0401, GNUTLS_SIGN_RSA_SHA256},        {0x0402, GNUTLS_SIGN_DSA_SHA256},
        {0x0403, GNUTLS_SIGN_ECDSA_SHA256},      {0x0501, GNUTLS_SIGN_RSA_SHA384},
        {0x0503, GNUTLS_SIGN_ECDSA_SHA384},      {0x0601, GNUTLS_SIGN_RSA_SHA512},
        {0x0603, GNUTLS_SIGN_ECDSA_SHA512},      {0x0804, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256},
        {0x0805, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384}, {0x0806, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512},
        {0x0807, GNUTLS_SIGN_EDDSA_ED25519},     {0x0808, GNUTLS_SIGN_EDDSA_ED448},
        {0x0809, GNUTLS_SIGN_RSA_PSS_SHA256},    {0x080A, GNUTLS_SIGN_RSA_PSS_SHA384},
        {0x080B, GNUTLS_SIGN_RSA_PSS_SHA512},
    };
    gnutls_datum_t message = {(unsigned char *)data, (unsigned)len};
    gnutls_datum_t signature = {(unsigned char *)sig, (unsigned)sig_len};
    if (!cert->x509 || !cert->x509->key || len > G_MAXUINT32 || sig_len > G_MAXUINT32)
        return -1;
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (schemes[i].scheme != scheme)
            continue;
        int rc = gnutls_pubkey_verify_data2(cert->x509->key, schemes[i].algorithm,
                                            GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1, &message,
                                            &signature);
        if (rc >= 0)
            return 1;
        /* Only these two say something about the signature; the rest about what this library supports. */
        return rc == GNUTLS_E_PK_SIG_VERIFY_FAILED || rc == GNUTLS_E_ASN1_DER_ERROR ? 0 : -1;
    }
    return -1;
}
