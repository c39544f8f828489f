/* analysis.h
 * Seams between the files of the analysis part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ANALYSIS_H
#define CIPSEC_ANALYSIS_H

#include "../plugin.h"

/* tags.c: the post-dissector that shows the stream tags. */
void cs_tags_register(void);
void cs_tags_handoff(void);
/* deploy_tags.c: what a frame means in a deployment, below the tags. */
void cs_deploy_tags_register(void);
void cs_deploy_tags_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const cs_packet *packet);
/* protocol.c: the findings that concern this frame, as expert infos; those that items raised are left out. */
void cs_findings_show(packet_info *pinfo, proto_item *item);
/* The transport wrapper follows changes of cipsec.ports. */
void cs_transport_ports_changed(void);

#endif
