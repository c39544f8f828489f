"""Many kinds of certificates, made while the test runs: the fields are openssl's, nothing is accused without reason.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import subprocess
import time

import pytest

import handshakes
from x509 import certificates, compare, openssl, sha256

NOT_CHECKED, VALID, INVALID = "0", "1", "2"
T0 = int(time.time()) + 3600  # when the certificates are valid
EC = ["-algorithm", "EC", "-pkeyopt"]
RSA = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
KEYS = {
    "rsa": RSA, "rsa1024": [*RSA[:3], "rsa_keygen_bits:1024"], "rsa-pss": ["-algorithm", "RSA-PSS", *RSA[2:]],
    "p256": [*EC, "ec_paramgen_curve:P-256"], "p384": [*EC, "ec_paramgen_curve:P-384"],
    "p521": [*EC, "ec_paramgen_curve:P-521"], "p192": [*EC, "ec_paramgen_curve:P-192"],
    "brainpool": [*EC, "ec_paramgen_curve:brainpoolP256r1"],
    "ed25519": ["-algorithm", "ED25519"], "ed448": ["-algorithm", "ED448"],
}
CONFIG = """[req]
distinguished_name = dn
string_mask = {mask}
[dn]
[ca]
default_ca = signer
[signer]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""
USAGES = ("digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement,keyCertSign,cRLSign,"
          "encipherOnly,decipherOnly")
PURPOSES = "serverAuth,clientAuth,codeSigning,emailProtection,timeStamping,OCSPSigning,anyExtendedKeyUsage"
NAMES = "DNS:a.example,DNS:*.b.example,IP:10.0.0.1,IP:fe80::1,IP:2001:db8::,IP:::ffff:10.0.0.1,URI:urn:x," \
        "email:a@b.example,RID:1.2.3.4"

