/* model.h
 * What is known of one capture: streams, CIP connections, devices, certificates, deployments, findings.
 *
 * Decoders report facts on the first pass through cs_observe_*() and cs_stream_*(); everything else reads.
 * The structures are public for reading. All memory belongs to the cs_capture and is freed with it.
 * Nothing here knows tvbuffs, trees or packets, so it is unit-tested without Wireshark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_MODEL_H
#define CIPSEC_MODEL_H

#include <cipsec/arena.h>
#include <cipsec/findings.h>
#include <cipsec/types.h>

typedef struct cs_capture cs_capture;
typedef struct cs_stream cs_stream;
typedef struct cs_connection cs_connection;
typedef struct cs_device cs_device;
typedef struct cs_deployment cs_deployment;
typedef struct cs_finding cs_finding;
typedef struct cs_cert cs_cert; /* cipsec/certs.h */
struct cs_frame_facts;          /* cipsec/frame.h */

/* ---------------------------------------------------------------- streams */

/** A packet recorded twice comes again at once; the first repetition of TCP and DTLS waits about a second (RFC 6298,
 *  2.1; RFC 6347, 4.2.4.1), in impatient stacks a bit less. */
#define CS_REPETITION_NS INT64_C(400000000)

/** Counters of what one end sent; what each packet needs comes first. */
typedef struct {
    uint64_t packets; /**< with or without payload, as far as the plugin sees them */
    uint64_t bytes; /**< transport payload */
    cs_when last;
    bool cut; /**< payload of it was not recorded whole */
    bool unseen; /**< the other end confirmed data of it that are not in the capture, or no dissector got some */
    bool lost; /**< TCP: unseen for good; else the data may only be recorded behind their confirmation */
    bool next_known, acked_known; /**< of the next two */
    bool opened; /**< TCP: its SYN was seen */
    uint32_t next; /**< TCP: the sequence number behind its last byte, seen or confirmed when the capture began */
    uint32_t acked; /**< TCP: the highest sequence number that the other end confirmed */
    uint32_t fresh; /**< TCP: bytes seen, each once, without those that filled a hole; wraps */
    uint32_t hole, hole_end; /**< TCP: the last stretch that was passed over, equal when there was none */
    cs_endpoint ep;
    cs_when first;
} __attribute__((aligned(CS_CACHE_LINE))) cs_end;

/** @return true when what the end sent is not known whole: nothing may be said to have not been in it. */
static inline bool cs_end_missed(const cs_end *end)
{
    return end->unseen || end->cut;
}

/** Facts of one TLS or DTLS handshake. Sides: index 0 = client, 1 = server. Each record asks for the first ones. */
typedef struct {
    cs_handshake_state state;
    uint32_t client_hellos; /**< how often sent; more than 1 (2 with a cookie or retry) = retransmitted */
    uint16_t version; /**< negotiated; 0 unknown */
    uint16_t suite; /**< negotiated; valid when have_suite */
    bool have_suite, server_hello, hello_retry, hello_verify;
    bool server_hello_done;
    bool cert_request; /**< the server asked for a client certificate */
    bool cert_seen[2]; /**< a Certificate message of that side was read */
    bool cert_empty[2]; /**< ... and it held no certificate */
    bool cert_proved[2]; /**< its CertificateVerify / ServerKeyExchange signature verified */
    bool cert_verify[2]; /**< a CertificateVerify message of that side was seen (TLS 1.2: client only) */
    bool ccs[2], finished[2]; /**< finished: read, or an encrypted record where Finished belongs */
    bool resumed; /**< abbreviated handshake */
    bool missed; /**< parts were not captured: that a message was not seen proves nothing */
    bool client_id_tickets; /**< the client offered a session ticket */
    bool encrypt_then_mac, extended_master_secret;
    uint16_t client_version; /**< highest version offered */
    GArray *offered; /**< uint16_t: suites of the (first) ClientHello; NULL when not seen */
    GPtrArray *chain[2]; /**< cs_cert*: leaf first, not owned; NULL when not seen */
    cs_when hello, done; /**< first ClientHello; last Finished */
    bool have_alert; /**< a fatal alert, or a warning that ended the handshake */
    uint8_t alert; /**< description */
    uint8_t alert_level;
    cs_role alert_sender;
    cs_when alert_at;
    char *reason; /**< a failed or unfinished handshake in plain words, owned; NULL when there is none */
} cs_handshake;

