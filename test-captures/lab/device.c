/* device.c
 * The device's message router and the objects that are not about security.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "device.h"

#include "bytes.h"

#define VENDOR_ID 1

static void bytes_free(gpointer item)
{
    g_byte_array_unref(item);
}

static void file_free(gpointer item)
{
    device_file *f = item;

    g_free(f->name);
    g_byte_array_unref(f->content);
    g_free(f);
}

static void cmo_free(gpointer item)
{
    device_cmo *c = item;

    g_free(c->name);
    g_byte_array_unref(c->path[0]);
    g_byte_array_unref(c->path[1]);
    g_free(c);
}

lab_device *device_new(const lab_node *node)
{
    lab_device *d = g_new0(lab_device, 1);

    d->node = node;
    d->profiles = 0x0002;
    d->eip = g_hash_table_new_full(NULL, NULL, NULL, bytes_free);
    d->cmos = g_ptr_array_new_with_free_func(cmo_free);
    d->files = g_ptr_array_new_with_free_func(file_free);
    d->ports = node->cip_security ? 0x1F : 0x07;
    d->session = 0x00010000u + node->serial % 0x1000u;
    d->connection = 0x80000000u + (node->serial & 0xFFFFu) * 0x100u;
    d->usage_items = false;
    if (node->cip_security) {
        device_cmo *c = g_new0(device_cmo, 1);

        c->instance = 1;
        c->name = g_strdup("Default Device Certificate");
        c->state = 3;
        c->status[0] = c->status[1] = 1;
        c->path[0] = g_byte_array_new();
        c->path[1] = g_byte_array_new();
        put8(c->path[0], 0);
        put8(c->path[1], 0);
        g_ptr_array_add(d->cmos, c);
        device_reset_eip(d);
    }
    return d;
}

void device_deployed(lab_device *d, const uint16_t *suites)
{
    static const uint8_t active[] = { 1, 2, 0x20, 0x5F, 0x24, 2 };
    GByteArray *list = g_byte_array_new();
    unsigned n = 0;

    while (suites[n] != 0)
        n++;
    put8(list, n);
    for (unsigned i = 0; i < n; i++)
        put_be16(list, suites[i]);
    device_set_eip(d, 4, list->data, list->len);
    g_byte_array_unref(list);
    device_set_eip(d, 6, active, sizeof active);
    device_set_eip(d, 7, active, sizeof active);
    device_set_eip(d, 9, "\x01", 1);
    d->cs_state = d->eip_state = 2;
    d->profiles_configured = 0x0002;
}

void device_free(lab_device *d)
{
    g_hash_table_unref(d->eip);
    g_ptr_array_unref(d->cmos);
    g_ptr_array_unref(d->files);
    g_free(d);
}

/* ------------------------------------------------------------ other objects */

static void identity_values(const lab_device *d, GByteArray *out)
{
    put16(out, VENDOR_ID);
    put16(out, d->node->device_type);
    put16(out, d->node->product_code);
    put8(out, d->node->device_type == 14 ? 36 : 6);
    put8(out, 11);
    put16(out, 0x0030);
    put32(out, d->node->serial);
    put_short_string(out, d->node->product);
}

static uint8_t identity(const lab_device *d, const device_request *q, GByteArray *out)
{
    if (q->service == 0x01) {
        identity_values(d, out);
        return 0;
    }
    if (q->service != 0x0E)
        return 0x08;
    switch (q->attribute) {
    case 1: put16(out, VENDOR_ID); return 0;
    case 2: put16(out, d->node->device_type); return 0;
    case 5: put16(out, 0x0030); return 0;
    case 6: put32(out, d->node->serial); return 0;
    case 7: put_short_string(out, d->node->product); return 0;
    default: return 0x14;
    }
}

/* Forward_Open (0x54) and Forward_Close (0x4E) of the Connection Manager. */
static uint8_t connection_manager(lab_device *d, const device_request *q, GByteArray *out, int *ext)
{
    if (q->service == 0x4E && q->len >= 10) {
        put_bytes(out, q->body + 2, 8);
        put16(out, 0);
        return 0;
    }
    if (q->service != 0x54 || q->len < 36)
        return 0x08;
    if (d->open_status != 0) {
        *ext = d->open_word;
        put_bytes(out, q->body + 10, 8);
        put16(out, 0);
        return d->open_status;
    }
    put32(out, ++d->connection);
    put_bytes(out, q->body + 6, 4);
    put_bytes(out, q->body + 10, 8);
    put_bytes(out, q->body + 22, 4);
    put_bytes(out, q->body + 28, 4);
    put16(out, 0);
    return 0;
}

