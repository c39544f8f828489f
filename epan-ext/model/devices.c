/* devices.c
 * Devices by address: identity, security state, attributes, as ListIdentity and the objects told them.
 * What follows from comparing these with the streams is in posture.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/model.h>

#include "attributes.h"
#include "model_private.h"

#include <string.h>

#define MAX_ATTRIBUTES 512
#define MAX_VALUE 1024

#define STATE_CONFIGURED 2

static void attribute_free(gpointer data)
{
    cs_attribute_value *value = data;
    g_free(value->value);
    g_free(value);
}

cs_device *cs_capture_find_device(const cs_capture *cap, const cs_addr *addr)
{
    return g_hash_table_lookup(cap->devices, addr);
}

cs_device *cs_capture_device(cs_capture *cap, const cs_addr *addr)
{
    cs_device *dev = cs_capture_find_device(cap, addr);
    if (dev)
        return dev;
    dev = g_new0(cs_device, 1);
    dev->addr = *addr;
    dev->cs_state = dev->eip_state = dev->ports_advertised = -1;
    dev->attributes = g_ptr_array_new_with_free_func(attribute_free);
    g_hash_table_insert(cap->devices, &dev->addr, dev);
    return dev;
}

void cs_device_free(gpointer data)
{
    cs_device *d = data;
    g_free(d->product_name);
    if (d->attributes)
        g_ptr_array_unref(d->attributes);
    g_free(d);
}

static cs_attribute_value *find_attribute(const cs_device *dev, uint32_t class_id, uint32_t instance,
                                          uint32_t attribute)
{
    for (guint i = 0; i < dev->attributes->len; i++) {
        cs_attribute_value *v = dev->attributes->pdata[i];
        if (v->class_id == class_id && v->instance == instance && v->attribute == attribute)
            return v;
    }
    return NULL;
}

const cs_attribute_value *cs_device_attribute(const cs_device *dev, uint32_t class_id, uint32_t instance,
                                              uint32_t attribute)
{
    return find_attribute(dev, class_id, instance, attribute);
}

static void set_state(cs_device *dev, uint32_t class_id, uint8_t state, const cs_when *at)
{
    if (class_id == CS_CLASS_CIP_SECURITY) {
        dev->cs_state = state;
        if (state != STATE_CONFIGURED)
            memset(&dev->configured_since, 0, sizeof dev->configured_since);
        else if (!dev->configured_since.frame)
            dev->configured_since = *at;
    } else {
        dev->eip_state = state;
    }
}

static char *utf8(const uint8_t *text, uint32_t len)
{
    /* Names are ISO 8859-1 by the standard; many devices send plain ASCII, which is the same in UTF-8. */
    GString *s = g_string_new(NULL);
    for (uint32_t i = 0; i < len && text[i]; i++)
        g_string_append_unichar(s, text[i] < 0x20 ? '?' : text[i]);
    return g_string_free(s, FALSE);
}

static void take_identity(cs_device *dev, uint32_t attribute, const uint8_t *v, uint32_t len)
{
    uint16_t word = len >= 2 ? (uint16_t)(v[0] | v[1] << 8) : 0;
    switch (attribute) {
    case CS_IDENTITY_VENDOR:
        dev->vendor = word;
        break;
    case CS_IDENTITY_TYPE:
        dev->device_type = word;
        break;
    case CS_IDENTITY_CODE:
        dev->product_code = word;
        break;
    case CS_IDENTITY_REVISION:
        dev->major = len >= 2 ? v[0] : 0;
        dev->minor = len >= 2 ? v[1] : 0;
        break;
    case CS_IDENTITY_SERIAL:
        if (len < 4)
            return;
        dev->serial = word | (uint32_t)v[2] << 16 | (uint32_t)v[3] << 24;
        break;
    case CS_IDENTITY_NAME:
        if (len < 1 || v[0] > len - 1)
            return;
        if (dev->product_name && strlen(dev->product_name) == v[0] && !memcmp(dev->product_name, v + 1, v[0]))
            break; /* told again */
        g_free(dev->product_name);
        dev->product_name = utf8(v + 1, v[0]);
        break;
    default:
        return;
    }
    if (len >= 2)
        dev->identity |= (uint8_t)(1u << attribute);
}

