"""Segments that overtake each other, read with Wireshark's own settings, which drop what comes late: a handshake tells the
same, and what is readable elsewhere still tells of connections.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import damage
import pcap
import pytest
import segments

from conftest import CAPTURES, Captures

TOLD = ["client.ip", "client.port", "server.ip", "server.port", "version", "cipher", "mutual_auth", "handshake",
        "handshake.alert", "handshake.alert.sender"]
STREAM = "tcp.stream"
FIELDS = [STREAM, *(f"cipsec.{tag}" for tag in TOLD)]
STEP = "cipsec.handshake.step"
# Segments of so many octets; every so manieth comes after the next one of its sender.
CHANGES = {"every second of 400": (400, 2), "every third of 150": (150, 3)}


def of_streams(tshark, path):
    """What is said of each stream in the end."""
    rows = tshark.fields(path, FIELDS, filter="cipsec.handshake", two_pass=True)
    return {row[STREAM][0]: [row[field] for field in FIELDS[1:]] for row in rows if row[STREAM]}


def written(tshark, captures, name, kind, change):
    link, packets = pcap.read(captures[name])
    path = tshark.work / f"{kind}-{name}.pcap"
    pcap.write(path, change(packets), link)
    return path


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", Captures(CAPTURES).names())
def test_handshakes_tell_the_same(tshark, captures, name, change):
    size, every = CHANGES[change]
    path = written(tshark, captures, name, f"reordered-{size}",
                   lambda packets: segments.swap(segments.split(packets, size), every))
    assert of_streams(tshark, path) == of_streams(tshark, captures[name])
    path.unlink()


def test_late_forward_open_in_the_clear(tshark, captures):
    """Recorded behind its answer, so that Wireshark takes it for a repetition."""
    name = "io-trusted-ip-midstream"
    [request] = tshark.frames(captures[name], "cip.sc == 0x54 && cip.rr == 0 && tcp.dstport == 44818")
    [answer] = tshark.frames(captures[name], "cip.sc == 0x54 && cip.rr == 1 && tcp.srcport == 44818")

    def swap(packets):
        packets[request - 1], packets[answer - 1] = packets[answer - 1], packets[request - 1]
        return packets

    fields, io = ["cipsec.client.ip", "cipsec.transport_class"], "udp.port == 2222"
    path = written(tshark, captures, name, "late", swap)
    assert not tshark.frames(path, "cip.sc == 0x54 && cip.rr == 0 && tcp.dstport == 44818")
    rows = tshark.fields(path, fields, filter=io, two_pass=True)
    assert rows == tshark.fields(captures[name], fields, filter=io, two_pass=True) and all(row[fields[0]] for row in rows)


FLIGHT_OVER = "tls.handshake.type == 14"  # ServerHelloDone


@pytest.mark.parametrize("goes_on", [False, True], ids=["the capture ends", "the session goes on"])
def test_waiting_for_what_was_not_captured(tshark, captures, goes_on):
    """A segment of the server's flight is missing: what is behind it is read all the same, if late."""
    name = "class3-gcm"
    [last] = tshark.frames(captures[name], FLIGHT_OVER)

    def lose(packets):
        flight = segments.split(packets[last - 1:last], 150)
        return packets[:last - 1] + flight[:2] + flight[3:] + (packets[last:] if goes_on else [])

    path = written(tshark, captures, name, "on" if goes_on else "end", lose)
    [stream] = [row for row in tshark.jsonl(path) if row["record"] == "stream"]
    handshake = stream["handshake"]
    assert handshake["state"] == ("complete" if goes_on else "incomplete")
    if not goes_on:
        assert "not captured" in handshake["reason"] and "ServerHelloDone of the server" in handshake["reason"]
    rows = tshark.fields(path, ["cipsec.handshake", STEP], filter="tls")
    assert any("ServerHelloDone" in step for row in rows for step in row[STEP]) == goes_on


@pytest.mark.parametrize("first, second", [(2, 12), (2, 11), (1, 2)],
                         ids=["ServerHello, ServerKeyExchange", "ServerHello, Certificate", "ClientHello, ServerHello"])
def test_first_of_a_flight_overtaken(tshark, captures, first, second):
    """DTLS, one message a datagram. What comes late is not taken for sent again."""
    name, told = "io-class1-encrypted", [f"cipsec.{tag}" for tag in TOLD]
    early, late = (tshark.frames(captures[name], f"dtls.handshake.type == {one}")[0] for one in (first, second))

    def move(packets):
        packets.insert(late - 1, packets.pop(early - 1))
        return packets

    path = written(tshark, captures, name, f"{first}-{second}", move)
    rows = tshark.fields(path, [*told, STEP], filter="dtls", two_pass=True)
    whole = tshark.fields(captures[name], [*told, STEP], filter="dtls", two_pass=True)
    assert [rows[-1][tag] for tag in told] == [whole[-1][tag] for tag in told]
    # The key log is in the whole capture's file and not in the other's.
    steps, wanted = ([step.split(": ", 1)[1].removesuffix(" (encrypted)") for one in rows for step in one[STEP]]
                     for rows in (rows, whole))
    assert sorted(steps) == sorted(wanted)
    for two_pass in (False, True):
        assert not tshark.frames(path, "dtls && cipsec.expert.midstream", two_pass=two_pass)


SECURED = {"tls": "tcp.port == 2221", "dtls": "dtls"}


def streams_of(rows):
    return {row["cipsec.stream"][0] for row in rows}


@pytest.mark.parametrize("late", [3, 5, 7, 9])
@pytest.mark.parametrize("client", [True, False], ids=["client late", "server late"])
@pytest.mark.parametrize("name, kind", [("io-class1-encrypted", "dtls"), ("io-class1-authenticated", "dtls"),
                                        ("05b-class1-io-dtls-null", "dtls"), ("class3-gcm", "tls"),
                                        ("class3-authenticated", "tls"), ("04b-class3-tls-null-sha", "tls")])
def test_one_direction_late(tshark, captures, name, kind, client, late):
    """By flights, as files of two taps whose clocks differ, merged: one association all the same."""
    fields, told = ["cipsec.stream", "cipsec.role"], ["cipsec.version", "cipsec.cipher", "cipsec.mutual_auth", "cipsec.handshake"]
    whole = tshark.fields(captures[name], [*fields, *told], filter=SECURED[kind], two_pass=True)
    frames = tshark.frames(captures[name], f"{kind} && cipsec.role == {1 if client else 2}")

    def delay(packets):
        return [one for _, one in damage.delayed(damage.numbered(packets), lambda one: one[0] + 1 in frames, late)]

    path = written(tshark, captures, name, f"late-{client}-{late}", delay)
    rows = tshark.fields(path, [*fields, *told], filter=SECURED[kind], two_pass=True)
    assert streams_of(rows) == streams_of(whole)
    assert [rows[-1][tag] for tag in told] == [whole[-1][tag] for tag in told]
    assert not any("renegotiation" in step for row in tshark.fields(path, [STEP]) for step in row[STEP])
