/* alerts.h
 * TLS alerts in words.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ALERTS_H
#define CIPSEC_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_ALERT_CLOSE_NOTIFY 0
#define CS_ALERT_BAD_RECORD_MAC 20
#define CS_ALERT_HANDSHAKE_FAILURE 40
#define CS_ALERT_NO_CERTIFICATE 41
#define CS_ALERT_BAD_CERTIFICATE 42
#define CS_ALERT_CERTIFICATE_UNKNOWN 46
#define CS_ALERT_DECRYPT_ERROR 51
#define CS_ALERT_PROTOCOL_VERSION 70
#define CS_ALERT_INSUFFICIENT_SECURITY 71
#define CS_ALERT_USER_CANCELED 90
#define CS_ALERT_NO_RENEGOTIATION 100
#define CS_ALERT_CERTIFICATE_REQUIRED 116

#define CS_ALERT_WARNING 1
#define CS_ALERT_FATAL 2

typedef struct {
    uint8_t id;
    const char *name; /**< IANA name: "unknown_ca" */
    const char *text; /**< "unknown CA" */
    bool about_certificate; /**< says what is wrong with the peer's certificate */
} cs_alert_info;

/** @return the row of an alert description, NULL when not in the IANA registry. Static storage. */
const cs_alert_info *cs_alert_find(uint8_t id);
/** @return row i in ascending order, NULL past the end. */
const cs_alert_info *cs_alert_at(size_t i);

#endif
