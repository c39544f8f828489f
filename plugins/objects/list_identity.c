/* list_identity.c
 * ListIdentity replies: identity and the CIP Security items 0x86, 0x87 and 0x88, where Wireshark's own dissector knows
 * only the old form, or nothing, or does not look because both ports are 44818.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "list_identity.h"

#include <cipsec/cpf.h>
#include <cipsec/identity.h>

#include <string.h>

static int hf_vendor = CS_ID_INIT, hf_device_type = CS_ID_INIT, hf_product_code = CS_ID_INIT;
static int hf_revision = CS_ID_INIT, hf_serial = CS_ID_INIT, hf_product_name = CS_ID_INIT;
static int hf_profiles = CS_ID_INIT, hf_configured = CS_ID_INIT;
static int hf_cs_state = CS_ID_INIT, hf_eip_state = CS_ID_INIT;
static int hf_ports = CS_ID_INIT, hf_capability = CS_ID_INIT, hf_usage = CS_ID_INIT;
static int hf_not_counted = CS_ID_INIT, hf_rest = CS_ID_INIT;
static int ett_identity = CS_ID_INIT, ett_bits = CS_ID_INIT;

static const value_string cs_states[] = {{0, "Factory Default Configuration"},
                                         {1, "Configuration In Progress"},
                                         {2, "Configured"},
                                         {3, "Incomplete Configuration"},
                                         {0, NULL}};

static const value_string eip_states[] = {{0, "Factory Default Configuration"},
                                          {1, "Configuration In Progress"},
                                          {2, "Configured"},
                                          {3, "Pull Model In Progress"},
                                          {4, "Pull Model Completed"},
                                          {5, "Pull Model Disabled"},
                                          {0, NULL}};

/* A word of flags: each bit is a field of its own, so that filters can ask for one. */
#define BIT(parent, name, title, bit) static int hf_##parent##_##name = CS_ID_INIT;
#include "list_identity_bits.def"
#undef BIT

static int *const profile_bits[] = {&hf_profiles_integrity,     &hf_profiles_confidentiality,
                                    &hf_profiles_authorization, &hf_profiles_user_authentication,
                                    &hf_profiles_constrained,   NULL};
static int *const configured_bits[] = {&hf_configured_integrity,     &hf_configured_confidentiality,
                                       &hf_configured_authorization, &hf_configured_user_authentication,
                                       &hf_configured_constrained,   NULL};
static int *const port_bits[] = {&hf_ports_tcp_44818, &hf_ports_udp_44818, &hf_ports_udp_2222,
                                 &hf_ports_tcp_2221,  &hf_ports_udp_2221,  NULL};
static int *const capability_bits[] = {&hf_capability_ucmm_tcp,   &hf_capability_ucmm_udp,   &hf_capability_class3_tcp,
                                       &hf_capability_class3_udp, &hf_capability_class2_tcp, &hf_capability_class2_udp,
                                       &hf_capability_class1,     &hf_capability_class0,     NULL};
static int *const usage_bits[] = {&hf_usage_standard, &hf_usage_in_cabinet, NULL};

static void show_identity(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, int at, const cs_identity *f)
{
    if (!f->have_identity)
        return;
    int attributes = at + 18;
    proto_tree_add_item(tree, hf_vendor, tvb, attributes, 2, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_device_type, tvb, attributes + 2, 2, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_product_code, tvb, attributes + 4, 2, ENC_LITTLE_ENDIAN);
    proto_tree_add_string(tree, hf_revision, tvb, attributes + 6, 2,
                          wmem_strdup_printf(pinfo->pool, "%u.%u", f->major, f->minor));
    proto_tree_add_item(tree, hf_serial, tvb, attributes + 10, 4, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_product_name, tvb, attributes + 15, (int)strlen(f->product_name), ENC_UTF_8 | ENC_NA);
}

static void show_rest(proto_tree *tree, tvbuff_t *tvb, int at, int known, int len)
{
    if (len > known)
        proto_tree_add_item(tree, hf_rest, tvb, at + known, len - known, ENC_NA);
}

static void show_security(proto_tree *tree, tvbuff_t *tvb, int at, int len, const cs_identity *f)
{
    if (!f->have_security) {
        show_rest(tree, tvb, at, 0, len);
        return;
    }
    proto_tree_add_bitmask(tree, tvb, at, hf_profiles, ett_bits, profile_bits, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_cs_state, tvb, at + 2, 1, ENC_LITTLE_ENDIAN);
    proto_tree_add_item(tree, hf_eip_state, tvb, at + 3, 1, ENC_LITTLE_ENDIAN);
    proto_tree_add_bitmask(tree, tvb, at + 4, hf_ports, ett_bits, port_bits, ENC_LITTLE_ENDIAN);
    if (f->profiles_configured >= 0) {
        proto_tree_add_bitmask(tree, tvb, at + 5, hf_configured, ett_bits, configured_bits, ENC_LITTLE_ENDIAN);
        show_rest(tree, tvb, at, 7, len);
    } else {
        show_rest(tree, tvb, at, 5, len);
    }
}

