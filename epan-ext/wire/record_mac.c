/* record_mac.c
 * Key derivation and MAC of integrity-only records.
 * Sources: RFC 5246 5, 6.2.3.1, 6.3; RFC 6347 4.1.2.1; RFC 8446 5.3, 7.1, 7.3; RFC 9150 5, 6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/record_mac.h>
#include <cipsec/suites.h>

#include <gnutls/crypto.h>
#include <string.h>

#define KEY_UPDATES_MAX 1000

static void put_be(uint8_t *p, uint64_t value, unsigned n)
{
    while (n--) {
        p[n] = (uint8_t)value;
        value >>= 8;
    }
}

/* ---------------------------------------------------------------- TLS 1.2 */

/* P_hash of RFC 5246 section 5 with a seed that already begins with its label. */
static bool p_hash(gnutls_mac_algorithm_t mac, const uint8_t *secret, size_t secret_len, const uint8_t *seed,
                   size_t seed_len, uint8_t *out, size_t out_len)
{
    uint8_t a[CS_SECRET_MAX + 128], block[CS_SECRET_MAX];
    size_t hash_len = gnutls_hmac_get_len(mac);
    if (gnutls_hmac_fast(mac, secret, secret_len, seed, seed_len, a) < 0)
        return false;
    for (size_t at = 0; at < out_len; at += hash_len) {
        memcpy(a + hash_len, seed, seed_len);
        if (gnutls_hmac_fast(mac, secret, secret_len, a, hash_len + seed_len, block) < 0)
            return false;
        memcpy(out + at, block, MIN(hash_len, out_len - at));
        if (gnutls_hmac_fast(mac, secret, secret_len, a, hash_len, block) < 0)
            return false;
        memcpy(a, block, hash_len);
    }
    return true;
}

static gnutls_mac_algorithm_t mac_of(uint8_t mac_len)
{
    switch (mac_len) {
    case 16:
        return GNUTLS_MAC_MD5;
    case 20:
        return GNUTLS_MAC_SHA1;
    case 32:
        return GNUTLS_MAC_SHA256;
    case 48:
        return GNUTLS_MAC_SHA384;
    default:
        return GNUTLS_MAC_UNKNOWN;
    }
}

static int check_12(const cs_mac_check *c, const cs_suite *suite, cs_secret_fn secrets, void *ctx)
{
    uint8_t master[CS_SECRET_MAX], seed[13 + 2 * CS_RANDOM_LEN], keys[2 * 48], expected[48];
    size_t master_len = secrets(ctx, "CLIENT_RANDOM", c->client_random, master);
    size_t mac_len = suite->mac_len;
    if (!master_len || c->head->length < mac_len || c->head->type == CS_RECORD_CID)
        return -1;
    memcpy(seed, "key expansion", 13);
    memcpy(seed + 13, c->server_random, CS_RANDOM_LEN);
    memcpy(seed + 13 + CS_RANDOM_LEN, c->client_random, CS_RANDOM_LEN);
    gnutls_mac_algorithm_t prf = mac_len == 48 ? GNUTLS_MAC_SHA384 : GNUTLS_MAC_SHA256;
    if (!p_hash(prf, master, master_len, seed, sizeof seed, keys, 2 * mac_len))
        return -1;
    size_t content = c->head->length - mac_len;
    uint8_t *input = g_malloc(13 + content);
    put_be(input, c->sequence, 8);
    input[8] = c->head->type;
    put_be(input + 9, c->head->version, 2);
    put_be(input + 11, content, 2);
    memcpy(input + 13, c->payload, content);
    const uint8_t *key = keys + (c->sender == CS_ROLE_SERVER ? mac_len : 0);
    int done = gnutls_hmac_fast(mac_of(suite->mac_len), key, mac_len, input, 13 + content, expected);
    g_free(input);
    return done < 0 ? -1 : memcmp(expected, c->payload + content, mac_len) == 0;
}

/* ---------------------------------------------------------------- RFC 9150 */

static bool expand_label(gnutls_mac_algorithm_t mac, const uint8_t *secret, size_t len, const char *label,
                         uint8_t *out)
{
    uint8_t info[64];
    size_t label_len = strlen(label);
    put_be(info, len, 2);
    info[2] = (uint8_t)(6 + label_len);
    memcpy(info + 3, "tls13 ", 6);
    memcpy(info + 9, label, label_len);
    info[9 + label_len] = 0;
    gnutls_datum_t key = {(unsigned char *)secret, (unsigned)len};
    gnutls_datum_t data = {info, (unsigned)(10 + label_len)};
    return gnutls_hkdf_expand(mac, &key, &data, out, len) >= 0;
}

static int check_9150(const cs_mac_check *c, const cs_suite *suite, cs_secret_fn secrets, void *ctx)
{
    bool server = c->sender == CS_ROLE_SERVER;
    const char *label = c->handshake_key ? server ? "SERVER_HANDSHAKE_TRAFFIC_SECRET"
                                                  : "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
                        : server         ? "SERVER_TRAFFIC_SECRET_0"
                                         : "CLIENT_TRAFFIC_SECRET_0";
    uint8_t secret[CS_SECRET_MAX], next[CS_SECRET_MAX], key[CS_SECRET_MAX], nonce[CS_SECRET_MAX];
    uint8_t expected[CS_SECRET_MAX];
    size_t len = secrets(ctx, label, c->client_random, secret), mac_len = suite->mac_len;
    gnutls_mac_algorithm_t mac = mac_of(suite->mac_len);
    if (len != mac_len || c->head->length < mac_len || c->generation > KEY_UPDATES_MAX ||
        c->head->header_len != CS_TLS_HEADER_LEN)
        return -1;
    for (uint32_t i = 0; i < c->generation; i++) {
        if (!expand_label(mac, secret, len, "traffic upd", next))
            return -1;
        memcpy(secret, next, len);
    }
    if (!expand_label(mac, secret, len, "key", key) || !expand_label(mac, secret, len, "iv", nonce))
        return -1;
    uint8_t sequence[8];
    put_be(sequence, c->sequence, 8);
    for (int i = 0; i < 8; i++)
        nonce[len - 8 + i] ^= sequence[i];
    size_t content = c->head->length - mac_len;
    uint8_t *input = g_malloc(len + CS_TLS_HEADER_LEN + content);
    memcpy(input, nonce, len);
    input[len] = c->head->type;
    put_be(input + len + 1, c->head->version, 2);
    put_be(input + len + 3, c->head->length, 2);
    memcpy(input + len + CS_TLS_HEADER_LEN, c->payload, content);
    int done = gnutls_hmac_fast(mac, key, len, input, len + CS_TLS_HEADER_LEN + content, expected);
    g_free(input);
    return done < 0 ? -1 : memcmp(expected, c->payload + content, mac_len) == 0;
}

int cs_record_mac_check(const cs_mac_check *check, cs_secret_fn secrets, void *ctx)
{
    const cs_suite *suite = cs_suite_find(check->suite);
    if (!suite || mac_of(suite->mac_len) == GNUTLS_MAC_UNKNOWN)
        return -1;
    if (suite->protection == CS_PROTECT_RFC9150)
        return check->version == CS_TLS13 ? check_9150(check, suite, secrets, ctx) : -1;
    if (suite->protection == CS_PROTECT_NULL_MAC && (check->version == CS_TLS12 || check->version == CS_DTLS12))
        return check_12(check, suite, secrets, ctx);
    return -1;
}
