"""The worked examples X1 to X24 of the wire formats, in every carrier that CIP messages have.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pytest

import enip
import examples
import samples


def check(tshark, path, expected, **options):
    names = sorted({name for _, fields in expected for name in fields})
    rows = {int(row["frame.number"][0]): row for row in tshark.fields(path, ["frame.number"] + names, **options)}
    for frame, fields in expected:
        for name, values in fields.items():
            shown = samples.shown(rows[frame][name])
            # Transport packets around the message add fields of Wireshark's own.
            if name.startswith("cip."):
                assert set(values) <= set(shown), (frame, name, shown)
            else:
                assert shown == values, (frame, name)


@pytest.mark.parametrize("carrier", enip.CARRIERS)
@pytest.mark.parametrize("name", sorted(examples.EXCHANGES))
def test_example(tshark, tmp_path_factory, name, carrier):
    capture = enip.Capture()
    expected = examples.build(capture, name, carrier)
    path = capture.write(tmp_path_factory.mktemp("example") / f"{name}.pcap")
    for two_pass in (False, True):
        check(tshark, path, expected, two_pass=two_pass)
    bad = "_ws.malformed || cipsec.expert.malformed || cipsec.expert.no_request || cipsec.expert.no_response"
    if name not in ("X17", "X22", "X23"):
        assert tshark.frames(path, bad, two_pass=True) == []


def test_request_and_response_find_each_other(tshark, tmp_path_factory):
    capture = enip.Capture()
    expected = examples.build(capture, "X02")
    path = capture.write(tmp_path_factory.mktemp("example") / "tie.pcap")
    check(tshark, path, [(expected[0][0], {"cipsec.cs.response_in": [expected[1][0]]}),
                         (expected[1][0], {"cipsec.cs.request_in": [expected[0][0]], "cipsec.cs.response_time": ["0.001000000"]})],
          two_pass=True)


def test_request_without_response(tshark, tmp_path_factory):
    capture = enip.Capture()
    frame, _ = capture.exchange(bytes.fromhex("4B02205D2401"))
    path = capture.write(tmp_path_factory.mktemp("example") / "unanswered.pcap")
    assert tshark.frames(path, "cipsec.expert.no_response", two_pass=True) == [frame]
    assert "the capture ends 0.000 s after it" in tshark.verbose(path, two_pass=True)
    assert "no_response" in tshark.stat(path, "cipsec,findings")


def unanswered(tshark, path):
    """What the findings say of requests without response."""
    return [row["detail"] for row in tshark.jsonl(path) if row["record"] == "finding" and row["name"] == "no_response"]


def test_why_there_may_be_no_response(tshark, tmp_path):
    capture = enip.Capture()
    frame, _ = capture.exchange(bytes.fromhex("4B02205D2401"))
    _, last = capture.exchange(bytes.fromhex("4C02205D2401"), bytes.fromhex("CC000000"))
    capture.packets[last - 1].micros = 0
    capture.packets[last - 1].seconds += 60
    assert unanswered(tshark, capture.write(tmp_path / "silent.pcap")) == ["Begin_Config of CIP Security Object"]
    del capture.packets[last - 1].data[90:]
    assert set(unanswered(tshark, capture.write(tmp_path / "cut.pcap"))) == {
        f"{name} of CIP Security Object; packets of the answering side were not recorded whole"
        for name in ("Begin_Config", "Kick_Timer")}
    capture.packets = [capture.packets[frame - 1]]
    assert unanswered(tshark, capture.write(tmp_path / "half.pcap")) == [
        "Begin_Config of CIP Security Object; only one direction of the stream is in the capture"]


def test_repeated_request_is_not_unanswered(tshark, tmp_path):
    """A class 3 client repeats a request with the same sequence count; with another one it asks anew."""
    capture = enip.Capture()
    ask, answer = bytes.fromhex("4B02205D2401"), bytes.fromhex("CB000000")
    first, _ = capture.exchange(ask, carrier="connected")
    capture.context -= 1
    second, third = capture.exchange(ask, answer, "connected")
    other, _ = capture.exchange(ask, carrier="connected")
    path = capture.write(tmp_path / "repeat.pcap")
    check(tshark, path, [(first, {"cipsec.cs.repeated_in": [second], "cipsec.cs.response_in": []}),
                         (second, {"cipsec.cs.repeated_in": [], "cipsec.cs.response_in": [third]})], two_pass=True)
    assert tshark.frames(path, "cipsec.expert.no_response", two_pass=True) == [other]


def test_repeated_transaction_is_not_unanswered(tshark, tmp_path):
    capture = enip.Capture()
    ask = examples.unconnected_over_dtls(bytes.fromhex("4B02205D2401"), False, 9)
    first, second = capture.datagram(ask, 2221), capture.datagram(ask, 2221)
    capture.datagram(examples.unconnected_over_dtls(bytes.fromhex("CB000000"), True, 9), 2221, from_client=False)
    path = capture.write(tmp_path / "again.pcap")
    check(tshark, path, [(first, {"cipsec.cs.repeated_in": [second]})], two_pass=True)
    assert unanswered(tshark, path) == []


def test_answers_that_name_no_request(tshark, tmp_path):
    """Unconnected_Send that timed out, and a packet that answers fewer members: answers all the same."""
    capture = enip.Capture()
    ask = bytes.fromhex("4B02205D2401")
    routed = capture.exchange(ask, bytes.fromhex("D20001010402"), "routed")
    fewer = capture.packet([ask, ask], [bytes.fromhex("CB000C00")])
    path = capture.write(tmp_path / "whole.pcap")
    check(tshark, path, [(routed[0], {"cipsec.cs.response_in": [routed[1]]}),
                         (fewer[0], {"cipsec.cs.response_in": [fewer[1]] * 2})], two_pass=True)
    assert unanswered(tshark, path) == []


def test_own_answer_goes_before_one_for_the_whole_frame(tshark, tmp_path):
    """Two requests in one segment, the first of them not delivered."""
    other, capture = enip.Capture(), enip.Capture()
    ask, refused, answer = bytes.fromhex("4B02205D2401"), bytes.fromhex("D20001010402"), bytes.fromhex("CB000000")
    frames = [other.exchange(ask, reply, "routed") for reply in (refused, answer)]
    payload = [[bytes(other.packets[frame - 1].data[54:]) for frame in pair] for pair in frames]
    asked = capture.raw(payload[0][0] + payload[1][0])
    first, second = capture.raw(payload[0][1], False), capture.raw(payload[1][1], False)
    path = capture.write(tmp_path / "pipelined.pcap")
    check(tshark, path, [(asked, {"cipsec.cs.response_in": [first, second]})], two_pass=True)


def record(message):
    """An integrity-only TLS record with an unconnected message."""
    items = b"\0\0\0\0\xb2\0" + len(message).to_bytes(2, "little") + message
    body = b"\0" * 6 + b"\2\0" + items
    octets = b"\x6f\0" + len(body).to_bytes(2, "little") + b"\1\0\0\0" + b"\0" * 16 + body
    return b"\x17\x03\x03" + (len(octets) + 20).to_bytes(2, "big") + octets + b"\0" * 20


def test_response_without_request(tshark, tmp_path):
    capture = enip.Capture(port=2221)
    unasked = [capture.raw(record(bytes.fromhex(answer)), False) for answer in ("CB000000", "8E00000002")]
    capture.raw(record(bytes.fromhex("0E03205D24013001")))
    capture.raw(record(bytes.fromhex("8E00000002")), False)
    path = capture.write(tmp_path / "unasked.pcap")
    for two_pass in (False, True):
        assert tshark.frames(path, "cipsec.expert.no_request", two_pass=two_pass) == unasked


@pytest.mark.parametrize("item, count", [(examples.SECURITY_ITEM, 3), (examples.SECURITY_ITEM_OLD, 1)], ids=["new", "old"])
def test_list_identity(tshark, tmp_path_factory, item, count):
    capture = enip.Capture()
    frame = capture.datagram(examples.list_identity(item), 44818, from_client=False)
    path = capture.write(tmp_path_factory.mktemp("example") / "X01.pcap")
    check(tshark, path, [(frame, {"enip.cpf.itemcount": [1 + count]})])
    assert tshark.frames(path, "_ws.malformed") == []


def test_list_identity_behind_another_message(tshark, tmp_path):
    """Two messages in one TCP segment; and an item that is too short, which Wireshark itself breaks off at."""
    capture = enip.Capture()
    register = b"\x65\0\4\0" + b"\0" * 20 + b"\1\0\0\0"
    whole = capture.raw(register + examples.list_identity(examples.SECURITY_ITEM), False)
    short = capture.datagram(examples.list_identity(bytes.fromhex("860004000A000202")), 44818, from_client=False)
    path = capture.write(tmp_path / "identity.pcap")
    check(tshark, path, [(whole, {"cipsec.identity.cs_state": [2]}), (short, {"cipsec.identity.rest": ["0a000202"]})])


def test_unconnected_over_dtls(tshark, tmp_path_factory):
    """X18; the records are integrity-only, so that they can be read."""
    capture = enip.Capture()
    ask = examples.unconnected_over_dtls(bytes.fromhex("0E03200124013007"), False)
    answer = examples.unconnected_over_dtls(bytes.fromhex("8E0000000844726976652D3231"), True)
    first = capture.datagram(ask, 2221)
    second = capture.datagram(answer, 2221, from_client=False)
    path = capture.write(tmp_path_factory.mktemp("example") / "X18.pcap")
    check(tshark, path, [(first, {"cip.sc": [0x0E], "cip.class": [1]}), (second, {"cip.sc": [0x0E], "cip.genstat": [0]})])


def test_io_over_dtls(tshark, tmp_path_factory):
    """X19"""
    capture = enip.Capture()
    frames = [capture.datagram(examples.DTLS_IO, 2221) for _ in range(3)]
    path = capture.write(tmp_path_factory.mktemp("example") / "X19.pcap")
    check(tshark, path, [(frames[0], {"enip.cpf.sai.connid": [0x00120001], "cipsec.confidentiality": [1]})])


def test_register_session_in_a_record(tshark, tmp_path_factory):
    """X20"""
    capture = enip.Capture(port=2221)
    frame = capture.raw(examples.RECORD_REGISTER)
    path = capture.write(tmp_path_factory.mktemp("example") / "X20.pcap")
    check(tshark, path, [(frame, {"enip.command": [0x65], "cipsec.confidentiality": [1]})])


def test_start_dtls(tshark, tmp_path_factory):
    """X24"""
    capture = enip.Capture()
    frames = [capture.datagram(examples.START_DTLS, 44818), capture.datagram(examples.START_DTLS, 44818, from_client=False)]
    path = capture.write(tmp_path_factory.mktemp("example") / "X24.pcap")
    check(tshark, path, [(frame, {"enip.command": [0xC8]}) for frame in frames])


def nest(message, response, depth):
    """A Multiple_Service_Packet in a Multiple_Service_Packet, and so on."""
    for _ in range(depth):
        message = bytes.fromhex("8a000000" if response else "0a0220022401") + enip.members([message])
    return message


@pytest.mark.parametrize("carrier", ["unconnected", "connected", "routed"])
def test_nested_packets(tshark, tmp_path_factory, carrier):
    capture, expected = enip.Capture(), []
    for depth in range(1, 5):
        ask, answer = bytes.fromhex("0E03205E24013004"), bytes.fromhex("8E00000002C02BC006")
        first, second = capture.exchange(nest(ask, False, depth), nest(answer, True, depth), carrier)
        expected += [(first, {"cipsec.eip.response_in": [second]}),
                     (second, {"cipsec.eip.request_in": [first], "cipsec.eip.allowed_cipher_suites": [0xC02B, 0xC006]})]
    path = capture.write(tmp_path_factory.mktemp("example") / "nested.pcap")
    check(tshark, path, expected, two_pass=True)


def test_objects_over_dtls(tshark, tmp_path_factory):
    """Explicit messages without TCP: item 0x8003."""
    capture, expected = enip.Capture(), []
    for number, exchange in enumerate(examples.EXCHANGES["X08"] + examples.EXCHANGES["X12"], 1):
        ask, answer, asked, answered = exchange
        first = capture.datagram(examples.unconnected_over_dtls(bytes.fromhex(ask), False, number), 2221)
        second = capture.datagram(examples.unconnected_over_dtls(bytes.fromhex(answer), True, number), 2221, from_client=False)
        expected += [(first, asked), (second, answered)]
    path = capture.write(tmp_path_factory.mktemp("example") / "dtls.pcap")
    check(tshark, path, expected)
