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
    assert "no_response" in tshark.stat(path, "cipsec,findings")


@pytest.mark.parametrize("item, count", [(examples.SECURITY_ITEM, 3), (examples.SECURITY_ITEM_OLD, 1)], ids=["new", "old"])
def test_list_identity(tshark, tmp_path_factory, item, count):
    capture = enip.Capture()
    frame = capture.datagram(examples.list_identity(item), 44818, from_client=False)
    path = capture.write(tmp_path_factory.mktemp("example") / "X01.pcap")
    check(tshark, path, [(frame, {"enip.cpf.itemcount": [1 + count]})])
    assert tshark.frames(path, "_ws.malformed") == []


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
