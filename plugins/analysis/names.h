/* names.h
 * Words for the tags' numbers, shared by the tree, the tables and the tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_NAMES_H
#define CIPSEC_NAMES_H

#include "../plugin.h"

extern const value_string cs_names_transport[];
extern const value_string cs_names_role[];
extern const value_string cs_names_role_source[];
extern const value_string cs_names_class[];
extern const value_string cs_names_class_source[];
extern const value_string cs_names_confidentiality[];
extern const value_string cs_names_confidentiality_source[];
extern const value_string cs_names_kind[];
extern const value_string cs_names_handshake[];
extern const value_string cs_names_version[];

/** @return the cipher suites' IANA names for a field; made once, at registration. */
value_string_ext *cs_names_suites(void);
/** @return the alert descriptions' IANA names, as above. */
value_string_ext *cs_names_alerts(void);

/** @return the word, or "" for a value without one. */
const char *cs_name(const value_string *names, uint32_t value);
/** @return IANA name, or "0x1301" for a suite that is not in the table. */
const char *cs_name_suite(wmem_allocator_t *pool, uint16_t suite);
/** @return "TLS 1.2", "DTLS 1.2", or the number in hex. */
const char *cs_name_version(wmem_allocator_t *pool, uint16_t version);
/** @return "handshake_failure", or "alert 200". */
const char *cs_name_alert(wmem_allocator_t *pool, uint8_t alert);
/** @return "1", "0, 1", or "". @param classes bit n = transport class n */
const char *cs_name_transport_classes(wmem_allocator_t *pool, uint8_t classes);

#endif
