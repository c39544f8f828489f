/* scenarios_plant.c
 * The plant around the local 1756-EN4TR: before and after the deployment as the guide's figures 4-1 to 4-5 show it,
 * a ListIdentity sweep, and a bridge between two networks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scenario.h"

#define RPI_US 20000

static lab_device *clear_device(const char *name)
{
    return device_new(plant_node(name));
}

/* A clear explicit session that stays open. */
static cip_client *clear_session(lab_net *net, const char *from, lab_device *to)
{
    cip_client *c = cip_begin(channel_clear_tcp(net, "clear explicit session", plant_node(from), to->node, 44818), to);

    cip_request(c, 0x01, 0x01, 1, -1, NULL, 0);
    return c;
}

static cip_client *secure_session(lab_net *net, const char *from, lab_device *to, lab_suites suites)
{
    lab_security s = usual(plant_node(from), to->node, suites);

    return cip_begin(channel_secure(net, "secured explicit session", plant_node(from), to->node, false, &s), to);
}

static void before(lab_net *net, truth_capture *truth)
{
    static const char *const out[] = { "Green_EN4TR", "Red_EN4TR", "Yellow_EN4TR", "IO_5069" };
    static const char *const in[] = { "Green_EN4TR", "FT_Linx", "Blue_L85E", "Panel_EN2TR" };
    lab_device *local = clear_device("Local_EN4TR");
    cip_client *sessions[8];
    cip_io *io[2];

    (void)truth;
    for (int i = 0; i < 4; i++)
        sessions[i] = clear_session(net, "Local_EN4TR", clear_device(out[i]));
    for (int i = 0; i < 4; i++) {
        sessions[4 + i] = clear_session(net, in[i], local);
        cip_open_class3(sessions[4 + i], NULL, 0);
    }
    for (int i = 0; i < 2; i++) {
        lab_channel *data = channel_clear_udp(net, "clear I/O", plant_node("Local_EN4TR"), 2222,
                                              plant_node(out[2 + i]), 2222);

        io[i] = cip_open_io(sessions[2 + i], data, 0, i == 0 ? 1 : 0, RPI_US);
    }
    cip_io_run(net, io, 2, 20, RPI_US);
    for (int i = 4; i < 8; i++)
        cip_read_tag(sessions[i], "PartCounter");
    cip_list_identity_one(net, plant_node("FT_Linx"), local);
}

/* Opens an I/O connection whose TLS session is closed again afterwards, as the guide's TLS page suggests. */
static cip_io *open_and_leave(lab_net *net, const char *from, lab_device *to, uint8_t transport_class)
{
    lab_security s = usual(plant_node(from), to->node, SUITES_NULL);
    cip_client *c = secure_session(net, from, to, SUITES_NULL);
    lab_channel *data = channel_secure(net, "secured I/O", plant_node(from), to->node, true, &s);
    cip_io *io = cip_open_io(c, data, 0, transport_class, RPI_US);

    cip_end(c);
    return io;
}

