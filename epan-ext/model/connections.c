/* connections.c
 * CIP connections, from Forward_Open to Forward_Close, and the streams that carry their data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/epath.h>
#include <cipsec/forward_open.h>
#include <cipsec/model.h>

#include "../wire/bytes.h"
#include "attributes.h"
#include "model_private.h"

#define CLASS_MESSAGE_ROUTER 0x02


/* How deep messages within messages are followed, and how many of a Multiple_Service_Packet. */
#define MAX_DEPTH 4
#define MAX_MESSAGES 256
/* How many connections with the same id or serial numbers are looked at, newest first. */
#define MAX_SAME 64

void cs_connection_free(gpointer data)
{
    cs_connection *c = data;
    g_free(c->path);
    g_free(c);
}

/* ---------------------------------------------------------------- indexes */

static void index_add(GHashTable *table, uint32_t key, cs_connection *c)
{
    GPtrArray *same = g_hash_table_lookup(table, GUINT_TO_POINTER(key));
    if (!same) {
        same = g_ptr_array_new();
        g_hash_table_insert(table, GUINT_TO_POINTER(key), same);
    }
    if (!same->len || g_ptr_array_index(same, same->len - 1) != c)
        g_ptr_array_add(same, c);
}

static uint32_t triad_key(const cs_connection_triad *t)
{
    return ((uint32_t)t->serial << 16 | t->vendor) * 2654435761u ^ t->originator_serial;
}

static bool same_triad(const cs_connection *c, const cs_connection_triad *t)
{
    return c->serial == t->serial && c->vendor == t->vendor && c->originator_serial == t->originator_serial;
}

/* The newest connection with these numbers between the ends of a stream. originator: index in stream->end[]. */
static cs_connection *by_triad(const cs_capture *cap, const cs_stream *stream, int originator,
                               const cs_connection_triad *triad, bool requested_only)
{
    const GPtrArray *same = g_hash_table_lookup(cap->connection_serials, GUINT_TO_POINTER(triad_key(triad)));
    unsigned looked = 0;
    for (unsigned i = same ? same->len : 0; i-- > 0 && looked < MAX_SAME; looked++) {
        cs_connection *c = g_ptr_array_index(same, i);
        if (same_triad(c, triad) && cs_addr_equal(&c->originator.addr, &stream->end[originator].ep.addr) &&
            cs_addr_equal(&c->target.addr, &stream->end[1 - originator].ep.addr) &&
            (!requested_only || c->state == CS_CONN_REQUESTED))
            return c;
    }
    return NULL;
}

/* ---------------------------------------------------------------- streams of a connection */

static void belongs_to(cs_connection *c, cs_stream *stream)
{
    if (!stream->connections)
        stream->connections = g_ptr_array_new();
    for (unsigned i = stream->connections->len, n = 0; i-- > 0 && n < MAX_SAME; n++)
        if (g_ptr_array_index(stream->connections, i) == c)
            return;
    g_ptr_array_add(stream->connections, c);
}

static uint8_t class_bit(const cs_connection *c)
{
    return cs_connection_class(c) < 4 ? (uint8_t)(1u << cs_connection_class(c)) : 0;
}

static CS_RARE void now_carried(cs_connection *c, cs_stream *stream, bool to_target, int sender)
{
    if (!c->carried_on[!to_target])
        c->carried_on[!to_target] = stream;
    belongs_to(c, stream);
    stream->classes_carried |= class_bit(c);
    /* The originator makes the association that carries its I/O. */
    if (cs_connection_class(c) <= 1)
        cs_stream_set_client(stream, to_target ? sender : 1 - sender, CS_ROLE_SOURCE_FORWARD_OPEN);
    cs_stream_update(stream);
}

/* ---------------------------------------------------------------- the Connection Manager's messages */

static void changed(cs_capture *cap)
{
    cap->connection_changes++;
    cap->finished = false;
}

