/* strings.h
 * Names of values, as ODVA's documents and the public implementations give them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_STRINGS_H
#define CIPSEC_OBJECTS_STRINGS_H

#include "../plugin.h"

#include <epan/tfs.h>

extern const value_string cs_state_names[], eip_state_names[], eip_psk_usage_names[], eip_pull_status_names[],
    cm_state_names[], cm_certificate_status_names[], cm_encoding_names[], file_state_names[], file_invocation_names[],
    file_save_names[], file_access_names[], file_encoding_names[], file_packet_names[], file_direction_names[],
    string_type_names[], string_charset_names[], ip_protocol_names[];
extern const true_false_string admin_state;
/** Names of the cipher suites, from the table of suites; NULL before cs_strings_register(). */
extern value_string *cs_suite_names;

/** Builds the list of cipher suite names. */
void cs_strings_register(void);

#endif
