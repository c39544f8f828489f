/* certs_device.c
 * Which certificate is which device's: the paths 0x5E -> 0x5F -> 0x37, and the files that came and went.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/pem.h>

#include <string.h>

#include "attributes.h"
#include "certs_private.h"

#define DEVICES_MAX 4096
#define TOOLS_MAX 1024
#define FILES_MAX 256 /* File instances of one device */
#define INSTANCES_MAX 256
#define TRUSTED_MAX 64
#define PATHS_MAX 32

enum { VENDOR_INSTANCE = 1 };

static void instance_free(gpointer data)
{
    cs_cert_instance *inst = data;
    for (int i = 0; i < CS_CSR_STRINGS; i++)
        g_free(inst->asked[i]);
    g_free(inst);
}

void cs_cert_device_free(gpointer data)
{
    cs_cert_device *dev = data;
    g_hash_table_destroy(dev->files);
    g_hash_table_destroy(dev->instances);
    g_ptr_array_unref(dev->trusted);
    g_ptr_array_unref(dev->pinned);
    g_free(dev);
}

cs_cert_device *cs_cert_device_find(const cs_capture *cap, const cs_addr *addr)
{
    return g_hash_table_lookup(cs_cert_store_of(cap)->devices, addr);
}

cs_cert_device *cs_cert_device_get(cs_capture *cap, const cs_addr *addr)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    cs_cert_device *dev = cs_cert_device_find(cap, addr);
    if (dev || g_hash_table_size(s->devices) >= DEVICES_MAX)
        return dev;
    dev = g_new0(cs_cert_device, 1);
    dev->addr = *addr;
    dev->files = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    dev->instances = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, instance_free);
    dev->trusted = g_ptr_array_new();
    dev->pinned = g_ptr_array_new();
    g_hash_table_insert(s->devices, &dev->addr, dev);
    return dev;
}

static cs_cert_instance *instance_of(cs_cert_device *dev, uint32_t instance)
{
    cs_cert_instance *inst = g_hash_table_lookup(dev->instances, GUINT_TO_POINTER(instance));
    if (inst || g_hash_table_size(dev->instances) >= INSTANCES_MAX)
        return inst;
    inst = g_new0(cs_cert_instance, 1);
    inst->instance = instance;
    inst->csr_file = CS_CIP_UNSET;
    g_hash_table_insert(dev->instances, GUINT_TO_POINTER(instance), inst);
    return inst;
}

/* The file behind attribute 3 or 4 of a Certificate Management instance: status octet, then a counted path. */
static GPtrArray *file_of_instance(const cs_cert_device *dev, const cs_device *known, uint32_t instance,
                                   uint32_t attribute)
{
    const cs_attribute_value *v = cs_device_attribute(known, CS_CLASS_CERT_MGMT, instance, attribute);
    uint32_t class_id, file;
    if (!v || v->len < 2 || v->len - 2 < 2u * v->value[1] ||
        !cs_path_target(v->value + 2, 2u * v->value[1], &class_id, &file) || class_id != CS_CLASS_FILE)
        return NULL;
    return g_hash_table_lookup(dev->files, GUINT_TO_POINTER(file));
}

static cs_cert *first_certificate(const GPtrArray *file)
{
    for (guint i = 0; file && i < file->len; i++) {
        cs_cert *c = file->pdata[i];
        if (c->type == CS_OBJECT_CERTIFICATE && c->subject)
            return c;
    }
    return NULL;
}

/* Lists every certificate of a file as trusted by the device. */
static void trust_file(cs_cert_store *s, cs_cert_device *dev, const GPtrArray *file, bool pinned)
{
    GPtrArray *list = pinned ? dev->pinned : dev->trusted;
    for (guint i = 0; file && i < file->len && list->len < TRUSTED_MAX; i++) {
        cs_cert *c = file->pdata[i];
        if (c->type != CS_OBJECT_CERTIFICATE || !c->subject || g_ptr_array_find(list, c, NULL))
            continue;
        g_ptr_array_add(list, c);
        s->generation++;
        if (pinned) {
            c->note->pinned_by = dev->addr;
        } else {
            c->anchor = true;
            s->any_trusted = true;
            c->note->trusted_by = dev->addr;
        }
    }
}

typedef void (*path_sink)(cs_cert_store *s, cs_cert_device *dev, const cs_device *known, uint32_t class_id,
                          uint32_t instance);

