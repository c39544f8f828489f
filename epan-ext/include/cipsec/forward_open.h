/* forward_open.h
 * Forward_Open, Large_Forward_Open and Forward_Close of the Connection Manager (CIP Volume 1, chapter 3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FORWARD_OPEN_H
#define CIPSEC_FORWARD_OPEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_CM_CLASS 0x06
#define CS_CM_FORWARD_CLOSE 0x4E
#define CS_CM_UNCONNECTED_SEND 0x52
#define CS_CM_FORWARD_OPEN 0x54
#define CS_CM_LARGE_FORWARD_OPEN 0x5B

/** What names a connection between its ends. */
typedef struct {
    uint16_t serial, vendor;
    uint32_t originator_serial;
} cs_connection_triad;

typedef struct {
    cs_connection_triad triad;
    uint32_t id_ot, id_to; /**< as proposed; the O->T id is usually the target's to choose */
    uint32_t rpi_ot, rpi_to; /**< microseconds */
    uint32_t params_ot, params_to;
    uint8_t class_trigger;
    const uint8_t *path; /**< into the caller's bytes */
    size_t path_len; /**< in bytes, as far as they are there */
} cs_forward_open;

typedef struct {
    cs_connection_triad triad;
    uint32_t id_ot, id_to;
    uint32_t api_ot, api_to; /**< microseconds */
} cs_forward_open_reply;

/** All take the body behind path or status words and return false when it is too short. */
bool cs_forward_open_read(const uint8_t *body, size_t len, bool large, cs_forward_open *open);
bool cs_forward_open_reply_read(const uint8_t *body, size_t len, cs_forward_open_reply *reply);
/** The triad alone: of an error reply to Forward_Open, of any reply to Forward_Close. */
bool cs_triad_read(const uint8_t *body, size_t len, cs_connection_triad *triad);
bool cs_forward_close_read(const uint8_t *body, size_t len, cs_connection_triad *triad);
/** The message inside an Unconnected_Send request. @return NULL when it is cut off. */
const uint8_t *cs_unconnected_send_message(const uint8_t *body, size_t len, size_t *message_len);
/** Connection size in bytes by the network connection parameters. */
unsigned cs_connection_size(uint32_t params, bool large);
/** @return true when the size is fixed, so that each packet has exactly that size. */
bool cs_connection_fixed_size(uint32_t params, bool large);

#endif
