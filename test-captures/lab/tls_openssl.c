/* tls_openssl.c
 * An end of a session on OpenSSL, over memory BIOs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 1400
#define DTLS_HEADER 13

typedef struct {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
} otls;

/* Row by lab_suites. */
static const char *const cipher_lists[] = {
    "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0",
    "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0",
    "ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0",
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0",
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0",
    "ECDHE-PSK-AES128-CBC-SHA256:@SECLEVEL=0",
    "ECDHE-PSK-NULL-SHA256:@SECLEVEL=0",
    "ALL:@SECLEVEL=0",
};

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "OpenSSL: %s\n", what);
        ERR_print_errors_fp(stderr);
        exit(1);
    }
}

static void keylog(const SSL *ssl, const char *line)
{
    lab_tls *tls = SSL_get_app_data(ssl);

    if (tls->secrets != NULL)
        g_string_append_printf(tls->secrets, "%s\n", line);
}

static void info(const SSL *ssl, int where, int value)
{
    lab_tls *tls = SSL_get_app_data(ssl);

    if ((where & SSL_CB_ALERT) == 0 || (value & 0xFF) == SSL3_AD_CLOSE_NOTIFY)
        return;
    if (where & SSL_CB_READ)
        tls->alert_received = value & 0xFF;
    else
        tls->alert_sent = value & 0xFF;
}

static unsigned psk_client(SSL *ssl, const char *hint, char *identity, unsigned id_size, unsigned char *psk,
                           unsigned size)
{
    lab_tls *tls = SSL_get_app_data(ssl);

    (void)hint;
    if (tls->config.psk_len > size)
        return 0;
    g_strlcpy(identity, tls->config.psk_identity, id_size);
    memcpy(psk, tls->config.psk, tls->config.psk_len);
    return (unsigned)tls->config.psk_len;
}

static unsigned psk_server(SSL *ssl, const char *identity, unsigned char *psk, unsigned size)
{
    lab_tls *tls = SSL_get_app_data(ssl);

    if (tls->config.psk_len > size || strcmp(identity, tls->config.psk_identity) != 0)
        return 0;
    memcpy(psk, tls->config.psk, tls->config.psk_len);
    return (unsigned)tls->config.psk_len;
}

static int cookie_make(SSL *ssl, unsigned char *cookie, unsigned *len)
{
    (void)ssl;
    memcpy(cookie, "practice-plant-cookie", 21);
    *len = 21;
    return 1;
}

static int cookie_check(SSL *ssl, const unsigned char *cookie, unsigned len)
{
    (void)ssl;
    return len == 21 && memcmp(cookie, "practice-plant-cookie", 21) == 0;
}

/* An end that does not check expiration, or has no trust anchor, goes on over those errors. */
static int verify(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    lab_tls *tls = SSL_get_app_data(ssl);
    int error = X509_STORE_CTX_get_error(store);

    if (ok || tls->config.trust == NULL)
        return 1;
    return !tls->config.check_expiration
           && (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID);
}

static void set_certificates(lab_tls *tls, otls *o)
{
    const lab_tls_config *c = &tls->config;
    int mode = SSL_VERIFY_PEER;

    if (c->pki != NULL) {
        char *crt = tls_pki_path(c->pki, ".crt.pem"), *key = tls_pki_path(c->pki, ".key.pem");

        need(SSL_CTX_use_certificate_file(o->ctx, crt, SSL_FILETYPE_PEM) == 1, crt);
        need(SSL_CTX_use_PrivateKey_file(o->ctx, key, SSL_FILETYPE_PEM) == 1, key);
        g_free(crt);
        g_free(key);
    }
    SSL_CTX_set_mode(o->ctx, SSL_MODE_NO_AUTO_CHAIN);
    if (c->trust != NULL) {
        char *ca = tls_pki_path(c->trust, ".crt.pem");

        need(SSL_CTX_load_verify_locations(o->ctx, ca, NULL) == 1, ca);
        X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(o->ctx), (time_t)tls->now);
        g_free(ca);
    }
    if (c->server)
        mode = c->want_client_certificate ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE;
    SSL_CTX_set_verify(o->ctx, mode, verify);
}

static void set_versions(const lab_tls_config *c, otls *o)
{
    int top = c->suites == SUITES_RFC9150 ? TLS1_3_VERSION : TLS1_2_VERSION;

    if (c->datagram)
        top = c->old_version ? DTLS1_VERSION : DTLS1_2_VERSION;
    else if (c->old_version)
        top = TLS1_1_VERSION;
    SSL_CTX_set_min_proto_version(o->ctx, top);
    SSL_CTX_set_max_proto_version(o->ctx, top);
}

