/* fields.c
 * Registers the fields of the objects and finds Wireshark's own fields for the same values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fields.h"

#include "status.h"
#include "strings.h"

#include <epan/unit_strings.h>

static cs_object objects[CS_OBJECT_COUNT] = {
    {CS_OBJECT_CS, 0x5D, "CIP Security Object", "CIP Security Object", "cipsec.cs", CS_ID_INIT},
    {CS_OBJECT_EIP, 0x5E, "EtherNet/IP Security Object", "EtherNet/IP Security Object", "cipsec.eip", CS_ID_INIT},
    {CS_OBJECT_CM, 0x5F, "Certificate Management Object", "Certificate Management Object", "cipsec.cm", CS_ID_INIT},
    {CS_OBJECT_FILE, 0x37, "CIP File Object", "CIP File Object", "cipsec.file", CS_ID_INIT},
    {CS_OBJECT_TCPIP, 0xF5, "TCP/IP Interface Object (security)", "TCP/IP Interface Object (security)", "cipsec.tcpip",
     CS_ID_INIT},
};

int ett_cs_object = CS_ID_INIT, ett_cs_attribute = CS_ID_INIT, ett_cs_list = CS_ID_INIT, ett_cs_entry = CS_ID_INIT,
    ett_cs_flags = CS_ID_INIT, ett_cs_path = CS_ID_INIT, ett_cs_file = CS_ID_INIT, ett_cs_parts = CS_ID_INIT,
    ett_cs_part = CS_ID_INIT;

typedef struct {
    cs_object_id object;
    enum ftenum type;
    int display;
    const void *strings;
    uint64_t mask;
    const char *stock, *abbrev, *name, *blurb;
} field_row;

#define COMMON_COUNT (CS_F_COMMON_END - CS_F_COMMON)

/* Stands for the names of the cipher suites, which exist only at run time. */
static const value_string suites_later[] = {{0, NULL}};
#define CS_SUITE_NAMES VALS(suites_later)
/* Stand for Wireshark's units, whose addresses are known at run time only. */
static const char seconds[] = "s", milliseconds[] = "ms";
#define CS_SECONDS seconds
#define CS_MILLISECONDS milliseconds

