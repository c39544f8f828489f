/* secure.c
 * Takes in the records of one TLS or DTLS stream: what is readable, what it is, who is finished.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <cipsec/alerts.h>
#include <cipsec/suites.h>

#include <string.h>

static CS_RARE void secure_free(gpointer data)
{
    cs_secure *s = data;
    for (int i = 0; i < 2; i++) {
        cs_tcp_cutter_clear(&s->input[i].cutter);
        cs_assembler_free(s->input[i].assembler);
        cs_recovery_clear(&s->input[i].recovery);
    }
    cs_transcript_drop(s);
}

static CS_RARE cs_secure *secure_new(cs_stream *stream)
{
    cs_secure *s = cs_arena_alloc0(stream->memory, sizeof *s);
    s->dtls = stream->transport == CS_TRANSPORT_DTLS || stream->transport == CS_TRANSPORT_UDP;
    s->dir[0].cid_len = s->dir[1].cid_len = s->client_cid_len = -1;
    stream->wire_state = s;
    stream->wire_state_free = secure_free;
    return s;
}

void cs_secure_fetch(const void *state, int sender)
{
    const cs_secure *s = state;
    if (!s)
        return;
    cs_fetch(s, offsetof(cs_secure, input));
    if (sender >= 0)
        cs_fetch(&s->input[sender], offsetof(cs_secure_input, assembler));
}

cs_secure *cs_secure_of(cs_stream *stream)
{
    return stream->wire_state ? stream->wire_state : secure_new(stream);
}

int cs_secure_datagram_record(cs_stream *stream, int sender, const uint8_t *p, size_t n, size_t datagram_left,
                              cs_tls_record *rec)
{
    int cid_len = cs_secure_of(stream)->dir[sender].cid_len;
    int known = cs_dtls_record_parse(p, n, datagram_left, cid_len, rec);
    return known >= 0 || stream->hs.version != CS_DTLS13
               ? known
               : cs_dtls13_record_parse(p, n, datagram_left, cid_len, rec);
}

bool cs_secure_seen(const cs_secure *s)
{
    return s->seen;
}

uint32_t cs_secure_steps(const cs_secure *s)
{
    return s->steps;
}

void cs_secure_gap(cs_secure *s, int sender)
{
    cs_secure_dir *dir = &s->dir[sender];
    cs_secure_input *input = &s->input[sender];
    cs_recovery_gap(&input->recovery);
    dir->own_part = false;
    dir->sequence_known = false;
    dir->lost = true;
    if (input->assembler)
        cs_assembler_gap(input->assembler);
    if (!s->complete)
        s->transcript.broken = true;
}

/* ---------------------------------------------------------------- what a record says, if it can be read */

typedef struct {
    bool readable;
    bool by_wireshark; /* decrypted there, and shown there if it is application data */
    uint8_t type;
    const uint8_t *bytes;
    size_t len, reported;
} content;

static bool is_protected(const cs_secure_ctx *c)
{
    const cs_tls_record *head = &c->rec->head;
    if (head->type == CS_RECORD_CID || head->type == CS_RECORD_APPDATA)
        return true;
    if (c->s->dtls)
        return head->epoch > 0;
    /* From the middle of a stream whose records turned out to have a MAC. Where it began in the capture, the handshake
     * of one end may stand behind data of the other one. */
    bool began = c->stream->syn || c->stream->hs.client_hellos;
    if (!c->stream->hs.have_suite && c->s->layout.mac_len && !(began && head->type == CS_RECORD_HANDSHAKE))
        return true;
    /* After ServerHello, TLS 1.3 hides everything in application data records; others are still in the clear. */
    return c->s->dir[c->sender].protected_ && !cs_secure_is_13(c->stream);
}

