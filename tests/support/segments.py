"""Cuts, drops, repeats and reorders the TCP segments of a capture (Ethernet, IPv4), as networks and capture cards do.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import copy
import struct

import pcap


class Segment:
    """A packet with TCP payload, or any other packet (payload None)."""

    def __init__(self, packet):
        self.packet = packet
        self.payload = self.sequence = None
        places = pcap.layers(packet.data)
        if not places:
            return
        ip, transport, start = places
        if packet.data[ip] >> 4 != 4 or packet.data[ip + 9] != 6:
            return
        end = ip + struct.unpack_from(">H", packet.data, ip + 2)[0]
        self.ip, self.tcp, self.start = ip, transport, start
        self.payload = bytes(packet.data[start:end])
        self.sequence = struct.unpack_from(">I", packet.data, transport + 4)[0]

    def ends(self):
        """Addresses and ports, the sender's first."""
        return bytes(self.packet.data[self.ip + 12:self.ip + 20] + self.packet.data[self.tcp:self.tcp + 4])

    def part(self, begin, end):
        """A new packet with payload[begin:end] at its right place in the sequence."""
        packet = copy.deepcopy(self.packet)
        body = self.payload[begin:end]
        packet.data = packet.data[:self.start] + bytearray(body)
        struct.pack_into(">H", packet.data, self.ip + 2, self.start - self.ip + len(body))
        struct.pack_into(">I", packet.data, self.tcp + 4, (self.sequence + begin) & 0xFFFFFFFF)
        packet.length = len(packet.data)
        return packet


def split(packets, size):
    """Every payload in segments of at most size bytes."""
    out = []
    for segment in map(Segment, packets):
        if not segment.payload:
            out.append(segment.packet)
            continue
        for begin in range(0, len(segment.payload), size):
            out.append(segment.part(begin, min(begin + size, len(segment.payload))))
    return out


def repeat(packets, every):
    """Each every-th packet with payload twice."""
    out, count = [], 0
    for segment in map(Segment, packets):
        out.append(segment.packet)
        if segment.payload:
            count += 1
            if count % every == 0:
                out.append(copy.deepcopy(segment.packet))
    return out


def swap(packets, every):
    """Each every-th segment after the one that follows it from the same sender."""
    out, with_payload = list(packets), [(i, one) for i, one in enumerate(map(Segment, packets)) if one.payload]
    for at in range(0, len(with_payload) - 1, every):
        (first, one), (second, other) = with_payload[at:at + 2]
        if one.ends() == other.ends():
            out[first], out[second] = out[second], out[first]
    return out


def drop(packets, numbers):
    """Without the payload-carrying packets of these numbers, counted from 0."""
    out, count = [], 0
    for segment in map(Segment, packets):
        if segment.payload:
            count += 1
            if count - 1 in numbers:
                continue
        out.append(segment.packet)
    return out


def snap(packets, length):
    """Every packet cut to a snap length; the length on the wire stays."""
    out = []
    for packet in packets:
        cut = copy.deepcopy(packet)
        cut.length = max(packet.length, len(packet.data))
        cut.data = cut.data[:length]
        out.append(cut)
    return out


def datagrams(packets):
    """Positions of the packets with UDP payload."""
    return [i for i, packet in enumerate(packets) if (places := pcap.layers(packet.data)) and places[2] - places[1] == 8]
