/* devices.c
 * Devices by address: identity, security state, attributes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_devices_observe(cs_capture *cap, const cs_cip_message *msg)
{
    (void)cap;
    (void)msg;
}

void cs_devices_finish(cs_capture *cap)
{
    (void)cap;
}

void cs_device_free(gpointer data)
{
    cs_device *d = data;
    g_free(d->product_name);
    if (d->attributes)
        g_ptr_array_unref(d->attributes);
    g_free(d);
}
