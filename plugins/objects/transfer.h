/* transfer.h
 * Transfers of files between client and File object: which packet belongs to which transfer, and what came of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_TRANSFER_H
#define CIPSEC_OBJECTS_TRANSFER_H

#include "message.h"

#include <cipsec/filepacket.h>

#define CS_MAX_FILE (1024 * 1024)

/** One transfer. Lives as long as the file; filled on the first pass. */
typedef struct {
    uint32_t index; /**< in the capture, from 0 */
    cs_file_direction direction;
    uint32_t instance;
    cs_when start;  /**< of the Initiate service, or of the first packet when that was not captured */
    bool announced; /**< size is that of the Initiate service */
    uint32_t size;
    uint32_t next;    /**< part that is expected next, from 0 */
    uint32_t octets;  /**< taken in so far */
    uint32_t missing; /**< parts that the capture lacks */
    uint32_t gap;     /**< first part of the latest gap */
    uint32_t open;    /**< bit n: part gap + n has not come yet */
    bool too_large, ended;
} cs_transfer;

/** A message's share in a transfer. */
typedef struct {
    cs_transfer *transfer;
    uint32_t number; /**< of the part, counted through, from 0 */
    bool taken;      /**< belongs to the file; false for repeats and packets out of sequence */
    bool repeat;     /**< the part was there already */
} cs_part;

/** Finds or starts the transfer of a message and the share that the message has in it, on the first pass; on later
 *  passes returns the same. @return NULL for messages without a share; file scope. */
cs_part *cs_transfer_follow(cs_message *msg, const cs_file_packet *packet);
/** @return true when the message is the one of its exchange that carries octets of the file. */
bool cs_transfer_carries(const cs_message *msg);
/** Encoding of an instance, from Create or attribute 11; -1 unknown. */
int cs_transfer_encoding(const cs_message *msg);
/** Fresh state for each file. */
void cs_transfer_state_register(void);

/** Reads the packet at the body. @return false for messages that carry none. */
bool cs_transfer_packet(const cs_message *msg, cs_file_packet *packet);

/* transfer_show.c: the whole file in the tree, in the packet that completes it. */
void cs_transfer_show(cs_message *msg, const cs_transfer *transfer, tvbuff_t *file, const cs_file_packet *packet);
void cs_transfer_show_handoff(void);

#endif
