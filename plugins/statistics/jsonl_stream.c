/* jsonl_stream.c
 * Streams and CIP connections in the machine output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jsonl.h"

#include "../analysis/names.h"

#include <cipsec/pages.h>
#include <cipsec/suites.h>

static void name_or_null(json_dumper *out, const char *member, const value_string *names, uint32_t value)
{
    const char *name = cs_name(names, value);
    cs_json_text(out, member, *name ? name : NULL);
}

static void write_end(json_dumper *out, const char *name, const cs_end *end)
{
    json_dumper_set_member_name(out, name);
    json_dumper_begin_object(out);
    cs_json_addr(out, "ip", &end->ep.addr);
    cs_json_number(out, "port", end->ep.port);
    cs_json_number(out, "packets", (int64_t)end->packets);
    cs_json_number(out, "bytes", (int64_t)end->bytes);
    cs_json_time(out, "first", &end->first);
    cs_json_time(out, "last", &end->last);
    json_dumper_end_object(out);
}

static void write_cipher(json_dumper *out, const cs_handshake *hs)
{
    const cs_suite *suite = hs->have_suite ? cs_suite_find(hs->suite) : NULL;
    if (!hs->have_suite) {
        cs_json_null(out, "cipher");
        return;
    }
    json_dumper_set_member_name(out, "cipher");
    json_dumper_begin_object(out);
    cs_json_number(out, "id", hs->suite);
    cs_json_text(out, "name", suite ? suite->name : NULL);
    cs_json_text(out, "device_page", suite ? (suite->device_page ? suite->device_page : suite->name) : NULL);
    cs_json_text(out, "kx", suite ? suite->kx : NULL);
    cs_json_text(out, "auth", suite ? suite->auth : NULL);
    cs_json_text(out, "enc", suite ? suite->enc : NULL);
    cs_json_text(out, "mac", suite ? suite->mac : NULL);
    json_dumper_end_object(out);
}

static void write_chain(json_dumper *out, const char *name, const GPtrArray *chain)
{
    json_dumper_set_member_name(out, name);
    json_dumper_begin_array(out);
    for (unsigned i = 0; chain && i < chain->len; i++) {
        const cs_cert *cert = g_ptr_array_index(chain, i);
        GString *hex = g_string_new(NULL);
        for (unsigned b = 0; b < sizeof cert->sha256; b++)
            g_string_append_printf(hex, "%02x", cert->sha256[b]);
        json_dumper_value_string(out, hex->str);
        g_string_free(hex, TRUE);
    }
    json_dumper_end_array(out);
}

static void write_alert(json_dumper *out, const cs_handshake *hs)
{
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    json_dumper_set_member_name(out, "alert");
    json_dumper_begin_object(out);
    cs_json_number(out, "id", hs->alert);
    cs_json_text(out, "name", cs_name_alert(pool, hs->alert));
    name_or_null(out, "sender", cs_names_role, hs->alert_sender);
    json_dumper_end_object(out);
    wmem_destroy_allocator(pool);
}

static void write_handshake(json_dumper *out, const cs_handshake *hs)
{
    json_dumper_set_member_name(out, "handshake");
    json_dumper_begin_object(out);
    name_or_null(out, "state", cs_names_handshake, hs->state);
    cs_json_time(out, "hello", &hs->hello);
    cs_json_time(out, "done", &hs->done);
    if (hs->have_alert)
        write_alert(out, hs);
    else
        cs_json_null(out, "alert");
    cs_json_text(out, "reason", hs->reason);
    write_chain(out, "client_chain", hs->chain[0]);
    write_chain(out, "server_chain", hs->chain[1]);
    json_dumper_end_object(out);
}

static void write_carried(json_dumper *out, const cs_stream *s)
{
    const struct {
        const char *name;
        bool seen;
    } facts[] = {{"enip", s->saw_enip},     {"class3", s->saw_class3}, {"class01", s->saw_class01},
                 {"unconnected", s->saw_unconnected}, {"config", s->saw_config}, {"est", s->saw_est},
                 {"other", s->saw_other}};
    json_dumper_set_member_name(out, "carried");
    json_dumper_begin_array(out);
    for (unsigned i = 0; i < array_length(facts); i++)
        if (facts[i].seen)
            json_dumper_value_string(out, facts[i].name);
    json_dumper_end_array(out);
}

static void write_rhythm(json_dumper *out, const cs_stream *s)
{
    json_dumper_set_member_name(out, "io");
    json_dumper_begin_array(out);
    for (int i = 0; s->has_rhythm && i < 2; i++) {
        const cs_rhythm *r = &s->rhythm[i];
        json_dumper_begin_object(out);
        cs_json_addr(out, "sender", &s->end[i].ep.addr);
        cs_json_number(out, "packets", (int64_t)r->packets);
        cs_json_number(out, "bytes", (int64_t)r->bytes);
        cs_json_number(out, "gaps", (int64_t)r->gaps);
        cs_json_number(out, "duplicates", (int64_t)r->duplicates);
        cs_json_number(out, "median_interval_ns", r->median_interval);
        cs_json_number(out, "jitter_ns", r->jitter);
        json_dumper_end_object(out);
    }
    json_dumper_end_array(out);
}

/* Connection ids whose Forward_Open is elsewhere. */
static void write_loose(json_dumper *out, const cs_stream *s)
{
    json_dumper_set_member_name(out, "loose_ids");
    json_dumper_begin_array(out);
    for (unsigned i = 0; i < s->n_loose; i++) {
        json_dumper_begin_object(out);
        cs_json_number(out, "id", s->loose[i].id);
        cs_json_addr(out, "sender", &s->end[s->loose[i].sender].ep.addr);
        json_dumper_end_object(out);
    }
    json_dumper_end_array(out);
}