/** Rhythm of class 0/1 data in one direction. Times in ns. */
typedef struct {
    uint64_t packets, bytes;
    uint64_t gaps; /**< sequence numbers that never came */
    uint64_t duplicates; /**< sequence numbers that came again or late */
    uint32_t size; /**< of the first one, */
    bool other_sizes; /**< and not of all others */
    bool sequence_readable; /**< true: encapsulation sequence numbers; false: DTLS record numbers */
    int64_t median_interval, jitter; /**< jitter: median absolute deviation of the interval */
} __attribute__((aligned(CS_CACHE_LINE))) cs_rhythm;

/** To which connection the last connected data of a sender belong. */
typedef struct {
    bool known, to_target;
    bool class01; /**< the connection is of transport class 0 or 1 */
    uint32_t id;
    uint32_t changes; /**< cs_capture.connection_changes at that time */
    cs_connection *connection; /**< NULL: its Forward_Open is not in the capture */
} cs_carried;

typedef struct cs_log_chunk cs_log_chunk;
/** What a stream keeps of its frames: private to the plugin (frame_log.h). All zero = empty. */
typedef struct {
    uint32_t last; /**< frame of the last entry */
    unsigned n, room; /**< entries in the last chunk, and how many it can take */
    cs_log_chunk *chunk;
} cs_frame_log;

/** The newest datagrams with readable content that are alike: private to the plugin (datagram_pdus.h). */
typedef struct {
    uint32_t datagrams; /**< of the stream so far */
    uint32_t upto; /**< which of them, counted from 1, was the last alike */
    uint16_t offset, trailer; /**< where the content begins, and how much is behind it */
    bool open; /**< the next one may go on with it */
    bool joined; /**< it is longer than the newest entry of the log */
} cs_pdu_run;

struct cs_stream {
    /* What each packet asks for comes first, then what each I/O packet does: they are fetched so, see cs_fetch(). */
    uint32_t index; /**< from 0, in order of first packet */
    cs_transport transport;
    int client; /**< index in end[], -1 while unknown */
    cs_role_source role_source;
    bool midstream; /**< was already open when the capture began */
    bool io_port; /**< clear UDP on the I/O port 2222 */
    bool inherit_tried; /**< private to cs_stream_inherit() */
    bool has_rhythm;
    bool news; /**< something else than evidence came in since the last cs_stream_conclude() */
    bool answered[2]; /**< end[] said something, captured or not: the other one went on as one does after an answer */
    bool foreign; /**< on a secure port: payload came that is neither EtherNet/IP nor of a record, and no record yet */
    bool ended; /**< an alert ended it, or one that cannot be read: they hardly say anything else behind a handshake */
    bool mistaken; /**< for a session before it by Wireshark, whose decryption then says nothing of this one */
    union {
        struct {
            bool syn, fin, rst; /**< TCP only */
            bool port_closed; /**< refused by RST or ICMP */
            bool start_dtls; /**< START_DTLS was sent here */
            /* what was carried, from readable content */
            bool saw_enip; /**< encapsulation or CPF was readable */
            bool saw_class3, saw_class01, saw_unconnected; /**< explicit on a connection, I/O, explicit without one */
            bool saw_config; /**< services of 0x5D, 0x5E, 0x5F or file transfers for them */
            bool saw_est; /**< enrollment over secure transport (HTTP /.well-known/est) */
            bool saw_other; /**< content that is not EtherNet/IP: read, or agreed on in the handshake */
            uint8_t classes_open; /**< bit n: a connection of transport class n was opened or is carried here */
            uint8_t classes_carried; /**< bit n: data of a known connection of transport class n runs here */
            uint8_t content_mac_len; /**< MAC length learned from records without a handshake, 0 = none */
            int8_t mutual_inherited; /**< resumed: 1 the earlier sessions were mutual, 0 they were not, -1 not known */
        };
        uint64_t evidence[2]; /**< all these at once, for cs_stream_conclude() */
    };
    uint64_t concluded_from[2]; /**< private to cs_stream_conclude(): the evidence at that time */
    uint64_t app_records; /**< application data records or clear PDUs */
    cs_confidentiality conf;
    cs_conf_source conf_source;
    cs_kind kind;
    cs_when last;
    void *wire_state; /**< private to the transport wrapper's parser; freed by wire_state_free */
    void *rhythm_state[2]; /**< private to model/rhythm.c, by sender */
    cs_frame_log pdus; /**< of the plugin, for later passes */
    cs_pdu_run pdu_run;
    cs_handshake hs;
    cs_end end[2]; /**< end[0] sent the first packet seen */
    cs_rhythm rhythm[2]; /**< by sender, index in end[] */
    cs_carried carried[2]; /**< private to model/connections.c, by sender */

