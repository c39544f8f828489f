"""The wrapper on the CIP Security ports: integrity-only content recovered without handshake and keys, handshakes step by
step, MACs, and captures as networks and capture cards damage them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import struct

import enip
import pcap
import pytest
import segments

MESSAGE = ["enip.command", "enip.length", "cip.sc", "cip.rr", "cip.genstat", "cipio.data", "enip.cpf.typeid"]
READABLE = "enip || cipio"
VARIANTS = {
    "one byte a segment": lambda packets: segments.split(packets, 1),
    "seven bytes a segment": lambda packets: segments.split(packets, 7),
    "repeated": lambda packets: segments.repeat(packets, 3),
}
LOSSES = {
    "swapped": lambda packets: segments.swap(segments.split(packets, 40), 4),
    "lost": lambda packets: segments.drop(packets, {1, 20, 41, 42}),
    "lost pieces": lambda packets: segments.drop(segments.split(packets, 60), {3, 60, 90, 121}),
    "snap length 90": lambda packets: segments.snap(packets, 90),
    "snap length 130": lambda packets: segments.snap(packets, 130),
}
READINGS = {
    "default": {},
    "no reassembly": {"tcp.desegment_tcp_streams": "FALSE"},
    "out of order": {"tcp.reassemble_out_of_order": "TRUE"},
}


def messages(tshark, capture, **options):
    """One entry a message, frame borders forgotten."""
    rows = tshark.fields(capture, MESSAGE, filter=READABLE, **options)
    return {name: [value for row in rows for value in row[name]] for name in MESSAGE}


@pytest.fixture(scope="module")
def derive(captures, tmp_path_factory):
    """Writes a changed copy of a capture and returns its path."""
    folder = tmp_path_factory.mktemp("derived")
    made = {}

    def make(name, change):
        key = (name, change)
        if key not in made:
            link, packets = pcap.read(captures[name])
            made[key] = folder / f"{len(made)}.pcap"
            pcap.write(made[key], {**VARIANTS, **LOSSES}[change](packets), link)
        return made[key]
    return make


# ---------------------------------------------------------------- integrity only

@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("name", ["04b-class3-tls-null-sha", "05b-class1-io-dtls-null"])
def test_midstream_equals_the_whole_capture(tshark, captures, name, two_pass):
    whole = messages(tshark, captures[name], two_pass=two_pass)
    cut = messages(tshark, captures[f"08-{name[:3]}-midstream"], two_pass=two_pass)
    assert len(whole["enip.command"]) > 5
    assert cut == whole


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_rfc9150_is_read_without_keys(tshark, captures, two_pass):
    name = "07f-tls13-rfc9150-sha256"
    truth = captures.truth(name)
    wanted = sum(1 for stream in truth["streams"] for message in stream["messages"] if "request" in message)
    services = tshark.values(captures[name], "cip.rr", filter="cip", two_pass=two_pass)
    assert services.count("0x00") + services.count("0") >= wanted > 0
    shown = collections.Counter(tshark.values(captures[name], "cipsec.handshake.message", two_pass=two_pass))
    assert shown == {"EncryptedExtensions": 2, "CertificateRequest": 1, "Certificate": 1, "CompressedCertificate": 1,
                     "CertificateVerify": 2, "Finished": 4, "NewSessionTicket": 3}


def test_recovery_can_be_switched_off(tshark, captures):
    off = {"cipsec.integrity_only_midstream": "FALSE"}
    assert not tshark.frames(captures["08-04b-midstream"], READABLE, prefs=off)
    # what the handshake shows to be readable stays so
    assert tshark.frames(captures["07f-tls13-rfc9150-sha256"], READABLE, prefs=off)


def test_encrypted_content_is_never_recovered(tshark, captures):
    for name in captures.names():
        if "encrypted-midstream" in name or name == "04a-class3-tls-aes128":
            assert not tshark.frames(captures[name], f"(tls || dtls) && ({READABLE})"), name


# ---------------------------------------------------------------- damaged

@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("change", VARIANTS)
@pytest.mark.parametrize("name", ["04b-class3-tls-null-sha", "08-04b-midstream", "07f-tls13-rfc9150-sha256"])
def test_pieces_and_repetitions_change_nothing(tshark, captures, derive, name, change, reading):
    assert messages(tshark, derive(name, change), prefs=READINGS[reading]) == messages(tshark, captures[name])


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("change", VARIANTS)
def test_two_passes_show_the_same(tshark, captures, derive, change, reading):
    changed = messages(tshark, derive("08-04b-midstream", change), prefs=READINGS[reading], two_pass=True)
    assert changed == messages(tshark, captures["08-04b-midstream"])


SURE = ["cipsec.confidentiality", "cipsec.mutual_auth", "cipsec.cipher", "cipsec.version", "cipsec.kind", "cipsec.client.port",
        "cipsec.handshake.alert"]
UNKNOWN = {"cipsec.confidentiality": "3", "cipsec.kind": "0"}


def stream_tags(tshark, capture, **options):
    """Stream -> tags of its last frame."""
    rows = tshark.fields(capture, ["cipsec.stream", "cipsec.handshake"] + SURE, filter="cipsec.stream", two_pass=True, **options)
    return {row["cipsec.stream"][0]: row for row in rows}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("change", LOSSES)
@pytest.mark.parametrize("name", ["04b-class3-tls-null-sha", "04a-class3-tls-aes128", "07f-tls13-rfc9150-sha256",
                                  "06e-client-without-cert", "02-push-provisioning-tls-aes", "08-04b-midstream"])
def test_losses_make_tags_unknown_never_wrong(tshark, captures, derive, name, change, reading):
    whole = stream_tags(tshark, captures[name])
    damaged = stream_tags(tshark, derive(name, change), prefs=READINGS[reading])
    assert whole.keys() == damaged.keys()
    for stream, right in whole.items():
        for tag in SURE:
            seen = damaged[stream][tag]
            assert seen in (right[tag], [], [UNKNOWN.get(tag)]), f"stream {stream} {tag}: {seen}, not {right[tag]}"
        state, wanted = damaged[stream]["cipsec.handshake"], right["cipsec.handshake"]
        assert state == wanted or state in (["0"], ["1"]), f"stream {stream} handshake {state}, not {wanted}"


def test_recovery_resumes_after_a_gap(tshark, captures, derive):
    whole = messages(tshark, captures["08-04b-midstream"])["enip.command"]
    after = messages(tshark, derive("08-04b-midstream", "lost"))["enip.command"]
    assert len(whole) - 4 <= len(after) < len(whole)


def test_beginnings_of_cut_records_are_read(tshark, captures, derive):
    whole = messages(tshark, captures["08-04b-midstream"])["enip.command"]
    assert messages(tshark, derive("08-04b-midstream", "snap length 130"))["enip.command"] == whole


def without(number):
    return lambda packets, udp: [packet for i, packet in enumerate(packets) if i != udp[number]]


def doubled(packets, udp):
    return [copy for i, packet in enumerate(packets) for copy in ([packet, packet] if i in udp else [packet])]


def crossed(packets, udp):
    out = list(packets)
    for i in range(0, 10, 2):
        out[udp[i]], out[udp[i + 1]] = out[udp[i + 1]], out[udp[i]]
    return out


DATAGRAMS = {**{f"without {i}": without(i) for i in range(9)}, "doubled": doubled, "crossed": crossed,
             "snap length 75": lambda packets, udp: segments.snap(packets, 75)}


@pytest.mark.parametrize("change", DATAGRAMS)
@pytest.mark.parametrize("name", ["05b-class1-io-dtls-null", "05a-class1-io-dtls-aes128"])
def test_damaged_dtls_makes_tags_unknown_never_wrong(tshark, captures, tmp_path, name, change):
    link, packets = pcap.read(captures[name])
    path = tmp_path / "dtls.pcap"
    pcap.write(path, DATAGRAMS[change](packets, segments.datagrams(packets)), link)
    whole, damaged = stream_tags(tshark, captures[name])["1"], stream_tags(tshark, path)["1"]
    for tag in SURE:
        assert damaged[tag] in (whole[tag], [], [UNKNOWN.get(tag)]), tag
    assert damaged["cipsec.handshake"] == ["2"]
    assert not tshark.frames(path, "cipsec.expert.signature_invalid")
    content = len(tshark.frames(captures[name], "dtls && cipio"))
    lost = sum(1 for i in segments.datagrams(packets)[:9] if packets[i].data[42] == 0x17)
    assert len(tshark.frames(path, "dtls && cipio")) >= content - lost


# ---------------------------------------------------------------- handshakes

def test_ladder(tshark, captures):
    steps = tshark.values(captures["04b-class3-tls-null-sha"], "cipsec.handshake.step", filter="tcp.stream == 0", two_pass=True)
    assert [step.split(": ", 1)[1].split(" (")[0] for step in steps] == [
        "Client -> Server ClientHello", "Server -> Client ServerHello", "Server -> Client Certificate",
        "Server -> Client ServerKeyExchange", "Server -> Client CertificateRequest", "Server -> Client ServerHelloDone",
        "Client -> Server Certificate", "Client -> Server ClientKeyExchange", "Client -> Server CertificateVerify",
        "Client -> Server ChangeCipherSpec", "Client -> Server Finished", "Server -> Client NewSessionTicket",
        "Server -> Client ChangeCipherSpec", "Server -> Client Finished"]
    assert [step.split(":")[0] for step in steps] == [f"{i} of 14" for i in range(1, 15)]
    one_pass = tshark.values(captures["04b-class3-tls-null-sha"], "cipsec.handshake.step", filter="tcp.stream == 0")
    assert [step.split(":")[0] for step in one_pass] == [str(i) for i in range(1, 15)]


def test_signatures_of_real_handshakes_verify(tshark, captures):
    for name in captures.names():
        assert not tshark.frames(captures[name], "cipsec.expert.signature_invalid", keylog=captures.keylog(name)), name


def transport(protocols):
    """What carries the CIP message; the objects inside are not this test's."""
    return protocols.split(":cip")[0]


