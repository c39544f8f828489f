"""Sessions that no bundled capture holds: resumption, TLS 1.3 with and without keys, StartDTLS over TLS, MACs of NULL
suites, renegotiation, connection ids, proofs by all kinds of keys. Most are made by OpenSSL, in memory.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import pathlib
import ssl

import pcap
import pytest
import relay
import sessions

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
TAGS = ["cipsec.handshake", "cipsec.version", "cipsec.confidentiality", "cipsec.confidentiality.source",
        "cipsec.mutual_auth", "cipsec.handshake.time"]
NULL = "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0"
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])


def tags(tshark, path, stream, **options):
    row = tshark.fields(path, TAGS, filter=f"tcp.stream == {stream}", **options)[-1]
    return {name.removeprefix("cipsec."): value for name, value in row.items()}


@BOTH
@pytest.mark.parametrize("tickets", [True, False], ids=["ticket", "session id"])
def test_resumption(tshark, tmp_path, tickets, two_pass):
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS12, "ECDHE-ECDSA-AES128-GCM-SHA256", mutual=tickets, tickets=tickets)
    first = stack.connect(wire)
    stack.connect(wire, session=first)
    path = wire.write(tmp_path / "resumed.pcap")
    assert tags(tshark, path, 0, two_pass=two_pass)["handshake"] == ["2"]
    assert tags(tshark, path, 0, two_pass=two_pass)["mutual_auth"] == [str(int(tickets))]
    again = tags(tshark, path, 1, two_pass=two_pass)
    assert again["handshake"] == ["3"] and again["confidentiality"] == ["2"] and again["handshake.time"]


@BOTH
@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
@pytest.mark.parametrize("mutual", [True, False], ids=["mutual", "server only"])
def test_tls13(tshark, tmp_path, mutual, keys, two_pass):
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS13, mutual=mutual)
    stack.connect(wire)
    path = wire.write(tmp_path / "tls13.pcap")
    keylog = stack.keys if keys else None
    seen = tags(tshark, path, 0, two_pass=two_pass, keylog=keylog)
    assert seen["handshake"] == ["2"] and seen["confidentiality"] == ["2"]
    assert int(seen["version"][0], 16) == 0x0304
    # without keys nobody can see whether the client showed a certificate
    assert seen["mutual_auth"] == ([str(int(mutual))] if keys else [])
    commands = tshark.values(path, "enip.command", two_pass=two_pass, keylog=keylog)
    assert commands == (["0x0065", "0x0065"] if keys else [])
    assert not tshark.frames(path, "cipsec.expert.signature_invalid", keylog=keylog)


@BOTH
@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
def test_hello_retry(tshark, tmp_path, keys, two_pass):
    """The client's first key share does not suit the server; both then send a ChangeCipherSpec that means nothing."""
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS13)
    stack.server.set_ecdh_curve("secp521r1")
    stack.connect(wire)
    path = wire.write(tmp_path / "retry.pcap")
    keylog = stack.keys if keys else None
    steps = tshark.values(path, "cipsec.handshake.step", keylog=keylog, two_pass=two_pass)
    assert any("HelloRetryRequest" in step for step in steps)
    assert not any("ChangeCipherSpec" in step for step in steps)
    seen = tags(tshark, path, 0, two_pass=two_pass, keylog=keylog)
    assert seen["handshake"] == ["2"] and seen["confidentiality"] == ["2"] and int(seen["version"][0], 16) == 0x0304
    assert seen["mutual_auth"] == (["0"] if keys else [])
    early = tshark.fields(path, TAGS, filter="tls.handshake.type == 2", keylog=keylog)
    assert early[0]["cipsec.handshake"] == ["1"]


