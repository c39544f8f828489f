/* selection.c
 * Reports on the command line: the tap listener behind `-z NAME[,FILTER]` and the streams that the filter selects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "selection.h"

#include "../tap.h"

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

#include <stdlib.h>
#include <string.h>

typedef struct {
    const cs_report_def *def;
    cs_selection selection;
} report;

void cs_selection_add(cs_selection *selection, const cs_stream *stream, int sender)
{
    if (!selection->streams)
        selection->streams = g_byte_array_new();
    if (selection->streams->len <= stream->index) {
        unsigned old = selection->streams->len;
        g_byte_array_set_size(selection->streams, stream->index + 256);
        memset(selection->streams->data + old, 0, selection->streams->len - old);
    }
    selection->streams->data[stream->index] |= (uint8_t)(1u << sender);
}

static uint8_t ends_of(const cs_selection *selection, const cs_stream *stream)
{
    return selection->streams && stream->index < selection->streams->len ? selection->streams->data[stream->index] : 0;
}

bool cs_selection_has(const cs_selection *selection, const cs_stream *stream, int sender)
{
    return ends_of(selection, stream) >> sender & 1;
}

void cs_selection_clear(cs_selection *selection)
{
    if (selection->streams)
        g_byte_array_set_size(selection->streams, 0);
}

bool cs_selected(const cs_selection *selection, const cs_stream *stream)
{
    if (selection->all || !stream)
        return true;
    if (selection->only)
        return selection->only == stream;
    return ends_of(selection, stream) != 0;
}

bool cs_selected_end(const cs_selection *selection, const cs_stream *stream, int end)
{
    return selection->all || cs_selection_has(selection, stream, end);
}

bool cs_selected_device(const cs_selection *selection, const cs_capture *cap, const cs_addr *device)
{
    if (selection->all)
        return true;
    for (unsigned i = 0; i < cap->streams->len; i++) {
        const cs_stream *stream = g_ptr_array_index(cap->streams, i);
        if (cs_selected(selection, stream) && (cs_addr_equal(&stream->end[0].ep.addr, device) ||
                                               cs_addr_equal(&stream->end[1].ep.addr, device)))
            return true;
    }
    return false;
}

static tap_packet_status report_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                       tap_flags_t flags)
{
    (void)pinfo;
    (void)edt;
    (void)flags;
    report *r = tapdata;
    const cs_tap_packet *packet = data;
    cs_selection_add(&r->selection, packet->stream, packet->sender);
    return TAP_PACKET_DONT_REDRAW;
}

static void report_draw(void *tapdata)
{
    report *r = tapdata;
    cs_capture *cap = cs_current_capture();
    cs_capture_finish(cap);
    r->def->print(stdout, cap, &r->selection, r->def->user);
}

static void report_free(void *tapdata)
{
    report *r = tapdata;
    if (r->selection.streams)
        g_byte_array_unref(r->selection.streams);
    g_free(r);
}

static CS_RARE void give_up(const char *argument, const char *why)
{
    fprintf(stderr, "-z %s: %s\n", argument, why);
    exit(1);
}

static CS_STAT_INIT_TYPE report_init(const char *argument, void *userdata)
{
    report *r = g_new0(report, 1);
    r->def = userdata;
    const char *filter = argument + strlen(r->def->name);
    if (*filter && *filter != ',') /* Wireshark looks at the beginning only */
        give_up(argument, "no such statistic; a filter follows its name behind a comma");
    filter = *filter && filter[1] ? filter + 1 : NULL;
    r->selection.all = !filter;
    GString *error =
        register_tap_listener(CS_TAP_NAME, r, filter, TL_REQUIRES_NOTHING, NULL, report_packet, report_draw,
                              report_free);
    if (error)
        give_up(argument, error->str);
    CS_STAT_INIT_RETURN;
}

void cs_report_register(const cs_report_def *def)
{
    stat_tap_ui ui = {
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED, .cli_string = def->name, .tap_init_cb = report_init};
    register_stat_tap_ui(&ui, (void *)def);
}
