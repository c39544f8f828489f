/* cs_tls_secrets.h
 * TLS secrets that Wireshark itself holds: from 4.4 on its map can be asked, embedded secrets of the file included.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CS_TLS_SECRETS_H
#define CS_TLS_SECRETS_H

#include "cs_compat.h"

#include <string.h>

#if CS_WS_VERSION >= 404
#include <epan/dissectors/packet-tls-utils.h>

/** @return length of the secret copied to out (at most max), 0 when Wireshark has none. */
static inline size_t cs_ws_tls_secret(const char *label, const uint8_t *client_random, uint8_t *out, size_t max)
{
    ssl_master_key_map_t *map = tls_get_master_key_map(true);
    const struct {
        const char *label;
        GHashTable *table;
    } tables[] = {{"CLIENT_RANDOM", map->crandom},
                  {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", map->tls13_client_handshake},
                  {"SERVER_HANDSHAKE_TRAFFIC_SECRET", map->tls13_server_handshake},
                  {"CLIENT_TRAFFIC_SECRET_0", map->tls13_client_appdata},
                  {"SERVER_TRAFFIC_SECRET_0", map->tls13_server_appdata}};
    uint8_t random[32];
    memcpy(random, client_random, sizeof random);
    StringInfo key = {random, sizeof random};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(tables[i].label, label) != 0 || !tables[i].table)
            continue;
        const StringInfo *secret = (const StringInfo *)g_hash_table_lookup(tables[i].table, &key);
        if (secret && secret->data_len <= max) {
            memcpy(out, secret->data, secret->data_len);
            return secret->data_len;
        }
    }
    return 0;
}
#else
static inline size_t cs_ws_tls_secret(const char *label, const uint8_t *client_random, uint8_t *out, size_t max)
{
    (void)label;
    (void)client_random;
    (void)out;
    (void)max;
    return 0;
}
#endif

#endif
