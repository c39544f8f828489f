/* certs.c
 * The certificate store of a capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_certs_init(cs_capture *cap)
{
    (void)cap;
}

void cs_certs_clear(cs_capture *cap)
{
    (void)cap;
}

void cs_certs_observe(cs_capture *cap, const cs_cip_message *msg)
{
    (void)cap;
    (void)msg;
}

void cs_certs_file(cs_capture *cap, const cs_file_transfer *file)
{
    (void)cap;
    (void)file;
}

void cs_certs_finish(cs_capture *cap)
{
    (void)cap;
}
