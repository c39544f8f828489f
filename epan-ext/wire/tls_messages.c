/* tls_messages.c
 * The handshake messages that carry facts: hellos, certificates, signatures.
 * Sources: RFC 5246 7.4, RFC 6347 4.2, RFC 8446 4, RFC 8422 5.4, RFC 8879, RFC 9146 3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reader.h"

#include <string.h>

enum {
    EXT_MAX_FRAGMENT_LENGTH = 1,
    EXT_ALPN = 16,
    EXT_ENCRYPT_THEN_MAC = 22,
    EXT_EXTENDED_MASTER_SECRET = 23,
    EXT_SESSION_TICKET = 35,
    EXT_PRE_SHARED_KEY = 41,
    EXT_SUPPORTED_VERSIONS = 43,
    EXT_CONNECTION_ID = 54
};

/* The random value by which a ServerHello says that it is a HelloRetryRequest (RFC 8446 4.1.3). */
static const uint8_t retry_random[CS_RANDOM_LEN] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

/* DTLS versions count down; compare them as the TLS version they stand for. */
static int version_rank(uint16_t version)
{
    switch (version) {
    case CS_DTLS10:
        return 0x0302;
    case CS_DTLS12:
        return 0x0303;
    case CS_DTLS13:
        return 0x0304;
    default:
        return version >= 0x0300 && version <= CS_TLS13 ? version : 0;
    }
}

static int connection_id_len(cs_span ext)
{
    cs_reader r = cs_reader_of(ext.p, ext.len);
    cs_span id = cs_read_vector(&r, 1);
    return r.ok && r.left == 0 ? (int)id.len : -1;
}

static void client_extension(uint16_t type, cs_span ext, cs_client_hello *out)
{
    cs_reader r = cs_reader_of(ext.p, ext.len);
    switch (type) {
    case EXT_SUPPORTED_VERSIONS: {
        cs_reader list = cs_read_inner(&r, 1);
        int best = 0;
        while (list.ok && list.left >= 2) {
            uint16_t version = (uint16_t)cs_read_num(&list, 2);
            if (version_rank(version) > best) {
                best = version_rank(version);
                out->version = version;
            }
        }
        break;
    }
    case EXT_SESSION_TICKET:
        out->ticket |= ext.len > 0;
        break;
    case EXT_PRE_SHARED_KEY:
        out->ticket = true;
        break;
    case EXT_ENCRYPT_THEN_MAC:
        out->encrypt_then_mac = true;
        break;
    case EXT_EXTENDED_MASTER_SECRET:
        out->extended_master_secret = true;
        break;
    case EXT_CONNECTION_ID:
        out->cid_len = connection_id_len(ext);
        break;
    default:
        break;
    }
}

size_t cs_hs_whole_until(const uint8_t *p, size_t n, bool (*allowed)(uint8_t type))
{
    size_t at = 0;
    while (at + CS_TLS_HS_HEADER_LEN <= n) {
        size_t len = (size_t)p[at + 1] << 16 | (size_t)p[at + 2] << 8 | p[at + 3];
        if (!allowed(p[at]) || len > n - at - CS_TLS_HS_HEADER_LEN)
            break;
        at += CS_TLS_HS_HEADER_LEN + len;
    }
    return at;
}

bool cs_client_hello_parse(const uint8_t *body, size_t n, bool dtls, cs_client_hello *out)
{
    memset(out, 0, sizeof *out);
    out->cid_len = -1;
    cs_reader r = cs_reader_of(body, n);
    out->version = (uint16_t)cs_read_num(&r, 2);
    out->random = cs_read_span(&r, CS_RANDOM_LEN).p;
    out->session_id = cs_read_vector(&r, 1);
    if (dtls)
        out->cookie = cs_read_vector(&r, 1);
    out->suites = cs_read_vector(&r, 2);
    cs_read_vector(&r, 1);
    if (!r.ok || out->session_id.len > 32 || out->suites.len % 2 || !version_rank(out->version))
        return false;
    if (r.left == 0)
        return true;
    cs_reader exts = cs_read_inner(&r, 2);
    while (exts.ok && exts.left) {
        uint16_t type = (uint16_t)cs_read_num(&exts, 2);
        cs_span ext = cs_read_vector(&exts, 2);
        if (exts.ok)
            client_extension(type, ext, out);
    }
    return exts.ok;
}

/* RFC 7301, 3.1: the server names one protocol. @return true for one of HTTP */
static bool names_http(cs_span ext)
{
    cs_reader r = cs_reader_of(ext.p, ext.len);
    cs_reader list = cs_read_inner(&r, 2);
    cs_span name = cs_read_vector(&list, 1);
    bool alone = list.ok && list.left == 0;
    return alone && ((name.len == 2 && memcmp(name.p, "h2", 2) == 0) ||
                     (name.len == 8 && memcmp(name.p, "http/1.", 7) == 0));
}

