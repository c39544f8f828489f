"""Reads pcap and pcapng files into packets and writes pcap files: just what tests need to damage captures.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses
import struct

ETHERNET = 1


@dataclasses.dataclass
class Packet:
    seconds: int
    micros: int
    data: bytearray
    length: int  # on the wire

    @property
    def time(self):
        """Microseconds since 1970."""
        return self.seconds * 10 ** 6 + self.micros

    def at(self, time):
        """The same packet at another time."""
        seconds, micros = divmod(time, 10 ** 6)
        return dataclasses.replace(self, seconds=seconds, micros=micros)


def read(path):
    """(link type, packets) of a capture file with one link type."""
    data = path.read_bytes()
    return _read_pcapng(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else _read_pcap(data)


def secrets(path):
    """The TLS key logs that a pcapng file carries, as text."""
    data, at, found = path.read_bytes(), 0, []
    order = "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">"
    while data[:4] == b"\x0a\x0d\x0d\x0a" and at + 20 <= len(data):
        kind, size, secret, length = struct.unpack(order + "IIII", data[at:at + 16])
        if kind == 10 and secret == 0x544C534B:
            found.append(data[at + 16:at + 16 + length].decode("ascii", "replace"))
        at += max(size, 12)
    return "\n".join(found)


def _read_pcap(data):
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    nanoseconds = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    link, at, packets = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF, 24, []
    while at + 16 <= len(data):
        seconds, part, size, length = struct.unpack(order + "IIII", data[at:at + 16])
        packets.append(Packet(seconds, part // 1000 if nanoseconds else part, bytearray(data[at + 16:at + 16 + size]), length))
        at += 16 + size
    return link, packets


def _read_pcapng(data):
    order, link, at, packets, units = "<", None, 0, [], 10 ** 6
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, size = struct.unpack(order + "II", data[at:at + 8])
        if kind == 1:
            link = link if link is not None else struct.unpack(order + "H", data[at + 8:at + 10])[0]
            units = _resolution(data[at + 16:at + size - 4], order)
        elif kind == 6:
            _, high, low, kept, length = struct.unpack(order + "IIIII", data[at + 8:at + 28])
            ticks = high << 32 | low
            packets.append(Packet(ticks // units, ticks % units * 10 ** 6 // units, bytearray(data[at + 28:at + 28 + kept]), length))
        at += size
    return link, packets


def _resolution(options, order):
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack(order + "HH", options[at:at + 4])
        if code == 9:
            value = options[at + 4]
            return 2 ** (value & 0x7F) if value & 0x80 else 10 ** value
        if code == 0:
            break
        at += 4 + (size + 3) // 4 * 4
    return 10 ** 6


def write(path, packets, link=ETHERNET):
    """A capture that everyone may read: a test run by root asks as another user."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for packet in packets:
        out.append(struct.pack("<IIII", packet.seconds & 0xFFFFFFFF, packet.micros, len(packet.data), max(packet.length, len(packet.data))))
        out.append(bytes(packet.data))
    path.write_bytes(b"".join(out))
    path.chmod(0o644)


def vlan(data):
    """The frame with a VLAN tag."""
    return data[:12] + b"\x81\x00\x00\x05" + data[12:]


def on_vlan(packet):
    """The packet as it is seen on a VLAN, a copy."""
    return dataclasses.replace(packet, data=vlan(packet.data), length=packet.length + 4)


def ip_header(data):
    """The offset behind the EtherType of an Ethernet frame with any number of VLAN tags."""
    at = 12
    while data[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        at += 4
    return at + 2


def layers(data):
    """(offset of the IP header, offset of the TCP/UDP header, offset of its payload) or None; Ethernet, VLANs, IPv4, IPv6."""
    ip = ip_header(data)
    kind = data[ip - 2:ip]
    if kind == b"\x08\x00" and len(data) >= ip + 20:
        proto, transport = data[ip + 9], ip + (data[ip] & 15) * 4
    elif kind == b"\x86\xdd" and len(data) >= ip + 40:
        proto, transport = data[ip + 6], ip + 40
    else:
        return None
    if proto == 17 and len(data) >= transport + 8:
        return ip, transport, transport + 8
    if proto == 6 and len(data) >= transport + 20:
        payload = transport + (data[transport + 12] >> 4) * 4
        return (ip, transport, payload) if payload <= len(data) else None
    return None
