/* test_chain.c
 * The chain check: anchors of the devices and of the trust file, times of the capture, revocation, and never the
 * clock of this machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "cert_capture.h"

static pki_cert *root, *issuing, *server, *client, *rogue_root, *rogue;

static int setup(void **state)
{
    (void)state;
    root = pki_make(&(pki_spec){.cn = "Root", .ca = true}, NULL);
    issuing = pki_make(&(pki_spec){.cn = "Issuing", .ca = true}, root);
    server = pki_make(&(pki_spec){.cn = "device", .ip = "10.1.1.1"}, issuing);
    client = pki_make(&(pki_spec){.cn = "controller", .ip = "10.1.1.9"}, issuing);
    rogue_root = pki_make(&(pki_spec){.cn = "Rogue", .ca = true}, NULL);
    rogue = pki_make(&(pki_spec){.cn = "intruder", .ip = "10.1.1.66"}, rogue_root);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_cert *all[] = {root, issuing, server, client, rogue_root, rogue};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        pki_free(all[i]);
    return 0;
}

/* Writes certificates and CRLs as PEM. @return the file's name, to be unlinked and freed. */
static char *trust_file(const pki_cert *const *certs, unsigned n, const gnutls_datum_t *crl)
{
    char *name = NULL;
    GString *text = g_string_new(NULL);
    int fd = g_file_open_tmp("cipsec-trust-XXXXXX", &name, NULL);
    assert_true(fd >= 0);
    for (unsigned i = 0; i < n; i++) {
        char *pem = pki_pem("CERTIFICATE", &certs[i]->der);
        g_string_append(text, pem);
        g_free(pem);
    }
    if (crl) {
        char *pem = pki_pem("X509 CRL", crl);
        g_string_append(text, pem);
        g_free(pem);
    }
    assert_int_equal(write(fd, text->str, text->len), text->len);
    close(fd);
    g_string_free(text, TRUE);
    return name;
}

static cs_capture *capture_with_trust(const pki_cert *const *certs, unsigned n, const gnutls_datum_t *crl)
{
    char *name = trust_file(certs, n, crl);
    cs_options options = {.trust_file = name, .expiry_days = 30};
    cs_capture *cap = cs_capture_new(&options);
    g_unlink(name);
    g_free(name);
    assert_null(cs_certs_trust_error(cap));
    return cap;
}

static cs_capture *capture_without_trust(void)
{
    cs_options options = {.expiry_days = 30};
    return cs_capture_new(&options);
}

static void test_without_anchor_nothing_is_checked(void **state)
{
    (void)state;
    cs_capture *cap = capture_without_trust();
    const pki_cert *chain[] = {server, issuing, root};
    cs_stream *s = cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0);
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 2, T0, chain, 3);
    cs_capture_finish(cap);
    assert_int_equal(c->chain, CS_CHAIN_NOT_CHECKED);
    assert_string_equal(c->chain_why, "no trust anchor known");
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 0);
    cs_capture_free(cap);
}

static void test_trust_file(void **state)
{
    (void)state;
    const pki_cert *anchors[] = {root}, *chain[] = {server, issuing}, *bad[] = {rogue, rogue_root};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_stream *s = cc_stream(cap, "10.1.1.66", "10.1.1.1", 1, T0);
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 2, T0, chain, 2);
    assert_int_equal(c->chain, CS_CHAIN_VALID); /* known in its frame */
    cs_cert *intruder = cc_show(cap, s, CS_ROLE_CLIENT, 3, T0, bad, 2);
    assert_int_equal(intruder->chain, CS_CHAIN_INVALID);
    assert_string_equal(intruder->chain_why, "ends in CN=Rogue, which is no trust anchor");
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 0); /* a cross-signed Rogue may come yet */
    cs_capture_finish(cap);
    const cs_finding *f = cc_only(cap, CS_FIND_CHAIN_INVALID);
    assert_int_equal(f->at.frame, 3);
    assert_ptr_equal(f->stream, s);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    assert_int_equal(c->kind, CS_CERT_PROVISIONED);
    cs_capture_free(cap);
}

