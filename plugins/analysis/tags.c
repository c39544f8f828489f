/* tags.c
 * The post-dissector: counts each frame of a stream, shows what is known of the stream and queues the tap. It asks for
 * no foreign fields, because that would cost a tree for every packet of the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "analysis.h"
#include "cert_tags.h"

#include "../tap.h"
#include "../transport/clear_io.h"
#include "../transport/secure.h"
#include "io_frame.h"
#include "names.h"
#include "packet.h"

#include <epan/tap.h>

#include <cipsec/certs.h>
#include <cipsec/suites.h>

static int hf_stream = CS_ID_INIT;
static int hf_transport = CS_ID_INIT;
static int hf_client_ip = CS_ID_INIT, hf_client_ip6 = CS_ID_INIT, hf_client_port = CS_ID_INIT;
static int hf_server_ip = CS_ID_INIT, hf_server_ip6 = CS_ID_INIT, hf_server_port = CS_ID_INIT;
static int hf_role = CS_ID_INIT, hf_role_source = CS_ID_INIT;
static int hf_class = CS_ID_INIT, hf_class_source = CS_ID_INIT, hf_transport_class = CS_ID_INIT;
static int hf_confidentiality = CS_ID_INIT, hf_confidentiality_source = CS_ID_INIT;
static int hf_version = CS_ID_INIT, hf_cipher = CS_ID_INIT;
static int hf_cipher_kx = CS_ID_INIT, hf_cipher_auth = CS_ID_INIT;
static int hf_cipher_enc = CS_ID_INIT, hf_cipher_mac = CS_ID_INIT;
static int hf_mutual_auth = CS_ID_INIT;
static int hf_kind = CS_ID_INIT;
static int hf_handshake = CS_ID_INIT, hf_handshake_time = CS_ID_INIT;
static int hf_alert = CS_ID_INIT, hf_alert_sender = CS_ID_INIT;
static int hf_start_dtls = CS_ID_INIT, hf_midstream = CS_ID_INIT;
static int ett_cipsec = CS_ID_INIT, ett_cipher = CS_ID_INIT;

static int proto_tags = CS_ID_INIT;

int cs_tap_id(void)
{
    return cs_hot.tap;
}

/* All items of the tags are conclusions, none stands in the packet. */
static proto_tree *where;
static tvbuff_t *frame_tvb;

static proto_item *generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

static proto_item *add_uint(int hf, uint32_t value)
{
    return generated(proto_tree_add_uint(where, hf, frame_tvb, 0, 0, value));
}

static void add_boolean(int hf, bool value)
{
    generated(proto_tree_add_boolean(where, hf, frame_tvb, 0, 0, value));
}

static void show_end(const cs_end *end, int hf_ip, int hf_ip6, int hf_port)
{
    if (!end)
        return;
    if (end->ep.addr.family == 4) {
        uint32_t ip;
        memcpy(&ip, end->ep.addr.bytes, sizeof ip);
        generated(proto_tree_add_ipv4(where, hf_ip, frame_tvb, 0, 0, ip));
    } else if (end->ep.addr.family == 6) {
        ws_in6_addr ip6;
        memcpy(&ip6, end->ep.addr.bytes, sizeof ip6);
        generated(proto_tree_add_ipv6(where, hf_ip6, frame_tvb, 0, 0, &ip6));
    }
    add_uint(hf_port, end->ep.port);
}

static void show_roles(const cs_stream *stream, int sender)
{
    show_end(cs_stream_client(stream), hf_client_ip, hf_client_ip6, hf_client_port);
    show_end(cs_stream_server(stream), hf_server_ip, hf_server_ip6, hf_server_port);
    if (stream->client >= 0) {
        add_uint(hf_role, sender == stream->client ? CS_ROLE_CLIENT : CS_ROLE_SERVER);
        add_uint(hf_role_source, stream->role_source);
    }
}

static void show_class(const cs_stream *stream)
{
    cs_class_source source;
    add_uint(hf_class, cs_stream_class(stream, &source));
    if (source != CS_CLASS_SOURCE_NONE)
        add_uint(hf_class_source, source);
    uint8_t classes = cs_stream_transport_classes(stream);
    for (unsigned n = 0; n < 4; n++)
        if (classes & (1u << n))
            add_uint(hf_transport_class, n);
}

