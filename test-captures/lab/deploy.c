/* deploy.c
 * The steps of a push deployment. No public source lists the exact order of a product tool; this one follows the
 * guide's coarse order and the objects' state machines.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "deploy.h"

#include <string.h>

#include "bytes.h"

enum { CIP_SECURITY = 0x5D, EIP_SECURITY = 0x5E, CERTIFICATES = 0x5F, FILES = 0x37, TCPIP = 0xF5 };
enum { GET_ALL = 0x01, RESET = 0x05, CREATE = 0x08, GET = 0x0E, SET = 0x10 };
enum { BEGIN = 0x4B, KICK = 0x4C, APPLY = 0x4D, END = 0x4D, ABORT = 0x4E, CLEANUP = 0x4E };
enum { CREATE_CSR = 0x4B, VERIFY = 0x4C };
enum { INIT_UPLOAD = 0x4B, INIT_DOWNLOAD = 0x4C, UPLOAD = 0x4F, DOWNLOAD = 0x50 };
enum { PEM_CERTIFICATE = 2, PEM_CRL = 4 };

static void read_device(cip_client *c)
{
    cip_request(c, GET_ALL, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, GET, CIP_SECURITY, 1, 3, NULL, 0);
    cip_request(c, GET_ALL, EIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, GET, CERTIFICATES, 0, 8, NULL, 0);
    cip_request(c, GET, CERTIFICATES, 0, 9, NULL, 0);
}

/* Class and instance from a counted path as the device gave it. */
static int path_instance(const GByteArray *path)
{
    if (path->len >= 7 && path->data[3] == 0x25)
        return (int)get16(path->data + 5);
    return path->len >= 5 ? path->data[4] : -1;
}

static void upload_file(cip_client *c, int instance)
{
    uint8_t size = 255, number = 0, type = 0;

    cip_request(c, INIT_UPLOAD, FILES, instance, -1, &size, 1);
    while (type != 2 && type != 4 && c->status == 0) {
        cip_request(c, UPLOAD, FILES, instance, -1, &number, 1);
        type = c->body->len > 1 ? c->body->data[1] : 4;
        number++;
    }
}

static void download_part(cip_client *c, int instance, uint8_t number, uint8_t type, const char *data, size_t len,
                          int checksum)
{
    GByteArray *b = g_byte_array_new();

    put8(b, number);
    put8(b, type);
    put_bytes(b, data, len);
    if (checksum >= 0)
        put16(b, (unsigned)checksum);
    cip_request(c, DOWNLOAD, FILES, instance, -1, b->data, b->len);
    g_byte_array_unref(b);
}

/* Creates a file and downloads a fixture into it. @return its instance. */
static int download_file(cip_client *c, const char *name, const char *file_name, const char *stem, const char *suffix,
                         uint8_t encoding)
{
    char *path = tls_pki_path(stem, suffix), *text = NULL;
    GByteArray *b = g_byte_array_new();
    gsize len = 0;
    size_t part;
    uint16_t sum = 0;
    int instance;

    g_file_get_contents(path, &text, &len, NULL);
    g_free(path);
    put_stringi(b, name);
    put8(b, encoding);
    cip_request(c, CREATE, FILES, 0, -1, b->data, b->len);
    instance = (int)get16(c->body->data);
    g_byte_array_set_size(b, 0);
    put32(b, (uint32_t)len);
    put16(b, 1);
    put8(b, 1);
    put8(b, 1);
    put_stringi(b, file_name);
    cip_request(c, INIT_DOWNLOAD, FILES, instance, -1, b->data, b->len);
    part = c->body->data[6];
    for (gsize i = 0; i < len; i++)
        sum = (uint16_t)(sum + (uint8_t)text[i]);
    for (gsize at = 0; at < len; at += part) {
        bool first = at == 0, last = at + part >= len;

        download_part(c, instance, (uint8_t)(at / part), last ? (first ? 4 : 2) : (first ? 0 : 1), text + at,
                      MIN(part, len - at), last ? (uint16_t)(0x10000u - sum) : -1);
    }
    g_byte_array_unref(b);
    g_free(text);
    return instance;
}

