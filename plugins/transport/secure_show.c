/* secure_show.c
 * Fields of the wrapper on the CIP Security ports: handshake steps, readable handshake messages, MAC results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure.h"

void cs_secure_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb)
{
    (void)pinfo;
    (void)tree;
    (void)tvb;
}