# name -> (key, subject, further arguments of openssl req)
MADE = {
    "RSA": ("rsa", "/CN=a", []), "RSA 1024": ("rsa1024", "/CN=a", []), "RSA-PSS key": ("rsa-pss", "/CN=a", []),
    "P-256": ("p256", "/CN=a", []), "P-384": ("p384", "/CN=a", ["-sha384"]), "P-521": ("p521", "/CN=a", ["-sha512"]),
    "P-192": ("p192", "/CN=a", []), "Ed25519": ("ed25519", "/CN=a", []), "Ed448": ("ed448", "/CN=a", []),
    "RSA-PSS signature": ("rsa", "/CN=a", ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]),
    "RSA-PSS with a long salt": ("rsa", "/CN=a", ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:max",
                                                  "-sha384"]),
    "SHA-1": ("rsa", "/CN=a", ["-sha1"]), "MD5": ("rsa", "/CN=a", ["-md5"]), "SHA-3": ("p256", "/CN=a", ["-sha3-256"]),
    "special characters": ("p256", '/C=AT/O=Müller, Söhne \\+ Co; "x" <y>\\/z\\\\/OU=A/OU=B/CN= lead /emailAddress=a@b.c', []),
    "hash mark": ("p256", "/DC=org/DC=example/UID=u/serialNumber=12/L=Wien/ST=W/street=s/title=t/CN=#1", []),
    "Japanese": ("p256", "/CN=日本語 サーバ", []), "empty subject": ("p256", "/", []),
    "several values": ("p256", "/C=AT/OU=b+CN=a", ["-multivalue-rdn"]),
    "climbing": ("p256", "/CN=..\\/..\\/etc\\/passwd", []), "very long": ("p256", "/O=" + "o" * 64 + "/CN=" + "c" * 64, []),
    "alternative names": ("p256", "/CN=a", ["-addext", f"subjectAltName={NAMES}"]),
    "usages": ("p256", "/CN=a", ["-addext", f"keyUsage=critical,{USAGES}", "-addext", f"extendedKeyUsage={PURPOSES}"]),
    "CA": ("p256", "/CN=a", ["-addext", "basicConstraints=critical,CA:TRUE"]),
    "path length 0": ("p256", "/CN=a", ["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"]),
    "path length 3": ("p256", "/CN=a", ["-addext", "basicConstraints=critical,CA:TRUE,pathlen:3"]),
    **{f"serial {number}": ("p256", "/CN=a", ["-set_serial", number])
       for number in ("0", "128", "255", "-1", "-128", "-129", "-32768", "0x" + "ff" * 20, "0x" + "7f" * 40)},
}
# name -> (notBefore, notAfter); made by openssl ca
DATED = {
    "1970": ("19700101000000Z", "20300101000000Z"), "after 2038": ("20400101000000Z", "20600101000000Z"),
    "around 2050": ("20491231235959Z", "20500101000000Z"), "9999": ("20260101000000Z", "99991231235959Z"),
    "wrong way round": ("20300101000000Z", "20200101000000Z"),
}
MALFORMED = {"wrong way round"} | {name for name in MADE if name.startswith("serial -")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """name -> DER of each certificate; "brainpool" is there too."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    config = folder / "config"
    config.write_text(CONFIG.format(mask="utf8only", folder=folder))
    for name, how in KEYS.items():
        openssl("genpkey", *how, "-out", folder / name)
    openssl("dsaparam", "-genkey", "-out", folder / "dsa", "1024")

    def req(key, subject, *more):
        return openssl("req", "-x509", "-new", "-config", config, "-key", folder / key, "-utf8", "-subj", subject,
                       "-days", "3650", "-outform", "DER", *more)

    found = {name: req(key, subject, *more) for name, (key, subject, more) in MADE.items()}
    found["DSA"] = req("dsa", "/CN=a")
    found["brainpool"] = req("brainpool", "/CN=a")
    config.write_text(CONFIG.format(mask="MASK:2048", folder=folder))
    found["BMPString"] = req("p256", "/CN=Bmp Ünï")
    (folder / "ca").write_bytes(openssl("x509", "-inform", "DER", data=found["P-256"]))
    openssl("req", "-new", "-config", config, "-key", folder / "p384", "-subj", "/CN=dates", "-out", folder / "csr")
    for name, (start, end) in DATED.items():
        openssl("ca", "-batch", "-config", config, "-cert", folder / "ca", "-keyfile", folder / "p256", "-in",
                folder / "csr", "-startdate", start, "-enddate", end, "-out", folder / "out", "-notext")
        found[name] = openssl("x509", "-in", folder / "out", "-outform", "DER")
    return found


@pytest.fixture(scope="module")
def corpus(made, tmp_path_factory):
    """The certificates as chains of up to twelve."""
    ders = list(made.values())
    folder = tmp_path_factory.mktemp("corpus-capture")
    streams = [handshakes.certificate_message(ders[i:i + 12]) for i in range(0, len(ders), 12)]
    return handshakes.write(folder / "corpus.pcap", streams, T0)


@pytest.fixture(scope="module")
def shown(tshark, corpus):
    return {one["sha256"][0].replace(":", ""): one for one in certificates(tshark, corpus)}


KNOWN = [*MADE, "DSA", "BMPString", *DATED]


@pytest.mark.parametrize("name", KNOWN)
def test_every_field_agrees_with_openssl(made, shown, name):
    one = shown[sha256(made[name])]
    compare(one, made[name])
    assert ("malformed" in one) == (name in MALFORMED)


def test_a_curve_that_gnutls_does_not_know(made, shown):
    one = shown[sha256(made["brainpool"])]
    assert one["key_type"] == ["ECDSA"] and "key_bits" not in one and "malformed" not in one
    assert one["self_signed"][0] in ("0", "False"), "claimed without a check"


def test_nobody_is_accused_of_a_wrong_signature(tshark, corpus):
    """All of them are signed correctly, also those that GnuTLS cannot check."""
    assert not tshark.frames(corpus, "cipsec.expert.signature_invalid")


def test_chain_that_cannot_be_verified_is_not_checked(tshark, corpus, made, tmp_path_factory):
    trust = tmp_path_factory.mktemp("trust") / "trust.pem"
    trust.write_bytes(openssl("x509", "-inform", "DER", data=made["P-256"]))
    prefs = {"cipsec.trust_file": tshark.readable(trust)}
    chain = {one["sha256"][0].replace(":", ""): one["chain"] for one in certificates(tshark, corpus, prefs=prefs)}
    for name, result in (("P-256", VALID), ("RSA", INVALID), ("brainpool", NOT_CHECKED),
                         ("RSA-PSS with a long salt", NOT_CHECKED)):
        assert chain[sha256(made[name])] == [result], name


def test_json_lines_have_the_same_dates(tshark, corpus, made):
    rows = {row["key"]: row for row in tshark.jsonl(corpus) if row["record"] == "certificate"}
    for name, (start, end) in DATED.items():
        row = rows[sha256(made[name])]
        assert [re.sub(r"\D", "", row[field])[:14] + "Z" for field in ("not_before", "not_after")] == [start, end], name


def test_export_has_safe_names_and_the_same_octets(tshark, corpus, made):
    objects = tshark.export_objects(corpus)
    assert sorted(objects.values()) == sorted(made.values())
    for file, data in objects.items():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,90}\.cer", file) and ".." not in file, file
        done = subprocess.run(["certtool", "--inder", "-i"], input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
