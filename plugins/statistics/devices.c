/* devices.c
 * `-z cipsec,devices`: what each device is, promises and really does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "reports.h"

#include "../analysis/policy_pref.h"

#include <cipsec/certs.h>
#include <cipsec/device_text.h>
#include <cipsec/pages.h>

static const cs_column columns[] = {
    {"Device", false},          {"Identity", false},         {"Serial", false},         {"CIP Security state", false},
    {"EtherNet/IP Security state", false}, {"Profiles", false}, {"Profiles configured", false},
    {"Allowed suites", false},  {"Available suites", false}, {"Ports advertised", false}, {"Ports seen", false},
    {"Certificate", false},     {"Active certificates", false}, {"Trust anchors", false}, {"Set, not applied", false},
    {"Last change (UTC)", false}, {"First secured (UTC)", false}, {"Last in clear (UTC)", false},
    {"Used", false},            {"Posture", false},          {"Also at", false},
};

static int by_address(const void *a, const void *b)
{
    return cs_addr_compare(&(*(cs_device *const *)a)->addr, &(*(cs_device *const *)b)->addr);
}

GPtrArray *cs_devices_sorted(const cs_capture *cap)
{
    GPtrArray *devices = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, cap->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(devices, value);
    g_ptr_array_sort(devices, by_address);
    return devices;
}

/* What belongs to a row lives as long as the pool. */
static const char *kept(wmem_allocator_t *pool, char *text)
{
    const char *copy = text ? wmem_strdup(pool, text) : "";
    g_free(text);
    return copy;
}

static const char *certificate_text(wmem_allocator_t *pool, const cs_device *dev)
{
    if (!dev->certificate)
        return "";
    const char *name = dev->certificate->subject ? dev->certificate->subject : "unreadable";
    return wmem_strdup_printf(pool, "%s (%s)", name, cs_cert_kind_name(dev->certificate->kind));
}

static void fill(cs_table *table, cs_capture *cap, const cs_selection *selection)
{
    GPtrArray *devices = cs_devices_sorted(cap);
    wmem_allocator_t *pool = wmem_allocator_new(WMEM_ALLOCATOR_SIMPLE);
    for (unsigned i = 0; i < devices->len; i++) {
        const cs_device *dev = g_ptr_array_index(devices, i);
        if (!cs_selected_device(selection, cap, &dev->addr))
            continue;
        const char *cells[array_length(columns)] = {
            cs_label_addr(pool, &dev->addr),
            kept(pool, cs_device_identity_text(dev)),
            dev->serial ? wmem_strdup_printf(pool, "0x%08X", dev->serial) : "",
            kept(pool, cs_device_state_text(dev, false)),
            kept(pool, cs_device_state_text(dev, true)),
            kept(pool, cs_device_profiles_text(dev->security_item_seen, dev->profiles)),
            kept(pool, cs_device_profiles_text(dev->have_profiles_configured, dev->profiles_configured)),
            kept(pool, cs_device_attribute_text(dev, 4)),
            kept(pool, cs_device_attribute_text(dev, 3)),
            kept(pool, cs_device_ports_text(dev->ports_advertised)),
            kept(pool, cs_device_ports_text(dev->ports_seen ? dev->ports_seen : -1)),
            certificate_text(pool, dev),
            kept(pool, cs_device_attribute_text(dev, 6)),
            kept(pool, cs_device_attribute_text(dev, 7)),
            kept(pool, cs_device_pending_text(dev)),
            cs_table_time(pool, &dev->last_config),
            cs_table_time(pool, &dev->first_secured),
            cs_table_time(pool, &dev->last_clear),
            kept(pool, cs_device_practice_text(cap, dev)),
            kept(pool, cs_device_findings_text(cap, dev)),
            kept(pool, cs_device_twins_text(cap, dev)),
        };
        cs_table_row(table, dev, cells);
    }
    wmem_destroy_allocator(pool);
    g_ptr_array_unref(devices);
}

static void print_device(FILE *out, char **cells)
{
    fprintf(out, "\n%s\n", cells[0]);
    for (unsigned c = 1; c < array_length(columns); c++)
        if (*cells[c])
            fprintf(out, "  %-28s %s\n", columns[c].title, cells[c]);
}

static void print(FILE *out, cs_capture *cap, const cs_selection *selection);

static const cs_table_def def = {.name = "cipsec,devices",
                                 .title = "CIP Security: Devices",
                                 .columns = columns,
                                 .n_columns = array_length(columns),
                                 .fill = fill,
                                 .print = print};

/* One block a device: the rows are too wide for a line. */
static void print(FILE *out, cs_capture *cap, const cs_selection *selection)
{
    cs_table *table = cs_table_collect(&def, cap, selection);
    const GPtrArray *rows = cs_table_rows(table);
    fprintf(out, "\nCIP Security: Devices\n");
    for (unsigned i = 0; i < rows->len; i++)
        print_device(out, g_ptr_array_index(rows, i));
    if (!rows->len)
        fprintf(out, "(nothing in this capture)\n");
    cs_table_free(table);
}

void cs_devices_register(void)
{
    cs_table_register(&def);
}
