/* transfer_show.c
 * A whole file: size and checksum judged, its certificates, CSRs and CRLs unwrapped and given to Wireshark's
 * dissectors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "transfer.h"

#include <epan/exceptions.h>

#include <cipsec/pem.h>

/* Objects of one file that are dissected; a trust list may hold many. */
#define MAX_SHOWN 32

/* By cs_cert_type: the name, and the one of Wireshark's table `ber.syntax`. */
static const struct {
    const char *name, *syntax;
} kinds[] = {
    [CS_OBJECT_CERTIFICATE] = {"Certificate", "Certificate"},
    [CS_OBJECT_CSR] = {"Certification request", "CertificationRequest"},
    [CS_OBJECT_CRL] = {"Certificate revocation list", "CertificateList"},
    [CS_OBJECT_PKCS7] = {"PKCS#7", "ContentInfo"},
};

static dissector_table_t ber_syntax;

static void put_checksum(cs_message *msg, tvbuff_t *file, const cs_file_packet *packet)
{
    int len = (int)tvb_captured_length(file);
    uint16_t calculated = cs_file_checksum(len ? tvb_get_ptr(file, 0, len) : (const uint8_t *)"", (size_t)len);
    bool good = calculated == packet->checksum;
    proto_item *item =
        cs_put_generated(&msg->cur, CS_F_FILE_CHECKSUM_STATUS, good ? PROTO_CHECKSUM_E_GOOD : PROTO_CHECKSUM_E_BAD);
    cs_put_generated(&msg->cur, CS_F_FILE_CHECKSUM_CALCULATED, calculated);
    if (!good)
        cs_expert(msg->cur.pinfo, item, CS_FIND_CHECKSUM_BAD, "0x%04x, calculated 0x%04x", packet->checksum,
                  calculated);
}

static void put_size(cs_message *msg, const cs_transfer *t, tvbuff_t *file)
{
    uint32_t len = tvb_captured_length(file);
    cs_put_generated(&msg->cur, CS_F_FILE_TRANSFER_LEN, len);
    if (!t->announced)
        return;
    proto_item *item = proto_tree_add_boolean(msg->cur.tree, cs_field_hf(CS_OBJECT_FILE, CS_F_FILE_TRANSFER_SIZE_OK),
                                              msg->cur.tvb, 0, 0, len == t->size);
    proto_item_set_generated(item);
    if (len != t->size)
        cs_expert(msg->cur.pinfo, item, CS_FIND_FILE_SIZE_BAD, "%u octets, announced %u", len, t->size);
}

/* Dissectors of ASN.1 throw on damaged data; that must not reach the message. */
static void call_ber(cs_message *msg, dissector_handle_t handle, tvbuff_t *der, proto_tree *tree, proto_item *item)
{
    packet_info *pinfo = msg->cur.pinfo;
    TRY
    {
        call_dissector_only(handle, der, pinfo, tree, NULL);
    }
    CATCH_NONFATAL_ERRORS
    {
        cs_expert(pinfo, item, CS_FIND_CERTIFICATE_MALFORMED, NULL);
    }
    ENDTRY;
}

static void put_object(cs_message *msg, tvbuff_t *file, const cs_pem_object *object, unsigned number)
{
    packet_info *pinfo = msg->cur.pinfo;
    const char *name = kinds[object->type].name;
    proto_item *item = proto_tree_add_string(msg->cur.tree, cs_field_hf(CS_OBJECT_FILE, CS_F_FILE_CONTENT), file,
                                             (int)object->offset, (int)object->len, name);
    if (object->pem)
        proto_item_append_text(item, " (PEM)");
    if (!object->der) {
        cs_expert(pinfo, item, CS_FIND_CERTIFICATE_MALFORMED, "%s", object->why);
        return;
    }
    uint8_t *copy = wmem_memdup(pinfo->pool, object->der, object->der_len);
    tvbuff_t *der = tvb_new_child_real_data(file, copy, (unsigned)object->der_len, (int)object->der_len);
    add_new_data_source(pinfo, der, wmem_strdup_printf(pinfo->pool, "%s %u (DER)", name, number));
    dissector_handle_t handle = dissector_get_string_handle(ber_syntax, kinds[object->type].syntax);
    if (handle)
        call_ber(msg, handle, der, proto_item_add_subtree(item, ett_cs_entry), item);
}

void cs_transfer_show(cs_message *msg, const cs_transfer *transfer, tvbuff_t *file, const cs_file_packet *packet)
{
    cs_cursor *cur = &msg->cur;
    proto_tree *parent = cur->tree;
    int len = (int)tvb_captured_length(file);
    proto_item *item;
    cur->tree = proto_tree_add_subtree_format(parent, file, 0, len, ett_cs_file, &item, "File instance %u: %d octets",
                                              transfer->instance, len);
    proto_item_set_generated(item);
    put_size(msg, transfer, file);
    put_checksum(msg, file, packet);
    gchar *protocol = wmem_strdup(cur->pinfo->pool, col_get_text(cur->pinfo->cinfo, COL_PROTOCOL));
    GPtrArray *objects = cs_pem_objects(len ? tvb_get_ptr(file, 0, len) : (const uint8_t *)"", (size_t)len);
    for (guint i = 0; i < objects->len && i < MAX_SHOWN; i++) {
        const cs_pem_object *object = objects->pdata[i];
        put_object(msg, file, object, i + 1);
        proto_item_append_text(item, ", %s", kinds[object->type].name);
    }
    if (objects->len) {
        const cs_pem_object *first = objects->pdata[0];
        msg->info = wmem_strdup_printf(cur->pinfo->pool, "%s; whole file: %s%s", msg->info ? msg->info : "",
                                       kinds[first->type].name, objects->len > 1 ? " and more" : "");
    }
    g_ptr_array_unref(objects);
    /* The certificate's dissectors name themselves in the Protocol column. */
    if (protocol)
        col_set_str(cur->pinfo->cinfo, COL_PROTOCOL, protocol);
    cur->tree = parent;
}

void cs_transfer_show_handoff(void)
{
    ber_syntax = find_dissector_table("ber.syntax");
}
