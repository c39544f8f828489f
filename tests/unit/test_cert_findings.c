/* test_cert_findings.c
 * Each finding about certificates: a case that raises it, in the right frame, and a case that must not.
 * Kinds (vendor, provisioned, tool) and the match of Create_CSR, CSR and certificate are here too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cert_capture.h"

#define DEVICE "10.1.1.1"
#define TOOL "10.1.1.9"

static cs_capture *cap;
static pki_cert *ca, *good;

static int begin(void **state)
{
    cs_options options = {.expiry_days = 30};
    (void)state;
    cap = cs_capture_new(&options);
    ca = pki_make(&(pki_spec){.cn = "CA", .ca = true}, NULL);
    good = pki_make(&(pki_spec){.cn = "device", .ip = DEVICE, .eku = GNUTLS_KP_TLS_WWW_SERVER}, ca);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cs_capture_free(cap);
    pki_free(good);
    pki_free(ca);
    return 0;
}

/* The server of a new stream shows a certificate made by spec. @return its record. */
static cs_cert *server_shows(const pki_spec *spec, uint32_t frame)
{
    pki_cert *p = pki_make(spec, ca);
    const pki_cert *chain[] = {p};
    cs_cert *c = cc_show(cap, cc_stream(cap, TOOL, DEVICE, frame, T0), CS_ROLE_SERVER, frame, T0, chain, 1);
    pki_free(p);
    return c;
}

static void test_good_certificate_raises_nothing(void **state)
{
    (void)state;
    const pki_cert *chain[] = {good, ca}, *other[] = {NULL};
    pki_cert *client = pki_make(&(pki_spec){.cn = "controller", .ip = TOOL, .eku = GNUTLS_KP_TLS_WWW_CLIENT}, ca);
    other[0] = client;
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 2, T0, chain, 2);
    cc_show(cap, s, CS_ROLE_CLIENT, 3, T0, other, 1);
    cs_capture_finish(cap);
    assert_int_equal(cap->findings->len, 0);
    assert_int_equal(c->kind, CS_CERT_PROVISIONED);
    assert_non_null(strstr(cs_cert_kind_why(c), "both ends proved"));
    assert_int_equal(((cs_cert *)cs_certs_all(cap)->pdata[1])->kind, CS_CERT_ROOT);
    pki_free(client);
}

static void test_expiry(void **state)
{
    (void)state;
    server_shows(&(pki_spec){.cn = "31 days", .ip = DEVICE, .to = T0 + 31 * DAY}, 1);
    assert_int_equal(cap->findings->len, 0);
    server_shows(&(pki_spec){.cn = "29 days", .ip = DEVICE, .to = T0 + 29 * DAY + 60}, 2);
    const cs_finding *f = cc_only(cap, CS_FIND_CERTIFICATE_EXPIRING);
    assert_int_equal(f->at.frame, 2);
    assert_non_null(strstr(f->detail, "29 days left"));
    server_shows(&(pki_spec){.cn = "gone", .ip = DEVICE, .from = T0 - 90 * DAY, .to = T0 - 3 * DAY - 60}, 3);
    f = cc_only(cap, CS_FIND_CERTIFICATE_EXPIRED);
    assert_int_equal(f->at.frame, 3);
    assert_non_null(strstr(f->detail, "3 days before"));
    server_shows(&(pki_spec){.cn = "to the second", .ip = DEVICE, .from = T0 - 90 * DAY, .to = T0 - 5 * DAY}, 5);
    f = cap->findings->pdata[cap->findings->len - 1];
    assert_non_null(strstr(f->detail, "5 days before"));
    server_shows(&(pki_spec){.cn = "early", .ip = DEVICE, .from = T0 + DAY}, 4);
    assert_int_equal(cc_only(cap, CS_FIND_CERTIFICATE_NOT_YET_VALID)->at.frame, 4);
}