static void test_missing_intermediate(void **state)
{
    (void)state;
    const pki_cert *anchors[] = {root}, *chain[] = {server};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_stream *s = cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0);
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 2, T0, chain, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    assert_string_equal(c->chain_why, "issuer CN=Issuing was not seen and is no trust anchor");
    cs_capture_free(cap);
    /* with the intermediate as anchor the root is not needed */
    anchors[0] = issuing;
    cap = capture_with_trust(anchors, 1, NULL);
    c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, chain, 1);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    cs_capture_free(cap);
}

static void test_times_are_the_captures(void **state)
{
    (void)state;
    const pki_cert *anchors[] = {root}, *chain[] = {server, issuing};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_stream *s = cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0 + 400 * DAY);
    cs_cert *c = cc_show(cap, s, CS_ROLE_SERVER, 2, T0 + 400 * DAY, chain, 2);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    assert_string_equal(c->chain_why, "CN=device expired 2027-01-01 00:00:00 UTC");
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_EXPIRED), 1);
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 0); /* one cause, one finding */
    cs_capture_free(cap);
    cap = capture_with_trust(anchors, 1, NULL);
    c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0 - 100 * DAY), CS_ROLE_SERVER, 2, T0 - 100 * DAY,
                chain, 2);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_NOT_YET_VALID), 1);
    cs_capture_free(cap);
}

/* All expired long before these tests run, but not when the packets were captured. */
static void test_old_capture(void **state)
{
    (void)state;
    const int64_t then = T0 - 3000 * (int64_t)DAY;
    pki_cert *ca = pki_make(&(pki_spec){.cn = "CA", .ca = true, .from = then - DAY, .to = then + 90 * DAY}, NULL);
    pki_cert *leaf =
        pki_make(&(pki_spec){.cn = "leaf", .ip = "10.1.1.1", .from = then - DAY, .to = then + 60 * DAY}, ca);
    const pki_cert *anchors[] = {ca}, *chain[] = {leaf};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, then), CS_ROLE_SERVER, 2, then, chain, 1);
    cs_capture_finish(cap);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_EXPIRED), 0);
    assert_int_equal(cc_count(cap, CS_FIND_CERTIFICATE_EXPIRING), 0);
    cs_capture_free(cap);
    pki_free(leaf);
    pki_free(ca);
}

static void test_expired_ca(void **state)
{
    (void)state;
    pki_cert *old = pki_make(&(pki_spec){.cn = "Old CA", .ca = true, .from = T0 - 900 * DAY, .to = T0 - 2 * DAY}, NULL);
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "leaf", .ip = "10.1.1.1"}, old);
    const pki_cert *anchors[] = {old}, *chain[] = {leaf};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, chain, 1);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    assert_true(g_str_has_prefix(c->chain_why, "CN=Old CA expired"));
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 1);
    cs_capture_free(cap);
    pki_free(leaf);
    pki_free(old);
}

static void test_signed_by_one_that_is_no_ca(void **state)
{
    (void)state;
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "leaf", .ip = "10.1.1.1"}, server);
    const pki_cert *anchors[] = {root}, *chain[] = {leaf, server, issuing};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, chain, 3);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    assert_non_null(strstr(c->chain_why, "CA"));
    cs_capture_free(cap);
    pki_free(leaf);
}

static void test_name_outside_the_cas_constraints(void **state)
{
    (void)state;
    pki_cert *zone = pki_make(&(pki_spec){.cn = "Zone", .ca = true, .only_dns = "plant.example"}, root);
    pki_cert *fake = pki_make(&(pki_spec){.cn = "Zone", .ca = true}, root); /* same name, other key */
    pki_cert *odd = pki_make(&(pki_spec){.cn = "Zone", .ca = true, .pk = GNUTLS_PK_RSA, .only_dns = "a.example"}, root);
    pki_cert *inside = pki_make(&(pki_spec){.cn = "in", .dns = "a.plant.example"}, zone);
    pki_cert *outside = pki_make(&(pki_spec){.cn = "out", .dns = "evil.example"}, zone);
    pki_cert *forged = pki_make(&(pki_spec){.cn = "forged", .dns = "evil.example"}, fake);
    const pki_cert *anchors[] = {root}, *chain[] = {inside, zone}, *bad[] = {outside, zone};
    const pki_cert *lie[] = {forged, zone, odd};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, chain, 2);
    cs_cert *d = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 3, T0), CS_ROLE_SERVER, 4, T0, bad, 2);
    cs_cert *e = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 5, T0), CS_ROLE_SERVER, 6, T0, lie, 3);
    cs_capture_finish(cap);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    assert_int_equal(d->chain, CS_CHAIN_INVALID);
    assert_string_equal(d->chain_why, "a CA in the chain may not sign it (path length, key usage or names)");
    assert_int_equal(e->chain, CS_CHAIN_INVALID);
    assert_null(e->signers);
    assert_string_equal(e->chain_why, "the key of no certificate seen verifies the signature of issuer CN=Zone");
    cs_capture_free(cap);
    pki_cert *all[] = {zone, fake, odd, inside, outside, forged};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        pki_free(all[i]);
}

