/* secure_mac.c
 * Record MACs of integrity-only suites, checked with the secrets of Wireshark's TLS key log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include "cs_tls_secrets.h"

#include <cipsec/record_mac.h>

#include <epan/prefs.h>
#include <epan/prefs-int.h>
#include <glib/gstdio.h>

#define KEYLOG_MAX (16 * 1024 * 1024)

/* The key log file as it was read last: "LABEL random-in-hex" -> GBytes of the secret. */
static GHashTable *keylog;
static char *keylog_name;
static GStatBuf keylog_stat;

static GBytes *unhex(const char *hex)
{
    size_t n = strlen(hex) / 2;
    if (n == 0 || n > CS_SECRET_MAX || strlen(hex) % 2)
        return NULL;
    uint8_t bytes[CS_SECRET_MAX];
    for (size_t i = 0; i < n; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]), low = g_ascii_xdigit_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return g_bytes_new(bytes, n);
}

static void read_line(char *line)
{
    char **words = g_strsplit(g_strstrip(line), " ", 3);
    GBytes *secret = g_strv_length(words) == 3 && words[0][0] != '#' ? unhex(words[2]) : NULL;
    if (secret) {
        char *random = g_ascii_strdown(words[1], -1);
        g_hash_table_replace(keylog, g_strdup_printf("%s %s", words[0], random), secret);
        g_free(random);
    }
    g_strfreev(words);
}

/* Asked for every record: the preference is looked up once, Wireshark keeps it where it is. */
static const char *keylog_preference(void)
{
    static pref_t *pref;
    static bool looked_up;
    if (!looked_up) {
        module_t *module = prefs_find_module("tls");
        pref = module ? prefs_find_preference(module, "keylog_file") : NULL;
        looked_up = true;
    }
    return pref ? prefs_get_string_value(pref, pref_current) : NULL;
}

/* Reads the file that the TLS preferences name, again when it changed; it is looked at once a second at most.
 * @return false without one. */
static bool load_keylog(void)
{
    const char *name = keylog_preference();
    static gint64 looked_at;
    GStatBuf st;
    if (!name || !*name)
        return false;
    gint64 now = g_get_monotonic_time();
    if (keylog && now - looked_at < G_USEC_PER_SEC && g_strcmp0(name, keylog_name) == 0)
        return true;
    looked_at = now;
    if (g_stat(name, &st) != 0 || st.st_size > KEYLOG_MAX)
        return false;
    if (keylog && g_strcmp0(name, keylog_name) == 0 && st.st_mtime == keylog_stat.st_mtime &&
        st.st_size == keylog_stat.st_size)
        return true;
    char *text = NULL;
    if (!g_file_get_contents(name, &text, NULL, NULL))
        return false;
    if (keylog)
        g_hash_table_destroy(keylog);
    keylog = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    g_free(keylog_name);
    keylog_name = g_strdup(name);
    keylog_stat = st;
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        read_line(*line);
    g_strfreev(lines);
    g_free(text);
    return true;
}

static size_t find_secret(void *ctx, const char *label, const uint8_t *client_random, uint8_t *secret)
{
    (void)ctx;
    size_t n = cs_ws_tls_secret(label, client_random, secret, CS_SECRET_MAX);
    if (n || !load_keylog())
        return n;
    GString *key = g_string_new(label);
    g_string_append_c(key, ' ');
    for (int i = 0; i < CS_RANDOM_LEN; i++)
        g_string_append_printf(key, "%02x", client_random[i]);
    GBytes *found = g_hash_table_lookup(keylog, key->str);
    g_string_free(key, TRUE);
    if (!found)
        return 0;
    gsize len;
    memcpy(secret, g_bytes_get_data(found, &len), g_bytes_get_size(found));
    return len;
}

cs_mac_status cs_secure_mac(const cs_mac_check *check)
{
    int result = cs_record_mac_check(check, find_secret, NULL);
    return result < 0 ? CS_MAC_UNCHECKED : result ? CS_MAC_GOOD : CS_MAC_BAD;
}