    cs_when first;
    cs_frame_log io_packets; /**< of the plugin, for later passes */
    uint64_t ended_after; /**< app_records when it ended */
    uint32_t tcp_stream; /**< Wireshark's tcp.stream or udp.stream, UINT32_MAX if not known */
    struct {
        uint32_t id;
        int sender;
    } loose[8]; /**< connection ids of data whose Forward_Open is not in the capture */
    unsigned n_loose;
    GPtrArray *connections; /**< cs_connection*: opened or carried here, each once, not owned */
    uint64_t raised; /**< private to model/stream_findings.c: bit n set = finding kind n is settled */
    uint32_t judged_facts; /**< private to model/stream_findings.c: what the last comparison with the policy knew */
    cs_deployment *deployment; /**< the first configuration session on it, not owned; NULL */
    cs_device *device[2]; /**< private to model/devices.c: of these ends, not owned; NULL while not asked for */
    GDestroyNotify wire_state_free; /**< what it refers to; its own memory is of the arena */
    cs_arena *memory; /**< of the capture */
} __attribute__((aligned(CS_CACHE_LINE)));

/** What each packet asks for, see cs_fetch(); beside it what stands first in the sender's end. */
#define CS_STREAM_FIRST ((size_t)3 * CS_CACHE_LINE)
G_STATIC_ASSERT(G_STRUCT_OFFSET(cs_stream, hs) + G_STRUCT_OFFSET(cs_handshake, server_hello_done) <= CS_STREAM_FIRST);

/** @return true for TLS and DTLS. */
static inline bool cs_stream_secured(const cs_stream *stream)
{
    return stream->transport == CS_TRANSPORT_TLS || stream->transport == CS_TRANSPORT_DTLS;
}
/** The CIP class tag of a stream and how it is known. */
cs_cip_class cs_stream_class(const cs_stream *stream, cs_class_source *source);
/** Bit n set: a CIP connection of transport class n was opened or is carried here; also after it was closed. */
uint8_t cs_stream_transport_classes(const cs_stream *stream);
/** @return true when what a stream carries comes like I/O: one size in each direction, and in one of them at even
 *  intervals. What cannot be read is called I/O only then. */
bool cs_stream_is_cyclic(const cs_stream *stream);
/** @return end[] of the client / server, or NULL while unknown. */
const cs_end *cs_stream_client(const cs_stream *stream);
const cs_end *cs_stream_server(const cs_stream *stream);
/** @return true when the client proved a certificate too; *known is false while the handshake was not read. */
bool cs_stream_mutual_auth(const cs_stream *stream, bool *known);
/** @return true when the server may have said more in the handshake than was captured. What is missing behind a
 *  complete handshake does not count. The server must be known. */
