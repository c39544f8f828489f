/* identity.h
 * ListIdentity replies: the Identity item and the three items of CIP Security devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_IDENTITY_H
#define CIPSEC_IDENTITY_H

#include <cipsec/model.h>

#include <stddef.h>

/** Where an item of a reply is; offset of its data from the start of the packet format. */
typedef struct {
    uint16_t type, len;
    size_t offset;
} cs_identity_item;

#define CS_IDENTITY_ITEMS 8
typedef struct {
    cs_identity facts; /**< product_name points to name */
    char name[256]; /**< as sent, not checked for UTF-8 */
    cs_identity_item items[CS_IDENTITY_ITEMS]; /**< the items that are known, in order */
    unsigned n_items;
    size_t used; /**< bytes that the items fill */
} cs_identity_reply;

/** Reads the common packet format of a ListIdentity reply.
 *  @param cpf from the item count on, up to the end of the datagram: some devices leave items out of the encapsulation
 *  length. @return true when a known item is there. */
bool cs_identity_read(const uint8_t *cpf, size_t len, cs_identity_reply *reply);

#endif