static void trusted_authority(cs_cert_store *s, cs_cert_device *dev, const cs_device *known, uint32_t class_id,
                              uint32_t instance)
{
    if (class_id == CS_CLASS_FILE)
        trust_file(s, dev, g_hash_table_lookup(dev->files, GUINT_TO_POINTER(instance)), false);
    else if (class_id == CS_CLASS_CERT_MGMT)
        trust_file(s, dev, file_of_instance(dev, known, instance, 4), false);
}

static void trusted_identity(cs_cert_store *s, cs_cert_device *dev, const cs_device *known, uint32_t class_id,
                             uint32_t instance)
{
    if (class_id == CS_CLASS_FILE)
        trust_file(s, dev, g_hash_table_lookup(dev->files, GUINT_TO_POINTER(instance)), true);
    else if (class_id == CS_CLASS_CERT_MGMT)
        trust_file(s, dev, file_of_instance(dev, known, instance, 3), true);
}

static void active_certificate(cs_cert_store *s, cs_cert_device *dev, const cs_device *known, uint32_t class_id,
                               uint32_t instance)
{
    (void)s;
    if (class_id == CS_CLASS_CERT_MGMT && !dev->active)
        dev->active = first_certificate(file_of_instance(dev, known, instance, 3));
}

/* Attributes 6, 7 and 12 of 0x5E: a count, then counted paths. */
static void walk_paths(cs_cert_store *s, cs_cert_device *dev, const cs_device *known, const cs_attribute_value *v,
                       path_sink sink)
{
    uint32_t at = 1, class_id, instance;
    for (unsigned i = 0; v->len && i < v->value[0] && i < PATHS_MAX && at < v->len; i++) {
        uint32_t octets = 2u * v->value[at];
        if (octets > v->len - at - 1)
            return;
        if (cs_path_target(v->value + at + 1, octets, &class_id, &instance))
            sink(s, dev, known, class_id, instance);
        at += 1 + octets;
    }
}

static void relate_instance(cs_capture *cap, cs_cert_device *dev, const cs_device *known, uint32_t instance,
                            const cs_when *at, cs_stream *stream)
{
    cs_cert *c = first_certificate(file_of_instance(dev, known, instance, 3));
    cs_cert_instance *inst = instance_of(dev, instance);
    if (!c || !inst)
        return;
    inst->device_cert = c;
    if (instance == VENDOR_INSTANCE) {
        c->note->vendor_of = dev->addr;
    } else {
        c->note->made_for = dev->addr;
        c->note->made_for_instance = instance;
        cs_csr_check_certificate(cap, dev, inst, at, stream);
    }
}

void cs_cert_device_relate(cs_capture *cap, cs_cert_device *dev, const cs_when *at, cs_stream *stream)
{
    cs_cert_store *s = cs_cert_store_of(cap);
    const cs_device *known = cs_capture_find_device(cap, &dev->addr);
    dev->active = NULL;
    for (guint i = 0; known && known->attributes && i < known->attributes->len; i++) {
        const cs_attribute_value *v = known->attributes->pdata[i];
        if (v->class_id == CS_CLASS_CERT_MGMT && v->attribute == 3)
            relate_instance(cap, dev, known, v->instance, at, stream);
        else if (v->class_id == CS_CLASS_CERT_MGMT && v->attribute == 4 && v->instance > VENDOR_INSTANCE)
            trust_file(s, dev, file_of_instance(dev, known, v->instance, 4), false);
        else if (v->class_id == CS_CLASS_EIP_SECURITY && v->attribute == 6)
            walk_paths(s, dev, known, v, active_certificate);
        else if (v->class_id == CS_CLASS_EIP_SECURITY && v->attribute == 7)
            walk_paths(s, dev, known, v, trusted_authority);
        else if (v->class_id == CS_CLASS_EIP_SECURITY && v->attribute == 12)
            walk_paths(s, dev, known, v, trusted_identity);
    }
}

/* Who writes security attributes or asks for a CSR is a configuration tool. */
static void remember_tool(cs_cert_store *s, const cs_cip_message *msg, const cs_addr *tool)
{
    bool create_csr = msg->class_id == CS_CLASS_CERT_MGMT && msg->service == SC_CREATE_CSR;
    if ((msg->service == SC_SET || create_csr) && g_hash_table_size(s->tools) < TOOLS_MAX &&
        !g_hash_table_contains(s->tools, tool))
        g_hash_table_add(s->tools, g_memdup2(tool, sizeof *tool));
}

