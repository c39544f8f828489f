/* frames.c
 * Numbers of frames that came again: where tshark reads a file twice with a read filter (-2 -R), a frame that the
 * filter refuses gives its number to the next one. What was noted of the former is not the latter's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "certs_private.h"

void cs_capture_frame_again(cs_capture *cap, const cs_when *at)
{
    if (!cap->taken_again)
        cap->taken_again = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    g_hash_table_insert(cap->taken_again, GUINT_TO_POINTER(at->frame), g_memdup2(&at->ns, sizeof at->ns));
    g_hash_table_remove(cap->findings_by_frame, GUINT_TO_POINTER(at->frame));
    g_hash_table_remove(cs_cert_store_of(cap)->by_frame, GUINT_TO_POINTER(at->frame));
    cs_deployments_forget_frame(cap, at->frame);
}

bool cs_frame_is_gone(const cs_capture *cap, const cs_when *at)
{
    const int64_t *ns = cap->taken_again ? g_hash_table_lookup(cap->taken_again, GUINT_TO_POINTER(at->frame)) : NULL;
    return ns && *ns != at->ns;
}
