/* enrollment.c
 * Takes CSRs and certificates out of the HTTP bodies of enrollment over secure transport (RFC 7030), on whatever port
 * and wherever Wireshark can read HTTP. Its own dissector of the media type shows the body as before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "enrollment.h"

#include "../plugin.h"

enum { CSR, CERTIFICATES };

static const char *const media[] = {"application/pkcs10", "application/pkcs7-mime"};
static dissector_handle_t stock[array_length(media)];
static int proto_media[array_length(media)] = {CS_ID_INIT, CS_ID_INIT};

static void observe(tvbuff_t *tvb, packet_info *pinfo, int type)
{
    int len = (int)tvb_captured_length(tvb);
    /* The same media types are used in mail. */
    if (PINFO_FD_VISITED(pinfo) || len == 0 || tvb_reported_length(tvb) != (unsigned)len ||
        !(proto_is_frame_protocol(pinfo->layers, "http") || proto_is_frame_protocol(pinfo->layers, "http2")))
        return;
    const cs_packet *packet = cs_packet_get(pinfo);
    cs_enrollment_body body = {.at = cs_packet_when(pinfo),
                               .stream = packet ? packet->stream : NULL,
                               .client = cs_addr_from_ws(type == CSR ? &pinfo->src : &pinfo->dst),
                               .response = type == CERTIFICATES,
                               .bytes = tvb_get_ptr(tvb, 0, len),
                               .len = (uint32_t)len};
    cs_observe_enrollment(cs_current_capture(), &body);
    cs_hot.last_enrollment = pinfo->num;
}

static int dissect(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data, int type)
{
    /* First, since Wireshark's own reading of base64 as DER may end in an exception. */
    observe(tvb, pinfo, type);
    return stock[type] ? call_dissector_only(stock[type], tvb, pinfo, tree, data) : 0;
}

static int dissect_csr(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect(tvb, pinfo, tree, data, CSR);
}

static int dissect_certificates(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return dissect(tvb, pinfo, tree, data, CERTIFICATES);
}

void cs_enrollment_register(void)
{
    int http = proto_get_id_by_filter_name("http");
    proto_media[CSR] = proto_register_protocol_in_name_only("Enrollment request, analysed for CIP Security",
                                                            "PKCS#10 (CIP Security)", "cipsec.enrollment_request", http,
                                                            FT_PROTOCOL);
    proto_media[CERTIFICATES] = proto_register_protocol_in_name_only(
        "Enrollment response, analysed for CIP Security", "PKCS#7 (CIP Security)", "cipsec.enrollment_response", http,
        FT_PROTOCOL);
}

void cs_enrollment_handoff(void)
{
    static const dissector_t ours[] = {dissect_csr, dissect_certificates};
    for (unsigned i = 0; i < array_length(media); i++) {
        stock[i] = dissector_get_string_handle(find_dissector_table("media_type"), media[i]);
        dissector_add_string("media_type", media[i], create_dissector_handle(ours[i], proto_media[i]));
    }
}
