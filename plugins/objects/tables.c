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

static const cs_service_row services[] = {
#define CS_SERVICE(object, code, name, request, response, mark, source)                                                \
    {CS_OBJECT_##object, code, name, CS_BODY_##request, CS_BODY_##response, CS_MARK_##mark},
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
    for (size_t i = 0; i < array_length(attributes); i++)
        if (attributes[i].object == object && attributes[i].scope == scope && attributes[i].id == id)
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
    const cs_service_row *common = NULL;
    for (size_t i = 0; i < array_length(services); i++) {
        if (services[i].code != code)
            continue;
        if (services[i].object == object)
            return &services[i];
        if (services[i].object == CS_OBJECT_ANY)
            common = &services[i];
    }
    return common;
}

const cs_member_row *cs_layout(cs_body body, unsigned *count)
{
    *count = member_count[body];
    return *count ? members[body] : NULL;
}