static void show_cipher(uint16_t id)
{
    proto_item *item = add_uint(hf_cipher, id);
    const cs_suite *suite = cs_suite_find(id);
    if (!suite)
        return;
    proto_tree *outer = where;
    where = proto_item_add_subtree(item, ett_cipher);
    generated(proto_tree_add_string(where, hf_cipher_kx, frame_tvb, 0, 0, suite->kx));
    generated(proto_tree_add_string(where, hf_cipher_auth, frame_tvb, 0, 0, suite->auth));
    generated(proto_tree_add_string(where, hf_cipher_enc, frame_tvb, 0, 0, suite->enc));
    generated(proto_tree_add_string(where, hf_cipher_mac, frame_tvb, 0, 0, suite->mac));
    where = outer;
}

static void show_protection(const cs_stream *stream)
{
    add_uint(hf_confidentiality, stream->conf);
    if (stream->conf_source != CS_CONF_SOURCE_NONE)
        add_uint(hf_confidentiality_source, stream->conf_source);
    if (stream->hs.version)
        add_uint(hf_version, stream->hs.version);
    if (stream->hs.have_suite)
        show_cipher(stream->hs.suite);
    bool known;
    bool mutual = cs_stream_mutual_auth(stream, &known);
    if (known)
        add_boolean(hf_mutual_auth, mutual);
}

static void show_handshake(const cs_stream *stream)
{
    const cs_handshake *hs = &stream->hs;
    if (!cs_stream_secured(stream))
        return;
    add_uint(hf_handshake, hs->state);
    if (hs->hello.frame && hs->done.frame) {
        int64_t ns = hs->done.ns - hs->hello.ns;
        nstime_t time = {(time_t)(ns / 1000000000), (int)(ns % 1000000000)};
        generated(proto_tree_add_time(where, hf_handshake_time, frame_tvb, 0, 0, &time));
    }
    if (hs->have_alert) {
        add_uint(hf_alert, hs->alert);
        if (hs->alert_sender != CS_ROLE_UNKNOWN)
            add_uint(hf_alert_sender, hs->alert_sender);
    }
}

static const char *summary(packet_info *pinfo, const cs_stream *stream)
{
    char client[CS_ENDPOINT_STRLEN], server[CS_ENDPOINT_STRLEN];
    cs_class_source source;
    bool roles = stream->client >= 0;
    const char *cipher = stream->hs.have_suite ? cs_name_suite(pinfo->pool, stream->hs.suite) : NULL;
    return wmem_strdup_printf(
        pinfo->pool, "%s, %s%s %s %s%s, %s, %s%s%s", cs_name(cs_names_transport, stream->transport),
        roles ? "Client " : "", cs_endpoint_to_str(&stream->end[roles ? stream->client : 0].ep, client),
        roles ? "->" : "<->", roles ? "Server " : "",
        cs_endpoint_to_str(&stream->end[roles ? 1 - stream->client : 1].ep, server),
        cs_name(cs_names_class, cs_stream_class(stream, &source)),
        stream->conf == CS_CONF_UNKNOWN ? "protection unknown" : cs_name(cs_names_confidentiality, stream->conf),
        cipher ? ", " : "", cipher ? cipher : "");
}

static G_GNUC_NO_INLINE proto_item *show_tags(packet_info *pinfo, proto_tree *tree, const cs_packet *packet)
{
    const cs_stream *stream = packet->stream;
    bool visible = PTREE_DATA(tree)->visible;
    if (PINFO_FD_VISITED(pinfo))
        cs_clear_io_again(pinfo, packet);
    proto_item *top = proto_tree_add_protocol_format(tree, proto_cipsec, frame_tvb, 0, 0, "CIP Security Analysis: %s",
                                                     visible ? summary(pinfo, stream) : "");
    where = proto_item_add_subtree(generated(top), ett_cipsec);
    add_uint(hf_stream, stream->index);
    add_uint(hf_transport, stream->transport);
    show_roles(stream, packet->sender);
    show_class(stream);
    show_protection(stream);
    add_uint(hf_kind, stream->kind);
    show_handshake(stream);
    if (stream->start_dtls)
        add_boolean(hf_start_dtls, true);
    if (stream->transport != CS_TRANSPORT_UDP)
        add_boolean(hf_midstream, stream->midstream);
    cs_io_show(pinfo, where, frame_tvb, packet);
    return top;
}

