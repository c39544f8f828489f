/* plugin.h
 * What the parts of the module share: registration entry points, preferences, the current capture and packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PLUGIN_H
#define CIPSEC_PLUGIN_H

#include "cs_compat.h"

#include <epan/expert.h>
#include <epan/packet.h>
#include <epan/range.h>

#include <cipsec/model.h>

/** Preferences of the protocol `cipsec`; names and defaults are the contract's. */
typedef struct {
    range_t *ports; /**< CIP Security ports, TCP and UDP */
    const char *trust_file;
    unsigned expiry_days;
    cs_gboolean show_psk;
    cs_gboolean integrity_only_midstream;
} cs_preferences;
extern cs_preferences cs_prefs;

/** A bit for each port: looked at for every packet of a capture. */
typedef struct {
    uint64_t mod_64; /**< bit n: one of them has the remainder n. Spares most packets the memory of the bits */
    uint8_t bits[8192];
} cs_port_set;
extern cs_port_set cs_secure_ports; /**< those of cs_prefs.ports */
static inline bool cs_port_in(const cs_port_set *set, uint32_t port)
{
    return (set->mod_64 >> port % 64 & 1) && port < 65536 && (set->bits[port >> 3] >> (port & 7) & 1);
}
/** What is asked for with most packets of a capture, in one line of the cache. */
typedef struct {
    uint64_t ports_mod_64; /**< as in cs_port_set, of the CIP Security ports and those of EtherNet/IP in the clear */
    uint32_t last_enrollment; /**< the last frame that carried a device's enrollment, perhaps on a port of no stream */
    int tap; /**< the number of the tap `cipsec` */
    cs_capture *capture; /**< the model of the open file, NULL before its first packet */
    bool enabled; /**< the protocol `cipsec` is, for the whole file */
} __attribute__((aligned(CS_CACHE_LINE))) cs_hot_data;
extern cs_hot_data cs_hot;

/** @return true for a CIP Security port. */
static inline bool cs_is_secure_port(uint32_t port)
{
    return cs_port_in(&cs_secure_ports, port);
}
#define CS_PORT_ENIP 44818
#define CS_PORT_ENIP_IO 2222

extern int proto_cipsec; /**< the analysis protocol, also the key of our packet data */

CS_RARE cs_capture *cs_open_capture_new(void);
/** The capture model of the open file; never NULL while packets are dissected. */
static inline cs_capture *cs_current_capture(void)
{
    return cs_hot.capture ? cs_hot.capture : cs_open_capture_new();
}

/** What the transport wrapper knows of the packet being dissected. Lives as long as its dissection. */
typedef struct {
    cs_stream *stream;
    cs_when at;
    int sender; /**< index in stream->end[] */
    bool shown; /**< somebody wants the tree */
    bool on_secure_port; /**< matched cipsec.ports */
    bool settled; /**< records of TLS or DTLS were seen in the stream before; false also: not known */
    bool read; /**< a dissector got its payload */
    bool observed; /**< so did the observer of EtherNet/IP, whoever shows it */
    bool payload_known; /**< told by who dissected the datagram */
    uint32_t payload; /**< length of the transport payload, where that is known */
} cs_packet;

/** @return the packet's context, created (with its stream, where ports say it is one of ours) when it is new;
 *  NULL when the packet belongs to no stream of ours. Works on every pass and for every carrier. */
cs_packet *cs_packet_get(packet_info *pinfo);
cs_when cs_packet_when(const packet_info *pinfo);
/** Converts; family 0 for anything but IPv4 and IPv6. */
cs_addr cs_addr_from_ws(const address *addr);

/** Shows an expert info on item and, on the first pass, adds the finding to the model.
 *  @param fmt detail beyond the finding's fixed text, NULL for none. */
void cs_expert(packet_info *pinfo, proto_item *item, cs_finding_kind kind, const char *fmt, ...) G_GNUC_PRINTF(4, 5);
/** As cs_expert, without a finding in the model: for repeated or purely local remarks. */
void cs_expert_only(packet_info *pinfo, proto_item *item, cs_finding_kind kind, const char *fmt, ...)
    G_GNUC_PRINTF(4, 5);

/* One pair a part; module.c calls them. Handoffs run after all registrations. */
void cs_objects_register(void);
void cs_objects_handoff(void);
void cs_transport_register(void);
void cs_transport_handoff(void);
void cs_analysis_register(void);
void cs_analysis_handoff(void);
void cs_statistics_register(void);
void cs_statistics_handoff(void);

#endif
