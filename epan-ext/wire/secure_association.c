/* secure_association.c
 * Where a DTLS association ends on its ports and the next one begins.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
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

/* The server's answer to a ClientHello that was not captured, on a flow whose association is up. */
static CS_RARE bool answers_unseen_hello(const cs_stream *stream, int sender, const cs_secure_record *rec)
{
    const cs_secure *s = stream->wire_state;
    const uint8_t *payload = rec->payload;
    cs_server_hello hello;
    bool whole = memcmp(payload + 1, payload + 9, 3) == 0; /* one fragment */
    if ((!s->complete && !stream->app_records) || (!s->have_server_random && is_late(stream, s, sender, &rec->at)))
        return false;
    if (payload[0] == CS_HS_HELLO_VERIFY)
        return s->complete;
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