static G_GNUC_NO_INLINE void queue_tap(packet_info *pinfo, const cs_packet *packet)
{
    cs_tap_packet *record = wmem_new0(pinfo->pool, cs_tap_packet);
    record->stream = packet->stream;
    record->sender = packet->sender;
    record->at = packet->at;
    tap_queue_packet(cs_hot.tap, pinfo, record);
}

/* A device may enroll on any port; such a packet has no stream of ours. */
static CS_RARE void show_enrollment(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    proto_item *top = tree ? proto_tree_add_protocol_format(tree, proto_cipsec, tvb, 0, 0,
                                                            "CIP Security Analysis: certificates of an enrollment")
                           : NULL;
    cs_cert_tags_show(pinfo, top ? proto_item_add_subtree(generated(top), ett_cipsec) : NULL, tvb);
    cs_findings_show(pinfo, top);
}

/* What few frames show, and all of them when somebody looks. It reports findings too, so it runs without a tree. */
static CS_RARE void show_more(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, const cs_packet *packet)
{
    proto_item *top = NULL;
    frame_tvb = tvb;
    where = NULL;
    if (tree)
        top = show_tags(pinfo, tree, packet);
    cs_secure_show(pinfo, where, tvb);
    cs_cert_tags_show(pinfo, where, tvb);
    if (tree)
        cs_deploy_tags_show(tvb, pinfo, where, packet);
    cs_findings_show(pinfo, top);
}

static inline void show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, cs_packet *packet)
{
    const cs_capture *cap = cs_current_capture();
    packet->shown = tree != NULL;
    if (!PINFO_FD_VISITED(pinfo)) {
        if (G_UNLIKELY(packet->stream->transport == CS_TRANSPORT_DTLS && !packet->payload_known))
            cs_secure_read_undissected(tvb, pinfo, packet);
        cs_packet_count(tvb, pinfo, packet);
    }
    if (G_UNLIKELY(tree || pinfo->num <= cap->last_noted_frame || cap->certs_unsettled))
        show_more(tvb, pinfo, tree, packet);
    if (G_UNLIKELY(have_tap_listener(cs_hot.tap)))
        queue_tap(pinfo, packet);
}

static CS_RARE void without_stream(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    cs_packet_icmp(tvb, pinfo);
    if (cs_hot.capture && cs_certs_in_frame(cs_hot.capture, pinfo->num))
        show_enrollment(tvb, pinfo, tree);
}

static G_GNUC_NO_INLINE int of_ours(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    cs_packet *packet = cs_packet_of_frame(pinfo, tvb);
    if (packet)
        show(tvb, pinfo, tree, packet);
    else
        without_stream(tvb, pinfo, tree);
    cs_packet_forget();
    return 0;
}

/* Says no to most packets of a plant's capture. ICMP leaves the ports of the packet it quotes, or none. */
static inline bool may_concern_us(const packet_info *pinfo)
{
    uint64_t ports = cs_hot.ports_mod_64;
    return (ports & UINT64_C(1) << pinfo->srcport % 64) || (ports & UINT64_C(1) << pinfo->destport % 64) ||
           pinfo->ptype == PT_NONE || pinfo->num <= cs_hot.last_enrollment;
}

/* Post-dissectors come last: the packet is done with. The only code of the module that all packets of a capture run
 * fits into one line of the cache. */
static __attribute__((aligned(CS_CACHE_LINE))) int dissect_tags(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                                                void *data)
{
    (void)data;
    return may_concern_us(pinfo) ? of_ours(tvb, pinfo, tree) : 0;
}

#define WORDS(names) BASE_DEC, VALS(names), 0

