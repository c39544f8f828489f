/* status.c
 * Meanings of status codes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "status.h"

const value_string cs_status_names[] = {
    {0x00, "Success"},
    {0x01, "Connection failure"},
    {0x02, "Resource unavailable"},
    {0x03, "Invalid parameter value"},
    {0x04, "Path segment error"},
    {0x05, "Path destination unknown"},
    {0x06, "Partial transfer"},
    {0x07, "Connection lost"},
    {0x08, "Service not supported"},
    {0x09, "Invalid attribute value"},
    {0x0A, "Attribute list error"},
    {0x0B, "Already in requested mode or state"},
    {0x0C, "Object state conflict"},
    {0x0D, "Object already exists"},
    {0x0E, "Attribute not settable"},
    {0x0F, "Privilege violation"},
    {0x10, "Device state conflict"},
    {0x11, "Reply data too large"},
    {0x12, "Fragmentation of a primitive value"},
    {0x13, "Not enough data"},
    {0x14, "Attribute not supported"},
    {0x15, "Too much data"},
    {0x16, "Object does not exist"},
    {0x17, "Service fragmentation sequence not in progress"},
    {0x18, "No stored attribute data"},
    {0x19, "Store operation failure"},
    {0x1A, "Routing failure, request too large"},
    {0x1B, "Routing failure, response too large"},
    {0x1C, "Missing attribute list entry data"},
    {0x1D, "Invalid attribute value list"},
    {0x1E, "Embedded service error"},
    {0x1F, "Vendor specific error"},
    {0x20, "Invalid parameter"},
    {0x21, "Write-once value already written"},
    {0x22, "Invalid reply received"},
    {0x23, "Buffer overflow"},
    {0x24, "Invalid message format"},
    {0x25, "Key failure in path"},
    {0x26, "Path size invalid"},
    {0x27, "Unexpected attribute in list"},
    {0x28, "Invalid member ID"},
    {0x29, "Member not settable"},
    {0x2A, "Group 2 only server general failure"},
    {0x2B, "Unknown Modbus error"},
    {0x2C, "Attribute not gettable"},
    {0x2D, "Instance not deletable"},
    {0x2E, "Service not supported for specified path"},
    {0x2F, "Fragmentation needed"},
    {0xD0, "Object specific error"},
    {0, NULL},
};

#define ANY_SERVICE 0
#define ANY_STATUS 0xFF /* any but success */

