/* fields.h
 * The fields of the objects and Wireshark's own fields for the same values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_OBJECTS_FIELDS_H
#define CIPSEC_OBJECTS_FIELDS_H

#include "../plugin.h"

typedef enum {
    CS_OBJECT_CS,
    CS_OBJECT_EIP,
    CS_OBJECT_CM,
    CS_OBJECT_FILE,
    CS_OBJECT_TCPIP,
    CS_OBJECT_COUNT,
    CS_OBJECT_ANY = CS_OBJECT_COUNT
} cs_object_id;

/** Common fields are numbered apart: they exist once an object. */
#define CS_F_COMMON 1000

typedef enum {
#define CS_FIELD(object, symbol, type, display, strings, mask, stock, abbrev, name, blurb) CS_F_##object##_##symbol,
#include "fields.def"
#undef CS_FIELD
    CS_F_COUNT,
    CS_F_COMMON_FIRST = CS_F_COMMON - 1,
#define CS_COMMON(symbol, type, display, stock, abbrev, name, blurb) CS_F_COMMON_##symbol,
#include "common.def"
#undef CS_COMMON
    CS_F_COMMON_END
} cs_field;

typedef struct {
    cs_object_id id;
    uint32_t class_id;
    const char *name; /**< long name of the protocol */
    const char *short_name;
    const char *filter; /**< "cipsec.cs" */
    int proto;
} cs_object;

/** @return the row of an object. Static storage. */
cs_object *cs_object_get(cs_object_id id);
/** @return the object of a class that the suite decodes wholly (not 0xF5), or NULL. */
const cs_object *cs_object_of_class(uint32_t class_id);
/** Wireshark's id of a field; common fields are those of the object. */
int cs_field_hf(cs_object_id object, cs_field field);
/** Wireshark's own field for the same value, or -1 when this version has none of a fitting type. */
int cs_field_stock(cs_object_id object, cs_field field);
/** Display mask of a field; non-zero for the bits of a flag field. */
uint64_t cs_field_mask(cs_field field);
const char *cs_field_name(cs_field field);
/** @return true for a number that is shown in hexadecimal. */
bool cs_field_is_hex(cs_field field);
/** @return the value's name ("Configured"), or NULL. */
const char *cs_field_value_name(cs_field field, uint32_t value);
/** Stock field by name and exact type, -1 when it is not registered so. For fields outside the tables. */
int cs_stock_field(const char *name, enum ftenum type);
/** @return "Set_Attribute_Single", or NULL for an unknown code. */
const char *cs_service_name(cs_object_id object, uint8_t service);

void cs_fields_register(void);
/** Looks Wireshark's own fields up; after all registrations. */
void cs_fields_handoff(void);

extern int ett_cs_object, ett_cs_attribute, ett_cs_list, ett_cs_entry, ett_cs_flags, ett_cs_path, ett_cs_file,
    ett_cs_parts, ett_cs_part;

#endif