static void register_fields(void)
{
    static hf_register_info hf[] = {
        {&hf_stream,
         {"Stream", "cipsec.stream", FT_UINT32, BASE_DEC, NULL, 0, "Index of the stream in the capture, from 0",
          HFILL}},
        {&hf_transport, {"Transport", "cipsec.transport", FT_UINT8, WORDS(cs_names_transport), NULL, HFILL}},
        {&hf_client_ip, {"Client address", "cipsec.client.ip", FT_IPv4, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_client_ip6, {"Client IPv6 address", "cipsec.client.ip6", FT_IPv6, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_client_port, {"Client port", "cipsec.client.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_server_ip, {"Server address", "cipsec.server.ip", FT_IPv4, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_server_ip6, {"Server IPv6 address", "cipsec.server.ip6", FT_IPv6, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_server_port, {"Server port", "cipsec.server.port", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_role,
         {"Role", "cipsec.role", FT_UINT8, WORDS(cs_names_role), "Role of the sender of this frame", HFILL}},
        {&hf_role_source,
         {"Roles known by", "cipsec.role.source", FT_UINT8, WORDS(cs_names_role_source), NULL, HFILL}},
        {&hf_class, {"CIP class", "cipsec.class", FT_UINT8, WORDS(cs_names_class), NULL, HFILL}},
        {&hf_class_source,
         {"CIP class known by", "cipsec.class.source", FT_UINT8, WORDS(cs_names_class_source), NULL, HFILL}},
        {&hf_transport_class,
         {"Transport class", "cipsec.transport_class", FT_UINT8, BASE_DEC, NULL, 0,
          "Transport class of a CIP connection that was opened or is carried here", HFILL}},
        {&hf_confidentiality,
         {"Confidentiality", "cipsec.confidentiality", FT_UINT8, WORDS(cs_names_confidentiality),
          "In the words of the devices' web pages", HFILL}},
        {&hf_confidentiality_source,
         {"Confidentiality known by", "cipsec.confidentiality.source", FT_UINT8,
          WORDS(cs_names_confidentiality_source), NULL, HFILL}},
        {&hf_version,
         {"Version", "cipsec.version", FT_UINT16, BASE_HEX, VALS(cs_names_version), 0, "Negotiated protocol version",
          HFILL}},
        {&hf_cipher,
         {"Cipher suite", "cipsec.cipher", FT_UINT16, BASE_HEX | BASE_EXT_STRING, NULL, 0,
          "Negotiated cipher suite", HFILL}},
        {&hf_cipher_kx, {"Key exchange", "cipsec.cipher.kx", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_cipher_auth, {"Authentication", "cipsec.cipher.auth", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_cipher_enc, {"Encryption", "cipsec.cipher.enc", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_cipher_mac, {"Message authentication", "cipsec.cipher.mac", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_mutual_auth,
         {"Mutual authentication", "cipsec.mutual_auth", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "The client proved a certificate too", HFILL}},
        {&hf_kind, {"Kind of session", "cipsec.kind", FT_UINT8, WORDS(cs_names_kind), NULL, HFILL}},
        {&hf_handshake, {"Handshake", "cipsec.handshake", FT_UINT8, WORDS(cs_names_handshake), NULL, HFILL}},
        {&hf_handshake_time,
         {"Handshake time", "cipsec.handshake.time", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "From the first ClientHello to the last Finished", HFILL}},
        {&hf_alert,
         {"Alert", "cipsec.handshake.alert", FT_UINT8, BASE_DEC | BASE_EXT_STRING, NULL, 0,
          "The alert that ended the handshake or the session", HFILL}},
        {&hf_alert_sender,
         {"Alert sent by", "cipsec.handshake.alert.sender", FT_UINT8, WORDS(cs_names_role), NULL, HFILL}},
        {&hf_start_dtls,
         {"START_DTLS", "cipsec.start_dtls", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "A change to DTLS was asked for on this stream", HFILL}},
        {&hf_midstream,
         {"Midstream", "cipsec.midstream", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "The stream was already open when the capture began", HFILL}},
    };
    for (unsigned i = 0; i < array_length(hf); i++) {
        if (hf[i].p_id == &hf_cipher)
            hf[i].hfinfo.strings = cs_names_suites();
        else if (hf[i].p_id == &hf_alert)
            hf[i].hfinfo.strings = cs_names_alerts();
    }
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
}

void cs_tags_register(void)
{
    static int *ett[] = {&ett_cipsec, &ett_cipher};
    register_fields();
    proto_register_subtree_array(ett, array_length(ett));
    proto_tags = proto_register_protocol_in_name_only("CIP Security Analysis of a packet", "CIP Security tags",
                                                      "cipsec.tags", proto_cipsec, FT_PROTOCOL);
    cs_hot.tap = register_tap(CS_TAP_NAME);
}

/* For a protocol that has more than its name Wireshark would add a layer to every packet of the capture, and take it
 * away again. */
void cs_tags_handoff(void)
{
    register_postdissector(create_dissector_handle(dissect_tags, proto_tags));
}
