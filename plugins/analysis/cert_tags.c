/* cert_tags.c
 * Shows what is known of each certificate, CSR and CRL on the frames that complete it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "cert_tags.h"

#include "../statistics/export.h"
#include "names.h"

#include <cipsec/certs.h>

static int hf_cert = CS_ID_INIT, hf_type = CS_ID_INIT, hf_side = CS_ID_INIT;
static int hf_position = CS_ID_INIT, hf_file = CS_ID_INIT;
static int hf_subject = CS_ID_INIT, hf_issuer = CS_ID_INIT, hf_serial = CS_ID_INIT;
static int hf_sha256 = CS_ID_INIT, hf_sha1 = CS_ID_INIT, hf_length = CS_ID_INIT;
static int hf_not_before = CS_ID_INIT, hf_not_after = CS_ID_INIT, hf_days_left = CS_ID_INIT;
static int hf_key_type = CS_ID_INIT, hf_key_bits = CS_ID_INIT, hf_curve = CS_ID_INIT, hf_key_id = CS_ID_INIT;
static int hf_signature = CS_ID_INIT, hf_san = CS_ID_INIT, hf_key_usage = CS_ID_INIT, hf_eku = CS_ID_INIT;
static int hf_ca = CS_ID_INIT, hf_path_len = CS_ID_INIT, hf_self_signed = CS_ID_INIT, hf_revoked = CS_ID_INIT;
static int hf_kind = CS_ID_INIT, hf_kind_why = CS_ID_INIT, hf_chain = CS_ID_INIT, hf_chain_why = CS_ID_INIT;
static int hf_csr = CS_ID_INIT, hf_proved = CS_ID_INIT, hf_malformed = CS_ID_INIT;
static int ett_cert = CS_ID_INIT;

static const value_string types[] = {
    {CS_OBJECT_CERTIFICATE, "Certificate"}, {CS_OBJECT_CSR, "CSR"}, {CS_OBJECT_CRL, "CRL"}, {CS_OBJECT_PKCS7, "PKCS#7"},
    {0, NULL},
};
static const value_string kinds[] = {
    {CS_CERT_UNKNOWN, "Unknown"},
    {CS_CERT_VENDOR, "Vendor (born-on)"},
    {CS_CERT_PROVISIONED, "Provisioned device"},
    {CS_CERT_TOOL, "Tool"},
    {CS_CERT_ISSUING_CA, "Issuing CA"},
    {CS_CERT_ROOT, "Root CA"},
    {CS_CERT_SELF_SIGNED, "Self-signed"},
    {0, NULL},
};
static const value_string chains[] = {
    {CS_CHAIN_NOT_CHECKED, "Not checked"}, {CS_CHAIN_VALID, "Valid"}, {CS_CHAIN_INVALID, "Invalid"},
    {CS_CHAIN_REVOKED, "Revoked"},         {0, NULL},
};

typedef struct {
    proto_tree *tree;
    tvbuff_t *tvb;
} place;

static void add_string(const place *at, int hf, const char *text)
{
    if (text)
        proto_item_set_generated(proto_tree_add_string(at->tree, hf, at->tvb, 0, 0, text));
}

static void add_uint(const place *at, int hf, uint32_t value)
{
    proto_item_set_generated(proto_tree_add_uint(at->tree, hf, at->tvb, 0, 0, value));
}

static void add_bool(const place *at, int hf, bool value)
{
    proto_item_set_generated(proto_tree_add_boolean(at->tree, hf, at->tvb, 0, 0, value));
}

static void add_time(const place *at, int hf, int64_t seconds)
{
    nstime_t when = {(time_t)seconds, 0};
    proto_item_set_generated(proto_tree_add_time(at->tree, hf, at->tvb, 0, 0, &when));
}

static void add_bytes(const place *at, int hf, const uint8_t *bytes, int len)
{
    proto_item_set_generated(proto_tree_add_bytes_with_length(at->tree, hf, at->tvb, 0, 0, bytes, len));
}

static void show_times(const place *at, const cs_cert *cert, int64_t now)
{
    if (cert->have_not_before)
        add_time(at, hf_not_before, cert->not_before);
    if (cert->have_not_after) {
        add_time(at, hf_not_after, cert->not_after);
        proto_item_set_generated(proto_tree_add_int(at->tree, hf_days_left, at->tvb, 0, 0,
                                                    (int32_t)cs_cert_days_left(cert, now)));
    }
}

static void show_key(const place *at, const cs_cert *cert)
{
    add_string(at, hf_key_type, cert->key_type);
    if (cert->key_bits)
        add_uint(at, hf_key_bits, cert->key_bits);
    add_string(at, hf_curve, cert->curve);
    if (cert->have_key_id)
        add_bytes(at, hf_key_id, cert->key_id, sizeof cert->key_id);
    add_string(at, hf_signature, cert->signature);
}

static void show_extensions(const place *at, const cs_cert *cert)
{
    for (char **name = cert->san; name && *name; name++)
        add_string(at, hf_san, *name);
    add_string(at, hf_key_usage, cert->key_usage);
    add_string(at, hf_eku, cert->ext_key_usage);
    if (cert->type != CS_OBJECT_CERTIFICATE || !cert->subject)
        return;
    add_bool(at, hf_ca, cert->ca);
    if (cert->path_len >= 0)
        add_uint(at, hf_path_len, (uint32_t)cert->path_len);
    add_bool(at, hf_self_signed, cert->self_signed);
}

static void show_verdicts(const place *at, const cs_cert *cert)
{
    if (cert->type != CS_OBJECT_CERTIFICATE)
        return;
    add_uint(at, hf_kind, cert->kind);
    add_string(at, hf_kind_why, cs_cert_kind_why(cert));
    add_uint(at, hf_chain, cert->chain);
    add_string(at, hf_chain_why, cert->chain_why);
    if (cert->csr)
        add_bytes(at, hf_csr, cert->csr->sha256, sizeof cert->csr->sha256);
}

static CS_RARE void show_certificate(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const cs_cert *cert,
                                     const cs_cert_seen *seen)
{
    const char *nameless = cert->malformed ? "unreadable" : "";
    const char *name = cert->subject ? cert->subject : cert->issuer ? cert->issuer : nameless;
    const char *whose = seen->side == CS_ROLE_CLIENT ? "Client " : seen->side == CS_ROLE_SERVER ? "Server " : "";
    proto_item *item = proto_tree_add_none_format(tree, hf_cert, tvb, 0, 0, "%s%s%s%s", whose,
                                                  val_to_str_const(cert->type, types, "Object"), *name ? ": " : "",
                                                  name);
    proto_item_set_generated(item);
    place at = {proto_item_add_subtree(item, ett_cert), tvb};
    add_uint(&at, hf_type, cert->type);
    if (seen->side != CS_ROLE_UNKNOWN)
        add_uint(&at, hf_side, seen->side);
    add_uint(&at, hf_position, seen->position);
    /* Not every handshake is verified again, so that nothing is said where it is not. */
    if (seen->side != CS_ROLE_UNKNOWN && seen->position == 0 && seen->stream &&
        seen->stream->hs.cert_proved[seen->side == CS_ROLE_SERVER])
        add_bool(&at, hf_proved, true);
    if (seen->file_instance != CS_CIP_UNSET)
        add_uint(&at, hf_file, seen->file_instance);
    add_string(&at, hf_subject, cert->subject);
    add_string(&at, hf_issuer, cert->issuer);
    add_string(&at, hf_serial, cert->serial);
    add_bytes(&at, hf_sha256, cert->sha256, sizeof cert->sha256);
    add_bytes(&at, hf_sha1, cert->sha1, sizeof cert->sha1);
    add_uint(&at, hf_length, cert->der_len);
    show_times(&at, cert, cs_packet_when(pinfo).ns);
    show_key(&at, cert);
    show_extensions(&at, cert);
    if (cert->type == CS_OBJECT_CRL)
        add_uint(&at, hf_revoked, cert->revoked);
    show_verdicts(&at, cert);
    if (cert->malformed)
        add_string(&at, hf_malformed, cert->malformed_why);
}

