/* filepacket.c
 * Packets of file transfers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/filepacket.h>

bool cs_packet_type_ends(uint8_t type)
{
    return type == CS_PACKET_LAST || type == CS_PACKET_ABORT || type == CS_PACKET_FIRST_AND_LAST;
}

bool cs_file_packet_read(const uint8_t *octets, size_t len, cs_file_packet *packet)
{
    if (len < 2)
        return false;
    packet->number = octets[0];
    packet->type = octets[1];
    packet->data = 2;
    packet->data_len = len - 2;
    packet->has_checksum = packet->type == CS_PACKET_LAST || packet->type == CS_PACKET_FIRST_AND_LAST;
    packet->checksum = 0;
    if (!packet->has_checksum)
        return true;
    if (packet->data_len < 2)
        return false;
    packet->data_len -= 2;
    packet->checksum = (uint16_t)(octets[len - 2] | octets[len - 1] << 8);
    return true;
}

uint16_t cs_file_checksum(const uint8_t *octets, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += octets[i];
    return (uint16_t)(0x10000 - (sum & 0xFFFF));
}
