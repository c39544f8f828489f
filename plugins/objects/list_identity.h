/* list_identity.h
 * ListIdentity replies as far as they concern CIP Security.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_LIST_IDENTITY_H
#define CIPSEC_LIST_IDENTITY_H

#include "../plugin.h"

/** Shows the items of a ListIdentity reply; does nothing for other encapsulation PDUs.
 *  @param tvb from the encapsulation header on. @param datagram the items may reach to its end, whatever the
 *  encapsulation length says */
void cs_list_identity_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, bool datagram);
void cs_list_identity_register(void);

#endif
