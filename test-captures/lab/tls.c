/* tls.c
 * What both TLS stacks share: the queues between an end and the network.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tls.h"

#include <openssl/ssl.h>

static char *pki_dir;

void tls_set_pki_dir(const char *dir)
{
    g_free(pki_dir);
    pki_dir = g_strdup(dir);
}

char *tls_pki_path(const char *stem, const char *suffix)
{
    return g_strconcat(pki_dir, "/", stem, suffix, NULL);
}

static void datagram_free(gpointer item)
{
    g_byte_array_unref(item);
}

lab_tls *tls_new(const lab_tls_config *config, int64_t now, lab_tls_output output, void *user, GString *secrets)
{
    lab_tls *tls = g_new0(lab_tls, 1);

    tls->config = *config;
    tls->stack = config->stack == STACK_GNUTLS ? &tls_gnutls_stack : &tls_openssl_stack;
    tls->now = now;
    tls->output = output;
    tls->user = user;
    tls->secrets = secrets;
    tls->in = g_byte_array_new();
    tls->datagrams = g_queue_new();
    tls->alert_received = tls->alert_sent = -1;
    tls->session = tls->stack->create(tls);
    return tls;
}

void tls_free(lab_tls *tls)
{
    tls->stack->destroy(tls);
    g_byte_array_unref(tls->in);
    g_queue_free_full(tls->datagrams, datagram_free);
    g_free(tls);
}

void tls_feed(lab_tls *tls, const uint8_t *data, size_t len)
{
    if (tls->config.datagram) {
        GByteArray *copy = g_byte_array_new();

        g_byte_array_append(copy, data, (guint)len);
        g_queue_push_tail(tls->datagrams, copy);
    } else {
        g_byte_array_append(tls->in, data, (guint)len);
    }
}

lab_tls_result tls_handshake(lab_tls *tls)
{
    if (tls->result == TLS_MORE) {
        tls->result = tls->stack->handshake(tls);
        if (tls->result == TLS_DONE)
            tls->stack->describe(tls);
    }
    return tls->result;
}

bool tls_write(lab_tls *tls, const uint8_t *data, size_t len)
{
    return tls->stack->write(tls, data, len);
}

size_t tls_read(lab_tls *tls, uint8_t *data, size_t size)
{
    return tls->stack->read(tls, data, size);
}

void tls_bye(lab_tls *tls)
{
    tls->stack->bye(tls);
}

bool tls_can(lab_suites suites)
{
    bool can = true;

    if (suites == SUITES_RFC9150) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_method());

        can = SSL_CTX_set_ciphersuites(ctx, "TLS_SHA256_SHA256") == 1;
        SSL_CTX_free(ctx);
    }
    return can;
}
