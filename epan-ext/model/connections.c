/* connections.c
 * CIP connections, from Forward_Open to Forward_Close, and the streams that carry their data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "model_private.h"

void cs_connections_observe(cs_capture *cap, const cs_cip_message *msg)
{
    (void)cap;
    (void)msg;
}

void cs_connection_free(gpointer data)
{
    cs_connection *c = data;
    g_free(c->path);
    g_free(c);
}
