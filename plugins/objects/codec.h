/* codec.h
 * Reads one value of a given layout at the cursor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_CODEC_H
#define CIPSEC_OBJECTS_CODEC_H

#include "cursor.h"
#include "tables.h"

#include <cipsec/seclists.h>

/** Reads a value and moves behind it. A value that does not fit marks the cursor broken.
 *  @param field the first field of the value (see cs_codec).
 *  @param place what follows the value.
 *  @return a short text for the Info column in packet memory, or NULL. */
const char *cs_codec_read(cs_cursor *cur, cs_codec codec, cs_field field, cs_place place);

/* The codecs of each file, called by cs_codec_read(). */
const char *cs_read_suites(cs_cursor *cur, cs_field field);
const char *cs_read_path(cs_cursor *cur, cs_field field);
const char *cs_read_paths(cs_cursor *cur, cs_field field);
const char *cs_read_crl(cs_cursor *cur, cs_field field, cs_place place);
const char *cs_read_psks(cs_cursor *cur, cs_field field, cs_place place);
const char *cs_read_authorization(cs_cursor *cur, cs_field field);
const char *cs_read_certificate(cs_cursor *cur, cs_field field);
const char *cs_read_certificate_list(cs_cursor *cur, cs_field field);
const char *cs_read_short_string(cs_cursor *cur, cs_field field);
const char *cs_read_stringi(cs_cursor *cur, cs_field field);
const char *cs_read_directory(cs_cursor *cur, cs_field field);
const char *cs_read_csr_strings(cs_cursor *cur, cs_field field);
const char *cs_read_packet(cs_cursor *cur, cs_field field);
/** Ports and protocols; names: entries carry a name and capabilities, ports: else protocols. */
const char *cs_read_admin(cs_cursor *cur, cs_field field, bool ports, bool names);

/** Reads a flag field of n octets with its bits. */
const char *cs_read_flags(cs_cursor *cur, cs_field field, int n);

#endif
