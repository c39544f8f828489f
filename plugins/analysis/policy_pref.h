/* policy_pref.h
 * The user's tables of zones, conduits and names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_POLICY_PREF_H
#define CIPSEC_POLICY_PREF_H

#include "../plugin.h"

#include <epan/prefs.h>

#include <cipsec/policy.h>

/** Registers the tables `cipsec.policy` and `cipsec.names` and the preference `cipsec.policy_file`. */
void cs_policy_register(module_t *module);
/** @return the rules and names in force; NULL when the user gave none. Valid until the tables change. */
const cs_policy *cs_policy_current(void);
/** Drops what was read from the CSV file, so that the next capture reads it again. */
void cs_policy_forget(void);

/** protocol.c: the open capture must not look at these rules any more. */
void cs_capture_policy_changed(const cs_policy *old);

/** @return "10.17.83.31 (Green_EN4TR)", or the address alone when it has no name. */
const char *cs_label_addr(wmem_allocator_t *pool, const cs_addr *addr);

#endif
