/* enip_observe.h
 * Seams between the wrappers of the clear ports and the observer of EtherNet/IP. cs_enip_observe() is declared in
 * secure.h, because both kinds of wrappers call it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ENIP_OBSERVE_H
#define CIPSEC_ENIP_OBSERVE_H

#include "../plugin.h"

/** @return true for what text protocols begin their messages with (HTTP, SSH). */
bool cs_looks_like_text(const uint8_t *data, size_t len);

/* clear.c */
void cs_clear_register(void);
void cs_clear_handoff(void);

#endif
