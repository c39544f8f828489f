"""Lists of attributes tell the analysis what single messages tell; text of the wire cannot leave its line.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import enip

EIP, CIP, TCPIP = enip.path(0x5E, 1), enip.path(0x5D, 1), enip.path(0xF5, 1)
PORTS = b"\1\x0bEtherNet/IP\x12\xaf\6\1\1"
STATE, SUITES = b"\2", b"\1\xc0\x23"
CONTROL = [chr(code) for code in (*range(0x20), 0x7F) if chr(code) != "\n"]


def listed(*values):
    """Bodies of a Get_Attribute_List request and its answer: (attribute, value)."""
    count = len(values).to_bytes(2, "little")
    return (count + b"".join(bytes([number, 0]) for number, _ in values),
            count + b"".join(bytes([number, 0, 0, 0]) + value for number, value in values))


def singles():
    for where, number, value in ((0x5E, 1, STATE), (0x5E, 4, SUITES), (0x5D, 1, STATE), (0xF5, 14, PORTS)):
        yield enip.request(0x0E, enip.path(where, 1, number)), enip.response(0x0E, value)


def lists():
    for where, values in ((EIP, [(1, STATE), (4, SUITES)]), (CIP, [(1, STATE)]), (TCPIP, [(14, PORTS)])):
        ask, answer = listed(*values)
        yield enip.request(3, where, ask), enip.response(3, answer)


def device(tshark, path, exchanges):
    """What is known of the device, but for times: the lists need fewer frames."""
    capture = enip.Capture()
    for ask, answer in exchanges:
        capture.exchange(ask, answer)
    (row,) = [row for row in tshark.jsonl(capture.write(path)) if row["record"] == "device" and row["ip"] == enip.SERVER]
    assert row["configured_since"] and row["last_clear"]
    return {key: value for key, value in row.items() if key not in ("configured_since", "last_clear")}


def test_lists_tell_what_single_reads_tell(tshark, tmp_path):
    one, many = (device(tshark, tmp_path / f"{kind.__name__}.pcap", kind()) for kind in (singles, lists))
    assert one["allowed_suites"] == "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" and one["ports_advertised"] == "44818/tcp"
    assert one == many


def test_messages_without_a_value_name_their_attribute(tshark, tmp_path):
    """The request to read it, its refusal, and the response of a Set."""
    where, capture = enip.path(0x5E, 1, 4), enip.Capture()
    capture.exchange(enip.request(0x0E, where), enip.response(0x0E, status=0x14))
    capture.exchange(enip.request(0x0E, where), enip.response(0x0E, SUITES))
    capture.exchange(enip.request(0x10, where, SUITES), enip.response(0x10))
    path = capture.write(tmp_path / "attribute.pcap")
    assert tshark.values(path, "cipsec.eip.attribute", filter="cipsec.eip") == ["4"] * 6
    assert tshark.frames(path, "cipsec.eip.attribute == 4 && cipsec.eip.status > 0") == [5]


def test_text_stays_in_its_line(tshark, tmp_path):
    """Names come from devices: they must not write another line, or to the terminal."""
    def short(text):
        return bytes([len(text)]) + text
    name = b"Ab\r\n\x1b[31mCd\t"
    capture = enip.Capture()
    capture.exchange(enip.request(8, enip.path(0x5F, 0), short(name)), enip.response(8, b"\2\0" + short(name)))
    strings = b"".join(short(text) for text in (name, b"O", b"OU", b"L", b"ST", b"AT", b"E", b"1", name))
    capture.exchange(enip.request(0x4B, enip.path(0x5F, 2), strings), enip.response(0x4B, b"\4\x20\x37\x24\5"))
    stringi = b"\1eng\xda\4\0" + short(name)
    capture.exchange(enip.request(8, enip.path(0x37, 0), stringi + b"\1"), enip.response(8, b"\5\0"))
    path = capture.write(tmp_path / "text.pcap")
    summary, packets = "\n".join(tshark.summary(path)), tshark.run("-r", tshark.readable(path), "-n", "-V")
    assert len(summary.splitlines()) == len(capture.packets)
    assert "Create_CSR CN=Ab" in summary and "Create Ab" in summary
    for text in (summary, packets):
        assert not [one for one in CONTROL if one in text]


def test_entries_of_a_list(tshark, tmp_path):
    """A status stands below the attribute that it belongs to, values of time have their unit."""
    ask, answer = listed((1, STATE), (15, b"\x0c\0"))
    capture = enip.Capture()
    capture.exchange(enip.request(3, EIP, ask), enip.response(3, b"\3" + answer[1:] + b"\4\0\x14\0"))
    text = tshark.run("-r", tshark.readable(capture.write(tmp_path / "list.pcap")), "-V", "-O", "cipsec.eip")
    answered = text[text.index("Response: Get_Attribute_List"):].split("\n")
    heads = [line.strip() for line in answered if re.match(r"    (Attribute|Attribute Status):", line)]
    assert heads == ["Attribute: 1 (State)", "Attribute Status: Success (0x00)", "Attribute: 15 (DTLS Timeout)",
                     "Attribute Status: Success (0x00)", "Attribute: 4 (Allowed Cipher Suites)",
                     "Attribute Status: Attribute not supported (0x14)"]
    assert "        DTLS Timeout: 12 seconds" in answered
