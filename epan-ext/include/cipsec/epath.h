/* epath.h
 * Walks a padded EPATH, the way CIP names a class, an instance and an attribute.
 *
 * Scope: logical segments of 8, 16 and 32 bits, electronic keys, port, network, symbolic and data segments.
 * Anything else ends the walk. Nothing is ever read past the given length.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_EPATH_H
#define CIPSEC_EPATH_H

#include <cipsec/types.h>

#include <stddef.h>

typedef enum {
    CS_SEGMENT_PORT,
    CS_SEGMENT_LOGICAL,
    CS_SEGMENT_KEY, /**< electronic key */
    CS_SEGMENT_NETWORK,
    CS_SEGMENT_SYMBOLIC,
    CS_SEGMENT_DATA
} cs_segment_kind;

typedef enum {
    CS_LOGICAL_CLASS = 0,
    CS_LOGICAL_INSTANCE = 1,
    CS_LOGICAL_MEMBER = 2,
    CS_LOGICAL_CONNECTION_POINT = 3,
    CS_LOGICAL_ATTRIBUTE = 4,
    CS_LOGICAL_SPECIAL = 5,
    CS_LOGICAL_SERVICE = 6
} cs_logical_kind;

typedef struct {
    cs_segment_kind kind;
    size_t offset; /**< of the segment in the path */
    size_t len;
    cs_logical_kind logical; /**< of CS_SEGMENT_LOGICAL */
    uint32_t value;          /**< of CS_SEGMENT_LOGICAL */
    size_t value_offset;     /**< of CS_SEGMENT_LOGICAL */
    unsigned value_len;      /**< 1, 2 or 4 */
} cs_segment;

/** Reads the segment at *offset and moves *offset behind it.
 *  @return false at the end of the path, or when the segment is unknown or does not fit (*offset stays). */
bool cs_epath_next(const uint8_t *path, size_t len, size_t *offset, cs_segment *segment);

/** What a path leads to; CS_CIP_UNSET-like UINT32_MAX for what it does not name. */
typedef struct {
    uint32_t class_id, instance, attribute, member, connection_point;
    bool complete; /**< every octet of the path was understood */
} cs_epath_target;

/** Parses a whole path. The last segment of a kind wins, as for routing through several objects. */
void cs_epath_parse(const uint8_t *path, size_t len, cs_epath_target *target);

#define CS_EPATH_STRLEN 96
/** @return the name of a class that CIP Security deals with ("Certificate Management"), or NULL. Static. */
const char *cs_class_name(uint32_t class_id);
/** Writes "Certificate Management instance 3", "class 0x64 instance 1 attribute 2" or "none". @return buf */
const char *cs_epath_to_str(const cs_epath_target *target, char buf[CS_EPATH_STRLEN]);

#endif
