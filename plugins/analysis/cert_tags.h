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
void cs_cert_tags_put(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb);
/** Shows the certificates, CSRs and CRLs that this frame completes, one subtree each. On the first pass it first lets
 *  the model draw its conclusions, so call it before the frame's findings are shown. */
static inline void cs_cert_tags_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb)
{
    const cs_capture *cap = cs_current_capture();
    if (pinfo->num <= cap->last_cert_frame || cap->certs_unsettled)
        cs_cert_tags_put(pinfo, tree, tvb);
}

#endif
