/* device.h
 * A CIP device that answers: Identity, Connection Manager, TCP/IP Interface, CIP Security (0x5D), EtherNet/IP
 * Security (0x5E), Certificate Management (0x5F) and File (0x37).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_DEVICE_H
#define LAB_DEVICE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "plant.h"

/** A file of class 0x37. */
typedef struct {
    unsigned instance;
    char *name;
    uint8_t encoding, state;
    GByteArray *content;
    uint32_t expected; /**< announced size of a download */
    unsigned next; /**< next transfer number */
} device_file;

/** An instance of class 0x5F. */
typedef struct {
    unsigned instance;
    char *name;
    uint8_t state, status[2]; /**< status: device certificate, CA certificate */
    GByteArray *path[2]; /**< counted paths */
} device_cmo;

typedef struct {
    const lab_node *node;
    uint8_t cs_state, eip_state, old_eip_state;
    uint16_t profiles, profiles_configured;
    GHashTable *eip; /**< attribute -> GByteArray, class 0x5E */
    GPtrArray *cmos; /**< device_cmo* */
    GPtrArray *files; /**< device_file* */
    uint8_t ports; /**< IANA port state, bits as in ListIdentity */
    uint32_t session; /**< last session handle */
    uint32_t connection; /**< last O->T connection id */
    /* how this one behaves */
    const char *csr_pki; /**< fixture whose CSR it hands out, NULL: the node's */
    bool item5; /**< ListIdentity with the old 5-octet security item */
    bool usage_items; /**< ListIdentity with the items 0x87 and 0x88 */
    bool verify_fails; /**< Verify_Certificate answers 0xD0 */
    uint16_t apply_word; /**< Apply_Config fails with this additional status word, 0: it works */
    int unsupported; /**< attribute of 0x5E that this revision does not have, 0: none */
    uint8_t open_status; /**< Forward_Open fails with this status (and open_word), 0: it works */
    uint16_t open_word;
} lab_device;

/** One request, taken apart. */
typedef struct {
    uint8_t service;
    int class_id, instance, attribute; /**< -1: not in the path */
    const uint8_t *body;
    size_t len;
    bool secure; /**< came over TLS or DTLS */
} device_request;

/** A device as it leaves the factory. */
lab_device *device_new(const lab_node *node);
/** Puts it into the state after a deployment. suites: suite ids of its allowed list, ended by 0. */
void device_deployed(lab_device *d, const uint16_t *suites);
void device_free(lab_device *d);
/** Answers one message router request. @param response receives service, status and body. */
void device_serve(lab_device *d, const uint8_t *request, size_t len, bool secure, GByteArray *response);
/** Writes the ListIdentity reply items (identity and, where it has them, security). @return number of items. */
unsigned device_list_identity(const lab_device *d, GByteArray *out);

/* one function a class; each returns the general status and appends the body, *ext is an additional word (-1: none) */
uint8_t device_cip_security(lab_device *d, const device_request *q, GByteArray *out, int *ext);
uint8_t device_eip_security(lab_device *d, const device_request *q, GByteArray *out, int *ext);
uint8_t device_certificates(lab_device *d, const device_request *q, GByteArray *out, int *ext);
uint8_t device_files(lab_device *d, const device_request *q, GByteArray *out, int *ext);

/** @return the file of that instance or NULL. */
device_file *device_find_file(lab_device *d, int instance);
/** Adds a file with content (NULL: empty). */
device_file *device_add_file(lab_device *d, unsigned instance, const char *name, uint8_t encoding, const char *content);
/** Value of an attribute of 0x5E. */
void device_set_eip(lab_device *d, unsigned attribute, const void *value, size_t len);
/** Back to the factory's 0x5E values. */
void device_reset_eip(lab_device *d);

#endif