/* Expiry is counted to the end of the capture, which may be long after the handshake. */
static void test_expiring_by_the_end(void **state)
{
    (void)state;
    server_shows(&(pki_spec){.cn = "31 days", .ip = DEVICE, .to = T0 + 31 * DAY}, 1);
    assert_int_equal(cap->findings->len, 0);
    cs_when late = {99, (T0 + 5 * DAY) * (int64_t)NS};
    cs_stream_packet(cap, cap->streams->pdata[0], 0, &late, 10);
    cs_capture_finish(cap);
    assert_int_equal(cc_only(cap, CS_FIND_CERTIFICATE_EXPIRING)->at.frame, 1);
}

static void test_weak_keys_and_signatures(void **state)
{
    (void)state;
    server_shows(&(pki_spec){.cn = "rsa2048", .ip = DEVICE, .pk = GNUTLS_PK_RSA, .bits = 2048}, 1);
    assert_int_equal(cap->findings->len, 0);
    server_shows(&(pki_spec){.cn = "rsa1024", .ip = DEVICE, .pk = GNUTLS_PK_RSA, .bits = 1024}, 2);
    const cs_finding *f = cc_only(cap, CS_FIND_WEAK_KEY);
    assert_int_equal(f->at.frame, 2);
    assert_non_null(strstr(f->detail, "RSA 1024 bits"));
    server_shows(&(pki_spec){.cn = "sha1", .ip = DEVICE, .hash = GNUTLS_DIG_SHA1}, 3);
    f = cc_only(cap, CS_FIND_WEAK_SIGNATURE);
    assert_int_equal(f->at.frame, 3);
    assert_non_null(strstr(f->detail, "ECDSA-SHA1"));
}

static void test_san(void **state)
{
    (void)state;
    server_shows(&(pki_spec){.cn = "right", .ip = DEVICE, .dns = "d.example"}, 1);
    assert_int_equal(cap->findings->len, 0);
    server_shows(&(pki_spec){.cn = "wrong", .ip = "10.9.9.9"}, 2);
    assert_int_equal(cc_only(cap, CS_FIND_CERTIFICATE_SAN_MISMATCH)->at.frame, 2);
    server_shows(&(pki_spec){.cn = "none"}, 3);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_SAN_MISMATCH), 2);
    /* a client without addresses may be a tool on any computer */
    pki_cert *tool = pki_make(&(pki_spec){.cn = "tool"}, ca);
    const pki_cert *chain[] = {tool};
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 4, T0), CS_ROLE_CLIENT, 4, T0, chain, 1);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_SAN_MISMATCH), 2);
    pki_free(tool);
}

static void test_extended_key_usage(void **state)
{
    (void)state;
    server_shows(&(pki_spec){.cn = "server", .ip = DEVICE, .eku = GNUTLS_KP_TLS_WWW_SERVER}, 1);
    server_shows(&(pki_spec){.cn = "any", .ip = DEVICE, .eku = GNUTLS_KP_ANY}, 2);
    server_shows(&(pki_spec){.cn = "unlimited", .ip = DEVICE}, 3);
    assert_int_equal(cap->findings->len, 0);
    server_shows(&(pki_spec){.cn = "client only", .ip = DEVICE, .eku = GNUTLS_KP_TLS_WWW_CLIENT}, 4);
    assert_int_equal(cc_only(cap, CS_FIND_CERTIFICATE_EKU)->at.frame, 4);
}

static void test_shared(void **state)
{
    (void)state;
    const pki_cert *chain[] = {good, ca};
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 1, T0), CS_ROLE_SERVER, 1, T0, chain, 2);
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 2, T0), CS_ROLE_SERVER, 2, T0, chain, 2);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_SHARED), 0); /* one device, and CAs are for all */
    cc_show(cap, cc_stream(cap, TOOL, "10.1.1.2", 3, T0), CS_ROLE_SERVER, 3, T0, chain, 2);
    cs_capture_finish(cap);
    const cs_finding *f = cc_only(cap, CS_FIND_CERTIFICATE_SHARED);
    assert_int_equal(f->at.frame, 3);
    assert_non_null(strstr(f->detail, "is shown by 10.1.1.1 and 10.1.1.2"));
    /* another certificate with the same key */
    pki_cert *twin = pki_make(&(pki_spec){.cn = "twin", .ip = "10.1.1.3", .key = good->key}, ca);
    const pki_cert *twins[] = {twin};
    cc_show(cap, cc_stream(cap, TOOL, "10.1.1.3", 4, T0), CS_ROLE_SERVER, 4, T0, twins, 1);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_SHARED), 2);
    f = cap->findings->pdata[cap->findings->len - 1];
    assert_non_null(strstr(f->detail, "the key of twin"));
    assert_non_null(strstr(f->detail, "is used by 10.1.1.1 and 10.1.1.3"));
    /* the first owner again, and the others: nothing new */
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 5, T0), CS_ROLE_SERVER, 5, T0, chain, 2);
    cc_show(cap, cc_stream(cap, TOOL, "10.1.1.3", 6, T0), CS_ROLE_SERVER, 6, T0, chain, 2);
    cc_show(cap, cc_stream(cap, TOOL, "10.1.1.2", 7, T0), CS_ROLE_SERVER, 7, T0, chain, 2);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_SHARED), 2);
    pki_free(twin);
}

