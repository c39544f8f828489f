/* status.h
 * What status codes mean, generally and for one service of one object.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_STATUS_H
#define CIPSEC_OBJECTS_STATUS_H

#include "fields.h"

#define CS_NO_WORD -1

/** Names of the general status, for value strings. */
extern const value_string cs_status_names[];
/** @return the general name of a status ("Object state conflict"), or NULL. Static. */
const char *cs_status_name(uint8_t status);
/** What a status, with an additional status word or CS_NO_WORD, means for a service of an object.
 *  @return static text, or NULL when it says no more than its general name. */
const char *cs_status_meaning(cs_object_id object, uint8_t service, uint8_t status, int word);
/** @return true when the status does not report a failure: nothing to clean up, class-level reading not offered. */
bool cs_status_harmless(cs_object_id object, uint8_t service, uint8_t status);

#endif
