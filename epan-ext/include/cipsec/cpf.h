/* cpf.h
 * EtherNet/IP framing: encapsulation headers, the common packet format and its items.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CPF_H
#define CIPSEC_CPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- encapsulation (CIP Volume 2, chapter 2) */

#define CS_ENCAP_HEADER 24

#define CS_ENCAP_NOP 0x0000
#define CS_ENCAP_LIST_SERVICES 0x0004
#define CS_ENCAP_LIST_IDENTITY 0x0063
#define CS_ENCAP_LIST_INTERFACES 0x0064
#define CS_ENCAP_REGISTER_SESSION 0x0065
#define CS_ENCAP_UNREGISTER_SESSION 0x0066
#define CS_ENCAP_SEND_RR_DATA 0x006F
#define CS_ENCAP_SEND_UNIT_DATA 0x0070
#define CS_ENCAP_START_DTLS 0x00C8

/** One encapsulation PDU. Pointers go into the caller's bytes. */
typedef struct {
    uint16_t command;
    uint16_t length; /**< of the data by the header */
    uint32_t session, status;
    const uint8_t *data;
    size_t data_len; /**< of the data that is there, up to length */
} cs_encap;

/** Reads the PDU at the start of a run of bytes. A PDU that is cut off is given as far as it is there.
 *  @return bytes taken (header and data), 0 when no encapsulation header with a known command is there. */
size_t cs_encap_next(const uint8_t *data, size_t len, cs_encap *pdu);
/** The common packet format within a SendRRData or SendUnitData PDU (behind interface handle and timeout).
 *  @return NULL when the command carries none or it is cut off. */
const uint8_t *cs_encap_cpf(const cs_encap *pdu, size_t *len);

/* ---- common packet format */

#define CS_CPF_NULL_ADDRESS 0x0000
#define CS_CPF_LIST_IDENTITY 0x000C
#define CS_CPF_CIP_SECURITY 0x0086
#define CS_CPF_CAPABILITY 0x0087
#define CS_CPF_USAGE 0x0088
#define CS_CPF_CONNECTED_ADDRESS 0x00A1
#define CS_CPF_CONNECTED_DATA 0x00B1
#define CS_CPF_UNCONNECTED_DATA 0x00B2
#define CS_CPF_SEQUENCED_ADDRESS 0x8002
#define CS_CPF_UNCONNECTED_DTLS 0x8003

typedef struct {
    uint16_t type;
    uint16_t len;
    const uint8_t *data;
} cs_cpf_item;

/** Walks the items of a packet. Start with at pointing to the item count. */
typedef struct {
    const uint8_t *at;
    size_t left;
    unsigned items; /**< still to come */
} cs_cpf_walk;

/** @return false when not even the item count is there. */
bool cs_cpf_start(cs_cpf_walk *walk, const uint8_t *data, size_t len);
/** @return false at the end, or when an item is cut off. */
bool cs_cpf_next(cs_cpf_walk *walk, cs_cpf_item *item);

typedef enum {
    CS_CPF_OTHER,
    CS_CPF_UNCONNECTED, /**< null address + unconnected data, or the DTLS item 0x8003 */
    CS_CPF_CONNECTED, /**< connected address + connected data */
    CS_CPF_IO /**< sequenced address + connected data */
} cs_cpf_kind;

/** What a packet carries. Pointers go into the caller's bytes. */
typedef struct {
    cs_cpf_kind kind;
    uint32_t connection_id; /**< CONNECTED, IO */
    bool has_sequence;
    uint32_t sequence; /**< of a sequenced address item */
    const uint8_t *data; /**< CIP message or I/O data; NULL when there is none */
    size_t data_len; /**< of the data that are there */
    uint32_t size; /**< of all data, by the item's header */
} cs_cpf;

/** Reads a whole packet. @return true when the items fill the bytes exactly, as they do in a datagram that is certainly
 *  EtherNet/IP. */
bool cs_cpf_read(const uint8_t *data, size_t len, cs_cpf *cpf);
/** As cs_cpf_read(), of a datagram that the snap length cut off within its connected data.
 *  @param len what is there @param whole length of the datagram, more than len */
bool cs_cpf_read_cut(const uint8_t *data, size_t len, size_t whole, cs_cpf *cpf);
/** Whichever of the two a datagram needs. @param len what is there @param whole length of the datagram */
bool cs_cpf_read_datagram(const uint8_t *data, size_t len, size_t whole, cs_cpf *cpf);

#endif
