/* tls_gnutls.c
 * An end of a session on GnuTLS, over its push and pull functions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls.h"

#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gnutls_session_t session;
    gnutls_certificate_credentials_t cred;
    gnutls_psk_client_credentials_t psk_client;
    gnutls_psk_server_credentials_t psk_server;
    gnutls_datum_t cookie_key;
    bool cookie_done;
    int verdict; /* alert that the check of the peer's certificate asks for, 0: none */
} gtls;

#define BASE "NONE:+COMP-NULL:+CTYPE-X509:+GROUP-SECP256R1:+SIGN-ECDSA-SHA256:%VERIFY_ALLOW_BROKEN:"

/* Row by lab_suites. */
static const char *const priorities[] = {
    BASE "+ECDHE-ECDSA:+AES-128-CBC:+SHA256",
    BASE "+ECDHE-ECDSA:+NULL:+SHA1",
    BASE "+ECDHE-ECDSA:+AES-128-GCM:+AEAD",
    BASE "+ECDHE-ECDSA:+AES-128-CBC:+NULL:+SHA256:+SHA1",
    BASE "+ECDHE-ECDSA:+AES-128-GCM:+AES-256-GCM:+AES-128-CBC:+AES-256-CBC:+NULL:+AEAD:+SHA256:+SHA384:+SHA1",
    BASE "+ECDHE-PSK:+AES-128-CBC:+SHA256",
    BASE "+ECDHE-PSK:+NULL:+SHA256",
};

static void need(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "GnuTLS: %s: %s\n", what, gnutls_strerror(result));
        exit(1);
    }
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t len)
{
    lab_tls *tls = ptr;

    tls->output(tls->user, data, len);
    return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
    lab_tls *tls = ptr;
    gtls *g = tls->session;
    GByteArray *datagram;

    if (!tls->config.datagram) {
        size = MIN(size, tls->in->len);
        if (size > 0) {
            memcpy(data, tls->in->data, size);
            g_byte_array_remove_range(tls->in, 0, (guint)size);
            return (ssize_t)size;
        }
    } else if ((datagram = g_queue_pop_head(tls->datagrams)) != NULL) {
        size = MIN(size, datagram->len);
        memcpy(data, datagram->data, size);
        g_byte_array_unref(datagram);
        return (ssize_t)size;
    }
    gnutls_transport_set_errno(g->session, EAGAIN);
    return -1;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    lab_tls *tls = ptr;

    (void)ms;
    return tls->config.datagram ? !g_queue_is_empty(tls->datagrams) : tls->in->len > 0;
}

static int keylog(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    lab_tls *tls = gnutls_session_get_ptr(session);
    gnutls_datum_t client, server;

    gnutls_session_get_random(session, &client, &server);
    g_string_append_printf(tls->secrets, "%s ", label);
    for (unsigned i = 0; i < client.size; i++)
        g_string_append_printf(tls->secrets, "%02x", client.data[i]);
    g_string_append_c(tls->secrets, ' ');
    for (unsigned i = 0; i < secret->size; i++)
        g_string_append_printf(tls->secrets, "%02x", secret->data[i]);
    g_string_append_c(tls->secrets, '\n');
    return 0;
}

/* Checks the peer's chain against the configured trust anchor; an end without one accepts everything. */
static int verify(gnutls_session_t session)
{
    lab_tls *tls = gnutls_session_get_ptr(session);
    gtls *g = tls->session;
    unsigned status = 0;

    if (tls->config.trust == NULL || gnutls_certificate_verify_peers2(session, &status) < 0 || status == 0)
        return 0;
    if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
        g->verdict = tls->config.check_expiration ? GNUTLS_A_CERTIFICATE_EXPIRED : 0;
    if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
        g->verdict = GNUTLS_A_UNKNOWN_CA;
    return g->verdict != 0 ? -1 : 0;
}

static int psk_of(gnutls_session_t session, const char *user, gnutls_datum_t *key)
{
    lab_tls *tls = gnutls_session_get_ptr(session);

    if (strcmp(user, tls->config.psk_identity) != 0)
        return -1;
    key->data = gnutls_malloc(tls->config.psk_len);
    memcpy(key->data, tls->config.psk, tls->config.psk_len);
    key->size = (unsigned)tls->config.psk_len;
    return 0;
}