static void *create(lab_tls *tls)
{
    const lab_tls_config *c = &tls->config;
    otls *o = g_new0(otls, 1);

    o->ctx = SSL_CTX_new(c->datagram ? DTLS_method() : TLS_method());
    set_versions(c, o);
    need(SSL_CTX_set_cipher_list(o->ctx, cipher_lists[c->suites]) == 1, cipher_lists[c->suites]);
    if (c->suites == SUITES_RFC9150)
        need(SSL_CTX_set_ciphersuites(o->ctx, "TLS_SHA256_SHA256") == 1, "TLS_SHA256_SHA256");
    SSL_CTX_set1_groups_list(o->ctx, "P-256");
    SSL_CTX_set_options(o->ctx, SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_keylog_callback(o->ctx, keylog);
    SSL_CTX_set_info_callback(o->ctx, info);
    set_certificates(tls, o);
    if (c->psk != NULL && c->server)
        SSL_CTX_set_psk_server_callback(o->ctx, psk_server);
    else if (c->psk != NULL)
        SSL_CTX_set_psk_client_callback(o->ctx, psk_client);
    if (c->server && c->datagram && c->cookie) {
        SSL_CTX_set_options(o->ctx, SSL_OP_COOKIE_EXCHANGE);
        SSL_CTX_set_cookie_generate_cb(o->ctx, cookie_make);
        SSL_CTX_set_cookie_verify_cb(o->ctx, cookie_check);
    }
    o->ssl = SSL_new(o->ctx);
    SSL_set_app_data(o->ssl, tls);
    o->in = BIO_new(BIO_s_mem());
    o->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(o->in, -1);
    SSL_set_bio(o->ssl, o->in, o->out);
    if (c->datagram)
        SSL_set_mtu(o->ssl, DATAGRAM_MAX);
    if (c->server)
        SSL_set_accept_state(o->ssl);
    else
        SSL_set_connect_state(o->ssl);
    return o;
}

/* Hands what OpenSSL wrote to the network; DTLS records are packed into datagrams, never split. */
static void drain(lab_tls *tls, otls *o)
{
    char *data;
    long len = BIO_get_mem_data(o->out, &data);
    const uint8_t *p = (const uint8_t *)data;
    size_t left = len > 0 ? (size_t)len : 0;

    while (left > 0) {
        size_t part = left;

        if (tls->config.datagram) {
            part = 0;
            while (part + DTLS_HEADER <= left) {
                size_t record = DTLS_HEADER + ((size_t)p[part + 11] << 8 | p[part + 12]);

                if (part > 0 && part + record > DATAGRAM_MAX)
                    break;
                part += record;
            }
            need(part > 0 && part <= left, "a DTLS record is incomplete");
        }
        tls->output(tls->user, p, part);
        p += part;
        left -= part;
    }
    (void)BIO_reset(o->out);
}

/* Gives OpenSSL what came: all octets, or one datagram. @return false when there was nothing. */
static bool fill(lab_tls *tls, otls *o)
{
    if (tls->config.datagram) {
        GByteArray *datagram = g_queue_pop_head(tls->datagrams);

        if (datagram == NULL)
            return false;
        BIO_write(o->in, datagram->data, (int)datagram->len);
        g_byte_array_unref(datagram);
        return true;
    }
    if (tls->in->len == 0)
        return false;
    BIO_write(o->in, tls->in->data, (int)tls->in->len);
    g_byte_array_set_size(tls->in, 0);
    return true;
}

static lab_tls_result handshake(lab_tls *tls)
{
    otls *o = tls->session;
    lab_tls_result result = TLS_MORE;

    do {
        int r;

        fill(tls, o);
        ERR_clear_error();
        r = SSL_do_handshake(o->ssl);
        if (r == 1)
            result = TLS_DONE;
        else if (SSL_get_error(o->ssl, r) != SSL_ERROR_WANT_READ)
            result = TLS_FAILED;
    } while (result == TLS_MORE && tls->config.datagram && !g_queue_is_empty(tls->datagrams));
    drain(tls, o);
    return result;
}

static bool write_data(lab_tls *tls, const uint8_t *data, size_t len)
{
    otls *o = tls->session;
    bool ok = SSL_write(o->ssl, data, (int)len) == (int)len;

    drain(tls, o);
    return ok;
}

static size_t read_data(lab_tls *tls, uint8_t *data, size_t size)
{
    otls *o = tls->session;
    int got;

    fill(tls, o);
    got = SSL_read(o->ssl, data, (int)size);
    drain(tls, o);
    return got > 0 ? (size_t)got : 0;
}

static void bye(lab_tls *tls)
{
    otls *o = tls->session;

    SSL_shutdown(o->ssl);
    drain(tls, o);
}

static void describe(lab_tls *tls)
{
    otls *o = tls->session;
    X509 *peer = SSL_get_peer_certificate(o->ssl);

    tls->suite = (uint16_t)SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(o->ssl));
    tls->version = (uint16_t)SSL_version(o->ssl);
    tls->peer_certificate = peer != NULL;
    X509_free(peer);
}

static void destroy(lab_tls *tls)
{
    otls *o = tls->session;

    SSL_free(o->ssl);
    SSL_CTX_free(o->ctx);
    g_free(o);
}

const lab_tls_stack tls_openssl_stack = { create, handshake, write_data, read_data, bye, describe, destroy };