def test_stock_is_not_disturbed(tshark, captures):
    """Frames that Wireshark decodes by itself keep their protocols, apart from our objects'."""
    for name in ["04b-class3-tls-null-sha", "05b-class1-io-dtls-null", "06e-client-without-cert", "02-push-provisioning-tls-aes"]:
        keylog = captures.keylog(name)
        ours = tshark.values(captures[name], "frame.protocols", keylog=keylog)
        stock = tshark.values(captures[name], "frame.protocols", keylog=keylog, plugin=False)
        assert [transport(protocols) for protocols in ours] == [transport(protocols) for protocols in stock], name


def test_heuristics_first_keeps_the_wrapper(tshark, captures):
    whole = messages(tshark, captures["08-04b-midstream"])
    assert messages(tshark, captures["08-04b-midstream"], prefs={"tcp.try_heuristic_first": "TRUE"}) == whole


# a port that Wireshark knows nothing of, one that it has something else for, and every one: the client's too, so that
# only the handshake tells who is the server
@pytest.mark.parametrize("name, port, ports", [
    ("08-04b-midstream", 4711, "2221,4711"), ("08-04b-midstream", 443, "443"),
    ("02-push-provisioning-tls-aes", 443, "443"), ("02-push-provisioning-tls-aes", 4711, "1-65535")])
