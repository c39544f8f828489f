/* policy_pref.c
 * The user's tables of zones, conduits and names: preferences become the model's cs_policy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "policy_pref.h"

#include <epan/uat.h>
#include <wsutil/report_message.h>

#define MAX_CSV (4 * 1024 * 1024)

typedef struct {
    char *end1, *end2, *method, *messaging, *io;
} policy_row;

typedef struct {
    char *address, *name;
} name_row;

static policy_row *policy_rows;
static unsigned n_policy_rows;
static name_row *name_rows;
static unsigned n_name_rows;
static const char *policy_file = "";
static cs_policy *current;
static bool built;

UAT_CSTRING_CB_DEF(policy, end1, policy_row)
UAT_CSTRING_CB_DEF(policy, end2, policy_row)
UAT_CSTRING_CB_DEF(policy, method, policy_row)
UAT_CSTRING_CB_DEF(policy, messaging, policy_row)
UAT_CSTRING_CB_DEF(policy, io, policy_row)
UAT_CSTRING_CB_DEF(names, address, name_row)
UAT_CSTRING_CB_DEF(names, name, name_row)

static void *policy_copy(void *to, const void *from, size_t len)
{
    (void)len;
    policy_row *dest = to;
    const policy_row *src = from;
    dest->end1 = g_strdup(src->end1);
    dest->end2 = g_strdup(src->end2);
    dest->method = g_strdup(src->method);
    dest->messaging = g_strdup(src->messaging);
    dest->io = g_strdup(src->io);
    return to;
}

static void policy_row_free(void *record)
{
    policy_row *row = record;
    g_free(row->end1);
    g_free(row->end2);
    g_free(row->method);
    g_free(row->messaging);
    g_free(row->io);
}

/* One row on its own, so that the dialog refuses what cannot be understood. */
static cs_gboolean policy_check(void *record, char **error)
{
    const policy_row *row = record;
    cs_policy *trial = cs_policy_new();
    bool ok = cs_policy_add(trial, row->end1, row->end2, row->method, row->messaging, row->io, "row");
    *error = ok ? NULL : g_strdup(trial->errors->pdata[0]);
    cs_policy_free(trial);
    return ok;
}

static void *names_copy(void *to, const void *from, size_t len)
{
    (void)len;
    name_row *dest = to;
    const name_row *src = from;
    dest->address = g_strdup(src->address);
    dest->name = g_strdup(src->name);
    return to;
}

static void name_row_free(void *record)
{
    name_row *row = record;
    g_free(row->address);
    g_free(row->name);
}

static cs_gboolean names_check(void *record, char **error)
{
    const name_row *row = record;
    cs_policy *trial = cs_policy_new();
    bool ok = cs_policy_add_name(trial, row->address, row->name ? row->name : "");
    *error = ok ? NULL : g_strdup_printf("\"%s\" is no IPv4 or IPv6 address", row->address ? row->address : "");
    cs_policy_free(trial);
    return ok;
}

static void read_file(cs_policy *policy)
{
    char *text = NULL, *base;
    gsize len = 0;
    GError *error = NULL;
    if (!policy_file || !*policy_file)
        return;
    if (!g_file_get_contents(policy_file, &text, &len, &error)) {
        report_warning("CIP Security policy: %s", error->message);
        g_error_free(error);
        return;
    }
    base = g_path_get_basename(policy_file);
    if (len > MAX_CSV)
        g_ptr_array_add(policy->errors, g_strdup_printf("%s is larger than 4 MiB and not read", base));
    else
        cs_policy_add_csv(policy, text, base);
    g_free(base);
    g_free(text);
}

static cs_policy *build(void)
{
    cs_policy *policy = cs_policy_new();
    for (unsigned i = 0; i < n_policy_rows; i++) {
        const policy_row *row = &policy_rows[i];
        char origin[48];
        g_snprintf(origin, sizeof origin, "cipsec.policy row %u", i + 1);
        cs_policy_add(policy, row->end1, row->end2, row->method, row->messaging, row->io, origin);
    }
    for (unsigned i = 0; i < n_name_rows; i++)
        cs_policy_add_name(policy, name_rows[i].address, name_rows[i].name);
    read_file(policy);
    for (unsigned i = 0; i < policy->errors->len; i++)
        report_warning("CIP Security policy: %s", (const char *)policy->errors->pdata[i]);
    if (policy->rules->len == 0 && g_hash_table_size(policy->names) == 0) {
        cs_policy_free(policy);
        return NULL;
    }
    return policy;
}

const cs_policy *cs_policy_current(void)
{
    if (!built) {
        current = build();
        built = true;
    }
    return current;
}

/* The old rules may still be named by the open capture until it is dissected again. */
void cs_policy_forget(void)
{
    cs_policy *old = current;
    if (!built)
        return;
    built = false;
    current = NULL;
    cs_capture_policy_changed(old);
    cs_policy_free(old);
}

const char *cs_label_addr(wmem_allocator_t *pool, const cs_addr *addr)
{
    char text[CS_ADDR_STRLEN];
    const char *name = cs_policy_name(cs_policy_current(), addr);
    cs_addr_to_str(addr, text);
    return name ? wmem_strdup_printf(pool, "%s (%s)", text, name) : wmem_strdup(pool, text);
}

static void register_policy_table(module_t *module)
{
    static uat_field_t fields[] = {
        UAT_FLD_CSTRING(policy, end1, "Endpoint 1", "Address, prefix (10.17.80.0/24) or any"),
        UAT_FLD_CSTRING(policy, end2, "Endpoint 2", "Address, prefix (10.17.80.0/24) or any"),
        UAT_FLD_CSTRING(policy, method, "Method", "Trusted IP, Certificate or PSK"),
        UAT_FLD_CSTRING(policy, messaging, "Messaging", "None, Integrity, or Integrity and confidentiality"),
        UAT_FLD_CSTRING(policy, io, "I/O", "None, Integrity, or Integrity and confidentiality"),
        UAT_END_FIELDS};
    uat_t *table = uat_new("CIP Security Policy", sizeof(policy_row), "cipsec.policy", true, &policy_rows,
                           &n_policy_rows, UAT_AFFECTS_DISSECTION, NULL, policy_copy, policy_check, policy_row_free,
                           cs_policy_forget, NULL, fields);
    prefs_register_uat_preference(module, "policy", "Zones and conduits",
                                  "How pairs of addresses should talk; streams that do otherwise are reported", table);
}

static void register_names_table(module_t *module)
{
    static uat_field_t fields[] = {UAT_FLD_CSTRING(names, address, "Address", "IPv4 or IPv6 address"),
                                   UAT_FLD_CSTRING(names, name, "Name", "Name shown beside the address"),
                                   UAT_END_FIELDS};
    uat_t *table = uat_new("CIP Security Names", sizeof(name_row), "cipsec.names", true, &name_rows, &n_name_rows,
                           UAT_AFFECTS_DISSECTION, NULL, names_copy, names_check, name_row_free, cs_policy_forget, NULL,
                           fields);
    prefs_register_uat_preference(module, "names", "Names of addresses",
                                  "Names that the statistics show beside addresses", table);
}

void cs_policy_register(module_t *module)
{
    register_policy_table(module);
    prefs_register_filename_preference(module, "policy_file", "Zones and conduits (CSV file)",
                                       "More rows for the table of zones and conduits: endpoint 1, endpoint 2, method, "
                                       "messaging, I/O",
                                       &policy_file, false);
    register_names_table(module);
}