static void write_tags(json_dumper *out, const cs_stream *s)
{
    bool known;
    cs_class_source source;
    cs_cip_class cip_class = cs_stream_class(s, &source);
    bool mutual = cs_stream_mutual_auth(s, &known);
    name_or_null(out, "role_source", cs_names_role_source, s->role_source);
    name_or_null(out, "class", cs_names_class, cip_class);
    name_or_null(out, "class_source", cs_names_class_source, source);
    json_dumper_set_member_name(out, "transport_classes");
    json_dumper_begin_array(out);
    for (unsigned i = 0; i < 4; i++)
        if (cs_stream_transport_classes(s) >> i & 1)
            json_dumper_value_anyf(out, "%u", i);
    json_dumper_end_array(out);
    cs_json_text(out, "confidentiality", cs_confidentiality_name(s->conf));
    name_or_null(out, "confidentiality_source", cs_names_confidentiality_source, s->conf_source);
    name_or_null(out, "version", cs_names_version, s->hs.version);
    write_cipher(out, &s->hs);
    if (known)
        cs_json_bool(out, "mutual_auth", mutual);
    else
        cs_json_null(out, "mutual_auth");
    name_or_null(out, "kind", cs_names_kind, s->kind);
}

void cs_json_stream(json_dumper *out, const cs_stream *s)
{
    char *flow = cs_json_flow(s), *key = cs_json_stream_key(s);
    const cs_end *client = cs_stream_client(s), *server = cs_stream_server(s);
    cs_json_text(out, "key", key);
    cs_json_text(out, "flow", flow);
    name_or_null(out, "transport", cs_names_transport, s->transport);
    cs_json_bool(out, "roles_known", client != NULL);
    write_end(out, "client", client ? client : &s->end[0]);
    write_end(out, "server", server ? server : &s->end[1]);
    write_tags(out, s);
    write_handshake(out, &s->hs);
    cs_json_bool(out, "midstream", s->midstream);
    cs_json_text(out, "begins", s->syn ? "syn" : s->hs.hello.frame ? "hello" : NULL);
    cs_json_bool(out, "ends", s->fin || s->rst);
    cs_json_bool(out, "port_closed", s->port_closed);
    write_carried(out, s);
    cs_json_number(out, "records", (int64_t)s->app_records);
    write_rhythm(out, s);
    write_loose(out, s);
    cs_json_time(out, "first", &s->first);
    cs_json_time(out, "last", &s->last);
    cs_json_frames(out, &s->first, &s->last);
    g_free(flow);
    g_free(key);
}

static void write_stream_ref(json_dumper *out, const char *name, const cs_stream *s)
{
    char *key = s ? cs_json_stream_key(s) : NULL;
    cs_json_text(out, name, key);
    g_free(key);
}

void cs_json_connection(json_dumper *out, const cs_connection *c)
{
    static const char *const states[] = {"requested", "open", "refused", "closed"};
    char ip[CS_ADDR_STRLEN], *time = cs_json_time_text(&c->open_request);
    char *key = g_strdup_printf("%s 0x%04x 0x%04x 0x%08x @%s", cs_addr_to_str(&c->originator.addr, ip), c->serial,
                                c->vendor, c->originator_serial, time ? time : "");
    const cs_stream *via = c->carried_on[0] ? c->carried_on[0] : c->carried_on[1];
    if (!via && cs_connection_class(c) >= 2)
        via = c->opened_on;
    cs_json_text(out, "key", key);
    cs_json_endpoint(out, "originator", &c->originator);
    cs_json_endpoint(out, "target", &c->target);
    cs_json_number(out, "transport_class", cs_connection_class(c));
    cs_json_text(out, "state", states[c->state]);
    cs_json_number(out, "serial", c->serial);
    cs_json_number(out, "originator_vendor", c->vendor);
    cs_json_number(out, "originator_serial", c->originator_serial);
    cs_json_number(out, "id_ot", c->id_ot);
    cs_json_number(out, "id_to", c->id_to);
    cs_json_number(out, "rpi_ot_us", c->rpi_ot);
    cs_json_number(out, "rpi_to_us", c->rpi_to);
    cs_json_number(out, "api_ot_us", c->api_ot);
    cs_json_number(out, "api_to_us", c->api_to);
    cs_json_number(out, "status", c->status);
    cs_json_number(out, "ext_status", c->ext_status);
    cs_json_hex(out, "path", c->path, c->path_len);
    cs_json_text(out, "confidentiality", cs_confidentiality_name(via ? via->conf : CS_CONF_UNKNOWN));
    write_stream_ref(out, "opened_on", c->opened_on);
    write_stream_ref(out, "carried_ot", c->carried_on[0]);
    write_stream_ref(out, "carried_to", c->carried_on[1]);
    cs_json_time(out, "opened", &c->open_request);
    cs_json_time(out, "closed", &c->close);
    cs_json_frames(out, &c->open_request, &c->close);
    g_free(key);
    g_free(time);
}