def test_other_ports(tshark, captures, tmp_path, name, port, ports):
    link, packets = pcap.read(captures[name])
    for packet in packets:
        _, transport, _ = pcap.layers(packet.data)
        for at in (transport, transport + 2):
            if packet.data[at:at + 2] == struct.pack(">H", 2221):
                packet.data[at:at + 2] = struct.pack(">H", port)
    path = tmp_path / "ports.pcap"
    pcap.write(path, packets, link)
    keylog = captures.keylog(name)
    assert not tshark.frames(path, READABLE, keylog=keylog)
    moved = messages(tshark, path, prefs={"cipsec.ports": ports}, keylog=keylog)
    assert moved["cip.rr"] and moved == messages(tshark, captures[name], keylog=keylog)


def test_clear_text_on_the_secure_port(tshark, captures, tmp_path):
    link, packets = pcap.read(captures["01-push-provisioning-plain"])
    for packet in packets:
        _, transport, _ = pcap.layers(packet.data)
        for at in (transport, transport + 2):
            if packet.data[at:at + 2] == struct.pack(">H", 44818):
                packet.data[at:at + 2] = struct.pack(">H", 2221)
    path = tmp_path / "clear.pcap"
    pcap.write(path, packets, link)
    expected = messages(tshark, captures["01-push-provisioning-plain"])
    for two_pass in (False, True):
        assert messages(tshark, path, two_pass=two_pass) == expected
        last = tshark.fields(path, ["cipsec.confidentiality", "cipsec.transport"], filter="cipsec.stream", two_pass=two_pass)[-1]
        assert last == {"cipsec.confidentiality": ["0"], "cipsec.transport": ["3"]}
    assert "EtherNet/IP in clear text on a CIP Security port" in tshark.stat(path, "cipsec,findings")


