/* deploy_checks.c
 * What a configuration message gives away or does too late: clear text, exposed keys, the session timer, the clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "deploy_private.h"

#define NS_PER_S INT64_C(1000000000)
#define KICK_LIMIT (10 * NS_PER_S) /* session timer of a public device stack; products may differ */
#define CLOCK_LIMIT NS_PER_S /* reordered packets go back by less */

/* Of the EtherNet/IP Security object. */
enum { ATTRIBUTE_ALLOWED = 4, ATTRIBUTE_KEYS = 5, ATTRIBUTE_CERTIFICATES = 6, ATTRIBUTE_TRUSTED = 7 };

static void clear_text(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind)
{
    const cs_stream *s = msg->stream;
    bool clear = s && (s->transport == CS_TRANSPORT_TCP || s->transport == CS_TRANSPORT_UDP);
    if (!clear || kind == CS_STEP_READ || kind == CS_STEP_KICK || msg->response)
        return;
    char key[64];
    g_snprintf(key, sizeof key, "stream %u", s->index);
    cs_finding_add(cap, CS_FIND_CLEAR_TEXT_CONFIGURATION, &msg->at, msg->stream, &d->device, key, NULL);
}

static void count_keys(void *user, uint32_t attribute, const uint8_t *value, uint32_t len)
{
    cs_psk psk[CS_PSK_MAX];
    unsigned *keys = user;
    int n = attribute == ATTRIBUTE_KEYS ? cs_psk_parse(value, len, psk, CS_PSK_MAX) : 0;
    for (int i = 0; i < n; i++)
        *keys += psk[i].key_len > 0;
}

/* Keys are written in requests; a device that answers a read with more than an empty list gives them away too. */
static unsigned keys_in(const cs_cip_message *msg)
{
    unsigned keys = 0;
    if (msg->service == (msg->response ? SC_GET : SC_SET))
        count_keys(&keys, msg->attribute, msg->body, msg->body_len);
    else if (msg->service == (msg->response ? SC_GET_ALL : SC_SET_ALL) && msg->instance != 0)
        cs_attributes_split(msg->class_id, msg->body, msg->body_len, count_keys, &keys);
    return keys;
}

void cs_deploy_check_keys(cs_capture *cap, const cs_deployment *d, const cs_cip_message *msg)
{
    const cs_stream *s = msg->stream;
    bool readable = s && (s->conf == CS_CONF_NONE || s->conf == CS_CONF_AUTHENTICATED ||
                          s->transport == CS_TRANSPORT_TCP || s->transport == CS_TRANSPORT_UDP);
    unsigned keys = readable && msg->class_id == CS_CLASS_EIP_SECURITY ? keys_in(msg) : 0;
    if (!keys)
        return;
    char key[64], *detail = g_strdup_printf("%u key%s, %s", keys, keys == 1 ? "" : "s",
                                            s->conf == CS_CONF_AUTHENTICATED ? "integrity only" : "in clear text");
    g_snprintf(key, sizeof key, "frame %u", msg->at.frame);
    cs_finding_add(cap, CS_FIND_PSK_EXPOSED, &msg->at, msg->stream, &d->device, key, detail);
    g_free(detail);
}

static void check_timer(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg)
{
    if (!cs_deploy_is_open(d) || !d->alive.frame || msg->at.ns - d->alive.ns <= KICK_LIMIT)
        return;
    double gap = (double)(msg->at.ns - d->alive.ns) / 1e9;
    char *text = g_strdup_printf("%.1f s without Kick_Timer inside the session", gap);
    cs_deploy_add_step(d, CS_STEP_NOTE, &msg->at, CS_OUTCOME_NOTE, g_strdup(text));
    char key[64];
    g_snprintf(key, sizeof key, "frame %u", d->alive.frame);
    cs_finding_add(cap, CS_FIND_CONFIG_KICK_LATE, &msg->at, msg->stream, &d->device, key, text);
    g_free(text);
    d->alive = msg->at;
}

static void check_clock(cs_deployment *d, const cs_cip_message *msg)
{
    int64_t back = d->idle_since.ns - msg->at.ns;
    if (back < CLOCK_LIMIT)
        return;
    cs_deploy_add_step(d, CS_STEP_NOTE, &msg->at, CS_OUTCOME_NOTE,
                       g_strdup_printf("The capture's clock jumps back by %.3f s", (double)back / 1e9));
}

static bool emptied(const cs_device *dev, const cs_deployment *d, uint32_t attribute)
{
    const cs_attribute_value *v = cs_device_attribute(dev, CS_CLASS_EIP_SECURITY, 1, attribute);
    return v && v->written && v->at.frame >= d->start.frame && v->len && v->value[0] == 0;
}

bool cs_deploy_takes_away(const cs_device *dev, const cs_deployment *d)
{
    if (!dev)
        return false;
    const cs_attribute_value *keys = cs_device_attribute(dev, CS_CLASS_EIP_SECURITY, 1, ATTRIBUTE_KEYS);
    bool keys_left = keys && keys->len && keys->value[0] != 0;
    return !keys_left && emptied(dev, d, ATTRIBUTE_CERTIFICATES) &&
           (emptied(dev, d, ATTRIBUTE_ALLOWED) || emptied(dev, d, ATTRIBUTE_TRUSTED));
}

void cs_deploy_check_request(cs_capture *cap, cs_deployment *d, const cs_cip_message *msg, cs_step_kind kind)
{
    check_clock(d, msg);
    clear_text(cap, d, msg, kind);
    check_timer(cap, d, msg);
}
