"""What is not CIP Security though a port says so: payload that is neither TLS or DTLS nor EtherNet/IP, and the port of a
client that was given one of ours by chance.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import enip
import sessions

BOTH = pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
TAGS = ["transport", "role", "class", "class.source", "confidentiality", "confidentiality.source", "kind"]
HTTP = [b"GET / HTTP/1.1\r\nHost: plant\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]
OTHER = [b"\x80\x01 what is this", b"\x99 not known"]
ENCRYPTED = b"\x17\xfe\xfd\0\1" + bytes(5) + b"\x07\0\x40" + bytes(range(64))


def talk(contents, opened=True, ports=None):
    wire = sessions.Wire()
    if ports:
        wire.ports = lambda client: ports if client else ports[::-1]
    wire.open()
    if not opened:
        wire.packets.clear()
    for number in range(6):
        wire.send(number % 2 == 0, contents[number % 2])
    return wire


def datagrams(*contents):
    wire = sessions.Wire()
    for number, content in enumerate(contents * 2):
        wire.datagram(number % 2 == 0, content)
    return wire


def behind(first, *contents):
    wire = sessions.Wire()
    for content in (first, *contents):
        wire.datagram(True, content)
    return wire


def io(count):
    return enip.io(0x10, count, b"\0\0" + bytes(20))


# Name: the capture, tags of its last frame, whether "not_enip" is found.
CASES = {
    "HTTP": (lambda: talk(HTTP), "3 2 0 - 0 2 6", True),
    "HTTP from the middle": (lambda: talk(HTTP, False), "3 2 0 - 0 2 6", True),
    "bytes": (lambda: talk(OTHER), "1 2 0 - 3 - 0", False),
    "bytes from the middle, perhaps of a record": (lambda: talk(OTHER, False), "1 2 4 3 3 - 0", False),
    "datagrams": (lambda: datagrams(*OTHER), "2 2 0 - 3 - 0", False),
    "datagrams as of DTLS 1.3": (lambda: datagrams(b"\x2f" + bytes(40), b"\x2e" + bytes(40)), "2 2 2 3 3 - 0", False),
    "records behind it": (lambda: behind(OTHER[0], ENCRYPTED, ENCRYPTED), "2 1 2 3 3 - 0", False),
    "readable records behind it": (lambda: behind(OTHER[0], *[enip.integrity_only(n, io(n)) for n in (1, 2, 3)]),
                                   "2 1 2 2 1 2 3", False),
    "clear I/O behind it": (lambda: behind(OTHER[0], *map(io, (1, 2, 3))), "4 1 2 2 0 3 3", False),
}


@BOTH
@pytest.mark.parametrize("name", CASES)
def test_tags(tshark, tmp_path, name, two_pass):
    make, expected, found = CASES[name]
    path = make().write(tmp_path / "foreign.pcap")
    row = tshark.fields(path, [f"cipsec.{tag}" for tag in TAGS], two_pass=two_pass)[-1]
    assert " ".join((row[f"cipsec.{tag}"] or ["-"])[0] for tag in TAGS) == expected
    assert ("not_enip" in tshark.stat(path, "cipsec,findings", two_pass=two_pass)) == found


@BOTH
def test_wireshark_shows_what_it_is(tshark, tmp_path, two_pass):
    path = talk(HTTP).write(tmp_path / "http.pcap")
    assert len(tshark.frames(path, "http.request", two_pass=two_pass)) == 3
    assert len(tshark.frames(path, "http.response", two_pass=two_pass)) == 3


def test_damaged_beginning_of_a_session(tshark, tmp_path):
    """The first record cannot be recognised; those behind it can."""
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, sessions.ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256")
    stack.connect(wire, [(True, sessions.REGISTER)])
    first = next(packet for packet in wire.packets if len(packet.data) > 54)
    first.data[54] ^= 0x80
    rows = tshark.fields(wire.write(tmp_path / "damaged.pcap"), ["cipsec.class", "cipsec.class.source"])
    assert rows[-1] == {"cipsec.class": ["4"], "cipsec.class.source": ["3"]}


@BOTH
@pytest.mark.parametrize("opened", [True, False], ids=["opened", "from the middle"])
@pytest.mark.parametrize("ports", [(2221, 443), (44818, 80), (2221, 51000)], ids=str)
def test_port_of_a_client(tshark, tmp_path, ports, opened, two_pass):
    """Above the system's ports only the SYN tells whose port it is."""
    path = talk(HTTP, opened, ports).write(tmp_path / "client.pcap")
    tagged = not opened and ports[1] > 1023
    assert bool(tshark.frames(path, "cipsec", two_pass=two_pass)) == tagged
    assert ("10.0.0.1" in tshark.stat(path, "cipsec,streams", two_pass=two_pass)) == tagged


@BOTH
def test_datagrams_of_another_service(tshark, tmp_path, two_pass):
    """A client of DNS."""
    for port in (2221, 2222, 44818):
        wire = sessions.Wire()
        wire.ports = lambda client, port=port: (port, 53) if client else (53, port)
        wire.datagram(True, bytes.fromhex("123401000001000000000000") + b"\5plant\0\0\1\0\1")
        path = wire.write(tmp_path / f"{port}.pcap")
        assert not tshark.frames(path, "cipsec", two_pass=two_pass)


@BOTH
@pytest.mark.parametrize("opened", [True, False], ids=["opened", "from the middle"])
def test_clear_session_from_a_secure_port(tshark, tmp_path, opened, two_pass):
    """EtherNet/IP in the clear with 44818; that the client's port is 2221 makes it no clear text on a secure port."""
    path = talk([sessions.REGISTER, sessions.REGISTER], opened, (2221, 44818)).write(tmp_path / "clear.pcap")
    row = tshark.fields(path, [f"cipsec.{tag}" for tag in TAGS], two_pass=two_pass)[-1]
    assert " ".join((row[f"cipsec.{tag}"] or ["-"])[0] for tag in TAGS) == f"3 {2 if opened else '-'} 4 3 0 3 2"
    assert len(tshark.frames(path, "enip", two_pass=two_pass)) == 6
    assert not tshark.frames(path, "cipsec.expert.clear_text_on_secure_port", two_pass=two_pass)
