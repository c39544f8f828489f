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

/** Services (CIP Volume 1, appendix A; Volume 8, chapter 5). */
enum {
    SC_GET_ALL = 0x01,
    SC_SET_ALL = 0x02,
    SC_GET_LIST = 0x03,
    SC_SET_LIST = 0x04,
    SC_RESET = 0x05,
    SC_CREATE = 0x08,
    SC_DELETE = 0x09,
    SC_MULTIPLE = 0x0A,
    SC_GET = 0x0E,
    SC_SET = 0x10,
    SC_GET_MEMBER = 0x18,
    SC_FIRST_OF_OBJECT = 0x4B, /* what follows means something else in each class (Volume 1, 4-9) */
    /* 0x5D and 0x5E */
    SC_BEGIN = 0x4B,
    SC_KICK = 0x4C,
    SC_APPLY_OR_END = 0x4D,
    SC_ABORT_OR_CLEANUP = 0x4E,
    /* 0x5F */
    SC_CREATE_CSR = 0x4B,
    SC_VERIFY = 0x4C,
    /* 0x37 */
    SC_INITIATE_UPLOAD = 0x4B,
    SC_INITIATE_DOWNLOAD = 0x4C,
    SC_UPLOAD = 0x4F,
    SC_DOWNLOAD = 0x50,
    SC_CLEAR_FILE = 0x51,
    /* 0xF5 */
    SC_PORT_ADMIN = 0x4C,
    SC_PROTOCOL_ADMIN = 0x4D,
    SC_RESPONSE = 0x80 /* bit of a response */
};

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