static int create_csr(cip_client *c, const deploy_plan *plan, int *cmo)
{
    GByteArray *b = g_byte_array_new();
    const char *address = c->ch->node[1]->address;
    char *san = g_strconcat("iPAddress=", address, NULL);
    const char *name = c->device->node->name;
    char *zone = g_strdup_printf("%.*s zone", (int)strcspn(name, "_"), name);

    put_short_string(b, plan->model);
    cip_request(c, CREATE, CERTIFICATES, 0, -1, b->data, b->len);
    *cmo = (int)get16(c->body->data);
    g_byte_array_set_size(b, 0);
    put_short_string(b, address);
    put_short_string(b, "CPwE Practice Plant");
    put_short_string(b, zone);
    put_short_string(b, "");
    put_short_string(b, "");
    put_short_string(b, "AT");
    put_short_string(b, "");
    put_short_string(b, "");
    put_short_string(b, san);
    net_wait(c->ch->net, 700000); /* the device makes a key pair */
    cip_request(c, CREATE_CSR, CERTIFICATES, *cmo, -1, b->data, b->len);
    g_byte_array_unref(b);
    g_free(san);
    g_free(zone);
    return path_instance(c->body);
}

static void set_path(cip_client *c, int class_id, int instance, int attribute, int prefix, int target_class, int target)
{
    GByteArray *b = g_byte_array_new();

    put8(b, (unsigned)prefix);
    if (target > 0xFF) {
        put8(b, 3);
        put8(b, 0x20);
        put8(b, (unsigned)target_class);
        put8(b, 0x25);
        put8(b, 0);
        put16(b, (unsigned)target);
    } else {
        put8(b, 2);
        put8(b, 0x20);
        put8(b, (unsigned)target_class);
        put8(b, 0x24);
        put8(b, (unsigned)target);
    }
    cip_request(c, SET, class_id, instance, attribute, b->data, b->len);
    g_byte_array_unref(b);
}

static uint8_t set_flag(cip_client *c, int attribute, bool on)
{
    uint8_t value = on;

    return cip_request(c, SET, EIP_SECURITY, 1, attribute, &value, 1);
}

static void set_policy(cip_client *c, const deploy_plan *plan, int cmo, int crl)
{
    static const uint8_t psk[] = "\x01\x06" "cell-7\x10PracticePlantPSK\x02";
    GByteArray *b = g_byte_array_new();
    unsigned n = 0;

    while (plan->suites[n] != 0)
        n++;
    put8(b, n);
    for (unsigned i = 0; i < n; i++)
        put_be16(b, plan->suites[i]);
    cip_request(c, SET, EIP_SECURITY, 1, 4, b->data, b->len);
    g_byte_array_unref(b);
    if (plan->psk)
        cip_request(c, SET, EIP_SECURITY, 1, 5, psk, sizeof psk - 1);
    set_path(c, EIP_SECURITY, 1, 6, 1, CERTIFICATES, cmo);
    set_path(c, EIP_SECURITY, 1, 7, 1, CERTIFICATES, cmo);
    if (crl > 0)
        set_path(c, EIP_SECURITY, 1, 8, 1, FILES, crl);
    set_flag(c, 9, true);
    set_flag(c, 11, plan->check_expiration);
}

