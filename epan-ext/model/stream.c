/* stream.c
 * Conclusions about one stream: class, kind, protection, mutual authentication, outcome of the handshake.
 *
 * Each is drawn from evidence only; without evidence it stays unknown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/alerts.h>
#include <cipsec/certs.h>
#include <cipsec/model.h>
#include <cipsec/secure.h>
#include <cipsec/suites.h>
#include <cipsec/tls.h>

#include "model_private.h"

#define CLASS_0_AND_1 0x03
#define CLASS_2_AND_3 0x0C

static cs_cip_class from_kinds_of_traffic(bool io, bool class3, bool unconnected)
{
    if (io)
        return class3 || unconnected ? CS_CLASS_IMPLICIT_AND_EXPLICIT : CS_CLASS_0_1;
    if (class3)
        return CS_CLASS_3;
    return unconnected ? CS_CLASS_UNCONNECTED : CS_CLASS_UNKNOWN;
}

/* What the transport alone promises. The list commands on 44818/udp are no CIP messages at all. */
static cs_cip_class from_transport(const cs_stream *s)
{
    switch (s->transport) {
    case CS_TRANSPORT_TLS:
    case CS_TRANSPORT_TCP:
        return CS_CLASS_EXPLICIT;
    case CS_TRANSPORT_DTLS:
        return CS_CLASS_0_1;
    case CS_TRANSPORT_UDP:
        return s->io_port ? CS_CLASS_0_1 : CS_CLASS_UNKNOWN;
    }
    return CS_CLASS_UNKNOWN;
}

/* As far as the port says, unless the payload says otherwise. */
static bool holds_records(const cs_stream *s)
{
    return !s->foreign || (s->wire_state && cs_secure_seen(s->wire_state));
}

cs_cip_class cs_stream_class(const cs_stream *s, cs_class_source *source)
{
    cs_cip_class result = CS_CLASS_UNKNOWN;
    *source = CS_CLASS_SOURCE_NONE;
    if (s->classes_carried) {
        *source = CS_CLASS_SOURCE_FORWARD_OPEN;
        result = from_kinds_of_traffic(s->saw_class01 || (s->classes_carried & CLASS_0_AND_1) != 0,
                                       s->saw_class3 || (s->classes_carried & CLASS_2_AND_3) != 0, false);
        /* Unconnected messages beside a class 3 connection are its usual company and do not change the word. */
        if (result == CS_CLASS_0_1 && s->saw_unconnected)
            result = CS_CLASS_IMPLICIT_AND_EXPLICIT;
        return result;
    }
    result = from_kinds_of_traffic(s->saw_class01, s->saw_class3, s->saw_unconnected);
    if (result != CS_CLASS_UNKNOWN) {
        *source = CS_CLASS_SOURCE_CONTENT;
        return result;
    }
    if ((s->saw_other || s->saw_est) && !s->saw_enip)
        return CS_CLASS_UNKNOWN;
    result = holds_records(s) ? from_transport(s) : CS_CLASS_UNKNOWN;
    if (result != CS_CLASS_UNKNOWN)
        *source = CS_CLASS_SOURCE_TRANSPORT;
    return result;
}

uint8_t cs_stream_transport_classes(const cs_stream *s)
{
    return s->classes_open | s->classes_carried;
}

static bool handshake_done(const cs_stream *s)
{
    return s->hs.state == CS_HANDSHAKE_COMPLETE || s->hs.state == CS_HANDSHAKE_RESUMED;
}

bool cs_stream_flight_missed(const cs_stream *s)
{
    const cs_end *server = cs_stream_server(s);
    return s->hs.missed || (handshake_done(s) ? server->cut : cs_end_missed(server));
}

