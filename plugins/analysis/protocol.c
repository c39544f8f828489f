/* protocol.c
 * The protocol `cipsec`: preferences, expert infos, life of the capture model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "analysis.h"
#include "cert_tags.h"
#include "policy_pref.h"
#include "../objects/list_identity.h"
#include "../objects/observe.h"
#include "../transport/secure.h"
#include "io_frame.h"
#include "flows.h"
#include "packet.h"

#include <epan/prefs.h>

#include <cipsec/certs.h>

#include <stdarg.h>

cs_port_set cs_secure_ports;
cs_hot_data cs_hot;
int proto_cipsec = CS_ID_INIT;
cs_preferences cs_prefs = {NULL, "", 30, false, true};

static expert_field ei_finding[CS_FIND_COUNT];

#define CS_DEFAULT_PORTS "2221"

/* What the decoders have to add when all packets are there. */
static void finish_decoders(cs_capture *cap)
{
    cs_secure_finish();
    cs_observe_finish(cap);
}

cs_capture *cs_open_capture_new(void)
{
    cs_options options = {.trust_file = cs_prefs.trust_file,
                          .expiry_days = cs_prefs.expiry_days,
                          .policy = cs_policy_current()};
    cs_hot.capture = cs_capture_new(&options);
    cs_hot.capture->before_finish = finish_decoders;
    return cs_hot.capture;
}

void cs_capture_policy_changed(const cs_policy *old)
{
    if (cs_hot.capture && cs_hot.capture->options.policy == old)
        cs_hot.capture->options.policy = NULL;
}

/* The model lives as long as the file is open: made with its first packet, dropped when it is closed. */
static void capture_cleanup(void)
{
    cs_packet_forget();
    cs_flows_forget();
    cs_secure_forget_waiting();
    cs_capture_free(cs_hot.capture);
    cs_hot.capture = NULL;
    cs_hot.last_enrollment = 0;
}

/* All packets have been seen once, in tshark's first of two passes or when the GUI has loaded the file: from here on
 * the tags show what the whole capture says. */
static void first_pass_done(void)
{
    if (cs_hot.capture)
        cs_capture_finish(cs_hot.capture);
}

static void report(packet_info *pinfo, proto_item *item, cs_finding_kind kind, bool add, const char *fmt, va_list args)
{
    char *detail = fmt ? wmem_strdup_vprintf(pinfo->pool, fmt, args) : NULL;
    const cs_finding_info *info = cs_finding_info_get(kind);
    if (detail)
        expert_add_info_format(pinfo, item, &ei_finding[kind], "%s: %s", info->what, detail);
    else
        expert_add_info(pinfo, item, &ei_finding[kind]);
    if (add && !PINFO_FD_VISITED(pinfo)) {
        cs_packet *packet = cs_packet_get(pinfo);
        cs_when at = cs_packet_when(pinfo);
        char *key = wmem_strdup_printf(pinfo->pool, "frame %u|%s", pinfo->num, detail ? detail : "");
        cs_finding_add(cs_current_capture(), kind, &at, packet ? packet->stream : NULL, NULL, key, detail);
    }
}

void cs_expert(packet_info *pinfo, proto_item *item, cs_finding_kind kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(pinfo, item, kind, true, fmt, args);
    va_end(args);
}

void cs_expert_only(packet_info *pinfo, proto_item *item, cs_finding_kind kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(pinfo, item, kind, false, fmt, args);
    va_end(args);
}

/* A finding that an item of this frame raised is shown there already: report() gave it the key "KIND|frame N|...". */
static bool shown_by_item(const cs_finding *f, uint32_t frame)
{
    static const char scope[] = "|frame ";
    const char *behind_kind = f->key ? strchr(f->key, '|') : NULL;
    if (!behind_kind || !g_str_has_prefix(behind_kind, scope))
        return false;
    char *end;
    return g_ascii_strtoull(behind_kind + sizeof scope - 1, &end, 10) == frame && *end == '|';
}