static content read_record(const cs_secure_ctx *c)
{
    const cs_secure_record *rec = c->rec;
    content out = {.type = rec->head.type, .reported = rec->head.length};
    if (rec->plain) {
        out.readable = out.by_wireshark = true;
        out.type = rec->plain_type;
        out.bytes = rec->plain;
        out.len = out.reported = rec->plain_len;
        return out;
    }
    if (!is_protected(c)) {
        out.readable = true;
        out.bytes = rec->payload;
        out.len = rec->captured;
        return out;
    }
    const cs_handshake *hs = &c->stream->hs;
    if (hs->have_suite && !cs_suite_integrity_only(hs->suite))
        return out;
    cs_null_layout layout = c->s->layout;
    if (layout.mac_len == 0)
        return out;
    if (c->s->dtls)
        layout.inner_type = rec->head.type == CS_RECORD_CID || cs_secure_is_13(c->stream);
    size_t reported = rec->head.length;
    int n = cs_null_content(&layout, rec->payload, rec->captured, &reported, &out.type);
    if (n < 0)
        return out;
    out.readable = true;
    out.bytes = rec->payload;
    out.len = (size_t)n;
    out.reported = reported;
    return out;
}

/* ---------------------------------------------------------------- handshake, alerts, ChangeCipherSpec */

static bool is_known_message(uint8_t type)
{
    return type <= CS_HS_COMPRESSED_CERTIFICATE;
}

/* From the middle of a stream a handshake record may as well be encrypted: take it only if it looks readable. */
static CS_RARE bool plausible_handshake(const uint8_t *p, size_t n)
{
    size_t at = cs_hs_whole_until(p, n, is_known_message);
    if (at + CS_TLS_HS_HEADER_LEN > n || p[at] != CS_HS_CERTIFICATE)
        return at == n;
    return (size_t)(p[at + 1] << 16 | p[at + 2] << 8 | p[at + 3]) < CS_HS_MESSAGE_MAX; /* goes on in the next record */
}

static CS_RARE void take_messages(cs_secure_ctx *c, cs_assembler *assembler)
{
    cs_hs_message msg;
    while (cs_assembler_next(assembler, &msg))
        cs_secure_message(c, &msg);
}

/* Messages of each DTLS handshake are numbered from 0 on (RFC 6347, 4.2.2), also those of a renegotiation. */
static CS_RARE void restart_numbers(cs_secure_ctx *c, const content *in)
{
    cs_secure *s = c->s;
    uint16_t epoch = c->rec->head.epoch;
    if (!s->dtls || !s->complete || epoch == 0 || epoch == s->renegotiation_epoch || in->len == 0)
        return;
    if (in->bytes[0] == CS_HS_CLIENT_HELLO)
        cs_secure_renegotiate(c);
    else if (in->bytes[0] != CS_HS_HELLO_REQUEST)
        return;
    for (int i = 0; i < 2; i++) {
        cs_assembler_free(s->input[i].assembler);
        s->input[i].assembler = NULL;
    }
}

static CS_RARE void take_handshake(cs_secure_ctx *c, const content *in)
{
    cs_secure_input *input = &c->s->input[c->sender];
    restart_numbers(c, in);
    bool in_handshake = c->stream->hs.client_hellos || c->stream->hs.server_hello || c->s->dtls || in->by_wireshark;
    if (!in_handshake && !(input->assembler && cs_assembler_pending(input->assembler)) &&
        !plausible_handshake(in->bytes, in->len))
        return;
    if (!input->assembler)
        input->assembler = cs_assembler_new(c->s->dtls);
    c->readable_protected = is_protected(c) && !in->by_wireshark;
    if (in->len < in->reported) {
        cs_secure_cut_hello(c, in->bytes, in->len);
        cs_assembler_gap(input->assembler);
        return;
    }
    cs_assembler_feed(input->assembler, in->bytes, in->len);
    take_messages(c, input->assembler);
    if (cs_assembler_too_large(input->assembler, CS_HS_CERTIFICATE))
        cs_secure_certificate_unreadable(c, "Certificate message above 256 KiB: not read");
}

