/* tables.c
 * Finds rows of the tables of attributes, services and bodies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables.h"

static const cs_attribute_row attributes[] = {
#define CS_ATTRIBUTE(object, scope, id, name, codec, field, gaa, mark, source)                                         \
    {CS_OBJECT_##object, CS_SCOPE_##scope, id, name, CS_CODEC_##codec, CS_F_##field, gaa, CS_MARK_##mark},
#include "attributes.def"
#undef CS_ATTRIBUTE
};

/* What is looked for, apart from the rows: it fills some lines of the cache, the rows fill some hundred. */
#define ATTRIBUTE_KEY(object, scope, id) ((uint32_t)(object) << 24 | (uint32_t)(scope) << 16 | (id))
static const uint32_t attribute_keys[] = {
#define CS_ATTRIBUTE(object, scope, id, name, codec, field, gaa, mark, source)                                         \
    ATTRIBUTE_KEY(CS_OBJECT_##object, CS_SCOPE_##scope, id),
#include "attributes.def"
#undef CS_ATTRIBUTE
};

static const cs_service_row services[] = {
#define CS_SERVICE(object, code, name, request, response, mark, source)                                                \
    {CS_OBJECT_##object, code, name, CS_BODY_##request, CS_BODY_##response, CS_MARK_##mark},
#include "services.def"
#undef CS_SERVICE
};

#define SERVICE_KEY(object, code) ((uint16_t)((object) << 8 | (code)))
static const uint16_t service_keys[] = {
#define CS_SERVICE(object, code, name, request, response, mark, source) SERVICE_KEY(CS_OBJECT_##object, code),
#include "services.def"
#undef CS_SERVICE
};

#define CS_MEMBER(codec, field, need, info) {CS_CODEC_##codec, CS_F_##field, CS_NEED_##need, info},
static const cs_member_row members[CS_BODY_COUNT][CS_MAX_MEMBERS] = {
#define CS_LAYOUT(name, rows) [CS_BODY_##name] = {rows},
#include "layouts.def"
#undef CS_LAYOUT
};
static const uint8_t member_count[CS_BODY_COUNT] = {
#define CS_LAYOUT(name, rows) [CS_BODY_##name] = sizeof((const cs_member_row[]){rows}) / sizeof(cs_member_row),
#include "layouts.def"
#undef CS_LAYOUT
};
#undef CS_MEMBER

const cs_attribute_row *cs_attribute_find(cs_object_id object, cs_scope scope, uint32_t id)
{
    uint32_t key = ATTRIBUTE_KEY(object, scope, id);
    for (size_t i = 0; id <= UINT16_MAX && i < array_length(attribute_keys); i++)
        if (attribute_keys[i] == key)
            return &attributes[i];
    return NULL;
}

const cs_attribute_row *cs_attribute_at(cs_object_id object, cs_scope scope, unsigned position)
{
    for (size_t i = 0; position && i < array_length(attributes); i++)
        if (attributes[i].object == object && attributes[i].scope == scope && attributes[i].gaa == position)
            return &attributes[i];
    return NULL;
}

const cs_service_row *cs_service_find(cs_object_id object, uint8_t code)
{
    uint16_t own = SERVICE_KEY(object, code), any = SERVICE_KEY(CS_OBJECT_ANY, code);
    const cs_service_row *common = NULL;
    for (size_t i = 0; i < array_length(service_keys); i++) {
        if (service_keys[i] == own)
            return &services[i];
        if (service_keys[i] == any)
            common = &services[i];
    }
    return common;
}

const cs_member_row *cs_layout(cs_body body, unsigned *count)
{
    *count = member_count[body];
    return *count ? members[body] : NULL;
}
