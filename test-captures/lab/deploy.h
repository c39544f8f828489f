/* deploy.h
 * A configuration tool that deploys a security model to a device by the push model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_DEPLOY_H
#define LAB_DEPLOY_H

#include "cip.h"

/** What one deployment does. */
typedef struct {
    const char *model; /**< name of the new 0x5F instance */
    const char *certificate; /**< fixture whose certificate the CA issues, NULL: the node's */
    const uint16_t *suites; /**< allowed cipher suites, ended by 0 */
    bool crl; /**< also download a revocation list */
    bool psk; /**< also write a pre-shared key */
    bool close_clear_ports;
    bool check_expiration;
} deploy_plan;

/** Plays steps 3 to 19 of a push deployment over an open session. @return true when the device took it all. */
bool deploy_push(cip_client *c, const deploy_plan *plan, truth_deployment *result);
/** Begins a configuration session and then says no more, as a tool that crashed. */
void deploy_abandon(cip_client *c, const deploy_plan *plan);
/** Removes the policy: Reset of 0x5E and of 0x5D. */
void deploy_reset(cip_client *c);

#endif
