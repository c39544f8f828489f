/* tcp_cutter.c
 * Cuts a direction's TCP bytes into TLS records, by sequence numbers: it does not matter how often or in what pieces
 * the bytes come. After a hole it goes on at the next record: known from the last header, or found by its looks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/tls.h>

static int32_t seq_diff(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static void drop_part(cs_tcp_cutter *c)
{
    if (c->part)
        g_byte_array_unref(c->part);
    c->part = NULL;
}

void cs_tcp_cutter_clear(cs_tcp_cutter *c)
{
    drop_part(c);
    g_list_free_full(c->waiting, g_free);
    c->waiting = NULL;
}

/* Bytes up to seq are missing. If the header of the record in progress was seen, its end is known. */
static void jump(cs_tcp_cutter *c, uint32_t seq, const cs_cutter_sink *sink)
{
    cs_tls_record rec;
    if (c->part && cs_tls_record_parse(c->part->data, c->part->len, &rec) == 1) {
        c->skip_to = c->part_seq + rec.header_len + rec.length;
        c->skipping = true;
    }
    drop_part(c);
    if (c->skipping && seq_diff(c->skip_to, seq) < 0)
        c->skipping = false;
    c->synced = c->skipping;
    c->next = seq;
    if (sink->gap)
        sink->gap(sink->ctx);
}

/* @return true when records of one version lie end to end from p: until exactly p + n, or at least two of them. */
static bool chain_fits(const uint8_t *p, size_t n)
{
    size_t at = 0;
    unsigned records = 0;
    while (at < n) {
        cs_tls_record rec;
        int known = cs_tls_record_parse(p + at, n - at, &rec);
        if (known == 0)
            return records >= 2;
        if (known < 0 || rec.version != CS_TLS12)
            return false;
        records++;
        at += rec.header_len + rec.length;
    }
    return at == n || records >= 2;
}

/* Where records begin in bytes from the middle of a connection. A segment's first byte is trusted when it looks like a
 * header; a place inside only when records follow each other from there (by chance: below 2^-24 for a full segment).
 * @return n when nowhere. */
static size_t find_record(const uint8_t *p, size_t n)
{
    cs_tls_record rec;
    if (cs_tls_record_parse(p, n, &rec) >= 0)
        return 0;
    for (size_t at = 1; at + CS_TLS_HEADER_LEN < n; at++)
        if (p[at] >= CS_RECORD_CCS && p[at] <= CS_RECORD_APPDATA && chain_fits(p + at, n - at))
            return at;
    return n;
}

/* Completes the record whose beginning is kept. @return bytes used of the n given. */
static size_t fill_part(cs_tcp_cutter *c, const uint8_t *p, size_t n, const cs_cutter_sink *sink)
{
    cs_tls_record rec;
    size_t used = 0;
    int known = cs_tls_record_parse(c->part->data, c->part->len, &rec);
    while (known == 0 && used < n) {
        g_byte_array_append(c->part, p + used++, 1);
        known = cs_tls_record_parse(c->part->data, c->part->len, &rec);
    }
    if (known < 0) {
        drop_part(c);
        c->synced = false;
        sink->gap(sink->ctx);
        return used;
    }
    if (known == 0)
        return used;
    size_t want = rec.header_len + rec.length - c->part->len;
    size_t take = MIN(want, n - used);
    if (take)
        g_byte_array_append(c->part, p + used, (guint)take);
    used += take;
    if (take == want) {
        GByteArray *whole = c->part;
        c->part = NULL;
        sink->record(sink->ctx, &rec, whole->data + rec.header_len, rec.length, c->part_seq);
        g_byte_array_unref(whole);
    }
    return used;
}

/* Takes records off contiguous bytes at sequence number seq. @return bytes used; the rest does not look like TLS. */
static size_t cut(cs_tcp_cutter *c, uint32_t seq, const uint8_t *p, size_t n, const cs_cutter_sink *sink)
{
    size_t at = 0;
    while (at < n) {
        if (c->part) {
            at += fill_part(c, p + at, n - at, sink);
            if (!c->synced)
                return at;
            continue;
        }
        cs_tls_record rec;
        int known = cs_tls_record_parse(p + at, n - at, &rec);
        if (known < 0) {
            c->synced = false;
            sink->gap(sink->ctx);
            return at;
        }
        if (known == 0 || n - at < rec.header_len + rec.length) {
            c->part_seq = seq + (uint32_t)at;
            c->part = g_byte_array_sized_new((guint)(n - at));
            g_byte_array_append(c->part, p + at, (guint)(n - at));
            return n;
        }
        sink->record(sink->ctx, &rec, p + at + rec.header_len, rec.length, seq + (uint32_t)at);
        at += rec.header_len + rec.length;
    }
    return at;
}

/* The tail of a segment was cut off by the snap length: show what is there of the record, then go on behind it. */
static void cut_off(cs_tcp_cutter *c, uint32_t end, const cs_cutter_sink *sink)
{
    cs_tls_record rec;
    if (c->part && cs_tls_record_parse(c->part->data, c->part->len, &rec) == 1) {
        GByteArray *begin = c->part;
        c->part = NULL;
        c->skip_to = c->part_seq + rec.header_len + rec.length;
        c->skipping = seq_diff(c->skip_to, end) >= 0;
        sink->record(sink->ctx, &rec, begin->data + rec.header_len, begin->len - rec.header_len, c->part_seq);
        g_byte_array_unref(begin);
        c->synced = c->skipping;
        c->next = end;
        sink->gap(sink->ctx);
        return;
    }
    jump(c, end, sink);
}

void cs_tcp_cutter_feed(cs_tcp_cutter *c, uint32_t seq, const uint8_t *data, size_t captured, size_t reported,
                        const cs_cutter_sink *sink)
{
    uint32_t end = seq + (uint32_t)reported;
    if (!c->started) {
        c->started = true;
        c->next = seq;
    }
    int32_t ahead = seq_diff(seq, c->next);
    if (ahead > 0) {
        jump(c, seq, sink);
    } else if (ahead < 0) {
        size_t old = (size_t)-(int64_t)ahead;
        if (old >= reported)
            return;
        size_t drop = MIN(old, captured);
        data += drop;
        captured -= drop;
        seq = c->next;
    }
    size_t cut_away = (size_t)(end - seq) - captured;
    c->taken += end - seq;
    size_t at = 0;
    if (c->skipping) {
        size_t left = (size_t)seq_diff(c->skip_to, seq);
        at = MIN(left, captured);
        if (left <= (size_t)(end - seq))
            c->skipping = false;
    }
    while (at < captured) {
        if (!c->synced) {
            at += find_record(data + at, captured - at);
            c->synced = at < captured;
            if (!c->synced)
                break;
        }
        size_t used = cut(c, seq + (uint32_t)at, data + at, captured - at, sink);
        at += used;
        if (!c->synced && used == 0)
            break;
    }
    c->next = end;
    if (cut_away && !c->skipping)
        cut_off(c, end, sink);
}
