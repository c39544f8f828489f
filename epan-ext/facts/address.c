/* address.c
 * Text, hash and equality of addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/types.h>

#include <arpa/inet.h>
#include <string.h>

/* Several texts a packet: inet_ntop() formats IPv4 with printf. */
static void ipv4_to_str(const uint8_t *bytes, char *p)
{
    for (int i = 0; i < 4; i++) {
        uint8_t n = bytes[i];
        if (n >= 100)
            *p++ = (char)('0' + n / 100);
        if (n >= 10)
            *p++ = (char)('0' + n / 10 % 10);
        *p++ = (char)('0' + n % 10);
        *p++ = i < 3 ? '.' : '\0';
    }
}

const char *cs_addr_to_str(const cs_addr *addr, char buf[CS_ADDR_STRLEN])
{
    if (addr->family == 4)
        ipv4_to_str(addr->bytes, buf);
    else if (addr->family == 6)
        inet_ntop(AF_INET6, addr->bytes, buf, CS_ADDR_STRLEN);
    else
        g_strlcpy(buf, "unknown", CS_ADDR_STRLEN);
    return buf;
}

const char *cs_endpoint_to_str(const cs_endpoint *ep, char buf[CS_ENDPOINT_STRLEN])
{
    char addr[CS_ADDR_STRLEN];
    g_snprintf(buf, CS_ENDPOINT_STRLEN, ep->addr.family == 6 ? "[%s]:%u" : "%s:%u", cs_addr_to_str(&ep->addr, addr),
               ep->port);
    return buf;
}

guint cs_addr_hash(gconstpointer key)
{
    const cs_addr *addr = key;
    uint32_t words[4];
    memcpy(words, addr->bytes, sizeof words);
    guint h = addr->family;
    for (int i = 0; i < 4; i++)
        h = (h ^ words[i]) * 2654435761u;
    return h ^ h >> 16;
}

gboolean cs_addr_equal_key(gconstpointer a, gconstpointer b)
{
    return cs_addr_equal(a, b);
}