static void take_open_request(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, bool large,
                              const uint8_t *body, size_t len)
{
    cs_forward_open open;
    if (!cs_forward_open_read(body, len, large, &open))
        return;
    cs_connection *c = by_triad(cap, stream, sender, &open.triad, true);
    if (!c || c->opened_on != stream) {
        c = g_new0(cs_connection, 1);
        c->index = cap->connections->len;
        g_ptr_array_add(cap->connections, c);
        c->originator = stream->end[sender].ep;
        c->target = stream->end[1 - sender].ep;
        c->opened_on = stream;
        c->serial = open.triad.serial;
        c->vendor = open.triad.vendor;
        c->originator_serial = open.triad.originator_serial;
        index_add(cap->connection_serials, triad_key(&open.triad), c);
    }
    c->state = CS_CONN_REQUESTED;
    c->open_request = *at;
    c->large = large;
    c->id_ot = open.id_ot;
    c->id_to = open.id_to;
    c->rpi_ot = open.rpi_ot;
    c->rpi_to = open.rpi_to;
    c->params_ot = open.params_ot;
    c->params_to = open.params_to;
    c->class_trigger = open.class_trigger;
    g_free(c->path);
    c->path = open.path_len ? g_memdup2(open.path, open.path_len) : NULL;
    c->path_len = (uint32_t)open.path_len;
    if (c->id_to)
        index_add(cap->connection_ids, c->id_to, c);
    changed(cap);
}

static void take_open_success(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, const uint8_t *body,
                              size_t len)
{
    cs_forward_open_reply reply;
    if (!cs_forward_open_reply_read(body, len, &reply))
        return;
    cs_connection *c = by_triad(cap, stream, 1 - sender, &reply.triad, true);
    if (!c)
        return;
    c->state = CS_CONN_OPEN;
    c->open_response = *at;
    c->id_ot = reply.id_ot;
    c->id_to = reply.id_to;
    c->api_ot = reply.api_ot;
    c->api_to = reply.api_to;
    index_add(cap->connection_ids, c->id_ot, c);
    index_add(cap->connection_ids, c->id_to, c);
    belongs_to(c, stream);
    stream->classes_open |= class_bit(c);
    if (cs_connection_class(c) >= 2) /* these stay on the stream that opened them */
        stream->classes_carried |= class_bit(c);
    changed(cap);
}

static void take_open_refusal(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                              const uint8_t *message, size_t len, const uint8_t *body, size_t body_len)
{
    cs_connection_triad triad;
    if (!cs_triad_read(body, body_len, &triad))
        return;
    cs_connection *c = by_triad(cap, stream, 1 - sender, &triad, true);
    if (!c)
        return;
    c->state = CS_CONN_REFUSED;
    c->open_response = *at;
    c->status = message[2];
    c->ext_status = message[3] && len >= 6 ? cs_le16(message + 4) : 0;
    changed(cap);
}

static void take_close(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, const uint8_t *body,
                       size_t len)
{
    cs_connection_triad triad;
    if (!cs_triad_read(body, len, &triad))
        return;
    cs_connection *c = by_triad(cap, stream, 1 - sender, &triad, false);
    if (!c || c->state != CS_CONN_OPEN)
        return;
    c->state = CS_CONN_CLOSED;
    c->close = *at;
    cap->finished = false;
}

/* ---------------------------------------------------------------- messages within messages */

static void scan(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, const uint8_t *message, size_t len,
                 int depth);

/* Multiple_Service_Packet: a count, offsets from the count on, messages. */
static void scan_multiple(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, const uint8_t *body,
                          size_t len, int depth)
{
    unsigned count = len >= 2 ? cs_le16(body) : 0;
    for (unsigned i = 0; i < count && i < MAX_MESSAGES && 4 + 2 * (size_t)i <= len; i++) {
        size_t from = cs_le16(body + 2 + 2 * i);
        size_t to = i + 1 < count && 6 + 2 * (size_t)i <= len ? cs_le16(body + 4 + 2 * i) : len;
        if (from >= 2 && from < to && to <= len)
            scan(cap, stream, sender, at, body + from, to - from, depth + 1);
    }
}

