"""Sessions one after the other between the same ports of which no SYN was captured, and sessions that are there twice.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import dataclasses
import struct

import pcap
import pytest

FIELDS = [f"cipsec.{tag}" for tag in ("cipher", "confidentiality", "handshake", "client.ip")]
NULL, AES = "04b-class3-tls-null-sha", "04a-class3-tls-aes128"
PAUSE = 30 * 10 ** 6
SYN, FIN = 2, 1
ENDS = (("10.17.81.51", 50001), ("10.17.83.31", 2221))


def flags(packet):
    return packet.data[pcap.ip_header(packet.data) + 33]


def first_session(tshark, path):
    """The packets of the first TLS stream, between ENDS."""
    _, packets = pcap.read(path)
    numbers = tshark.frames(path, "cipsec.stream == 0 && cipsec.transport == 1")
    rows = tshark.fields(path, ["cipsec.role"], filter="cipsec.stream == 0 && cipsec.transport == 1")
    return [between(packets[number - 1], row["cipsec.role"] == ["1"]) for number, row in zip(numbers, rows, strict=True)]


def octets(address):
    return bytes(map(int, address.split(".")))


def between(packet, by_client):
    data, at = bytearray(packet.data), pcap.ip_header(packet.data)
    ends = ENDS if by_client else ENDS[::-1]
    for place, (address, _) in zip((at + 12, at + 16), ends, strict=True):
        data[place:place + 4] = octets(address)
    data[at + 20:at + 24] = struct.pack(">HH", ends[0][1], ends[1][1])
    return dataclasses.replace(packet, data=data)


# what is left out of the end of the first session and of the beginning of the second one
CUTS = {"syn": (0, SYN), "syn and fin": (FIN, SYN)}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("order", [(NULL, AES), (AES, NULL)], ids=["to AES", "to NULL"])
def test_second_session_has_its_own_tags(tshark, captures, tmp_path, order, cut):
    left_out = CUTS[cut]
    sessions = [[packet for packet in first_session(tshark, captures[name]) if not flags(packet) & without]
                for name, without in zip(order, left_out, strict=True)]
    start = sessions[0][-1].time + PAUSE - sessions[1][0].time
    sessions[1] = [packet.at(packet.time + start) for packet in sessions[1]]
    path = tmp_path / "again.pcap"
    pcap.write(path, [*sessions[0], *sessions[1]])
    rows = tshark.fields(path, FIELDS, two_pass=True)
    middles = rows[len(sessions[0]) // 2], rows[len(sessions[0]) + len(sessions[1]) // 2]
    for name, row in zip(order, middles, strict=True):
        assert row["cipsec.cipher"] == [captures.truth(name)["streams"][0]["cipher"]["id"].lower()]
        assert row["cipsec.confidentiality"] == ["2" if name == AES else "1"]
        assert row["cipsec.handshake"] == ["2"] and row["cipsec.client.ip"] == [ENDS[0][0]]
    rows = [row for row in tshark.jsonl(path) if row["record"] == "stream"]
    assert [row["handshake"]["state"] for row in rows] == ["complete", "complete"]


def test_late_copy_of_a_hello_verify_request(tshark, captures, tmp_path):
    name = "05b-class1-io-dtls-null"
    link, packets = pcap.read(captures[name])
    [verify] = tshark.frames(captures[name], "dtls.handshake.type == 3")
    data = tshark.frames(captures[name], "dtls.record.content_type == 23")[3]
    path = tmp_path / "copy.pcap"
    pcap.write(path, [*packets[:data], packets[verify - 1].at(packets[data - 1].time), *packets[data:]], link)

    def streams(capture):
        return [(row["transport"], row["handshake"]["state"], row["kind"], row["records"])
                for row in tshark.jsonl(capture) if row["record"] == "stream"]
    assert streams(path) == streams(captures[name])


def test_both_sides_of_an_address_translation(tshark, captures, tmp_path):
    """The session is there twice, under two addresses of the server."""
    name = NULL
    link, packets = pcap.read(captures[name])
    server = octets(captures.truth(name)["streams"][0]["server"].split(":")[0])

    def translated(packet):
        data, at = bytearray(packet.data), pcap.ip_header(packet.data)
        for place in (at + 12, at + 16):
            if data[place:place + 4] == server:
                data[place:place + 4] = octets("10.5.5.31")
        return dataclasses.replace(packet, data=data)
    twice = [copy for packet in packets for copy in (packet, translated(packet))]
    path = tmp_path / "translated.pcap"
    pcap.write(path, twice, link)
    found = {row["name"] for row in tshark.jsonl(path) if row["record"] == "finding"}
    assert "integrity_only" in found and "certificate_shared" not in found


def test_frames_without_time_say_nothing_of_validity(tshark, captures, tmp_path):
    link, packets = pcap.read(captures["06e-client-without-cert"])
    path = tmp_path / "timeless.pcap"
    pcap.write(path, [packet.at(0) for packet in packets], link)
    found = {row["name"] for row in tshark.jsonl(path) if row["record"] == "finding"}
    assert "no_time" in found and "certificate_not_yet_valid" not in found
