/* jsonl_plant.c
 * Devices, certificates, deployments and findings in the machine output.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jsonl.h"

#include "../analysis/policy_pref.h"

#include <cipsec/device_text.h>

#include <string.h>

/* A text made for this member; NULL becomes null. */
static void take_text(json_dumper *out, const char *name, char *text)
{
    cs_json_text(out, name, text);
    g_free(text);
}

static void seconds_or_null(json_dumper *out, const char *name, bool known, int64_t seconds)
{
    /* Not through nanoseconds: those end in 2262, certificates of devices in 9999. */
    GDateTime *time = known ? g_date_time_new_from_unix_utc(seconds) : NULL;
    char *text = time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.000000000Z") : NULL;
    cs_json_text(out, name, text);
    g_free(text);
    if (time)
        g_date_time_unref(time);
}

static void number_or_null(json_dumper *out, const char *name, bool known, int64_t value)
{
    if (known)
        cs_json_number(out, name, value);
    else
        cs_json_null(out, name);
}

void cs_json_device(json_dumper *out, const cs_capture *cap, const cs_device *dev)
{
    const cs_cert *cert = dev->certificate;
    cs_json_addr(out, "key", &dev->addr);
    cs_json_addr(out, "ip", &dev->addr);
    cs_json_text(out, "name", cs_policy_name(cap->options.policy, &dev->addr));
    cs_json_text(out, "product_name", dev->product_name);
    number_or_null(out, "vendor", cs_device_knows(dev, CS_IDENTITY_VENDOR), dev->vendor);
    number_or_null(out, "device_type", cs_device_knows(dev, CS_IDENTITY_TYPE), dev->device_type);
    number_or_null(out, "product_code", cs_device_knows(dev, CS_IDENTITY_CODE), dev->product_code);
    take_text(out, "revision",
              cs_device_knows(dev, CS_IDENTITY_REVISION) ? g_strdup_printf("%u.%u", dev->major, dev->minor) : NULL);
    number_or_null(out, "serial", cs_device_knows(dev, CS_IDENTITY_SERIAL), dev->serial);
    number_or_null(out, "cip_security_state", dev->cs_state >= 0, dev->cs_state);
    take_text(out, "cip_security_state_name", cs_device_state_text(dev, false));
    number_or_null(out, "eip_security_state", dev->eip_state >= 0, dev->eip_state);
    take_text(out, "eip_security_state_name", cs_device_state_text(dev, true));
    number_or_null(out, "profiles", dev->security_item_seen, dev->profiles);
    number_or_null(out, "profiles_configured", dev->have_profiles_configured, dev->profiles_configured);
    take_text(out, "allowed_suites", cs_device_attribute_text(dev, 4));
    take_text(out, "available_suites", cs_device_attribute_text(dev, 3));
    take_text(out, "active_certificates", cs_device_attribute_text(dev, 6));
    take_text(out, "trusted_authorities", cs_device_attribute_text(dev, 7));
    take_text(out, "set_not_applied", cs_device_pending_text(dev));
    take_text(out, "ports_advertised", cs_device_ports_text(dev->ports_advertised));
    take_text(out, "ports_seen", cs_device_ports_text(dev->ports_seen ? dev->ports_seen : -1));
    cs_json_hex(out, "certificate", cert ? cert->sha256 : NULL, cert ? sizeof cert->sha256 : 0);
    cs_json_time(out, "last_config", &dev->last_config);
    cs_json_time(out, "configured_since", &dev->configured_since);
    cs_json_time(out, "first_secured", &dev->first_secured);
    cs_json_time(out, "last_clear", &dev->last_clear);
}

static const char *chain_name(cs_chain_result chain)
{
    static const char *const names[] = {"not checked", "valid", "invalid", "revoked"};
    return names[chain];
}

