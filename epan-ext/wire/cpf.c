/* cpf.c
 * The common packet format.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/cpf.h>

#include "bytes.h"

#include <string.h>

/* Behind type, transaction number and status of item 0x8003. */
#define DTLS_MESSAGE 10
/* The number of items, an address item of eight octets, type and length of the data item. */
#define IO_HEADER 18

bool cs_cpf_start(cs_cpf_walk *walk, const uint8_t *data, size_t len)
{
    if (len < 2)
        return false;
    walk->items = cs_le16(data);
    walk->at = data + 2;
    walk->left = len - 2;
    return true;
}

bool cs_cpf_next(cs_cpf_walk *walk, cs_cpf_item *item)
{
    if (walk->items == 0 || walk->left < 4)
        return false;
    item->type = cs_le16(walk->at);
    item->len = cs_le16(walk->at + 2);
    if (item->len > walk->left - 4)
        return false;
    item->data = walk->at + 4;
    walk->at += 4u + item->len;
    walk->left -= 4u + item->len;
    walk->items--;
    return true;
}

static void take_item(cs_cpf *cpf, const cs_cpf_item *item)
{
    switch (item->type) {
    case CS_CPF_CONNECTED_ADDRESS:
        if (item->len >= 4)
            cpf->connection_id = cs_le32(item->data);
        cpf->kind = CS_CPF_CONNECTED;
        break;
    case CS_CPF_SEQUENCED_ADDRESS:
        if (item->len >= 8) {
            cpf->connection_id = cs_le32(item->data);
            cpf->sequence = cs_le32(item->data + 4);
            cpf->has_sequence = true;
        }
        cpf->kind = CS_CPF_IO;
        break;
    case CS_CPF_CONNECTED_DATA:
        if (cpf->kind == CS_CPF_CONNECTED || cpf->kind == CS_CPF_IO) {
            cpf->data = item->data;
            cpf->data_len = cpf->size = item->len;
        }
        break;
    case CS_CPF_UNCONNECTED_DATA:
        cpf->kind = CS_CPF_UNCONNECTED;
        cpf->data = item->data;
        cpf->data_len = cpf->size = item->len;
        break;
    case CS_CPF_UNCONNECTED_DTLS:
        if (item->len >= DTLS_MESSAGE) {
            cpf->kind = CS_CPF_UNCONNECTED;
            cpf->data = item->data + DTLS_MESSAGE;
            cpf->data_len = cpf->size = item->len - DTLS_MESSAGE;
        }
        break;
    default:
        break;
    }
}

/* As cyclic data always come: a sequenced address and connected data, nothing else. */
static inline bool read_io(const uint8_t *data, size_t len, cs_cpf *cpf)
{
    if (len < IO_HEADER || len - IO_HEADER > UINT16_MAX || cs_le16(data) != 2 ||
        cs_le32(data + 2) != (8u << 16 | CS_CPF_SEQUENCED_ADDRESS) ||
        cs_le32(data + 14) != ((uint32_t)(len - IO_HEADER) << 16 | CS_CPF_CONNECTED_DATA))
        return false;
    uint32_t size = (uint32_t)(len - IO_HEADER);
    *cpf = (cs_cpf){CS_CPF_IO, cs_le32(data + 6), true, cs_le32(data + 10), data + IO_HEADER, size, size};
    return true;
}

bool cs_cpf_read(const uint8_t *data, size_t len, cs_cpf *cpf)
{
    cs_cpf_walk walk;
    cs_cpf_item item;
    if (read_io(data, len, cpf))
        return true;
    memset(cpf, 0, sizeof *cpf);
    if (!cs_cpf_start(&walk, data, len) || walk.items == 0)
        return false;
    while (cs_cpf_next(&walk, &item))
        take_item(cpf, &item);
    if (!cpf->data && cpf->kind != CS_CPF_OTHER)
        cpf->kind = CS_CPF_OTHER; /* an address without data */
    return walk.items == 0 && walk.left == 0;
}

bool cs_cpf_read_cut(const uint8_t *data, size_t len, size_t whole, cs_cpf *cpf)
{
    cs_cpf_walk walk;
    cs_cpf_item item;
    memset(cpf, 0, sizeof *cpf);
    if (len >= whole || !cs_cpf_start(&walk, data, len))
        return false;
    while (cs_cpf_next(&walk, &item))
        take_item(cpf, &item);
    size_t missing = whole - len;
    if (walk.items != 1 || walk.left < 4 || cs_le16(walk.at) != CS_CPF_CONNECTED_DATA ||
        cs_le16(walk.at + 2) != walk.left - 4 + missing)
        return false;
    item = (cs_cpf_item){CS_CPF_CONNECTED_DATA, (uint16_t)(walk.left - 4), walk.at + 4};
    take_item(cpf, &item);
    cpf->size += (uint32_t)missing;
    return cpf->data != NULL;
}

bool cs_cpf_read_datagram(const uint8_t *data, size_t len, size_t whole, cs_cpf *cpf)
{
    return len < whole ? cs_cpf_read_cut(data, len, whole, cpf) : cs_cpf_read(data, len, cpf);
}
