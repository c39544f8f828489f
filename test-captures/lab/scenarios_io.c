/* scenarios_io.c
 * Class 0 and class 1 I/O: over DTLS in both protections, producer and consumer, and in the clear.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "scenario.h"

#define RPI_US 20000
#define CYCLES 40

/* DTLS handshake, then the Forward_Open over TLS, as the guide's figure 4-10 shows it. */
static void class01(lab_net *net, lab_suites suites, uint8_t transport_class, bool cookie)
{
    const lab_node *client = plant_node("Blue_L85E"), *server = plant_node("Red_EN4TR");
    lab_device *device = deployed("Red_EN4TR", suites == SUITES_NULL ? allowed_null : allowed_cbc);
    lab_security s = usual(client, server, suites);
    lab_channel *tls, *dtls;
    cip_client *c;
    cip_io *io;

    s.cookie = cookie;
    tls = channel_secure(net, "TLS session that opens the I/O connection", client, server, false, &s);
    c = cip_begin(tls, device);
    dtls = channel_secure(net, "I/O data", client, server, true, &s);
    net->phase = PHASE_OPENING;
    io = cip_open_io(c, dtls, 0, transport_class, RPI_US);
    net->phase = PHASE_DATA;
    cip_io_run(net, &io, 1, CYCLES, RPI_US);
    cip_request(c, 0x0E, 0x5D, 1, 1, NULL, 0);
    cip_io_run(net, &io, 1, 5, RPI_US);
    cip_close_connection(c);
    cip_end(c);
    channel_close(dtls, 0);
    g_free(io);
    device_free(device);
}

static void class1_encrypted(lab_net *net, truth_capture *truth)
{
    (void)truth;
    class01(net, SUITES_CBC, 1, false);
}

static void class1_authenticated(lab_net *net, truth_capture *truth)
{
    expect(truth, "integrity_only");
    class01(net, SUITES_NULL, 1, true);
}

static void class0_encrypted(lab_net *net, truth_capture *truth)
{
    (void)truth;
    class01(net, SUITES_CBC, 0, true);
}

static void class0_authenticated(lab_net *net, truth_capture *truth)
{
    expect(truth, "integrity_only");
    class01(net, SUITES_NULL, 0, false);
}

/* Each of two adapters produces data that the other consumes: two DTLS sessions, one in each direction. */
static void produce_consume(lab_net *net, truth_capture *truth)
{
    const lab_node *node[2] = { plant_node("Local_EN4TR"), plant_node("Green_EN4TR") };
    lab_device *device[2] = { deployed("Local_EN4TR", allowed_null), deployed("Green_EN4TR", allowed_null) };
    lab_channel *dtls[2];
    cip_client *c[2];
    cip_io *io[2];

    expect(truth, "integrity_only");
    for (int i = 0; i < 2; i++) {
        lab_security s = usual(node[i], node[!i], SUITES_NULL);

        c[i] = cip_begin(channel_secure(net, i == 0 ? "local consumes: TLS" : "Green consumes: TLS", node[i], node[!i],
                                        false, &s),
                         device[!i]);
        dtls[i] = channel_secure(net, i == 0 ? "local consumes: data" : "Green consumes: data", node[i], node[!i], true,
                                 &s);
        net->phase = PHASE_OPENING;
        io[i] = cip_open_io(c[i], dtls[i], 0, 1, RPI_US);
        net->phase = PHASE_DATA;
    }
    cip_io_run(net, io, 2, CYCLES, RPI_US);
    for (int i = 0; i < 2; i++) {
        cip_drop(c[i]);
        g_free(io[i]);
        device_free(device[i]);
    }
}

/* A device without CIP Security that the model lists as Trusted IP, beside a secured one. */
static void trusted_ip(lab_net *net, truth_capture *truth)
{
    const lab_node *local = plant_node("Local_EN4TR"), *clear = plant_node("IO_5069"), *red = plant_node("Red_EN4TR");
    lab_device *io_device = device_new(clear), *secured = deployed("Red_EN4TR", allowed_cbc);
    lab_security s = usual(local, red, SUITES_CBC);
    cip_client *c = cip_begin(channel_clear_tcp(net, "Trusted IP: explicit", local, clear, 44818), io_device);
    lab_channel *data = channel_clear_udp(net, "Trusted IP: I/O", local, 2222, clear, 2222);
    cip_client *safe;
    cip_io *io;

    (void)truth;
    cip_request(c, 0x01, 0x01, 1, -1, NULL, 0);
    io = cip_open_io(c, data, 0, 1, RPI_US);
    safe = cip_begin(channel_secure(net, "secured neighbour", local, red, false, &s), secured);
    cip_io_run(net, &io, 1, CYCLES, RPI_US);
    cip_request(safe, 0x0E, 0x01, 1, 7, NULL, 0);
    cip_end(safe);
    cip_close_connection(c);
    cip_end(c);
    channel_close(data, 0);
    g_free(io);
    device_free(io_device);
    device_free(secured);
}

const lab_scenario io_scenarios[] = {
    { "io-class1-encrypted", "Class 1 I/O over DTLS, Encrypted", true, true, 0, class1_encrypted },
    { "io-class1-authenticated", "Class 1 I/O over DTLS, Authenticated only", false, true, 0, class1_authenticated },
    { "io-class0-encrypted", "Class 0 I/O over DTLS, Encrypted", true, true, 0, class0_encrypted },
    { "io-class0-authenticated", "Class 0 I/O over DTLS, Authenticated only", false, true, 0, class0_authenticated },
    { "io-produce-consume", "Producer and consumer: two adapters, each client and server of the other", false, true, 0,
      produce_consume },
    { "io-trusted-ip", "A Trusted IP device in the clear beside a secured one", true, true, 0, trusted_ip },
    { NULL, NULL, false, false, 0, NULL },
};
