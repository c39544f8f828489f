/* pages.c
 * The device web pages, made from streams and connections.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/pages.h>

#include "model_private.h"

#include <string.h>

#define MAX_ROWS 100000

int cs_addr_compare(const cs_addr *a, const cs_addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

const char *cs_tcp_set_name(cs_tcp_set set)
{
    static const char *const names[] = {"Initiated, secured", "Accepted, secured", "Initiated, unsecured",
                                        "Accepted, unsecured", "Initiator unknown"};
    return names[set];
}

const char *cs_sides_name(unsigned sides)
{
    static const char *const names[] = {"unknown", "Client", "Server", "Server and Client"};
    return names[sides & 3];
}

const char *cs_confidentiality_name(cs_confidentiality conf)
{
    static const char *const names[] = {"None", "Authenticated", "Encrypted", "unknown"};
    return names[conf];
}

static const char *tcp_state(const cs_stream *s)
{
    if (s->port_closed)
        return "REFUSED";
    /* One direction is enough when it carries data: nobody sends any before the other end has answered. */
    bool one_way = s->end[0].packets == 0 || s->end[1].packets == 0;
    if (one_way && s->syn && s->end[0].bytes + s->end[1].bytes == 0)
        return "SYN_SENT";
    return s->rst ? "RESET" : s->fin ? "CLOSED" : "ESTABLISHED";
}

/* What the other end had on its way when a session ended. */
#define RECORDS_ON_THE_WAY 16

static bool is_established(const cs_stream *s)
{
    if (s->transport == CS_TRANSPORT_TLS && (s->fin || s->rst))
        return false;
    return !s->ended || s->app_records > s->ended_after + RECORDS_ON_THE_WAY;
}

static int compare_tcp(const void *a, const void *b)
{
    const cs_tcp_row *x = *(cs_tcp_row *const *)a, *y = *(cs_tcp_row *const *)b;
    int order = cs_addr_compare(&x->stream->end[x->local].ep.addr, &y->stream->end[y->local].ep.addr);
    if (order == 0)
        order = (int)x->set - (int)y->set;
    if (order == 0)
        order = cs_addr_compare(&x->stream->end[1 - x->local].ep.addr, &y->stream->end[1 - y->local].ep.addr);
    return order ? order : x->stream->index < y->stream->index ? -1 : x->stream->index > y->stream->index;
}

GPtrArray *cs_page_tcp(const cs_capture *cap, cs_page_filter filter, const void *user)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < cap->streams->len && rows->len < MAX_ROWS; i++) {
        const cs_stream *s = cap->streams->pdata[i];
        bool secured = s->transport == CS_TRANSPORT_TLS;
        if (!secured && s->transport != CS_TRANSPORT_TCP)
            continue;
        for (int local = 0; local < 2; local++) {
            if (filter && !filter(user, s, local))
                continue;
            cs_tcp_row *row = g_new0(cs_tcp_row, 1);
            bool initiated = s->client == local;
            row->stream = s;
            row->local = local;
            row->set = s->client < 0 ? CS_TCP_UNKNOWN_SET
                       : secured     ? (initiated ? CS_TCP_INITIATED_SECURED : CS_TCP_ACCEPTED_SECURED)
                                     : (initiated ? CS_TCP_INITIATED_UNSECURED : CS_TCP_ACCEPTED_UNSECURED);
            row->state = tcp_state(s);
            g_ptr_array_add(rows, row);
        }
    }
    g_ptr_array_sort(rows, compare_tcp);
    return rows;
}

static void tls_row_free(gpointer data)
{
    cs_tls_row *row = data;
    g_ptr_array_unref(row->streams);
    g_free(row);
}

static guint tls_row_hash(gconstpointer key)
{
    const cs_tls_row *row = key;
    return cs_addr_hash(&row->local) * 31 + cs_addr_hash(&row->remote) * 7 + row->suite + row->have_suite;
}

static gboolean tls_row_equal(gconstpointer a, gconstpointer b)
{
    const cs_tls_row *x = a, *y = b;
    return cs_addr_equal(&x->local, &y->local) && cs_addr_equal(&x->remote, &y->remote) && x->suite == y->suite &&
           x->have_suite == y->have_suite && x->version == y->version && x->conf == y->conf;
}

static int compare_tls(const void *a, const void *b)
{
    const cs_tls_row *x = *(cs_tls_row *const *)a, *y = *(cs_tls_row *const *)b;
    int order = cs_addr_compare(&x->local, &y->local);
    if (order == 0)
        order = cs_addr_compare(&x->remote, &y->remote);
    return order ? order : (int)x->suite - (int)y->suite;
}

/* Established sessions; the page of a device does not show attempts. */
static bool on_tls_page(const cs_stream *s, cs_transport transport)
{
    return s->transport == transport && cs_stream_session_up(s);
}

static cs_tls_row *tls_row(GHashTable *index, GPtrArray *rows, const cs_stream *s, int local)
{
    cs_tls_row key;
    memset(&key, 0, sizeof key);
    key.local = s->end[local].ep.addr;
    key.remote = s->end[1 - local].ep.addr;
    key.have_suite = s->hs.have_suite;
    key.suite = s->hs.have_suite ? s->hs.suite : 0;
    key.version = s->hs.version;
    key.conf = s->conf;
    cs_tls_row *row = g_hash_table_lookup(index, &key);
    if (row || rows->len >= MAX_ROWS)
        return row;
    row = g_memdup2(&key, sizeof key);
    row->streams = g_ptr_array_new();
    g_hash_table_add(index, row);
    g_ptr_array_add(rows, row);
    return row;
}