static void load_certificate(lab_tls *tls, gtls *g)
{
    char *crt = tls_pki_path(tls->config.pki, ".crt.pem"), *key = tls_pki_path(tls->config.pki, ".key.pem");
    char *chain = NULL, *leaf = NULL, *ca = NULL;

    if (tls->config.send_chain) {
        char *path = tls_pki_path("plant-ca", ".crt.pem");
        gnutls_datum_t cert, pkey;
        char *key_text = NULL;

        g_file_get_contents(crt, &leaf, NULL, NULL);
        g_file_get_contents(path, &ca, NULL, NULL);
        g_file_get_contents(key, &key_text, NULL, NULL);
        chain = g_strconcat(leaf, ca, NULL);
        cert = (gnutls_datum_t){ (unsigned char *)chain, (unsigned)strlen(chain) };
        pkey = (gnutls_datum_t){ (unsigned char *)key_text, (unsigned)strlen(key_text) };
        need(gnutls_certificate_set_x509_key_mem(g->cred, &cert, &pkey, GNUTLS_X509_FMT_PEM), crt);
        g_free(path);
        g_free(key_text);
    } else {
        need(gnutls_certificate_set_x509_key_file(g->cred, crt, key, GNUTLS_X509_FMT_PEM), crt);
    }
    g_free(crt);
    g_free(key);
    g_free(chain);
    g_free(leaf);
    g_free(ca);
}

static void set_credentials(lab_tls *tls, gtls *g)
{
    gnutls_certificate_allocate_credentials(&g->cred);
    gnutls_certificate_set_verify_function(g->cred, verify);
    if (tls->config.pki != NULL)
        load_certificate(tls, g);
    if (tls->config.trust != NULL) {
        char *ca = tls_pki_path(tls->config.trust, ".crt.pem");

        need(gnutls_certificate_set_x509_trust_file(g->cred, ca, GNUTLS_X509_FMT_PEM), ca);
        g_free(ca);
    }
    gnutls_credentials_set(g->session, GNUTLS_CRD_CERTIFICATE, g->cred);
    if (tls->config.psk == NULL)
        return;
    if (tls->config.server) {
        gnutls_psk_allocate_server_credentials(&g->psk_server);
        gnutls_psk_set_server_credentials_function(g->psk_server, psk_of);
        gnutls_credentials_set(g->session, GNUTLS_CRD_PSK, g->psk_server);
    } else {
        gnutls_datum_t key = { (unsigned char *)tls->config.psk, (unsigned)tls->config.psk_len };

        gnutls_psk_allocate_client_credentials(&g->psk_client);
        gnutls_psk_set_client_credentials(g->psk_client, tls->config.psk_identity, &key, GNUTLS_PSK_KEY_RAW);
        gnutls_credentials_set(g->session, GNUTLS_CRD_PSK, g->psk_client);
    }
}

