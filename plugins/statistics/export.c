/* export.c
 * File > Export Objects > CIP Security and `--export-objects cipsec,DIR`: each object once, as its DER octets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "export.h"

#include <epan/export_object.h>
#include <epan/tap.h>

#include <cipsec/certs.h>

static int tap;

static const char *content_type(cs_cert_type type)
{
    static const char *const types[] = {"application/pkix-cert", "application/pkcs10", "application/pkix-crl",
                                        "application/pkcs7-mime"};
    return types[type];
}

static void add_entry(export_object_list_t *list, uint32_t frame, const cs_cert *cert, const cs_cert_seen *seen)
{
    char addr[CS_ADDR_STRLEN];
    export_object_entry_t *entry = g_new0(export_object_entry_t, 1);
    entry->pkt_num = frame;
    entry->hostname = g_strdup(cs_addr_to_str(&seen->device, addr));
    entry->content_type = g_strdup(content_type(cert->type));
    entry->filename = cs_cert_file_name(cert);
    entry->payload_len = cert->der_len;
    entry->payload_data = g_memdup2(cert->der, cert->der_len);
    list->add_entry(list->gui_data, entry);
}

/* The first sighting of an object exports it. */
static tap_packet_status export_packet(void *data, packet_info *pinfo, epan_dissect_t *edt, const void *record,
                                       tap_flags_t flags)
{
    (void)edt;
    (void)record;
    (void)flags;
    const GArray *refs = cs_certs_in_frame(cs_current_capture(), pinfo->num);
    bool any = false;
    for (unsigned i = 0; refs && i < refs->len; i++) {
        const cs_cert_ref *ref = &g_array_index(refs, cs_cert_ref, i);
        if (ref->seen != 0 || !ref->cert->der)
            continue;
        add_entry(data, pinfo->num, ref->cert, &g_array_index(ref->cert->seen, cs_cert_seen, 0));
        any = true;
    }
    return any ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
}

void cs_export_queue(packet_info *pinfo)
{
    if (have_tap_listener(tap))
        tap_queue_packet(tap, pinfo, NULL);
}

void cs_export_register(void)
{
    tap = register_export_object(proto_cipsec, export_packet, NULL);
}
