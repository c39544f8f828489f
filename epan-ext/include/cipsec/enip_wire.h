/* enip_wire.h
 * Telling EtherNet/IP from anything else by its bytes, and reading it out of integrity-only records.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CIPSEC_ENIP_WIRE_H
#define CIPSEC_ENIP_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_ENIP_HEADER_LEN 24
#define CS_ENIP_PDU_MAX (CS_ENIP_HEADER_LEN + 65535)

typedef enum {
    CS_ENIP_NO, /**< not EtherNet/IP */
    CS_ENIP_WHOLE, /**< encapsulation PDUs that end exactly with the bytes */
    CS_ENIP_PART /**< so far as it goes; a PDU is longer than the bytes */
} cs_enip_verdict;

/** Judges bytes that begin with an encapsulation header.
 *
 *  Every PDU needs a known command, options 0 and a status of the standard; RegisterSession has 4 bytes, and
 *  SendRRData / SendUnitData hold interface handle 0 and an item list that ends with the PDU. NOP alone proves
 *  nothing. Random bytes pass as WHOLE with odds below 2^-80 (13 + 16 + 32 + 29 bits for the shortest PDU), as PART
 *  below 2^-70.
 *  @param n bytes at p, @param reported bytes that there are on the wire (>= n; beyond n cut by the snap length)
 *  @param whole receives the length of the complete PDUs at the beginning, NULL if not wanted */
cs_enip_verdict cs_enip_judge(const uint8_t *p, size_t n, size_t reported, size_t *whole);

/** @return true when fewer bytes than a header may be the beginning of one. */
bool cs_enip_may_begin(const uint8_t *p, size_t n);

/** @return true when the bytes are exactly one CPF packet as DTLS on a CIP Security port carries it: connected data
 *  (0x8002 or 0x00A1 with 0x00B1) or an unconnected message (0x8003). Random bytes pass with odds below 2^-80.
 *  @param reported as above; the fixed parts must be captured. */
bool cs_cpf_judge(const uint8_t *p, size_t n, size_t reported);

/** @return true for any status of the encapsulation protocol that is in the standard. */
bool cs_enip_status_known(uint32_t status);

/** How integrity-only records are laid out on one stream. */
typedef struct {
    uint8_t mac_len; /**< 0 = not known yet */
    bool inner_type; /**< content || type || zeros || MAC (RFC 9150, and DTLS records with connection id) */
} cs_null_layout;

/** Splits a record payload by a known layout.
 *  @param type receives the inner content type, or stays as it was without one
 *  @param reported in: payload length on the wire; out: content length on the wire
 *  @return captured bytes of the content, -1 when the record is too short or has no inner type. */
int cs_null_content(const cs_null_layout *layout, const uint8_t *payload, size_t captured, size_t *reported,
                    uint8_t *type);

/** One direction of a stream: PDUs over several records, and the search for the layout. */
typedef struct {
    GByteArray *pdu; /**< beginning of a PDU; NULL when there is none */
    GPtrArray *undecided; /**< GBytes*: payloads since a PDU began, while the layout is unknown */
    size_t undecided_len;
} cs_recovery;

/** Receives recovered bytes. reported > len: cut by the snap length. enip: complete PDUs (or the readable beginning of
 *  one); else content that is not EtherNet/IP, one record. */
typedef void (*cs_recovered_fn)(void *ctx, const uint8_t *data, size_t len, size_t reported, bool enip);

void cs_recovery_clear(cs_recovery *r);
/** A hole in the captured data. */
void cs_recovery_gap(cs_recovery *r);
/** Takes in content whose layout is known: hands out complete PDUs, keeps the rest.
 *  @param certain the content is known to be plaintext; then what is no EtherNet/IP is handed out too. */
void cs_recovery_content(cs_recovery *r, const uint8_t *data, size_t n, size_t reported, bool certain,
                         cs_recovered_fn fn, void *ctx);
/** Takes in the payload of a TLS application data record whose layout may be unknown, and learns the layout from it.
 *  @return true when the record (perhaps with those before it) was recognised as EtherNet/IP. */
bool cs_recovery_learn(cs_recovery *r, cs_null_layout *layout, const uint8_t *payload, size_t captured,
                       size_t reported, cs_recovered_fn fn, void *ctx);
/** Learns the layout from a record of a TLS 1.3 handshake that is protected by RFC 9150: whole handshake messages and
 *  the inner type where one of its MACs leaves it. By chance one in 2^36 random records looks like that.
 *  @return true when it is one. */
bool cs_null_learn_handshake(cs_null_layout *layout, const uint8_t *payload, size_t len);
/** As above for one DTLS record. @param cid record of type 25. */
bool cs_recovery_learn_datagram(cs_null_layout *layout, const uint8_t *payload, size_t captured, size_t reported,
                                bool cid, cs_recovered_fn fn, void *ctx);

#endif
