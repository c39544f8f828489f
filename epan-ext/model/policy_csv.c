/* policy_csv.c
 * The table of zones and conduits as a CSV file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cipsec/policy.h>

#include <string.h>

#define COLUMNS 5
#define MAX_LINES 10000

/* Splits one line; quotes as in RFC 4180 without line breaks inside. Cells are owned by the caller. */
static unsigned split_line(const char *line, char **cells, unsigned max)
{
    unsigned n = 0;
    const char *p = line;
    while (n < max) {
        GString *cell = g_string_new(NULL);
        bool quoted = false;
        for (; *p && (quoted || *p != ','); p++) {
            if (*p != '"')
                g_string_append_c(cell, *p);
            else if (quoted && p[1] == '"')
                g_string_append_c(cell, *++p);
            else
                quoted = !quoted;
        }
        cells[n++] = g_strstrip(g_string_free(cell, FALSE));
        if (!*p)
            break;
        p++;
    }
    return n;
}

void cs_policy_add_csv(cs_policy *policy, const char *text, const char *name)
{
    if (g_str_has_prefix(text, "\xEF\xBB\xBF"))
        text += 3;
    char **lines = g_strsplit_set(text, "\n", MAX_LINES);
    bool first = true;
    for (unsigned i = 0; lines[i]; i++) {
        char *cells[COLUMNS + 1] = {NULL}, *line = g_strstrip(lines[i]);
        cs_prefix prefix;
        if (!*line || *line == '#')
            continue;
        unsigned n = split_line(line, cells, COLUMNS + 1);
        char *origin = g_strdup_printf("%s line %u", name, i + 1);
        bool header =
            first && n == COLUMNS && !cs_prefix_parse(cells[0], &prefix) && !cs_prefix_parse(cells[1], &prefix);
        first = false;
        if (n != COLUMNS)
            g_ptr_array_add(policy->errors, g_strdup_printf("%s: five columns are needed, %u found", origin, n));
        else if (!header)
            cs_policy_add(policy, cells[0], cells[1], cells[2], cells[3], cells[4], origin);
        for (unsigned c = 0; c < n; c++)
            g_free(cells[c]);
        g_free(origin);
    }
    g_strfreev(lines);
}
