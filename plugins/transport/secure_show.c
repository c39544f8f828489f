/* secure_show.c
 * Fields of the wrapper on the CIP Security ports: handshake steps, readable handshake messages, MAC results.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <cipsec/alerts.h>
#include <cipsec/certs.h>

static int hf_step = CS_ID_INIT;
static int hf_step_number = CS_ID_INIT;
static int hf_message = CS_ID_INIT;
static int hf_message_type = CS_ID_INIT;
static int hf_message_length = CS_ID_INIT;
static int hf_certificate = CS_ID_INIT;
static int hf_extension = CS_ID_INIT;
static int hf_scheme = CS_ID_INIT;
static int hf_signature = CS_ID_INIT;
static int hf_verify_data = CS_ID_INIT;
static int hf_body = CS_ID_INIT;
static int hf_mac_status = CS_ID_INIT;
static int ett_step = CS_ID_INIT;
static int ett_message = CS_ID_INIT;

static const value_string mac_values[] = {{CS_MAC_BAD, "Bad"}, {CS_MAC_GOOD, "Good"}, {0, NULL}};

static const value_string scheme_values[] = {
    {0x0201, "rsa_pkcs1_sha1"},         {0x0203, "ecdsa_sha1"},
    {0x0401, "rsa_pkcs1_sha256"},       {0x0403, "ecdsa_secp256r1_sha256"},
    {0x0501, "rsa_pkcs1_sha384"},       {0x0503, "ecdsa_secp384r1_sha384"},
    {0x0601, "rsa_pkcs1_sha512"},       {0x0603, "ecdsa_secp521r1_sha512"},
    {0x0804, "rsa_pss_rsae_sha256"},    {0x0805, "rsa_pss_rsae_sha384"},
    {0x0806, "rsa_pss_rsae_sha512"},    {0x0807, "ed25519"},
    {0x0808, "ed448"},                  {0x0809, "rsa_pss_pss_sha256"},
    {0x080A, "rsa_pss_pss_sha384"},     {0x080B, "rsa_pss_pss_sha512"},
    {0x081A, "ecdsa_brainpoolP256r1tls13_sha256"}, {0, NULL}};

static const value_string extension_values[] = {{0, "server_name"},
                                                {1, "max_fragment_length"},
                                                {5, "status_request"},
                                                {10, "supported_groups"},
                                                {13, "signature_algorithms"},
                                                {16, "application_layer_protocol_negotiation"},
                                                {18, "signed_certificate_timestamp"},
                                                {19, "client_certificate_type"},
                                                {20, "server_certificate_type"},
                                                {27, "compress_certificate"},
                                                {28, "record_size_limit"},
                                                {42, "early_data"},
                                                {47, "certificate_authorities"},
                                                {48, "oid_filters"},
                                                {50, "signature_algorithms_cert"},
                                                {0, NULL}};

static proto_item *generated(proto_item *item)
{
    proto_item_set_generated(item);
    return item;
}

static const char *direction(cs_role sender)
{
    return sender == CS_ROLE_CLIENT   ? "Client -> Server"
           : sender == CS_ROLE_SERVER ? "Server -> Client"
                                      : "Unknown direction:";
}

/* "4 of 9: Server -> Client Certificate (vendor certificate)". The total is known once the whole capture was read. */
static void show_step(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const cs_frame_step *step, uint32_t total)
{
    wmem_strbuf_t *text = wmem_strbuf_new(pinfo->pool, "");
    if (step->number && PINFO_FD_VISITED(pinfo))
        wmem_strbuf_append_printf(text, "%u of %u: ", step->number, total);
    else if (step->number)
        wmem_strbuf_append_printf(text, "%u: ", step->number);
    wmem_strbuf_append_printf(text, "%s %s", direction(step->sender), step->what);
    if (step->cert && step->cert->kind != CS_CERT_UNKNOWN)
        wmem_strbuf_append_printf(text, " (%s)", cs_cert_kind_name(step->cert->kind));
    if (step->repeated)
        wmem_strbuf_append(text, " (sent again)");
    proto_item *item = generated(proto_tree_add_string(tree, hf_step, tvb, 0, 0, wmem_strbuf_get_str(text)));
    if (step->number)
        generated(proto_tree_add_uint(proto_item_add_subtree(item, ett_step), hf_step_number, tvb, 0, 0,
                                      step->number));
}

/* A list of extensions behind its two bytes of length. */
static void show_extensions(proto_tree *tree, tvbuff_t *tvb, int at)
{
    int end = (int)tvb_captured_length(tvb);
    if (at + 2 > end)
        return;
    end = MIN(end, at + 2 + tvb_get_ntohs(tvb, at));
    at += 2;
    while (at + 4 <= end) {
        int len = tvb_get_ntohs(tvb, at + 2);
        proto_tree_add_item(tree, hf_extension, tvb, at, 2, ENC_BIG_ENDIAN);
        at += 4 + len;
    }
}

static void show_certificates(proto_tree *tree, tvbuff_t *tvb)
{
    unsigned n = tvb_captured_length(tvb);
    cs_span ders[16];
    const uint8_t *body = n ? tvb_get_ptr(tvb, 0, (int)n) : NULL;
    int count = cs_certificate_parse(body, n, true, ders, (int)array_length(ders));
    for (int i = 0; i < MIN(count, (int)array_length(ders)); i++)
        proto_tree_add_item(tree, hf_certificate, tvb, (int)(ders[i].p - body), (int)ders[i].len, ENC_NA);
}

