"""What happens to captures: they begin late, end early, miss packets, hold them twice or in another order, or show one
direction only. Each function keeps the numbers that the packets had in the whole capture.

SPDX-License-Identifier: GPL-2.0-or-later
"""


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


def one_way(packets, rng):
    """Of the end that sent the first IP packet."""
    del rng
    first = next(bytes(packet.data[26:30]) for _, packet in packets if packet.data[12:14] == b"\x08\x00")
    return [(number, packet) for number, packet in packets if bytes(packet.data[26:30]) == first]


ALL = [begins_late, window, loses, reorders, repeats, one_way]


def numbered(packets):
    return list(enumerate(packets))
