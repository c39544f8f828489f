/* identity.c
 * Items of ListIdentity replies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/cpf.h>
#include <cipsec/identity.h>

#include "bytes.h"

#include <string.h>

/* Identity item: version 2, socket address 16, then the Identity object's attributes. */
#define IDENTITY_ATTRIBUTES 18
#define IDENTITY_FIXED 33 /* up to and with the length of the product name */
#define SECURITY_OLD 5
#define SECURITY_NEW 7

static void take_identity(cs_identity_reply *reply, const cs_cpf_item *item)
{
    if (item->len < IDENTITY_FIXED)
        return;
    const uint8_t *p = item->data + IDENTITY_ATTRIBUTES;
    cs_identity *f = &reply->facts;
    f->have_identity = true;
    f->vendor = cs_le16(p);
    f->device_type = cs_le16(p + 2);
    f->product_code = cs_le16(p + 4);
    f->major = p[6];
    f->minor = p[7];
    f->serial = cs_le32(p + 10);
    size_t len = p[14];
    if (len > (size_t)item->len - IDENTITY_FIXED)
        len = item->len - IDENTITY_FIXED;
    memcpy(reply->name, p + 15, len);
    reply->name[len] = '\0';
    f->product_name = reply->name;
}

static void take_security(cs_identity *f, const cs_cpf_item *item)
{
    if (item->len < SECURITY_OLD)
        return;
    f->have_security = true;
    f->profiles = cs_le16(item->data);
    f->cs_state = item->data[2];
    f->eip_state = item->data[3];
    f->ports = item->data[4];
    f->profiles_configured = item->len >= SECURITY_NEW ? cs_le16(item->data + 5) : -1;
}

static bool take_item(cs_identity_reply *reply, const cs_cpf_item *item)
{
    cs_identity *f = &reply->facts;
    switch (item->type) {
    case CS_CPF_LIST_IDENTITY:
        take_identity(reply, item);
        return true;
    case CS_CPF_CIP_SECURITY:
        take_security(f, item);
        return true;
    case CS_CPF_CAPABILITY:
        f->have_capability = item->len >= 4;
        f->capability = f->have_capability ? cs_le32(item->data) : 0;
        return true;
    case CS_CPF_USAGE:
        f->have_usage = item->len >= 4;
        f->usage = f->have_usage ? cs_le32(item->data) : 0;
        return true;
    default:
        return false;
    }
}

bool cs_identity_read(const uint8_t *cpf, size_t len, cs_identity_reply *reply)
{
    cs_cpf_walk walk;
    cs_cpf_item item;
    memset(reply, 0, sizeof *reply);
    reply->facts.profiles_configured = -1;
    if (!cs_cpf_start(&walk, cpf, len))
        return false;
    while (reply->n_items < CS_IDENTITY_ITEMS && cs_cpf_next(&walk, &item))
        if (take_item(reply, &item))
            reply->items[reply->n_items++] = (cs_identity_item){item.type, item.len, (size_t)(item.data - cpf)};
    reply->used = (size_t)(walk.at - cpf);
    return reply->n_items > 0;
}