static void write_sightings(json_dumper *out, const cs_cert *cert)
{
    json_dumper_set_member_name(out, "seen");
    json_dumper_begin_array(out);
    for (unsigned i = 0; cert->seen && i < cert->seen->len; i++) {
        const cs_cert_seen *seen = &g_array_index(cert->seen, cs_cert_seen, i);
        json_dumper_begin_object(out);
        cs_json_time(out, "time", &seen->at);
        cs_json_addr(out, "device", &seen->device);
        cs_json_text(out, "side",
                     seen->side == CS_ROLE_CLIENT ? "Client" : seen->side == CS_ROLE_SERVER ? "Server" : NULL);
        number_or_null(out, "file_instance", seen->file_instance != CS_CIP_UNSET, seen->file_instance);
        cs_json_bool(out, "enrollment", seen->enrollment);
        cs_json_number(out, "position", seen->position);
        take_text(out, "stream", seen->stream ? cs_json_stream_key(seen->stream) : NULL);
        json_dumper_end_object(out);
    }
    json_dumper_end_array(out);
}

void cs_json_certificate(json_dumper *out, const cs_cert *cert)
{
    static const char *const types[] = {"certificate", "csr", "crl", "pkcs7"};
    cs_json_hex(out, "key", cert->sha256, sizeof cert->sha256);
    cs_json_text(out, "type", types[cert->type]);
    cs_json_hex(out, "sha1", cert->sha1, sizeof cert->sha1);
    cs_json_text(out, "subject", cert->subject);
    cs_json_text(out, "issuer", cert->issuer);
    cs_json_text(out, "common_name", cert->common_name);
    cs_json_text(out, "serial", cert->serial);
    seconds_or_null(out, "not_before", cert->have_not_before, cert->not_before);
    seconds_or_null(out, "not_after", cert->have_not_after, cert->not_after);
    cs_json_text(out, "key_type", cert->key_type);
    number_or_null(out, "key_bits", cert->key_bits != 0, cert->key_bits);
    cs_json_text(out, "curve", cert->curve);
    cs_json_text(out, "signature", cert->signature);
    number_or_null(out, "revoked", cert->type == CS_OBJECT_CRL, cert->revoked);
    json_dumper_set_member_name(out, "san");
    json_dumper_begin_array(out);
    for (char **name = cert->san; name && *name; name++) {
        char *valid = g_utf8_make_valid(*name, -1);
        json_dumper_value_string(out, valid);
        g_free(valid);
    }
    json_dumper_end_array(out);
    cs_json_bool(out, "ca", cert->ca);
    cs_json_bool(out, "self_signed", cert->self_signed);
    cs_json_text(out, "kind", cs_cert_kind_name(cert->kind));
    cs_json_text(out, "kind_why", cs_cert_kind_why(cert));
    cs_json_text(out, "chain", chain_name(cert->chain));
    cs_json_text(out, "chain_why", cert->chain_why);
    cs_json_text(out, "malformed", cert->malformed ? (cert->malformed_why ? cert->malformed_why : "yes") : NULL);
    write_sightings(out, cert);
}

static void write_step(json_dumper *out, const cs_deploy_step *step)
{
    json_dumper_begin_object(out);
    cs_json_time(out, "time", &step->first);
    cs_json_time(out, "end", &step->last);
    cs_json_text(out, "text", cs_deploy_step_text(step));
    cs_json_text(out, "outcome", cs_step_outcome_name(cs_deploy_step_outcome(step)));
    cs_json_bool(out, "repaired", step->repaired);
    number_or_null(out, "class", step->class_id != CS_CIP_UNSET, step->class_id);
    number_or_null(out, "instance", step->instance != CS_CIP_UNSET, step->instance);
    number_or_null(out, "attribute", step->attribute != CS_CIP_UNSET, step->attribute);
    number_or_null(out, "service", step->service != 0, step->service);
    cs_json_number(out, "status", step->status);
    cs_json_number(out, "requests", step->count);
    cs_json_frames(out, &step->first, &step->last);
    json_dumper_end_object(out);
}