# ---------------------------------------------------------------- MACs

def test_macs_of_rfc9150(tshark, captures, tmp_path):
    name = "07f-tls13-rfc9150-sha256"
    good = tshark.values(captures[name], "cipsec.record.mac.status", keylog=captures.keylog(name))
    assert len(good) > 90 and set(good) == {"1"}
    assert not tshark.values(captures[name], "cipsec.record.mac.status")
    link, packets = pcap.read(captures[name])
    packets[17].data[-1] ^= 1
    path = tmp_path / "bad.pcap"
    pcap.write(path, packets, link)
    assert tshark.values(path, "cipsec.record.mac.status", filter="frame.number == 18", keylog=captures.keylog(name)) == ["0"]
    assert tshark.frames(path, "cipsec.expert.record_mac_bad", keylog=captures.keylog(name)) == [18]


# ---------------------------------------------------------------- DTLS 1.3

def dtls13_hello(kind, number, client):
    """ClientHello or ServerHello of DTLS 1.3 in a record of epoch 0."""
    if client:
        versions = struct.pack(">HHBH", 43, 3, 2, 0xFEFC)
        body = b"\xfe\xfd" + bytes(32) + b"\0\0" + b"\0\2\x13\1" + b"\1\0"
    else:
        versions = struct.pack(">HHH", 43, 2, 0xFEFC)
        body = b"\xfe\xfd" + bytes(range(32)) + b"\0" + b"\x13\1" + b"\0"
    body += struct.pack(">H", len(versions)) + versions
    size = len(body).to_bytes(3, "big")
    message = bytes([kind]) + size + struct.pack(">H", number) + bytes(3) + size + body
    return b"\x16\xfe\xfd" + bytes(8) + struct.pack(">H", len(message)) + message


def unified(epoch, length):
    """A protected record; its bytes look like ciphertext."""
    payload = bytes((i * 167 + length) % 251 for i in range(length))
    return bytes([0x2C | epoch]) + b"\x5a\xa5" + struct.pack(">H", length) + payload


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "stopped"])
def test_dtls13_without_keys(tshark, tmp_path, answered):
    capture = enip.Capture()
    capture.packets.clear()
    capture.datagram(dtls13_hello(1, 0, True), 2221)
    capture.datagram(dtls13_hello(2, 0, False) + unified(2, 900), 2221, from_client=False)
    capture.datagram(unified(2, 700) + unified(2, 61), 2221)
    for i in range(30 if answered else 0):
        capture.datagram(unified(3, 51 if i == 0 else 90), 2221, from_client=i % 2 == 1)
        capture.datagram(unified(3, 90), 2221, from_client=i % 2 == 0)
    path = capture.write(tmp_path / "dtls13.pcap")
    row = tshark.fields(path, ["cipsec.version", "cipsec.handshake", "cipsec.confidentiality", "cipsec.class",
                               "cipsec.handshake.step", "cipsec.rhythm.gaps", "cipsec.cipher"], two_pass=True)
    names = {"cipsec.version": "0xfefc", "cipsec.handshake": "2" if answered else "1", "cipsec.class": "2",
             "cipsec.confidentiality": "2" if answered else "3", "cipsec.cipher": "0x1301"}
    for packet in row:
        assert {name: packet[name][0] for name in names} == names
    assert [step for packet in row for step in packet["cipsec.handshake.step"]] == [
        "1 of 4: Client -> Server ClientHello", "2 of 4: Server -> Client ServerHello",
        "3 of 4: Server -> Client encrypted handshake (EncryptedExtensions to Finished)",
        "4 of 4: Client -> Server encrypted handshake (with Finished)"]
    assert all(gaps == "0" for packet in row for gaps in packet["cipsec.rhythm.gaps"])
    assert any(packet["cipsec.rhythm.gaps"] for packet in row) == answered