void cs_cert_tags_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb)
{
    cs_capture *cap = cs_current_capture();
    if (!PINFO_FD_VISITED(pinfo))
        cs_certs_frame_done(cap, pinfo->num);
    const GArray *refs = cs_certs_in_frame(cap, pinfo->num);
    if (!refs)
        return;
    cs_export_queue(pinfo);
    for (unsigned i = 0; tree && i < refs->len; i++) {
        const cs_cert_ref *ref = &g_array_index(refs, cs_cert_ref, i);
        show_certificate(pinfo, tree, tvb, ref->cert, &g_array_index(ref->cert->seen, cs_cert_seen, ref->seen));
    }
}

#define TEXT(id, title, name, blurb) {&id, {title, "cipsec.cert." name, FT_STRING, BASE_NONE, NULL, 0, blurb, HFILL}}
#define NUMBER(id, title, name, blurb) {&id, {title, "cipsec.cert." name, FT_UINT32, BASE_DEC, NULL, 0, blurb, HFILL}}
#define WORD(id, title, name, words, blurb)                                                                           \
    {&id, {title, "cipsec.cert." name, FT_UINT8, BASE_DEC, VALS(words), 0, blurb, HFILL}}
#define OCTETS(id, title, name, blurb) {&id, {title, "cipsec.cert." name, FT_BYTES, BASE_NONE, NULL, 0, blurb, HFILL}}
#define FLAG(id, title, name, blurb) {&id, {title, "cipsec.cert." name, FT_BOOLEAN, BASE_NONE, NULL, 0, blurb, HFILL}}
#define MOMENT(id, title, name, blurb)                                                                                \
    {&id, {title, "cipsec.cert." name, FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC, NULL, 0, blurb, HFILL}}

