/* deployments.c
 * Configuration sessions of devices, step by step.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_deployments_init(cs_capture *cap)
{
    (void)cap;
}

void cs_deployments_clear(cs_capture *cap)
{
    (void)cap;
}

void cs_deployments_observe(cs_capture *cap, const cs_cip_message *msg)
{
    (void)cap;
    (void)msg;
}

void cs_deployments_file(cs_capture *cap, const cs_file_transfer *file)
{
    (void)cap;
    (void)file;
}

void cs_deployments_finish(cs_capture *cap)
{
    (void)cap;
}
