/* secure_mac.c
 * Record MACs of integrity-only suites, checked with the secrets of the key log.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

cs_mac_status cs_secure_mac(const cs_mac_check *check)
{
    (void)check;
    return CS_MAC_UNCHECKED;
}