static void test_forged_signature(void **state)
{
    (void)state;
    pki_cert *fake = pki_make(&(pki_spec){.cn = "Issuing", .ca = true}, NULL); /* same name, other key */
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "leaf", .ip = "10.1.1.1"}, fake);
    const pki_cert *anchors[] = {root, issuing}, *chain[] = {leaf};
    cs_capture *cap = capture_with_trust(anchors, 2, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_CLIENT, 2, T0, chain, 1);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    assert_null(c->signers);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 1);
    cs_capture_free(cap);
    pki_free(leaf);
    pki_free(fake);
}

static void test_revoked(void **state)
{
    (void)state;
    gnutls_datum_t crl = pki_crl(issuing, server), other = pki_crl(rogue_root, rogue);
    gnutls_datum_t forged = pki_crl(rogue_root, server);
    const pki_cert *anchors[] = {root, issuing}, *chain[] = {server, issuing};
    cs_capture *cap = capture_with_trust(anchors, 2, &crl);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, chain, 2);
    assert_int_equal(c->chain, CS_CHAIN_REVOKED);
    assert_string_equal(c->chain_why, "CN=device is on the CRL of CN=Issuing");
    assert_int_equal(cc_only(cap, CS_FIND_CERTIFICATE_REVOKED)->at.frame, 2);
    const pki_cert *good[] = {client, issuing};
    cs_cert *fine = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 3, T0), CS_ROLE_CLIENT, 4, T0, good, 2);
    assert_int_equal(fine->chain, CS_CHAIN_VALID);
    cs_capture_free(cap);
    /* a CRL of somebody else does not count, whatever it lists */
    cap = capture_with_trust(anchors, 2, &other);
    cc_file(cap, NULL, "10.1.1.1", 9, true, 1, forged.data, forged.size);
    c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, chain, 2);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    cs_capture_free(cap);
    gnutls_free(crl.data);
    gnutls_free(other.data);
    gnutls_free(forged.data);
}

/* A CA that a device is given is its trust anchor: for the device and for who talks to it. */
static void test_anchor_written_in_the_capture(void **state)
{
    (void)state;
    cs_capture *cap = capture_without_trust();
    const pki_cert *chain[] = {server, issuing}, *bad[] = {rogue, rogue_root}, *elsewhere[] = {rogue};
    cc_file(cap, NULL, "10.1.1.1", 5, true, 1, root->der.data, root->der.size);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 2, T0), CS_ROLE_SERVER, 3, T0, chain, 2);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    assert_string_equal(c->chain_why, "ends in CN=Root, which 10.1.1.1 was given as trusted authority");
    assert_int_equal(c->kind, CS_CERT_PROVISIONED);
    cs_cert *intruder = cc_show(cap, cc_stream(cap, "10.1.1.66", "10.1.1.1", 4, T0), CS_ROLE_CLIENT, 5, T0, bad, 2);
    assert_int_equal(intruder->chain, CS_CHAIN_INVALID);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 1);
    cs_capture_free(cap);
    /* what two others use between them is not for this device's anchors to judge */
    cap = capture_without_trust();
    cc_file(cap, NULL, "10.1.1.1", 5, true, 1, root->der.data, root->der.size);
    c = cc_show(cap, cc_stream(cap, "10.2.2.2", "10.1.1.66", 2, T0), CS_ROLE_SERVER, 3, T0, elsewhere, 1);
    assert_int_equal(c->chain, CS_CHAIN_NOT_CHECKED);
    cs_capture_finish(cap);
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 0);
    cs_capture_free(cap);
}

