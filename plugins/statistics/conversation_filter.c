/* conversation_filter.c
 * Conversation filter 'CIP Security stream': all frames of the selected frame's stream.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "streams.h"

#include "../plugin.h"

/* Asked for every frame that is selected in the GUI: looks only, creates nothing. */
static cs_gboolean valid(CS_CONV_FILTER_ARGS(pinfo))
{
    return PINFO_FD_VISITED(pinfo) && cs_packet_get(pinfo) != NULL;
}

static char *build(CS_CONV_FILTER_ARGS(pinfo))
{
    const cs_packet *packet = cs_packet_get(pinfo);
    return packet ? g_strdup_printf("cipsec.stream == %u", packet->stream->index) : NULL;
}

void cs_conversation_filter_register(void)
{
    cs_register_conversation_filter("cipsec", "CIP Security stream", valid, build);
}