/* Both ends proved certificates, and then one refused the other's. */
static void test_refused_is_not_provisioned(void **state)
{
    (void)state;
    pki_cert *rogue_ca = pki_make(&(pki_spec){.cn = "other CA", .ca = true}, NULL);
    pki_cert *rogue = pki_make(&(pki_spec){.cn = "rogue"}, rogue_ca);
    const pki_cert *chain[] = {good}, *bad[] = {rogue};
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    s->hs.state = CS_HANDSHAKE_INCOMPLETE;
    cc_show(cap, s, CS_ROLE_SERVER, 2, T0, chain, 1);
    cs_cert *c = cc_show(cap, s, CS_ROLE_CLIENT, 3, T0, bad, 1);
    s->hs.state = CS_HANDSHAKE_FAILED;
    cs_certs_frame_done(cap, 4);
    assert_int_equal(c->kind, CS_CERT_UNKNOWN); /* known as soon as the alert came */
    cs_capture_finish(cap);
    assert_int_equal(c->kind, CS_CERT_UNKNOWN);
    assert_null(cs_cert_kind_why(c));
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 5, T0), CS_ROLE_SERVER, 5, T0, chain, 1);
    s = cap->streams->pdata[1];
    cc_show(cap, s, CS_ROLE_CLIENT, 6, T0, bad, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->kind, CS_CERT_PROVISIONED); /* accepted elsewhere */
    pki_free(rogue);
    pki_free(rogue_ca);
}

static void test_vendor_certificate(void **state)
{
    (void)state;
    pki_cert *vendor = pki_make(&(pki_spec){.cn = "born on"}, NULL);
    const pki_cert *chain[] = {vendor};
    /* in a configuration session it is what one expects */
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    s->hs.cert_request = false;
    s->saw_config = true;
    cs_stream_update(s);
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 1, T0, chain, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->kind, CS_CERT_VENDOR);
    assert_int_equal(cc_count(cap, CS_FIND_VENDOR_CERTIFICATE), 0);
    assert_int_equal(cc_count(cap, CS_FIND_NO_CLIENT_CERTIFICATE), 0);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_SAN_MISMATCH), 0);
    assert_int_equal(cc_count(cap, CS_FIND_SELF_SIGNED), 1); /* a remark, not a warning */
    /* in operation it is not */
    s = cc_stream(cap, TOOL, DEVICE, 2, T0);
    s->hs.cert_request = false;
    cc_show(cap, s, CS_ROLE_SERVER, 2, T0, chain, 1);
    cs_capture_finish(cap);
    assert_int_equal(cc_only(cap, CS_FIND_VENDOR_CERTIFICATE)->at.frame, 2);
    assert_ptr_equal(cc_only(cap, CS_FIND_NO_CLIENT_CERTIFICATE)->stream, s);
    pki_free(vendor);
}

