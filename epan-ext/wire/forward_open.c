/* forward_open.c
 * Layouts of the Connection Manager's messages that open and close connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/forward_open.h>

#include "bytes.h"

static cs_connection_triad triad_at(const uint8_t *p)
{
    return (cs_connection_triad){cs_le16(p), cs_le16(p + 2), cs_le32(p + 4)};
}

bool cs_forward_open_read(const uint8_t *body, size_t len, bool large, cs_forward_open *open)
{
    size_t width = large ? 4 : 2; /* of the connection parameters */
    size_t fixed = 32 + 2 * width;
    if (len < fixed)
        return false;
    const uint8_t *to = body + 26 + width;
    open->id_ot = cs_le32(body + 2);
    open->id_to = cs_le32(body + 6);
    open->triad = triad_at(body + 10);
    open->rpi_ot = cs_le32(body + 22);
    open->params_ot = large ? cs_le32(body + 26) : cs_le16(body + 26);
    open->rpi_to = cs_le32(to);
    open->params_to = large ? cs_le32(to + 4) : cs_le16(to + 4);
    open->class_trigger = to[4 + width];
    open->path = body + fixed;
    open->path_len = (size_t)to[5 + width] * 2;
    if (open->path_len > len - fixed)
        open->path_len = len - fixed;
    return true;
}

bool cs_forward_open_reply_read(const uint8_t *body, size_t len, cs_forward_open_reply *reply)
{
    if (len < 24)
        return false;
    reply->id_ot = cs_le32(body);
    reply->id_to = cs_le32(body + 4);
    reply->triad = triad_at(body + 8);
    reply->api_ot = cs_le32(body + 16);
    reply->api_to = cs_le32(body + 20);
    return true;
}

bool cs_triad_read(const uint8_t *body, size_t len, cs_connection_triad *triad)
{
    if (len < 8)
        return false;
    *triad = triad_at(body);
    return true;
}

bool cs_forward_close_read(const uint8_t *body, size_t len, cs_connection_triad *triad)
{
    return len >= 2 && cs_triad_read(body + 2, len - 2, triad);
}

const uint8_t *cs_unconnected_send_message(const uint8_t *body, size_t len, size_t *message_len)
{
    if (len < 4)
        return NULL;
    *message_len = cs_le16(body + 2);
    return *message_len <= len - 4 ? body + 4 : NULL;
}

unsigned cs_connection_size(uint32_t params, bool large)
{
    return large ? params & 0xFFFF : params & 0x01FF;
}

bool cs_connection_fixed_size(uint32_t params, bool large)
{
    return (large ? params >> 25 & 1 : params >> 9 & 1) == 0;
}
