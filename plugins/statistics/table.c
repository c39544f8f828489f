/* table.c
 * Rows and columns: as aligned text on standard output, as a sortable window in the GUI.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "table.h"

#include "../analysis/policy_pref.h"
#include "../tap.h"
#include "selection.h"

#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

#include <stdlib.h>
#include <string.h>

struct cs_table {
    const cs_table_def *def;
    GPtrArray *rows; /**< char ** (n_columns cells), owned */
    GHashTable *objects; /**< object -> number of its row + 1 */
    GArray *changed; /**< unsigned: rows that were told anew since the window looked */
};

/* The window of a table. Wireshark hands back the address of its description, so that comes first. */
typedef struct {
    stat_tap_table_ui ui;
    const cs_table_def *def;
    cs_table *table;
    cs_selection selection;
} window;

static cs_table *table_new(const cs_table_def *def)
{
    cs_table *table = g_new0(cs_table, 1);
    table->def = def;
    table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    table->objects = g_hash_table_new(g_direct_hash, g_direct_equal);
    table->changed = g_array_new(FALSE, FALSE, sizeof(unsigned));
    return table;
}

void cs_table_free(cs_table *table)
{
    if (!table)
        return;
    g_ptr_array_unref(table->rows);
    g_hash_table_destroy(table->objects);
    g_array_unref(table->changed);
    g_free(table);
}

cs_table *cs_table_collect(const cs_table_def *def, cs_capture *cap, const cs_selection *selection)
{
    cs_table *table = table_new(def);
    def->fill(table, cap, selection);
    return table;
}

const GPtrArray *cs_table_rows(const cs_table *table)
{
    return table->rows;
}

/* Names come from the wire: what would break a line or a terminal is replaced. */
static char *clean(const char *text)
{
    char *copy = text ? g_utf8_make_valid(text, -1) : g_strdup("");
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
    return copy;
}

void cs_table_row(cs_table *table, const void *object, const char *const *cells)
{
    unsigned known = object ? GPOINTER_TO_UINT(g_hash_table_lookup(table->objects, object)) : 0;
    char **row = g_new0(char *, table->def->n_columns + 1);
    for (unsigned i = 0; i < table->def->n_columns; i++)
        row[i] = clean(cells[i]);
    if (!known) {
        g_ptr_array_add(table->rows, row);
        if (object)
            g_hash_table_insert(table->objects, (void *)object, GUINT_TO_POINTER(table->rows->len));
        return;
    }
    unsigned index = known - 1;
    char **old = g_ptr_array_index(table->rows, index);
    if (g_strv_equal((const char *const *)old, (const char *const *)row)) {
        g_strfreev(row);
        return;
    }
    g_strfreev(old);
    table->rows->pdata[index] = row;
    g_array_append_val(table->changed, index);
}

const char *cs_table_endpoint(wmem_allocator_t *pool, const cs_endpoint *ep)
{
    char text[CS_ENDPOINT_STRLEN];
    const char *name = strchr(cs_label_addr(pool, &ep->addr), ' ');
    return wmem_strdup_printf(pool, "%s%s", cs_endpoint_to_str(ep, text), name ? name : "");
}

const char *cs_table_time(wmem_allocator_t *pool, const cs_when *when)
{
    if (!when->frame)
        return "";
    GDateTime *time = g_date_time_new_from_unix_utc(when->ns / 1000000000);
    if (!time)
        return "";
    char *seconds = g_date_time_format(time, "%Y-%m-%d %H:%M:%S");
    const char *text = wmem_strdup_printf(pool, "%s.%06d", seconds, (int)(when->ns % 1000000000 / 1000));
    g_free(seconds);
    g_date_time_unref(time);
    return text;
}

/* ---------------------------------------------------------------- text */

static int width_of(const char *text)
{
    return (int)g_utf8_strlen(text, -1);
}

static void print_line(FILE *out, const cs_table_def *def, const int *widths, const char *const *cells)
{
    GString *line = g_string_new(NULL);
    for (unsigned i = 0; i < def->n_columns; i++) {
        int pad = widths[i] - width_of(cells[i]);
        if (i)
            g_string_append(line, "  ");
        if (def->columns[i].number)
            g_string_append_printf(line, "%*s%s", pad, "", cells[i]);
        else
            g_string_append_printf(line, "%s%*s", cells[i], pad, "");
    }
    g_strchomp(line->str);
    fprintf(out, "%s\n", line->str);
    g_string_free(line, TRUE);
}

