"""Builds captures of CIP messages in EtherNet/IP, the four ways in which they travel in the clear.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import socket
import struct

import pcap

CLIENT, SERVER = "192.0.2.10", "192.0.2.20"
CARRIERS = ("unconnected", "connected", "packet", "routed")
MAX_PAYLOAD = 60000


class Capture:
    """A TCP connection to port 44818, or several one after the other, and UDP datagrams beside it."""

    def __init__(self, port=44818):
        self.packets, self.port = [], port
        self.context = 0
        self.clock = 1700000000 * 10 ** 6
        self.connect()

    def connect(self, first=1, early=b""):
        """Opens a connection, always between the same ports. first: both sequence numbers; early: data in the SYN."""
        self.sequence = {True: first, False: first}
        self._tcp(True, early, 0x02)
        self._tcp(False, b"", 0x12)
        self._tcp(True, b"", 0x10)

    def exchange(self, request, response=None, carrier="unconnected"):
        """Adds request and response, each a CIP message; returns their frame numbers."""
        self.context += 1
        first = self._send(True, self._wrap(request, True, carrier), carrier)
        second = None if response is None else self._send(False, self._wrap(response, False, carrier), carrier)
        return first, second

    def packet(self, requests, responses):
        """A Multiple_Service_Packet with several members."""
        self.context += 1
        ask = bytes.fromhex("0a0220022401") + members(requests)
        return (self._send(True, ask, "unconnected"),
                self._send(False, bytes.fromhex("8a000000") + members(responses), "unconnected"))

    def datagram(self, payload, port, from_client=True):
        client = (CLIENT, 50001)
        return self._add(*((client, (SERVER, port)) if from_client else ((SERVER, port), client)), 17, payload)

    def open_io(self, connection, serial=1, rpi=20000):
        """A Forward_Open of a class 1 connection (RPI in microseconds O->T, T->O half of it) and its answer; returns
        their frames."""
        ids = struct.pack("<IIHHI", connection, 0x00AB0001, serial, 2, 3)
        ask = bytes.fromhex("5402200624010a0e") + ids
        ask += struct.pack("<B3sIHIHBB", 0, b"\0\0\0", rpi, 0x4810, rpi // 2, 0x4810, 0x01, 0)
        return self.exchange(ask, bytes.fromhex("d4000000") + ids + struct.pack("<IIBB", rpi, rpi // 2, 0, 0))

    def close_io(self, serial=1):
        """A Forward_Close and its answer."""
        triad = struct.pack("<HHI", serial, 2, 3)
        return self.exchange(bytes.fromhex("4e02200624010a0e") + triad + b"\0\0", bytes.fromhex("ce000000") + triad + b"\0\0")

    def raw(self, payload, from_client=True):
        """Octets of the TCP connection as they are."""
        return self._tcp(from_client, payload)

    def write(self, path):
        pcap.write(path, self.packets)
        return path

    def _wrap(self, message, from_client, carrier):
        if carrier == "packet":
            head = "0a0220022401" if from_client else "8a000000"
            other = bytes.fromhex("0e03200124013007" if from_client else "8e0000000441424344")
            return bytes.fromhex(head) + members([other, message])
        if carrier == "routed" and from_client:
            size = struct.pack("<H", len(message))
            pad = b"\0" * (len(message) & 1)
            return bytes.fromhex("5202200624010599") + size + message + pad + bytes.fromhex("01000100")
        return message

    def _send(self, from_client, message, carrier):
        if carrier == "connected":
            number = b"\x11\x22\x33\x44" if from_client else b"\x55\x66\x77\x88"
            sequence = struct.pack("<H", self.context)
            items = b"\xa1\0\4\0" + number + b"\xb1\0" + struct.pack("<H", len(message) + 2) + sequence + message
            command = 0x70
        else:
            items = b"\0\0\0\0\xb2\0" + struct.pack("<H", len(message)) + message
            command = 0x6F
        body = b"\0" * 6 + b"\2\0" + items
        head = struct.pack("<HHII8sI", command, len(body), 1, 0, struct.pack("<Q", self.context), 0)
        return self._tcp(from_client, head + body)

    def _tcp(self, from_client, payload, flags=0x18):
        ends = [(CLIENT, 50000), (SERVER, self.port)]
        source, target = ends if from_client else ends[::-1]
        header = struct.pack(">HHIIBBHHH", source[1], target[1], self.sequence[from_client],
                             self.sequence[not from_client], 0x50, flags, 65535, 0, 0)
        self.sequence[from_client] += len(payload) + (1 if flags & 2 else 0)
        return self._add(source, target, 6, header + payload, transport=False)

    def _add(self, source, target, protocol, payload, transport=True):
        if transport:
            payload = struct.pack(">HHHH", source[1], target[1], len(payload) + 8, 0) + payload
        assert len(payload) < MAX_PAYLOAD
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), len(self.packets), 0, 64, protocol, 0,
                         socket.inet_aton(source[0]), socket.inet_aton(target[0]))
        data = bytes.fromhex("020000000002020000000001") + b"\x08\x00" + ip + payload
        self.clock += 1000
        self.packets.append(pcap.Packet(self.clock // 10 ** 6, self.clock % 10 ** 6, bytearray(data), len(data)))
        return len(self.packets)


def io(connection, sequence, data):
    """The items of a class 0/1 packet."""
    return struct.pack("<HHHIIHH", 2, 0x8002, 8, connection, sequence, 0xB1, len(data)) + data


def integrity_only(number, content):
    """A DTLS record of epoch 1 that is authenticated, not encrypted; the 20 octets of its MAC are not right."""
    body = content + b"\x5a" * 20
    return b"\x17\xfe\xfd\0\x01" + number.to_bytes(6, "big") + struct.pack(">H", len(body)) + body


def members(messages):
    """Count, offsets and messages of a Multiple_Service_Packet."""
    at, offsets = 2 + 2 * len(messages), []
    for message in messages:
        offsets.append(at)
        at += len(message)
    return struct.pack("<H", len(messages)) + b"".join(struct.pack("<H", offset) for offset in offsets) + b"".join(messages)


def path(class_id, instance=None, attribute=None):
    """A padded EPATH, 16-bit segments where the number needs them."""
    out = b""
    for kind, value in ((0x20, class_id), (0x24, instance), (0x30, attribute)):
        if value is None:
            continue
        out += struct.pack("<BB", kind, value) if value < 256 else struct.pack("<BBH", kind + 1, 0, value)
    return out


def request(service, where, body=b""):
    return bytes([service, len(where) // 2]) + where + body


def response(service, body=b"", status=0, words=()):
    return struct.pack("<BBBB", service | 0x80, 0, status, len(words)) + b"".join(struct.pack("<H", w) for w in words) + body
