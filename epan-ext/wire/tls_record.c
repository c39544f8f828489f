/* tls_record.c
 * Record headers of TLS and DTLS, names of versions and handshake messages.
 * Sources: RFC 5246 6.2, RFC 6347 4.1, RFC 8446 5.1, RFC 9146 4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/tls.h>

#include "bytes.h"

#define DTLS_HEADER_LEN 13
#define CID_MAX 32

int cs_tls_record_parse(const uint8_t *p, size_t n, cs_tls_record *rec)
{
    if (n >= 1 && (p[0] < CS_RECORD_CCS || p[0] > CS_RECORD_APPDATA))
        return -1;
    if (n >= 2 && p[1] != 3)
        return -1;
    if (n >= 3 && p[2] > 4)
        return -1;
    if (n < CS_TLS_HEADER_LEN)
        return 0;
    rec->unified = false;
    rec->type = p[0];
    rec->version = (uint16_t)(p[1] << 8 | p[2]);
    rec->epoch = 0;
    rec->seq = 0;
    rec->header_len = CS_TLS_HEADER_LEN;
    rec->length = (uint32_t)(p[3] << 8 | p[4]);
    if (rec->length > CS_RECORD_MAX || (rec->length == 0 && rec->type != CS_RECORD_APPDATA))
        return -1;
    return 1;
}

/* The connection id has no length of its own: find the one that makes the record fill the datagram. */
static int guess_cid_len(const uint8_t *p, size_t n, size_t datagram_left)
{
    int found = -1;
    for (size_t len = 0; len <= CID_MAX && DTLS_HEADER_LEN + len <= n; len++) {
        size_t payload = (size_t)(p[11 + len] << 8 | p[12 + len]);
        if (payload && DTLS_HEADER_LEN + len + payload == datagram_left) {
            if (found >= 0)
                return -1;
            found = (int)len;
        }
    }
    return found;
}

int cs_dtls_record_parse(const uint8_t *p, size_t n, size_t datagram_left, int cid_len, cs_tls_record *rec)
{
    if (n >= 1 && (p[0] < CS_RECORD_CCS || (p[0] > CS_RECORD_APPDATA && p[0] != CS_RECORD_CID)))
        return -1;
    if (n >= 2 && p[1] != 0xFE)
        return -1;
    if (n >= 3 && p[2] != 0xFF && p[2] != 0xFD)
        return -1;
    if (n < DTLS_HEADER_LEN)
        return 0;
    if (p[0] != CS_RECORD_CID)
        cid_len = 0;
    else if (cid_len < 0)
        cid_len = guess_cid_len(p, n, datagram_left);
    if (cid_len < 0)
        return -1;
    if (n < DTLS_HEADER_LEN + (size_t)cid_len)
        return 0;
    rec->unified = false;
    rec->type = p[0];
    rec->version = cs_be16(p + 1);
    rec->epoch = cs_be16(p + 3);
    rec->seq = (uint64_t)cs_be16(p + 5) << 32 | cs_be32(p + 7);
    rec->length = cs_be16(p + 11 + cid_len);
    rec->header_len = DTLS_HEADER_LEN + (uint32_t)cid_len;
    if (rec->length > CS_RECORD_MAX || rec->header_len + rec->length > datagram_left)
        return -1;
    return 1;
}

/* The bits of the first byte of a unified header: 001CSLEE. */
#define UNIFIED_MASK 0xE0
#define UNIFIED 0x20
#define UNIFIED_CID 0x10
#define UNIFIED_LONG_SEQUENCE 0x08
#define UNIFIED_LENGTH 0x04
#define UNIFIED_EPOCH 0x03
/* Nothing protected is shorter than this (RFC 9147, 4.2.3). */
#define UNIFIED_MIN 16

int cs_dtls13_record_parse(const uint8_t *p, size_t n, size_t datagram_left, int cid_len, cs_tls_record *rec)
{
    if (n == 0)
        return 0;
    if ((p[0] & UNIFIED_MASK) != UNIFIED || ((p[0] & UNIFIED_CID) && cid_len < 0))
        return -1;
    size_t header = 1 + (p[0] & UNIFIED_CID ? (size_t)cid_len : 0) + (p[0] & UNIFIED_LONG_SEQUENCE ? 2 : 1);
    size_t length_at = header;
    if (p[0] & UNIFIED_LENGTH)
        header += 2;
    if (header > datagram_left)
        return -1;
    if (n < header)
        return 0;
    *rec = (cs_tls_record){.type = CS_RECORD_APPDATA, .version = CS_DTLS12, .unified = true};
    rec->epoch = p[0] & UNIFIED_EPOCH;
    rec->header_len = (uint32_t)header;
    rec->length = p[0] & UNIFIED_LENGTH ? cs_be16(p + length_at) : (uint32_t)(datagram_left - header);
    if (rec->length < UNIFIED_MIN || rec->length > CS_RECORD_MAX || header + rec->length > datagram_left)
        return -1;
    return 1;
}

const char *cs_tls_version_name(uint16_t version)
{
    switch (version) {
    case 0x0300:
        return "SSL 3.0";
    case CS_TLS10:
        return "TLS 1.0";
    case 0x0302:
        return "TLS 1.1";
    case CS_TLS12:
        return "TLS 1.2";
    case CS_TLS13:
        return "TLS 1.3";
    case CS_DTLS10:
        return "DTLS 1.0";
    case CS_DTLS12:
        return "DTLS 1.2";
    case CS_DTLS13:
        return "DTLS 1.3";
    default:
        return NULL;
    }
}

const char *cs_handshake_name(uint8_t type)
{
    static const struct {
        uint8_t type;
        const char *name;
    } names[] = {
        {CS_HS_HELLO_REQUEST, "HelloRequest"},
        {CS_HS_CLIENT_HELLO, "ClientHello"},
        {CS_HS_SERVER_HELLO, "ServerHello"},
        {CS_HS_HELLO_VERIFY, "HelloVerifyRequest"},
        {CS_HS_NEW_TICKET, "NewSessionTicket"},
        {CS_HS_END_OF_EARLY_DATA, "EndOfEarlyData"},
        {CS_HS_ENCRYPTED_EXTENSIONS, "EncryptedExtensions"},
        {CS_HS_CERTIFICATE, "Certificate"},
        {CS_HS_SERVER_KEY_EXCHANGE, "ServerKeyExchange"},
        {CS_HS_CERTIFICATE_REQUEST, "CertificateRequest"},
        {CS_HS_SERVER_HELLO_DONE, "ServerHelloDone"},
        {CS_HS_CERTIFICATE_VERIFY, "CertificateVerify"},
        {CS_HS_CLIENT_KEY_EXCHANGE, "ClientKeyExchange"},
        {CS_HS_FINISHED, "Finished"},
        {CS_HS_CERTIFICATE_URL, "CertificateURL"},
        {CS_HS_CERTIFICATE_STATUS, "CertificateStatus"},
        {CS_HS_KEY_UPDATE, "KeyUpdate"},
        {CS_HS_COMPRESSED_CERTIFICATE, "CompressedCertificate"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return "handshake message";
}