static void print_table(FILE *out, const cs_table *table)
{
    const cs_table_def *def = table->def;
    int *widths = g_new(int, def->n_columns);
    const char **titles = g_new(const char *, def->n_columns);
    char **rules = g_new0(char *, def->n_columns + 1);
    for (unsigned i = 0; i < def->n_columns; i++) {
        titles[i] = def->columns[i].title;
        widths[i] = width_of(titles[i]);
        for (unsigned r = 0; r < table->rows->len; r++)
            widths[i] = MAX(widths[i], width_of(((char **)g_ptr_array_index(table->rows, r))[i]));
        rules[i] = g_strnfill((gsize)widths[i], '-');
    }
    fprintf(out, "\n%s\n", def->title);
    print_line(out, def, widths, titles);
    print_line(out, def, widths, (const char *const *)rules);
    for (unsigned r = 0; r < table->rows->len; r++)
        print_line(out, def, widths, g_ptr_array_index(table->rows, r));
    if (table->rows->len == 0)
        fprintf(out, "(nothing in this capture)\n");
    g_strfreev(rules);
    g_free(titles);
    g_free(widths);
}

static void print_report(FILE *out, cs_capture *cap, const cs_selection *selection, const void *user)
{
    const cs_table_def *def = user;
    if (def->print) {
        def->print(out, cap, selection);
        return;
    }
    cs_table *table = cs_table_collect(def, cap, selection);
    print_table(out, table);
    cs_table_free(table);
}

/* ---------------------------------------------------------------- window */

static stat_tap_table_item_type shown_cell(const cs_table_def *def, unsigned column, char **cells)
{
    stat_tap_table_item_type item = {.type = TABLE_ITEM_STRING};
    if (def->columns[column].number && *cells[column]) {
        item.type = TABLE_ITEM_UINT;
        item.value.uint_value = (unsigned)strtoul(cells[column], NULL, 10);
    } else {
        item.value.string_value = g_strdup(cells[column]);
    }
    return item;
}

static void show_row(stat_tap_table *shown, const cs_table_def *def, char **cells)
{
    stat_tap_table_item_type *items = g_new0(stat_tap_table_item_type, def->n_columns);
    for (unsigned i = 0; i < def->n_columns; i++)
        items[i] = shown_cell(def, i, cells);
    stat_tap_init_table_row(shown, shown->num_elements, def->n_columns, items);
    g_free(items);
}

static void free_cell(stat_tap_table *shown, unsigned row, unsigned column, stat_tap_table_item_type *item)
{
    (void)shown;
    (void)row;
    (void)column;
    if (item->type == TABLE_ITEM_STRING)
        g_free((char *)item->value.string_value);
    item->type = TABLE_ITEM_NONE;
}

static void show_changes(stat_tap_table *shown, cs_table *table, unsigned n_shown)
{
    for (unsigned i = 0; i < table->changed->len; i++) {
        unsigned row = g_array_index(table->changed, unsigned, i);
        for (unsigned c = 0; row < n_shown && c < table->def->n_columns; c++) {
            stat_tap_table_item_type *item = stat_tap_get_field_data(shown, row, c);
            free_cell(shown, row, c, item);
            *item = shown_cell(table->def, c, g_ptr_array_index(table->rows, row));
        }
    }
    g_array_set_size(table->changed, 0);
}

/* A window has no moment "all packets are in", but it taps a loaded file: at the first packet of a stream the model is
 * complete already, so that stream's rows are final. */