void cs_cert_tags_register(void)
{
    static hf_register_info hf[] = {
        {&hf_cert,
         {"Certificate", "cipsec.cert", FT_NONE, BASE_NONE, NULL, 0, "A certificate, CSR, CRL or PKCS#7 object",
          HFILL}},
        WORD(hf_type, "Type", "type", types, "What the object is"),
        WORD(hf_side, "Side", "side", cs_names_role, "Whose certificate it is in the handshake"),
        NUMBER(hf_position, "Position", "position", "Place in the chain or file, 0 is the end entity"),
        FLAG(hf_proved, "Proved", "proved", "Present when its owner's signature in this handshake verified"),
        NUMBER(hf_file, "File instance", "file", "Instance of the File object that held it"),
        TEXT(hf_subject, "Subject", "subject", "Subject name (RFC 4514)"),
        TEXT(hf_issuer, "Issuer", "issuer", "Issuer name (RFC 4514)"),
        TEXT(hf_serial, "Serial number", "serial", "Serial number in hex"),
        OCTETS(hf_sha256, "SHA-256 fingerprint", "sha256", "SHA-256 over the DER"),
        OCTETS(hf_sha1, "SHA-1 fingerprint", "sha1", "SHA-1 over the DER"),
        NUMBER(hf_length, "Length", "length", "Octets of the DER"),
        MOMENT(hf_not_before, "Not before", "not_before", "Begin of validity; of a CRL: this update"),
        MOMENT(hf_not_after, "Not after", "not_after", "End of validity; of a CRL: next update"),
        {&hf_days_left,
         {"Days left", "cipsec.cert.days_left", FT_INT32, BASE_DEC, NULL, 0,
          "Whole days from this frame to the end of validity, negative once expired", HFILL}},
        TEXT(hf_key_type, "Key type", "key_type", "Algorithm of the public key"),
        NUMBER(hf_key_bits, "Key bits", "key_bits", "Size of the public key"),
        TEXT(hf_curve, "Curve", "curve", "Named curve of the public key"),
        OCTETS(hf_key_id, "Key fingerprint", "key_id",
               "SHA-256 over the public key: the same in the CSR and all certificates of one key"),
        TEXT(hf_signature, "Signature algorithm", "signature", "How it is signed"),
        TEXT(hf_san, "Subject Alternative Name", "san", "One name: DNS:, IP:, URI: or email:"),
        TEXT(hf_key_usage, "Key usage", "key_usage", "Key usage (RFC 5280)"),
        TEXT(hf_eku, "Extended key usage", "eku", "Extended key usage (RFC 5280)"),
        FLAG(hf_ca, "CA", "ca", "Basic constraints: CA flag"),
        NUMBER(hf_path_len, "Path length", "path_len", "Basic constraints: CAs that may follow below"),
        FLAG(hf_self_signed, "Self-signed", "self_signed", "Issuer is the subject, and its own key verifies it"),
        NUMBER(hf_revoked, "Revoked certificates", "revoked", "Number of certificates that the CRL lists"),
        WORD(hf_kind, "Kind", "kind", kinds, "Whose certificate it is, by what was seen happening"),
        TEXT(hf_kind_why, "Evidence", "kind_why", "Why it is of this kind"),
        WORD(hf_chain, "Chain", "chain", chains, "Does it chain to a trust anchor, at the time of the capture"),
        TEXT(hf_chain_why, "Chain reason", "chain_why", "Why the chain is judged so"),
        OCTETS(hf_csr, "CSR", "csr", "SHA-256 fingerprint of the CSR with the same key"),
        TEXT(hf_malformed, "Defect", "malformed", "Why it cannot be read, or which rule it breaks"),
    };
    static int *ett[] = {&ett_cert};
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
}