GPtrArray *cs_page_tls(const cs_capture *cap, cs_transport transport, cs_page_filter filter, const void *user)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(tls_row_free);
    GHashTable *index = g_hash_table_new(tls_row_hash, tls_row_equal);
    for (guint i = 0; i < cap->streams->len; i++) {
        const cs_stream *s = cap->streams->pdata[i];
        for (int local = 0; on_tls_page(s, transport) && local < 2; local++) {
            cs_tls_row *row = !filter || filter(user, s, local) ? tls_row(index, rows, s, local) : NULL;
            if (!row)
                continue;
            row->sessions++;
            row->established += is_established(s);
            row->sides |= s->client < 0 ? 0 : s->client == local ? CS_SIDE_CLIENT : CS_SIDE_SERVER;
            g_ptr_array_add(row->streams, (gpointer)s);
        }
    }
    g_hash_table_destroy(index);
    g_ptr_array_sort(rows, compare_tls);
    return rows;
}

static const char *class_word(const cs_connection *c)
{
    static const char *const words[] = {"0", "1", "2", "3"};
    return cs_connection_class(c) < G_N_ELEMENTS(words) ? words[cs_connection_class(c)] : "unknown";
}

static const char *connection_state(const cs_connection *c)
{
    switch (c->state) {
    case CS_CONN_OPEN:
        return "open";
    case CS_CONN_CLOSED:
        return "closed";
    case CS_CONN_REFUSED:
        return "refused";
    default:
        return "no answer";
    }
}

/* What protects the data: the stream that carries them. Explicit messages stay on the stream of the Forward_Open; I/O
 * goes elsewhere, so nothing is said of it before a packet was seen. */
static const cs_stream *carrier(const cs_connection *c)
{
    if (c->carried_on[0] || c->carried_on[1])
        return c->carried_on[0] ? c->carried_on[0] : c->carried_on[1];
    return cs_connection_class(c) >= 2 ? c->opened_on : NULL;
}

static void add_connection(GPtrArray *rows, const cs_connection *c, cs_page_filter filter, const void *user)
{
    for (int side = 0; side < 2; side++) {
        const cs_stream *via = carrier(c), *any = via ? via : c->opened_on;
        const cs_addr *local = side ? &c->target.addr : &c->originator.addr;
        int end = any && cs_addr_equal(&any->end[0].ep.addr, local) ? 0 : 1;
        if (filter && any && !filter(user, any, end))
            continue;
        cs_bridge_row *row = g_new0(cs_bridge_row, 1);
        row->local = *local;
        row->link = side ? c->originator.addr : c->target.addr;
        row->connection = c;
        row->stream = via;
        row->cip_class = class_word(c);
        row->direction = side ? "From" : "To";
        row->conf = via ? via->conf : CS_CONF_UNKNOWN;
        row->state = connection_state(c);
        g_ptr_array_add(rows, row);
    }
}

/* A stream that carries CIP connections which cannot be read: the class by what the transport says, which knows class 3
 * from unconnected messages no more than the stream's tag does. Who configures a device needs no connection. */
static void add_stream(GPtrArray *rows, const cs_stream *s, cs_page_filter filter, const void *user)
{
    cs_class_source source;
    cs_cip_class cip_class = cs_stream_class(s, &source);
    bool secured = s->transport == CS_TRANSPORT_TLS || s->transport == CS_TRANSPORT_DTLS;
    bool talks = secured ? cs_stream_session_up(s) : cs_stream_is_clear_traffic(s);
    bool io = cip_class == CS_CLASS_0_1 || cip_class == CS_CLASS_IMPLICIT_AND_EXPLICIT;
    if (!talks || (!io && cip_class != CS_CLASS_3 && cip_class != CS_CLASS_EXPLICIT))
        return;
    if (cip_class == CS_CLASS_EXPLICIT && s->saw_enip && !s->saw_class3)
        return; /* readable, and no connection in it */
    if (s->kind == CS_KIND_PROVISIONING || s->kind == CS_KIND_ENROLLMENT)
        return;
    for (int local = 0; local < 2; local++) {
        if (filter && !filter(user, s, local))
            continue;
        cs_bridge_row *row = g_new0(cs_bridge_row, 1);
        row->local = s->end[local].ep.addr;
        row->link = s->end[1 - local].ep.addr;
        row->stream = s;
        row->cip_class = io ? "0/1" : cip_class == CS_CLASS_3 ? "3" : "explicit";
        row->direction = s->client < 0 ? "unknown" : s->client == local ? "To" : "From";
        row->conf = s->conf;
        row->state = "seen";
        g_ptr_array_add(rows, row);
    }
}

static int compare_bridge(const void *a, const void *b)
{
    const cs_bridge_row *x = *(cs_bridge_row *const *)a, *y = *(cs_bridge_row *const *)b;
    int order = cs_addr_compare(&x->local, &y->local);
    if (order == 0)
        order = cs_addr_compare(&x->link, &y->link);
    if (order == 0)
        order = strcmp(y->cip_class, x->cip_class);
    if (order == 0 && x->connection && y->connection)
        order = (int)x->connection->index - (int)y->connection->index;
    return order;
}

GPtrArray *cs_page_bridge(const cs_capture *cap, cs_page_filter filter, const void *user)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < cap->connections->len && rows->len < MAX_ROWS; i++)
        add_connection(rows, cap->connections->pdata[i], filter, user);
    for (guint i = 0; i < cap->streams->len && rows->len < MAX_ROWS; i++) {
        const cs_stream *s = cap->streams->pdata[i];
        if (!s->connections || s->connections->len == 0)
            add_stream(rows, s, filter, user);
    }
    g_ptr_array_sort(rows, compare_bridge);
    return rows;
}
