/* io_frame.c
 * Class 0/1 packets of a frame: connection, direction, sequence count, run/idle header. Wireshark shows these
 * on clear UDP 2222 when the Forward_Open was clear too; here they are known for DTLS as well.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "io_frame.h"

#include "../frame_log.h"

#include <epan/proto_data.h>

#include <cipsec/forward_open.h>

#include <string.h>

/* Key among a packet's proto data of `cipsec`, see packet.c. */
#define KEY_IO 1

/* Sequence count and run/idle header. */
#define HEAD 6
/* Of the run/idle header only run/idle (0) and connection owner (1-3) may be set. */
#define RUN_IDLE_BITS 0x0000000F
#define MAX_IO_A_FRAME 16

/* In the stream's log where later passes do not have the content again; else as long as the packet lives. */
typedef struct {
    uint32_t frame;
    uint32_t connection; /* its index when it is known, else its id */
    uint16_t len;
    bool known : 1, to_target : 1;
    uint8_t head_len : 3;
    uint8_t head[HEAD];
} io_packet;

static int hf_connection = CS_ID_INIT, hf_transport_class = CS_ID_INIT, hf_direction = CS_ID_INIT;
static int hf_sequence_count = CS_ID_INIT, hf_run_idle = CS_ID_INIT, hf_run_idle_source = CS_ID_INIT;
static int hf_rpi = CS_ID_INIT, hf_api = CS_ID_INIT, hf_open_frame = CS_ID_INIT;
static int hf_size = CS_ID_INIT;
static int hf_interval = CS_ID_INIT, hf_jitter = CS_ID_INIT, hf_gaps = CS_ID_INIT, hf_duplicates = CS_ID_INIT;
static int ett_io = CS_ID_INIT, ett_rhythm = CS_ID_INIT;

static const value_string directions[] = {{1, "O->T"}, {2, "T->O"}, {0, NULL}};
static const value_string run_idle[] = {{0, "Idle"}, {1, "Run"}, {0, NULL}};
static const value_string run_idle_sources[] = {{1, "assumed: O->T packets usually begin with it"}, {0, NULL}};

void cs_io_remember(packet_info *pinfo, const cs_cpf *cpf, const cs_connection *connection, bool to_target,
                    cs_stream *keep)
{
    io_packet io = {.frame = pinfo->num,
                    .connection = connection ? connection->index : cpf->connection_id,
                    .known = connection != NULL,
                    .len = (uint16_t)cpf->size,
                    .head_len = cpf->data_len < HEAD ? (uint8_t)cpf->data_len : HEAD,
                    .to_target = to_target};
    if (io.head_len)
        memcpy(io.head, cpf->data, io.head_len);
    if (keep) {
        cs_frame_log_add(&keep->io_packets, &io, sizeof io);
        return;
    }
    wmem_array_t *here = p_get_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_IO);
    if (!here) {
        here = wmem_array_sized_new(pinfo->pool, sizeof io, 1);
        p_add_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_IO, here);
    }
    wmem_array_append_one(here, io);
}

void cs_io_forget(cs_stream *stream, uint32_t frame)
{
    cs_frame_log_forget(&stream->io_packets, frame, sizeof(io_packet));
}

void cs_io_read_again(packet_info *pinfo, const cs_packet *packet, const uint8_t *data, unsigned len,
                      unsigned reported)
{
    cs_cpf cpf;
    bool to_target = false;
    if (!cs_cpf_read_datagram(data, len, reported, &cpf) || (cpf.kind != CS_CPF_IO && cpf.kind != CS_CPF_CONNECTED))
        return;
    const cs_connection *connection = cs_capture_find_connection(
        cs_current_capture(), packet->stream, packet->sender, &packet->at, cpf.connection_id, &to_target);
    cs_io_remember(pinfo, &cpf, connection, to_target, NULL);
}

static const io_packet *packets_of(packet_info *pinfo, const cs_stream *stream, unsigned *n)
{
    const io_packet *kept = cs_frame_log_find(&stream->io_packets, pinfo->num, sizeof(io_packet), n);
    if (kept)
        return kept;
    wmem_array_t *here = p_get_proto_data(pinfo->pool, pinfo, proto_cipsec, KEY_IO);
    *n = here ? wmem_array_get_count(here) : 0;
    return here ? wmem_array_get_raw(here) : NULL;
}

static proto_item *add_uint(proto_tree *tree, int hf, tvbuff_t *tvb, uint32_t value)
{
    proto_item *item = proto_tree_add_uint(tree, hf, tvb, 0, 0, value);
    proto_item_set_generated(item);
    return item;
}

/* The connection parameters give the size of the whole packet, not of its header, so only its absence can be proved:
 * no room, or bits that the header does not have. */
static void show_run_idle(proto_tree *tree, tvbuff_t *tvb, const io_packet *io, unsigned count_len)
{
    if (!io->to_target || io->head_len < count_len + 4)
        return;
    const uint8_t *p = io->head + count_len;
    uint32_t header = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    if (header & ~(uint32_t)RUN_IDLE_BITS)
        return;
    add_uint(tree, hf_run_idle, tvb, header & 1);
    add_uint(tree, hf_run_idle_source, tvb, 1);
}