static void show_item(proto_tree *tree, packet_info *pinfo, tvbuff_t *tvb, int cpf, const cs_identity_item *item,
                      const cs_identity *f)
{
    int at = cpf + (int)item->offset, len = item->len;
    bool word = len >= 4;
    switch (item->type) {
    case CS_CPF_LIST_IDENTITY:
        show_identity(tree, pinfo, tvb, at, f);
        break;
    case CS_CPF_CIP_SECURITY:
        show_security(tree, tvb, at, len, f);
        break;
    case CS_CPF_CAPABILITY:
        if (word)
            proto_tree_add_bitmask(tree, tvb, at, hf_capability, ett_bits, capability_bits, ENC_LITTLE_ENDIAN);
        show_rest(tree, tvb, at, word ? 4 : 0, len);
        break;
    case CS_CPF_USAGE:
        if (word)
            proto_tree_add_bitmask(tree, tvb, at, hf_usage, ett_bits, usage_bits, ENC_LITTLE_ENDIAN);
        show_rest(tree, tvb, at, word ? 4 : 0, len);
        break;
    default:
        break;
    }
}

/* at: offset of the encapsulation header. */
static void show_reply(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, int at, const cs_encap *pdu, size_t len)
{
    cs_identity_reply reply;
    if (pdu->command != CS_ENCAP_LIST_IDENTITY || pdu->length == 0 || !cs_identity_read(pdu->data, len, &reply))
        return;
    int cpf = at + CS_ENCAP_HEADER;
    proto_tree *sub = proto_tree_add_subtree(tree, tvb, cpf, (int)reply.used, ett_identity, NULL,
                                             "EtherNet/IP identity with CIP Security");
    for (unsigned i = 0; i < reply.n_items; i++)
        show_item(sub, pinfo, tvb, cpf, &reply.items[i], &reply.facts);
    if (reply.used > pdu->length) {
        proto_item *item = proto_tree_add_uint(sub, hf_not_counted, tvb, cpf + pdu->length,
                                               (int)(reply.used - pdu->length), (unsigned)(reply.used - pdu->length));
        proto_item_append_text(item, " (the device's encapsulation length leaves them out)");
    }
}

void cs_list_identity_show(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, bool datagram)
{
    cs_encap pdu;
    unsigned captured = tvb_captured_length(tvb);
    if (captured <= CS_ENCAP_HEADER)
        return;
    const uint8_t *bytes = tvb_get_ptr(tvb, 0, (int)captured);
    size_t at = 0, taken;
    /* Some devices do not count the last items in, which a datagram has all the same. */
    while ((taken = cs_encap_next(bytes + at, captured - at, &pdu)) > 0) {
        show_reply(tvb, pinfo, tree, (int)at, &pdu, datagram ? captured - at - CS_ENCAP_HEADER : pdu.data_len);
        at += taken;
        if (datagram || at >= captured)
            break;
    }
}

void cs_list_identity_register(void)
{
    static hf_register_info hf[] = {
        {&hf_vendor, {"Vendor ID", "cipsec.identity.vendor", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_device_type, {"Device type", "cipsec.identity.device_type", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_product_code, {"Product code", "cipsec.identity.product_code", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_revision, {"Revision", "cipsec.identity.revision", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_serial, {"Serial number", "cipsec.identity.serial", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_product_name,
         {"Product name", "cipsec.identity.product_name", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_profiles, {"Security profiles", "cipsec.identity.profiles", FT_UINT16, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_configured,
         {"Security profiles configured", "cipsec.identity.profiles_configured", FT_UINT16, BASE_HEX, NULL, 0, NULL,
          HFILL}},
        {&hf_cs_state,
         {"CIP Security state", "cipsec.identity.cs_state", FT_UINT8, BASE_DEC, VALS(cs_states), 0, NULL, HFILL}},
        {&hf_eip_state,
         {"EtherNet/IP Security state", "cipsec.identity.eip_state", FT_UINT8, BASE_DEC, VALS(eip_states), 0, NULL,
          HFILL}},
        {&hf_ports, {"Open ports", "cipsec.identity.ports", FT_UINT8, BASE_HEX, NULL, 0, "IANA port state", HFILL}},
        {&hf_capability,
         {"EtherNet/IP capability", "cipsec.identity.capability", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_usage, {"EtherNet/IP usage", "cipsec.identity.usage", FT_UINT32, BASE_HEX, NULL, 0, NULL, HFILL}},
        {&hf_not_counted,
         {"Bytes behind the declared length", "cipsec.identity.not_counted", FT_UINT32, BASE_DEC, NULL, 0,
          "Items that the encapsulation length does not count", HFILL}},
        {&hf_rest, {"Unknown bytes", "cipsec.identity.rest", FT_BYTES, BASE_NONE, NULL, 0, NULL, HFILL}},
#define WIDTH_profiles 16
#define WIDTH_configured 16
#define WIDTH_ports 8
#define WIDTH_capability 32
#define WIDTH_usage 32
#define PATH_profiles "profiles"
#define PATH_configured "profiles_configured"
#define PATH_ports "ports"
#define PATH_capability "capability"
#define PATH_usage "usage"
#define BIT(parent, name, title, bit)                                                                                  \
    {&hf_##parent##_##name,                                                                                            \
     {title, "cipsec.identity." PATH_##parent "." #name, FT_BOOLEAN, WIDTH_##parent, NULL, 1u << (bit), NULL, HFILL}},
#include "list_identity_bits.def"
#undef BIT
    };
    static int *ett[] = {&ett_identity, &ett_bits};
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
}
