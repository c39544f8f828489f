/* cs_compat.h
 * The differences between the supported Wireshark versions (4.0, 4.4, 4.6), and nothing else.
 * This folder is the only place where version numbers are tested (tools/lint checks it).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CS_COMPAT_H
#define CS_COMPAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <ws_version.h>

#define CS_WS_VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

/* 4.0's public headers use ssize_t from a generated config.h that packages do not ship. */
#ifndef HAVE_SSIZE_T
#define HAVE_SSIZE_T 1
#endif
#include <sys/types.h>

#include <epan/packet.h>
#include <epan/conversation_filter.h>
#include <epan/stat_tap_ui.h>
#include <epan/stats_tree.h>
#include <epan/strutil.h>
#include <epan/tvbuff.h>

#if CS_WS_VERSION >= 404
typedef bool cs_heur_result;
typedef bool cs_gboolean; /**< booleans in structs and callbacks that became bool */
#else
typedef gboolean cs_heur_result;
typedef gboolean cs_gboolean;
#endif

/* Field, subtree and expert ids start at -1 before 4.4, at 0 since. -1 works for ids in all of them. */
#define CS_ID_INIT -1
#if CS_WS_VERSION >= 404
#define CS_EI_INIT {0, 0}
#else
#define CS_EI_INIT EI_INIT
#endif

static inline uint8_t cs_tvb_u8(tvbuff_t *tvb, int offset)
{
#if CS_WS_VERSION >= 404
    return tvb_get_uint8(tvb, offset);
#else
    return tvb_get_guint8(tvb, offset);
#endif
}

/* Text of the wire for one line: spaces for line ends, escapes for what else does not print. */
static inline char *cs_format_text(wmem_allocator_t *pool, const char *text)
{
#if CS_WS_VERSION >= 404
    return format_text_wsp(pool, text, strlen(text));
#else
    return format_text_wsp(pool, (const guchar *)text, strlen(text));
#endif
}

static inline tvbuff_t *cs_tvb_uncompress_zlib(tvbuff_t *tvb, int offset, int len)
{
#if CS_WS_VERSION >= 404
    return tvb_uncompress_zlib(tvb, offset, len);
#else
    return tvb_uncompress(tvb, offset, len);
#endif
}

/* Tables of names live as long as the program; 4.6 wants to be told. */
static inline value_string_ext *cs_value_string_ext_new(const value_string *names, unsigned n, const char *title)
{
#if CS_WS_VERSION >= 406
    return value_string_ext_new(wmem_epan_scope(), names, n, title);
#else
    return value_string_ext_new(names, n, title);
#endif
}

/* stat_tap_ui init callbacks return bool since 4.6. */
#if CS_WS_VERSION >= 406
#define CS_STAT_INIT_TYPE bool
#define CS_STAT_INIT_RETURN return true
#else
#define CS_STAT_INIT_TYPE void
#define CS_STAT_INIT_RETURN return
#endif

/* The Statistics menu makes submenus of the slashes in the titles of tables since 4.6. */
#define CS_TABLE_SUBMENUS (CS_WS_VERSION >= 406)

/* What separates the menus in a statistics tree's title. */
#if CS_WS_VERSION >= 404
#define CS_MENU_SEPARATOR STATS_TREE_MENU_SEPARATOR
#else
#define CS_MENU_SEPARATOR "/"
#endif

/* Conversation filters got a user_data argument with 4.4. */
#if CS_WS_VERSION >= 404
#define CS_CONV_FILTER_ARGS(pinfo) packet_info *pinfo, void *user_data _U_
#else
#define CS_CONV_FILTER_ARGS(pinfo) packet_info *pinfo
#endif
static inline void cs_register_conversation_filter(const char *proto, const char *display_name,
                                                   is_filter_valid_func valid, build_filter_string_func build)
{
#if CS_WS_VERSION >= 404
    register_conversation_filter(proto, display_name, valid, build, NULL);
#else
    register_conversation_filter(proto, display_name, valid, build);
#endif
}

#endif
