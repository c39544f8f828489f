/* tls.h
 * One end of a TLS or DTLS session over memory. Two stacks stand behind one interface, GnuTLS and OpenSSL, so that a
 * session can also have a different stack at each end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_TLS_H
#define LAB_TLS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { STACK_GNUTLS, STACK_OPENSSL } lab_stack;

/** Which cipher suites an end offers or allows. */
typedef enum {
    SUITES_CBC, /**< 0xC023 */
    SUITES_NULL, /**< 0xC006, integrity only */
    SUITES_GCM, /**< 0xC02B */
    SUITES_CBC_NULL, /**< 0xC023 and 0xC006 */
    SUITES_TOOL, /**< what a tool offers: GCM, CBC with SHA-256 and SHA-384, NULL */
    SUITES_PSK_CBC, /**< 0xC037 */
    SUITES_PSK_NULL, /**< 0xC03A, integrity only */
    SUITES_RFC9150, /**< TLS 1.3 0xC0B4, integrity only */
} lab_suites;

/** How one end behaves. */
typedef struct {
    lab_stack stack;
    lab_suites suites;
    bool server, datagram;
    const char *pki; /**< stem of its key and certificate, NULL: none */
    const char *trust; /**< stem of the CA it trusts, NULL: verifies nothing */
    bool want_client_certificate; /**< server: CertificateRequest, and a certificate is required */
    bool check_expiration; /**< only with trust */
    bool old_version; /**< TLS 1.1 / DTLS 1.0 at most */
    bool send_chain; /**< sends the CA certificate too */
    bool cookie; /**< DTLS server: HelloVerifyRequest first */
    const char *psk_identity; /**< with the PSK suites */
    const uint8_t *psk;
    size_t psk_len;
} lab_tls_config;

/** What an end gives to the network: a flight's octets (TLS) or one datagram (DTLS). */
typedef void (*lab_tls_output)(void *user, const uint8_t *data, size_t len);

typedef enum { TLS_MORE, TLS_DONE, TLS_FAILED } lab_tls_result;

typedef struct lab_tls lab_tls;

/** Functions of a stack. */
typedef struct {
    void *(*create)(lab_tls *tls);
    lab_tls_result (*handshake)(lab_tls *tls);
    bool (*write)(lab_tls *tls, const uint8_t *data, size_t len);
    size_t (*read)(lab_tls *tls, uint8_t *data, size_t size);
    void (*bye)(lab_tls *tls);
    void (*describe)(lab_tls *tls);
    void (*destroy)(lab_tls *tls);
} lab_tls_stack;

struct lab_tls {
    lab_tls_config config;
    const lab_tls_stack *stack;
    void *session; /**< of the stack */
    lab_tls_output output;
    void *user;
    GString *secrets; /**< key log lines go here, NULL: nowhere */
    GByteArray *in; /**< octets that came and were not read (TLS) */
    GQueue *datagrams; /**< GByteArray* that came and were not read (DTLS) */
    int64_t now; /**< virtual seconds, for certificate checks */
    lab_tls_result result;
    int alert_received; /**< -1: none */
    int alert_sent; /**< -1: none */
    uint16_t version, suite; /**< after the handshake */
    bool peer_certificate; /**< the peer proved a certificate */
};

/** @param secrets key log of the capture or NULL. @return a new end; free with tls_free(). */
lab_tls *tls_new(const lab_tls_config *config, int64_t now, lab_tls_output output, void *user, GString *secrets);
void tls_free(lab_tls *tls);
/** Hands over what came from the network. */
void tls_feed(lab_tls *tls, const uint8_t *data, size_t len);
/** Goes on with the handshake as far as possible. */
lab_tls_result tls_handshake(lab_tls *tls);
/** Sends application data. */
bool tls_write(lab_tls *tls, const uint8_t *data, size_t len);
/** @return what could be decrypted, at most size octets; 0 when there is nothing. */
size_t tls_read(lab_tls *tls, uint8_t *data, size_t size);
/** Sends close_notify. */
void tls_bye(lab_tls *tls);
/** @return true when the running libraries can do these suites. */
bool tls_can(lab_suites suites);
/** Path of a PKI fixture. @return owned by the caller. */
char *tls_pki_path(const char *stem, const char *suffix);
/** Folder of the PKI fixtures; set once. */
void tls_set_pki_dir(const char *dir);

extern const lab_tls_stack tls_gnutls_stack;
extern const lab_tls_stack tls_openssl_stack;

#endif
