"""File transfers that do not go straight: long ones, repeats, gaps, refusals, aborts, several at once, other contents.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import struct

import pytest

import enip

FILE = 0x37
LAST, ABORT, ONLY = 2, 3, 4
DONE = ["frame.number", "cipsec.file.transfer", "cipsec.file.transfer.octets", "cipsec.file.checksum.status",
        "cipsec.file.transfer.size_ok", "cipsec.file.content", "cipsec.file.fragment.count"]


def checksum(octets):
    return struct.pack("<H", -sum(octets) & 0xFFFF)


class Upload:
    """Builds an upload packet by packet."""

    def __init__(self, capture, octets, size=64, instance=0x100):
        self.capture, self.octets, self.size = capture, octets, size
        self.path = enip.path(FILE, instance)
        self.frames = []

    def initiate(self):
        self.capture.exchange(enip.request(0x4B, self.path, b"\xff"),
                              enip.response(0x4B, struct.pack("<IB", len(self.octets), self.size)))
        return self

    def part(self, number, kind=None, wrong=0):
        data = self.octets[number * self.size:(number + 1) * self.size]
        end = (number + 1) * self.size >= len(self.octets)
        kind = kind if kind is not None else LAST if end else 0 if number == 0 else 1
        tail = struct.pack("<H", struct.unpack("<H", checksum(self.octets))[0] ^ wrong) if kind in (LAST, ONLY) else b""
        body = bytes([number & 0xFF, kind]) + data + tail
        _, frame = self.capture.exchange(enip.request(0x4F, self.path, bytes([number & 0xFF])), enip.response(0x4F, body))
        self.frames.append(frame)
        return frame

    def count(self):
        return -(-len(self.octets) // self.size)

    def all(self):
        self.initiate()
        for number in range(self.count()):
            self.part(number)
        return self.frames[-1]


class Download(Upload):
    def initiate(self):
        head = struct.pack("<IHBB", len(self.octets), 1, 1, 0) + b"\1eng\xda\4\0\5a.pem"
        self.capture.exchange(enip.request(0x4C, self.path, head), enip.response(0x4C, struct.pack("<IHB", 0, 0, self.size)))
        return self

    def part(self, number, kind=None, wrong=0, status=0, words=(), sent=None):
        data = self.octets[number * self.size:(number + 1) * self.size]
        end = (number + 1) * self.size >= len(self.octets)
        kind = kind if kind is not None else LAST if end else 0 if number == 0 else 1
        tail = checksum(self.octets) if kind in (LAST, ONLY) else b""
        shown = (number if sent is None else sent) & 0xFF
        frame, _ = self.capture.exchange(enip.request(0x50, self.path, bytes([shown, kind]) + data + tail),
                                         enip.response(0x50, bytes([shown]), status, words))
        self.frames.append(frame)
        return frame


@pytest.fixture
def whole(tshark, tmp_path):
    """Writes a capture; returns the frames that complete files, the same with one and two passes."""
    def done(capture):
        path = capture.write(tmp_path / "transfer.pcap")
        results = []
        for two_pass in (False, True):
            rows = tshark.fields(path, DONE, filter="cipsec.file.transfer.octets", two_pass=two_pass)
            results.append({int(row["frame.number"][0]): row for row in rows})
        assert results[0] == results[1]
        return path, results[0]
    return done


def check(row, octets, parts):
    assert row["cipsec.file.transfer.octets"] == [str(octets)]
    assert row["cipsec.file.checksum.status"] == ["1"] and row["cipsec.file.transfer.size_ok"] == ["1"]
    assert row["cipsec.file.fragment.count"] == ([str(parts)] if parts > 1 else [])


@pytest.mark.parametrize("kind", [Upload, Download])
def test_numbers_wrap(whole, kind):
    octets = bytes(range(256)) * 80
    last = kind(enip.Capture(), octets)
    frame = last.all()
    _, done = whole(last.capture)
    assert list(done) == [frame] and last.count() == 320
    check(done[frame], len(octets), 320)


def test_repeats_count_once(whole):
    upload = Upload(enip.Capture(), b"x" * 300).initiate()
    for number in (0, 0, 1, 2, 2, 3, 4):
        frame = upload.part(number)
    _, done = whole(upload.capture)
    assert list(done) == [frame]
    check(done[frame], 300, 5)


def test_last_packet_without_data(whole):
    upload = Upload(enip.Capture(), b"y" * 128).initiate()
    upload.part(0)
    upload.part(1, kind=1)
    frame = upload.part(2, kind=LAST)
    _, done = whole(upload.capture)
    assert list(done) == [frame]
    assert done[frame]["cipsec.file.transfer.octets"] == ["128"] and done[frame]["cipsec.file.checksum.status"] == ["1"]


@pytest.mark.parametrize("kind", [Upload, Download])
def test_a_gap_is_said(tshark, whole, kind):
    transfer = kind(enip.Capture(), b"z" * 640).initiate()
    for number in (0, 1, 2, 5, 6, 7, 8, 9):
        frame = transfer.part(number)
    path, done = whole(transfer.capture)
    assert done == {}
    assert tshark.frames(path, "cipsec.expert.file_incomplete") == [frame]
    assert "2 parts" in tshark.verbose(path, filter="cipsec.expert.file_incomplete") or kind is Download


def test_parts_out_of_order(whole):
    upload = Upload(enip.Capture(), bytes(range(250)), size=50).initiate()
    for number in (0, 3, 1, 2, 4):
        frame = upload.part(number)
    _, done = whole(upload.capture)
    assert list(done) == [frame]
    check(done[frame], 250, 5)


def test_a_gap_stays_one_when_numbers_wrap(tshark, whole):
    upload = Upload(enip.Capture(), bytes(range(256)) * 20, size=16).initiate()
    for number in range(upload.count()):
        if number != 3:  # part 259 has the same number
            upload.part(number)
    path, done = whole(upload.capture)
    assert done == {} and "1 parts are not in the capture" in tshark.verbose(path, filter="cipsec.expert.file_incomplete")


def test_a_transfer_without_end_is_said(tshark, whole):
    capture = enip.Capture()
    Upload(capture, b"a" * 100).all()
    begun = Upload(capture, b"b" * 300, instance=0x101).initiate()
    begun.part(0)
    path, _ = whole(capture)
    told = tshark.verbose(path, filter="cipsec.file.transfer == 1", two_pass=True)
    assert told.count("[the transfer does not end in this capture]") == 2
    assert "does not end" not in tshark.verbose(path, filter="cipsec.file.transfer == 0", two_pass=True)


def test_nothing_and_another_size(tshark, whole):
    empty = Upload(enip.Capture(), b"")
    empty.initiate()
    frame = empty.part(0, kind=ONLY)
    short = Upload(empty.capture, b"c" * 100, instance=0x101).initiate()
    short.octets = b"c" * 90
    short.part(0)
    last = short.part(1)
    path, done = whole(empty.capture)
    assert list(done) == [frame, last]
    assert tshark.frames(path, "cipsec.expert.file_size_bad") == [last]
    assert [done[frame][name] for name in DONE[2:5]] == [["0"], ["1"], ["1"]]
    assert done[last]["cipsec.file.transfer.size_ok"] == ["0"] and done[last]["cipsec.file.checksum.status"] == ["1"]


def test_refused_parts_come_again(whole):
    download = Download(enip.Capture(), bytes(range(250)), size=50).initiate()
    download.part(0)
    download.part(1, status=0x20, words=[7])
    download.part(1)
    download.part(2, sent=9, status=0x20, words=[6])
    download.part(2)
    download.part(3)
    frame = download.part(4)
    _, done = whole(download.capture)
    assert list(done) == [frame]
    check(done[frame], 250, 6)  # five parts, one of them listed twice: refused, and taken


def test_abort_ends_a_transfer(whole):
    upload = Upload(enip.Capture(), b"q" * 300).initiate()
    upload.part(0)
    upload.part(1, kind=ABORT)
    again = Upload(upload.capture, b"r" * 100)
    frame = again.all()
    _, done = whole(upload.capture)
    assert list(done) == [frame] and done[frame]["cipsec.file.transfer"] == ["1"]


def test_two_at_once(whole):
    capture = enip.Capture()
    one = Upload(capture, b"1" * 200, instance=0x100).initiate()
    two = Download(capture, b"2" * 260, instance=0x101).initiate()
    for number in range(5):
        if number < one.count():
            one.part(number)
        two.part(number)
    _, done = whole(capture)
    assert sorted(done) == sorted([one.frames[-1], two.frames[-1]])
    check(done[one.frames[-1]], 200, 4)
    check(done[two.frames[-1]], 260, 5)


def test_wrong_checksum(tshark, whole):
    upload = Upload(enip.Capture(), b"w" * 100).initiate()
    upload.part(0)
    frame = upload.part(1, wrong=0x0101)
    path, done = whole(upload.capture)
    assert done[frame]["cipsec.file.checksum.status"] == ["0"]
    assert tshark.frames(path, "cipsec.expert.checksum_bad") == [frame]


def test_too_large_is_not_kept(tshark, whole):
    upload = Upload(enip.Capture(), bytes(1024 * 1024 + 1000), size=250)
    frame = upload.all()
    path, done = whole(upload.capture)
    assert done == {}
    assert tshark.frames(path, "cipsec.expert.file_too_large") == [frame]


def pem_blocks(captures):
    text = captures.truth("01-push-provisioning-plain")["csr_read"]
    return base64.b64decode("".join(line for line in text.splitlines() if not line.startswith("---")))


def test_der_is_recognised(tshark, whole, captures):
    upload = Upload(enip.Capture(), pem_blocks(captures))
    frame = upload.all()
    path, done = whole(upload.capture)
    assert done[frame]["cipsec.file.content"] == ["Certification request"]
    assert "Adapter 127.17.83.31" in tshark.values(path, "x509sat.uTF8String")


def test_damaged_der_hurts_nobody(tshark, whole, captures):
    octets = bytearray(pem_blocks(captures))
    octets[10:40] = b"\xff" * 30
    upload = Upload(enip.Capture(), bytes(octets))
    frame = upload.all()
    path, done = whole(upload.capture)
    assert list(done) == [frame]
    assert tshark.frames(path, "_ws.malformed.expert") == []
