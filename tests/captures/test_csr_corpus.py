"""Many kinds of CSRs, PKCS#7 files and revocation lists, made while the test runs: the fields are openssl's.

They travel in the bodies of an enrollment over clear HTTP (RFC 7030).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import hashlib
import time

import pytest

import handshakes
from test_certs_corpus import KEYS, NAMES, PURPOSES, USAGES
from x509 import alternative, any_order, certificates, extension, key_of, openssl, sha256, signature_name

T0 = int(time.time()) + 3600
CONFIG = """[req]
distinguished_name = dn
string_mask = utf8only
attributes = more
[dn]
[more]
challengePassword = secret
challengePassword_default = secret
"""
MADE = {
    **{f"key {name}": (name, "/CN=a", []) for name in KEYS},
    "RSA-PSS signature": ("rsa", "/CN=a", ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]),
    "SHA-384": ("p384", "/CN=a", ["-sha384"]), "SHA-1": ("rsa", "/CN=a", ["-sha1"]),
    "special characters": ("p256", '/C=AT/O=Müller, Söhne \\+ Co; "x" <y>/OU=A/OU=B/CN= lead /emailAddress=a@b.c', []),
    "Japanese": ("p256", "/CN=日本語 サーバ", []), "empty subject": ("p256", "/", []),
    "alternative names": ("p256", "/CN=a", ["-addext", f"subjectAltName={NAMES}"]),
    "usages": ("p256", "/CN=a", ["-addext", f"keyUsage=critical,{USAGES}", "-addext", f"extendedKeyUsage={PURPOSES}"]),
    "a CA's": ("p256", "/CN=a", ["-addext", "basicConstraints=critical,CA:TRUE,pathlen:1"]),
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("csr-keys")
    for name, how in KEYS.items():
        openssl("genpkey", *how, "-out", folder / name)
    (folder / "config").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def made(keys):
    """name -> DER of each CSR."""
    return {name: openssl("req", "-new", "-batch", "-config", keys / "config", "-key", keys / key, "-utf8", "-subj", subject,
                          "-outform", "DER", *more) for name, (key, subject, more) in MADE.items()}


def enroll(path, bodies, kind="application/pkcs10", line="POST /.well-known/est/simpleenroll HTTP/1.1"):
    return handshakes.write_http(path, [(line, kind, base64.b64encode(body)) for body in bodies], T0)


@pytest.fixture(scope="module")
def shown(tshark, made, tmp_path_factory):
    path = enroll(tmp_path_factory.mktemp("csrs") / "csrs.pcap", made.values())
    return {one["sha256"][0].replace(":", ""): one for one in certificates(tshark, path)}


@pytest.mark.parametrize("name", MADE)
def test_every_field_of_a_csr(made, shown, name):
    data, one = made[name], shown[sha256(made[name])]
    full = openssl("req", "-inform", "DER", "-noout", "-text", data=data).decode()
    subject = openssl("req", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb", data=data).decode()
    assert one["sha1"][0].replace(":", "") == hashlib.sha1(data).hexdigest() and int(one["length"][0]) == len(data)
    assert any_order(one.get("subject", [""])[0]) == any_order(subject.strip("\n").removeprefix("subject="))
    want = key_of(full) if "brainpool" not in name else {"key_type": "ECDSA"}
    for field in ("key_type", "key_bits", "curve"):
        assert one.get(field, [""]) == [want.get(field, "")], field
    assert one["signature"] == [signature_name(full)]
    assert one.get("san", []) == [alternative(entry) for entry in extension(full, "Subject Alternative Name")]
    assert "malformed" not in one


@pytest.mark.parametrize("key", ["rsa", "p256", "ed25519"])
def test_a_csr_whose_signature_is_wrong(tshark, made, tmp_path, key):
    """Its owner does not have the key; a sound one is not accused."""
    data = made[f"key {key}"]
    bad = data[:-1] + bytes([data[-1] ^ 1])
    for body, wrong in ((data, False), (bad, True)):
        path = enroll(tmp_path / f"{wrong}.pcap", [body])
        assert ("signature_invalid" in tshark.stat(path, "cipsec,findings")) == wrong
        assert bool(tshark.frames(path, "cipsec.expert.signature_invalid", two_pass=True)) == wrong


def certificate(keys, key, name, *more):
    return openssl("req", "-x509", "-new", "-config", keys / "config", "-key", keys / key, "-subj", f"/CN={name}", "-days", "30",
                   *more)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_certificates_in_pkcs7(tshark, keys, tmp_path, count):
    pems = [certificate(keys, "p256", f"c{i}") for i in range(count)]
    files = []
    for i, pem in enumerate(pems):
        (tmp_path / f"{i}.pem").write_bytes(pem)
        files += ["-certfile", tmp_path / f"{i}.pem"]
    bundle = openssl("crl2pkcs7", "-nocrl", *files, "-outform", "DER")
    path = enroll(tmp_path / "p7.pcap", [bundle], "application/pkcs7-mime; smime-type=certs-only", "HTTP/1.1 200 OK")
    wanted = {sha256(openssl("x509", "-outform", "DER", data=pem)): f"CN=c{i}" for i, pem in enumerate(pems)}
    found = {one["sha256"][0].replace(":", ""): one["subject"][0] for one in certificates(tshark, path) if "subject" in one}
    assert found == wanted
    objects = tshark.export_objects(path)
    assert {sha256(data) for name, data in objects.items() if name.endswith(".cer")} == set(wanted)


CA = """[ca]
default_ca = one
[one]
database = {0}/index
crlnumber = {0}/number
default_md = sha256
default_crl_days = 30
"""


@pytest.mark.parametrize("revoked", [0, 1, 300])
@pytest.mark.parametrize("key", ["rsa", "p256"])
def test_revocation_lists_in_pkcs7(tshark, keys, tmp_path, key, revoked):
    (tmp_path / "config").write_text(CA.format(tmp_path))
    (tmp_path / "number").write_text("10\n")
    (tmp_path / "index").write_text("".join(f"R\t300101000000Z\t250101000000Z\t{i + 1:04X}\tunknown\t/CN=r{i}\n"
                                            for i in range(revoked)))
    (tmp_path / "ca").write_bytes(certificate(keys, key, "ca", "-addext", "basicConstraints=critical,CA:TRUE"))
    pem = openssl("ca", "-gencrl", "-config", tmp_path / "config", "-keyfile", keys / key, "-cert", tmp_path / "ca")
    crl = openssl("crl", "-outform", "DER", data=pem)
    bundle = openssl("crl2pkcs7", "-certfile", tmp_path / "ca", "-outform", "DER", data=pem)
    path = enroll(tmp_path / "p7.pcap", [bundle], "application/pkcs7-mime; smime-type=certs-only", "HTTP/1.1 200 OK")
    rows = {row["key"]: row for row in tshark.jsonl(path) if row["record"] == "certificate"}
    assert sha256(crl) in rows, sorted((row["type"], row.get("subject")) for row in rows.values())
    row = rows[sha256(crl)]
    assert row["issuer"] == "CN=ca" and row["revoked"] == revoked
    text = openssl("crl", "-inform", "DER", "-noout", "-text", data=crl).decode()
    assert row["signature"] == signature_name(text)
    assert [data for name, data in tshark.export_objects(path).items() if name.endswith(".crl")] == [crl]