/* A server that asks for no certificate is not the vendor's yet when its issuer signs for the plant. */
static void test_plant_issuer(void **state)
{
    (void)state;
    pki_cert *client = pki_make(&(pki_spec){.cn = "controller", .ip = TOOL}, ca);
    pki_cert *open = pki_make(&(pki_spec){.cn = "open", .ip = "10.1.1.2"}, ca);
    pki_cert *vendor_ca = pki_make(&(pki_spec){.cn = "Vendor CA", .ca = true}, NULL);
    pki_cert *born = pki_make(&(pki_spec){.cn = "born on", .ip = "10.1.1.3"}, vendor_ca);
    const pki_cert *chain[] = {good}, *other[] = {client}, *lax[] = {open}, *vendors[] = {born};
    cs_stream *s = cc_stream(cap, TOOL, "10.1.1.2", 1, T0);
    s->hs.cert_request = false;
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 1, T0, lax, 1);
    s = cc_stream(cap, TOOL, "10.1.1.3", 2, T0);
    s->hs.cert_request = false;
    cs_cert *v = cc_show(cap, s, CS_ROLE_SERVER, 2, T0, vendors, 1);
    assert_int_equal(c->kind, CS_CERT_VENDOR); /* as far as is known yet */
    s = cc_stream(cap, TOOL, DEVICE, 3, T0);
    cc_show(cap, s, CS_ROLE_SERVER, 3, T0, chain, 1);
    cc_show(cap, s, CS_ROLE_CLIENT, 4, T0, other, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->kind, CS_CERT_UNKNOWN);
    assert_int_equal(v->kind, CS_CERT_VENDOR);
    assert_int_equal(cc_only(cap, CS_FIND_VENDOR_CERTIFICATE)->at.frame, 2);
    pki_cert *all[] = {client, open, vendor_ca, born};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        pki_free(all[i]);
}

/* Where nobody is authenticated it is not the client that lacks a certificate. */
static void test_anonymous_suite(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        cs_stream *s = cc_stream(cap, TOOL, DEVICE, i, T0);
        s->hs.cert_request = false;
        s->hs.have_suite = true;
        s->hs.suite = i == 1 ? 0xC018 /* TLS_ECDH_anon_WITH_AES_128_CBC_SHA */ : i == 2 ? 0xC02B : 0x0034;
        if (i == 3)
            s->hs.state = CS_HANDSHAKE_FAILED;
    }
    cs_capture_finish(cap);
    assert_int_equal(cc_only(cap, CS_FIND_ANONYMOUS_SUITE)->at.frame, 1);
    assert_string_equal(cc_only(cap, CS_FIND_ANONYMOUS_SUITE)->detail, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA");
    assert_int_equal(cc_only(cap, CS_FIND_NO_CLIENT_CERTIFICATE)->at.frame, 2);
}

static void test_tool_and_self_signed(void **state)
{
    (void)state;
    pki_cert *tool = pki_make(&(pki_spec){.cn = "tool"}, ca);
    pki_cert *own = pki_make(&(pki_spec){.cn = "own", .ip = DEVICE}, NULL);
    const pki_cert *chain[] = {tool}, *self[] = {own};
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    s->saw_config = true;
    cs_stream_update(s);
    cs_cert *c = cc_show(cap, s, CS_ROLE_CLIENT, 1, T0, chain, 1);
    cs_cert *server = cc_show(cap, s, CS_ROLE_SERVER, 1, T0, self, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->kind, CS_CERT_TOOL);
    assert_int_equal(server->kind, CS_CERT_SELF_SIGNED); /* the client was asked for its certificate */
    assert_int_equal(cc_only(cap, CS_FIND_SELF_SIGNED)->at.frame, 1);
    pki_free(tool);
    pki_free(own);
}

/* The tool's certificate is known again in its other sessions; a device that enrolls shows what it was born with. */
static void test_tool_elsewhere_and_enrolling_device(void **state)
{
    (void)state;
    static const uint8_t value[] = {1};
    pki_cert *tool = pki_make(&(pki_spec){.cn = "tool"}, ca), *own = pki_make(&(pki_spec){.cn = "own"}, NULL);
    const pki_cert *chain[] = {tool}, *self[] = {own};
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    cs_cert *c = cc_show(cap, s, CS_ROLE_CLIENT, 1, T0, chain, 1);
    assert_int_equal(c->kind, CS_CERT_UNKNOWN);
    cc_cip(cap, cc_stream(cap, TOOL, DEVICE, 2, T0), 2, 0x10, 0x5E, 1, 9, value, 1, NULL, 0);
    cs_stream *est = cc_stream(cap, "10.1.1.3", "10.1.1.200", 3, T0);
    est->saw_enip = est->saw_unconnected = false;
    est->saw_est = true;
    cs_stream_update(est);
    cs_cert *born = cc_show(cap, est, CS_ROLE_CLIENT, 4, T0, self, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->kind, CS_CERT_TOOL);
    assert_int_equal(born->kind, CS_CERT_VENDOR);
    pki_free(tool);
    pki_free(own);
}

