/* seclists.h
 * Lists of the security objects whose shape has to be found out from their content, because devices of different
 * editions send different ones. Each function only measures; reading is the caller's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_SECLISTS_H
#define CIPSEC_SECLISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Octets of a list of cipher suites / counted path / list of counted paths / list of pre-shared keys /
 *  certificate list at the start of the given octets. @return false when it does not fit; *used is then undefined. */
bool cs_suites_length(const uint8_t *octets, size_t len, size_t *used);
bool cs_path_length(const uint8_t *octets, size_t len, size_t *used);
bool cs_paths_length(const uint8_t *octets, size_t len, size_t *used);
bool cs_psks_length(const uint8_t *octets, size_t len, bool with_usage, size_t *used);
bool cs_certificate_list_length(const uint8_t *octets, size_t len, size_t *used);

/** Whether the pre-shared keys carry the usage octet that newer editions add.
 *  @param exact the octets hold this attribute alone; else what follows it in Get_Attributes_All of 0x5E.
 *  @return true when they do, or when the octets do not tell. */
bool cs_psks_have_usage(const uint8_t *octets, size_t len, bool exact);

/** Whether any of n octets at offset belongs to a key of the list. */
bool cs_psks_hold_key(const uint8_t *octets, size_t len, bool with_usage, size_t offset, size_t n);

/** Attribute 8 of 0x5E is a list of paths in newer editions, one path in older ones.
 *  @return true for the list; the empty value is the same octet in both. */
bool cs_crl_is_list(const uint8_t *octets, size_t len);

/** Whether the class-level Get_Attributes_All of 0x5F carries attribute 3 behind attribute 2, as some devices do. */
bool cs_cm_class_has_instances(const uint8_t *octets, size_t len);

#endif