/* Attribute 14 of 0xF5: which of the five IANA ports are open, as the bits of the ListIdentity item. */
static void take_port_admin(cs_device *dev, const uint8_t *v, uint32_t len)
{
    static const struct {
        uint16_t port;
        uint8_t protocol, bit;
    } ports[] = {{44818, 6, 0x01}, {44818, 17, 0x02}, {2222, 17, 0x04}, {2221, 6, 0x08}, {2221, 17, 0x10}};
    uint32_t at = 1;
    int bits = 0;
    for (int n = len ? v[0] : 0; n > 0; n--) {
        if (at >= len || len - at < v[at] + 6u)
            return;
        at += 1u + v[at];
        for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
            if (ports[i].port == (v[at] | v[at + 1] << 8) && ports[i].protocol == v[at + 2] && v[at + 3] == 1)
                bits |= ports[i].bit;
        at += 5;
    }
    if (len)
        dev->ports_advertised = bits;
}

/* The keys themselves are secrets that nothing downstream needs. */
static uint32_t strip_keys(uint8_t *value, uint32_t len)
{
    cs_psk psk[CS_PSK_MAX];
    int n = cs_psk_parse(value, len, psk, CS_PSK_MAX);
    if (n < 0)
        return len ? 1 : 0;
    for (int i = 0; i < n; i++)
        memset(value + psk[i].key, 0, psk[i].key_len);
    return len;
}

static void store(cs_device *dev, uint32_t class_id, uint32_t instance, uint32_t attribute, const uint8_t *value,
                  uint32_t len, const cs_when *at, bool written)
{
    cs_attribute_value *v = find_attribute(dev, class_id, instance, attribute);
    if (len > MAX_VALUE || (!v && dev->attributes->len >= MAX_ATTRIBUTES))
        return;
    bool keys = class_id == CS_CLASS_EIP_SECURITY && attribute == 5;
    /* Devices answer every read of the keys with an empty list, which says nothing about what they hold. */
    if (keys && !written && v && v->written && len == 1)
        return;
    if (!v) {
        v = g_new0(cs_attribute_value, 1);
        v->class_id = class_id;
        v->instance = instance;
        v->attribute = attribute;
        g_ptr_array_add(dev->attributes, v);
    }
    g_free(v->value);
    v->value = g_malloc(len + 1);
    if (len)
        memcpy(v->value, value, len);
    v->len = keys ? strip_keys(v->value, len) : len;
    v->at = *at;
    v->written = written;
}

typedef struct {
    cs_device *dev;
    const cs_cip_message *msg;
    bool written;
} sink_context;

static void take_attribute(void *user, uint32_t attribute, const uint8_t *value, uint32_t len)
{
    const sink_context *ctx = user;
    uint32_t class_id = ctx->msg->class_id;
    cs_device *dev = ctx->dev;
    if (class_id == CS_CLASS_IDENTITY) {
        take_identity(dev, attribute, value, len);
        return;
    }
    bool instance = ctx->msg->instance != 0 && ctx->msg->instance != CS_CIP_UNSET;
    if (instance && attribute == 1 && len >= 1 &&
        (class_id == CS_CLASS_CIP_SECURITY || class_id == CS_CLASS_EIP_SECURITY))
        set_state(dev, class_id, value[0], &ctx->msg->at);
    if (instance && class_id == CS_CLASS_CIP_SECURITY && len >= 2 && (attribute == 2 || attribute == 3)) {
        uint16_t bits = (uint16_t)(value[0] | value[1] << 8);
        if (attribute == 2) {
            dev->profiles = bits;
            dev->security_item_seen = true;
        } else {
            dev->profiles_configured = bits;
            dev->have_profiles_configured = true;
        }
    }
    if (instance && class_id == CS_CLASS_TCPIP && attribute == 14)
        take_port_admin(dev, value, len);
    store(dev, class_id, ctx->msg->instance == CS_CIP_UNSET ? 0 : ctx->msg->instance, attribute, value, len,
          &ctx->msg->at, ctx->written);
}

static bool kept_class(uint32_t class_id)
{
    return class_id == CS_CLASS_IDENTITY || class_id == CS_CLASS_CIP_SECURITY || class_id == CS_CLASS_EIP_SECURITY ||
           class_id == CS_CLASS_CERT_MGMT || class_id == CS_CLASS_TCPIP;
}

/* A reset puts back what a tool can set; what that is then nobody told. */
static void forget_configuration(cs_device *dev)
{
    for (guint i = dev->attributes->len; i-- > 0;) {
        const cs_attribute_value *v = dev->attributes->pdata[i];
        bool fixed = v->class_id == CS_CLASS_EIP_SECURITY && (v->attribute < 4 || v->attribute == 18);
        if (v->written || (v->class_id == CS_CLASS_EIP_SECURITY && !fixed) || v->class_id == CS_CLASS_CERT_MGMT)
            g_ptr_array_remove_index(dev->attributes, i);
    }
}

