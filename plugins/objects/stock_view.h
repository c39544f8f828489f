/* stock_view.h
 * Wireshark's own reading of values that it reads otherwise than we do, under its own hidden fields: whoever filters
 * or scripts on them finds the same values with and without the plugin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_STOCK_VIEW_H
#define CIPSEC_OBJECTS_STOCK_VIEW_H

#include "cursor.h"

/** Segments of a path. */
void cs_stock_segments(cs_cursor *cur, int offset, int n);
/** Pre-shared keys: with the usage octet from 4.4 on, without it before.
 *  @param usage whether the keys really have it. @param alone what is left over is raw data. */
void cs_stock_psks(cs_cursor *cur, int offset, bool usage, bool alone);
/** Certificate revocation list: a list of paths from 4.4 on, one path before. */
void cs_stock_crl(cs_cursor *cur, int offset, bool alone);
/** Class-level Get_Attributes_All of 0x5F with attribute 3, which Wireshark does not expect there. */
void cs_stock_cm_class(cs_cursor *cur, int offset);
/** Bodies of the common services that Wireshark reads. */
void cs_stock_common(cs_cursor *cur, uint8_t service, bool response);
/** Octets of a key under the stock field, masked unless the preference asks for them. */
void cs_stock_key(cs_cursor *cur, int offset, int n);

void cs_stock_view_handoff(void);

#endif