@pytest.mark.parametrize("dtls", [False, True], ids=["TLS", "DTLS"])
@pytest.mark.parametrize("ciphers", [NULL, "ECDHE-ECDSA-AES128-SHA256"], ids=["integrity only", "encrypted"])
@pytest.mark.parametrize("by_server", [False, True], ids=["client renegotiates", "server demands a certificate"])
def test_renegotiation(tshark, tmp_path, by_server, ciphers, dtls):
    """Signatures and MACs go by the randoms of the second handshake; the first one's outcome stays."""
    mine, theirs = (sessions.Stack.certificate(tmp_path, name) for name in ("client", "server"))
    common = ["-dtls1_2" if dtls else "-tls1_2", "-cipher", ciphers, "-no_ticket"]
    wire = sessions.Wire()
    with relay.Relay(wire, tmp_path, [*common, "-key", theirs[0], "-cert", theirs[1], "-client_renegotiation", "-no_cache"],
                     [*common, "-key", mine[0], "-cert", mine[1]], dtls) as session:
        session.say(True, sessions.REGISTER)
        session.say(not by_server, b"R\n")
        session.say(True, sessions.encapsulation(4))
        session.say(False, sessions.encapsulation(4))
    path, keys = wire.write(tmp_path / "renegotiation.pcap"), session.keys
    # without keys (and where Wireshark does not decrypt it: 4.0, in DTLS) nobody can say what the second handshake proved
    right = [str(int(by_server))]
    for keylog in (keys, None):
        row = tshark.fields(path, TAGS, keylog=keylog)[-1]
        assert row["cipsec.handshake"] == ["2"]
        allowed = [right] if ciphers == NULL or (keylog and not dtls) else [[], right] if keylog else [[]]
        assert row["cipsec.mutual_auth"] in allowed
        assert row["cipsec.confidentiality"] == ["1" if ciphers == NULL else "2"]
    if ciphers != NULL and dtls:
        return
    steps = tshark.values(path, "cipsec.handshake.step", keylog=keys)
    assert any(step.endswith("ClientHello (renegotiation)") for step in steps)
    assert not any("sent again" in step for step in steps)
    for finding in ("signature_invalid", "record_mac_bad"):
        assert not tshark.frames(path, f"cipsec.expert.{finding}", keylog=keys)
    macs = tshark.values(path, "cipsec.record.mac.status", keylog=keys)
    assert set(macs) == ({"1"} if ciphers == NULL else set())
    if ciphers == NULL:
        assert tshark.fields(path, ["cipsec.record.mac.status"], keylog=keys)[-1]["cipsec.record.mac.status"] == ["1"]


@BOTH
@pytest.mark.parametrize("ciphers", [NULL, "ECDHE-ECDSA-AES128-SHA256"], ids=["integrity only", "encrypted"])
def test_tls_goes_on_after_a_refused_start_dtls(tshark, tmp_path, ciphers, two_pass):
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS12, ciphers)
    start, refused = sessions.encapsulation(0xC8), sessions.encapsulation(0xC8, status=1)
    more = [(True, sessions.encapsulation(4)), (True, sessions.encapsulation(0x66))]
    stack.connect(wire, [(True, sessions.REGISTER), (False, sessions.REGISTER), (True, start), (False, refused)] + more)
    path = wire.write(tmp_path / "start.pcap")
    commands = tshark.values(path, "enip.command", two_pass=two_pass, keylog=stack.keys)
    assert [int(command, 16) for command in commands] == [0x65, 0x65, 0xC8, 0xC8, 4, 0x66]


def test_large_pdus_over_records(tshark, tmp_path):
    """SendRRData of many KiB over several records, integrity only, with and without the handshake."""
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS12, NULL)
    item = bytes(6) + b"\x02\x00" + bytes(4) + b"\xB2\x00" + (50000).to_bytes(2, "little") + b"\x0E\x03\x20\x01\x24\x01\x30\x07" + bytes(49992)
    big = sessions.encapsulation(0x6F, body=item)
    stack.connect(wire, [(True, sessions.REGISTER), (True, big), (True, sessions.REGISTER)])
    path = wire.write(tmp_path / "large.pcap")
    commands = ["0x0065", "0x006f", "0x0065"]
    assert tshark.values(path, "enip.command") == commands
    records = [i for i, packet in enumerate(wire.packets) if packet.data[54:55] == b"\x17"]
    for start, wanted in ((0, commands), (1, commands[1:])):
        cut = tmp_path / f"cut{start}.pcap"
        pcap.write(cut, wire.packets[records[start]:])
        assert tshark.values(cut, "enip.command") == wanted
        assert tshark.values(cut, "enip.command", two_pass=True) == wanted


def test_macs_of_null_suites(tshark, tmp_path):
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS12, NULL)
    stack.connect(wire)
    path = wire.write(tmp_path / "null.pcap")
    assert tshark.values(path, "cipsec.record.mac.status", keylog=stack.keys) == ["1"] * 4
    wire.packets[-1].data[-1] ^= 1
    bad = wire.write(tmp_path / "null-bad.pcap")
    assert tshark.values(bad, "cipsec.record.mac.status", keylog=stack.keys) == ["1", "1", "1", "0"]


