/* device_files.c
 * The device's Certificate Management object (0x5F) and File object (0x37).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "bytes.h"
#include "device.h"
#include "tls.h"

#define FIRST_DYNAMIC_FILE 0x0100
#define TRANSFER_SIZE 200

enum { FILE_EMPTY = 1, FILE_LOADED = 2, FILE_UPLOAD = 5, FILE_DOWNLOAD = 6 };
enum { PACKET_FIRST = 0, PACKET_MIDDLE = 1, PACKET_LAST = 2, PACKET_ABORT = 3, PACKET_ONLY = 4 };

/* --------------------------------------------------- Certificate Management */

static device_cmo *find_cmo(lab_device *d, int instance)
{
    for (guint i = 0; i < d->cmos->len; i++) {
        device_cmo *c = g_ptr_array_index(d->cmos, i);

        if ((int)c->instance == instance)
            return c;
    }
    return NULL;
}

static void put_list(const lab_device *d, GByteArray *out)
{
    put8(out, d->cmos->len);
    for (guint i = 0; i < d->cmos->len; i++) {
        const device_cmo *c = g_ptr_array_index(d->cmos, i);

        put_short_string(out, c->name);
        put8(out, 2);
        put_bytes(out, "\x20\x5F\x24", 3);
        put8(out, c->instance);
    }
}

static uint8_t cmo_class(lab_device *d, const device_request *q, GByteArray *out)
{
    if (q->service == 0x08) {
        device_cmo *c = g_new0(device_cmo, 1);

        c->instance = ((device_cmo *)g_ptr_array_index(d->cmos, d->cmos->len - 1))->instance + 1;
        c->name = g_strndup((const char *)q->body + 1, q->body[0]);
        c->state = 1;
        c->path[0] = g_byte_array_new();
        c->path[1] = g_byte_array_new();
        put8(c->path[0], 0);
        put8(c->path[1], 0);
        g_ptr_array_add(d->cmos, c);
        put16(out, c->instance);
        return 0;
    }
    if (q->service != 0x0E)
        return 0x08;
    switch (q->attribute) {
    case 1: put16(out, 3); return 0;
    case 2:
    case 3: put16(out, d->cmos->len); return 0;
    case 8: put32(out, 3); return 0;
    case 9: put_list(d, out); return 0;
    case 10: put32(out, 1); return 0;
    default: return 0x14;
    }
}

static void put_certificate(const device_cmo *c, int which, GByteArray *out)
{
    put8(out, c->status[which]);
    put_bytes(out, c->path[which]->data, c->path[which]->len);
}

static uint8_t cmo_get(const device_cmo *c, int attribute, GByteArray *out)
{
    switch (attribute) {
    case 1: put_short_string(out, c->name); return 0;
    case 2: put8(out, c->state); return 0;
    case 3: put_certificate(c, 0, out); return 0;
    case 4: put_certificate(c, 1, out); return 0;
    case 5: put8(out, 0); return 0;
    default: return 0x14;
    }
}

/* Answers with the path of a new file that holds the CSR. */
static uint8_t create_csr(lab_device *d, device_cmo *c, GByteArray *out)
{
    char *path = tls_pki_path(d->csr_pki != NULL ? d->csr_pki : d->node->pki, ".csr.pem");
    char *csr = NULL;
    unsigned instance = FIRST_DYNAMIC_FILE + d->files->len;

    if (c->instance == 1) {
        g_free(path);
        return 0x0C;
    }
    g_file_get_contents(path, &csr, NULL, NULL);
    device_add_file(d, instance, "Certificate Signing Request", 2, csr);
    c->state = 2;
    put8(out, 3);
    put_bytes(out, "\x20\x37\x25\x00", 4);
    put16(out, instance);
    g_free(path);
    g_free(csr);
    return 0;
}

static uint8_t verify(lab_device *d, device_cmo *c)
{
    bool good = !d->verify_fails;

    c->state = good ? 3 : 4;
    c->status[0] = good ? 1 : 2;
    c->status[1] = 1;
    return good ? 0 : 0xD0;
}

uint8_t device_certificates(lab_device *d, const device_request *q, GByteArray *out, int *ext)
{
    device_cmo *c = find_cmo(d, q->instance);

    (void)ext;
    if (q->instance <= 0)
        return cmo_class(d, q, out);
    if (c == NULL)
        return 0x16;
    switch (q->service) {
    case 0x01:
        for (int i = 1; i <= 5; i++)
            cmo_get(c, i, out);
        return 0;
    case 0x0E:
        return cmo_get(c, q->attribute, out);
    case 0x10:
        if (q->attribute != 3 && q->attribute != 4)
            return 0x0E;
        g_byte_array_set_size(c->path[q->attribute - 3], 0);
        put_bytes(c->path[q->attribute - 3], q->body + 1, q->len - 1);
        return 0;
    case 0x09:
        if (c->instance == 1)
            return 0x2D;
        g_ptr_array_remove(d->cmos, c);
        return 0;
    case 0x4B:
        return create_csr(d, c, out);
    case 0x4C:
        return verify(d, c);
    default:
        return 0x08;
    }
}