bool cs_stream_flight_missed(const cs_stream *stream);
/** Raises the findings that the facts of a stream justify by now. Cheap when nothing new is known; called for each
 *  packet of the first pass after its dissection and once more at the end. @param at the packet. */
void cs_stream_findings(cs_capture *cap, cs_stream *stream, const cs_when *at);
/** A resumed session takes over who was authenticated from the session it continues. That one is not named readably,
 *  so this looks at the earlier full handshakes of the same client with the same server, and stays unknown unless they
 *  agree. Cheap when there is nothing to do; call after cs_stream_update(). */
void cs_stream_inherit(const cs_capture *cap, cs_stream *stream);
/** Recomputes kind, confidentiality and handshake state from the facts. Called by the observers. */
void cs_stream_update(cs_stream *stream);
/** What a packet means for its stream: cs_stream_update(), cs_stream_inherit(), cs_stream_findings(). Costs little for
 *  the many packets of a stream that goes on as before. @param at the packet */
void cs_stream_conclude(cs_capture *cap, cs_stream *stream, const cs_when *at);

/* ---------------------------------------------------------------- CIP messages and connections */

#define CS_CIP_UNSET 0xFFFFFFFFu

/** One CIP request or response, as a decoder saw it. Valid during the call only. */
typedef struct {
    cs_when at;
    cs_stream *stream; /**< NULL when the carrier is not one of ours */
    int sender; /**< index in stream->end[] */
    bool response;
    uint8_t service; /**< without the response bit */
    uint32_t class_id, instance, attribute; /**< CS_CIP_UNSET when not in the path */
    uint8_t status; /**< responses */
    uint8_t n_ext;
    uint16_t ext[4]; /**< the first additional status words */
    const uint8_t *body;
    uint32_t body_len;
    /* responses only: the request, when it was captured */
    cs_when request_at; /**< frame 0: request not captured */
    const uint8_t *request_body; /**< NULL when not captured */
    uint32_t request_body_len;
} cs_cip_message;

/** Takes in a CIP message (objects 0x5D 0x5E 0x5F 0x37 0x06 0xF5 0x01): connections, devices, deployments. */
void cs_observe_cip(cs_capture *cap, const cs_cip_message *msg);
/** Device that answers / tool that asks, for a message. @return false while roles of the carrier are unknown
 *  (then the receiver of a request counts as device). */
bool cs_cip_device(const cs_cip_message *msg, cs_addr *device, cs_addr *tool);

typedef enum { CS_CONN_REQUESTED, CS_CONN_OPEN, CS_CONN_REFUSED, CS_CONN_CLOSED } cs_connection_state;

struct cs_connection {
    uint32_t index;
    cs_connection_state state;
    cs_endpoint originator, target; /**< address of the ends; port of the stream that carried the Forward_Open */
    cs_stream *opened_on; /**< carried the Forward_Open, NULL when known only from data */
    cs_stream *carried_on[2]; /**< carries the data O->T, T->O; NULL until seen */
    uint32_t id_ot, id_to; /**< network connection ids; 0 unknown */
    uint16_t serial, vendor;
    uint32_t originator_serial;
    uint32_t rpi_ot, rpi_to, api_ot, api_to; /**< microseconds; api 0 = not granted yet */
    uint32_t params_ot, params_to;
    bool large;
    uint8_t class_trigger; /**< transport class and trigger byte */
    uint8_t *path;
    uint32_t path_len;
    cs_when open_request, open_response, close;
    uint8_t status; /**< of the Forward_Open */
    uint16_t ext_status;
};

