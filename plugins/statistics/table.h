/* table.h
 * Statistics over the capture model: `-z NAME[,FILTER]` on the command line and a window under Statistics.
 *
 * A statistic describes its columns and fills in rows from the model; this part takes care of taps, filters, aligned
 * text and windows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_TABLE_H
#define CIPSEC_TABLE_H

#include "../plugin.h"

#include <stdio.h>

/** Which streams the user's filter left; everything without a filter. */
typedef struct cs_selection cs_selection;

/** @return true when no filter hides the stream. NULL, for facts that belong to no stream, is always shown. */
bool cs_selected(const cs_selection *selection, const cs_stream *stream);
/** @return true when a packet that end[end] of the stream sent got through the filter: `ip.src == A` narrows the
 *  connection pages to the one device A. */
bool cs_selected_end(const cs_selection *selection, const cs_stream *stream, int end);
/** @return true when one of the device's streams is selected, so that the device's row is wanted. */
bool cs_selected_device(const cs_selection *selection, const cs_capture *cap, const cs_addr *device);

typedef struct {
    const char *title;
    bool number; /**< whole numbers: right-aligned and sorted by value */
} cs_column;

typedef struct cs_table cs_table;

/** A table of a fixed set of columns. Static storage. */
typedef struct {
    const char *name; /**< the `-z` name, "cipsec,streams" */
    const char *title; /**< "CIP Security: Streams", also the entry in the Statistics menu */
    const cs_column *columns;
    unsigned n_columns;
    /** Adds a row for each object of the model that concerns a selected stream. Runs when the capture is complete
     *  (cs_capture_finish() has been called); a window calls it again for each further stream that its filter lets
     *  through; rows of objects that it has already are then told anew. */
    void (*fill)(cs_table *table, cs_capture *cap, const cs_selection *selection);
    /** Prints the `-z` report in its own form; NULL = the aligned table. */
    void (*print)(FILE *out, cs_capture *cap, const cs_selection *selection);
} cs_table_def;

/** Registers the `-z` name and the window. */
void cs_table_register(const cs_table_def *def);
/** Adds a row. @param object what the row shows (any address that identifies it): a second row for the same object
 *  replaces the first; NULL: always added. @param cells n_columns strings, copied; NULL = empty. */
void cs_table_row(cs_table *table, const void *object, const char *const *cells);

/** The rows of a table for a print function of its own: as with cs_table_def.fill, free with cs_table_free(). */
cs_table *cs_table_collect(const cs_table_def *def, cs_capture *cap, const cs_selection *selection);
/** @return char ** (n_columns cells, NULL-terminated), owned by the table. */
const GPtrArray *cs_table_rows(const cs_table *table);
void cs_table_free(cs_table *table);

/** A report that prints itself (no window). Static storage. */
typedef struct {
    const char *name;
    /** Runs at the end of the capture, after cs_capture_finish(). */
    void (*print)(FILE *out, cs_capture *cap, const cs_selection *selection, const void *user);
    const void *user; /**< handed to print */
} cs_report_def;

/** Registers the `-z` name. */
void cs_report_register(const cs_report_def *def);

/* Texts that several tables share; all return pool- or static-owned strings. */
/** "2026-11-22 14:05:06.123456" in UTC, "" when never seen. */
const char *cs_table_time(wmem_allocator_t *pool, const cs_when *when);
/** "10.17.83.31:2221", with the address's name behind it where the user gave one. */
const char *cs_table_endpoint(wmem_allocator_t *pool, const cs_endpoint *ep);

#endif