static CS_RARE void scan_response(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                  const uint8_t *message, size_t len, int depth)
{
    if (len < 4 || len < 4 + 2 * (size_t)message[3])
        return;
    const uint8_t *body = message + 4 + 2 * message[3];
    size_t body_len = len - 4 - 2 * (size_t)message[3];
    bool success = message[2] == 0;
    switch (message[0] & ~SC_RESPONSE) {
    case CS_CM_FORWARD_OPEN:
    case CS_CM_LARGE_FORWARD_OPEN:
        if (success)
            take_open_success(cap, stream, sender, at, body, body_len);
        else
            take_open_refusal(cap, stream, sender, at, message, len, body, body_len);
        break;
    case CS_CM_FORWARD_CLOSE:
        if (success)
            take_close(cap, stream, sender, at, body, body_len);
        break;
    case SC_MULTIPLE:
        scan_multiple(cap, stream, sender, at, body, body_len, depth);
        break;
    default:
        break;
    }
}

static bool security_class(uint32_t class_id)
{
    return class_id == CS_CLASS_CIP_SECURITY || class_id == CS_CLASS_EIP_SECURITY ||
           class_id == CS_CLASS_CERT_MGMT;
}

/* The services that only a configuration session uses: begun, kept alive, applied, ended, CSRs made. Asking for one is
 * evidence, whether it succeeds or not. */
static bool session_service(uint8_t service, uint32_t class_id)
{
    return security_class(class_id) && service >= SC_FIRST_OF_OBJECT &&
           !(class_id == CS_CLASS_CERT_MGMT && service == SC_VERIFY);
}

/* Changes of any object: evidence only when the device did them, since a refused one configures nothing. */
static bool changing_service(uint8_t service)
{
    switch (service) {
    case SC_SET_ALL:
    case SC_SET_LIST:
    case SC_RESET:
    case SC_CREATE:
    case SC_DELETE:
    case SC_SET:
        return true;
    default:
        return false;
    }
}

static CS_RARE void scan_request(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                 const uint8_t *message, size_t len, int depth)
{
    size_t path_len = len >= 2 ? 2 * (size_t)message[1] : 0;
    if (len < 2 || path_len > len - 2)
        return;
    cs_epath_target target;
    cs_epath_parse(message + 2, path_len, &target);
    const uint8_t *body = message + 2 + path_len;
    size_t body_len = len - 2 - path_len;
    if (session_service(message[0], target.class_id))
        stream->saw_config = true;
    if (target.class_id == CLASS_MESSAGE_ROUTER && message[0] == SC_MULTIPLE) {
        scan_multiple(cap, stream, sender, at, body, body_len, depth);
        return;
    }
    if (target.class_id != CS_CM_CLASS)
        return;
    if (message[0] == CS_CM_FORWARD_OPEN || message[0] == CS_CM_LARGE_FORWARD_OPEN) {
        take_open_request(cap, stream, sender, at, message[0] == CS_CM_LARGE_FORWARD_OPEN, body, body_len);
    } else if (message[0] == CS_CM_UNCONNECTED_SEND) {
        size_t inner_len;
        const uint8_t *inner = cs_unconnected_send_message(body, body_len, &inner_len);
        if (inner)
            scan(cap, stream, sender, at, inner, inner_len, depth + 1);
    }
}

static void scan(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, const uint8_t *message, size_t len,
                 int depth)
{
    if (depth >= MAX_DEPTH || len == 0)
        return;
    if (message[0] & SC_RESPONSE)
        scan_response(cap, stream, sender, at, message, len, depth);
    else
        scan_request(cap, stream, sender, at, message, len, depth);
}