/* Create_CSR succeeded: its response names the file that holds the CSR. */
static void observe_create_csr(cs_cert_device *dev, const cs_cip_message *msg)
{
    uint32_t class_id, file;
    cs_cert_instance *inst = instance_of(dev, msg->instance);
    if (!inst)
        return;
    inst->csr = NULL;
    inst->csr_file = CS_CIP_UNSET;
    cs_csr_asked(inst, msg->request_body, msg->request_body ? msg->request_body_len : 0);
    if (msg->body_len >= 1 && msg->body_len - 1 >= 2u * msg->body[0] &&
        cs_path_target(msg->body + 1, 2u * msg->body[0], &class_id, &file) && class_id == CS_CLASS_FILE)
        inst->csr_file = file;
}

void cs_certs_observe(cs_capture *cap, const cs_cip_message *msg)
{
    cs_addr device, tool;
    bool ours = msg->class_id == CS_CLASS_EIP_SECURITY || msg->class_id == CS_CLASS_CERT_MGMT;
    if (!msg->response || msg->status != 0 || !ours || !cs_cip_device(msg, &device, &tool))
        return;
    cs_cert_device *dev = cs_cert_device_get(cap, &device);
    if (!dev)
        return;
    remember_tool(cs_cert_store_of(cap), msg, &tool);
    if (msg->class_id == CS_CLASS_CERT_MGMT && msg->service == SC_CREATE_CSR && msg->instance != CS_CIP_UNSET)
        observe_create_csr(dev, msg);
    else
        cs_cert_device_relate(cap, dev, &msg->at, msg->stream);
}

/* A CSR was uploaded: which instance made it, and is it what was asked for. */
static void match_csr(cs_capture *cap, cs_cert_device *dev, uint32_t file, cs_cert *csr, const cs_cert_seen *seen)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, dev->instances);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        cs_cert_instance *inst = value;
        if (inst->csr_file != file)
            continue;
        inst->csr = csr;
        cs_csr_check_strings(cap, inst, csr, seen);
    }
}

/* Takes a transfer's objects as the file's content; the array's ownership goes to the device. */
static void keep_file(cs_capture *cap, const cs_file_transfer *file, GPtrArray *content)
{
    cs_cert_device *dev = cs_cert_device_get(cap, &file->device);
    if (!dev || (g_hash_table_size(dev->files) >= FILES_MAX &&
                 !g_hash_table_contains(dev->files, GUINT_TO_POINTER(file->instance)))) {
        g_ptr_array_unref(content);
        return;
    }
    g_hash_table_replace(dev->files, GUINT_TO_POINTER(file->instance), content);
    for (guint i = 0; i < content->len; i++) {
        cs_cert *c = content->pdata[i];
        if (c->type == CS_OBJECT_CSR && c->seen->len)
            match_csr(cap, dev, file->instance, c, &g_array_index(c->seen, cs_cert_seen, c->seen->len - 1));
    }
    /* A file that begins with a CA's certificate and is written into a device is a trust anchor to be. */
    cs_cert *first = first_certificate(content);
    if (file->direction == CS_FILE_DOWNLOAD && first && first->ca)
        trust_file(cs_cert_store_of(cap), dev, content, false);
    cs_cert_device_relate(cap, dev, &file->end, file->stream);
}

/* Says so when a file that should hold certificates does not. */
static void report_unreadable(cs_capture *cap, const cs_file_transfer *file, const char *why)
{
    char *detail = g_strdup_printf("File instance %u: %s", file->instance, why);
    cs_finding_add(cap, CS_FIND_CERTIFICATE_MALFORMED, &file->end, file->stream, &file->device, NULL, detail);
    g_free(detail);
}

void cs_certs_file(cs_capture *cap, const cs_file_transfer *file)
{
    if (!file->complete || file->len == 0 || file->device.family == 0)
        return;
    GPtrArray *objects = cs_pem_objects(file->bytes, file->len);
    GPtrArray *content = g_ptr_array_new();
    for (guint i = 0; i < objects->len; i++) {
        const cs_pem_object *o = objects->pdata[i];
        cs_cert_seen seen = {.at = file->end,
                             .stream = file->stream,
                             .device = file->device,
                             .file_instance = file->instance,
                             .position = i,
                             .written = file->direction == CS_FILE_DOWNLOAD};
        if (o->der)
            cs_certs_add_all(cap, o->type, o->der, o->der_len, &seen, content);
        else
            report_unreadable(cap, file, o->why);
    }
    /* File encoding formats 2..5 are certificates and CRLs (File object, attribute 11). */
    if (objects->len == 0 && file->encoding >= 2 && file->encoding <= 5)
        report_unreadable(cap, file, "no certificate, CSR or CRL found, though its encoding promises one");
    g_ptr_array_unref(objects);
    /* A file with a wrong checksum was seen, but its receiver drops it. */
    if (file->checksum_ok)
        keep_file(cap, file, content);
    else
        g_ptr_array_unref(content);
}
