/* pages.h
 * The device web pages for every device of a capture: TCP, TLS, DTLS and Bridge Connections.
 *
 * A device's page lists its own connections. Offline each end of a stream is a local device with such a page.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_PAGES_H
#define CIPSEC_PAGES_H

#include <cipsec/model.h>

/** Which set of the TCP Connections page: initiated or accepted by the local device, secured or not. */
typedef enum {
    CS_TCP_INITIATED_SECURED,
    CS_TCP_ACCEPTED_SECURED,
    CS_TCP_INITIATED_UNSECURED,
    CS_TCP_ACCEPTED_UNSECURED,
    CS_TCP_UNKNOWN_SET /**< who initiated it is not known */
} cs_tcp_set;

typedef struct {
    const cs_stream *stream;
    int local; /**< index of the local device in stream->end[] */
    cs_tcp_set set;
    const char *state; /**< ESTABLISHED, SYN_SENT, REFUSED, CLOSED, RESET; static */
} cs_tcp_row;

#define CS_SIDE_CLIENT 1u
#define CS_SIDE_SERVER 2u

/** A row of the TLS or DTLS page: all sessions of a local device with one remote device over one cipher suite. */
typedef struct {
    cs_addr local, remote;
    bool have_suite; /**< false: the handshake was not captured */
    uint16_t suite, version;
    cs_confidentiality conf;
    unsigned sides; /**< CS_SIDE_* of the local device; 0 unknown */
    unsigned sessions;
    unsigned established; /**< of these: not seen to end */
    GPtrArray *streams; /**< const cs_stream*, owned by the row */
} cs_tls_row;

/** A row of the Bridge page: a CIP connection, or a stream whose CIP connections cannot be seen. */
typedef struct {
    cs_addr local, link; /**< link: the other end */
    const cs_connection *connection; /**< NULL when only the stream is known */
    const cs_stream *stream; /**< where the data go; NULL when never seen */
    const char *cip_class; /**< "3", "1", "0", "0/1", "explicit", "unknown"; static */
    const char *direction; /**< "From": opened by the other end; "To": opened by the local device; "unknown" */
    cs_confidentiality conf;
    const char *state; /**< "open", "closed", "refused", "no answer", "seen"; static */
} cs_bridge_row;

/** Decides whether an end of a stream is shown. stream is never NULL. */
typedef bool (*cs_page_filter)(const void *user, const cs_stream *stream, int end);

/** Rows in order of local address and set; the caller frees the array, which owns its rows.
 *  @param filter NULL = all. */
GPtrArray *cs_page_tcp(const cs_capture *cap, cs_page_filter filter, const void *user);
/** @param transport CS_TRANSPORT_TLS or CS_TRANSPORT_DTLS. */
GPtrArray *cs_page_tls(const cs_capture *cap, cs_transport transport, cs_page_filter filter, const void *user);
GPtrArray *cs_page_bridge(const cs_capture *cap, cs_page_filter filter, const void *user);

/** "Initiated, secured", ... Static. */
const char *cs_tcp_set_name(cs_tcp_set set);
/** "Client", "Server", "Server and Client" or "unknown". Static. */
const char *cs_sides_name(unsigned sides);
/** "Encrypted", "Authenticated", "None" or "unknown". Static. */
const char *cs_confidentiality_name(cs_confidentiality conf);
/** Order of addresses: IPv4 before IPv6, then by value. */
int cs_addr_compare(const cs_addr *a, const cs_addr *b);

#endif