@BOTH
@pytest.mark.parametrize("who", ["both", "of-client", "of-server"])
@pytest.mark.parametrize("keys", [True, False], ids=["keys", "no keys"])
def test_connection_ids(tshark, keys, who, two_pass):
    """Records whose type is hidden: the first one behind ChangeCipherSpec is Finished, the others are data."""
    path = DATA / f"connection-id-{who}.pcap"
    keylog = path.with_suffix(".keys") if keys else None
    rows = tshark.fields(path, [*TAGS, "cipsec.kind", "cipsec.role"], keylog=keylog, two_pass=two_pass)
    last = rows[-1]
    assert last["cipsec.handshake"] == ["2"] and last["cipsec.confidentiality"] == ["2"] and last["cipsec.kind"] == ["3"]
    if not two_pass:
        assert [row["cipsec.handshake"][0] for row in rows[:5]] == ["1", "1", "1", "2", "2"]
    steps = tshark.values(path, "cipsec.handshake.step", keylog=keylog)
    assert [step.endswith("Finished" if keys else "Finished (encrypted)") for step in steps] == \
        [False] * 5 + [True, False, True]
    assert len(tshark.values(path, "enip.cpf.typeid", keylog=keylog) if keys else []) == (48 if keys else 0)


@BOTH
@pytest.mark.parametrize("who", ["both", "of-client", "of-server"])
def test_connection_ids_from_the_middle(tshark, tmp_path, who, two_pass):
    link, packets = pcap.read(DATA / f"connection-id-{who}.pcap")
    path = tmp_path / "middle.pcap"
    pcap.write(path, packets[6:], link)
    last = tshark.fields(path, [*TAGS, "cipsec.kind"], two_pass=two_pass)[-1]
    assert last["cipsec.handshake"] == ["0"] and last["cipsec.kind"] == ["3"]
    assert last["cipsec.confidentiality"] == ["2"] and last["cipsec.confidentiality.source"] == ["2"]


KEYS = {"RSA": (("-newkey", "rsa:2048"), "ECDHE-RSA-AES128-SHA256"),
        "RSA-PSS": (("-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"), "ECDHE-RSA-AES128-SHA256"),
        "Ed25519": (("-newkey", "ed25519"), "ECDHE-ECDSA-AES128-GCM-SHA256"),
        "P-384": (("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"), "ECDHE-ECDSA-AES128-GCM-SHA256"),
        "RSA key exchange": (("-newkey", "rsa:2048"), "AES128-SHA256")}


def signature_of(packets, kind):
    """(packet, its place) of the last octet of a handshake message of a kind in the clear."""
    for packet in packets:
        at = 54
        while at + 5 <= len(packet.data):
            end = at + 5 + int.from_bytes(packet.data[at + 3:at + 5], "big")
            message = at + 5
            while packet.data[at] == 0x16 and message + 4 <= end:
                size = 4 + int.from_bytes(packet.data[message + 1:message + 4], "big")
                if packet.data[message] == kind and message + size <= end:
                    return packet, message + size - 1
                message += size
            at = end
    return None


# TLS 1.3 has no key exchange by RSA
PROOFS = [(key, TLS12) for key in KEYS] + [(key, TLS13) for key in KEYS if key != "RSA key exchange"]


@pytest.mark.parametrize("key, version", PROOFS, ids=lambda one: one if one in KEYS else one.name)
def test_proofs(tshark, tmp_path, key, version):
    """Both ends prove that they own the keys they show, whatever the keys are."""
    options, ciphers = KEYS[key]
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, version, ciphers if version == TLS12 else None, mutual=True, key=options)
    stack.connect(wire)
    path = wire.write(tmp_path / "proofs.pcap")
    rows = tshark.fields(path, ["cipsec.cert.side", "cipsec.cert.proved"], filter="cipsec.cert.side", keylog=stack.keys)
    assert [row["cipsec.cert.side"] for row in rows] == [["2"], ["1"]]
    assert tshark.fields(path, ["cipsec.mutual_auth"], keylog=stack.keys)[-1]["cipsec.mutual_auth"] == ["1"]
    assert not tshark.frames(path, "cipsec.expert.signature_invalid", keylog=stack.keys)
    again = tshark.fields(path, ["cipsec.cert.proved"], filter="cipsec.cert.side", keylog=stack.keys, two_pass=True)
    assert [row["cipsec.cert.proved"] for row in again] == [["1"], ["1"]]
    for kind in (12, 15) if version == TLS12 else ():
        found = signature_of(wire.packets, kind)
        assert (found is None) == (key == "RSA key exchange" and kind == 12)
        if not found:
            continue
        packet, at = found
        packet.data[at] ^= 1
        bad = wire.write(tmp_path / f"bad{kind}.pcap")
        packet.data[at] ^= 1
        # the client signs all messages before its own, the server's signature too
        assert len(tshark.frames(bad, "cipsec.expert.signature_invalid")) == (2 if kind == 12 else 1)


