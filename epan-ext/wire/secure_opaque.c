/* secure_opaque.c
 * What records say that cannot be read: by their order in a TLS 1.3 handshake, and by looking like ciphertext.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "secure_private.h"

#include <cipsec/suites.h>

#include <string.h>

/* In DTLS 1.3 the epoch tells handshake messages from what comes behind Finished (RFC 9147, 6.1). */
#define EPOCH_HANDSHAKE 2
/* One record number of an ACK (RFC 9147, 7); a client that misses parts of the server's flight sends some of them. */
#define ACK_NUMBER 16
#define ACK_NUMBERS_MAX 3

static unsigned tag_length(const cs_secure_ctx *c)
{
    const cs_suite *suite = cs_suite_find(c->stream->hs.suite);
    return suite && strstr(suite->name, "CCM_8") ? 8 : 16;
}

/* Content, type and tag; without padding. */
static bool has_content(const cs_secure_ctx *c, unsigned content)
{
    return c->rec->head.length == content + 1 + tag_length(c);
}

static bool may_be_ack(const cs_secure_ctx *c)
{
    for (unsigned n = 1; n <= ACK_NUMBERS_MAX; n++)
        if (has_content(c, 2 + n * ACK_NUMBER))
            return true;
    return false;
}

/* Can the sender send the record only behind the handshake messages? TLS does not tell its flights apart. */
static bool behind_handshake(const cs_secure_ctx *c)
{
    return !c->rec->head.unified || c->rec->head.epoch != EPOCH_HANDSHAKE;
}

/* May the record be part of the flight that ends with the client's Finished? */
static bool in_client_flight(const cs_secure_ctx *c)
{
    return behind_handshake(c) || !may_be_ack(c);
}

/* TLS 1.3 without keys: handshake messages look like data. Only the order of the flights tells that it came through:
 * server, client, and again the server with something that is not the size of an alert. */
void cs_secure_opaque_13(cs_secure_ctx *c)
{
    cs_secure *s = c->s;
    int side = cs_secure_side(c);
    bool alert_size = has_content(c, 2);
    s->opaque_alert_size = alert_size;
    s->opaque_alert_sender = c->sender;
    s->events++;
    if (side < 0 || s->complete)
        return;
    if (side == 1 && s->phase == CS_OPAQUE_NONE) {
        s->phase = CS_OPAQUE_SERVER;
        cs_secure_step(c, false, "encrypted handshake (EncryptedExtensions to Finished)", NULL);
    } else if (side == 0 && s->phase == CS_OPAQUE_SERVER && !alert_size && in_client_flight(c)) {
        s->phase = CS_OPAQUE_CLIENT;
        s->last_client_flight = c->rec->at;
        cs_secure_step(c, false, "encrypted handshake (with Finished)", NULL);
    } else if (side == 0 && s->phase == CS_OPAQUE_CLIENT && c->stream->hs.done.frame == 0) {
        if (s->last_client_flight.frame == c->rec->at.frame)
            s->last_client_flight = c->rec->at;
    } else if (side == 1 && s->phase == CS_OPAQUE_CLIENT && !alert_size && behind_handshake(c)) {
        s->phase = CS_OPAQUE_ANSWERED;
        c->stream->hs.finished[0] = c->stream->hs.finished[1] = true;
        c->stream->hs.done = s->last_client_flight;
        cs_secure_complete(c);
    }
}

/* Enough to tell: of 255 uniform bytes hardly any value comes more than a few times, while the headers of EtherNet/IP
 * alone hold a third zeros; and what one byte can count up to. */
#define SAMPLE UINT8_MAX
/* Chi-square of uniform bytes has mean 255 and deviation 22.6, whatever the sample's size. */
#define CHI_SQUARE_MAX (255 + 6 * 22.6)
/* Shorter records might be little more than a MAC, which looks like ciphertext. */
#define TLS_RECORD_MIN 50
#define DTLS_RECORD_MIN 44
/* Explicit nonces count up and begin with zeros. */
#define NONCE 8
#define BYTE_VALUES 256

static CS_RARE double chi_square(const uint8_t *histogram)
{
    double expected = (double)SAMPLE / BYTE_VALUES, sum = 0;
    for (int i = 0; i < BYTE_VALUES; i++)
        sum += (histogram[i] - expected) * (histogram[i] - expected) / expected;
    return sum;
}

void cs_secure_opaque(cs_secure_ctx *c)
{
    cs_secure *s = c->s;
    cs_stream *stream = c->stream;
    const cs_secure_record *rec = c->rec;
    if (stream->conf_source != CS_CONF_SOURCE_NONE || stream->hs.have_suite || s->counted >= SAMPLE ||
        rec->head.length < (s->dtls ? DTLS_RECORD_MIN : TLS_RECORD_MIN))
        return;
    if (!s->histogram)
        s->histogram = cs_arena_alloc0(stream->memory, BYTE_VALUES);
    for (size_t i = NONCE; i < rec->captured && s->counted < SAMPLE; i++) {
        s->histogram[rec->payload[i]]++;
        s->counted++;
    }
    if (s->counted < SAMPLE)
        return;
    if (chi_square(s->histogram) < CHI_SQUARE_MAX) {
        stream->conf = CS_CONF_ENCRYPTED;
        stream->conf_source = CS_CONF_SOURCE_CONTENT;
        stream->news = true;
    } else {
        s->counted = 0; /* something readable: go on looking */
        memset(s->histogram, 0, BYTE_VALUES);
    }
}
