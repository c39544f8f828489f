/* attribute_lists.h
 * Get_Attribute_List and Set_Attribute_List as messages of one attribute each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ATTRIBUTE_LISTS_H
#define CIPSEC_ATTRIBUTE_LISTS_H

#include <cipsec/model.h>

typedef void (*cs_message_sink)(void *user, const cs_cip_message *msg);

/** Gives every entry that can be read of a list as a Get_Attribute_Single or Set_Attribute_Single with its own status.
 *  Nothing is allocated; what the sink gets is valid during its call.
 *  @return false when the message is no such list, or none of it can be read: then nothing was given. */
bool cs_attribute_list_each(const cs_cip_message *msg, cs_message_sink sink, void *user);

#endif
