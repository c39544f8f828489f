/* cs_module.h
 * The symbols by which each Wireshark version recognises a plugin. Included once, by module.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CS_MODULE_H
#define CS_MODULE_H

#include "cs_compat.h"

#if __has_include(<wsutil/plugins.h>)
#include <wsutil/plugins.h>
#endif

#define CS_EXPORT __attribute__((visibility("default")))

CS_EXPORT void plugin_register(void);
CS_EXPORT uint32_t plugin_describe(void);

#ifdef WS_PLUGIN_DESC_DISSECTOR
#define CS_PLUGIN_KIND (WS_PLUGIN_DESC_DISSECTOR | WS_PLUGIN_DESC_TAP_LISTENER)
#else
#define CS_PLUGIN_KIND 0
#endif

#define CS_MODULE_SYMBOLS(version)                                                                                    \
    CS_EXPORT const char plugin_version[] = version;                                                                  \
    CS_EXPORT const int plugin_want_major = WIRESHARK_VERSION_MAJOR;                                                  \
    CS_EXPORT const int plugin_want_minor = WIRESHARK_VERSION_MINOR;                                                  \
    uint32_t plugin_describe(void)                                                                                    \
    {                                                                                                                 \
        return CS_PLUGIN_KIND;                                                                                        \
    }

#endif
