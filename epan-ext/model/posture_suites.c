/* posture_suites.c
 * The cipher suites that a device allows against those that its sessions use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/suites.h>

#include "attributes.h"
#include "model_private.h"

#define EIP_INSTANCE 1
#define ATTRIBUTE_ALLOWED 4
#define MAX_SUITES 255

/* The allowed list that was in force when a session was opened; false when the capture does not tell. */
static const cs_attribute_value *list_in_force(const cs_device *dev, const cs_when *opened)
{
    const cs_attribute_value *v =
        cs_device_attribute(dev, CS_CLASS_EIP_SECURITY, EIP_INSTANCE, ATTRIBUTE_ALLOWED);
    if (!v)
        return NULL;
    if (cs_device_pending(dev, v))
        return NULL;
    if (v->written)
        return dev->last_apply.frame <= opened->frame ? v : NULL;
    if (v->at.frame <= opened->frame)
        return v;
    return !dev->last_config.frame || dev->last_config.frame > v->at.frame ? v : NULL;
}

static char *suite_text(uint16_t id)
{
    const cs_suite *suite = cs_suite_find(id);
    return suite ? g_strdup(suite->name) : g_strdup_printf("0x%04X", id);
}

void cs_posture_stream(cs_capture *cap, cs_stream *s, const cs_when *at)
{
    const cs_end *server = cs_stream_server(s);
    const cs_device *dev = server ? cs_capture_find_device(cap, &server->ep.addr) : NULL;
    if (!dev || !s->hs.have_suite || !cs_stream_session_up(s))
        return;
    const cs_attribute_value *v = list_in_force(dev, s->hs.hello.frame ? &s->hs.hello : &s->first);
    if (!v)
        return;
    uint16_t ids[MAX_SUITES];
    unsigned n = cs_suite_list(v->value, v->len, ids, MAX_SUITES);
    for (unsigned i = 0; i < n; i++)
        if (ids[i] == s->hs.suite)
            return;
    char *name = suite_text(s->hs.suite);
    char *detail = g_strdup_printf("%s is not among the %u allowed cipher suites %s in frame %u", name, n,
                                   v->written ? "set" : "read", v->at.frame);
    char *key = g_strdup_printf("stream %u", s->index);
    cs_finding_add(cap, CS_FIND_SUITE_NOT_ALLOWED, s->hs.done.frame ? &s->hs.done : at, s, &dev->addr, key, detail);
    g_free(key);
    g_free(detail);
    g_free(name);
}

void cs_posture_device(cs_capture *cap, cs_device *dev)
{
    const cs_attribute_value *v =
        cs_device_attribute(dev, CS_CLASS_EIP_SECURITY, EIP_INSTANCE, ATTRIBUTE_ALLOWED);
    uint16_t ids[MAX_SUITES];
    unsigned n = v && !cs_device_pending(dev, v) ? cs_suite_list(v->value, v->len, ids, MAX_SUITES) : 0;
    for (unsigned i = 0; i < n; i++)
        if (!cs_suite_integrity_only(ids[i]))
            return;
    if (!n)
        return;
    char addr[CS_ADDR_STRLEN];
    char *detail = g_strdup_printf("%u suite%s %s", n, n == 1 ? "" : "s", v->written ? "set" : "read");
    cs_finding_add(cap, CS_FIND_NULL_SUITES_ONLY, &v->at, NULL, &dev->addr, cs_addr_to_str(&dev->addr, addr), detail);
    g_free(detail);
}

