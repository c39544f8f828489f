/* alerts.c
 * The alert descriptions of TLS and DTLS. Source: IANA TLS Alerts registry, RFC 5246, RFC 8446.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/alerts.h>

static const cs_alert_info alerts[] = {
    {0, "close_notify", "close notify", false},
    {10, "unexpected_message", "unexpected message", false},
    {20, "bad_record_mac", "bad record MAC", false},
    {21, "decryption_failed", "decryption failed", false},
    {22, "record_overflow", "record overflow", false},
    {30, "decompression_failure", "decompression failure", false},
    {40, "handshake_failure", "handshake failure", false},
    {41, "no_certificate", "no certificate", false},
    {42, "bad_certificate", "bad certificate", true},
    {43, "unsupported_certificate", "unsupported certificate", true},
    {44, "certificate_revoked", "certificate revoked", true},
    {45, "certificate_expired", "certificate expired", true},
    {46, "certificate_unknown", "certificate unknown", true},
    {47, "illegal_parameter", "illegal parameter", false},
    {48, "unknown_ca", "unknown CA", true},
    {49, "access_denied", "access denied", true},
    {50, "decode_error", "decode error", false},
    {51, "decrypt_error", "decrypt error", false},
    {52, "too_many_cids_requested", "too many connection ids requested", false},
    {60, "export_restriction", "export restriction", false},
    {70, "protocol_version", "protocol version", false},
    {71, "insufficient_security", "insufficient security", false},
    {80, "internal_error", "internal error", false},
    {86, "inappropriate_fallback", "inappropriate fallback", false},
    {90, "user_canceled", "user canceled", false},
    {100, "no_renegotiation", "no renegotiation", false},
    {109, "missing_extension", "missing extension", false},
    {110, "unsupported_extension", "unsupported extension", false},
    {111, "certificate_unobtainable", "certificate unobtainable", true},
    {112, "unrecognized_name", "unrecognized name", false},
    {113, "bad_certificate_status_response", "bad certificate status response", true},
    {114, "bad_certificate_hash_value", "bad certificate hash value", true},
    {115, "unknown_psk_identity", "unknown PSK identity", false},
    {116, "certificate_required", "certificate required", false},
    {117, "general_error", "general error", false},
    {120, "no_application_protocol", "no application protocol", false},
    {121, "ech_required", "encrypted ClientHello required", false},
};

#define N_ALERTS (sizeof alerts / sizeof alerts[0])

const cs_alert_info *cs_alert_find(uint8_t id)
{
    for (size_t i = 0; i < N_ALERTS; i++)
        if (alerts[i].id == id)
            return &alerts[i];
    return NULL;
}

const cs_alert_info *cs_alert_at(size_t i)
{
    return i < N_ALERTS ? &alerts[i] : NULL;
}
