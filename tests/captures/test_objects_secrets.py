"""Key octets are shown nowhere unless the preference asks: not of damaged lists, not in lists of attributes, not raw.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import enip
import pytest

KEY = bytes.fromhex("c1d2e3f4a5b6978899aabbcc5d5e5f60")
TEXT = b"SecretKeyOfPlant"
WHERE, OBJECT = enip.path(0x5E, 1, 5), enip.path(0x5E, 1)
BEFORE = bytes.fromhex("020100000001c02b01c02b")  # attributes 1 to 4
BEHIND = bytes.fromhex("000000010000000100000c0001")  # attributes 6 to 15, 17


def keys(count, key, usage):
    return bytes([count]) + count * (b"\6cell-7" + bytes([len(key)]) + key + (b"\2" if usage else b""))


def bodies(key, usage):
    """(request, response) of messages that carry keys, whole and in every way damaged."""
    one, two = keys(1, key, usage), keys(2, key, usage)
    for value in (one, two, two + b"\0\0", one + key):
        yield enip.request(0x10, WHERE, value), enip.response(0x10)
        yield enip.request(0x0E, WHERE), enip.response(0x0E, value)
        yield enip.request(0x10, WHERE, value), enip.response(0x10, value, 9)
    for count in (0, 1, 5, 255):
        yield enip.request(0x10, WHERE, bytes([count]) + two[1:]), enip.response(0x10)
        yield enip.request(1, OBJECT), enip.response(1, BEFORE + bytes([count]) + two[1:] + BEHIND)
    for place in (enip.path(0x5E, None, 5), enip.path(0x5E, 0, 5)):
        yield enip.request(0x10, place, one), enip.response(0x10)
    for entries in (b"\3\0\4\0\1\xc0\x2b\5\0" + one + b"\x09\0\1", b"\2\0\xff\0\1\5\0" + one, b"\2\0\x10\0\1\5\0" + two):
        yield enip.request(4, OBJECT, entries), enip.response(4, b"\0\0")
        for cut in range(8, len(entries), 3):
            yield enip.request(4, OBJECT, entries[:cut]), enip.response(4, b"\0\0")
    yield enip.request(3, OBJECT, b"\1\0\5\0"), enip.response(3, b"\1\0\5\0\0\0" + two)
    everything = BEFORE + two + BEHIND
    for cut in range(10, len(everything) + 1, 3):
        yield enip.request(0x10, WHERE, two[:cut]), enip.response(0x10)
        yield enip.request(1, OBJECT), enip.response(1, everything[:cut])
        yield enip.request(2, OBJECT, everything[:cut]), enip.response(2)


def shown(tshark, path, **options):
    """(field, text) of everything that the packets show, but for TCP's own payload. The text of our own fields has the
    octets that they cover; Wireshark's cover their octets as ever."""
    for field in tshark.pdml(path, **options).iter("field"):
        name = field.get("name")
        covered = field.get("value") if name.startswith("cipsec.") else ""
        if not name.startswith("tcp."):
            yield name, f"{field.get('show')} {field.get('showname')} {covered}"


@pytest.mark.parametrize("key", [KEY, TEXT], ids=["octets", "text"])
def test_no_key_is_shown(tshark, tmp_path, key):
    capture = enip.Capture()
    for usage in (True, False):
        for ask, answer in bodies(key, usage):
            capture.exchange(ask, answer)
            capture.exchange(ask, answer, "packet")
    path = capture.write(tmp_path / "keys.pcap")
    pieces = [key[at:at + 5] for at in range(len(key) - 4)]
    secret = [piece.hex() for piece in pieces] + [piece.hex(":") for piece in pieces]
    secret += [piece.decode("latin-1") for piece in pieces]
    texts = list(shown(tshark, path))
    assert [(name, text) for name, text in texts if any(piece in text for piece in secret)] == []
    assert any(name == "cipsec.eip.pre_shared_keys.masked" for name, _ in texts)
    said = tshark.stat(path, "cipsec,jsonl") + "\n".join(tshark.summary(path))
    assert not any(piece in said for piece in secret)
    open_texts = shown(tshark, path, prefs={"cipsec.show_psk": "TRUE"})
    assert any(secret[0] in text for name, text in open_texts if name == "cipsec.eip.pre_shared_keys.key")
