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

/** What follows an attribute's value in a message. */
typedef enum {
    CS_PLACE_END,  /**< nothing */
    CS_PLACE_ALL,  /**< the next attribute of Get_Attributes_All */
    CS_PLACE_LIST, /**< the id of the next attribute of an attribute list */
} cs_place;

/** Octets of a list of cipher suites / counted path / list of counted paths / list of pre-shared keys /
 *  certificate list at the start of the given octets. @return false when it does not fit; *used is then undefined. */
bool cs_suites_length(const uint8_t *octets, size_t len, size_t *used);
bool cs_path_length(const uint8_t *octets, size_t len, size_t *used);
bool cs_paths_length(const uint8_t *octets, size_t len, size_t *used);
bool cs_psks_length(const uint8_t *octets, size_t len, bool with_usage, size_t *used);
bool cs_certificate_list_length(const uint8_t *octets, size_t len, size_t *used);

/** Whether the pre-shared keys carry the usage octet that newer editions add.
 *  @return true when they do, or when the octets do not tell. */
bool cs_psks_have_usage(const uint8_t *octets, size_t len, cs_place place);

/** Whether the octets behind the pre-shared keys can be what their place asks for: if not, the keys may not end where
 *  the list seems to. */
bool cs_psks_end_well(const uint8_t *octets, size_t len, bool with_usage, cs_place place);

/** Whether any of n octets at offset belongs to a key of the list. */
bool cs_psks_hold_key(const uint8_t *octets, size_t len, bool with_usage, size_t offset, size_t n);

/** Attribute 8 of 0x5E is a list of paths in newer editions, one path in older ones.
 *  @return true for the list; the empty value is the same octet in both. */
bool cs_crl_is_list(const uint8_t *octets, size_t len);

/** Whether the class-level Get_Attributes_All of 0x5F carries attribute 3 behind attribute 2, as some devices do. */
bool cs_cm_class_has_instances(const uint8_t *octets, size_t len);

#endif
