/* cip.h
 * An EtherNet/IP client on a channel: encapsulation, CPF, message router requests, connections and I/O data.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef LAB_CIP_H
#define LAB_CIP_H

#include "channel.h"
#include "device.h"

/** A client session. Side 0 of the channel asks, side 1 is the device. */
typedef struct {
    lab_channel *ch;
    lab_device *device;
    uint32_t session;
    uint32_t context;
    bool connected; /**< requests go over the class 3 connection */
    uint32_t id_ot, id_to;
    uint16_t serial, sequence;
    /* the last response */
    uint8_t status;
    int ext; /**< additional status word, -1: none */
    GByteArray *body;
} cip_client;

/** A class 0 or 1 connection. Side numbers are those of the data channel. */
typedef struct {
    lab_channel *data;
    int originator; /**< side of the data channel */
    uint8_t transport_class;
    uint32_t id[2]; /**< connection id in what that side sends */
    uint32_t sequence[2];
    uint16_t count[2];
    uint8_t size[2]; /**< application octets in what that side sends */
} cip_io;

/** RegisterSession. @return a client; end with cip_end() or cip_drop(). */
cip_client *cip_begin(lab_channel *ch, lab_device *device);
/** Sends a request and takes the response. instance or attribute -1: not in the path. @return general status. */
uint8_t cip_request(cip_client *c, uint8_t service, int class_id, int instance, int attribute, const void *body,
                    size_t len);
/** Reads a controller tag by name (service 0x4C, symbolic segment). */
uint8_t cip_read_tag(cip_client *c, const char *tag);
/** ListServices on the session's channel. */
void cip_list_services(cip_client *c);
/** Opens a class 3 connection to the message router; later requests use it. @param route connection path in front
 *  of the message router, NULL: none. @return true when it is open. */
bool cip_open_class3(cip_client *c, const uint8_t *route, size_t route_len);
/** Opens a class 0 or 1 connection whose data go over another channel. @param originator side of the data channel
 *  that is the originator. @return NULL when refused. */
cip_io *cip_open_io(cip_client *c, lab_channel *data, int originator, uint8_t transport_class, uint32_t rpi_us);
/** Forward_Close of the class 3 connection, or of the last I/O connection. */
void cip_close_connection(cip_client *c);
/** UnRegisterSession and close. */
void cip_end(cip_client *c);
/** Forgets the session without a packet: it stays open. */
void cip_drop(cip_client *c);

/** One packet in each direction. */
void cip_io_cycle(cip_io *io);
/** Runs n connections side by side for some cycles of the requested packet interval. */
void cip_io_run(lab_net *net, cip_io *const *io, unsigned n, unsigned cycles, int64_t rpi_us);
/** One packet from that side. */
void cip_io_send(cip_io *io, int side);

/** A request over DTLS without a session (CPF item 0x8003). */
uint8_t cip_unconnected_dtls(lab_channel *ch, lab_device *device, uint32_t transaction, uint8_t service, int class_id,
                             int instance, int attribute);
/** ListIdentity to a group address and the replies of these devices. */
void cip_list_identity(lab_net *net, const lab_node *tool, const char *group, lab_device *const *devices, unsigned n);
/** ListIdentity to one device, as a stream of its own. */
void cip_list_identity_one(lab_net *net, const lab_node *tool, lab_device *device);

#endif
