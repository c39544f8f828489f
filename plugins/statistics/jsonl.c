/* jsonl.c
 * `-z cipsec,jsonl`: everything for machines, one JSON object a line, in a fixed order.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "jsonl.h"

#include "reports.h"

static void begin(json_dumper *line, const char *record)
{
    json_dumper_begin_object(line);
    cs_json_text(line, "record", record);
}

static void end(json_dumper *line)
{
    json_dumper_end_object(line);
    json_dumper_finish(line);
}

static void write_capture(FILE *out, const cs_capture *cap)
{
    json_dumper line = {.output_file = out};
    begin(&line, "capture");
    cs_json_number(&line, "version", CS_JSONL_VERSION);
    cs_json_text(&line, "producer", "cipsec " CIPSEC_VERSION);
    cs_json_time(&line, "first", &cap->first);
    cs_json_time(&line, "last", &cap->last);
    cs_json_number(&line, "streams", cap->streams->len);
    cs_json_number(&line, "connections", cap->connections->len);
    cs_json_number(&line, "devices", g_hash_table_size(cap->devices));
    cs_json_number(&line, "certificates", cs_certs_all(cap)->len);
    cs_json_number(&line, "deployments", cap->deployments->len);
    cs_json_number(&line, "findings", cap->findings->len);
    end(&line);
}

static void write_streams(FILE *out, const cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->streams->len; i++) {
        const cs_stream *s = g_ptr_array_index(cap->streams, i);
        json_dumper line = {.output_file = out};
        if (!cs_selected(selection, s))
            continue;
        begin(&line, "stream");
        cs_json_stream(&line, s);
        end(&line);
    }
}

static bool connection_wanted(const cs_selection *selection, const cs_connection *c)
{
    const cs_stream *streams[] = {c->opened_on, c->carried_on[0], c->carried_on[1]};
    for (unsigned i = 0; i < array_length(streams); i++)
        if (streams[i] && cs_selected(selection, streams[i]))
            return true;
    return false;
}

static void write_connections(FILE *out, const cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->connections->len; i++) {
        const cs_connection *c = g_ptr_array_index(cap->connections, i);
        json_dumper line = {.output_file = out};
        if (!connection_wanted(selection, c))
            continue;
        begin(&line, "connection");
        cs_json_connection(&line, c);
        end(&line);
    }
}

static void write_devices(FILE *out, const cs_capture *cap, const cs_selection *selection)
{
    GPtrArray *devices = cs_devices_sorted(cap);
    for (unsigned i = 0; i < devices->len; i++) {
        const cs_device *dev = g_ptr_array_index(devices, i);
        json_dumper line = {.output_file = out};
        if (!cs_selected_device(selection, cap, &dev->addr))
            continue;
        begin(&line, "device");
        cs_json_device(&line, cap, dev);
        end(&line);
    }
    g_ptr_array_unref(devices);
}

static bool certificate_wanted(const cs_selection *selection, const cs_cert *cert)
{
    for (unsigned i = 0; cert->seen && i < cert->seen->len; i++)
        if (cs_selected(selection, g_array_index(cert->seen, cs_cert_seen, i).stream))
            return true;
    return false;
}

static void write_certificates(FILE *out, const cs_capture *cap, const cs_selection *selection)
{
    const GPtrArray *certs = cs_certs_all(cap);
    for (unsigned i = 0; i < certs->len; i++) {
        const cs_cert *cert = g_ptr_array_index(certs, i);
        json_dumper line = {.output_file = out};
        if (!certificate_wanted(selection, cert))
            continue;
        begin(&line, "certificate");
        cs_json_certificate(&line, cert);
        end(&line);
    }
}

static void write_deployments(FILE *out, const cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->deployments->len; i++) {
        const cs_deployment *d = g_ptr_array_index(cap->deployments, i);
        json_dumper line = {.output_file = out};
        if (!cs_selected(selection, d->stream))
            continue;
        begin(&line, "deployment");
        cs_json_deployment(&line, d);
        end(&line);
    }
}

static void write_findings(FILE *out, cs_capture *cap, const cs_selection *selection)
{
    for (unsigned i = 0; i < cap->findings->len; i++) {
        const cs_finding *f = g_ptr_array_index(cap->findings, i);
        json_dumper line = {.output_file = out};
        if (!cs_selected(selection, f->stream))
            continue;
        if (!f->stream && f->device.family && !cs_selected_device(selection, cap, &f->device))
            continue;
        begin(&line, "finding");
        cs_json_finding(&line, f);
        end(&line);
    }
}

static void print(FILE *out, cs_capture *cap, const cs_selection *selection, const void *user)
{
    (void)user;
    write_capture(out, cap);
    write_streams(out, cap, selection);
    write_connections(out, cap, selection);
    write_devices(out, cap, selection);
    write_certificates(out, cap, selection);
    write_deployments(out, cap, selection);
    write_findings(out, cap, selection);
}

void cs_jsonl_register(void)
{
    static const cs_report_def def = {.name = "cipsec,jsonl", .print = print};
    cs_report_register(&def);
}
