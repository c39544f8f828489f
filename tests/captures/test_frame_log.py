"""What is kept of a stream's frames for later passes: every record of every datagram is shown where it belongs, however
many came before it and however many share the frame.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import enip
import pytest

CONNECTION = {True: 0x00C0FFEE, False: 0x00AB0001} # from the originator or not; see enip.Capture.open_io()
# Records a datagram, again and again; 0: one that holds nothing to be shown.
RECORDS = [1, 1, 2, 1, 0, 1, 5, 0, 3, 1, 1, 0, 1, 1, 7, 1, 4, 0, 0, 9, 1, 13]
ROUNDS = 12
FIELDS = ["enip.cpf.sai.seq", "cipsec.io.sequence_count", "cipsec.io.size"]


def record(sequence, size, from_client):
    data = struct.pack("<HI", sequence, 1) + b"\1" * (size - 6)
    return enip.integrity_only(sequence, enip.io(CONNECTION[from_client], sequence, data))


def nothing(sequence, from_client, alert):
    """No application data, though it looks the same; or such that cannot be read."""
    if alert:
        return b"\x15" + record(sequence, 12, from_client)[1:]
    return enip.integrity_only(sequence, b"\xff" * 40)


@pytest.fixture(scope="module")
def made(tshark):
    """(path, what each datagram should show): the Forward_Open is in the clear, so that the I/O has a connection."""
    wire = enip.Capture()
    wire.open_io(CONNECTION[True])
    expected, sequence = [], 0
    for number, records in enumerate(RECORDS * ROUNDS):
        from_client = number % 5 < 3
        payload, shown = b"", []
        for _ in range(records):
            sequence += 1
            size = 8 + sequence % 5
            payload += record(sequence, size, from_client)
            shown.append((str(sequence), str(sequence), str(size)))
        wire.datagram(payload or nothing(sequence, from_client, alert=number % 2 == 0), 2221, from_client)
        expected.append(shown)
    return wire.write(tshark.work / "frame-log.pcap"), expected


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_every_record_of_every_frame(tshark, made, two_pass):
    path, expected = made
    rows = tshark.fields(path, FIELDS, filter="udp", two_pass=two_pass)
    assert [list(zip(*(row[field] for field in FIELDS), strict=True)) for row in rows] == expected