static const field_row rows[CS_F_COUNT] = {
#define CS_FIELD(object, symbol, type, display, strings, mask, stock, abbrev, name, blurb)                             \
    {CS_OBJECT_##object, type, display, strings, mask, stock, abbrev, name, blurb},
#include "fields.def"
#undef CS_FIELD
};

static const field_row common_rows[COMMON_COUNT] = {
#define CS_COMMON(symbol, type, display, stock, abbrev, name, blurb)                                                   \
    {CS_OBJECT_ANY, type, display, NULL, 0, stock, abbrev, name, blurb},
#include "common.def"
#undef CS_COMMON
};

static const struct {
    cs_object_id object;
    uint8_t code;
    const char *name;
} service_names[] = {
#define CS_SERVICE(object, code, name, request, response, mark, source) {CS_OBJECT_##object, code, name},
#include "services.def"
#undef CS_SERVICE
};

static int hf[CS_F_COUNT], hf_common[CS_OBJECT_COUNT][COMMON_COUNT];
static int stock[CS_F_COUNT], stock_common[COMMON_COUNT];

cs_object *cs_object_get(cs_object_id id)
{
    return &objects[id];
}

const cs_object *cs_object_of_class(uint32_t class_id)
{
    for (int id = 0; id < CS_OBJECT_TCPIP; id++)
        if (objects[id].class_id == class_id)
            return &objects[id];
    return NULL;
}

static const field_row *row_of(cs_field field)
{
    return field >= CS_F_COMMON ? &common_rows[field - CS_F_COMMON] : &rows[field];
}

int cs_field_hf(cs_object_id object, cs_field field)
{
    return field >= CS_F_COMMON ? hf_common[object][field - CS_F_COMMON] : hf[field];
}

int cs_field_stock(cs_object_id object, cs_field field)
{
    (void)object;
    return field >= CS_F_COMMON ? stock_common[field - CS_F_COMMON] : stock[field];
}

uint64_t cs_field_mask(cs_field field)
{
    return row_of(field)->mask;
}

const char *cs_field_name(cs_field field)
{
    return row_of(field)->name;
}

bool cs_field_is_hex(cs_field field)
{
    return row_of(field)->type != FT_BOOLEAN && row_of(field)->display == BASE_HEX;
}

const char *cs_field_value_name(cs_field field, uint32_t value)
{
    const field_row *row = row_of(field);
    if (row->strings == suites_later)
        return try_val_to_str(value, cs_suite_names);
    if (!row->strings || row->type == FT_BOOLEAN || (row->display & BASE_UNIT_STRING))
        return NULL;
    return try_val_to_str(value, row->strings);
}

const char *cs_service_name(cs_object_id object, uint8_t service)
{
    const char *name = NULL;
    for (size_t i = 0; i < array_length(service_names); i++) {
        if (service_names[i].code != service)
            continue;
        if (service_names[i].object == object)
            return service_names[i].name;
        if (service_names[i].object == CS_OBJECT_ANY)
            name = service_names[i].name;
    }
    return name;
}

static value_string *service_values(cs_object_id object)
{
    value_string *values = wmem_alloc0_array(wmem_epan_scope(), value_string, 129);
    unsigned n = 0;
    for (unsigned code = 0; code < 128; code++)
        if (cs_service_name(object, (uint8_t)code)) {
            values[n].value = code;
            values[n++].strptr = cs_service_name(object, (uint8_t)code);
        }
    return values;
}

static void fill(hf_register_info *info, int *id, const field_row *row, const cs_object *object, const void *strings)
{
    *id = CS_ID_INIT;
    info->p_id = id;
    header_field_info field = {row->name,  wmem_strdup_printf(wmem_epan_scope(), "%s.%s", object->filter, row->abbrev),
                               row->type,  row->display,
                               strings,    row->mask,
                               row->blurb, HFILL};
    info->hfinfo = field;
}

/* Names of a common field's values, which may depend on the object. */
static const void *common_strings(cs_object_id id, int field)
{
    switch (field) {
    case CS_F_COMMON_SERVICE:
        return service_values(id);
    case CS_F_COMMON_STATUS:
    case CS_F_COMMON_ATTRIBUTE_STATUS:
        return cs_status_names;
    default:
        return NULL;
    }
}

static const void *strings_of(const field_row *row)
{
    return row->strings == suites_later   ? (const void *)cs_suite_names
           : row->strings == seconds      ? &units_second_seconds
           : row->strings == milliseconds ? &units_milliseconds
                                          : row->strings;
}

static void register_object(cs_object_id id)
{
    cs_object *object = &objects[id];
    object->proto = proto_register_protocol(object->name, object->short_name, object->filter);
    hf_register_info *info = wmem_alloc0_array(wmem_epan_scope(), hf_register_info, CS_F_COUNT + COMMON_COUNT);
    int n = 0;
    for (int i = 0; i < COMMON_COUNT; i++)
        fill(&info[n++], &hf_common[id][i], &common_rows[i], object, common_strings(id, CS_F_COMMON + i));
    for (int i = 0; i < CS_F_COUNT; i++)
        if (rows[i].object == id)
            fill(&info[n++], &hf[i], &rows[i], object, strings_of(&rows[i]));
    proto_register_field_array(object->proto, info, n);
}

void cs_fields_register(void)
{
    static int *ett[] = {&ett_cs_object, &ett_cs_attribute, &ett_cs_list,  &ett_cs_entry, &ett_cs_flags,
                         &ett_cs_path,   &ett_cs_file,      &ett_cs_parts, &ett_cs_part};
    cs_strings_register();
    for (int id = 0; id < CS_OBJECT_COUNT; id++)
        register_object(id);
    proto_register_subtree_array(ett, array_length(ett));
}

/* Several fields may share one name; they are chained both ways. Calls found for each until it returns true. */
static header_field_info *same_name(const char *name, bool (*fits)(const header_field_info *, enum ftenum),
                                    enum ftenum type)
{
    header_field_info *info = proto_registrar_get_byname(name);
    if (!info)
        return NULL;
    while (info->same_name_prev_id > 0) {
        header_field_info *prev = proto_registrar_get_nth((unsigned)info->same_name_prev_id);
        if (!prev)
            break;
        info = prev;
    }
    while (info && !fits(info, type))
        info = info->same_name_next;
    return info;
}

static bool is_integer(enum ftenum type)
{
    return (type >= FT_CHAR && type <= FT_UINT64) || type == FT_BOOLEAN;
}

static bool same_type(const header_field_info *info, enum ftenum type)
{
    return info->type == type;
}

/* Values of equal layout may have another type in another version: flags as booleans, keys as text. */
static bool similar_type(const header_field_info *info, enum ftenum type)
{
    if (is_integer(info->type) && is_integer(type))
        return true;
    bool octets = info->type == FT_BYTES || info->type == FT_STRING;
    return octets && (type == FT_BYTES || type == FT_STRING);
}

int cs_stock_field(const char *name, enum ftenum type)
{
    header_field_info *info = same_name(name, same_type, type);
    return info ? info->id : -1;
}

static int stock_of(const field_row *row)
{
    if (!row->stock)
        return -1;
    header_field_info *info = same_name(row->stock, same_type, row->type);
    if (!info)
        info = same_name(row->stock, similar_type, row->type);
    return info ? info->id : -1;
}

void cs_fields_handoff(void)
{
    for (int i = 0; i < CS_F_COUNT; i++)
        stock[i] = stock_of(&rows[i]);
    for (int i = 0; i < COMMON_COUNT; i++)
        stock_common[i] = stock_of(&common_rows[i]);
}
