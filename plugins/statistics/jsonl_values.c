/* jsonl_values.c
 * Members and keys of the machine output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jsonl.h"

#include <cipsec/pages.h>

void cs_json_text(json_dumper *out, const char *name, const char *value)
{
    if (!value) {
        cs_json_null(out, name);
        return;
    }
    char *valid = g_utf8_make_valid(value, -1);
    json_dumper_set_member_name(out, name);
    json_dumper_value_string(out, valid);
    g_free(valid);
}

void cs_json_number(json_dumper *out, const char *name, int64_t value)
{
    json_dumper_set_member_name(out, name);
    json_dumper_value_anyf(out, "%" PRId64, value);
}

void cs_json_bool(json_dumper *out, const char *name, bool value)
{
    json_dumper_set_member_name(out, name);
    json_dumper_value_anyf(out, "%s", value ? "true" : "false");
}

void cs_json_null(json_dumper *out, const char *name)
{
    json_dumper_set_member_name(out, name);
    json_dumper_value_anyf(out, "null");
}

char *cs_json_time_text(const cs_when *at)
{
    if (!at->frame)
        return NULL;
    int64_t seconds = at->ns / 1000000000, rest = at->ns % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    GDateTime *time = g_date_time_new_from_unix_utc(seconds);
    if (!time)
        return NULL;
    char *text = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
    char *result = g_strdup_printf("%s.%09dZ", text, (int)rest);
    g_free(text);
    g_date_time_unref(time);
    return result;
}

void cs_json_time(json_dumper *out, const char *name, const cs_when *at)
{
    char *text = cs_json_time_text(at);
    cs_json_text(out, name, text);
    g_free(text);
}

void cs_json_addr(json_dumper *out, const char *name, const cs_addr *addr)
{
    char text[CS_ADDR_STRLEN];
    cs_json_text(out, name, addr->family ? cs_addr_to_str(addr, text) : NULL);
}

void cs_json_endpoint(json_dumper *out, const char *name, const cs_endpoint *ep)
{
    json_dumper_set_member_name(out, name);
    json_dumper_begin_object(out);
    cs_json_addr(out, "ip", &ep->addr);
    cs_json_number(out, "port", ep->port);
    json_dumper_end_object(out);
}

void cs_json_hex(json_dumper *out, const char *name, const uint8_t *bytes, size_t len)
{
    GString *text = bytes ? g_string_sized_new(2 * len) : NULL;
    for (size_t i = 0; text && i < len; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    cs_json_text(out, name, text ? text->str : NULL);
    if (text)
        g_string_free(text, TRUE);
}

void cs_json_frames(json_dumper *out, const cs_when *first, const cs_when *last)
{
    json_dumper_set_member_name(out, "frames");
    json_dumper_begin_array(out);
    if (first->frame)
        json_dumper_value_anyf(out, "%u", first->frame);
    if (last->frame > first->frame)
        json_dumper_value_anyf(out, "%u", last->frame);
    json_dumper_end_array(out);
}

char *cs_json_flow(const cs_stream *s)
{
    static const char *const transports[] = {"", "tls", "dtls", "tcp", "udp"};
    char ends[2][CS_ENDPOINT_STRLEN];
    int order = cs_addr_compare(&s->end[0].ep.addr, &s->end[1].ep.addr);
    int low = order < 0 || (order == 0 && s->end[0].ep.port <= s->end[1].ep.port) ? 0 : 1;
    return g_strdup_printf("%s %s %s", transports[s->transport], cs_endpoint_to_str(&s->end[low].ep, ends[0]),
                           cs_endpoint_to_str(&s->end[1 - low].ep, ends[1]));
}

char *cs_json_stream_key(const cs_stream *s)
{
    char *flow = cs_json_flow(s), *time = cs_json_time_text(&s->first);
    char *key = g_strdup_printf("%s @%s", flow, time ? time : "");
    g_free(flow);
    g_free(time);
    return key;
}
