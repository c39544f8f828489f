/* scenario.h
 * A scenario: a name, a title and a function that plays it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include "cip.h"
#include "deploy.h"

typedef struct {
    const char *name; /**< of the capture file */
    const char *title;
    bool keys; /**< embed the secrets */
    bool midstream; /**< also write NAME-midstream: without handshakes, secrets and openings */
    lab_suites needs; /**< suites that the libraries must be able to do */
    void (*play)(lab_net *net, truth_capture *truth);
} lab_scenario;

/** Scenarios of one file, ended by a row without name. */
extern const lab_scenario plant_scenarios[], deployment_scenarios[], message_scenarios[], io_scenarios[],
    failure_scenarios[], certificate_scenarios[];

/** Allowed lists, ended by 0. */
extern const uint16_t allowed_cbc[], allowed_null[], allowed_both[];

/** Says that a finding (suffix of cipsec.expert.*) must appear. */
static inline void expect(truth_capture *truth, const char *finding)
{
    g_ptr_array_add(truth->findings, (gpointer)finding);
}

/** As expect(), and in the mid-stream capture too. */
static inline void expect_always(truth_capture *truth, const char *finding)
{
    expect(truth, finding);
    g_ptr_array_add(truth->always, (gpointer)finding);
}

/** Adds a deployment to the truth. */
static inline truth_deployment *expect_deployment(truth_capture *truth, const lab_channel *ch)
{
    truth_deployment *d = g_new0(truth_deployment, 1);

    d->tool = ch->node[0];
    d->device = ch->node[1];
    d->stream = ch->truth->index;
    g_ptr_array_add(truth->deployments, d);
    return d;
}

/** @return the mutual security of two nodes on GnuTLS (CBC) or OpenSSL (NULL suites), with the key log on. */
static inline lab_security usual(const lab_node *client, const lab_node *server, lab_suites suites)
{
    lab_security s = security_mutual(client, server, suites, suites == SUITES_NULL ? STACK_OPENSSL : STACK_GNUTLS);

    s.keylog = true;
    return s;
}

/** @return a device that was deployed before. */
lab_device *deployed(const char *name, const uint16_t *suites);

#endif
