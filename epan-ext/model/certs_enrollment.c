/* certs_enrollment.c
 * CSRs and certificates in the bodies of HTTP messages: enrollment over secure transport (RFC 7030, the pull model).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/pem.h>

#include <string.h>

#include "certs_private.h"

/* A response to an enrollment holds the issued certificate and nothing else (RFC 7030, section 4.2.3).
 * @return it, or NULL when this is another response. */
static cs_cert *issued_certificate(const GPtrArray *content)
{
    cs_cert *found = NULL;
    for (guint i = 0; i < content->len; i++) {
        cs_cert *c = content->pdata[i];
        if (c->type != CS_OBJECT_CERTIFICATE)
            continue;
        if (found || c->ca || !c->have_key_id)
            return NULL;
        found = c;
    }
    return found;
}

static void match_issued(cs_capture *cap, cs_cert_device *dev, cs_cert *issued, const cs_cert_seen *seen)
{
    const cs_cert *csr = dev->enrolling;
    if (!csr || !csr->have_key_id || !issued)
        return;
    dev->enrolling = NULL;
    if (!memcmp(csr->key_id, issued->key_id, sizeof csr->key_id)) {
        issued->note->enrolled_by = dev->addr;
        return;
    }
    cs_cert_finding(cap, CS_FIND_CSR_MISMATCH, issued, seen, "enrolled",
                    g_strdup_printf("certificate %s, issued in an enrollment, has another key than the CSR",
                                    cs_cert_label(issued)));
}

void cs_certs_enrollment(cs_capture *cap, const cs_enrollment_body *body)
{
    cs_cert_seen seen = {.at = body->at,
                         .stream = body->stream,
                         .device = body->client,
                         .file_instance = CS_CIP_UNSET,
                         .written = body->response,
                         .enrollment = true};
    cs_cert_device *dev = body->client.family ? cs_cert_device_get(cap, &body->client) : NULL;
    GPtrArray *objects = cs_pem_objects(body->bytes, body->len);
    GPtrArray *content = g_ptr_array_new();
    for (guint i = 0; i < objects->len; i++) {
        const cs_pem_object *o = objects->pdata[i];
        seen.position = i;
        if (o->der)
            cs_certs_add_all(cap, o->type, o->der, o->der_len, &seen, content);
    }
    /* A response may be PKCS#7 of another kind, encrypted for instance; a request has no reason to be unreadable. */
    if (content->len == 0 && !body->response)
        cs_finding_add(cap, CS_FIND_CERTIFICATE_MALFORMED, &body->at, body->stream, &body->client, NULL,
                       "enrollment over HTTP: the CSR cannot be read");
    seen.position = 0;
    if (dev && body->response)
        match_issued(cap, dev, issued_certificate(content), &seen);
    else if (dev && content->len == 1 && ((cs_cert *)content->pdata[0])->type == CS_OBJECT_CSR)
        dev->enrolling = content->pdata[0];
    g_ptr_array_unref(content);
    g_ptr_array_unref(objects);
}
