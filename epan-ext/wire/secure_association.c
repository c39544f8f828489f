/* secure_association.c
 * Where a session ends on its ports and the next one begins, and which two are one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "bytes.h"
#include "secure_private.h"

#include <string.h>

/* Where one direction was recorded late, all that one end says in the handshake, and more, stands before the first
 * words of the other one. A client that tries again waits longer. */
static bool is_late(const cs_stream *stream, const cs_secure *s, int sender, const cs_when *at)
{
    const cs_end *other = &stream->end[1 - sender];
    return !s->dir[sender].app_records && !s->dir[sender].protected_ && other->packets &&
           (stream->hs.client_hellos || stream->hs.server_hello || stream->hs.hello_verify) &&
           at->ns - other->first.ns < CS_REPETITION_NS;
}

uint32_t cs_secure_cookie(const uint8_t *body, size_t len)
{
    return cs_hash_octets(0, body, len);
}

/* The server's answer to a ClientHello that was not captured, on a flow whose association is up. */
static CS_RARE bool answers_unseen_hello(const cs_stream *stream, int sender, const cs_secure_record *rec)
{
    const cs_secure *s = stream->wire_state;
    const uint8_t *payload = rec->payload;
    cs_server_hello hello;
    bool whole = memcmp(payload + 1, payload + 9, 3) == 0; /* one fragment */
    if ((!s->complete && !stream->app_records) || (!s->have_server_random && is_late(stream, s, sender, &rec->at)))
        return false;
    if (payload[0] == CS_HS_HELLO_VERIFY) /* with the same cookie a copy, or the answer to a late copy */
        return s->complete && (!stream->hs.hello_verify || !whole ||
                               cs_secure_cookie(payload + CS_DTLS_HS_HEADER_LEN,
                                                rec->captured - CS_DTLS_HS_HEADER_LEN) != s->cookie);
    return payload[0] == CS_HS_SERVER_HELLO && whole &&
           cs_server_hello_parse(payload + CS_DTLS_HS_HEADER_LEN, rec->captured - CS_DTLS_HS_HEADER_LEN, &hello) &&
           !hello.retry &&
           (!s->have_server_random || memcmp(hello.random, s->server_random, CS_RANDOM_LEN) != 0);
}

/* To its end: until then its answer may have overtaken the ClientHello. */
static bool server_has_spoken(const cs_handshake *hs)
{
    return hs->server_hello && (hs->server_hello_done || hs->have_alert || hs->version == CS_DTLS13);
}

bool cs_secure_is_new_association(const cs_stream *stream, int sender, const cs_secure_record *rec)
{
    const cs_secure *s = stream->wire_state;
    cs_client_hello hello;
    size_t head = CS_DTLS_HS_HEADER_LEN;
    if (!s || !s->seen || rec->head.type != CS_RECORD_HANDSHAKE || rec->head.epoch != 0 || rec->captured < head)
        return false;
    if (rec->payload[0] != CS_HS_CLIENT_HELLO)
        return answers_unseen_hello(stream, sender, rec);
    /* only one that came in one piece tells its random */
    if (!cs_client_hello_parse(rec->payload + head, rec->captured - head, true, &hello))
        return false;
    if (!s->have_client_random)
        return (s->complete || stream->app_records || server_has_spoken(&stream->hs)) &&
               !is_late(stream, s, sender, &rec->at);
    if (memcmp(hello.random, s->client_random, CS_RANDOM_LEN) == 0)
        return false;
    bool answers_cookie = stream->hs.hello_verify && !stream->hs.server_hello && hello.cookie.len &&
                          sender == stream->client;
    return !answers_cookie;
}

/* Of a ClientHello in the clear: a renegotiation is protected, and longer where it can be read. */
static CS_RARE bool parse_clear_hello(const uint8_t *p, size_t n, cs_client_hello *hello)
{
    cs_tls_record head;
    if (cs_tls_record_parse(p, n, &head) != 1 || n < head.header_len + head.length)
        return false;
    const uint8_t *message = p + head.header_len;
    size_t len = (size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3];
    return CS_TLS_HS_HEADER_LEN + len == head.length &&
           cs_client_hello_parse(message + CS_TLS_HS_HEADER_LEN, len, false, hello);
}

bool cs_secure_is_new_session(const cs_stream *stream, int sender, const uint8_t *p, size_t n, const cs_when *at)
{
    const cs_secure *s = stream->wire_state;
    cs_client_hello hello;
    if (G_LIKELY(n <= CS_TLS_HEADER_LEN + CS_TLS_HS_HEADER_LEN || p[0] != CS_RECORD_HANDSHAKE ||
                 p[CS_TLS_HEADER_LEN] != CS_HS_CLIENT_HELLO || !s || !s->seen))
        return false;
    bool over = s->complete || stream->app_records || stream->fin || stream->rst || stream->hs.have_alert;
    if (!over || !parse_clear_hello(p, n, &hello))
        return false;
    return s->have_client_random ? memcmp(hello.random, s->client_random, CS_RANDOM_LEN) != 0
                                 : !is_late(stream, s, sender, at);
}

bool cs_secure_is_same_session(const cs_stream *a, const cs_stream *b)
{
    const cs_secure *one = a->wire_state, *other = b->wire_state;
    return one && other && one->have_server_random && other->have_server_random &&
           memcmp(one->server_random, other->server_random, CS_RANDOM_LEN) == 0;
}