/** Transport class 0..3 of a connection. */
static inline uint8_t cs_connection_class(const cs_connection *c)
{
    return c->class_trigger & 0x0F;
}
/** Looks for Forward_Open, Forward_Close and their responses in a CIP message, also inside Unconnected_Send and
 *  Multiple_Service_Packet. Responses are known by the connection's serial numbers, so they need no request record.
 *  @param message from the service octet on */
void cs_observe_connection_message(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                   const uint8_t *message, size_t len);
/** Finds the connection that an I/O or connected packet belongs to, by connection id and the two addresses;
 *  ties it to the stream on the first hit. @param to_target receives the direction. @return NULL when none. */
cs_connection *cs_observe_connected_data(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at,
                                         uint32_t connection_id, bool *to_target);
/** As above, but only looks. Ids are used again: it is the last connection asked for before the packet.
 *  @param at the packet */
cs_connection *cs_capture_find_connection(const cs_capture *cap, const cs_stream *stream, int sender,
                                          const cs_when *at, uint32_t connection_id, bool *to_target);
/** Asks for the memory of a rhythm_state of a stream, see cs_fetch(). @param state or NULL */
void cs_rhythm_fetch(const void *state);
#define CS_NO_SEQUENCE UINT64_MAX /**< the record has a number that cannot be read */
/** Counts a class 0/1 packet for the rhythm. sequence: encapsulation sequence number, or the DTLS record number
 *  when the content is encrypted (readable = false). */
void cs_observe_io(cs_capture *cap, cs_stream *stream, int sender, int64_t ns, uint32_t bytes, uint64_t sequence,
                   bool readable);
/** As cs_observe_io() for readable content, where sequence numbers count for each connection by itself.
 *  @param has_sequence false for class 0 packets without a sequenced address item */
void cs_observe_io_connection(cs_capture *cap, cs_stream *stream, int sender, int64_t ns, uint32_t bytes,
                              uint32_t connection_id, bool has_sequence, uint32_t sequence);

/* ---------------------------------------------------------------- devices */

/** Last value read or written of an attribute, as bytes. */
typedef struct {
    uint32_t class_id, instance, attribute;
    uint8_t *value;
    uint32_t len;
    cs_when at;
    bool written; /**< by a Set service that succeeded; else read */
} cs_attribute_value;

struct cs_device {
    cs_addr addr;
    uint8_t identity; /**< what of it was seen, in ListIdentity or the Identity object: bit n = attribute n */
    uint16_t vendor, device_type, product_code;
    uint8_t major, minor;
    uint32_t serial;
    char *product_name; /**< owned, UTF-8; NULL unknown */
    bool security_item_seen; /**< ListIdentity item 0x86 */
    uint16_t profiles, profiles_configured;
    bool have_profiles_configured;
    int cs_state, eip_state; /**< last seen states of 0x5D and 0x5E, -1 unknown */
    int ports_advertised; /**< IANA port state byte, -1 unknown */
    uint32_t capability, usage; /**< items 0x87 / 0x88 */
    bool have_capability, have_usage;
    GPtrArray *attributes; /**< cs_attribute_value*, owned */
    cs_when last_config; /**< last successful change of a security attribute */
    cs_when last_apply; /**< last successful Apply_Config, End_Config or Reset: when a change takes effect */
    cs_when configured_since; /**< the device was first known to be Configured; frame 0 while it is not */
    cs_when first_secured, last_clear; /**< first secured session, last EtherNet/IP in the clear */
    cs_cert *certificate; /**< last end-entity certificate it showed, NULL */
    uint8_t ports_seen; /**< same bits as the IANA port state */
};

/** Attributes of the Identity object that are kept. */
enum {
    CS_IDENTITY_VENDOR = 1,
    CS_IDENTITY_TYPE = 2,
    CS_IDENTITY_CODE = 3,
    CS_IDENTITY_REVISION = 4,
    CS_IDENTITY_SERIAL = 6,
    CS_IDENTITY_NAME = 7
};
/** True when this attribute of the device's identity was seen. */
static inline bool cs_device_knows(const cs_device *dev, unsigned attribute)
{
    return dev->identity >> attribute & 1;
}

