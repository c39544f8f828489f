/* attributes.h
 * Lengths and pieces of the attributes of 0x5D, 0x5E, 0x5F and 0x01 as the model keeps them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ATTRIBUTES_H
#define CIPSEC_ATTRIBUTES_H

#include <cipsec/types.h>

#define CS_CLASS_IDENTITY 0x01u
#define CS_CLASS_FILE 0x37u
#define CS_CLASS_CIP_SECURITY 0x5Du
#define CS_CLASS_EIP_SECURITY 0x5Eu
#define CS_CLASS_CERT_MGMT 0x5Fu
#define CS_CLASS_TCPIP 0xF5u

/** Receives each attribute of a Get_Attributes_All body. */
typedef void (*cs_attribute_sink)(void *user, uint32_t attribute, const uint8_t *value, uint32_t len);

/** @return octets of the attribute that starts at p, or -1 when its layout is unknown or runs past len. */
int64_t cs_attribute_length(uint32_t class_id, uint32_t attribute, const uint8_t *p, uint32_t len);
/** Splits the body of an instance's Get_Attributes_All in the order of the object; stops silently where the data end
 *  or stop making sense. */
void cs_attributes_split(uint32_t class_id, const uint8_t *body, uint32_t len, cs_attribute_sink sink, void *user);

/** One pre-shared key; the key octets are located, never copied. */
typedef struct {
    uint32_t identity, identity_len; /**< offset and length in the attribute */
    uint32_t key, key_len;
} cs_psk;
#define CS_PSK_MAX 255 /* their number is one octet */
/** Reads attribute 5 of 0x5E, with or without usage octets. @return the number of keys (at most max are stored in
 *  psk), or -1 when the value is malformed. */
int cs_psk_parse(const uint8_t *value, uint32_t len, cs_psk *psk, int max);
/** Reads a suite list. @return the number of suites; *truncated when fewer octets than promised are there. */
unsigned cs_suite_list(const uint8_t *value, uint32_t len, uint16_t *ids, unsigned max);
/** Class and instance of a padded EPATH of words*2 octets. @return false when it names none. */
bool cs_path_target(const uint8_t *path, uint32_t len, uint32_t *class_id, uint32_t *instance);

#endif