bool cs_stream_mutual_auth(const cs_stream *s, bool *known)
{
    const cs_handshake *hs = &s->hs;
    *known = false;
    if (!cs_stream_secured(s)) {
        *known = s->saw_enip; /* nobody proves anything in the clear */
        return false;
    }
    bool shown = (hs->cert_seen[0] && !hs->cert_empty[0]) || hs->chain[0];
    if (hs->cert_proved[0] || (shown && hs->cert_verify[0] && handshake_done(s))) {
        *known = true;
        return true;
    }
    if (hs->cert_empty[0]) {
        *known = true;
        return false;
    }
    if (hs->state == CS_HANDSHAKE_RESUMED && s->mutual_inherited >= 0) {
        *known = true;
        return s->mutual_inherited == 1;
    }
    /* A full TLS 1.2 handshake read to its end without a request for a certificate; in TLS 1.3 the request is
     * encrypted and its absence proves nothing unless the server's certificate, which comes behind it, was readable. */
    bool all_read = hs->server_hello_done || (hs->version == CS_TLS13 && hs->cert_seen[1]);
    if (hs->state == CS_HANDSHAKE_COMPLETE && !hs->missed && !hs->cert_request && !shown && all_read)
        *known = true;
    return false;
}

/* How many streams before a resumed one are looked at. */
#define MAX_EARLIER 256

static bool same_ends(const cs_stream *a, const cs_stream *b)
{
    const cs_end *server_a = cs_stream_server(a), *server_b = cs_stream_server(b);
    return server_a && server_b && server_a->ep.port == server_b->ep.port &&
           cs_addr_equal(&server_a->ep.addr, &server_b->ep.addr) &&
           cs_addr_equal(&cs_stream_client(a)->ep.addr, &cs_stream_client(b)->ep.addr);
}

void cs_stream_inherit(const cs_capture *cap, cs_stream *s)
{
    if (s->hs.state != CS_HANDSHAKE_RESUMED || s->inherit_tried)
        return;
    s->inherit_tried = true;
    int8_t found = -1;
    for (unsigned i = s->index, n = 0; i-- > 0 && n < MAX_EARLIER; n++) {
        const cs_stream *earlier = g_ptr_array_index(cap->streams, i);
        bool known;
        if (earlier->hs.state != CS_HANDSHAKE_COMPLETE || earlier->hs.suite != s->hs.suite || !same_ends(earlier, s))
            continue;
        bool mutual = cs_stream_mutual_auth(earlier, &known);
        if (!known || (found >= 0 && found != mutual))
            return;
        found = mutual;
    }
    s->mutual_inherited = found;
}

/* That the server asked for no client certificate makes its own probably the vendor's. For the kind of an unreadable
 * session this is not enough, any web server does so: a born-on certificate also vouches for itself. */
static bool vendor_certificate(const cs_stream *s)
{
    const GPtrArray *chain = s->hs.chain[1];
    const cs_cert *leaf = chain && chain->len ? g_ptr_array_index(chain, 0) : NULL;
    return leaf && leaf->kind == CS_CERT_VENDOR && leaf->self_signed;
}

static cs_kind kind_of_content(const cs_stream *s)
{
    if (s->saw_config)
        return CS_KIND_PROVISIONING;
    if (s->saw_class01 || (s->classes_carried & CLASS_0_AND_1))
        return CS_KIND_IO;
    if (s->saw_class3 || s->saw_unconnected || (s->classes_carried & CLASS_2_AND_3))
        return CS_KIND_EXPLICIT;
    if (s->saw_enip && (s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_TCP))
        return CS_KIND_EXPLICIT; /* a session at least */
    if (s->saw_est)
        return CS_KIND_ENROLLMENT;
    if (s->saw_other && !s->saw_enip)
        return CS_KIND_NOT_ENIP;
    return CS_KIND_UNKNOWN;
}

/* Encrypted and without keys: who proved what, and whether anything was said at all. */
static cs_kind kind_of_session(const cs_stream *s)
{
    bool known;
    bool mutual = cs_stream_mutual_auth(s, &known);
    if (!s->app_records)
        return CS_KIND_UNKNOWN;
    if (s->transport == CS_TRANSPORT_DTLS)
        return cs_stream_is_cyclic(s) ? CS_KIND_IO : CS_KIND_UNKNOWN;
    if (!handshake_done(s))
        return CS_KIND_UNKNOWN;
    if (known && !mutual && vendor_certificate(s))
        return CS_KIND_PROVISIONING;
    return mutual ? CS_KIND_EXPLICIT : CS_KIND_UNKNOWN;
}

