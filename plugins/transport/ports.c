/* ports.c
 * The ports of the wrapper, and how Wireshark's EtherNet/IP dissectors are called on other ports than 2221.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ports.h"

#include "../analysis/analysis.h"
#include "../analysis/packet.h"

#include <epan/exceptions.h>

#define CS_DEFAULT_PORT 2221

static cs_content_handles content; /* on port 2221 */
static cs_content_handles elsewhere; /* ours, on the other ports of the preference */
static cs_content_handles wrapper;
static range_t *wrapped; /* the ports that the wrapper has now */
static GHashTable *replaced; /* "table/port" -> what Wireshark had there before */

/* ---------------------------------------------------------------- content on other ports */

static bool is_other(uint32_t port)
{
    return port != CS_DEFAULT_PORT && cs_is_secure_port(port);
}

/* One by which Wireshark tells requests from responses. */
static bool is_known(uint32_t port)
{
    return port == CS_DEFAULT_PORT || port == CS_PORT_ENIP;
}

/* Which of a packet's ports is a server's. Where the preference names a client's port too, the other one may be of
 * those that are meant for it; else the roles tell. */
static void find_server_port(packet_info *pinfo, bool *source, bool *destination)
{
    *source = is_known(pinfo->srcport);
    *destination = is_known(pinfo->destport);
    if (*source != *destination)
        return;
    *source = cs_is_secure_port(pinfo->srcport);
    *destination = cs_is_secure_port(pinfo->destport);
    const cs_packet *packet = *source && *destination ? cs_packet_get(pinfo) : NULL;
    if (packet && packet->stream->client >= 0) {
        *source = packet->sender != packet->stream->client;
        *destination = !*source;
    }
}

static CS_RARE int call_renamed(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                                void *data)
{
    uint32_t source = pinfo->srcport, destination = pinfo->destport;
    volatile int len = 0;
    bool from_server, to_server;
    find_server_port(pinfo, &from_server, &to_server);
    if (from_server && !is_known(source))
        pinfo->srcport = CS_DEFAULT_PORT;
    if (to_server && !is_known(destination))
        pinfo->destport = CS_DEFAULT_PORT;
    TRY
    {
        len = call_dissector_only(handle, tvb, pinfo, tree, data);
    }
    FINALLY
    {
        pinfo->srcport = source;
        pinfo->destport = destination;
    }
    ENDTRY;
    return len;
}

int cs_ports_call(dissector_handle_t handle, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    if (G_UNLIKELY(is_other(pinfo->srcport) || is_other(pinfo->destport)))
        return call_renamed(handle, tvb, pinfo, tree, data);
    return call_dissector_only(handle, tvb, pinfo, tree, data);
}

static int dissect_tls_content(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return cs_ports_call(content.tls, tvb, pinfo, tree, data);
}

static int dissect_dtls_content(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    return cs_ports_call(content.dtls, tvb, pinfo, tree, data);
}

bool cs_ports_content(cs_content_handles *found)
{
    found->tls = dissector_get_uint_handle(find_dissector_table("tls.port"), CS_DEFAULT_PORT);
    found->dtls = dissector_get_uint_handle(find_dissector_table("dtls.port"), CS_DEFAULT_PORT);
    return found->tls && found->dtls;
}

/* ---------------------------------------------------------------- which ports */

static char *key_of(const char *table, uint32_t port)
{
    return g_strdup_printf("%s/%u", table, port);
}

dissector_handle_t cs_ports_udp(uint32_t port)
{
    dissector_handle_t handle = dissector_get_uint_handle(find_dissector_table("udp.port"), port);
    if (handle && handle == wrapper.dtls) {
        char *key = key_of("udp.port", port);
        handle = g_hash_table_lookup(replaced, key);
        g_free(key);
    }
    return handle;
}

static void take_port(const char *table, uint32_t port, dissector_handle_t handle)
{
    dissector_handle_t before = dissector_get_uint_handle(find_dissector_table(table), port);
    if (before)
        g_hash_table_insert(replaced, key_of(table, port), before);
    dissector_add_uint(table, port, handle);
}

static void give_back_port(const char *table, uint32_t port, dissector_handle_t handle)
{
    char *key = key_of(table, port);
    dissector_handle_t before = g_hash_table_lookup(replaced, key);
    dissector_delete_uint(table, port, handle);
    if (before)
        dissector_add_uint(table, port, before);
    g_hash_table_remove(replaced, key);
    g_free(key);
}

typedef void (*port_change)(const char *table, uint32_t port, dissector_handle_t handle);

static void change_port(uint32_t port, port_change change)
{
    change("tcp.port", port, wrapper.tls);
    change("udp.port", port, wrapper.dtls);
    if (port == CS_DEFAULT_PORT)
        return;
    change("tls.port", port, elsewhere.tls);
    change("dtls.port", port, elsewhere.dtls);
}

static void take_ports(uint32_t port, void *data)
{
    (void)data;
    change_port(port, take_port);
}

static void give_back_ports(uint32_t port, void *data)
{
    (void)data;
    change_port(port, give_back_port);
}

void cs_transport_ports_changed(void)
{
    if (!wrapper.tls || ranges_are_equal(wrapped, cs_prefs.ports))
        return;
    range_foreach(wrapped, give_back_ports, NULL);
    wmem_free(wmem_epan_scope(), wrapped);
    wrapped = range_copy(wmem_epan_scope(), cs_prefs.ports);
    range_foreach(wrapped, take_ports, NULL);
}

void cs_ports_handoff(const cs_content_handles *found, dissector_handle_t tls_wrapper, dissector_handle_t dtls_wrapper)
{
    content = *found;
    wrapper = (cs_content_handles){tls_wrapper, dtls_wrapper};
    elsewhere.tls = create_dissector_handle(dissect_tls_content, dissector_handle_get_protocol_index(tls_wrapper));
    elsewhere.dtls = create_dissector_handle(dissect_dtls_content, dissector_handle_get_protocol_index(dtls_wrapper));
    replaced = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    wrapped = range_empty(wmem_epan_scope());
    cs_transport_ports_changed();
}
