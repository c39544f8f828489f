"""The recorded sessions against their ground truth: every message of the objects decoded, in order, with its values.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import pytest

import enip
import samples
import tables

CAPTURES = ["01-push-provisioning-plain", "02-push-provisioning-tls-aes", "04a-class3-tls-aes128", "04b-class3-tls-null-sha",
            "07f-tls13-rfc9150-sha256", "08-04b-midstream"]
OBJECTS = {tables.CLASSES[name]: name for name in ("CS", "EIP", "CM", "FILE")}
SCALARS = ("U8", "U16", "U32", "BOOL", "SHORT_STRING", "STRINGI", "FLAGS8", "FLAGS16", "FLAGS32")
MULTIPLE, ROUTED = 0x0A, 0x52


def inner(octets):
    """(class, service) of a request given as octets; None for classes that are not ours."""
    words = octets[1]
    class_id = octets[3] if octets[2] == 0x20 else struct.unpack("<H", octets[4:6])[0]
    return (class_id, octets[0]) if words and class_id in OBJECTS else None


def expand(message):
    """[(class, service, response?, message or None)] of a message in the truth; None for those inside others."""
    ask, answer = message.get("request"), message.get("response")
    if not ask:
        return []
    service, class_id, data = int(ask["service"], 16), int(ask["class"] or "0", 16), bytes.fromhex(ask.get("data") or "")
    if class_id in OBJECTS:
        found = [(class_id, service, 0, message)]
        return found + ([(class_id, service, 1, message)] if answer else [])
    if class_id == 2 and service == MULTIPLE:
        offsets = struct.unpack(f"<{data[0]}H", data[2:2 + 2 * data[0]])
        asked = [inner(data[offset:]) for offset in offsets]
        return [(*one, 0, None) for one in asked if one]
    if class_id == 6 and service == ROUTED:
        one = inner(data[4:])
        return [(*one, 0, None), (*one, 1, None)] if one else []
    return []


def decoded(tshark, captures, name, stream):
    """The same list as the plugin sees it, with the packet's fields in place of the message."""
    common = [f"{tables.FILTERS[o]}.{suffix}" for o in OBJECTS.values()
              for suffix in ("service", "response", "status", "status.ext", "instance", "attribute")]
    scalars = [tables.filter_name(row.object, row.field) for row in tables.attributes if row.codec in SCALARS]
    rows = tshark.fields(captures[name], ["frame.number"] + sorted(set(common + scalars)), filter=f"tcp.stream == {stream}",
                         keylog=captures.keylog(name))
    found = []
    for row in rows:
        for class_id, short in OBJECTS.items():
            prefix = tables.FILTERS[short]
            for service, response in zip(row[f"{prefix}.service"], row[f"{prefix}.response"]):
                found.append((class_id, int(service, 0), int(response), row))
    return found


def plain(value):
    """The value of a decoded attribute in the truth as one number or text; None for composites."""
    if isinstance(value, dict):
        return value.get("value")
    if isinstance(value, list):
        return value[0].get("text") if len(value) == 1 and isinstance(value[0], dict) else None
    return samples.number(value)


def check_response(class_id, row, message):
    prefix = tables.FILTERS[OBJECTS[class_id]]
    answer, ask = message["response"], message["request"]
    assert samples.shown(row[f"{prefix}.status"]) == [int(answer["status"], 16)]
    assert samples.shown(row[f"{prefix}.status.ext"]) == [int(str(word), 0) for word in answer.get("ext_status") or []]
    value = (answer.get("decoded") or {}).get("value") if ask["attribute"] is not None else None
    scope = "INSTANCE" if ask["instance"] else "CLASS"
    attribute = next((a for a in tables.attributes if (a.object, a.scope, a.id) ==
                      (OBJECTS[class_id], scope, str(ask["attribute"]))), None)
    if value is None or attribute is None or attribute.codec not in SCALARS or plain(value) is None:
        return 0
    shown = samples.shown(row[tables.filter_name(attribute.object, attribute.field)])
    assert shown == [plain(value)], (message["n"], attribute.name)
    return 1


@pytest.mark.parametrize("name", CAPTURES)
def test_every_message(tshark, captures, name):
    truth, messages, values = captures.truth(name), 0, 0
    for stream in truth["streams"]:
        expected = [one for message in stream.get("messages", []) for one in expand(message)]
        if not expected or "tcp.stream" not in stream.get("wireshark_stream", {}):
            continue
        found = decoded(tshark, captures, name, stream["wireshark_stream"]["tcp.stream"])
        assert [one[:3] for one in found] == [one[:3] for one in expected]
        messages += len(expected)
        for (class_id, _, response, row), (_, _, _, message) in zip(found, expected):
            if message and response:
                values += check_response(class_id, row, message)
    assert messages > 3 and values > 0