void cs_observe_connection_message(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                   const uint8_t *message, size_t len)
{
    scan(cap, stream, sender, at, message, len, 0);
}

void cs_connections_observe(cs_capture *cap, const cs_cip_message *msg)
{
    (void)cap;
    if (!msg->stream || !security_class(msg->class_id))
        return;
    if (session_service(msg->service, msg->class_id) ||
        (msg->response && msg->status == 0 && changing_service(msg->service))) {
        msg->stream->saw_config = true;
        cs_stream_update(msg->stream);
    }
}

/* ---------------------------------------------------------------- data */

static bool is_multicast(const cs_addr *addr)
{
    return addr->family == 4 ? (addr->bytes[0] & 0xF0) == 0xE0 : addr->family == 6 && addr->bytes[0] == 0xFF;
}

/* Devices use ids again. In a merged capture either the frames or the times may be out of order. */
static bool is_before(const cs_when *at, const cs_when *opened)
{
    return at->frame < opened->frame && at->ns < opened->ns;
}

cs_connection *cs_capture_find_connection(const cs_capture *cap, const cs_stream *stream, int sender,
                                          const cs_when *at, uint32_t connection_id, bool *to_target)
{
    const GPtrArray *same = g_hash_table_lookup(cap->connection_ids, GUINT_TO_POINTER(connection_id));
    const cs_addr *from = &stream->end[sender].ep.addr, *to = &stream->end[1 - sender].ep.addr;
    unsigned looked = 0;
    for (unsigned i = same ? same->len : 0; i-- > 0 && looked < MAX_SAME; looked++) {
        cs_connection *c = g_ptr_array_index(same, i);
        if (c->state == CS_CONN_REFUSED || is_before(at, &c->open_request))
            continue;
        if (c->id_ot == connection_id && cs_addr_equal(from, &c->originator.addr) &&
            (cs_addr_equal(to, &c->target.addr) || is_multicast(to))) {
            *to_target = true;
            return c;
        }
        if (c->id_to == connection_id && cs_addr_equal(from, &c->target.addr) &&
            (cs_addr_equal(to, &c->originator.addr) || is_multicast(to))) {
            *to_target = false;
            return c;
        }
    }
    return NULL;
}

/* Another capture may hold the Forward_Open: the id and its sender are what ties the two together. */
static CS_RARE void remember_loose(cs_stream *stream, int sender, uint32_t connection_id)
{
    for (unsigned i = 0; i < stream->n_loose; i++)
        if (stream->loose[i].id == connection_id && stream->loose[i].sender == sender)
            return;
    if (!connection_id || stream->n_loose >= G_N_ELEMENTS(stream->loose))
        return;
    stream->loose[stream->n_loose].id = connection_id;
    stream->loose[stream->n_loose++].sender = sender;
}

/* Data of another connection than the last, or a Forward_Open or its answer came between. */
static CS_RARE void find_carried(const cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                 uint32_t connection_id)
{
    cs_carried *carried = &stream->carried[sender];
    cs_connection *c = cs_capture_find_connection(cap, stream, sender, at, connection_id, &carried->to_target);
    if (c && c->carried_on[!carried->to_target] != stream)
        now_carried(c, stream, carried->to_target, sender);
    if (!c)
        remember_loose(stream, sender, connection_id);
    carried->connection = c;
    carried->class01 = c && cs_connection_class(c) <= 1;
    carried->id = connection_id;
    carried->changes = cap->connection_changes;
    carried->known = true;
}

cs_connection *cs_observe_connected_data(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                         uint32_t connection_id, bool *to_target)
{
    const cs_carried *carried = &stream->carried[sender];
    if (!carried->known || carried->id != connection_id || carried->changes != cap->connection_changes)
        find_carried(cap, stream, sender, at, connection_id);
    *to_target = carried->to_target;
    return carried->connection;
}