/* -------------------------------------------------------------------- Files */

device_file *device_find_file(lab_device *d, int instance)
{
    for (guint i = 0; i < d->files->len; i++) {
        device_file *f = g_ptr_array_index(d->files, i);

        if ((int)f->instance == instance)
            return f;
    }
    return NULL;
}

device_file *device_add_file(lab_device *d, unsigned instance, const char *name, uint8_t encoding, const char *content)
{
    device_file *f = g_new0(device_file, 1);

    f->instance = instance;
    f->name = g_strdup(name);
    f->encoding = encoding;
    f->state = content != NULL ? FILE_LOADED : FILE_EMPTY;
    f->content = g_byte_array_new();
    if (content != NULL)
        put_bytes(f->content, content, strlen(content));
    g_ptr_array_add(d->files, f);
    return f;
}

static uint16_t file_checksum(const GByteArray *content)
{
    uint16_t sum = 0;

    for (guint i = 0; i < content->len; i++)
        sum = (uint16_t)(sum + content->data[i]);
    return (uint16_t)(0x10000u - sum);
}

static uint8_t file_class(lab_device *d, const device_request *q, GByteArray *out)
{
    unsigned instance = FIRST_DYNAMIC_FILE + d->files->len;
    char *name;

    if (q->service != 0x08 || q->len < 8)
        return 0x08;
    name = g_strndup((const char *)q->body + 8, q->body[7]);
    device_add_file(d, instance, name, q->body[q->len - 1], NULL);
    g_free(name);
    put16(out, instance);
    put8(out, 0xFF);
    return 0;
}

static uint8_t file_get(const device_file *f, int attribute, GByteArray *out)
{
    switch (attribute) {
    case 1: put8(out, f->state); return 0;
    case 2:
    case 4: put_stringi(out, f->name); return 0;
    case 6: put32(out, f->content->len); return 0;
    case 7: put16(out, file_checksum(f->content)); return 0;
    case 11: put8(out, f->encoding); return 0;
    default: return 0x14;
    }
}

static uint8_t upload(device_file *f, const device_request *q, GByteArray *out)
{
    size_t at = (size_t)f->next * TRANSFER_SIZE, part;
    uint8_t type;

    if (f->state != FILE_UPLOAD)
        return 0x0C;
    part = MIN(TRANSFER_SIZE, f->content->len - at);
    type = at + part == f->content->len ? (f->next == 0 ? PACKET_ONLY : PACKET_LAST)
                                        : (f->next == 0 ? PACKET_FIRST : PACKET_MIDDLE);
    put8(out, q->body[0]);
    put8(out, type);
    put_bytes(out, f->content->data + at, part);
    f->next++;
    if (type == PACKET_LAST || type == PACKET_ONLY) {
        put16(out, file_checksum(f->content));
        f->state = FILE_LOADED;
    }
    return 0;
}

static uint8_t download(device_file *f, const device_request *q, GByteArray *out, int *ext)
{
    bool last = q->len >= 4 && (q->body[1] == PACKET_LAST || q->body[1] == PACKET_ONLY);

    if (f->state != FILE_DOWNLOAD) {
        *ext = f->state;
        return 0x0C;
    }
    put8(out, q->body[0]);
    if (q->body[0] != f->next) {
        *ext = 6;
        return 0x20;
    }
    f->next++;
    put_bytes(f->content, q->body + 2, q->len - 2 - (last ? 2 : 0));
    if (!last)
        return 0;
    f->state = FILE_LOADED;
    if (file_checksum(f->content) != get16(q->body + q->len - 2) || f->content->len != f->expected) {
        f->state = FILE_EMPTY;
        return 0xD0;
    }
    return 0;
}

uint8_t device_files(lab_device *d, const device_request *q, GByteArray *out, int *ext)
{
    device_file *f = device_find_file(d, q->instance);

    if (q->instance <= 0)
        return file_class(d, q, out);
    if (f == NULL)
        return 0x16;
    switch (q->service) {
    case 0x0E:
        return file_get(f, q->attribute, out);
    case 0x09:
        g_ptr_array_remove(d->files, f);
        return 0;
    case 0x4B:
        f->state = FILE_UPLOAD;
        f->next = 0;
        put32(out, f->content->len);
        put8(out, TRANSFER_SIZE);
        return 0;
    case 0x4C:
        f->state = FILE_DOWNLOAD;
        f->next = 0;
        f->expected = get32(q->body);
        g_byte_array_set_size(f->content, 0);
        put32(out, 0);
        put16(out, 0);
        put8(out, TRANSFER_SIZE);
        return 0;
    case 0x4F:
        return upload(f, q, out);
    case 0x50:
        return download(f, q, out, ext);
    default:
        return 0x08;
    }
}
