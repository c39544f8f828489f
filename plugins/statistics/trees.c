/* trees.c
 * Statistics > CIP Security: counts and rates of packets by protection, and by device. Also `-z cipsec_protection,tree`
 * and `-z cipsec_peers,tree`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/names.h"
#include "../analysis/policy_pref.h"
#include "../tap.h"

#include <epan/stats_tree.h>

#define MENU "CIP Security" CS_MENU_SEPARATOR
#define PROTECTION "Packets by protection"
#define PEERS "Devices, whom they talk with and how"

/* Windows show of a node's name what follows its last slash. */
static int tick(stats_tree *tree, char *name, int parent, bool with_children)
{
    return tick_stat_node(tree, g_strdelimit(name, "/", '-'), parent, with_children);
}

static char *stream_label(wmem_allocator_t *pool, const cs_stream *s)
{
    const cs_end *client = cs_stream_client(s), *server = cs_stream_server(s);
    if (client)
        return wmem_strdup_printf(pool, "stream %u: %s -> %s", s->index, cs_table_endpoint(pool, &client->ep),
                                  cs_table_endpoint(pool, &server->ep));
    return wmem_strdup_printf(pool, "stream %u: %s and %s, roles unknown", s->index,
                              cs_table_endpoint(pool, &s->end[0].ep), cs_table_endpoint(pool, &s->end[1].ep));
}

/* "DTLS, Authenticated": None is the devices' word for the clear ports, where there is no session to speak of. */
static char *protection_of(wmem_allocator_t *pool, const cs_stream *s)
{
    return wmem_strdup_printf(pool, "%s, %s", cs_name(cs_names_transport, s->transport),
                              s->conf == CS_CONF_UNKNOWN ? "protection unknown"
                                                         : cs_name(cs_names_confidentiality, s->conf));
}

static void protection_init(stats_tree *tree)
{
    stats_tree_create_node(tree, PROTECTION, 0, STAT_DT_INT, TRUE);
}

static tap_packet_status protection_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_,
                                           const void *data, tap_flags_t flags _U_)
{
    const cs_stream *s = ((const cs_tap_packet *)data)->stream;
    const char *kind = s->kind == CS_KIND_UNKNOWN ? "kind of session unknown" : cs_name(cs_names_kind, s->kind);
    tick_stat_node(tree, PROTECTION, 0, TRUE);
    int root = stats_tree_parent_id_by_name(tree, PROTECTION);
    /* names are unique in a tree: each carries those above it */
    char *protection = protection_of(pinfo->pool, s);
    int by_protection = tick(tree, protection, root, true);
    int by_kind = tick(tree, wmem_strdup_printf(pinfo->pool, "%s: %s", protection, kind), by_protection, true);
    tick(tree, stream_label(pinfo->pool, s), by_kind, false);
    return TAP_PACKET_REDRAW;
}

static void peers_init(stats_tree *tree)
{
    stats_tree_create_node(tree, PEERS, 0, STAT_DT_INT, TRUE);
}

static const char *role_of(const cs_stream *s, int end)
{
    return s->client < 0 ? "with" : s->client == end ? "as client of" : "as server of";
}

static tap_packet_status peers_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_, const void *data,
                                      tap_flags_t flags _U_)
{
    const cs_stream *s = ((const cs_tap_packet *)data)->stream;
    tick_stat_node(tree, PEERS, 0, TRUE);
    int root = stats_tree_parent_id_by_name(tree, PEERS);
    for (int end = 0; end < 2; end++) {
        const char *device = cs_label_addr(pinfo->pool, &s->end[end].ep.addr);
        const char *peer = cs_label_addr(pinfo->pool, &s->end[1 - end].ep.addr);
        int id = tick(tree, wmem_strdup(pinfo->pool, device), root, true);
        tick(tree,
             wmem_strdup_printf(pinfo->pool, "%s %s %s: %s", device, role_of(s, end), peer,
                                protection_of(pinfo->pool, s)),
             id, false);
    }
    return TAP_PACKET_REDRAW;
}

void cs_trees_register(void)
{
    stats_tree_register_plugin(CS_TAP_NAME, "cipsec_protection", MENU "Packets by Protection", 0, protection_packet,
                               protection_init, NULL);
    stats_tree_register_plugin(CS_TAP_NAME, "cipsec_peers", MENU "Packets by Device", 0, peers_packet, peers_init,
                               NULL);
}
