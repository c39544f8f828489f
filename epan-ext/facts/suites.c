/* suites.c
 * The cipher suites and what each part of their names means.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/suites.h>

#define KX_RSA .kx = "RSA: secret encrypted with the server's RSA key (no forward secrecy)"
#define KX_DH .kx = "DH: Diffie-Hellman with the key of the certificate"
#define KX_DHE .kx = "DHE: Diffie-Hellman Ephemeral"
#define KX_ECDH .kx = "ECDH: Elliptic Curve Diffie-Hellman with the key of the certificate"
#define KX_ECDHE .kx = "ECDHE: Elliptic Curve Diffie-Hellman Ephemeral"
#define KX_PSK .kx = "PSK: pre-shared key alone (no forward secrecy)"
#define KX_TLS13 .kx = "TLS 1.3: negotiated by extension, usually ECDHE"
#define KX_NULL .kx = "NULL: none"
#define KX_SCSV .kx = "Signalling value: not a cipher suite"

#define AUTH_RSA .auth = "RSA: certificate with an RSA key"
#define AUTH_DSS .auth = "DSS: certificate with a DSA key"
#define AUTH_ECDSA .auth = "ECDSA: Elliptic Curve Digital Signature Algorithm"
#define AUTH_PSK .auth = "PSK: pre-shared key", .psk = true
#define AUTH_RSA_PSK .auth = "PSK and RSA: pre-shared key and the server's RSA certificate", .psk = true
#define AUTH_ANON .auth = "anonymous: nobody is authenticated", .anonymous = true
#define AUTH_TLS13 .auth = "TLS 1.3: negotiated by extension, certificate or pre-shared key"
#define AUTH_NULL .auth = "NULL: nobody is authenticated", .anonymous = true
#define AUTH_SCSV .auth = "Signalling value: not a cipher suite"

#define ENC_NULL .enc = "NULL: no encryption", .protection = CS_PROTECT_NULL_MAC
#define ENC_RFC9150 .enc = "NULL: no encryption (RFC 9150)", .protection = CS_PROTECT_RFC9150
#define ENC_RC4_128 .enc = "RC4: stream cipher with 128 bit key, broken", .protection = CS_PROTECT_OTHER
#define ENC_T3DES_EDE_CBC .enc = "3DES-EDE-CBC: Triple DES in Cipher Block Chaining mode", .protection = CS_PROTECT_CBC
#define ENC_SCSV .enc = "Signalling value: not a cipher suite", .protection = CS_PROTECT_OTHER
#define CBC(name, long_name, bits)                                                                                    \
    .enc = name "-" #bits "-CBC: " long_name " with " #bits " bit key in Cipher Block Chaining mode",                 \
    .protection = CS_PROTECT_CBC
#define AEAD(name, long_name, bits, mode, long_mode)                                                                  \
    .enc = name "-" #bits "-" mode ": " long_name " with " #bits " bit key in " long_mode,                            \
    .protection = CS_PROTECT_AEAD
#define GCM_MODE "GCM", "Galois/Counter Mode"
#define CCM_MODE "CCM", "Counter with CBC-MAC mode"
#define CCM_8_MODE "CCM-8", "Counter with CBC-MAC mode, 8 byte tag"
#define AEAD_(...) AEAD(__VA_ARGS__)
#define AES "AES", "Advanced Encryption Standard"
#define ARIA "ARIA", "ARIA block cipher"
#define CAMELLIA "CAMELLIA", "Camellia block cipher"
#define CBC_(...) CBC(__VA_ARGS__)
#define ENC_AES_128_CBC CBC_(AES, 128)
#define ENC_AES_256_CBC CBC_(AES, 256)
#define ENC_ARIA_128_CBC CBC_(ARIA, 128)
#define ENC_ARIA_256_CBC CBC_(ARIA, 256)
#define ENC_CAMELLIA_128_CBC CBC_(CAMELLIA, 128)
#define ENC_CAMELLIA_256_CBC CBC_(CAMELLIA, 256)
#define ENC_AES_128_GCM AEAD_(AES, 128, GCM_MODE)
#define ENC_AES_256_GCM AEAD_(AES, 256, GCM_MODE)
#define ENC_AES_128_CCM AEAD_(AES, 128, CCM_MODE)
#define ENC_AES_256_CCM AEAD_(AES, 256, CCM_MODE)
#define ENC_AES_128_CCM_8 AEAD_(AES, 128, CCM_8_MODE)
#define ENC_AES_256_CCM_8 AEAD_(AES, 256, CCM_8_MODE)
#define ENC_ARIA_128_GCM AEAD_(ARIA, 128, GCM_MODE)
#define ENC_ARIA_256_GCM AEAD_(ARIA, 256, GCM_MODE)
#define ENC_CAMELLIA_128_GCM AEAD_(CAMELLIA, 128, GCM_MODE)
#define ENC_CAMELLIA_256_GCM AEAD_(CAMELLIA, 256, GCM_MODE)
#define ENC_CHACHA20_POLY1305                                                                                         \
    .enc = "CHACHA20-POLY1305: ChaCha20 stream cipher with 256 bit key", .protection = CS_PROTECT_AEAD

#define MAC_MD5 .mac = "MD5: HMAC-MD5", .mac_len = 16
#define MAC_SHA .mac = "SHA: HMAC-SHA-1 (Secure Hash Algorithm 1)", .mac_len = 20
#define MAC_SHA256 .mac = "SHA256: HMAC-SHA-256 (Secure Hash Algorithm 2)", .mac_len = 32
#define MAC_SHA384 .mac = "SHA384: HMAC-SHA-384 (Secure Hash Algorithm 2)", .mac_len = 48
#define MAC_AEAD .mac = "AEAD: the cipher itself authenticates"
#define MAC_NULL .mac = "NULL: no protection"
#define MAC_SCSV .mac = "Signalling value: not a cipher suite"

static const cs_suite suites[] = {
#include "suites.def"
};

#define N_SUITES (sizeof suites / sizeof suites[0])

const cs_suite *cs_suite_find(uint16_t id)
{
    static const cs_suite *last = suites; /* neighbouring packets mostly ask for the same one */
    if (last->id == id)
        return last;
    size_t low = 0, high = N_SUITES;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (suites[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == N_SUITES || suites[low].id != id)
        return NULL;
    last = &suites[low];
    return last;
}

const cs_suite *cs_suite_at(size_t i)
{
    return i < N_SUITES ? &suites[i] : NULL;
}

bool cs_suite_integrity_only(uint16_t id)
{
    const cs_suite *suite = cs_suite_find(id);
    /* TLS_NULL_WITH_NULL_NULL has no MAC: it protects nothing at all. */
    return suite && suite->mac_len > 0 &&
           (suite->protection == CS_PROTECT_NULL_MAC || suite->protection == CS_PROTECT_RFC9150);
}