static void show_body(proto_tree *tree, tvbuff_t *tvb, uint8_t type)
{
    int n = (int)tvb_captured_length(tvb);
    switch (type) {
    case CS_HS_ENCRYPTED_EXTENSIONS:
        show_extensions(tree, tvb, 0);
        break;
    case CS_HS_CERTIFICATE_REQUEST:
        if (n > 0)
            show_extensions(tree, tvb, 1 + cs_tvb_u8(tvb, 0));
        break;
    case CS_HS_CERTIFICATE:
        show_certificates(tree, tvb);
        break;
    case CS_HS_CERTIFICATE_VERIFY:
        if (n >= 4) {
            proto_tree_add_item(tree, hf_scheme, tvb, 0, 2, ENC_BIG_ENDIAN);
            proto_tree_add_item(tree, hf_signature, tvb, 4, n - 4, ENC_NA);
        }
        break;
    case CS_HS_FINISHED:
        proto_tree_add_item(tree, hf_verify_data, tvb, 0, n, ENC_NA);
        break;
    default:
        if (n)
            proto_tree_add_item(tree, hf_body, tvb, 0, n, ENC_NA);
        break;
    }
}

static void show_message(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const cs_frame_message *message)
{
    tvbuff_t *body = tvb_new_child_real_data(tvb, message->body, message->len, (int)message->len);
    add_new_data_source(pinfo, body, "Readable handshake message");
    proto_item *item =
        proto_tree_add_string(tree, hf_message, body, 0, (int)message->len, cs_handshake_name(message->type));
    proto_tree *sub = proto_item_add_subtree(item, ett_message);
    generated(proto_tree_add_uint(sub, hf_message_type, body, 0, 0, message->type));
    generated(proto_tree_add_uint(sub, hf_message_length, body, 0, 0, message->len));
    show_body(sub, body, message->type);
}

static void show_macs(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const cs_secure_frame *frame)
{
    for (unsigned i = 0; frame->macs && i < wmem_array_get_count(frame->macs); i++) {
        uint8_t status = *(uint8_t *)wmem_array_index(frame->macs, i);
        proto_item *item = generated(proto_tree_add_uint(tree, hf_mac_status, tvb, 0, 0, status));
        if (status == CS_MAC_BAD)
            cs_expert(pinfo, item, CS_FIND_RECORD_MAC_BAD, "record %u of those checked in this frame", i + 1);
    }
}

static G_GNUC_NO_INLINE void show_frame(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb,
                                        const cs_secure_frame *frame)
{
    uint32_t total = frame->stream && frame->stream->wire_state ? cs_secure_steps(frame->stream->wire_state) : 0;
    for (const cs_frame_step *step = tree ? frame->steps : NULL; step; step = step->next)
        show_step(pinfo, tree, tvb, step, total);
    for (const cs_frame_message *message = tree ? frame->messages : NULL; message; message = message->next)
        show_message(pinfo, tree, tvb, message);
    show_macs(pinfo, tree, tvb, frame);
    if (frame->bad_signature)
        cs_expert(pinfo, proto_tree_get_parent(tree), CS_FIND_SIGNATURE_INVALID, "signature of the %s",
                  frame->bad_signer == CS_ROLE_SERVER ? "server" : "client");
}

void cs_secure_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb)
{
    const cs_secure_frame *frame = cs_secure_frame_of(pinfo);
    if (G_UNLIKELY(frame != NULL))
        show_frame(pinfo, tree, tvb, frame);
}

void cs_secure_show_register(void)
{
    static hf_register_info hf[] = {
        {&hf_step,
         {"Handshake step", "cipsec.handshake.step", FT_STRING, BASE_NONE, NULL, 0,
          "Which step of the handshake this frame holds", HFILL}},
        {&hf_step_number,
         {"Step number", "cipsec.handshake.step.number", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_message,
         {"Handshake message", "cipsec.handshake.message", FT_STRING, BASE_NONE, NULL, 0,
          "Protected against changes, but readable", HFILL}},
        {&hf_message_type,
         {"Type", "cipsec.handshake.message.type", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_message_length,
         {"Length", "cipsec.handshake.message.length", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_certificate,
         {"Certificate", "cipsec.handshake.message.certificate", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_extension,
         {"Extension", "cipsec.handshake.message.extension", FT_UINT16, BASE_DEC, VALS(extension_values), 0, NULL,
          HFILL}},
        {&hf_scheme,
         {"Signature scheme", "cipsec.handshake.message.signature_scheme", FT_UINT16, BASE_HEX, VALS(scheme_values),
          0, NULL, HFILL}},
        {&hf_signature,
         {"Signature", "cipsec.handshake.message.signature", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_verify_data,
         {"Verify data", "cipsec.handshake.message.verify_data", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_body, {"Body", "cipsec.handshake.message.body", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_mac_status,
         {"Record MAC", "cipsec.record.mac.status", FT_UINT8, BASE_DEC, VALS(mac_values), 0,
          "Checked with the key log", HFILL}},
    };
    static int *ett[] = {&ett_step, &ett_message};
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
}