/* A handshake record that cannot be read: behind ChangeCipherSpec the first one is Finished. */
static CS_RARE void opaque_handshake(cs_secure_ctx *c)
{
    cs_secure_dir *dir = &c->s->dir[c->sender];
    cs_assembler *assembler = c->s->input[c->sender].assembler;
    int side = cs_secure_side(c);
    if (assembler) {
        cs_assembler_flush(assembler);
        take_messages(c, assembler);
    }
    if (dir->finished) {
        /* A renegotiation, in which the client may show a certificate after all. */
        c->stream->hs.missed |= c->s->complete;
        if (!c->s->dtls || c->s->complete)
            cs_secure_step(c, false, "encrypted handshake message", NULL);
        return;
    }
    if (!c->stream->hs.server_hello && !c->stream->hs.client_hellos)
        return;
    cs_secure_step(c, false, "Finished (encrypted)", NULL);
    c->s->last_message = CS_HS_FINISHED;
    cs_secure_finished(c, side);
}

/* TLS 1.3 sends one that means nothing (RFC 8446, D.4), also before the ServerHello tells the version: behind a
 * HelloRetryRequest, and by a client that has nothing but its ClientHello behind it. */
static bool for_middleboxes(const cs_secure_ctx *c)
{
    const cs_handshake *hs = &c->stream->hs;
    if (c->s->dtls || hs->server_hello)
        return false;
    return hs->hello_retry || (cs_secure_side(c) == 0 && c->s->last_message == CS_HS_CLIENT_HELLO);
}

static CS_RARE void take_ccs(cs_secure_ctx *c)
{
    cs_secure *s = c->s;
    cs_secure_dir *dir = &s->dir[c->sender];
    cs_handshake *hs = &c->stream->hs;
    int side = cs_secure_side(c);
    if (cs_secure_is_13(c->stream) || for_middleboxes(c) || (dir->protected_ && !s->renegotiating)) {
        if (!s->dtls && side >= 0 && cs_secure_is_13(c->stream))
            hs->ccs[side] = true;
        return;
    }
    dir->protected_ = true;
    dir->renewed = s->renegotiating;
    s->input[c->sender].sequence = 0;
    dir->sequence_known = true;
    if (side >= 0) {
        if (side == 1 && !hs->ccs[0] && hs->server_hello && !hs->cert_seen[1] && !hs->server_hello_done &&
            s->ticket_offered)
            hs->resumed = true;
        hs->ccs[side] = true;
    }
    cs_secure_step(c, false, "ChangeCipherSpec", NULL);
}

static const char *alert_step(char *buf, size_t size, uint8_t level, uint8_t description)
{
    const cs_alert_info *info = cs_alert_find(description);
    g_snprintf(buf, (gulong)size, "Alert: %s, %s (%u)", level == CS_ALERT_FATAL ? "fatal" : "warning",
               info ? info->text : "unknown", description);
    return buf;
}

static void note_end(cs_stream *stream)
{
    stream->ended = true;
    stream->ended_after = stream->app_records;
}

static CS_RARE void take_alert(cs_secure_ctx *c, const uint8_t *p, size_t n)
{
    if (n != 2 || (p[0] != CS_ALERT_WARNING && p[0] != CS_ALERT_FATAL) || !cs_alert_find(p[1]))
        return;
    cs_secure *s = c->s;
    cs_secure_dir *dir = &s->dir[c->sender];
    cs_handshake *hs = &c->stream->hs;
    int side = cs_secure_side(c);
    bool closing = p[1] == CS_ALERT_CLOSE_NOTIFY || p[1] == CS_ALERT_USER_CANCELED;
    bool fatal = cs_secure_is_13(c->stream) ? !closing : p[0] == CS_ALERT_FATAL;
    char text[80];
    if (!s->complete || fatal)
        cs_secure_step(c, false, alert_step(text, sizeof text, p[0], p[1]), NULL);
    dir->closed |= closing;
    if (closing || fatal)
        note_end(c->stream);
    s->events++;
    if (!fatal && (closing || s->complete || hs->have_alert))
        return;
    if (hs->have_alert && hs->alert_level == CS_ALERT_FATAL)
        return;
    hs->have_alert = true;
    hs->alert = p[1];
    hs->alert_level = fatal ? CS_ALERT_FATAL : p[0];
    hs->alert_sender = side < 0 ? CS_ROLE_UNKNOWN : side ? CS_ROLE_SERVER : CS_ROLE_CLIENT;
    hs->alert_at = c->rec->at;
    /* In TLS 1.3 the client is finished before the server has judged its certificate. */
    if (fatal && cs_secure_is_13(c->stream) && side == 1 && dir->app_records == 0)
        s->server_rejected = true;
}

