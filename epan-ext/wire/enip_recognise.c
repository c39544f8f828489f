/* enip_recognise.c
 * Is this EtherNet/IP? Encapsulation PDUs and CPF packets, judged by everything in them that is fixed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/enip_wire.h>

#include "bytes.h"

enum {
    CMD_NOP = 0x0000,
    CMD_LIST_SERVICES = 0x0004,
    CMD_LIST_IDENTITY = 0x0063,
    CMD_LIST_INTERFACES = 0x0064,
    CMD_REGISTER = 0x0065,
    CMD_UNREGISTER = 0x0066,
    CMD_SEND_RR = 0x006F,
    CMD_SEND_UNIT = 0x0070,
    CMD_INDICATE_STATUS = 0x0072,
    CMD_CANCEL = 0x0073,
    CMD_START_DTLS = 0x00C8
};

bool cs_enip_status_known(uint32_t status)
{
    return status <= 3 || status == 0x64 || status == 0x65 || status == 0x69 || status == 0x6A;
}

/* Lengths that a command allows. */
static bool length_fits(uint16_t command, uint32_t len)
{
    switch (command) {
    case CMD_NOP:
    case CMD_INDICATE_STATUS:
    case CMD_CANCEL:
        return true;
    case CMD_REGISTER:
        return len == 4;
    case CMD_UNREGISTER:
    case CMD_START_DTLS:
        return len == 0;
    case CMD_LIST_SERVICES:
    case CMD_LIST_IDENTITY:
    case CMD_LIST_INTERFACES:
        return len == 0 || len >= 2;
    case CMD_SEND_RR:
    case CMD_SEND_UNIT:
        return len == 0 || len >= 8; /* 0: an error reply */
    default:
        return false;
    }
}

/* @return true when a list of n items fills the bytes exactly, as far as they are captured. */
static bool items_fit(const uint8_t *p, size_t n, size_t reported)
{
    if (n < 2)
        return reported > n;
    unsigned count = cs_le16(p);
    size_t at = 2;
    if (count == 0 || count > 16)
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (at + 4 > reported)
            return false;
        if (at + 4 > n)
            return true; /* the rest is cut off */
        at += 4 + (size_t)cs_le16(p + at + 2);
        if (at > reported)
            return false;
    }
    return at == reported;
}

static bool header_fits(const uint8_t *p)
{
    uint16_t command = cs_le16(p);
    return length_fits(command, cs_le16(p + 2)) && cs_enip_status_known(cs_le32(p + 8)) && cs_le32(p + 20) == 0;
}

bool cs_enip_may_begin(const uint8_t *p, size_t n)
{
    uint8_t header[CS_ENIP_HEADER_LEN] = {0};
    if (n == 0 || n >= CS_ENIP_HEADER_LEN)
        return false;
    for (size_t i = 0; i < n; i++)
        header[i] = p[i];
    /* lengths that only some commands have are judged when they are there */
    return n < 4 ? n < 2 || header[1] == 0 : header_fits(header);
}

/* The body of a PDU, of which n of len bytes are at hand. */
static bool body_fits(uint16_t command, uint32_t status, const uint8_t *p, size_t n, size_t len)
{
    if (command == CMD_REGISTER)
        return n < 4 || (cs_le16(p) <= 1 && (status || cs_le16(p) == 1) && cs_le16(p + 2) == 0);
    if ((command == CMD_SEND_RR || command == CMD_SEND_UNIT) && len) {
        if (n >= 4 && cs_le32(p) != 0)
            return false;
        return n <= 6 || items_fit(p + 6, n - 6, len - 6);
    }
    return true;
}

cs_enip_verdict cs_enip_judge(const uint8_t *p, size_t n, size_t reported, size_t *whole)
{
    size_t at = 0;
    bool telling = false;
    if (whole)
        *whole = 0;
    while (at < reported) {
        if (n < at + CS_ENIP_HEADER_LEN) {
            /* Less than a header proves nothing by itself. */
            return telling && n - at < CS_ENIP_HEADER_LEN ? CS_ENIP_PART : CS_ENIP_NO;
        }
        const uint8_t *pdu = p + at;
        uint32_t len = cs_le16(pdu + 2);
        size_t there = MIN(n - at - CS_ENIP_HEADER_LEN, (size_t)len);
        if (!header_fits(pdu) || !body_fits(cs_le16(pdu), cs_le32(pdu + 8), pdu + CS_ENIP_HEADER_LEN, there, len))
            return CS_ENIP_NO;
        telling |= cs_le16(pdu) != CMD_NOP;
        if (at + CS_ENIP_HEADER_LEN + len > reported || n - at < CS_ENIP_HEADER_LEN + (size_t)len)
            return telling ? CS_ENIP_PART : CS_ENIP_NO;
        at += CS_ENIP_HEADER_LEN + len;
        if (whole && telling)
            *whole = at;
    }
    return telling ? CS_ENIP_WHOLE : CS_ENIP_NO;
}

bool cs_cpf_judge(const uint8_t *p, size_t n, size_t reported)
{
    if (n >= 16 && cs_le16(p) == 1 && cs_le16(p + 2) == 0x8003) {
        uint16_t type = cs_le16(p + 6);
        return 6 + (size_t)cs_le16(p + 4) == reported && cs_le16(p + 4) >= 12 && (type & 0x7FFF) == 1 &&
               cs_enip_status_known(cs_le32(p + 12));
    }
    if (n < 14 || cs_le16(p) != 2)
        return false;
    size_t address = cs_le16(p + 4);
    if (!(cs_le16(p + 2) == 0x8002 && address == 8) && !(cs_le16(p + 2) == 0x00A1 && address == 4))
        return false;
    size_t data = 6 + address;
    return n >= data + 4 && cs_le16(p + data) == 0x00B1 && data + 4 + (size_t)cs_le16(p + data + 2) == reported;
}
