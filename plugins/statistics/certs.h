/* certs.h
 * The table of certificates.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_STAT_CERTS_H
#define CIPSEC_STAT_CERTS_H

void cs_stat_certs_register(void);

#endif
