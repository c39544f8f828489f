"""Certificates: fields and table against openssl, export byte for byte, chain check, findings.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import re
import subprocess

import pytest

import handshakes
import pcap
from conftest import CAPTURES
from x509 import certificates, compare, openssl, sha256

DEVICE_STACK = CAPTURES / "device-stack"
LAB_PKI = CAPTURES / "lab" / "pki"
FIELDS = ["type", "side", "position", "file", "subject", "issuer", "serial", "sha256", "sha1", "length", "not_before",
          "not_after", "days_left", "key_type", "key_bits", "curve", "signature", "san", "key_usage", "eku", "ca",
          "kind", "kind_why", "chain", "chain_why"]
VENDOR, PROVISIONED, TOOL, ISSUING_CA, ROOT, SELF_SIGNED = 1, 2, 3, 4, 5, 6
SERVER_KEY_EXCHANGE = 12
NOT_CHECKED, VALID, INVALID, REVOKED = 0, 1, 2, 3

# capture -> (server's chain, client's chains) as files of device-stack/certs
HANDSHAKES = {
    "04a-class3-tls-aes128": (["dev31", "sub"], [["ctl51", "sub"], ["peer52", "sub"]]),
    "04b-class3-tls-null-sha": (["dev31", "sub"], [["ctl51", "sub"], ["peer52", "sub"]]),
    "05a-class1-io-dtls-aes128": (["dev31", "sub"], [["ctl51", "sub"]]),
    "05b-class1-io-dtls-null": (["dev31", "sub"], [["ctl51", "sub"]]),
    "07f-tls13-rfc9150-sha256": (["dev31", "sub"], [["ctl51", "sub"]]),
    "02-push-provisioning-tls-aes": (["vendor"], []),
}


def der(name):
    return openssl("x509", "-in", DEVICE_STACK / "certs" / f"{name}.crt", "-outform", "DER")


@pytest.mark.parametrize("name", HANDSHAKES)
def test_every_field_agrees_with_openssl(tshark, captures, name):
    shown = certificates(tshark, captures[name])
    exported = {sha256(data): data for data in tshark.export_objects(captures[name]).values()}
    assert shown
    for one in shown:
        compare(one, exported[one["sha256"][0].replace(":", "")])


@pytest.mark.parametrize("name", HANDSHAKES)
def test_both_sides_and_whole_chains(tshark, captures, name):
    server, clients = HANDSHAKES[name]
    shown = certificates(tshark, captures[name])
    wanted = {"2": [server], "1": clients}
    for side, chains in wanted.items():
        seen = {}
        for one in shown:
            if one.get("side") == [side]:
                seen.setdefault(one["frame"], []).append(one)
        got = []
        for frame in sorted(seen):
            chain = sorted(seen[frame], key=lambda one: int(one["position"][0]))
            got.append([one["sha256"][0].replace(":", "") for one in chain])
        want = [[sha256(der(cert)) for cert in chain] for chain in chains]
        assert [chain for i, chain in enumerate(got) if chain not in got[:i]] == want


@pytest.mark.parametrize("name", HANDSHAKES)
def test_export_is_byte_identical_and_parses(tshark, captures, name):
    server, clients = HANDSHAKES[name]
    objects = tshark.export_objects(captures[name])
    want = {der(cert) for chain in [server, *clients] for cert in chain}
    got = [data for file, data in objects.items() if file.endswith(".cer")]
    assert want <= set(got)
    assert len(got) == len(set(got)), "an object was exported twice"
    for file, data in objects.items():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(cer|csr|crl|p7b)", file), file
        if file.endswith(".cer"):
            openssl("x509", "-inform", "DER", "-noout", data=data)
            done = subprocess.run(["certtool", "--inder", "-i"], input=data, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr


def test_two_passes_agree_on_facts(tshark, captures):
    """Verdicts may know more on a second pass; what the certificates say is the same."""
    facts = [f"cipsec.cert.{field}" for field in FIELDS if field not in ("kind", "kind_why", "chain", "chain_why")]
    for name in HANDSHAKES:
        once = tshark.fields(captures[name], facts, filter="cipsec.cert")
        assert once == tshark.fields(captures[name], facts, filter="cipsec.cert", two_pass=True)


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    """Joins PEM files into one trust file that everyone can read."""
    folder = tmp_path_factory.mktemp("trust")
    folder.chmod(0o755)

    def make(*paths):
        path = folder / f"{sha256(repr(paths).encode())[:8]}.pem"
        path.write_text("".join(p.read_text() for p in paths))
        path.chmod(0o644)
        return path

    return make


def kinds_and_chains(tshark, capture, **options):
    """subject -> (kind, chain) as the whole capture shows them."""
    return {one["subject"][0]: (int(one["kind"][0]), int(one["chain"][0]))
            for one in certificates(tshark, capture, two_pass=True, **options) if "subject" in one and "kind" in one}


def test_chain_without_anchor_is_not_checked(tshark, captures):
    verdicts = kinds_and_chains(tshark, captures["04a-class3-tls-aes128"])
    assert len(verdicts) == 4
    assert {chain for _, chain in verdicts.values()} == {NOT_CHECKED}
    assert {kind for kind, _ in verdicts.values()} == {PROVISIONED, ISSUING_CA}


def test_chain_with_trust_file(tshark, captures, trust):
    capture = captures["04a-class3-tls-aes128"]
    root, other = DEVICE_STACK / "certs" / "ca.crt", DEVICE_STACK / "certs" / "rogue.crt"
    good = {"cipsec.trust_file": tshark.readable(trust(root))}
    verdicts = kinds_and_chains(tshark, capture, prefs=good)
    assert {chain for _, chain in verdicts.values()} == {VALID}
    assert not tshark.frames(capture, "cipsec.expert.chain_invalid", prefs=good)
    wrong = {"cipsec.trust_file": tshark.readable(trust(other))}
    assert {chain for _, chain in kinds_and_chains(tshark, capture, prefs=wrong).values()} == {INVALID}
    assert "chain_invalid" in tshark.stat(capture, "cipsec,findings", prefs=wrong)


def test_trust_file_that_cannot_be_read_is_said(tshark, captures):
    table = tshark.stat(captures["04a-class3-tls-aes128"], "cipsec,certs", prefs={"cipsec.trust_file": "/none.pem"})
    assert "The trust file cannot be read" in table


def test_certificate_of_another_ca(tshark, captures, trust):
    prefs = {"cipsec.trust_file": tshark.readable(trust(LAB_PKI / "plant-ca.crt.pem"))}
    frames = tshark.frames(captures["cert-foreign"], "cipsec.expert.chain_invalid", prefs=prefs, two_pass=True)
    shown = [one for one in certificates(tshark, captures["cert-foreign"], prefs=prefs, two_pass=True)
             if one["chain"] == [str(INVALID)]]
    foreign = openssl("x509", "-in", LAB_PKI / "foreign.crt.pem", "-outform", "DER")
    assert {one["sha256"][0].replace(":", "") for one in shown if one["position"] == ["0"]} == {sha256(foreign)}
    assert frames == sorted({one["frame"] for one in shown if one["position"] == ["0"]})
    assert not tshark.frames(captures["cert-foreign"], "cipsec.expert.chain_invalid", two_pass=True)


def test_vendor_certificate_of_a_deployment(tshark, captures):
    verdicts = kinds_and_chains(tshark, captures["02-push-provisioning-tls-aes"])
    subject = "serialNumber=075BCD15,CN=HV-1734-AENT-like,OU=Born-on device certificate,O=Holdout Vendor,C=AT"
    assert verdicts[subject] == (VENDOR, NOT_CHECKED)
    assert not tshark.frames(captures["02-push-provisioning-tls-aes"], "cipsec.expert.vendor_certificate",
                             two_pass=True)


@pytest.mark.parametrize("name", ["01-push-provisioning-plain", "02-push-provisioning-tls-aes"])
def test_files_of_a_deployment(tshark, captures, name):
    """CSR read, certificate and CA written: as files they are what the client read and wrote."""
    keylog = captures.keylog(name)
    objects = tshark.export_objects(captures[name], keylog=keylog)
    csr = openssl("req", "-outform", "DER", data=captures.truth(name)["csr_read"].encode())
    assert [data for file, data in objects.items() if file.endswith(".csr")] == [csr]
    assert der("sub") in objects.values()
    shown = [one for one in certificates(tshark, captures[name], keylog=keylog, two_pass=True) if "file" in one]
    device = [one for one in shown if one["type"] == ["0"] and one["ca"][0] in ("0", "False")]
    assert device and {(one["kind"][0], one["chain"][0]) for one in device} == {(str(PROVISIONED), str(VALID))}
    assert "instance 2 of 127.17.83.31" in device[0]["kind_why"][0]
    assert device[0]["csr"][0].replace(":", "") == sha256(csr)
    authority = [one for one in shown if one["sha256"][0].replace(":", "") == sha256(der("sub"))]
    assert {(one["kind"][0], one["chain"][0]) for one in authority} == {(str(ISSUING_CA), str(VALID))}


def test_files_of_a_redeployment_are_byte_identical(tshark, captures):
    objects = tshark.export_objects(captures["deploy-again"])
    wanted = {
        ".cer": {openssl("x509", "-in", LAB_PKI / f"{name}.crt.pem", "-outform", "DER")
                 for name in ("blue-l85e", "blue-renewed", "plant-ca", "ftss")},
        ".csr": {openssl("req", "-in", LAB_PKI / "blue-renewed.csr.pem", "-outform", "DER")},
        ".crl": {openssl("crl", "-in", LAB_PKI / "plant.crl.pem", "-outform", "DER")},
    }
    for ending, want in wanted.items():
        assert {data for file, data in objects.items() if file.endswith(ending)} == want, ending


def test_tool_and_renewed_device(tshark, captures):
    verdicts = kinds_and_chains(tshark, captures["deploy-again"])
    tool = next(name for name in verdicts if "FactoryTalk System Services" in name)
    assert verdicts[tool] == (TOOL, VALID)
    authority = next(name for name in verdicts if "Practice Plant Policy CA" in name)
    assert verdicts[authority] == (ROOT, VALID)


@pytest.mark.parametrize("name", ["enroll-pull", "enroll-pull-2221"])
def test_enrollment(tshark, captures, name):
    if name == "enroll-pull-2221" and not tshark.frames(captures[name], "http", plugin=False):
        pytest.skip("this Wireshark reads no HTTP on port 2221")
    csr = openssl("req", "-in", LAB_PKI / "yellow-en4tr.csr.pem", "-outform", "DER")
    issued = openssl("x509", "-in", LAB_PKI / "yellow-en4tr.crt.pem", "-outform", "DER")
    authority = openssl("x509", "-in", LAB_PKI / "plant-ca.crt.pem", "-outform", "DER")
    objects = tshark.export_objects(captures[name])
    assert [data for file, data in objects.items() if file.endswith(".csr")] == [csr]
    assert {issued, authority} <= set(objects.values())
    for two_pass in (False, True):
        shown = {one["sha256"][0].replace(":", ""): one
                 for one in certificates(tshark, captures[name], two_pass=two_pass) if "side" not in one}
        assert shown[sha256(issued)]["kind"] == [str(PROVISIONED)]
        assert "10.17.81.31, which enrolled" in shown[sha256(issued)]["kind_why"][0]
        assert shown[sha256(issued)]["csr"][0].replace(":", "") == sha256(csr)
        assert shown[sha256(authority)]["kind"] == [str(ROOT)]
    table = tshark.stat(captures[name], "cipsec,certs")
    assert "enrollment of 10.17.81.31 (sent)" in table and "enrollment of 10.17.81.31 (received)" in table
    assert not tshark.frames(captures[name], "cipsec.expert.csr_mismatch or cipsec.expert.certificate_malformed")


@pytest.mark.parametrize("csr, issued, encode, finding", [
    ("yellow-en4tr", "yellow-en4tr", base64.b64encode, None),
    ("yellow-en4tr", "yellow-en4tr", base64.encodebytes, None),
    ("yellow-en4tr", "yellow-en4tr", bytes, None),
    ("yellow-en4tr", "yellow-en4tr", lambda der: base64.encodebytes(der).replace(b"\n", b"\r\n"), None),
    ("yellow-en4tr", "red-en4tr", base64.b64encode, "csr_mismatch"),
    ("yellow-en4tr", "yellow-en4tr", lambda der: base64.b64encode(der)[:-40], "certificate_malformed"),
    ("yellow-en4tr", "yellow-en4tr", lambda der: b"MIIB not base64 at all", "certificate_malformed"),
])
def test_enrollment_in_clear_http(tshark, tmp_path, csr, issued, encode, finding):
    request = openssl("req", "-in", LAB_PKI / f"{csr}.csr.pem", "-outform", "DER")
    answer = openssl("crl2pkcs7", "-nocrl", "-certfile", LAB_PKI / f"{issued}.crt.pem", "-outform", "DER")
    path = handshakes.write_http(tmp_path / "est.pcap", [
        ("POST /.well-known/est/simpleenroll HTTP/1.1", "application/pkcs10", encode(request)),
        ("HTTP/1.1 200 OK", "application/pkcs7-mime; smime-type=certs-only", encode(answer))], 1772438400)
    raised = {name for name in ("csr_mismatch", "certificate_malformed") for two_pass in (False, True)
              if tshark.frames(path, f"cipsec.expert.{name}", two_pass=two_pass)}
    said = tshark.stat(path, "cipsec,findings")
    assert {name for name in ("csr_mismatch", "certificate_malformed") if name in said} == ({finding} - {None})
    if finding != "certificate_malformed":
        assert raised == {finding} - {None}
        assert sorted(tshark.export_objects(path).values()) == sorted(
            [request, answer, openssl("x509", "-in", LAB_PKI / f"{issued}.crt.pem", "-outform", "DER")])


@pytest.mark.parametrize("finding, capture, quiet", [
    ("certificate_revoked", "deploy-again", "deploy-initial"),
    ("csr_mismatch", "02-push-provisioning-tls-aes", "deploy-initial"),
    ("csr_mismatch", "deploy-wrong-certificate", "deploy-again"),
    ("csr_mismatch", "deploy-wrong-key", "deploy-initial"),
    ("vendor_certificate", "cert-unasked", "deploy-initial"),
    ("no_client_certificate", "cert-unasked", "deploy-initial"),
    ("no_client_certificate", "fail-client-without-certificate", "class3-encrypted"),
    ("certificate_expired", "cert-dates", "class3-encrypted"),
    ("certificate_expiring", "cert-dates", "class3-encrypted"),
    ("certificate_not_yet_valid", "cert-dates", "class3-encrypted"),
    ("certificate_shared", "cert-shared", "class3-encrypted"),
    ("certificate_san_mismatch", "cert-shared", "class3-encrypted"),
    ("self_signed", "cert-vendor", "class3-encrypted"),
    ("weak_key", "cert-faulty", "class3-encrypted"),
    ("weak_signature", "cert-faulty", "class3-encrypted"),
    ("certificate_eku", "cert-faulty", "class3-encrypted"),
    ("certificate_malformed", "cert-faulty", "class3-encrypted"),
])
def test_finding_and_its_opposite(tshark, captures, finding, capture, quiet):
    keylog = captures.keylog(capture)
    assert tshark.frames(captures[capture], f"cipsec.expert.{finding}", keylog=keylog, two_pass=True)
    assert finding in tshark.stat(captures[capture], "cipsec,findings", keylog=keylog)
    assert not tshark.frames(captures[quiet], f"cipsec.expert.{finding}", two_pass=True)


@pytest.mark.parametrize("finding, stream", [("weak_key", 0), ("weak_signature", 0), ("certificate_eku", 1),
                                             ("certificate_malformed", 2)])
def test_each_fault_is_found_where_it_is(tshark, captures, finding, stream):
    found = tshark.values(captures["cert-faulty"], "cipsec.stream", filter=f"cipsec.expert.{finding}", two_pass=True)
    assert found == [str(stream)]


def with_wrong_signature(packets):
    """The packets with one octet changed in the first ServerKeyExchange signature (its last octet), and its number."""
    for number, packet in enumerate(packets, 1):
        at = pcap.layers(packet.data)[2] if pcap.layers(packet.data) else len(packet.data)
        while at + 5 < len(packet.data) and packet.data[at] in (20, 21, 22, 23):
            dtls = packet.data[at + 1] == 0xFE
            head = 13 if dtls else 5
            size = int.from_bytes(packet.data[at + head - 2:at + head], "big")
            body, end = at + head, at + head + size
            while packet.data[at] == 22 and body + 4 < end:
                length = int.from_bytes(packet.data[body + 1:body + 4], "big") + (12 if dtls else 4)
                if packet.data[body] == SERVER_KEY_EXCHANGE:
                    packet.data[body + length - 1] ^= 1
                    return number
                body += length
            at = end
    raise AssertionError("no ServerKeyExchange")


@pytest.mark.parametrize("name", ["class3-encrypted", "class3-authenticated", "io-class0-encrypted"])
def test_wrong_signature_is_reported_where_it_is(tshark, captures, tmp_path, name):
    _, packets = pcap.read(captures[name])
    proved = len(tshark.frames(captures[name], "cipsec.cert.proved", two_pass=True))
    number = with_wrong_signature(packets)
    path = tmp_path / "wrong.pcap"
    pcap.write(path, packets)
    for two_pass in (False, True):
        # The client signed the messages before, so that its own signature does not fit the changed ones either.
        assert tshark.frames(path, "cipsec.expert.signature_invalid", two_pass=two_pass)[0] == number
    assert proved and len(tshark.frames(path, "cipsec.cert.proved", two_pass=True)) < proved
    assert not tshark.frames(captures[name], "cipsec.expert.signature_invalid", two_pass=True)


def test_table_lists_each_certificate_once(tshark, captures):
    table = tshark.stat(captures["04a-class3-tls-aes128"], "cipsec,certs")
    for name in ("dev31", "sub", "ctl51", "peer52"):
        assert table.count(sha256(der(name))) == 1
    assert "cipsec.stream in {0, 1}" in table


def test_table_follows_its_filter(tshark, captures):
    table = tshark.stat(captures["04a-class3-tls-aes128"], "cipsec,certs,cipsec.stream == 1")
    assert sha256(der("peer52")) in table and sha256(der("ctl51")) not in table


def test_filter_link_compiles(tshark):
    assert tshark.compiles("cipsec.stream in {0, 1}") is None


def test_no_certificates_elsewhere(tshark, thirdparty):
    for path in thirdparty:
        assert not tshark.frames(path, "cipsec.cert"), path.name
