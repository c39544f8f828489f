/* enip_recovery.c
 * EtherNet/IP out of integrity-only records: finds the length of the MAC by what fits, and puts PDUs together that go
 * over several records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/enip_wire.h>
#include <cipsec/tls.h>

#include <string.h>

/* What is kept while the layout is unknown. A PDU over more records than this is not recovered, the next one is. */
#define UNDECIDED_MAX 32
#define UNDECIDED_BYTES (96 * 1024)

/* HMAC-SHA-1, SHA-256, SHA-384; RFC 9150 has the two longer ones. */
static const cs_null_layout layouts[] = {{20, false}, {32, false}, {48, false}, {32, true}, {48, true}};

int cs_null_content(const cs_null_layout *layout, const uint8_t *payload, size_t captured, size_t *reported,
                    uint8_t *type)
{
    if (*reported < layout->mac_len)
        return -1;
    size_t n = *reported - layout->mac_len;
    if (layout->inner_type) {
        /* The type is the last byte that is not zero: it must be at hand. */
        if (captured < n)
            return -1;
        while (n > 0 && payload[n - 1] == 0)
            n--;
        if (n == 0)
            return -1;
        *type = payload[--n];
    }
    *reported = n;
    return (int)MIN(n, captured);
}

static void drop_pdu(cs_recovery *r)
{
    if (r->pdu)
        g_byte_array_unref(r->pdu);
    r->pdu = NULL;
}

static void drop_undecided(cs_recovery *r)
{
    if (r->undecided)
        g_ptr_array_unref(r->undecided);
    r->undecided = NULL;
    r->undecided_len = 0;
}

void cs_recovery_clear(cs_recovery *r)
{
    drop_pdu(r);
    drop_undecided(r);
}

void cs_recovery_gap(cs_recovery *r)
{
    cs_recovery_clear(r);
}

/* Where a PDU begins in bytes that start inside another one, such that PDUs fill the rest exactly.
 * @return n when nowhere. */
static size_t find_pdu(const uint8_t *p, size_t n)
{
    for (size_t at = 1; at + CS_ENIP_HEADER_LEN <= n; at++)
        if (cs_enip_judge(p + at, n - at, n - at, NULL) == CS_ENIP_WHOLE)
            return at;
    return n;
}

/* Bytes that begin with a PDU, nothing kept from before. */
static void take_pdus(cs_recovery *r, const uint8_t *data, size_t n, size_t reported, cs_recovered_fn fn, void *ctx)
{
    size_t whole = 0;
    cs_enip_judge(data, n, reported, &whole);
    if (whole)
        fn(ctx, data, whole, whole, true);
    data += whole;
    n -= whole;
    reported -= whole;
    if (n < reported) {
        if (n >= CS_ENIP_HEADER_LEN) {
            size_t pdu = CS_ENIP_HEADER_LEN + (size_t)(data[2] | data[3] << 8);
            fn(ctx, data, MIN(n, pdu), pdu, true);
        }
    } else if (n) {
        r->pdu = g_byte_array_sized_new((guint)n);
        g_byte_array_append(r->pdu, data, (guint)n);
    }
}

/* Goes on with the PDU whose beginning is kept. */
static bool continue_pdu(cs_recovery *r, const uint8_t *data, size_t n, size_t reported, cs_recovered_fn fn, void *ctx)
{
    GByteArray *pdu = r->pdu;
    r->pdu = NULL;
    size_t before = pdu->len;
    g_byte_array_append(pdu, data, (guint)n);
    size_t total = before + reported;
    bool fits = pdu->len < CS_ENIP_HEADER_LEN
                    ? total == pdu->len && cs_enip_may_begin(pdu->data, pdu->len)
                    : cs_enip_judge(pdu->data, pdu->len, total, NULL) != CS_ENIP_NO && pdu->len <= 2 * CS_ENIP_PDU_MAX;
    if (fits && pdu->len < CS_ENIP_HEADER_LEN) {
        r->pdu = pdu;
        return true;
    }
    if (fits)
        take_pdus(r, pdu->data, pdu->len, total, fn, ctx);
    g_byte_array_unref(pdu);
    return fits;
}

void cs_recovery_content(cs_recovery *r, const uint8_t *data, size_t n, size_t reported, bool certain,
                         cs_recovered_fn fn, void *ctx)
{
    if (r->pdu && continue_pdu(r, data, n, reported, fn, ctx))
        return;
    if (cs_enip_judge(data, n, reported, NULL) != CS_ENIP_NO) {
        take_pdus(r, data, n, reported, fn, ctx);
        return;
    }
    if (n == reported && cs_enip_may_begin(data, n)) {
        r->pdu = g_byte_array_new();
        g_byte_array_append(r->pdu, data, (guint)n);
        return;
    }
    size_t at = n == reported ? find_pdu(data, n) : n;
    if (at < n)
        fn(ctx, data + at, n - at, n - at, true);
    else if (certain && n)
        fn(ctx, data, n, reported, false);
}

