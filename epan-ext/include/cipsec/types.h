/* types.h
 * Addresses, points in time and the value sets that users see as `cipsec.*` fields.
 *
 * The numbers of the enumerations are the product's contract (docs/fields.md): scripts filter on them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TYPES_H
#define CIPSEC_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <glib.h>

/** For a function that most packets do not come to. It is kept out of the way of the others: what the module costs is
 *  to a good part the fetching of its code, between much of Wireshark's own. */
#define CS_RARE __attribute__((cold, noinline))

#define CS_CACHE_LINE 64

/** Asks for memory that will soon be needed and has probably left the caches. All its lines come at once and while
 *  something else is done, where each use would wait for its own. @param p may be no longer valid */
static inline void cs_fetch(const void *p, size_t len)
{
#pragma GCC unroll 16
    for (size_t at = 0; at < len; at += CS_CACHE_LINE)
        __builtin_prefetch((const char *)p + at, 1);
}

/** An IPv4 or IPv6 address; family 0 means "not known". */
typedef struct {
    uint8_t family; /**< 0, 4 or 6 */
    uint8_t bytes[16]; /**< network order; the first 4 count for family 4, the rest are 0 */
} cs_addr;

typedef struct {
    cs_addr addr;
    uint16_t port;
} cs_endpoint;

/** Where in the capture: frame 0 means "never seen". */
typedef struct {
    uint32_t frame;
    int64_t ns; /**< since 1970-01-01 UTC */
} cs_when;

_Static_assert(sizeof(cs_addr) == 17, "cs_addr_equal() compares all of it, so there may be no padding");

/** Both must be zeroed beyond the used bytes, as cs_addr promises. */
static inline bool cs_addr_equal(const cs_addr *a, const cs_addr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

#define CS_ADDR_STRLEN 48
/** Writes the address as text ("10.17.81.51", "fd00::1", "unknown"). @return buf */
const char *cs_addr_to_str(const cs_addr *addr, char buf[CS_ADDR_STRLEN]);
#define CS_ENDPOINT_STRLEN 56
/** Writes "10.17.81.51:2221" or "[fd00::1]:2221". @return buf */
const char *cs_endpoint_to_str(const cs_endpoint *ep, char buf[CS_ENDPOINT_STRLEN]);
/** Hash and equality of cs_addr for GHashTable keys. */
guint cs_addr_hash(gconstpointer addr);
gboolean cs_addr_equal_key(gconstpointer a, gconstpointer b);

typedef enum { CS_TRANSPORT_TLS = 1, CS_TRANSPORT_DTLS = 2, CS_TRANSPORT_TCP = 3, CS_TRANSPORT_UDP = 4 } cs_transport;

typedef enum { CS_ROLE_UNKNOWN = 0, CS_ROLE_CLIENT = 1, CS_ROLE_SERVER = 2 } cs_role;

typedef enum {
    CS_ROLE_SOURCE_NONE = 0,
    CS_ROLE_SOURCE_CLIENT_HELLO = 1,
    CS_ROLE_SOURCE_HANDSHAKE = 2,
    CS_ROLE_SOURCE_SYN = 3,
    CS_ROLE_SOURCE_PORT = 4,
    CS_ROLE_SOURCE_FORWARD_OPEN = 5 /**< I/O: the originator of the connection counts as client */
} cs_role_source;

typedef enum {
    CS_CLASS_UNKNOWN = 0,
    CS_CLASS_3 = 1,
    CS_CLASS_0_1 = 2,
    CS_CLASS_UNCONNECTED = 3,
    CS_CLASS_EXPLICIT = 4,
    CS_CLASS_IMPLICIT_AND_EXPLICIT = 5
} cs_cip_class;

typedef enum {
    CS_CLASS_SOURCE_NONE = 0,
    CS_CLASS_SOURCE_FORWARD_OPEN = 1,
    CS_CLASS_SOURCE_CONTENT = 2,
    CS_CLASS_SOURCE_TRANSPORT = 3
} cs_class_source;

typedef enum {
    CS_CONF_NONE = 0,
    CS_CONF_AUTHENTICATED = 1,
    CS_CONF_ENCRYPTED = 2,
    CS_CONF_UNKNOWN = 3
} cs_confidentiality;

typedef enum {
    CS_CONF_SOURCE_NONE = 0,
    CS_CONF_SOURCE_HANDSHAKE = 1,
    CS_CONF_SOURCE_CONTENT = 2,
    CS_CONF_SOURCE_PORT = 3
} cs_conf_source;

typedef enum {
    CS_KIND_UNKNOWN = 0,
    CS_KIND_PROVISIONING = 1,
    CS_KIND_EXPLICIT = 2,
    CS_KIND_IO = 3,
    CS_KIND_ENROLLMENT = 4,
    CS_KIND_FAILED_HANDSHAKE = 5,
    CS_KIND_NOT_ENIP = 6
} cs_kind;

typedef enum {
    CS_HANDSHAKE_NOT_CAPTURED = 0,
    CS_HANDSHAKE_INCOMPLETE = 1,
    CS_HANDSHAKE_COMPLETE = 2,
    CS_HANDSHAKE_RESUMED = 3,
    CS_HANDSHAKE_FAILED = 4
} cs_handshake_state;

#endif