@BOTH
@pytest.mark.parametrize("content, other", [(b"GET /index.html HTTP/1.1\r\nHost: plant\r\n\r\n", True), (sessions.REGISTER, False)],
                         ids=["HTTP", "EtherNet/IP"])
def test_something_else_on_the_port(tshark, tmp_path, content, other, two_pass):
    wire = sessions.Wire()
    stack = sessions.Stack(tmp_path, TLS12, NULL)
    stack.connect(wire, [(True, content)])
    path = wire.write(tmp_path / "other.pcap")
    kind = tshark.fields(path, ["cipsec.kind"], two_pass=two_pass)[-1]["cipsec.kind"]
    assert kind == ["6"] if other else kind != ["6"]
    assert bool(tshark.frames(path, "cipsec.expert.not_enip", two_pass=two_pass)) == other
    assert ("not_enip" in tshark.stat(path, "cipsec,findings", two_pass=two_pass)) == other


@pytest.mark.parametrize("same", [True, False], ids=["one key", "two keys"])
def test_pre_shared_keys(tshark, tmp_path, same):
    keys = ["00112233445566778899", "00112233445566778899" if same else "99887766554433221100"]
    wire = sessions.Wire()
    options = ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256", "-psk"]
    with relay.Relay(wire, tmp_path, ["-nocert", *options, keys[0]], [*options, keys[1]]):
        pass
    path = wire.write(tmp_path / "psk.pcap")
    reason = next(row for row in tshark.jsonl(path) if row["record"] == "stream")["handshake"]
    assert tags(tshark, path, 0)["handshake"] == ["2" if same else "4"]
    assert ("different ones" in json.dumps(reason)) != same and "not captured" not in json.dumps(reason)


@BOTH
@pytest.mark.parametrize("lost", [0, 1, 2, 3], ids=["nothing lost", "first ClientHello", "both", "and HelloVerifyRequest"])
def test_next_association_on_the_same_ports(tshark, tmp_path, lost, two_pass):
    """It is a stream of its own, also when the ClientHello that began it was not captured."""
    certificate = sessions.Stack.certificate(tmp_path, "server")
    wire, seen = sessions.Wire(), []
    for ciphers in ("ECDHE-ECDSA-AES128-SHA256", NULL):
        options = ["-dtls1_2", "-cipher", ciphers]
        with relay.Relay(wire, tmp_path, [*options, "-key", certificate[0], "-cert", certificate[1]], options, True) as session:
            session.say(True, sessions.REGISTER)
            session.say(False, sessions.REGISTER)
        seen.append(len(wire.packets))
    second = wire.packets[seen[0]:]
    assert [packet.data[42 + 13] for packet in second[:4]] == [1, 3, 1, 2]
    taken = {0: [], 1: [0], 2: [0, 2], 3: [0, 1, 2]}[lost]
    path = tmp_path / "two.pcap"
    pcap.write(path, wire.packets[:seen[0]] + [packet for i, packet in enumerate(second) if i not in taken])
    rows = tshark.fields(path, [*TAGS, "cipsec.stream", "cipsec.cipher", "cipsec.client.port"], two_pass=two_pass)
    streams = [int(row["cipsec.stream"][0]) for row in rows]
    assert streams == [0] * seen[0] + [1] * (len(rows) - seen[0])
    for row, cipher, protection in ((rows[seen[0] - 1], 0xC023, "2"), (rows[-1], 0xC006, "1")):
        assert int(row["cipsec.cipher"][0], 0) == cipher and row["cipsec.confidentiality"] == [protection]
        assert row["cipsec.client.port"] == [str(wire.port)]