/* For facts that did not come from records. Where there are records, cs_secure_conclude() judges by them. */
static CS_RARE void update_handshake(cs_handshake *hs)
{
    if (hs->state == CS_HANDSHAKE_COMPLETE || hs->state == CS_HANDSHAKE_RESUMED || hs->state == CS_HANDSHAKE_FAILED)
        return;
    if (hs->finished[0] && hs->finished[1])
        hs->state = hs->resumed ? CS_HANDSHAKE_RESUMED : CS_HANDSHAKE_COMPLETE;
    else if (hs->have_alert && (hs->alert_level == CS_ALERT_FATAL || hs->alert != CS_ALERT_CLOSE_NOTIFY))
        hs->state = CS_HANDSHAKE_FAILED;
    else if (hs->client_hellos || hs->server_hello || hs->hello_verify || hs->hello_retry)
        hs->state = CS_HANDSHAKE_INCOMPLETE;
}

static void update_confidentiality(cs_stream *s)
{
    if (!cs_stream_secured(s)) {
        if (s->saw_enip) {
            s->conf = CS_CONF_NONE;
            s->conf_source = CS_CONF_SOURCE_PORT;
        }
        return;
    }
    /* The suite that the ends agree on protects nothing before the handshake is over. */
    if (s->hs.have_suite && (handshake_done(s) || s->app_records)) {
        s->conf = s->hs.suite == CS_SUITE_NULL                ? CS_CONF_NONE
                  : cs_suite_integrity_only(s->hs.suite) ? CS_CONF_AUTHENTICATED
                                                          : CS_CONF_ENCRYPTED;
        s->conf_source = CS_CONF_SOURCE_HANDSHAKE;
    } else if (s->conf_source == CS_CONF_SOURCE_HANDSHAKE) {
        s->conf = CS_CONF_UNKNOWN; /* TLS 1.3: the server rejected what the client took for done */
        s->conf_source = CS_CONF_SOURCE_NONE;
    } else if (s->conf_source == CS_CONF_SOURCE_NONE && s->content_mac_len) {
        s->conf = CS_CONF_AUTHENTICATED;
        s->conf_source = CS_CONF_SOURCE_CONTENT;
    }
}

/* Refused before or during the handshake, or asked again and again without any answer. */
static CS_RARE bool never_came_up(const cs_stream *s)
{
    if (s->hs.state == CS_HANDSHAKE_FAILED || (s->port_closed && !s->app_records))
        return true;
    const cs_end *client = cs_stream_client(s), *server = cs_stream_server(s);
    if (!client || server->packets || s->answered[1 - s->client] || s->app_records ||
        client->last.ns - client->first.ns < CS_REPETITION_NS)
        return false;
    return s->hs.client_hellos > 1 || (s->syn && client->packets > 1);
}

void cs_stream_update(cs_stream *s)
{
    cs_secure_conclude(s);
    if (!s->wire_state)
        update_handshake(&s->hs);
    update_confidentiality(s);
    s->kind = kind_of_content(s);
    if (s->kind == CS_KIND_UNKNOWN && cs_stream_secured(s))
        s->kind = never_came_up(s) ? CS_KIND_FAILED_HANDSHAKE : kind_of_session(s);
    bool connection = s->transport != CS_TRANSPORT_UDP;
    s->midstream = connection && !s->syn && s->hs.client_hellos == 0;
}

void cs_streams_finish(cs_capture *cap)
{
    for (unsigned i = 0; i < cap->streams->len; i++) {
        cs_stream *stream = g_ptr_array_index(cap->streams, i);
        cs_rhythm_finish(cap, stream);
        cs_stream_update(stream);
        cs_secure_explain(stream);
    }
}
