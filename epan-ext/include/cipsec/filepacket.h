/* filepacket.h
 * Packets of the File object's transfers, and the checksum of a file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_FILEPACKET_H
#define CIPSEC_FILEPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CS_PACKET_FIRST = 0,
    CS_PACKET_MIDDLE = 1,
    CS_PACKET_LAST = 2,
    CS_PACKET_ABORT = 3,
    CS_PACKET_FIRST_AND_LAST = 4
} cs_packet_type;

typedef struct {
    uint8_t number;
    uint8_t type; /**< cs_packet_type, or a reserved value */
    size_t data;  /**< offset of the part of the file */
    size_t data_len;
    bool has_checksum;
    uint16_t checksum;
} cs_file_packet;

/** Reads transfer number, packet type, data and, where the type has one, checksum.
 *  @return false when the octets are too few for that. */
bool cs_file_packet_read(const uint8_t *octets, size_t len, cs_file_packet *packet);
/** @return true when a packet of this type ends the transfer. */
bool cs_packet_type_ends(uint8_t type);
/** Two's complement of the 16-bit sum of all octets of a file. */
uint16_t cs_file_checksum(const uint8_t *octets, size_t len);

#endif
