"""Every row of the tables of attributes and services, encoded and decoded again.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import enip
import samples
import tables
from messages import INSTANCE, all_services, body_of


def decode(tshark, path, names):
    """Rows of the capture by frame number, each field -> values."""
    found = tshark.fields(path, ["frame.number"] + sorted(set(names)))
    return {int(row["frame.number"][0]): row for row in found}


def compare(row, expected, context):
    for name, values in expected:
        assert samples.shown(row[name]) == values, (context, name)


def test_every_codec_has_a_sample():
    used = {row.codec for row in tables.attributes} | {m.codec for members in tables.layouts.values() for m in members}
    assert used <= set(samples.CODECS)
    assert set(samples.CODECS) <= used


def test_no_row_twice():
    attributes = [(row.object, row.scope, row.id) for row in tables.attributes]
    services = [(row.object, row.code) for row in tables.services]
    names = [(row.object, row.abbrev) for row in tables.fields]
    assert len(set(attributes)) == len(attributes)
    assert len(set(services)) == len(services)
    assert len(set(names)) == len(names)


def test_every_field_is_registered(tshark):
    registered = tshark.field_types()
    wanted = [f"{tables.FILTERS[row.object]}.{row.abbrev}" for row in tables.fields]
    wanted += [f"{filter}.{row.abbrev}" for filter in tables.FILTERS.values() for row in tables.common]
    assert [name for name in wanted if name not in registered] == []


@pytest.mark.parametrize("two_pass", [False, True], ids=["one-pass", "two-pass"])
def test_every_attribute(tshark, tmp_path_factory, two_pass):
    capture, expected = enip.Capture(), {}
    for row in tables.attributes:
        octets, values = samples.of(row.object, row.codec, row.field)
        where = enip.path(tables.CLASSES[row.object], INSTANCE[row.scope], int(row.id))
        values = values + [(f"{tables.FILTERS[row.object]}.attribute", [int(row.id)])]
        read = capture.exchange(enip.request(0x0E, where), enip.response(0x0E, octets))
        written = capture.exchange(enip.request(0x10, where, octets), enip.response(0x10))
        expected[read[1]] = expected[written[0]] = (row.name, values)
    path = capture.write(tmp_path_factory.mktemp("table") / "attributes.pcap")
    names = [name for _, values in expected.values() for name, _ in values]
    found = tshark.fields(path, ["frame.number"] + sorted(set(names)), two_pass=two_pass)
    for row in found:
        name, values = expected.get(int(row["frame.number"][0]), (None, []))
        compare(row, values, name)
    assert tshark.frames(path, "_ws.malformed || cipsec.expert.malformed || cipsec.expert.trailing") == []


def test_every_service(tshark, tmp_path_factory):
    capture, expected = enip.Capture(), {}
    for row in all_services():
        code = int(row.code, 16)
        where = enip.path(tables.CLASSES[row.object], 1)
        ask, asked = body_of(row, row.request)
        answer, answered = body_of(row, row.response)
        first, second = capture.exchange(enip.request(code, where, ask), enip.response(code, answer))
        filter = tables.FILTERS[row.object]
        expected[first] = (row, asked + [(f"{filter}.service", [code]), (f"{filter}.response", [0])])
        expected[second] = (row, answered + [(f"{filter}.service", [code]), (f"{filter}.response", [1]),
                                             (f"{filter}.status", [0]), (f"{filter}.request_in", [first])])
    path = capture.write(tmp_path_factory.mktemp("table") / "services.pcap")
    found = decode(tshark, path, [name for _, values in expected.values() for name, _ in values])
    info = {int(line.split()[0]): line for line in tshark.summary(path)}
    for frame, (row, values) in expected.items():
        compare(found[frame], values, row.name)
        # Services that read or write one attribute are named by what they do.
        assert row.code in ("0x0E", "0x10") or row.name in info[frame], row


@pytest.mark.parametrize("name, scope", sorted({(row.object, row.scope) for row in tables.attributes if row.gaa != "0"}))
def test_get_attributes_all(tshark, tmp_path_factory, name, scope):
    wanted = sorted((row for row in tables.attributes if (row.object, row.scope) == (name, scope) and row.gaa != "0"),
                    key=lambda row: int(row.gaa))
    parts = [samples.of(row.object, row.codec, row.field)[0] for row in wanted]
    where = enip.path(tables.CLASSES[name], INSTANCE[scope])
    capture, frames = enip.Capture(), {}
    for count in range(1, len(parts) + 1):
        _, frame = capture.exchange(enip.request(1, where), enip.response(1, b"".join(parts[:count])))
        frames[frame] = [int(row.id) for row in wanted[:count]]
    path = capture.write(tmp_path_factory.mktemp("table") / "all.pcap")
    field = f"{tables.FILTERS[name]}.attribute"
    found = decode(tshark, path, [field])
    assert {frame: samples.shown(found[frame][field]) for frame in frames} == frames
    assert tshark.frames(path, "_ws.malformed || cipsec.expert.malformed || cipsec.expert.trailing") == []


@pytest.mark.parametrize("name", ["CS", "EIP", "CM", "FILE"])
def test_attribute_lists(tshark, tmp_path_factory, name):
    """All attributes whose length is in their value, through Get_ and Set_Attribute_List."""
    rows = [row for row in tables.attributes if row.object == name and row.scope == "INSTANCE"
            and row.codec not in ("REST", "AUTHORIZATION", "CHECK_SAN")]
    where = enip.path(tables.CLASSES[name], 1)
    count = len(rows).to_bytes(2, "little")
    ids = [int(row.id).to_bytes(2, "little") for row in rows]
    values = [samples.of(row.object, row.codec, row.field)[0] for row in rows]
    capture = enip.Capture()
    read = capture.exchange(enip.request(3, where, count + b"".join(ids)),
                            enip.response(3, count + b"".join(i + b"\0\0" + v for i, v in zip(ids, values))))
    written = capture.exchange(enip.request(4, where, count + b"".join(i + v for i, v in zip(ids, values))),
                               enip.response(4, count + b"".join(i + b"\x0e\0" for i in ids), 0x0A))
    path = capture.write(tmp_path_factory.mktemp("table") / "lists.pcap")
    filter = tables.FILTERS[name]
    found = decode(tshark, path, [f"{filter}.attribute", f"{filter}.attribute_count", f"{filter}.attribute_status"])
    for frame in (*read, *written):
        assert samples.shown(found[frame][f"{filter}.attribute"]) == [int(row.id) for row in rows], frame
        assert samples.shown(found[frame][f"{filter}.attribute_count"]) == [len(rows)]
    assert samples.shown(found[written[1]][f"{filter}.attribute_status"]) == [0x0E] * len(rows)
    assert tshark.frames(path, "_ws.malformed || cipsec.expert.malformed || cipsec.expert.trailing") == []


# What only one source describes cannot be malformed: (request, response, malformed?, said to be uncertain?)
DOUBTS = {
    "two sources": ("1003205E2401300403C023C0", "90000000", True, False),
    "one source": ("1003205E2401301203C023C0", "90000000", False, True),
    "one source for the body": ("4C0220F5240102AF12", "CC000000", False, True),
    "no layout known": ("4D03203725000001AABB", "CD000000", False, True),
    "behind an error": ("0E03205E24013004", "8E00090003C023", False, True),
    "behind the status of a list": ("0302205E240101000400", "8300 0A00 01000400 0000 03C023", True, False),
    "entries": ("1003205D24013004" "0300" "5E0000004D0006000000" "5F0000", "90000000", False, True),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_doubts(tshark, tmp_path, name):
    ask, answer, malformed, uncertain = DOUBTS[name]
    capture = enip.Capture()
    capture.exchange(bytes.fromhex(ask), bytes.fromhex(answer))
    path = capture.write(tmp_path / "doubt.pcap")
    assert bool(tshark.frames(path, "cipsec.expert.malformed")) is malformed
    assert bool(tshark.frames(path, "cipsec.expert.uncertain")) is uncertain
    if name == "entries":
        assert tshark.values(path, "cipsec.cs.object_authorization.roles") == ["0x00000006"]
        assert tshark.values(path, "cipsec.cs.data") == ["5f0000"]


def test_keys_without_usage_in_a_list(tshark, tmp_path):
    """The older shape is told by the id that follows; at the end of the list by its end."""
    capture = enip.Capture()
    old, suites = b"\1\2id\2\xaa\xbb", b"\4\0\1\xc0\x2b"
    for entries in (b"\2\0\5\0" + old + suites, b"\2\0" + suites + b"\5\0" + old):
        capture.exchange(enip.request(4, enip.path(0x5E, 1), entries), enip.response(4, b"\0\0"))
    path = capture.write(tmp_path / "old.pcap")
    assert tshark.values(path, "cipsec.eip.allowed_cipher_suites") == ["0xc02b", "0xc02b"]
    assert tshark.values(path, "cipsec.eip.pre_shared_keys.usage") == []
    assert tshark.frames(path, "cipsec.expert.malformed || cipsec.expert.trailing") == []


@pytest.mark.parametrize("revision, attribute", [(7, "16"), (8, "17"), (9, "17")])
def test_last_attribute_by_revision(tshark, tmp_path, revision, attribute):
    capture = enip.Capture()
    capture.exchange(enip.request(0x0E, enip.path(0x5E, 0, 1)), enip.response(0x0E, bytes([revision, 0])))
    values = bytes.fromhex("02 01000000 00 00 00 00 00 00 01 00 00 00 00 FFFF 0C00 01")
    _, frame = capture.exchange(enip.request(1, enip.path(0x5E, 1)), enip.response(1, values))
    text = tshark.verbose(capture.write(tmp_path / "revision.pcap"), filter=f"frame.number == {frame}")
    assert f"Attribute: {attribute} (" in text and ("in older revisions" in text) is (revision == 8)


def test_object_specific_status(tshark, tmp_path):
    capture = enip.Capture()
    capture.exchange(enip.request(0x4B, enip.path(0x5D, 1)), enip.response(0x4B, b"", 0xD7))
    capture.exchange(enip.request(1, enip.path(0x37, 1)), enip.response(1, b"\1\2\3"))
    path = capture.write(tmp_path / "status.pcap")
    assert "General Status: Object specific error (0xd7)" in tshark.verbose(path)
    # Nobody knows a Get_Attributes_All of the File object: raw, and not "behind" anything.
    assert tshark.values(path, "cipsec.file.data") == ["010203"]
    assert tshark.frames(path, "cipsec.expert.trailing") == []