static void test_loop_of_signers(void **state)
{
    (void)state;
    /* Two CAs that signed each other. */
    pki_cert *a = pki_make(&(pki_spec){.cn = "A", .ca = true}, NULL);
    pki_cert *b = pki_make(&(pki_spec){.cn = "B", .ca = true}, NULL);
    pki_cert *ab = pki_make(&(pki_spec){.cn = "A", .ca = true, .key = a->key}, b);
    pki_cert *ba = pki_make(&(pki_spec){.cn = "B", .ca = true, .key = b->key}, a);
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "leaf"}, ab);
    const pki_cert *anchors[] = {root}, *chain[] = {leaf, ab, ba};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_CLIENT, 2, T0, chain, 3);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    cs_capture_free(cap);
    pki_cert *all[] = {a, b, ab, ba, leaf};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        pki_free(all[i]);
}

/* The device does not send its CA's certificate, another one does, later; and a CA that expires between two sessions
 * makes only the second one's chain bad. */
static void test_what_comes_later(void **state)
{
    (void)state;
    pki_cert *brief = pki_make(&(pki_spec){.cn = "Brief", .ca = true, .to = T0 + 5 * DAY}, root);
    pki_cert *leaf = pki_make(&(pki_spec){.cn = "leaf", .ip = "10.1.1.2"}, brief);
    const pki_cert *anchors[] = {root}, *alone[] = {server}, *whole[] = {client, issuing}, *chain[] = {leaf, brief};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, alone, 1);
    assert_int_equal(c->chain, CS_CHAIN_INVALID); /* as far as is known yet */
    cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 3, T0), CS_ROLE_CLIENT, 4, T0, whole, 2);
    cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.2", 5, T0), CS_ROLE_SERVER, 6, T0, chain, 2);
    cs_capture_finish(cap);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 0);
    int64_t late = T0 + 6 * DAY;
    cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.2", 7, late), CS_ROLE_SERVER, 8, late, chain, 2);
    cs_capture_finish(cap);
    assert_int_equal(cc_only(cap, CS_FIND_CHAIN_INVALID)->at.frame, 8);
    cs_capture_free(cap);
    pki_free(leaf);
    pki_free(brief);
}

/* A CA was renewed with its key: both certificates are in the capture, the chain is good by either. */
static void test_renewed_ca(void **state)
{
    (void)state;
    pki_cert *old = pki_make(&(pki_spec){.cn = "Zone", .ca = true, .from = T0 - 400 * DAY, .to = T0 - DAY}, root);
    pki_cert *renewed = pki_make(&(pki_spec){.cn = "Zone", .ca = true, .key = old->key}, root);
    pki_cert *a = pki_make(&(pki_spec){.cn = "a", .ip = "10.1.1.1"}, old);
    pki_cert *b = pki_make(&(pki_spec){.cn = "b", .ip = "10.1.1.2"}, old);
    gnutls_datum_t crl = pki_crl(old, b);
    const pki_cert *anchors[] = {root}, *first[] = {a, old}, *second[] = {b, renewed};
    for (int turn = 0; turn < 2; turn++) { /* whichever comes first */
        cs_capture *cap = capture_with_trust(anchors, 1, NULL);
        cs_stream *one = cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0);
        cs_stream *two = cc_stream(cap, "10.1.1.9", "10.1.1.2", 2, T0);
        cs_cert *ca = turn ? NULL : cc_show(cap, one, CS_ROLE_SERVER, 3, T0, first, 2);
        cs_cert *cb = cc_show(cap, two, CS_ROLE_SERVER, 4, T0, second, 2);
        assert_int_equal(cb->chain, CS_CHAIN_VALID);
        ca = turn ? cc_show(cap, one, CS_ROLE_SERVER, 5, T0, first, 2) : ca;
        cs_capture_finish(cap);
        assert_int_equal(ca->chain, CS_CHAIN_VALID); /* the renewed one was seen */
        assert_int_equal(cc_count(cap, CS_FIND_CHAIN_INVALID), 0);
        assert_int_equal(cb->chain, CS_CHAIN_VALID);
        cs_capture_free(cap);
    }
    /* What the CA revoked is revoked, whichever of its certificates is taken. */
    cs_capture *cap = capture_with_trust(anchors, 1, &crl);
    cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 3, T0, first, 2);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.2", 2, T0), CS_ROLE_SERVER, 4, T0, second, 2);
    assert_int_equal(c->chain, CS_CHAIN_REVOKED);
    cs_capture_free(cap);
    gnutls_free(crl.data);
    pki_cert *all[] = {old, renewed, a, b};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        pki_free(all[i]);
}