static tap_packet_status window_packet(void *tapdata, packet_info *pinfo, epan_dissect_t *edt, const void *data,
                                       tap_flags_t flags)
{
    (void)pinfo;
    (void)edt;
    (void)flags;
    window *w = (window *)((stat_data_t *)tapdata)->stat_tap_data;
    const cs_tap_packet *packet = data;
    stat_tap_table *shown = stat_tap_find_table(&w->ui, w->def->title);
    if (!shown || cs_selection_has(&w->selection, packet->stream, packet->sender))
        return TAP_PACKET_DONT_REDRAW;
    cs_selection_add(&w->selection, packet->stream, packet->sender);
    w->selection.only = packet->stream;
    cs_capture *cap = cs_current_capture();
    cs_capture_finish(cap);
    unsigned had = w->table->rows->len;
    w->def->fill(w->table, cap, &w->selection);
    w->selection.only = NULL;
    show_changes(shown, w->table, had);
    for (unsigned r = had; r < w->table->rows->len; r++)
        show_row(shown, w->def, g_ptr_array_index(w->table->rows, r));
    return TAP_PACKET_REDRAW;
}

static void empty_shown(stat_tap_table *shown)
{
    for (unsigned r = 0; r < shown->num_elements; r++) {
        for (unsigned c = 0; c < shown->num_fields; c++)
            free_cell(shown, r, c, stat_tap_get_field_data(shown, r, c));
        g_free(shown->elements[r]);
    }
    shown->num_elements = 0;
}

#define SUITE "CIP Security: "

static GHashTable *windows; /* title of the shown table -> window */

static void window_reset(stat_tap_table *shown)
{
    window *w = g_hash_table_lookup(windows, shown->title);
    empty_shown(shown);
    cs_selection_clear(&w->selection);
    cs_table_free(w->table);
    w->table = table_new(w->def);
}

static void window_init(stat_tap_table_ui *ui)
{
    window *w = (window *)ui;
    stat_tap_table *shown = stat_tap_find_table(ui, w->def->title);
    if (!shown) {
        shown = stat_tap_init_table(w->def->title, (int)w->def->n_columns, 0, NULL);
        stat_tap_add_table(ui, shown);
    }
    window_reset(shown);
}

/* "CIP Security: I/O Rhythm", or as an entry of a submenu "CIP Security/I-O Rhythm". */
static const char *menu_title(const cs_table_def *def)
{
    if (!CS_TABLE_SUBMENUS || !g_str_has_prefix(def->title, SUITE))
        return def->title;
    char *entry = g_strdelimit(g_strdup(def->title + strlen(SUITE)), "/", '-');
    char *title = g_strconcat("CIP Security/", entry, NULL);
    g_free(entry);
    return title;
}

static void register_window(const cs_table_def *def)
{
    static tap_param filter[] = {{PARAM_FILTER, "filter", "Filter", NULL, TRUE}};
    window *w = g_new0(window, 1);
    stat_tap_table_item *fields = g_new0(stat_tap_table_item, def->n_columns);
    for (unsigned i = 0; i < def->n_columns; i++) {
        fields[i].type = def->columns[i].number ? TABLE_ITEM_UINT : TABLE_ITEM_STRING;
        fields[i].align = def->columns[i].number ? TAP_ALIGN_RIGHT : TAP_ALIGN_LEFT;
        fields[i].column_name = def->columns[i].title;
        fields[i].field_format = def->columns[i].number ? "%u" : "%s";
    }
    w->def = def;
    w->ui.group = REGISTER_PACKET_STAT_GROUP_UNSORTED;
    w->ui.title = menu_title(def);
    w->ui.tap_name = CS_TAP_NAME;
    w->ui.cli_string = def->name;
    w->ui.stat_tap_init_cb = window_init;
    w->ui.packet_func = window_packet;
    w->ui.stat_tap_reset_table_cb = window_reset;
    w->ui.stat_tap_free_table_item_cb = free_cell;
    w->ui.nfields = def->n_columns;
    w->ui.fields = fields;
    w->ui.nparams = array_length(filter);
    w->ui.params = filter;
    if (!windows)
        windows = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(windows, (void *)def->title, w);
    register_stat_tap_table_ui(&w->ui);
}

void cs_table_register(const cs_table_def *def)
{
    /* Registered first, the report keeps the `-z` name: tshark's own printing of windows' tables is not aligned and
     * cannot wait for the end of the capture. */
    cs_report_def *report = g_new0(cs_report_def, 1);
    report->name = def->name;
    report->print = print_report;
    report->user = def;
    cs_report_register(report);
    register_window(def);
}