/* Object, service, general status, additional word, meaning. */
static const struct {
    cs_object_id object;
    uint8_t service, status;
    int word;
    const char *text;
} meanings[] = {
    {CS_OBJECT_CS, 0x4B, 0x0C, CS_NO_WORD, "a configuration session is already running"},
    {CS_OBJECT_CS, 0x4B, 0x0F, CS_NO_WORD, "already configured, and not asked over TLS"},
    {CS_OBJECT_CS, 0x4C, 0x0C, CS_NO_WORD, "no configuration session is running"},
    {CS_OBJECT_CS, 0x4D, 0x0C, CS_NO_WORD, "no configuration session is running"},
    {CS_OBJECT_CS, 0x05, 0x15, CS_NO_WORD, "the request carried data"},
    {CS_OBJECT_CS, 0x4E, 0xD0, CS_NO_WORD, "no orphan objects to clean up"},
    {CS_OBJECT_EIP, 0x4B, 0x0C, CS_NO_WORD, "not allowed in this state"},
    {CS_OBJECT_EIP, 0x4C, 0x0C, CS_NO_WORD, "no configuration session is running"},
    {CS_OBJECT_EIP, 0x4D, 0x0C, CS_NO_WORD, "no configuration session is running"},
    {CS_OBJECT_EIP, 0x4E, 0x0C, CS_NO_WORD, "no configuration session is running"},
    {CS_OBJECT_EIP, 0x05, 0x0F, CS_NO_WORD, "configured, and not asked over TLS"},
    {CS_OBJECT_EIP, 0x10, 0x0C, CS_NO_WORD, "outside a configuration session"},
    {CS_OBJECT_EIP, 0x10, 0x09, CS_NO_WORD, "size or range error"},
    {CS_OBJECT_EIP, 0x4D, ANY_STATUS, 0x0001, "only PSK cipher suites are allowed, but no PSK is configured"},
    {CS_OBJECT_EIP, 0x4D, ANY_STATUS, 0x0002,
     "only certificate cipher suites are allowed, but no certificate is configured"},
    {CS_OBJECT_EIP, 0x4D, ANY_STATUS, 0x0003, "no allowed cipher suite fits the type of the device's private key"},
    {CS_OBJECT_EIP, 0x4D, ANY_STATUS, 0x0004, "no active cipher suite at all"},
    {CS_OBJECT_CM, 0x08, 0x13, CS_NO_WORD, "no name in the request"},
    {CS_OBJECT_CM, 0x09, 0x2D, CS_NO_WORD, "the default instance cannot be deleted"},
    {CS_OBJECT_CM, 0x4B, 0x0C, CS_NO_WORD, "not for the default instance"},
    {CS_OBJECT_CM, 0x4B, 0x20, CS_NO_WORD, "a string is not valid, as a country code that is not two letters"},
    {CS_OBJECT_CM, 0x4C, 0xD0, CS_NO_WORD, "verification failed"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0000, "file size too large"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0001, "file format version not compatible"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0002, "file offset out of range"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0003, "beyond the end of the file"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0004, "file size too large"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0005, "file format version not compatible"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0006, "transfer number out of sequence"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0007, "transfer failed"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x0008, "zero size"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x000A, "file name empty"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x20, 0x000B, "duplicate transfer number"},
    {CS_OBJECT_FILE, 0x08, 0x20, CS_NO_WORD, "instance name already in use"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x15, 0x0001, "file name too long"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x15, 0x0002, "too many languages in the file name"},
    {CS_OBJECT_FILE, 0x08, 0x13, CS_NO_WORD, "no data"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x0C, CS_NO_WORD, "not allowed in the file's state"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x02, 0x00FF, "file does not exist"},
    {CS_OBJECT_FILE, 0x4B, 0x02, CS_NO_WORD, "no free transfer session"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x16, CS_NO_WORD, "the file instance does not exist"},
    {CS_OBJECT_FILE, 0x50, 0x19, CS_NO_WORD, "could not store the file"},
    {CS_OBJECT_FILE, 0x09, 0x2D, CS_NO_WORD, "the file instance cannot be deleted"},
    {CS_OBJECT_FILE, ANY_SERVICE, 0x2E, CS_NO_WORD, "not for this file"},
    {CS_OBJECT_FILE, 0x50, 0xD0, CS_NO_WORD, "checksum failed, the file is dropped"},
};

/* From here on each object gives its own meanings. */
#define FIRST_OBJECT_SPECIFIC 0xD0

const char *cs_status_name(uint8_t status)
{
    return try_val_to_str(MIN(status, FIRST_OBJECT_SPECIFIC), cs_status_names);
}

const char *cs_status_meaning(cs_object_id object, uint8_t service, uint8_t status, int word)
{
    for (size_t i = 0; status && i < array_length(meanings); i++) {
        bool fits = meanings[i].status == ANY_STATUS || meanings[i].status == status;
        if (fits && meanings[i].object == object && meanings[i].word == word &&
            (meanings[i].service == ANY_SERVICE || meanings[i].service == service))
            return meanings[i].text;
    }
    /* The word of a state conflict repeats the file's state. */
    if (object == CS_OBJECT_FILE && status == 0x0C && word >= 0)
        return cs_field_value_name(CS_F_FILE_STATE, (uint32_t)word);
    return NULL;
}

bool cs_status_harmless(cs_object_id object, uint8_t service, uint8_t status)
{
    bool nothing_to_do = object == CS_OBJECT_CS && service == 0x4E && status == 0xD0;
    bool not_offered = service == 0x01 && status == 0x08;
    return status == 0 || nothing_to_do || not_offered;
}