/* The contents of all undecided payloads and the new one, by one layout. @return NULL when it does not fit them. */
static GByteArray *join(const cs_recovery *r, const cs_null_layout *layout, const uint8_t *payload, size_t captured,
                        size_t *reported)
{
    GByteArray *all = g_byte_array_new();
    uint8_t type = CS_RECORD_APPDATA;
    for (unsigned i = 0; r->undecided && i < r->undecided->len; i++) {
        gsize len;
        const uint8_t *p = g_bytes_get_data(g_ptr_array_index(r->undecided, i), &len);
        size_t content = len;
        if (cs_null_content(layout, p, len, &content, &type) < 0 || type != CS_RECORD_APPDATA) {
            g_byte_array_unref(all);
            return NULL;
        }
        g_byte_array_append(all, p, (guint)content);
    }
    size_t content = *reported;
    int n = cs_null_content(layout, payload, captured, &content, &type);
    if (n < 0 || type != CS_RECORD_APPDATA) {
        g_byte_array_unref(all);
        return NULL;
    }
    *reported = all->len + content;
    g_byte_array_append(all, payload, (guint)n);
    return all;
}

/* Tries a layout on the new payload, with or without the undecided ones. */
static cs_enip_verdict try_layout(const cs_recovery *r, const cs_null_layout *layout, const uint8_t *payload,
                                  size_t captured, size_t reported, GByteArray **content, size_t *content_reported)
{
    *content_reported = reported;
    *content = join(r, layout, payload, captured, content_reported);
    if (!*content)
        return CS_ENIP_NO;
    cs_enip_verdict verdict = cs_enip_judge((*content)->data, (*content)->len, *content_reported, NULL);
    if (verdict == CS_ENIP_PART && (*content)->len < *content_reported) {
        /* Cut by the snap length: whole when the one PDU ends with the record. */
        const uint8_t *p = (*content)->data;
        if (CS_ENIP_HEADER_LEN + (size_t)(p[2] | p[3] << 8) == *content_reported)
            verdict = CS_ENIP_WHOLE;
    }
    return verdict;
}

/* Tries all layouts. @return true when one makes the bytes whole PDUs; *maybe when a PDU may go on. */
static bool try_layouts(cs_recovery *r, cs_null_layout *layout, const uint8_t *payload, size_t captured,
                        size_t reported, bool *maybe, cs_recovered_fn fn, void *ctx)
{
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
        if (layout->mac_len && memcmp(layout, &layouts[i], sizeof *layout) != 0)
            continue;
        GByteArray *content;
        size_t content_reported;
        cs_enip_verdict verdict =
            try_layout(r, &layouts[i], payload, captured, reported, &content, &content_reported);
        if (verdict == CS_ENIP_WHOLE) {
            *layout = layouts[i];
            drop_undecided(r);
            take_pdus(r, content->data, content->len, content_reported, fn, ctx);
        }
        *maybe |= verdict == CS_ENIP_PART;
        if (content)
            g_byte_array_unref(content);
        if (verdict == CS_ENIP_WHOLE)
            return true;
    }
    return false;
}

bool cs_recovery_learn(cs_recovery *r, cs_null_layout *layout, const uint8_t *payload, size_t captured,
                       size_t reported, cs_recovered_fn fn, void *ctx)
{
    bool maybe = false;
    if (try_layouts(r, layout, payload, captured, reported, &maybe, fn, ctx))
        return true;
    if (!maybe && r->undecided) {
        drop_undecided(r);
        if (try_layouts(r, layout, payload, captured, reported, &maybe, fn, ctx))
            return true;
    }
    if (!maybe || captured < reported)
        return false;
    if (!r->undecided)
        r->undecided = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    if (r->undecided->len >= UNDECIDED_MAX || r->undecided_len + captured > UNDECIDED_BYTES) {
        drop_undecided(r);
        return false;
    }
    g_ptr_array_add(r->undecided, g_bytes_new(payload, captured));
    r->undecided_len += captured;
    return false;
}

/* Messages that TLS 1.3 protects (RFC 8446, 4). */
static bool is_protected_message(uint8_t type)
{
    switch (type) {
    case CS_HS_NEW_TICKET:
    case CS_HS_ENCRYPTED_EXTENSIONS:
    case CS_HS_CERTIFICATE:
    case CS_HS_CERTIFICATE_REQUEST:
    case CS_HS_CERTIFICATE_VERIFY:
    case CS_HS_FINISHED:
    case CS_HS_KEY_UPDATE:
    case CS_HS_COMPRESSED_CERTIFICATE:
        return true;
    default:
        return false;
    }
}

bool cs_null_learn_handshake(cs_null_layout *layout, const uint8_t *payload, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
        size_t content = len;
        uint8_t type = 0;
        if (!layouts[i].inner_type)
            continue;
        int n = cs_null_content(&layouts[i], payload, len, &content, &type);
        if (n > 0 && type == CS_RECORD_HANDSHAKE &&
            cs_hs_whole_until(payload, (size_t)n, is_protected_message) == (size_t)n) {
            *layout = layouts[i];
            return true;
        }
    }
    return false;
}

bool cs_recovery_learn_datagram(cs_null_layout *layout, const uint8_t *payload, size_t captured, size_t reported,
                                bool cid, cs_recovered_fn fn, void *ctx)
{
    for (size_t i = 0; i < G_N_ELEMENTS(layouts) + 1; i++) {
        cs_null_layout l = i < G_N_ELEMENTS(layouts) ? layouts[i] : (cs_null_layout){20, true};
        if (l.inner_type != cid || (layout->mac_len && layout->mac_len != l.mac_len))
            continue;
        size_t content = reported;
        uint8_t type = CS_RECORD_APPDATA;
        int n = cs_null_content(&l, payload, captured, &content, &type);
        if (n >= 0 && type == CS_RECORD_APPDATA && cs_cpf_judge(payload, (size_t)n, content)) {
            *layout = l;
            fn(ctx, payload, (size_t)n, content, true);
            return true;
        }
    }
    return false;
}
