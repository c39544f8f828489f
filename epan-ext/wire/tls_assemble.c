/* tls_assemble.c
 * Handshake messages out of records: a byte stream in TLS, numbered fragments in DTLS (RFC 6347 4.2.2, 4.2.3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reader.h"

#include <limits.h>
#include <string.h>

/* How far a DTLS message may be ahead of the one that is waited for. A flight has fewer messages than this. */
#define AHEAD_MAX 16
#define DELIVERED_BITS 16

/* A DTLS message that is being put together. */
typedef struct {
    uint16_t seq;
    uint8_t type;
    uint32_t total, have;
    uint8_t *body; /* total bytes; behind them, unless it came in one piece, total flags: 1 = byte is there */
} partial;

struct cs_assembler {
    bool dtls;
    bool started, lost;
    bool over; /* DTLS: what is missing before the messages at hand will not come any more */
    bool too_large; /* a message above the limit was dropped */
    uint8_t too_large_type;
    uint16_t next_seq;
    uint16_t delivered; /* DTLS: bit n: message n was; of the first ones */
    uint8_t last_type; /* DTLS: of the message delivered last */
    GByteArray *stream; /* TLS: bytes not taken out yet */
    GPtrArray *partials; /* DTLS: in order of seq */
    GByteArray *current; /* the message handed out last */
    GQueue repeats; /* DTLS: types of earlier messages that came again, as pointers */
};

static void partial_free(gpointer data)
{
    partial *p = data;
    g_free(p->body);
    g_free(p);
}

cs_assembler *cs_assembler_new(bool dtls)
{
    cs_assembler *a = g_new0(cs_assembler, 1);
    a->dtls = dtls;
    g_queue_init(&a->repeats);
    return a;
}

void cs_assembler_free(cs_assembler *a)
{
    if (!a)
        return;
    if (a->stream)
        g_byte_array_unref(a->stream);
    if (a->partials)
        g_ptr_array_unref(a->partials);
    if (a->current)
        g_byte_array_unref(a->current);
    g_queue_clear(&a->repeats);
    g_free(a);
}

static partial *partial_of(cs_assembler *a, uint16_t seq, uint8_t type, uint32_t total)
{
    if (!a->partials)
        a->partials = g_ptr_array_new_with_free_func(partial_free);
    unsigned at = 0;
    for (; at < a->partials->len; at++) {
        partial *p = g_ptr_array_index(a->partials, at);
        if (p->seq == seq)
            return p->type == type && p->total == total ? p : NULL;
        if (p->seq > seq)
            break;
    }
    partial *p = g_new0(partial, 1);
    p->seq = seq;
    p->type = type;
    p->total = total;
    g_ptr_array_insert(a->partials, (int)at, p);
    return p;
}

/* Messages may overtake the first one of their flight, and a capture may begin between them. */
static bool is_overtaken(const cs_assembler *a, uint16_t seq)
{
    return seq < a->next_seq && seq < DELIVERED_BITS && !(a->delivered >> seq & 1);
}

static void add_fragment(cs_assembler *a, uint16_t seq, uint8_t type, uint32_t total, uint32_t offset, cs_span bytes)
{
    /* A server that keeps no state before the cookie comes back may number its ServerHello like the
     * HelloVerifyRequest before it. */
    if (a->started && seq + 1 == a->next_seq && a->last_type == CS_HS_HELLO_VERIFY && type == CS_HS_SERVER_HELLO)
        a->next_seq = seq;
    if (!a->started) {
        a->started = true;
        a->next_seq = seq;
    }
    int ahead = seq - a->next_seq;
    if (ahead < 0 && !is_overtaken(a, seq)) {
        if (offset == 0 && a->repeats.length < AHEAD_MAX)
            g_queue_push_tail(&a->repeats, GUINT_TO_POINTER((guint)type << 16 | seq));
        return;
    }
    if (ahead >= AHEAD_MAX)
        return;
    partial *p = partial_of(a, seq, type, total);
    if (!p || (p->body && p->have == total))
        return;
    if (!p->body && bytes.len == total) { /* in one piece, as most come */
        p->body = total ? g_memdup2(bytes.p, total) : g_malloc(1);
        p->have = total;
        return;
    }
    if (!p->body)
        p->body = g_malloc0(2 * (size_t)total);
    for (size_t i = 0; i < bytes.len; i++) {
        if (!p->body[total + offset + i]) {
            p->body[total + offset + i] = 1;
            p->body[offset + i] = bytes.p[i];
            p->have++;
        }
    }
}

static void note_too_large(cs_assembler *a, uint8_t type)
{
    a->too_large = true;
    a->too_large_type = type;
}

static void feed_dtls(cs_assembler *a, const uint8_t *data, size_t n)
{
    cs_reader r = cs_reader_of(data, n);
    while (r.left >= CS_DTLS_HS_HEADER_LEN) {
        uint8_t type = (uint8_t)cs_read_num(&r, 1);
        uint32_t total = cs_read_num(&r, 3);
        uint16_t seq = (uint16_t)cs_read_num(&r, 2);
        uint32_t offset = cs_read_num(&r, 3);
        cs_span bytes = cs_read_vector(&r, 3);
        if (r.ok && total > CS_HS_MESSAGE_MAX)
            note_too_large(a, type);
        if (!r.ok || total > CS_HS_MESSAGE_MAX || offset > total || bytes.len > total - offset ||
            (total > 0 && bytes.len == 0))
            return;
        add_fragment(a, seq, type, total, offset, bytes);
    }
}