/** ListIdentity facts. profiles_configured < 0: old 5-byte item. */
typedef struct {
    cs_when at;
    cs_addr device;
    bool have_identity;
    uint16_t vendor, device_type, product_code;
    uint8_t major, minor;
    uint32_t serial;
    const char *product_name;
    bool have_security;
    uint16_t profiles;
    uint8_t cs_state, eip_state, ports;
    int32_t profiles_configured;
    bool have_capability, have_usage;
    uint32_t capability, usage;
} cs_identity;

void cs_observe_identity(cs_capture *cap, const cs_identity *identity);
/** @return the device, created when it is new. */
cs_device *cs_capture_device(cs_capture *cap, const cs_addr *addr);
/** @return the device or NULL. */
cs_device *cs_capture_find_device(const cs_capture *cap, const cs_addr *addr);
/** Last value of an attribute. @return NULL when not seen. */
const cs_attribute_value *cs_device_attribute(const cs_device *dev, uint32_t class_id, uint32_t instance,
                                              uint32_t attribute);

/* ---------------------------------------------------------------- findings */

struct cs_finding {
    uint32_t index;
    cs_finding_kind kind;
    cs_when at;
    cs_stream *stream; /**< NULL when not of one stream */
    cs_addr device; /**< family 0 when not of one device */
    char *detail; /**< what exactly, owned; NULL */
    char *key; /**< identity within the capture: a finding is reported once per key, owned; NULL: one a stream */
    cs_finding *next_in_frame, *last_in_frame; /**< the chain of a frame's findings; the last is known by the first */
};

/** Adds a finding unless one with the same kind and key exists. Strings are copied.
 *  @param key NULL: kind + stream index + device + detail. @return the (old or new) finding. */
cs_finding *cs_finding_add(cs_capture *cap, cs_finding_kind kind, const cs_when *at, cs_stream *stream,
                           const cs_addr *device, const char *key, const char *detail);
/** Adds a finding about a stream that is known to be its first of the kind: for these, no key has to be made. */
cs_finding *cs_finding_raise(cs_capture *cap, cs_finding_kind kind, const cs_when *at, cs_stream *stream,
                             const cs_addr *device, const char *detail);
/** Findings of one frame. @return the first, NULL when there are none; follow next_in_frame. Owned by the capture. */
const cs_finding *cs_findings_in_frame(const cs_capture *cap, uint32_t frame);

/* ---------------------------------------------------------------- files */

typedef enum { CS_FILE_UPLOAD, CS_FILE_DOWNLOAD } cs_file_direction;

/** A complete (or ended) file transfer of the File object. Bytes valid during the call only. */
typedef struct {
    cs_when start, end;
    cs_stream *stream;
    cs_addr device;
    uint32_t instance;
    cs_file_direction direction;
    const uint8_t *bytes;
    uint32_t len;
    bool complete; /**< all parts there */
    bool checksum_ok;
    int encoding; /**< attribute 11 of the instance if known, else -1 */
} cs_file_transfer;

/** Takes in a transferred file: certificate store, deployments. */
void cs_observe_file(cs_capture *cap, const cs_file_transfer *file);

/** The CSR or certificates in the body of an HTTP message: a device enrolls (RFC 7030). Bytes valid during the call
 *  only. */
typedef struct {
    cs_when at;
    cs_stream *stream; /**< NULL when not on a port of ours */
    cs_addr client; /**< who enrolls */
    bool response; /**< came from the server */
    const uint8_t *bytes; /**< DER, base64 or PEM */
    uint32_t len;
} cs_enrollment_body;

/** Takes in an enrollment's body: certificate store. */
void cs_observe_enrollment(cs_capture *cap, const cs_enrollment_body *body);

/* ---------------------------------------------------------------- the capture */