static void *create(lab_tls *tls)
{
    gtls *g = g_new0(gtls, 1);
    const lab_tls_config *c = &tls->config;
    unsigned flags = (c->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL
                     | GNUTLS_NO_TICKETS | (c->datagram ? GNUTLS_DATAGRAM : 0);
    const char *version = c->datagram ? (c->old_version ? ":+VERS-DTLS1.0" : ":+VERS-DTLS1.2")
                                      : (c->old_version ? ":+VERS-TLS1.1" : ":+VERS-TLS1.2");
    char *priority = g_strconcat(priorities[c->suites], version, c->old_version ? ":+SHA1:+SIGN-ECDSA-SHA1" : "", NULL);
    const char *bad = NULL;
    int result;

    need(gnutls_init(&g->session, flags), "init");
    result = gnutls_priority_set_direct(g->session, priority, &bad);
    need(result, bad != NULL ? bad : priority);
    g_free(priority);
    gnutls_session_set_ptr(g->session, tls);
    set_credentials(tls, g);
    if (c->server && c->want_client_certificate) {
        gnutls_certificate_server_set_request(g->session, GNUTLS_CERT_REQUIRE);
        /* no list of CAs: a client with a foreign certificate shows it nevertheless */
        gnutls_certificate_send_x509_rdn_sequence(g->session, 1);
    }
    gnutls_transport_set_ptr(g->session, tls);
    gnutls_transport_set_push_function(g->session, push);
    gnutls_transport_set_pull_function(g->session, pull);
    gnutls_transport_set_pull_timeout_function(g->session, pull_timeout);
    if (c->datagram) {
        gnutls_dtls_set_mtu(g->session, 1400);
        gnutls_dtls_set_timeouts(g->session, 60000, 120000);
    }
    if (tls->secrets != NULL)
        gnutls_session_set_keylog_function(g->session, keylog);
    g->cookie_done = !(c->server && c->datagram && c->cookie);
    if (!g->cookie_done)
        gnutls_key_generate(&g->cookie_key, GNUTLS_COOKIE_KEY_SIZE);
    return g;
}

/* DTLS server: answers the first ClientHello with HelloVerifyRequest. @return true when the client came back. */
static bool check_cookie(lab_tls *tls, gtls *g)
{
    static char peer[] = "peer";
    GByteArray *hello = g_queue_peek_head(tls->datagrams);
    gnutls_dtls_prestate_st prestate;

    if (hello == NULL)
        return false;
    memset(&prestate, 0, sizeof prestate);
    if (gnutls_dtls_cookie_verify(&g->cookie_key, peer, sizeof peer, hello->data, hello->len, &prestate) < 0) {
        gnutls_dtls_cookie_send(&g->cookie_key, peer, sizeof peer, &prestate, tls, push);
        g_byte_array_unref(g_queue_pop_head(tls->datagrams));
        return false;
    }
    gnutls_dtls_prestate_set(g->session, &prestate);
    g->cookie_done = true;
    return true;
}

static void note_alert(lab_tls *tls, gtls *g, int result)
{
    /* a server that waits for a certificate reports an alert in its place as a missing certificate */
    if (result == GNUTLS_E_FATAL_ALERT_RECEIVED || gnutls_alert_get(g->session) != GNUTLS_A_CLOSE_NOTIFY) {
        tls->alert_received = gnutls_alert_get(g->session);
        return;
    }
    {
        int level = GNUTLS_AL_FATAL;
        int alert = g->verdict != 0 ? g->verdict : gnutls_error_to_alert(result, &level);

        gnutls_alert_send(g->session, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert);
        tls->alert_sent = alert;
    }
}

static lab_tls_result handshake(lab_tls *tls)
{
    gtls *g = tls->session;
    int result;

    if (!g->cookie_done && !check_cookie(tls, g))
        return TLS_MORE;
    do {
        result = gnutls_handshake(g->session);
    } while (result < 0 && result != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(result));
    if (result == GNUTLS_E_SUCCESS)
        return TLS_DONE;
    if (result == GNUTLS_E_AGAIN)
        return TLS_MORE;
    note_alert(tls, g, result);
    return TLS_FAILED;
}

static bool write_data(lab_tls *tls, const uint8_t *data, size_t len)
{
    gtls *g = tls->session;

    return gnutls_record_send(g->session, data, len) == (ssize_t)len;
}

static size_t read_data(lab_tls *tls, uint8_t *data, size_t size)
{
    gtls *g = tls->session;
    ssize_t got = gnutls_record_recv(g->session, data, size);

    return got > 0 ? (size_t)got : 0;
}

static void bye(lab_tls *tls)
{
    gtls *g = tls->session;

    gnutls_bye(g->session, GNUTLS_SHUT_WR);
}

static void describe(lab_tls *tls)
{
    gtls *g = tls->session;
    uint8_t id[2] = { 0, 0 };
    unsigned n = 0;
    gnutls_kx_algorithm_t kx, session_kx = gnutls_kx_get(g->session);
    gnutls_cipher_algorithm_t cipher, session_cipher = gnutls_cipher_get(g->session);
    gnutls_mac_algorithm_t mac, session_mac = gnutls_mac_get(g->session);
    gnutls_protocol_t version;

    for (size_t i = 0; gnutls_cipher_suite_info(i, id, &kx, &cipher, &mac, &version) != NULL; i++) {
        if (kx == session_kx && cipher == session_cipher && mac == session_mac)
            tls->suite = (uint16_t)(id[0] << 8 | id[1]);
    }
    tls->version = tls->config.datagram ? 0xFEFD : 0x0303;
    tls->peer_certificate = gnutls_certificate_get_peers(g->session, &n) != NULL && n > 0;
}

static void destroy(lab_tls *tls)
{
    gtls *g = tls->session;

    gnutls_deinit(g->session);
    gnutls_certificate_free_credentials(g->cred);
    if (g->psk_client != NULL)
        gnutls_psk_free_client_credentials(g->psk_client);
    if (g->psk_server != NULL)
        gnutls_psk_free_server_credentials(g->psk_server);
    gnutls_free(g->cookie_key.data);
    g_free(g);
}

const lab_tls_stack tls_gnutls_stack = { create, handshake, write_data, read_data, bye, describe, destroy };
