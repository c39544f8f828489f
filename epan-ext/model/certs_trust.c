/* certs_trust.c
 * Trust anchors and CRLs that the user gives in a PEM file (preference cipsec.trust_file).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/pem.h>

#include "certs_private.h"

#define TRUST_MAX_BYTES (4u * 1024 * 1024)

static void take(cs_capture *cap, const cs_pem_object *o)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    GPtrArray *added = g_ptr_array_new();
    if (o->der)
        cs_certs_add_all(cap, o->type, o->der, o->der_len, NULL, added);
    for (guint i = 0; i < added->len; i++) {
        cs_cert *c = added->pdata[i];
        if (c == s->overflow || c->from_trust_file)
            continue;
        c->from_trust_file = true;
        if (c->type != CS_OBJECT_CERTIFICATE || !c->subject)
            continue;
        c->anchor = true;
        s->trust_anchors++;
    }
    g_ptr_array_unref(added);
}

void cs_certs_read_trust(cs_capture *cap)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    const char *name = cap->options.trust_file;
    char *text = NULL;
    gsize len = 0;
    GError *error = NULL;
    if (!name || !*name)
        return;
    if (!g_file_get_contents(name, &text, &len, &error)) {
        s->trust_error = g_strdup_printf("The trust file cannot be read: %s", error->message);
        g_error_free(error);
        return;
    }
    if (len > TRUST_MAX_BYTES) {
        s->trust_error = g_strdup_printf("The trust file %s is larger than 4 MiB and was not read", name);
    } else {
        GPtrArray *objects = cs_pem_objects((const uint8_t *)text, len);
        for (guint i = 0; i < objects->len; i++)
            take(cap, objects->pdata[i]);
        g_ptr_array_unref(objects);
        if (s->trust_anchors == 0)
            s->trust_error = g_strdup_printf("The trust file %s holds no readable certificate", name);
    }
    g_free(text);
}