bool cs_device_pending(const cs_device *dev, const cs_attribute_value *v)
{
    return v->written && v->class_id == CS_CLASS_EIP_SECURITY && dev->last_apply.frame < v->at.frame;
}

/* Abort_Config: what was written did not take effect, and what was there before is not kept. */
static void forget_pending(cs_device *dev)
{
    for (guint i = dev->attributes->len; i-- > 0;)
        if (cs_device_pending(dev, dev->attributes->pdata[i]))
            g_ptr_array_remove_index(dev->attributes, i);
}

static void observe_change(cs_device *dev, const cs_cip_message *msg)
{
    bool security = msg->class_id == CS_CLASS_CIP_SECURITY || msg->class_id == CS_CLASS_EIP_SECURITY;
    if (!security && msg->class_id != CS_CLASS_CERT_MGMT)
        return;
    if (msg->service == SC_SET)
        dev->last_config = msg->at;
    if (msg->service == SC_ABORT_OR_CLEANUP && msg->class_id == CS_CLASS_EIP_SECURITY)
        forget_pending(dev);
    if (!security || (msg->service != SC_APPLY_OR_END && msg->service != SC_RESET))
        return;
    dev->last_config = dev->last_apply = msg->at;
    if (msg->class_id != CS_CLASS_CIP_SECURITY)
        return;
    if (msg->service == SC_RESET) {
        memset(&dev->configured_since, 0, sizeof dev->configured_since);
        forget_configuration(dev);
    } else if (!dev->configured_since.frame) {
        dev->configured_since = msg->at;
    }
}

void cs_devices_observe(cs_capture *cap, const cs_cip_message *msg)
{
    cs_addr device, tool;
    if (!msg->response || msg->status != 0 || !kept_class(msg->class_id) || !cs_cip_device(msg, &device, &tool))
        return;
    cs_device **at_end = &msg->stream->device[msg->sender], *dev = *at_end; /* who answers is the device */
    if (!dev)
        dev = *at_end = cs_capture_device(cap, &device);
    sink_context ctx = {dev, msg, msg->service == SC_SET};
    observe_change(dev, msg);
    if (msg->service == SC_GET && msg->attribute != CS_CIP_UNSET)
        take_attribute(&ctx, msg->attribute, msg->body, msg->body_len);
    else if (msg->service == SC_SET && msg->attribute != CS_CIP_UNSET && msg->request_body)
        take_attribute(&ctx, msg->attribute, msg->request_body, msg->request_body_len);
    else if (msg->service == SC_GET_ALL && msg->instance != 0 && msg->instance != CS_CIP_UNSET)
        cs_attributes_split(msg->class_id, msg->body, msg->body_len, take_attribute, &ctx);
    cap->any_configured |= dev->configured_since.frame != 0;
}

void cs_observe_identity(cs_capture *cap, const cs_identity *id)
{
    if (id->device.family == 0)
        return;
    cs_device *dev = cs_capture_device(cap, &id->device);
    cap->finished = false;
    if (id->have_identity) {
        dev->identity = 1 << CS_IDENTITY_VENDOR | 1 << CS_IDENTITY_TYPE | 1 << CS_IDENTITY_CODE |
                        1 << CS_IDENTITY_REVISION | 1 << CS_IDENTITY_SERIAL | 1 << CS_IDENTITY_NAME;
        dev->vendor = id->vendor;
        dev->device_type = id->device_type;
        dev->product_code = id->product_code;
        dev->major = id->major;
        dev->minor = id->minor;
        dev->serial = id->serial;
        if (id->product_name) {
            g_free(dev->product_name);
            dev->product_name = g_strdup(id->product_name);
        }
    }
    if (id->have_security) {
        dev->security_item_seen = true;
        dev->profiles = id->profiles;
        set_state(dev, CS_CLASS_CIP_SECURITY, id->cs_state, &id->at);
        set_state(dev, CS_CLASS_EIP_SECURITY, id->eip_state, &id->at);
        cap->any_configured |= dev->configured_since.frame != 0;
        dev->ports_advertised = id->ports;
        if (id->profiles_configured >= 0) {
            dev->profiles_configured = (uint16_t)id->profiles_configured;
            dev->have_profiles_configured = true;
        }
    }
    if (id->have_capability) {
        dev->capability = id->capability;
        dev->have_capability = true;
    }
    if (id->have_usage) {
        dev->usage = id->usage;
        dev->have_usage = true;
    }
}