static void after(lab_net *net, truth_capture *truth)
{
    lab_device *local = deployed("Local_EN4TR", allowed_both), *red = deployed("Red_EN4TR", allowed_null);
    lab_device *yellow = deployed("Yellow_EN4TR", allowed_null), *green = deployed("Green_EN4TR", allowed_both);
    lab_device *clear = clear_device("IO_5069");
    lab_security null_red = usual(local->node, red->node, SUITES_NULL);
    lab_security null_green = usual(green->node, local->node, SUITES_NULL);
    cip_client *tls_green, *tls_linx, *tls_red, *to_clear, *from_panel;
    cip_io *io[8];
    int n = 0;

    expect_always(truth, "clear_text_after_configured");
    expect(truth, "integrity_only");
    tls_green = secure_session(net, "Green_EN4TR", local, SUITES_CBC);
    cip_open_class3(tls_green, NULL, 0);
    tls_linx = secure_session(net, "FT_Linx", local, SUITES_CBC);
    cip_open_class3(tls_linx, NULL, 0);
    tls_red = secure_session(net, "Local_EN4TR", red, SUITES_NULL);
    cip_open_class3(tls_red, NULL, 0);
    io[n++] = cip_open_io(tls_red, channel_secure(net, "secured I/O", local->node, red->node, true, &null_red), 0, 1,
                          RPI_US);
    io[n++] = open_and_leave(net, "Local_EN4TR", yellow, 1);
    io[n++] = open_and_leave(net, "Local_EN4TR", green, 1);
    io[n++] = cip_open_io(tls_green, channel_secure(net, "secured I/O", green->node, local->node, true, &null_green), 0,
                          1, RPI_US);
    io[n++] = open_and_leave(net, "Blue_L85E", local, 1);
    io[n++] = open_and_leave(net, "Green_L85E", local, 1);
    io[n++] = open_and_leave(net, "Bridge_EN4TR", local, 1);
    to_clear = clear_session(net, "Local_EN4TR", clear);
    from_panel = clear_session(net, "Panel_EN2TR", local);
    io[n++] = cip_open_io(to_clear, channel_clear_udp(net, "clear I/O", local->node, 2222, clear->node, 2222), 0, 0,
                          RPI_US);
    cip_io_run(net, io, (unsigned)n, 10, RPI_US);
    cip_read_tag(tls_green, "PartCounter");
    cip_read_tag(tls_linx, "LineSpeed");
    cip_request(from_panel, 0x0E, 0x01, 1, 7, NULL, 0);
    cip_list_identity_one(net, plant_node("FTPM_FTSS"), local);
}

static void sweep(lab_net *net, truth_capture *truth)
{
    static const char *const names[] = { "Blue_L85E", "Green_L85E", "Green_EN4TR", "Red_EN4TR",
                                         "Yellow_EN4TR", "Local_EN4TR", "IO_5069", "Panel_EN2TR" };
    lab_device *devices[8];

    (void)truth;
    for (int i = 0; i < 8; i++)
        devices[i] = device_new(plant_node(names[i]));
    for (int i = 0; i < 3; i++)
        device_deployed(devices[i], allowed_both);
    devices[1]->item5 = true;
    devices[2]->usage_items = true;
    devices[2]->ports = 0x1A;
    devices[3]->cs_state = 3;
    devices[4]->cs_state = devices[4]->eip_state = 1;
    devices[5]->eip_state = 5;
    cip_list_identity(net, plant_node("FT_Linx"), "10.17.81.255", devices, 8);
}

/* One chassis with two adapters: FactoryTalk Linx reaches Red_EN4TR's network through the backplane. */
static void bridge(lab_net *net, truth_capture *truth)
{
    static const uint8_t route[] = { 0x01, 0x02, 0x12, 0x0B, '1', '0', '.', '1', '7', '.', '8', '0', '.', '3', '1', 0 };
    lab_device *local = deployed("Local_EN4TR", allowed_both), *red = deployed("Red_EN4TR", allowed_null);
    cip_client *in = secure_session(net, "FT_Linx", local, SUITES_CBC), *out;
    lab_security s = usual(plant_node("Bridge_EN4TR"), red->node, SUITES_NULL);
    cip_io *io;

    expect(truth, "integrity_only");
    out = secure_session(net, "Bridge_EN4TR", red, SUITES_NULL);
    io = cip_open_io(out, channel_secure(net, "bridged I/O", plant_node("Bridge_EN4TR"), red->node, true, &s), 0, 1,
                     RPI_US);
    cip_open_class3(in, route, sizeof route);
    cip_open_class3(out, NULL, 0);
    for (int i = 0; i < 5; i++) {
        cip_read_tag(in, "PartCounter");
        cip_read_tag(out, "PartCounter");
        cip_io_run(net, &io, 1, 4, RPI_US);
    }
    cip_close_connection(in);
    cip_end(in);
}

const lab_scenario plant_scenarios[] = {
    { "plant-before", "The plant before deployment: everything in the clear", false, true, 0, before },
    { "plant-after", "The plant after deployment, as the local 1756-EN4TR's web pages show it", true, true, 0, after },
    { "plant-identity-sweep", "ListIdentity sweep: every state, old and new security item", false, false, 0, sweep },
    { "plant-bridge", "A chassis with two adapters bridges Encrypted to Authenticated", true, true, 0, bridge },
    { NULL, NULL, false, false, 0, NULL },
};