typedef struct {
    const char *trust_file; /**< PEM, "" or NULL = none */
    unsigned expiry_days;
    const struct cs_policy *policy; /**< cipsec/policy.h: zones, conduits and names; NULL = none */
} cs_options;

struct cs_capture {
    /* What each packet asks for comes first. */
    cs_options options; /**< strings belong to the caller */
    cs_when first, last; /**< first and last packet of the whole file */
    cs_when newest; /**< the packet before, whatever its time */
    bool finished; /**< cs_capture_finish() has run since the last fact came in */
    bool any_configured; /**< a device was Configured at some time */
    bool certs_unsettled; /**< certificates were shown in handshakes that were not over yet */
    uint32_t last_noted_frame; /**< the highest with findings, certificates or steps of a handshake */
    uint32_t connection_changes; /**< counts what may tie data to another connection */
    unsigned clock_jumps;
    cs_arena memory; /**< of the streams and what belongs to them */
    GPtrArray *streams; /**< cs_stream* by index */
    GPtrArray *connections; /**< cs_connection* by index */
    GHashTable *devices; /**< cs_addr* -> cs_device* */
    GPtrArray *findings; /**< cs_finding* by index */
    GHashTable *findings_by_key; /**< char* -> cs_finding* */
    GHashTable *findings_by_frame; /**< frame -> its first cs_finding* */
    GHashTable *taken_again; /**< private to model/frames.c: frame -> int64_t*, time of its last bearer; NULL mostly */
    GHashTable *connection_ids; /**< uint32_t -> GPtrArray of cs_connection* */
    GHashTable *connection_serials; /**< hash of serial numbers -> GPtrArray of cs_connection* */
    GPtrArray *deployments; /**< cs_deployment* in order of start (cipsec/deployments.h) */
    void *cert_store; /**< cipsec/certs.h */
    void *deployment_state; /**< private to model/deployments.c */
    void (*before_finish)(cs_capture *cap); /**< the decoders' own conclusions; NULL when there are none */
};

/** @return an empty capture; free with cs_capture_free(). */
cs_capture *cs_capture_new(const cs_options *options);
void cs_capture_free(cs_capture *cap);
/** The number of the frame was that of another one, which is none any more: see model/frames.c.
 *  @param at the new bearer, before anything of it is taken in */
void cs_capture_frame_again(cs_capture *cap, const cs_when *at);
/** Creates a stream. The caller keeps the pointer (flows of a conversation); index counts up. */
cs_stream *cs_capture_add_stream(cs_capture *cap, cs_transport transport, const cs_endpoint *first_sender,
                                 const cs_endpoint *first_receiver, const cs_when *at);
/** Counts a packet of a stream. @param sender index in end[]; bytes = transport payload. */
void cs_stream_packet(cs_capture *cap, cs_stream *stream, int sender, const cs_when *at, uint32_t bytes);
/** Takes in the TCP header of a packet: how the connection begins and ends, and whether the capture holds all that the
 *  two ends confirm to each other. Before cs_stream_packet(). @param sender index in end[] */
void cs_stream_tcp(cs_stream *stream, int sender, const struct cs_frame_facts *facts);
/** @return true when a TCP segment brings bytes that were passed over, or confirmed, before. Before cs_stream_tcp(). */
bool cs_stream_tcp_late(const cs_end *sender, const struct cs_frame_facts *facts);
/** Which end sent a packet. @return 0 or 1; 0 when both ends are equal. */
int cs_stream_sender(const cs_stream *stream, const cs_endpoint *src);
/** Sets the roles unless a better source (lower number) already did. client: index in end[]. */
void cs_stream_set_client(cs_stream *stream, int client, cs_role_source source);
/** End-of-capture conclusions (abandoned sessions, expiry, shared certificates, posture, policy). Idempotent;
 *  runs again after new facts. Called before tables are drawn and at the end of the first pass in the GUI. */
void cs_capture_finish(cs_capture *cap);

#endif