/* ---------------------------------------------------------------- application data */

static void hand_out(void *ctx, const uint8_t *data, size_t len, size_t reported, bool enip)
{
    cs_secure_ctx *c = ctx;
    cs_plaintext plain = {data, len, reported, enip, c->rec->plain && !c->s->dir[c->sender].own_part};
    if (c->sink->data)
        c->sink->data(c->sink->ctx, &plain);
}

static CS_RARE void recovered(cs_secure_ctx *c)
{
    cs_stream *stream = c->stream;
    stream->content_mac_len = c->s->layout.mac_len;
    stream->news = true;
    if (stream->conf_source != CS_CONF_SOURCE_HANDSHAKE) {
        stream->conf = CS_CONF_AUTHENTICATED;
        stream->conf_source = CS_CONF_SOURCE_CONTENT;
    }
}

static void readable_data(cs_secure_ctx *c, const content *in)
{
    cs_secure_dir *dir = &c->s->dir[c->sender];
    /* Content behind a learned (not negotiated) layout is taken for EtherNet/IP only when it looks like it. */
    bool certain = in->by_wireshark || c->stream->hs.have_suite;
    if (c->s->dtls) {
        bool cpf = cs_cpf_judge(in->bytes, in->len, in->reported) ||
                   cs_enip_judge(in->bytes, in->len, in->reported, NULL) == CS_ENIP_WHOLE;
        if (cpf || certain)
            hand_out(c, in->bytes, in->len, in->reported, cpf);
        return;
    }
    if (!in->by_wireshark)
        dir->own_part = true;
    cs_recovery *recovery = &c->s->input[c->sender].recovery;
    cs_recovery_content(recovery, in->bytes, in->len, in->reported, certain, hand_out, c);
    if (!recovery->pdu)
        dir->own_part = false;
}

static void opaque_data(cs_secure_ctx *c, bool recover)
{
    cs_secure *s = c->s;
    const cs_secure_record *rec = c->rec;
    bool may_be_null = !c->stream->hs.have_suite || cs_suite_integrity_only(c->stream->hs.suite);
    if (recover && may_be_null) {
        bool found = s->dtls ? cs_recovery_learn_datagram(&s->layout, rec->payload, rec->captured, rec->head.length,
                                                          rec->head.type == CS_RECORD_CID, hand_out, c)
                             : cs_recovery_learn(&s->input[c->sender].recovery, &s->layout, rec->payload, rec->captured,
                                                 rec->head.length, hand_out, c);
        if (found) {
            recovered(c);
            return;
        }
    }
    cs_secure_opaque(c);
    if (s->dtls)
        cs_observe_io(c->cap, c->stream, c->sender, rec->at.ns, rec->head.length,
                      rec->head.unified ? CS_NO_SEQUENCE : rec->head.seq, false);
}