void cs_assembler_feed(cs_assembler *a, const uint8_t *data, size_t n)
{
    if (a->dtls) {
        feed_dtls(a, data, n);
        return;
    }
    if (!a->stream)
        a->stream = g_byte_array_new();
    if (a->stream->len + n > CS_HS_MESSAGE_MAX + CS_RECORD_MAX) {
        cs_assembler_gap(a);
        return;
    }
    g_byte_array_append(a->stream, data, (guint)n);
}

void cs_assembler_gap(cs_assembler *a)
{
    if (a->stream)
        g_byte_array_set_size(a->stream, 0);
    a->lost = true;
}

void cs_assembler_flush(cs_assembler *a)
{
    if (!a->partials || a->partials->len == 0)
        return;
    /* Messages that are incomplete will not be completed any more: their flight is over. */
    for (unsigned i = a->partials->len; i-- > 0;) {
        partial *p = g_ptr_array_index(a->partials, i);
        if (p->have < p->total)
            g_ptr_array_remove_index(a->partials, i);
    }
    a->lost = true;
    a->over = a->partials->len > 0;
}

static void hand_out(cs_assembler *a, cs_hs_message *out, uint8_t type, const uint8_t *body, size_t len)
{
    if (!a->current)
        a->current = g_byte_array_new();
    g_byte_array_set_size(a->current, 0);
    if (len)
        g_byte_array_append(a->current, body, (guint)len);
    memset(out, 0, sizeof *out);
    out->type = type;
    out->body = a->current->data;
    out->len = len;
    out->after_loss = a->lost;
    a->lost = false;
}

#define NOTHING UINT_MAX

/* Of the messages at hand the first that is whole and either the next one or overtaken. */
static unsigned find_deliverable(cs_assembler *a)
{
    unsigned n = a->partials ? a->partials->len : 0;
    for (unsigned i = 0; i < n; i++) {
        const partial *p = g_ptr_array_index(a->partials, i);
        if (p->seq > a->next_seq && a->over) {
            a->next_seq = p->seq;
            a->lost = true;
        }
        if (p->seq <= a->next_seq && p->have == p->total)
            return i;
    }
    return NOTHING;
}

static bool next_dtls(cs_assembler *a, cs_hs_message *out)
{
    if (a->repeats.length) {
        guint what = GPOINTER_TO_UINT(g_queue_pop_head(&a->repeats));
        memset(out, 0, sizeof *out);
        out->repeated = true;
        out->type = (uint8_t)(what >> 16);
        out->seq = (uint16_t)what;
        return true;
    }
    unsigned at = find_deliverable(a);
    if (at == NOTHING)
        return false;
    partial *p = g_ptr_array_index(a->partials, at);
    hand_out(a, out, p->type, p->body, p->total);
    out->seq = p->seq;
    out->overtaken = p->seq < a->next_seq;
    a->last_type = p->type;
    if (p->seq < DELIVERED_BITS)
        a->delivered |= (uint16_t)(1u << p->seq);
    if (p->seq == a->next_seq)
        a->next_seq++;
    g_ptr_array_remove_index(a->partials, at);
    a->over &= a->partials->len > 0;
    return true;
}

static bool next_tls(cs_assembler *a, cs_hs_message *out)
{
    if (!a->stream || a->stream->len < CS_TLS_HS_HEADER_LEN)
        return false;
    const uint8_t *p = a->stream->data;
    uint32_t len = (uint32_t)(p[1] << 16 | p[2] << 8 | p[3]);
    if (len > CS_HS_MESSAGE_MAX) {
        note_too_large(a, p[0]);
        cs_assembler_gap(a);
        return false;
    }
    if (a->stream->len < CS_TLS_HS_HEADER_LEN + len)
        return false;
    hand_out(a, out, p[0], p + CS_TLS_HS_HEADER_LEN, len);
    g_byte_array_remove_range(a->stream, 0, CS_TLS_HS_HEADER_LEN + len);
    if (a->stream->len == 0) {
        g_byte_array_unref(a->stream);
        a->stream = NULL;
    }
    return true;
}

/* Handshakes are over soon, streams stay: nothing is kept for the next message. */
bool cs_assembler_next(cs_assembler *a, cs_hs_message *out)
{
    if (a->dtls ? next_dtls(a, out) : next_tls(a, out))
        return true;
    if (a->current) {
        g_byte_array_unref(a->current);
        a->current = NULL;
    }
    return false;
}

bool cs_assembler_too_large(cs_assembler *a, uint8_t type)
{
    bool found = a->too_large && a->too_large_type == type;
    a->too_large = false;
    return found;
}

bool cs_assembler_pending(const cs_assembler *a)
{
    return (a->stream && a->stream->len) || (a->partials && a->partials->len);
}
