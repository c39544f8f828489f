/* pcapng.h
 * Writes a scenario's frames as pcapng. libpcap is not used: it writes the older format, which cannot hold the
 * Decryption Secrets Block that makes a capture with keys a single file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_PCAPNG_H
#define LAB_PCAPNG_H

#include "net.h"

/** Writes the frames whose number is not 0. @param number by old frame number, see truth_write().
 *  @param title goes into the section header as a comment. @return false when the file cannot be written. */
bool pcapng_write(const char *path, const lab_net *net, const char *title, const unsigned *number, bool keys);

#endif