void cs_json_deployment(json_dumper *out, const cs_deployment *d)
{
    static const char *const results[] = {"open", "complete", "warnings", "error", "unknown"};
    char device[CS_ADDR_STRLEN], tool[CS_ADDR_STRLEN], *time = cs_json_time_text(&d->start);
    take_text(out, "key",
              g_strdup_printf("%s %s @%s", cs_addr_to_str(&d->device, device), cs_addr_to_str(&d->tool, tool),
                              time ? time : ""));
    cs_json_addr(out, "device", &d->device);
    cs_json_addr(out, "tool", &d->tool);
    cs_json_text(out, "kind", cs_deploy_kind_name(d->kind));
    take_text(out, "stream", d->stream ? cs_json_stream_key(d->stream) : NULL);
    cs_json_time(out, "start", &d->start);
    cs_json_time(out, "end", &d->end);
    cs_json_text(out, "result", results[d->result]);
    cs_json_text(out, "result_text", cs_deploy_result_text(d->result));
    cs_json_text(out, "reason", d->reason);
    cs_json_bool(out, "begin_captured", d->begun[0] || d->begun[1]);
    cs_json_bool(out, "end_captured", d->finished_object[0] || d->finished_object[1] || d->aborted || d->reset_ok);
    cs_json_number(out, "kicks", d->kicks);
    cs_json_number(out, "steps_dropped", d->steps_dropped);
    json_dumper_set_member_name(out, "steps");
    json_dumper_begin_array(out);
    for (unsigned i = 0; i < d->steps->len; i++)
        write_step(out, g_ptr_array_index(d->steps, i));
    json_dumper_end_array(out);
    cs_json_frames(out, &d->start, &d->end);
    g_free(time);
}

/* What a finding is about, from the key it was added under: "7|stream 3", "7|frame 12|...". */
static const char *scope(const cs_finding *f)
{
    if (!f->key)
        return "stream";
    const char *about = strchr(f->key, '|');
    if (about && (g_str_has_prefix(about, "|frame ") || g_str_has_prefix(about, "|deployment ")))
        return "event";
    if (f->stream && about && g_str_has_prefix(about, "|stream "))
        return "stream";
    if (f->stream)
        return "fact";
    return f->device.family ? "device" : "capture";
}

/* Keys name no frames, which are those of one file. tools/cipsec-merge leaves out the same. */
static char *without_frames(const char *detail)
{
    static GRegex *frames;
    if (!frames)
        frames = g_regex_new(",? ?(since |in )?frame \\d+", G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
    char *text = g_regex_replace_literal(frames, detail, -1, 0, "", 0, NULL);
    return text ? text : g_strdup("");
}

void cs_json_finding(json_dumper *out, const cs_finding *f)
{
    const cs_finding_info *info = cs_finding_info_get(f->kind);
    char device[CS_ADDR_STRLEN] = "", *flow = f->stream ? cs_json_flow(f->stream) : g_strdup("");
    const char *about = scope(f);
    char *time = strcmp(about, "event") == 0 ? cs_json_time_text(&f->at) : NULL;
    if (f->device.family)
        cs_addr_to_str(&f->device, device);
    char *detail = without_frames(f->detail && strcmp(about, "stream") != 0 ? f->detail : "");
    take_text(out, "key",
              g_strdup_printf("%s|%s|%s|%s%s%s", info->name, flow, device, detail, time ? "|" : "", time ? time : ""));
    cs_json_text(out, "name", info->name);
    cs_json_text(out, "scope", about);
    cs_json_text(out, "severity", cs_severity_name(info->severity));
    cs_json_text(out, "what", info->what);
    cs_json_text(out, "detail", f->detail);
    cs_json_text(out, "why", info->why);
    cs_json_text(out, "advice", info->advice);
    cs_json_time(out, "time", &f->at);
    cs_json_text(out, "device", *device ? device : NULL);
    take_text(out, "stream", f->stream ? cs_json_stream_key(f->stream) : NULL);
    cs_json_text(out, "flow", *flow ? flow : NULL);
    cs_json_frames(out, &f->at, &f->at);
    g_free(flow);
    g_free(time);
    g_free(detail);
}