static void test_changed_self_signature(void **state)
{
    (void)state;
    pki_cert *own = pki_make(&(pki_spec){.cn = "own", .ip = DEVICE}, NULL);
    own->der.data[own->der.size - 1] ^= 1;
    const pki_cert *chain[] = {own};
    cs_cert *c = cc_show(cap, cc_stream(cap, TOOL, DEVICE, 1, T0), CS_ROLE_SERVER, 1, T0, chain, 1);
    assert_false(c->self_signed);
    assert_int_equal(cc_only(cap, CS_FIND_SIGNATURE_INVALID)->at.frame, 1);
    pki_free(own);
}

/* Create_CSR for 0x5F instance 2 with Common Name, Organization and an address; the CSR goes to File instance 0x100. */
static void ask_csr(cs_stream *s, const char *cn, const char *o, const char *ip)
{
    static const uint8_t path[] = {3, 0x20, 0x37, 0x25, 0x00, 0x00, 0x01};
    GString *body = g_string_new(NULL);
    char *san = g_strconcat("iPAddress=", ip, NULL);
    const char *const strings[] = {cn, o, "", "", "", "", "", "", ip[0] ? san : ""};
    for (size_t i = 0; i < G_N_ELEMENTS(strings); i++) {
        g_string_append_c(body, (char)strlen(strings[i]));
        g_string_append(body, strings[i]);
    }
    cc_cip(cap, s, 1, 0x4B, 0x5F, 2, CS_CIP_UNSET, body->str, (uint32_t)body->len, path, sizeof path);
    g_string_free(body, TRUE);
    g_free(san);
}

/* Set attribute 3 of 0x5F instance 2 to File instance 0x101. */
static void set_device_certificate(cs_stream *s, uint32_t frame)
{
    static const uint8_t value[] = {0, 3, 0x20, 0x37, 0x25, 0x00, 0x01, 0x01};
    cc_cip(cap, s, frame, 0x10, 0x5F, 2, 3, value, sizeof value, NULL, 0);
}

static void test_csr_as_asked(void **state)
{
    (void)state;
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    gnutls_datum_t csr = pki_csr(good->key, "device", "plant", DEVICE);
    ask_csr(s, "device", "plant", DEVICE);
    cc_file(cap, s, DEVICE, 0x100, false, 2, csr.data, csr.size);
    cc_file(cap, s, DEVICE, 0x101, true, 3, good->der.data, good->der.size);
    set_device_certificate(s, 4);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CSR_MISMATCH), 0);
    const cs_cert *c = cs_certs_all(cap)->pdata[1];
    assert_int_equal(c->kind, CS_CERT_PROVISIONED);
    assert_string_equal(cs_cert_kind_why(c), "device certificate of Certificate Management instance 2 of 10.1.1.1");
    assert_ptr_equal(c->csr, cs_certs_all(cap)->pdata[0]);
    gnutls_free(csr.data);
}

static void test_csr_differs(void **state)
{
    (void)state;
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    gnutls_datum_t csr = pki_csr(good->key, "device", "somebody", NULL);
    ask_csr(s, "device", "plant", DEVICE);
    cc_file(cap, s, DEVICE, 0x100, false, 2, csr.data, csr.size);
    const cs_finding *f = cc_only(cap, CS_FIND_CSR_MISMATCH);
    assert_int_equal(f->at.frame, 2);
    assert_string_equal(f->detail, "Organization \"plant\" was asked for, the CSR says \"somebody\"; alternative name "
                                   "iPAddress=10.1.1.1 was asked for, the CSR does not have it");
    csr.data[csr.size - 1] ^= 1; /* and one whose own signature is bad */
    cc_file(cap, s, DEVICE, 0x102, false, 5, csr.data, csr.size);
    assert_int_equal(cc_only(cap, CS_FIND_SIGNATURE_INVALID)->at.frame, 5);
    gnutls_free(csr.data);
}

