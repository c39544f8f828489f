"""I/O in the clear on UDP 2222 is read from the frame, whatever carries it, as long as Wireshark takes it for I/O. Of
I/O that the snap length cuts the headers are enough, in the clear and in integrity-only DTLS.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import enip
import pcap
import pytest
from test_tags_carriers import ipv6, qinq

FIELDS = ["cipsec.class", "cipsec.class.source", "cipsec.kind", "cipsec.rhythm.gaps", "cipsec.rhythm.duplicates",
          "cipsec.rhythm.interval"]
CONNECTION, COUNT, SIZE = 0x00C0FFEE, 12, 300
SEQUENCE = [1, 2, 3, 5, 6, 6, 7, 8, 9, 10, 11, 12] # one lost, one twice
READ = {"cipsec.class": ["2"], "cipsec.class.source": ["2"], "cipsec.kind": ["3"], "cipsec.rhythm.gaps": ["1"],
        "cipsec.rhythm.duplicates": ["1"], "cipsec.rhythm.interval": ["0.001000000"]}
NOT_READ = {"cipsec.class": ["2"], "cipsec.class.source": ["3"], "cipsec.kind": ["0"], "cipsec.rhythm.gaps": [],
            "cipsec.rhythm.duplicates": [], "cipsec.rhythm.interval": []}


def as_it_is(data):
    return [data]


def padded_frame(data):
    return [data + b"\0" * 9]


def padded_packet(data):
    """The IP packet is longer than the datagram in it."""
    return [data[:16] + struct.pack(">H", len(data) - 14 + 5) + data[18:] + b"\xee" * 5]


def with_options(data):
    """An IP header of 24 octets: three of padding behind an end-of-options octet."""
    return [data[:14] + b"\x46" + data[15:16] + struct.pack(">H", len(data) - 14 + 4) + data[18:34] + b"\0" * 4 + data[34:]]


def fragments(data):
    """Two IP fragments; the first carries 160 octets."""
    head, payload, number = data[14:34], data[34:], data[18:20]
    def part(offset, body, more):
        flags = struct.pack(">H", (0x2000 if more else 0) | offset // 8)
        return data[:14] + head[:2] + struct.pack(">H", 20 + len(body)) + number + flags + head[8:] + body
    return [part(0, payload[:160], True), part(160, payload[160:], False)]


def one(change):
    def changed(data):
        return [change(data)]
    changed.__name__ = change.__name__
    return changed


CHANGES = [as_it_is, padded_frame, padded_packet, with_options, fragments, one(pcap.vlan), one(qinq), one(ipv6)]


def capture(tshark, change, snap=None):
    wire = enip.Capture()
    wire.packets.clear()
    for sequence in SEQUENCE:
        data = struct.pack("<H", sequence) + b"\x5a" * (SIZE - 2)
        wire.datagram(enip.io(CONNECTION, sequence, data), 2222)
    packets = []
    for packet in wire.packets:
        for data in change(bytes(packet.data)):
            packets.append(pcap.Packet(packet.seconds, packet.micros, bytearray(data[:snap]), len(data)))
    path = tshark.work / f"clear-io-{change.__name__}-{snap}.pcap"
    pcap.write(path, packets)
    return path


def last(tshark, path, **options):
    return tshark.fields(path, FIELDS, **options)[-1]


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_any_carrier(tshark, change, two_pass):
    path = capture(tshark, change)
    assert last(tshark, path, two_pass=two_pass) == READ
    octets = COUNT * (SIZE + 18) # fragments bring theirs together
    row = tshark.stat(path, "cipsec,streams").splitlines()[4]
    assert str(octets) in row.split()


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_cut_by_the_snap_length(tshark, two_pass):
    assert last(tshark, capture(tshark, as_it_is, 14 + 20 + 8 + 24), two_pass=two_pass) == READ


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_dtls_cut_by_the_snap_length(tshark, captures, two_pass):
    """85 octets of each frame: of the larger ones the record header, the items' headers and little data."""
    name = "08-05b-midstream"
    link, packets = pcap.read(captures[name])
    for packet in packets:
        packet.data = packet.data[:85]
    path = tshark.work / "dtls-io-cut.pcap"
    pcap.write(path, packets, link)
    cut, whole = (tshark.fields(one, FIELDS, filter="udp", two_pass=two_pass) for one in (path, captures[name]))
    assert cut[-1]["cipsec.rhythm.interval"]
    assert cut[-1] == {**whole[-1], "cipsec.class.source": ["2"]} # the Forward_Open is cut off


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_items_of_its_connection(tshark, two_pass):
    """The Forward_Open was in the clear too."""
    wire = enip.Capture()
    opened, _ = wire.open_io(CONNECTION)
    for sequence in (1, 2, 3):
        wire.datagram(enip.io(CONNECTION, sequence, struct.pack("<HI", sequence, 1) + b"\1\2"), 2222)
    path = wire.write(tshark.work / "clear-io-opened.pcap")
    fields = ["cipsec.io.direction", "cipsec.io.sequence_count", "cipsec.io.run_idle", "cipsec.io.rpi",
              "cipsec.io.size", "cipsec.io.open_frame"]
    rows = tshark.fields(path, fields, filter="udp.port == 2222", two_pass=two_pass)
    assert [[row[field] for field in fields] for row in rows] == \
        [[["1"], [str(count)], ["1"], ["20000"], ["8"], [str(opened)]] for count in (1, 2, 3)]


# The port is cipio's in 4.0 and enip's later.
DISABLED = ["--disable-protocol", "cipio", "--disable-protocol", "enip"]


@pytest.mark.parametrize("more", [["-d", "udp.port==2222,data"], DISABLED], ids=["Decode As", "disabled"])
@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_only_what_wireshark_takes_for_it(tshark, more, two_pass):
    assert last(tshark, capture(tshark, as_it_is), more=more, two_pass=two_pass) == NOT_READ
