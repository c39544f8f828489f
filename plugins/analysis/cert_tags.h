/* cert_tags.h
 * The fields `cipsec.cert.*`: certificates on the frames that show them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_CERT_TAGS_H
#define CIPSEC_CERT_TAGS_H

#include "../plugin.h"

/** Registers the fields under the protocol `cipsec`. */
void cs_cert_tags_register(void);
/** Shows the certificates, CSRs and CRLs that this frame completes, one subtree each. On the first pass it first lets
 *  the model draw its conclusions, so call it before the frame's findings are shown. */
void cs_cert_tags_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb);

#endif