void cs_findings_show(packet_info *pinfo, proto_item *item)
{
    for (const cs_finding *f = cs_findings_in_frame(cs_hot.capture, pinfo->num); f; f = f->next_in_frame) {
        if (!shown_by_item(f, pinfo->num))
            cs_expert_only(pinfo, item, f->kind, f->detail ? "%s" : NULL, f->detail);
    }
}

#define CS_SEVERITY_BITS_ERROR PI_ERROR
#define CS_SEVERITY_BITS_WARN PI_WARN
#define CS_SEVERITY_BITS_NOTE PI_NOTE
#define CS_SEVERITY_BITS_CHAT PI_CHAT

static void register_experts(void)
{
    static ei_register_info ei[] = {
#define CS_FINDING(symbol, name, severity, group, what, why, advice)                                                  \
    {&ei_finding[CS_FIND_##symbol],                                                                                   \
     {"cipsec.expert." name, PI_##group, CS_SEVERITY_BITS_##severity, what, EXPFILL}},
#include <cipsec/findings.def>
#undef CS_FINDING
    };
    for (int i = 0; i < CS_FIND_COUNT; i++) {
        expert_field initial = CS_EI_INIT;
        ei_finding[i] = initial;
    }
    expert_register_field_array(expert_register_protocol(proto_cipsec), ei, array_length(ei));
}

static void note_port(uint32_t port, void *data)
{
    cs_port_set *set = data;
    set->bits[(uint16_t)port >> 3] |= (uint8_t)(1u << (port & 7));
    set->mod_64 |= UINT64_C(1) << port % 64;
}

static void note_ports(void)
{
    memset(&cs_secure_ports, 0, sizeof cs_secure_ports);
    range_foreach(cs_prefs.ports, note_port, &cs_secure_ports);
    cs_hot.ports_mod_64 =
        cs_secure_ports.mod_64 | UINT64_C(1) << CS_PORT_ENIP % 64 | UINT64_C(1) << CS_PORT_ENIP_IO % 64;
}

static void preferences_changed(void)
{
    note_ports();
    cs_policy_forget();
    cs_transport_ports_changed();
}

static void register_preferences(void)
{
    module_t *module = prefs_register_protocol(proto_cipsec, preferences_changed);
    range_convert_str(wmem_epan_scope(), &cs_prefs.ports, CS_DEFAULT_PORTS, 65535);
    note_ports();
    prefs_register_range_preference(module, "ports", "CIP Security ports",
                                    "TCP and UDP ports that carry EtherNet/IP over TLS and DTLS", &cs_prefs.ports,
                                    65535);
    prefs_register_filename_preference(module, "trust_file", "Trust anchors (PEM)",
                                       "CA certificates and CRLs that certificates are checked against",
                                       &cs_prefs.trust_file, FALSE);
    prefs_register_uint_preference(module, "expiry_days", "Days before expiry to warn",
                                   "A certificate that expires within so many days of the capture's end is reported",
                                   10, &cs_prefs.expiry_days);
    prefs_register_bool_preference(module, "show_psk", "Show pre-shared keys",
                                   "Show the octets of pre-shared keys written into devices; they are masked otherwise",
                                   &cs_prefs.show_psk);
    prefs_register_bool_preference(module, "integrity_only_midstream", "Read integrity-only records without handshake",
                                   "Recognise EtherNet/IP in records that are authenticated but not encrypted, even "
                                   "when the handshake was not captured",
                                   &cs_prefs.integrity_only_midstream);
    cs_policy_register(module);
}

void cs_analysis_register(void)
{
    proto_cipsec = proto_register_protocol("CIP Security Analysis", "CIP Security", "cipsec");
    register_experts();
    register_preferences();
    cs_packet_register();
    cs_tags_register();
    cs_cert_tags_register();
    cs_deploy_tags_register();
    cs_io_register();
    cs_list_identity_register();
    register_cleanup_routine(capture_cleanup);
    register_postseq_cleanup_routine(first_pass_done);
}

void cs_analysis_handoff(void)
{
    cs_tags_handoff();
}