static G_GNUC_NO_INLINE void show_packet(proto_tree *tree, tvbuff_t *tvb, const io_packet *io, const cs_connection *c,
                                         bool to_target)
{
    unsigned count_len = cs_connection_class(c) == 1 ? 2 : 0;
    tree = proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_io, NULL, "I/O packet of CIP connection %u, %s",
                                         c->index, to_target ? "O->T" : "T->O");
    add_uint(tree, hf_connection, tvb, c->index);
    add_uint(tree, hf_transport_class, tvb, cs_connection_class(c));
    add_uint(tree, hf_direction, tvb, to_target ? 1 : 2);
    if (count_len && io->head_len >= count_len)
        add_uint(tree, hf_sequence_count, tvb, (uint32_t)(io->head[0] | io->head[1] << 8));
    show_run_idle(tree, tvb, io, count_len);
    add_uint(tree, hf_size, tvb, io->len);
    add_uint(tree, hf_rpi, tvb, to_target ? c->rpi_ot : c->rpi_to);
    uint32_t api = to_target ? c->api_ot : c->api_to;
    if (api)
        add_uint(tree, hf_api, tvb, api);
    if (c->open_request.frame)
        add_uint(tree, hf_open_frame, tvb, c->open_request.frame);
}

static void add_time(proto_tree *tree, int hf, tvbuff_t *tvb, int64_t ns)
{
    nstime_t time = {(time_t)(ns / 1000000000), (int)(ns % 1000000000)};
    proto_item_set_generated(proto_tree_add_time(tree, hf, tvb, 0, 0, &time));
}

static G_GNUC_NO_INLINE void show_rhythm(proto_tree *tree, tvbuff_t *tvb, const cs_rhythm *rhythm)
{
    if (rhythm->packets < 2)
        return;
    tree = proto_tree_add_subtree(tree, tvb, 0, 0, ett_rhythm, NULL, "I/O rhythm of this direction");
    add_time(tree, hf_interval, tvb, rhythm->median_interval);
    add_time(tree, hf_jitter, tvb, rhythm->jitter);
    proto_item_set_generated(proto_tree_add_uint64(tree, hf_gaps, tvb, 0, 0, rhythm->gaps));
    proto_item_set_generated(proto_tree_add_uint64(tree, hf_duplicates, tvb, 0, 0, rhythm->duplicates));
}

void cs_io_show(packet_info *pinfo, proto_tree *tree, tvbuff_t *tvb, const cs_packet *packet)
{
    unsigned n;
    const io_packet *io = packets_of(pinfo, packet->stream, &n);
    for (unsigned i = 0; i < n && i < MAX_IO_A_FRAME; i++, io++) {
        bool to_target = io->to_target;
        const cs_capture *cap = cs_current_capture();
        const cs_connection *c =
            io->known ? g_ptr_array_index(cap->connections, io->connection)
                      /* perhaps the Forward_Open came later in the capture */
                      : cs_capture_find_connection(cap, packet->stream, packet->sender, &packet->at, io->connection,
                                                   &to_target);
        io_packet shown = *io;
        shown.to_target = to_target;
        if (c && cs_connection_class(c) <= 1)
            show_packet(tree, tvb, &shown, c, to_target);
    }
    if (packet->stream->has_rhythm)
        show_rhythm(tree, tvb, &packet->stream->rhythm[packet->sender]);
}

void cs_io_register(void)
{
    static hf_register_info hf[] = {
        {&hf_connection,
         {"CIP connection", "cipsec.io.connection", FT_UINT32, BASE_DEC, NULL, 0,
          "Index of the connection in the capture, from 0", HFILL}},
        {&hf_transport_class,
         {"Transport class", "cipsec.io.transport_class", FT_UINT8, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_direction, {"Direction", "cipsec.io.direction", FT_UINT8, BASE_DEC, VALS(directions), 0, NULL, HFILL}},
        {&hf_sequence_count,
         {"CIP sequence count", "cipsec.io.sequence_count", FT_UINT16, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_run_idle, {"Run/idle", "cipsec.io.run_idle", FT_UINT8, BASE_DEC, VALS(run_idle), 0, NULL, HFILL}},
        {&hf_run_idle_source,
         {"Run/idle header known by", "cipsec.io.run_idle.source", FT_UINT8, BASE_DEC, VALS(run_idle_sources), 0,
          NULL, HFILL}},
        {&hf_size,
         {"Size (bytes)", "cipsec.io.size", FT_UINT16, BASE_DEC, NULL, 0, "With sequence count and run/idle header",
          HFILL}},
        {&hf_rpi,
         {"RPI (microseconds)", "cipsec.io.rpi", FT_UINT32, BASE_DEC, NULL, 0, "Requested packet interval", HFILL}},
        {&hf_api,
         {"API (microseconds)", "cipsec.io.api", FT_UINT32, BASE_DEC, NULL, 0, "Actual packet interval", HFILL}},
        {&hf_open_frame,
         {"Opened in frame", "cipsec.io.open_frame", FT_FRAMENUM, BASE_NONE, NULL, 0, "Frame of the Forward_Open",
          HFILL}},
        {&hf_interval,
         {"Median interval", "cipsec.rhythm.interval", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Of the class 0/1 packets of this direction", HFILL}},
        {&hf_jitter,
         {"Jitter", "cipsec.rhythm.jitter", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "Median deviation from the median interval", HFILL}},
        {&hf_gaps,
         {"Gaps", "cipsec.rhythm.gaps", FT_UINT64, BASE_DEC, NULL, 0, "Sequence numbers that never came", HFILL}},
        {&hf_duplicates,
         {"Duplicates", "cipsec.rhythm.duplicates", FT_UINT64, BASE_DEC, NULL, 0,
          "Sequence numbers that came again or late", HFILL}},
    };
    static int *ett[] = {&ett_io, &ett_rhythm};
    proto_register_field_array(proto_cipsec, hf, array_length(hf));
    proto_register_subtree_array(ett, array_length(ett));
}
