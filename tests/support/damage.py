"""What happens to captures: they begin late, end early, miss packets or the ends of packets, hold them twice or in
another order, or show one direction only. Each function keeps the numbers that the packets had in the whole capture.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses

import pcap


def begins_late(packets, rng):
    return packets[rng.randrange(1, len(packets)):]


def window(packets, rng):
    begin = rng.randrange(len(packets))
    return packets[begin:rng.randrange(begin, len(packets)) + 1]


def loses(packets, rng):
    share = rng.choice([0.02, 0.1, 0.3])
    return [packet for packet in packets if rng.random() > share] or packets[:1]


def reorders(packets, rng):
    out = list(packets)
    for _ in range(max(1, len(out) // 15)):
        first = rng.randrange(len(out) - 1)
        second = min(len(out) - 1, first + rng.randrange(1, 4))
        out[first], out[second] = out[second], out[first]
    return out


def repeats(packets, rng):
    return [packet for packet in packets for _ in range(2 if rng.random() < 0.1 else 1)]


def _sender(packet):
    return bytes(packet.data[26:30])


def _first_sender(packets):
    """The end that sent the first IP packet."""
    return next(_sender(packet) for _, packet in packets if packet.data[12:14] == b"\x08\x00")


def one_way(packets, rng):
    del rng
    first = _first_sender(packets)
    return [(number, packet) for number, packet in packets if _sender(packet) == first]


def other_way(packets, rng):
    del rng
    first = _first_sender(packets)
    return [(number, packet) for number, packet in packets if _sender(packet) != first] or packets[:1]


def delayed(packets, is_late, places):
    """Those packets that are late come so many places later."""
    place = [(at + (places + 0.5 if is_late(one) else 0), one) for at, one in enumerate(packets)]
    return [one for _, one in sorted(place, key=lambda placed: placed[0])]


def one_way_late(packets, rng):
    """As files of two taps whose clocks differ, merged."""
    first = _first_sender(packets)
    return delayed(packets, lambda one: _sender(one[1]) == first, rng.randrange(2, 9))


def mirrored(packets, rng):
    """Seen where it enters a switch and where it leaves, there with a VLAN tag."""
    tagged_first, out = rng.random() < 0.5, []
    for number, packet in packets:
        both = [packet, pcap.on_vlan(packet)]
        out += [(number, one) for one in (reversed(both) if tagged_first else both)]
    return out


def cut(packets, rng):
    """By a snap length."""
    snap = rng.choice([54, 64, 68, 96, 128, 200, 256, 500])
    return [(number, dataclasses.replace(packet, data=packet.data[:snap])) for number, packet in packets]


ALL = [begins_late, window, loses, reorders, repeats, one_way, other_way, one_way_late, mirrored, cut]


def numbered(packets):
    return list(enumerate(packets))
