"""Devices use connection ids again. An I/O packet belongs to the last Forward_Open before it, on both passes, and to none
that came later.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import enip
import pytest

CONNECTION, PACKETS = 0x00C0FFEE, 4
FIELDS = ["cipsec.io.connection", "cipsec.io.rpi", "cipsec.io.open_frame"]


def io(number, port):
    """In the clear, or as a record of an integrity-only DTLS session."""
    content = enip.io(CONNECTION, number, struct.pack("<HI", number, 1) + b"\1" * 6)
    return content if port == 2222 else enip.integrity_only(number, content)


@pytest.fixture(scope="module", params=[2222, 2221], ids=["clear", "secured"])
def made(request, tshark):
    """(path, what each datagram should show): I/O of a connection from before the capture, then of two that were
    opened, the first of them closed, all with the same ids."""
    wire, expected = enip.Capture(), []

    def data(*shown):
        for _ in range(PACKETS):
            wire.datagram(io(len(expected) + 1, request.param), request.param)
            expected.append([[str(value)] for value in shown] or [[]] * len(FIELDS))
    data()
    frame, _ = wire.open_io(CONNECTION, serial=1, rpi=20000)
    data(0, 20000, frame)
    wire.close_io(serial=1)
    data(0, 20000, frame)
    frame, _ = wire.open_io(CONNECTION, serial=2, rpi=50000)
    data(1, 50000, frame)
    return wire.write(tshark.work / f"ids-again-{request.param}.pcap"), expected


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_the_last_forward_open_before(tshark, made, two_pass):
    path, expected = made
    rows = tshark.fields(path, FIELDS, filter="udp", two_pass=two_pass)
    assert [[row[field] for field in FIELDS] for row in rows] == expected
