"""Writes captures whose TLS 1.2 handshakes show given certificates, in the clear on port 2221.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import pcap

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
SERVER, CLIENT = bytes([10, 17, 80, 31]), bytes([10, 18, 2, 75])


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def certificate_message(chain):
    """A Certificate message of DER certificates, leaf first."""
    listed = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    return message(CERTIFICATE, len(listed).to_bytes(3, "big") + listed)


def client_hello():
    return message(CLIENT_HELLO, b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\xc0\x23" + b"\1\0")


def server_hello():
    return message(SERVER_HELLO, b"\x03\x03" + bytes(32) + b"\0" + b"\xc0\x23\0")


def records(octets, size=16000):
    """Handshake records of TLS 1.2."""
    return b"".join(b"\x16\x03\x03" + len(octets[i:i + size]).to_bytes(2, "big") + octets[i:i + size]
                    for i in range(0, len(octets), size))


def segments(payload, ports, seconds, sequence=(1, 1), ends=(SERVER, CLIENT), size=1400):
    """What one end sends on a TCP connection, as Ethernet frames. Ports, sequence numbers and ends: sender first."""
    out = []
    for at in range(0, len(payload), size):
        body = payload[at:at + size]
        tcp = struct.pack(">HHIIBBHHH", *ports, sequence[0] + at, sequence[1], 0x50, 0x18, 0xFFFF, 0, 0) + body
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, *ends)
        frame = bytearray(b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + tcp)
        out.append(pcap.Packet(seconds, at // size, frame, len(frame)))
    return out


def write(path, streams, seconds):
    """One connection for each octet string of handshake messages that follow the hellos."""
    packets = []
    for i, octets in enumerate(streams):
        hello = records(client_hello())
        packets += segments(hello, (40000 + i, 2221), seconds + i, ends=(CLIENT, SERVER))
        packets += segments(records(server_hello() + octets), (2221, 40000 + i), seconds + i, (1, 1 + len(hello)))
    pcap.write(path, packets)
    return path


def write_http(path, messages, seconds):
    """One clear HTTP connection: requests and responses in turn, each (first line, media type, body)."""
    packets, sent = [], [1, 1]
    for i, (first, media, body) in enumerate(messages):
        response = i % 2
        octets = f"{first}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        packets += segments(octets, (80, 40000) if response else (40000, 80), seconds + i,
                            (sent[response], sent[1 - response]), (SERVER, CLIENT) if response else (CLIENT, SERVER))
        sent[response] += len(octets)
    pcap.write(path, packets)
    return path