/* Signed by two roots, of which one is trusted; and when no way is good, the reason is that of the chain as sent. */
static void test_cross_signed_ca(void **state)
{
    (void)state;
    pki_cert *late = pki_make(&(pki_spec){.cn = "X", .ca = true, .from = T0 - 400 * DAY, .to = T0 - DAY}, root);
    pki_cert *other = pki_make(&(pki_spec){.cn = "X", .ca = true, .key = late->key}, rogue_root);
    pki_cert *good = pki_make(&(pki_spec){.cn = "X", .ca = true, .key = late->key}, root);
    pki_cert *a = pki_make(&(pki_spec){.cn = "a", .ip = "10.1.1.1"}, late);
    pki_cert *b = pki_make(&(pki_spec){.cn = "b", .ip = "10.1.1.2"}, late);
    const pki_cert *anchors[] = {root}, *stranger[] = {client};
    const pki_cert *sent_other[] = {a, other}, *sent_late[] = {b, late}, *sent_good[] = {b, good};
    cs_capture *cap = capture_with_trust(anchors, 1, NULL);
    cs_cert *c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 1, T0), CS_ROLE_SERVER, 2, T0, sent_other, 2);
    assert_int_equal(c->chain, CS_CHAIN_INVALID);
    cs_cert *d = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.2", 3, T0), CS_ROLE_SERVER, 4, T0, sent_late, 2);
    assert_int_equal(d->chain, CS_CHAIN_INVALID);
    assert_true(g_str_has_prefix(d->chain_why, "CN=X expired"));
    d = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.2", 5, T0), CS_ROLE_SERVER, 6, T0, sent_good, 2);
    assert_int_equal(d->chain, CS_CHAIN_VALID);
    cs_capture_finish(cap);
    assert_int_equal(c->chain, CS_CHAIN_VALID);
    cs_capture_free(cap);
    /* no way to the anchor at all */
    anchors[0] = rogue;
    cap = capture_with_trust(anchors, 1, NULL);
    cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.3", 1, T0), CS_ROLE_SERVER, 2, T0, stranger, 1);
    c = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.1", 3, T0), CS_ROLE_SERVER, 4, T0, sent_other, 2);
    d = cc_show(cap, cc_stream(cap, "10.1.1.9", "10.1.1.2", 5, T0), CS_ROLE_SERVER, 6, T0, sent_good, 2);
    cs_capture_finish(cap);
    assert_string_equal(c->chain_why, "issuer CN=Rogue was not seen and is no trust anchor");
    assert_string_equal(d->chain_why, "issuer CN=Root was not seen and is no trust anchor");
    cs_capture_free(cap);
    pki_cert *all[] = {late, other, good, a, b};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        pki_free(all[i]);
}

static void test_trust_file_errors_are_told(void **state)
{
    (void)state;
    cs_options options = {.trust_file = "/nonexistent/trust.pem"};
    cs_capture *cap = cs_capture_new(&options);
    assert_true(g_str_has_prefix(cs_certs_trust_error(cap), "The trust file cannot be read"));
    cs_capture_free(cap);
    char *name = trust_file(NULL, 0, NULL);
    options.trust_file = name;
    cap = cs_capture_new(&options);
    assert_true(g_str_has_suffix(cs_certs_trust_error(cap), "holds no readable certificate"));
    cs_capture_free(cap);
    g_unlink(name);
    g_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_anchor_nothing_is_checked),
        cmocka_unit_test(test_trust_file),
        cmocka_unit_test(test_missing_intermediate),
        cmocka_unit_test(test_times_are_the_captures),
        cmocka_unit_test(test_old_capture),
        cmocka_unit_test(test_expired_ca),
        cmocka_unit_test(test_signed_by_one_that_is_no_ca),
        cmocka_unit_test(test_name_outside_the_cas_constraints),
        cmocka_unit_test(test_forged_signature),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_anchor_written_in_the_capture),
        cmocka_unit_test(test_loop_of_signers),
        cmocka_unit_test(test_what_comes_later),
        cmocka_unit_test(test_renewed_ca),
        cmocka_unit_test(test_cross_signed_ca),
        cmocka_unit_test(test_trust_file_errors_are_told),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