static uint8_t tcpip_interface(lab_device *d, const device_request *q, GByteArray *out)
{
    static const struct {
        unsigned port;
        uint8_t protocol, bit;
    } ports[] = { { 44818, 6, 0 }, { 44818, 17, 1 }, { 2222, 17, 2 }, { 2221, 6, 3 }, { 2221, 17, 4 } };

    if (q->service == 0x0E && q->attribute == 14) {
        put8(out, G_N_ELEMENTS(ports));
        for (unsigned i = 0; i < G_N_ELEMENTS(ports); i++) {
            put_short_string(out, ports[i].port == 2221 ? "CIP Security" : "EtherNet/IP");
            put16(out, ports[i].port);
            put8(out, ports[i].protocol);
            put8(out, (d->ports >> ports[i].bit) & 1);
            put8(out, 1);
        }
        return 0;
    }
    if (q->service != 0x4C)
        return 0x08;
    for (size_t at = 1; at + 4 <= q->len; at += 4) {
        for (unsigned i = 0; i < G_N_ELEMENTS(ports); i++) {
            if (get16(q->body + at) != ports[i].port || q->body[at + 2] != ports[i].protocol)
                continue;
            d->ports = (uint8_t)((d->ports & ~(1u << ports[i].bit)) | (unsigned)(q->body[at + 3] & 1) << ports[i].bit);
        }
    }
    return 0;
}

/* Read Tag of a controller: every tag is a DINT that counts. */
static uint8_t read_tag(const lab_device *d, GByteArray *out)
{
    put16(out, 0x00C4);
    put32(out, d->node->serial & 0xFF);
    return 0;
}

/* ----------------------------------------------------------- message router */

static void parse_path(device_request *q, const uint8_t *path, size_t len)
{
    q->class_id = q->instance = q->attribute = -1;
    for (size_t at = 0; at + 2 <= len;) {
        uint8_t segment = path[at];
        bool wide = (segment & 3) == 1;
        int value = wide && at + 4 <= len ? (int)get16(path + at + 2) : path[at + 1];

        if (segment == 0x91)
            return;
        switch (segment & 0xFC) {
        case 0x20: q->class_id = value; break;
        case 0x24: q->instance = value; break;
        case 0x30: q->attribute = value; break;
        default: break;
        }
        at += wide ? 4 : 2;
    }
}

static uint8_t dispatch(lab_device *d, const device_request *q, GByteArray *out, int *ext)
{
    bool security = d->node->cip_security;

    switch (q->class_id) {
    case 0x01: return identity(d, q, out);
    case 0x06: return connection_manager(d, q, out, ext);
    case 0xF5: return tcpip_interface(d, q, out);
    case 0x5D: return security ? device_cip_security(d, q, out, ext) : 0x05;
    case 0x5E: return security ? device_eip_security(d, q, out, ext) : 0x05;
    case 0x5F: return security ? device_certificates(d, q, out, ext) : 0x05;
    case 0x37: return security ? device_files(d, q, out, ext) : 0x05;
    case -1: return q->service == 0x4C ? read_tag(d, out) : 0x05;
    default: return 0x05;
    }
}

void device_serve(lab_device *d, const uint8_t *request, size_t len, bool secure, GByteArray *response)
{
    device_request q = { 0 };
    GByteArray *body = g_byte_array_new();
    size_t path_len = len >= 2 ? (size_t)request[1] * 2 : 0;
    int ext = -1;
    uint8_t status = 0x13;

    if (len >= 2 + path_len) {
        q.service = request[0];
        q.body = request + 2 + path_len;
        q.len = len - 2 - path_len;
        q.secure = secure;
        parse_path(&q, request + 2, path_len);
        status = dispatch(d, &q, body, &ext);
    }
    put8(response, request[0] | 0x80);
    put8(response, 0);
    put8(response, status);
    put8(response, ext >= 0 ? 1 : 0);
    if (ext >= 0)
        put16(response, (unsigned)ext);
    put_bytes(response, body->data, body->len);
    g_byte_array_unref(body);
}

unsigned device_list_identity(const lab_device *d, GByteArray *out)
{
    GByteArray *item = g_byte_array_new();
    unsigned n = 1;

    put16(item, 1);
    put_be16(item, 2);
    put_be16(item, 44818);
    put_be32(item, plant_ip(d->node->address));
    put32(item, 0);
    put32(item, 0);
    identity_values(d, item);
    put8(item, 3);
    put16(out, 0x000C);
    put16(out, item->len);
    put_bytes(out, item->data, item->len);
    g_byte_array_unref(item);
    if (d->node->cip_security) {
        n++;
        put16(out, 0x0086);
        put16(out, d->item5 ? 5 : 7);
        put16(out, d->profiles);
        put8(out, d->cs_state);
        put8(out, d->eip_state);
        put8(out, d->ports);
        if (!d->item5)
            put16(out, d->profiles_configured);
    }
    if (d->usage_items) {
        n += 2;
        put16(out, 0x0087);
        put16(out, 4);
        put32(out, 0xC7);
        put16(out, 0x0088);
        put16(out, 4);
        put32(out, 1);
    }
    return n;
}
