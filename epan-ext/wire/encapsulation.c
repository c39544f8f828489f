/* encapsulation.c
 * Encapsulation PDUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/cpf.h>

#include "bytes.h"

static bool known_command(unsigned command)
{
    switch (command) {
    case CS_ENCAP_NOP:
    case CS_ENCAP_LIST_SERVICES:
    case CS_ENCAP_LIST_IDENTITY:
    case CS_ENCAP_LIST_INTERFACES:
    case CS_ENCAP_REGISTER_SESSION:
    case CS_ENCAP_UNREGISTER_SESSION:
    case CS_ENCAP_SEND_RR_DATA:
    case CS_ENCAP_SEND_UNIT_DATA:
    case CS_ENCAP_START_DTLS:
    case 0x0072: /* IndicateStatus */
    case 0x0073: /* Cancel */
        return true;
    default:
        return false;
    }
}

size_t cs_encap_next(const uint8_t *data, size_t len, cs_encap *pdu)
{
    /* options are 0 in every edition: with the command that makes 6 octets that chance rarely gives */
    if (len < CS_ENCAP_HEADER || !known_command(cs_le16(data)) || cs_le32(data + 20) != 0)
        return 0;
    pdu->command = cs_le16(data);
    pdu->length = cs_le16(data + 2);
    pdu->session = cs_le32(data + 4);
    pdu->status = cs_le32(data + 8);
    pdu->data = data + CS_ENCAP_HEADER;
    pdu->data_len = len - CS_ENCAP_HEADER < pdu->length ? len - CS_ENCAP_HEADER : pdu->length;
    return CS_ENCAP_HEADER + pdu->data_len;
}

const uint8_t *cs_encap_cpf(const cs_encap *pdu, size_t *len)
{
    if ((pdu->command != CS_ENCAP_SEND_RR_DATA && pdu->command != CS_ENCAP_SEND_UNIT_DATA) || pdu->data_len < 6)
        return NULL;
    *len = pdu->data_len - 6;
    return pdu->data + 6;
}