static void take_data(cs_secure_ctx *c, const content *in, bool recover)
{
    cs_secure *s = c->s;
    cs_stream *stream = c->stream;
    bool hidden_13 = !in->readable && cs_secure_is_13(stream);
    if (!hidden_13 || s->complete) {
        stream->app_records++;
        if (!s->dir[c->sender].app_records++)
            s->events++; /* whoever sends data has heard of the other end */
    }
    /* Data of the server come behind both Finished, captured or not. */
    if (!s->complete && !cs_secure_is_13(stream) && stream->hs.server_hello && cs_secure_side(c) == 1)
        cs_secure_complete(c);
    /* The same when the ServerHello itself is missing; in DTLS such records are never part of a handshake. */
    if (!s->complete && s->dtls && stream->hs.client_hellos && s->dir[0].app_records && s->dir[1].app_records)
        cs_secure_complete(c);
    if (in->readable)
        readable_data(c, in);
    else if (hidden_13 && !s->complete)
        cs_secure_opaque_13(c);
    else
        opaque_data(c, recover);
}

/* ---------------------------------------------------------------- a record */

/* Records with a connection id hide their type (RFC 9146, 4): the first one behind ChangeCipherSpec is Finished. */
static bool is_hidden_finished(const cs_secure_ctx *c, const content *in)
{
    const cs_secure_dir *dir = &c->s->dir[c->sender];
    return c->rec->head.type == CS_RECORD_CID && !in->readable && !c->s->complete && dir->protected_ && !dir->finished;
}

/* A stream whose keys were not there in the beginning hardly ever gets them later: look now and then. */
#define MACS_TRIED 32
#define MACS_AGAIN 64

static void check_mac(cs_secure_ctx *c, uint64_t sequence)
{
    cs_secure *s = c->s;
    const cs_secure_dir *dir = &s->dir[c->sender];
    const cs_handshake *hs = &c->stream->hs;
    const cs_secure_record *rec = c->rec;
    bool old_keys = s->renegotiating && (s->dtls ? rec->head.epoch <= s->renegotiation_epoch : !dir->renewed);
    int side = cs_secure_side(c);
    if (side < 0 || !s->have_client_random || !s->have_server_random || rec->captured < rec->head.length || old_keys)
        return;
    if (s->macs_without_key >= MACS_TRIED && s->macs_without_key++ % MACS_AGAIN)
        return;
    cs_mac_check check = {.suite = hs->suite,
                          .version = hs->version,
                          .sender = side ? CS_ROLE_SERVER : CS_ROLE_CLIENT,
                          .sequence = sequence,
                          .handshake_key = !dir->app_keys,
                          .generation = s->input[c->sender].key_updates,
                          .client_random = s->client_random,
                          .server_random = s->server_random,
                          .head = &rec->head,
                          .payload = rec->payload};
    if (c->sink->mac(c->sink->ctx, &check))
        s->macs_without_key = 0;
    else
        s->macs_without_key++;
}

/* Counts a protected record of TLS, which has no number of its own, and checks its MAC if it may be possible. */
static void take_protected(cs_secure_ctx *c)
{
    cs_secure_dir *dir = &c->s->dir[c->sender];
    const cs_handshake *hs = &c->stream->hs;
    const cs_tls_record *head = &c->rec->head;
    bool known = c->s->dtls ? !head->unified : dir->sequence_known;
    uint64_t sequence = c->s->dtls ? (uint64_t)head->epoch << 48 | head->seq
                                   : c->s->input[c->sender].sequence++;
    if (known && c->sink->mac && hs->have_suite && cs_suite_integrity_only(hs->suite))
        check_mac(c, sequence);
}

/* The ServerHello is not in the capture, but the rest of a handshake that RFC 9150 leaves readable is. */
static void learn_from_handshake(cs_secure_ctx *c)
{
    const cs_secure_record *rec = c->rec;
    if (c->s->dtls || c->stream->hs.have_suite || c->s->layout.mac_len || rec->plain ||
        rec->head.type != CS_RECORD_APPDATA || rec->captured < rec->head.length)
        return;
    if (!cs_null_learn_handshake(&c->s->layout, rec->payload, rec->captured))
        return;
    c->stream->hs.version = CS_TLS13; /* the only one with such records */
    recovered(c);
}