static void server_extension(uint16_t type, cs_span ext, cs_server_hello *out)
{
    cs_reader r = cs_reader_of(ext.p, ext.len);
    switch (type) {
    case EXT_SUPPORTED_VERSIONS:
        if (ext.len == 2)
            out->version = (uint16_t)cs_read_num(&r, 2);
        break;
    case EXT_PRE_SHARED_KEY:
        out->psk = true;
        break;
    case EXT_ALPN:
        out->http = names_http(ext);
        break;
    case EXT_MAX_FRAGMENT_LENGTH:
        out->max_fragment = (uint8_t)cs_read_num(&r, 1);
        break;
    case EXT_ENCRYPT_THEN_MAC:
        out->encrypt_then_mac = true;
        break;
    case EXT_EXTENDED_MASTER_SECRET:
        out->extended_master_secret = true;
        break;
    case EXT_CONNECTION_ID:
        out->cid_len = connection_id_len(ext);
        break;
    default:
        break;
    }
}

bool cs_server_hello_parse(const uint8_t *body, size_t n, cs_server_hello *out)
{
    memset(out, 0, sizeof *out);
    out->cid_len = -1;
    cs_reader r = cs_reader_of(body, n);
    out->version = (uint16_t)cs_read_num(&r, 2);
    out->random = cs_read_span(&r, CS_RANDOM_LEN).p;
    out->session_id = cs_read_vector(&r, 1);
    out->suite = (uint16_t)cs_read_num(&r, 2);
    cs_read_num(&r, 1);
    if (!r.ok || out->session_id.len > 32 || !version_rank(out->version))
        return false;
    out->retry = memcmp(out->random, retry_random, CS_RANDOM_LEN) == 0;
    if (r.left == 0)
        return true;
    cs_reader exts = cs_read_inner(&r, 2);
    while (exts.ok && exts.left) {
        uint16_t type = (uint16_t)cs_read_num(&exts, 2);
        cs_span ext = cs_read_vector(&exts, 2);
        if (exts.ok)
            server_extension(type, ext, out);
    }
    return exts.ok;
}

bool cs_server_hello_begin(const uint8_t *body, size_t n, cs_server_hello *out)
{
    const size_t fixed = 2 + CS_RANDOM_LEN;
    if (n < fixed + 1 || body[fixed] > 32 || n < fixed + 1 + body[fixed] + 3)
        return false;
    if (!cs_server_hello_parse(body, fixed + 1 + body[fixed] + 3, out))
        return false;
    bool only_13 = (out->suite >= 0x1301 && out->suite <= 0x1305) || out->suite == 0xC0B4 || out->suite == 0xC0B5;
    if (only_13)
        out->version = out->version == CS_TLS12 ? CS_TLS13 : CS_DTLS13;
    return true;
}

int cs_certificate_parse(const uint8_t *body, size_t n, bool tls13, cs_span *out, int max)
{
    cs_reader r = cs_reader_of(body, n);
    if (tls13)
        cs_read_vector(&r, 1);
    cs_reader list = cs_read_inner(&r, 3);
    int count = 0;
    while (list.ok && list.left) {
        cs_span der = cs_read_vector(&list, 3);
        if (tls13)
            cs_read_vector(&list, 2);
        if (!list.ok || der.len == 0)
            return -1;
        if (count < max)
            out[count] = der;
        count++;
    }
    return r.ok && list.ok && r.left == 0 ? count : -1;
}

bool cs_compressed_certificate_parse(const uint8_t *body, size_t n, uint16_t *algorithm, uint32_t *want, cs_span *data)
{
    cs_reader r = cs_reader_of(body, n);
    *algorithm = (uint16_t)cs_read_num(&r, 2);
    *want = cs_read_num(&r, 3);
    *data = cs_read_vector(&r, 3);
    return r.ok && r.left == 0;
}

bool cs_certificate_verify_parse(const uint8_t *body, size_t n, uint16_t *scheme, cs_span *signature)
{
    cs_reader r = cs_reader_of(body, n);
    *scheme = (uint16_t)cs_read_num(&r, 2);
    *signature = cs_read_vector(&r, 2);
    return r.ok && r.left == 0 && signature->len;
}

bool cs_server_key_exchange_parse(const uint8_t *body, size_t n, bool elliptic, cs_span *params, uint16_t *scheme,
                                  cs_span *signature)
{
    cs_reader r = cs_reader_of(body, n);
    if (elliptic) {
        /* Only named curves: explicit ones were never deployed and are forbidden since RFC 8422. */
        if (cs_read_num(&r, 1) != 3)
            return false;
        cs_read_num(&r, 2);
        cs_read_vector(&r, 1);
    } else {
        for (int i = 0; i < 3; i++)
            cs_read_vector(&r, 2);
    }
    if (!r.ok)
        return false;
    params->p = body;
    params->len = n - r.left;
    *scheme = (uint16_t)cs_read_num(&r, 2);
    *signature = cs_read_vector(&r, 2);
    return r.ok && r.left == 0 && signature->len;
}