/* Certificate part: create, sign, download, verify. @return false when the device refuses the certificate. */
static bool install_certificate(cip_client *c, const deploy_plan *plan, int *cmo)
{
    const char *stem = plan->certificate != NULL ? plan->certificate : c->device->node->pki;
    int csr = create_csr(c, plan, cmo), device, ca;

    net_wait(c->ch->net, 200000);
    upload_file(c, csr);
    net_wait(c->ch->net, 1200000); /* the CA signs */
    device = download_file(c, "Device Certificate", "device.pem", stem, ".crt.pem", PEM_CERTIFICATE);
    ca = download_file(c, "CA Certificate", "ca.pem", "plant-ca", ".crt.pem", PEM_CERTIFICATE);
    set_path(c, CERTIFICATES, *cmo, 4, 0, FILES, ca);
    set_path(c, CERTIFICATES, *cmo, 3, 0, FILES, device);
    if (cip_request(c, VERIFY, CERTIFICATES, *cmo, -1, "\x03\x00", 2) != 0) {
        cip_request(c, GET_ALL, CERTIFICATES, *cmo, -1, NULL, 0);
        return false;
    }
    cip_request(c, GET, CERTIFICATES, *cmo, 2, NULL, 0);
    return true;
}

static void close_clear_ports(cip_client *c)
{
    static const uint8_t body[] = { 2, 0x12, 0xAF, 6, 0, 0xAE, 0x08, 17, 0 };

    cip_request(c, 0x4C, TCPIP, 1, -1, body, sizeof body);
    cip_request(c, GET, TCPIP, 1, 14, NULL, 0);
}

static bool begin(cip_client *c, truth_deployment *result)
{
    if (cip_request(c, BEGIN, CIP_SECURITY, 1, -1, NULL, 0) != 0) {
        result->result = "not complete";
        result->reason = "Begin_Config refused: a configuration session is already running";
        return false;
    }
    cip_request(c, BEGIN, EIP_SECURITY, 1, -1, NULL, 0);
    return true;
}

static bool give_up(cip_client *c, truth_deployment *result, const char *reason)
{
    cip_request(c, ABORT, EIP_SECURITY, 1, -1, NULL, 0);
    result->result = "not complete";
    result->reason = reason;
    return false;
}

bool deploy_push(cip_client *c, const deploy_plan *plan, truth_deployment *result)
{
    static const uint8_t apply[] = { 1, 0, 0xB8, 0x0B };
    int cmo = 0, crl = 0;
    bool warning;

    c->ch->truth->kind = "provisioning";
    read_device(c);
    if (!begin(c, result))
        return false;
    if (!install_certificate(c, plan, &cmo))
        return give_up(c, result, "Verify_Certificate failed");
    cip_request(c, KICK, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, KICK, EIP_SECURITY, 1, -1, NULL, 0);
    if (plan->crl)
        crl = download_file(c, "Revocation List", "plant.crl", "plant", ".crl.pem", PEM_CRL);
    set_policy(c, plan, cmo, crl);
    warning = set_flag(c, 17, true) != 0;
    if (cip_request(c, APPLY, EIP_SECURITY, 1, -1, apply, sizeof apply) != 0)
        return give_up(c, result, "Apply_Config refused: certificate suites allowed, but no certificate configured");
    cip_request(c, END, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, CLEANUP, CIP_SECURITY, 0, -1, NULL, 0);
    if (plan->close_clear_ports)
        close_clear_ports(c);
    result->result = warning ? "complete with warnings" : "complete";
    result->reason = warning ? "Check Subject Alternative Name is not supported" : NULL;
    return true;
}

void deploy_abandon(cip_client *c, const deploy_plan *plan)
{
    int cmo = 0;

    c->ch->truth->kind = "provisioning";
    read_device(c);
    cip_request(c, BEGIN, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, BEGIN, EIP_SECURITY, 1, -1, NULL, 0);
    create_csr(c, plan, &cmo);
}

void deploy_reset(cip_client *c)
{
    c->ch->truth->kind = "provisioning";
    cip_request(c, GET_ALL, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, RESET, EIP_SECURITY, 1, -1, "\x01", 1);
    cip_request(c, RESET, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, GET_ALL, CIP_SECURITY, 1, -1, NULL, 0);
    cip_request(c, GET, EIP_SECURITY, 1, 1, NULL, 0);
}
