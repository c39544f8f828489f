"""The lab's captures say what their ground truth says, as decoders that are not ours see it.

Stock tshark (without the plugin, with the embedded keys), openssl and certtool are the judges.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "test-captures"
PKI = FOLDER / "lab" / "pki"
NAMES = sorted(path.name[:-len(".truth.json")] for path in FOLDER.glob("*.truth.json"))
VERSIONS = {"TLS 1.1": 0x0302, "TLS 1.2": 0x0303, "TLS 1.3": 0x0304, "DTLS 1.2": 0xFEFD}
SERVER_HELLO = "2"


def truth_of(name):
    return json.loads((FOLDER / f"{name}.truth.json").read_text())


FIELDS = ["frame.number", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "icmp.type",
          "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "_ws.malformed", "frame.protocols",
          "tls.handshake.type", "tls.handshake.ciphersuite", "tls.handshake.version", "tls.handshake.certificate",
          "tls.handshake.extensions.supported_version", "tls.alert_message.desc",
          "dtls.handshake.type", "dtls.handshake.ciphersuite", "dtls.handshake.version", "dtls.handshake.certificate",
          "dtls.alert_message.desc", "cip.service", "cip.class", "cip.genstat", "enip.cpf.sai.seq"]
PACKETS = {}
CHECKED = {"ip.check_checksum": "TRUE", "tcp.check_checksum": "TRUE", "udp.check_checksum": "TRUE"}


def packets_of(tshark, name):
    """One dict a packet, read once by stock tshark."""
    if name not in PACKETS:
        PACKETS[name] = read_packets(tshark, name)
    return PACKETS[name]


def read_packets(tshark, name):
    return tshark.fields(FOLDER / f"{name}.pcapng", FIELDS, prefs=CHECKED, plugin=False)


def of_stream(packets, stream):
    """The packets of one stream of the truth."""
    layer = stream["transport"].lower()
    ends = [tuple(stream[end].split(":")) for end in ("client", "server")]

    def belongs(packet):
        if not packet[f"{layer}.srcport"] or packet["icmp.type"]:
            return False
        here = packet["ip.src"][0], packet[f"{layer}.srcport"][0]
        there = packet["ip.dst"][0], packet[f"{layer}.dstport"][0]
        return here in ends and there == ends[1 - ends.index(here)]

    return [packet for packet in packets if belongs(packet)]


def from_side(packets, stream, side):
    return [packet for packet in packets if packet["ip.src"][0] == stream[side].split(":")[0]]


def readable(stream, truth):
    """True if stock tshark can read the content: clear, keys embedded, or integrity only with its handshake."""
    if stream["protocol"] == "plain":
        return True
    if truth["midstream"] or stream["handshake"] != "complete" or stream["version"] == "TLS 1.3":
        return False
    return truth["keys_embedded"] or stream["integrity_only"]


def test_every_capture_has_its_truth_and_provenance():
    captures = {path.stem for path in FOLDER.glob("*.pcapng")}
    provenance = (FOLDER / "PROVENANCE.md").read_text()
    assert captures == set(NAMES) and len(captures) >= 55
    assert [name for name in captures if f"| `{name}` |" not in provenance] == []
    recorded = {path.stem for path in (FOLDER / "device-stack").glob("*.pcapng")}
    assert recorded and [name for name in recorded if f"| `device-stack/{name}` |" not in provenance] == []


def test_captures_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 5_000_000


@pytest.mark.parametrize("name", NAMES)
def test_packets_are_sound(tshark, name):
    packets = packets_of(tshark, name)
    assert len(packets) == truth_of(name)["packets"]
    for packet in packets:
        for layer in ("ip", "tcp", "udp"):
            assert "0" not in packet[f"{layer}.checksum.status"], packet["frame.number"]
        # stock takes a PKCS#7 body for DER although its transfer encoding is base64
        assert not packet["_ws.malformed"] or ":http" in packet["frame.protocols"][0], packet["frame.number"]


@pytest.mark.parametrize("name", NAMES)
def test_streams(tshark, name):
    for stream in truth_of(name)["streams"]:
        frames = [int(packet["frame.number"][0]) for packet in of_stream(packets_of(tshark, name), stream)]
        icmp = 1 if stream["failure"] == "port closed" and stream["transport"] == "UDP" else 0
        assert len(frames) + icmp == stream["frames"], stream["label"]
        assert frames[0] == stream["first_frame"], stream["label"]


@pytest.mark.parametrize("name", NAMES)
def test_handshakes(tshark, name):
    for stream in truth_of(name)["streams"]:
        if not stream["handshake_seen"] or stream["handshake"] != "complete":
            continue
        layer = stream["protocol"].lower()
        hellos = [packet for packet in of_stream(packets_of(tshark, name), stream)
                  if SERVER_HELLO in packet[f"{layer}.handshake.type"]]
        assert len(hellos) == 1, stream["label"]
        assert int(hellos[0][f"{layer}.handshake.ciphersuite"][0], 16) == int(stream["cipher"]["id"], 16)
        said = hellos[0]["tls.handshake.extensions.supported_version"] or hellos[0][f"{layer}.handshake.version"]
        assert int(said[0], 16) == VERSIONS[stream["version"]], stream["label"]


@pytest.mark.parametrize("name", NAMES)
def test_certificates(tshark, name):
    for stream in truth_of(name)["streams"]:
        if not stream["handshake_seen"] or stream["version"] in (None, "TLS 1.3"):
            continue
        layer = stream["protocol"].lower()
        for side in ("client", "server"):
            packets = from_side(of_stream(packets_of(tshark, name), stream), stream, side)
            ders = [der for packet in packets for der in packet[f"{layer}.handshake.certificate"]]
            want = stream[f"{side}_certificate"]
            if want is None:
                assert ders == [], f"{stream['label']}: {side}"
            else:
                leaf = bytes.fromhex(ders[0].replace(":", ""))
                assert hashlib.sha256(leaf).hexdigest() == want["sha256"], f"{stream['label']}: {side}"


@pytest.mark.parametrize("name", NAMES)
def test_alerts(tshark, name):
    for stream in truth_of(name)["streams"]:
        if stream["alert"] is None:
            continue
        packets = from_side(of_stream(packets_of(tshark, name), stream), stream, stream["alert_sender"])
        alerts = [alert for packet in packets for alert in packet[f"{stream['protocol'].lower()}.alert_message.desc"]]
        assert alerts == [str(stream["alert"])], stream["label"]


@pytest.mark.parametrize("name", NAMES)
def test_messages(tshark, name):
    truth = truth_of(name)
    rows = {int(packet["frame.number"][0]): packet for packet in packets_of(tshark, name)}
    for stream in truth["streams"]:
        if not readable(stream, truth):
            continue
        for message in stream["messages"]:
            if message["enip"] not in ("SendRRData", "SendUnitData", "CPF"):
                continue
            asked, answered = rows[message["request_frame"]], rows[message["response_frame"]]
            where = f"{name} frame {message['request_frame']}"
            assert int(asked["cip.service"][0], 16) == int(message["request"]["service"], 16), where
            assert int(answered["cip.service"][0], 16) == int(message["response"]["service"], 16), where
            assert int(answered["cip.genstat"][0], 16) == int(message["response"]["status"], 16), where
            if message["request"]["class"]:
                # on a connection stock also shows the class of the Forward_Open's path
                assert int(message["request"]["class"], 16) in [int(n, 16) for n in asked["cip.class"]], where


@pytest.mark.parametrize("name", NAMES)
def test_io(tshark, name):
    truth = truth_of(name)
    for stream in truth["streams"]:
        if not readable(stream, truth) or not any(stream["io_packets"].values()):
            continue
        for side in ("client", "server"):
            packets = from_side(of_stream(packets_of(tshark, name), stream), stream, side)
            seen = [int(n) for packet in packets for n in packet["enip.cpf.sai.seq"]]
            assert seen == list(range(1, stream["io_packets"][side] + 1)), stream["label"]


def judge(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("stem", sorted(p.name[:-len(".csr.pem")] for p in PKI.glob("*.csr.pem")))
def test_device_certificates_chain(stem):
    ca = {"foreign": "foreign-ca", "weak": "weak-ca"}.get(stem, "plant-ca")
    when = ["-no_check_time"] if stem in ("expired", "future") else ["-attime", "1772438400"]
    checked = judge("openssl", "verify", *when, "-CAfile", str(PKI / f"{ca}.crt.pem"), str(PKI / f"{stem}.crt.pem"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    request = judge("certtool", "--crq-info", "--infile", str(PKI / f"{stem}.csr.pem"))
    certificate = judge("certtool", "-i", "--infile", str(PKI / f"{stem}.crt.pem"))
    key_id = [line.strip() for line in certificate.stdout.splitlines() if "sha256:" in line]
    assert request.returncode == 0 and "verified" in request.stdout.lower()
    assert key_id and key_id[1 if len(key_id) > 2 else 0] in request.stdout


def test_only_what_is_meant_to_fail_fails():
    for stem, word in (("foreign", "unable to get local issuer"), ("expired", "expired"), ("future", "not yet valid")):
        checked = judge("openssl", "verify", "-attime", "1772438400", "-CAfile", str(PKI / "plant-ca.crt.pem"),
                        str(PKI / f"{stem}.crt.pem"))
        assert checked.returncode != 0 and word in checked.stdout + checked.stderr
    crl = judge("openssl", "crl", "-in", str(PKI / "plant.crl.pem"), "-CAfile", str(PKI / "plant-ca.crt.pem"), "-noout",
                "-text")
    assert "verify OK" in crl.stdout + crl.stderr and "Serial Number: 07DB" in crl.stdout


def test_rebuilt_lab_tells_the_same_truth(tmp_path):
    """One command, from source: every truth file comes out as it is in the repository."""
    for tool in ("cmake", "sh"):
        assert shutil.which(tool), f"{tool} is missing"
    done = subprocess.run(["sh", str(ROOT / "tools" / "rebuild-captures")], capture_output=True, text=True, check=False,
                          env={**os.environ, "OUT": str(tmp_path / "out"), "BUILD": str(tmp_path / "build")})
    assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name for path in (tmp_path / "out").glob("*.truth.json")}
    missing = {f"{name}.truth.json" for name in NAMES} - made
    assert missing <= {"class3-rfc9150.truth.json", "class3-rfc9150-midstream.truth.json"}
    if missing:
        assert "cannot do its cipher suite" in done.stdout
    for name in made:
        assert (tmp_path / "out" / name).read_text() == (FOLDER / name).read_text(), name
