/* export.h
 * Export Objects: certificates, CSRs, CRLs and PKCS#7 objects as files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_EXPORT_H
#define CIPSEC_EXPORT_H

#include "../plugin.h"

void cs_export_register(void);
/** Offers the objects of this frame to an open Export Objects window or command line; nothing otherwise. */
void cs_export_queue(packet_info *pinfo);

#endif