static void test_certificate_for_another_key(void **state)
{
    (void)state;
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    gnutls_datum_t csr = pki_csr(ca->key, "device", "plant", NULL); /* a key that is not the certificate's */
    ask_csr(s, "device", "plant", "");
    cc_file(cap, s, DEVICE, 0x100, false, 2, csr.data, csr.size);
    cc_file(cap, s, DEVICE, 0x101, true, 3, good->der.data, good->der.size);
    assert_int_equal(cc_count(cap, CS_FIND_CSR_MISMATCH), 0);
    set_device_certificate(s, 4);
    const cs_finding *f = cc_only(cap, CS_FIND_CSR_MISMATCH);
    assert_int_equal(f->at.frame, 4);
    assert_non_null(strstr(f->detail, "another key than the CSR"));
    gnutls_free(csr.data);
}

/* After Apply_Config the device shows another certificate than the one that was made active. */
static void test_other_certificate_than_activated(void **state)
{
    (void)state;
    static const uint8_t active[] = {1, 2, 0x20, 0x5F, 0x24, 0x02};
    pki_cert *old = pki_make(&(pki_spec){.cn = "old", .ip = DEVICE}, NULL);
    const pki_cert *right[] = {good}, *wrong[] = {old};
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0 - 10);
    cc_file(cap, s, DEVICE, 0x101, true, 3, good->der.data, good->der.size);
    set_device_certificate(s, 4);
    cc_cip(cap, s, 5, 0x10, 0x5E, 1, 6, active, sizeof active, NULL, 0);
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 6, T0 - 5), CS_ROLE_SERVER, 6, T0 - 5, wrong, 1);
    assert_int_equal(cc_count(cap, CS_FIND_CSR_MISMATCH), 0); /* not applied yet */
    cc_cip(cap, s, 7, 0x4D, 0x5E, 1, CS_CIP_UNSET, NULL, 0, NULL, 0);
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 8, T0 + 5), CS_ROLE_SERVER, 8, T0 + 5, right, 1);
    assert_int_equal(cc_count(cap, CS_FIND_CSR_MISMATCH), 0);
    cc_show(cap, cc_stream(cap, TOOL, DEVICE, 9, T0 + 6), CS_ROLE_SERVER, 9, T0 + 6, wrong, 1);
    const cs_finding *f = cc_only(cap, CS_FIND_CSR_MISMATCH);
    assert_int_equal(f->at.frame, 9);
    assert_non_null(strstr(f->detail, "its active device certificate is device"));
    pki_free(old);
}

/* Certificate Management instance 1 holds the vendor's certificate, whoever signed it. */
static void test_default_device_certificate(void **state)
{
    (void)state;
    static const uint8_t value[] = {1, 3, 0x20, 0x37, 0x25, 0x00, 0x01, 0x01};
    cs_stream *s = cc_stream(cap, TOOL, DEVICE, 1, T0);
    cc_cip(cap, s, 1, 0x0E, 0x5F, 1, 3, NULL, 0, value, sizeof value);
    cc_file(cap, s, DEVICE, 0x101, false, 2, good->der.data, good->der.size);
    const cs_cert *c = cs_certs_all(cap)->pdata[0];
    assert_int_equal(c->kind, CS_CERT_VENDOR);
    assert_non_null(strstr(cs_cert_kind_why(c), "instance 1"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_good_certificate_raises_nothing),
        T(test_expiry),
        T(test_expiring_by_the_end),
        T(test_weak_keys_and_signatures),
        T(test_san),
        T(test_extended_key_usage),
        T(test_shared),
        T(test_refused_is_not_provisioned),
        T(test_vendor_certificate),
        T(test_plant_issuer),
        T(test_anonymous_suite),
        T(test_tool_and_self_signed),
        T(test_tool_elsewhere_and_enrolling_device),
        T(test_changed_self_signature),
        T(test_csr_as_asked),
        T(test_csr_differs),
        T(test_certificate_for_another_key),
        T(test_other_certificate_than_activated),
        T(test_default_device_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