/* Over UDP nothing confirms: that the client goes on after its ClientHello tells that the server answered it. */
static void note_unseen_answer(const cs_secure_ctx *c)
{
    const cs_secure_record *rec = c->rec;
    cs_stream *stream = c->stream;
    int server = 1 - c->sender;
    if (!c->s->dtls || stream->answered[server] || cs_secure_side(c) != 0)
        return;
    bool asks_only = rec->head.epoch == 0 && (rec->head.type == CS_RECORD_ALERT ||
                                              (rec->head.type == CS_RECORD_HANDSHAKE && rec->captured &&
                                               rec->payload[0] == CS_HS_CLIENT_HELLO));
    if (asks_only)
        return;
    stream->answered[server] = true;
    stream->end[server].unseen |= stream->end[server].packets == 0;
}

/* Takes in data that nobody can read behind a complete handshake, by far the most records: all there is to say is that
 * one came. @return false for any other record */
static bool take_hidden(cs_capture *cap, cs_stream *stream, int sender, const cs_secure_record *rec)
{
    cs_secure *s = stream->wire_state;
    if (!s->complete || !stream->hs.have_suite || rec->head.type != CS_RECORD_APPDATA || rec->plain ||
        (s->dtls && !stream->answered[1 - sender]))
        return false;
    if (G_UNLIKELY(s->judged_suite != stream->hs.suite)) {
        s->judged_suite = stream->hs.suite;
        s->hides_content = !cs_suite_integrity_only(stream->hs.suite);
    }
    if (!s->hides_content)
        return false;
    stream->app_records++;
    s->dir[sender].app_records++;
    if (!s->dtls)
        s->input[sender].sequence++;
    else
        cs_observe_io(cap, stream, sender, rec->at.ns, rec->head.length,
                      rec->head.unified ? CS_NO_SEQUENCE : rec->head.seq, false);
    return true;
}

static void take_any(cs_capture *cap, cs_stream *stream, int sender, const cs_secure_record *rec, bool recover,
                     const cs_secure_sink *sink)
{
    cs_secure *s = stream->wire_state;
    cs_secure_ctx ctx = {cap, stream, s, sink, rec, sender, false};
    note_unseen_answer(&ctx);
    if (is_protected(&ctx))
        take_protected(&ctx);
    if (recover)
        learn_from_handshake(&ctx);
    content in = read_record(&ctx);
    bool data_only = s->complete || (!stream->hs.client_hellos && !stream->hs.server_hello);
    uint8_t type = in.type == CS_RECORD_CID ? CS_RECORD_APPDATA : in.type;
    switch (type) {
    case CS_RECORD_CCS:
        take_ccs(&ctx);
        break;
    case CS_RECORD_ALERT:
        if (in.readable && (in.len == 2 || in.by_wireshark)) {
            take_alert(&ctx, in.bytes, in.len);
            break;
        }
        note_end(stream);
        if (!s->complete && stream->hs.server_hello) {
            s->dir[sender].opaque_alert = true;
            s->events++;
            cs_secure_step(&ctx, false, "Alert (encrypted)", NULL);
        }
        break;
    case CS_RECORD_HANDSHAKE:
        if (in.readable)
            take_handshake(&ctx, &in);
        else
            opaque_handshake(&ctx);
        break;
    case CS_RECORD_APPDATA:
        if (is_hidden_finished(&ctx, &in))
            opaque_handshake(&ctx);
        else if (rec->head.type == CS_RECORD_APPDATA || rec->head.type == CS_RECORD_CID)
            take_data(&ctx, &in, recover);
        break;
    default:
        break;
    }
    stream->news |= !data_only || type != CS_RECORD_APPDATA;
    cs_secure_conclude(stream);
}

void cs_secure_take(cs_capture *cap, cs_stream *stream, int sender, const cs_secure_record *rec, bool recover,
                    const cs_secure_sink *sink)
{
    cs_secure_of(stream)->seen = true;
    if (!take_hidden(cap, stream, sender, rec))
        take_any(cap, stream, sender, rec, recover, sink);
}
