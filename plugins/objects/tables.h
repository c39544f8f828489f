/* tables.h
 * Rows of attributes.def, services.def and layouts.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_TABLES_H
#define CIPSEC_OBJECTS_TABLES_H

#include "fields.h"

/** How a value is laid out. Codecs of several fields take them from consecutive rows of fields.def, from the named
 *  one on. */
typedef enum {
    CS_CODEC_U8,
    CS_CODEC_U16,
    CS_CODEC_U8_UNCERTAIN, /**< a number whose values are not public */
    CS_CODEC_U16_UNCERTAIN,
    CS_CODEC_U32,
    CS_CODEC_BOOL,
    CS_CODEC_FLAGS8, /**< the field, then its bits */
    CS_CODEC_FLAGS16,
    CS_CODEC_FLAGS32,
    CS_CODEC_SHORT_STRING,
    CS_CODEC_STRINGI,
    CS_CODEC_REVISION, /**< major, minor */
    CS_CODEC_REST,     /**< everything that is left */
    CS_CODEC_SUITES,   /**< count, suite, number without encryption */
    CS_CODEC_CHECK_SAN,
    CS_CODEC_PATH,             /**< counted path */
    CS_CODEC_PATHS,            /**< count, path */
    CS_CODEC_CRL,              /**< count, path */
    CS_CODEC_PSKS,             /**< count, identity size, identity, key size, key, masked, usage */
    CS_CODEC_AUTHORIZATION,    /**< count, class, service, reserved, roles */
    CS_CODEC_CERTIFICATE,      /**< status, path */
    CS_CODEC_CERTIFICATE_LIST, /**< count, name, path */
    CS_CODEC_DIRECTORY,        /**< instance, instance name, file name */
    CS_CODEC_CSR_STRINGS,      /**< nine strings, extra string */
    CS_CODEC_PACKET,           /**< packet type, data, checksum */
    CS_CODEC_PORTS,            /**< count, name, port, protocol, state, capability and its bits */
    CS_CODEC_PROTOCOLS,        /**< count, name, number, state, capability and its bits */
    CS_CODEC_SET_PORTS,        /**< as PORTS, without name and capability */
    CS_CODEC_SET_PROTOCOLS     /**< as PROTOCOLS, without name and capability */
} cs_codec;

typedef enum { CS_SCOPE_CLASS, CS_SCOPE_INSTANCE } cs_scope;
typedef enum { CS_MARK_A, CS_MARK_B, CS_MARK_C } cs_mark;

typedef struct {
    cs_object_id object;
    cs_scope scope;
    uint16_t id;
    const char *name;
    cs_codec codec;
    cs_field field;
    uint8_t gaa; /**< position in Get_Attributes_All, 0 = not in it */
    cs_mark mark;
} cs_attribute_row;

typedef enum { CS_NEED_OPTIONAL, CS_NEED_REQUIRED } cs_necessity;

typedef struct {
    cs_codec codec;
    cs_field field;
    cs_necessity need;
    const char *info; /**< for the Info column, with one %s; NULL = not there */
} cs_member_row;

typedef enum {
    CS_BODY_EMPTY,
    CS_BODY_RAW,
    CS_BODY_ATTRIBUTE,
    CS_BODY_ALL,
    CS_BODY_GET_LIST,
    CS_BODY_GOT_LIST,
    CS_BODY_SET_LIST,
    CS_BODY_WROTE_LIST,
#define CS_LAYOUT(name, members) CS_BODY_##name,
#include "layouts.def"
#undef CS_LAYOUT
    CS_BODY_COUNT
} cs_body;

typedef struct {
    cs_object_id object;
    uint8_t code;
    const char *name;
    cs_body request, response;
    cs_mark mark;
} cs_service_row;

#define CS_MAX_MEMBERS 4

/** @return the row, or NULL for an attribute that no source knows. */
const cs_attribute_row *cs_attribute_find(cs_object_id object, cs_scope scope, uint32_t id);
/** @return the attribute at a position (from 1) of Get_Attributes_All, or NULL behind the last. */
const cs_attribute_row *cs_attribute_at(cs_object_id object, cs_scope scope, unsigned position);
/** @return the object's own row for a service, else the common one, else NULL. */
const cs_service_row *cs_service_find(cs_object_id object, uint8_t code);
/** @return the members of a body, CS_MAX_MEMBERS of them, unused ones with count below; NULL for fixed bodies. */
const cs_member_row *cs_layout(cs_body body, unsigned *count);

#endif
