/* attribute_lists.c
 * Get_Attribute_List and Set_Attribute_List told as messages of one attribute each, so that the model learns the same
 * from them as from Get_Attribute_Single and Set_Attribute_Single (CIP Volume 1, appendix A).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "attribute_lists.h"

#include "../wire/bytes.h"
#include "attributes.h"

/* The objects have fewer attributes; a list of thousands means to cost time. */
#define ENTRIES_MAX 256

/* What an entry holds beside the attribute's number. */
typedef struct {
    bool status, value;
} entry_form;

typedef struct {
    const uint8_t *p;
    uint32_t left, entries; /* octets and entries still to be read */
    uint32_t class_id;
    entry_form form;
} attribute_list;

typedef struct {
    uint32_t attribute;
    uint8_t status;
    const uint8_t *value; /* NULL when it has none */
    uint32_t len;
} list_entry;

static attribute_list list_of(const cs_cip_message *msg, const uint8_t *body, uint32_t len, entry_form form)
{
    attribute_list list = {.class_id = msg->class_id, .form = form};
    if (body && len >= 2) {
        list.entries = cs_le16(body);
        list.p = body + 2;
        list.left = len - 2;
    }
    return list;
}

static bool take_word(attribute_list *list, uint16_t *value)
{
    if (list->left < 2)
        return false;
    *value = cs_le16(list->p);
    list->p += 2;
    list->left -= 2;
    return true;
}

/* Only the last value may have a length that nobody knows. */
static bool take_value(attribute_list *list, list_entry *entry)
{
    int64_t len = list->left;
    if (list->entries)
        len = cs_attribute_length(list->class_id, entry->attribute, list->p, list->left);
    if (len < 0)
        return false;
    entry->value = list->p;
    entry->len = (uint32_t)len;
    list->p += len;
    list->left -= (uint32_t)len;
    return true;
}

/* @return false at the end, and where the list cannot be followed further */
static bool next_entry(attribute_list *list, list_entry *entry)
{
    uint16_t attribute = 0, status = 0;
    *entry = (list_entry){0};
    if (!list->entries || !take_word(list, &attribute) || (list->form.status && !take_word(list, &status)))
        return false;
    list->entries--;
    entry->attribute = attribute;
    entry->status = (uint8_t)status;
    return !list->form.value || entry->status || take_value(list, entry);
}

/* The status of an attribute, else that of the whole response. */
static uint8_t status_in(attribute_list answered, const cs_cip_message *response, uint32_t attribute)
{
    list_entry entry;
    for (unsigned n = 0; n < ENTRIES_MAX && next_entry(&answered, &entry); n++)
        if (entry.attribute == attribute)
            return entry.status;
    return response->status;
}

static cs_cip_message single(const cs_cip_message *msg, uint32_t attribute)
{
    cs_cip_message one = *msg;
    one.service = msg->service == SC_GET_LIST ? SC_GET : SC_SET;
    one.attribute = attribute;
    one.body = one.request_body = NULL;
    one.body_len = one.request_body_len = 0;
    return one;
}

/* What a list says of one attribute, put into the message that is told of it. */
typedef void (*entry_taker)(cs_cip_message *one, const list_entry *entry, const attribute_list *answered);

static unsigned each(const cs_cip_message *msg, attribute_list list, entry_taker take, const attribute_list *answered,
                     cs_message_sink sink, void *user)
{
    list_entry entry;
    unsigned n = 0;
    for (; n < ENTRIES_MAX && next_entry(&list, &entry); n++) {
        cs_cip_message one = single(msg, entry.attribute);
        take(&one, &entry, answered);
        sink(user, &one);
    }
    return n;
}

static void take_asked(cs_cip_message *one, const list_entry *entry, const attribute_list *answered)
{
    (void)answered;
    one->body = entry->value;
    one->body_len = entry->len;
}

/* What was written stands in the request, and what became of it in the response. */
static void take_written(cs_cip_message *one, const list_entry *entry, const attribute_list *answered)
{
    one->status = status_in(*answered, one, entry->attribute);
    one->request_body = entry->value;
    one->request_body_len = entry->len;
}

static void take_answered(cs_cip_message *one, const list_entry *entry, const attribute_list *answered)
{
    take_asked(one, entry, answered);
    one->status = entry->status;
}

bool cs_attribute_list_each(const cs_cip_message *msg, cs_message_sink sink, void *user)
{
    bool set = msg->service == SC_SET_LIST;
    if (!set && msg->service != SC_GET_LIST)
        return false;
    if (!msg->response) {
        attribute_list asked = list_of(msg, msg->body, msg->body_len, (entry_form){.value = set});
        return each(msg, asked, take_asked, NULL, sink, user) > 0;
    }
    attribute_list answered = list_of(msg, msg->body, msg->body_len, (entry_form){.status = true, .value = !set});
    attribute_list written = list_of(msg, msg->request_body, msg->request_body_len, (entry_form){.value = true});
    if (set && each(msg, written, take_written, &answered, sink, user) > 0)
        return true;
    return each(msg, answered, take_answered, NULL, sink, user) > 0;
}
