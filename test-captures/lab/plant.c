/* plant.c
 * The nodes of the practice plant. Addresses that the guide prints are kept; the others lie in the same zones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "plant.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

static const lab_node nodes[] = {
    { "FTPM_FTSS", "10.18.2.75", "ftss", NULL, NULL, 0, 0, 0, false },
    { "FT_Linx", "10.18.2.76", "linx", NULL, NULL, 0, 0, 0, false },
    { "EST_Server", "10.18.2.80", "est-server", NULL, NULL, 0, 0, 0, false },
    { "Blue_L85E", "10.17.82.21", "blue-l85e", "vendor-blue-l85e", "1756-L85E/B", 14, 168, 0x00B51A21, true },
    { "Green_L85E", "10.17.83.21", "green-l85e", NULL, "1756-L85E/B", 14, 168, 0x00B51A22, true },
    { "Green_EN4TR", "10.17.83.31", "green-en4tr", "vendor-green-en4tr", "1756-EN4TR/A", 12, 315, 0x00E4A331, true },
    { "Red_EN4TR", "10.17.80.31", "red-en4tr", NULL, "1756-EN4TR/A", 12, 315, 0x00E4A031, true },
    { "Yellow_EN4TR", "10.17.81.31", "yellow-en4tr", "vendor-yellow-en4tr", "1756-EN4TR/A", 12, 315, 0x00E4A131, true },
    { "Local_EN4TR", "10.17.81.51", "local-en4tr", NULL, "1756-EN4TR/A", 12, 315, 0x00E4A151, true },
    { "Bridge_EN4TR", "10.17.80.51", "bridge-en4tr", NULL, "1756-EN4TR/A", 12, 315, 0x00E4A051, true },
    { "IO_5069", "10.17.81.41", NULL, NULL, "5069-AEN2TR/A", 12, 271, 0x00506941, false },
    { "Panel_EN2TR", "10.17.81.61", NULL, NULL, "1756-EN2TR/C", 12, 200, 0x00E2A161, false },
};

const lab_node *plant_node(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++) {
        if (g_str_equal(nodes[i].name, name))
            return &nodes[i];
    }
    fprintf(stderr, "no node named %s in the plant\n", name);
    exit(2);
}

unsigned plant_count(void)
{
    return G_N_ELEMENTS(nodes);
}

const lab_node *plant_at(unsigned index)
{
    return &nodes[index];
}

uint32_t plant_ip(const char *address)
{
    unsigned a = 0, b = 0, c = 0, d = 0;

    if (sscanf(address, "%u.%u.%u.%u", &a, &b, &c, &d) != 4) {
        fprintf(stderr, "not an IPv4 address: %s\n", address);
        exit(2);
    }
    return a << 24 | b << 16 | c << 8 | d;
}
