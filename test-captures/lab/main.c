/* main.c
 * The capture lab: plays scenarios and writes NAME.pcapng with NAME.truth.json.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 * usage: cipsec-lab PKI_DIR OUT_DIR [SCENARIO...]
 */
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pcapng.h"
#include "scenario.h"

/* 2 March 2026, 08:00 UTC: a Monday morning at the plant. */
#define START_SECONDS 1772438400

const uint16_t allowed_cbc[] = { 0xC023, 0 };
const uint16_t allowed_null[] = { 0xC006, 0 };
const uint16_t allowed_both[] = { 0xC023, 0xC006, 0 };

static const lab_scenario *const groups[] = { plant_scenarios, deployment_scenarios, message_scenarios,
                                              io_scenarios, failure_scenarios, certificate_scenarios };

static int64_t virtual_now = START_SECONDS;

static time_t virtual_time(time_t *t)
{
    if (t != NULL)
        *t = (time_t)virtual_now;
    return (time_t)virtual_now;
}

lab_device *deployed(const char *name, const uint16_t *suites)
{
    lab_device *d = device_new(plant_node(name));

    device_deployed(d, suites);
    return d;
}

/* New frame numbers. @return [0] = how many, [old number] = new number or 0 when left out. */
static unsigned *renumber(const lab_net *net, bool midstream)
{
    unsigned *number = g_new0(unsigned, net->frames->len + 1);

    for (guint i = 0; i < net->frames->len; i++) {
        const lab_frame *frame = g_ptr_array_index(net->frames, i);

        if (!midstream || frame->phase == PHASE_DATA)
            number[i + 1] = ++number[0];
    }
    return number;
}

static void write_capture(const lab_scenario *s, const truth_capture *truth, const lab_net *net, const char *dir,
                          bool midstream)
{
    char *name = g_strconcat(s->name, midstream ? "-midstream" : "", NULL);
    char *title = g_strconcat(s->title, midstream ? "; the capture began in mid-stream" : "", NULL);
    char *pcap = g_strconcat(dir, "/", name, ".pcapng", NULL);
    char *json = g_strconcat(dir, "/", name, ".truth.json", NULL);
    unsigned *number = renumber(net, midstream);
    bool keys = s->keys && !midstream && net->secrets->len > 0;
    truth_capture out = *truth;

    out.title = title;
    if (midstream) {
        out.findings = g_ptr_array_new();
        expect(&out, "midstream");
        for (guint i = 0; i < truth->always->len; i++)
            expect(&out, g_ptr_array_index(truth->always, i));
    }
    if (!pcapng_write(pcap, net, title, number, keys)
        || !truth_write(json, &out, net, name, number, midstream, keys)) {
        fprintf(stderr, "cannot write %s\n", pcap);
        exit(1);
    }
    printf("%-36s %5u packets  %s\n", name, number[0], title);
    if (midstream)
        g_ptr_array_unref(out.findings);
    g_free(number);
    g_free(name);
    g_free(title);
    g_free(pcap);
    g_free(json);
}

static void play(const lab_scenario *s, const char *dir)
{
    lab_net *net = net_new((int64_t)START_SECONDS * 1000000);
    truth_capture truth = { s->name, s->title, s->keys, g_ptr_array_new(), g_ptr_array_new(),
                            g_ptr_array_new() };

    s->play(net, &truth);
    write_capture(s, &truth, net, dir, false);
    if (s->midstream)
        write_capture(s, &truth, net, dir, true);
    g_ptr_array_unref(truth.deployments);
    g_ptr_array_unref(truth.findings);
    g_ptr_array_unref(truth.always);
    net_free(net);
}

static bool wanted(const char *name, int n, char **names)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return n == 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s PKI_DIR OUT_DIR [SCENARIO...]\n", argv[0]);
        return 2;
    }
    gnutls_global_set_time_function(virtual_time);
    tls_set_pki_dir(argv[1]);
    for (size_t g = 0; g < G_N_ELEMENTS(groups); g++) {
        for (const lab_scenario *s = groups[g]; s->name != NULL; s++) {
            if (!wanted(s->name, argc - 3, argv + 3))
                continue;
            if (tls_can(s->needs))
                play(s, argv[2]);
            else
                printf("%-36s left as it is: the OpenSSL library here cannot do its cipher suite\n", s->name);
        }
    }
    return 0;
}