def test_files_are_whole(tshark, captures):
    """Seven transfers, two of them with the wrong checksum that the client sent on purpose."""
    for name in CAPTURES[:2]:
        rows = tshark.fields(captures[name], ["cipsec.file.checksum.status", "cipsec.file.content"],
                             filter="cipsec.file.transfer.octets", keylog=captures.keylog(name))
        assert [row["cipsec.file.checksum.status"] for row in rows] == [["1"], ["0"], ["1"], ["1"], ["0"], ["1"], ["1"]]
        assert [row["cipsec.file.content"] for row in rows] == [["Certification request"]] + [["Certificate"]] * 6
        csr = tshark.export_objects(captures[name], keylog=captures.keylog(name))
        assert any(name.endswith(".csr") for name in csr)


def test_info_column_says_what_is_done(tshark, captures):
    lines = "\n".join(tshark.summary(captures["01-push-provisioning-plain"]))
    for text in ("Set Allowed Cipher Suites: ", "Create_CSR CN=Adapter 127.17.83.31", "Get State: Configured", "Apply_Config"):
        assert text in lines


def test_info_column_names_the_objects_of_a_packet(tshark, tmp_path):
    talk = enip.Capture()
    requests = [enip.request(0x4B, enip.path(0x5D, 1)), enip.request(0x4B, enip.path(0x5E, 1)), enip.request(0x0E, enip.path(1, 1, 7))]
    talk.packet(requests, [enip.response(0x4B), enip.response(0x4B, status=0x0C), enip.response(0x0E, b"\x04Pump")])
    path = tmp_path / "packet.pcap"
    talk.write(path)
    asked, answered = tshark.summary(path)[-2:]
    assert "Packet: CIP Security - Begin_Config, EtherNet/IP Security - Begin_Config, Get Attribute Single" in asked
    assert "CIP Security - Begin_Config, EtherNet/IP Security - Begin_Config: not allowed in this state" in answered


def test_a_disabled_protocol_hands_back(tshark, captures):
    path = captures["01-push-provisioning-plain"]
    off = ["--disable-protocol", "cipsec.eip"]
    assert tshark.frames(path, "cipsec.eip", more=off) == []
    assert len(tshark.frames(path, "cipsec.cm", more=off)) == len(tshark.frames(path, "cipsec.cm"))
    for name in ("cipsec.cs", "cipsec.cm", "cipsec.file"):
        off += ["--disable-protocol", name]
    assert tshark.summary(path, filter="cip", more=off)[:100] == tshark.summary(path, filter="cip", plugin=False)[:100]


def test_keys_are_masked(tshark, captures):
    path = captures["01-push-provisioning-plain"]
    octets = "404142434445464748494a4b4c4d4e4f"
    assert octets not in tshark.verbose(path, filter="cipsec.eip.attribute == 5").replace(":", "")
    assert octets in tshark.verbose(path, filter="cipsec.eip.attribute == 5", prefs={"cipsec.show_psk": "TRUE"})


def test_keys_are_masked_in_every_shape(tshark, tmp_path):
    """Both generations, several keys, lists that are cut or go on too long: no output may hold key octets."""
    secret = bytes(range(0xA0, 0xB0))
    entry = b"\4plnt\x10" + secret
    lists = [b"\2" + (entry + b"\2") * 2, b"\2" + entry * 2, b"\1" + (entry + b"\2") * 2, b"\2" + entry[:-3], b"\3" + entry * 2 + b"\7",
             b"\1" + entry + b"\2\1\2\3"]
    capture, where = enip.Capture(), enip.path(0x5E, 1, 5)
    for octets in lists:
        capture.exchange(enip.request(0x10, where, octets), enip.response(0x10))
        capture.exchange(enip.request(4, enip.path(0x5E, 1), b"\1\0\5\0" + octets), enip.response(4))
    path = capture.write(tmp_path / "keys.pcap")
    tree = tshark.pdml(path)
    for packet in tree.findall("packet"):
        for proto in packet.findall("proto"):
            if proto.get("name", "").startswith(("cip", "cipsec")):
                for field in proto.iter("field"):
                    shown = (field.get("show") or "").replace(":", "") + (field.get("showname") or "").replace(":", "")
                    assert secret[2:8].hex() not in shown, field.attrib


@pytest.mark.parametrize("fact, value, raises", [
    ("trailing", b"\1\xff\xff", [5]), ("trailing", b"\1", []), ("uncertain", b"\1", []), ("malformed", b"", [5]),
    ("malformed", b"\1", [])])
@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_remarks_stand_on_their_frames(tshark, tmp_path, fact, value, raises, two_pass):
    """A value of one octet that is longer, right, or not there."""
    talk = enip.Capture()
    talk.exchange(enip.request(0x0E, enip.path(0x5D, 1, 1)), enip.response(0x0E, value))
    path = talk.write(tmp_path / "value.pcap")
    assert tshark.frames(path, f"cipsec.expert.{fact}", two_pass=two_pass) == raises


@pytest.mark.parametrize("attribute, raises", [(16, [5]), (9, [])])
def test_values_that_are_not_public_are_marked(tshark, tmp_path, attribute, raises):
    talk = enip.Capture()
    talk.exchange(enip.request(0x0E, enip.path(0x5E, 1, attribute)), enip.response(0x0E, b"\1"))
    assert tshark.frames(talk.write(tmp_path / "value.pcap"), "cipsec.expert.uncertain") == raises
