"""Many kinds of certificates, made while the test runs: the fields are openssl's, nothing is accused without reason.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
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


def with_length(message, at, value):
    """The message with another 24-bit length at that place: 1 the message's, 4 the list's, 7 the first certificate's."""
    return message[:at] + value.to_bytes(3, "big") + message[at + 3:]


def many_names(folder, count):
    config = folder / "names"
    names = "".join(f"DNS.{i} = n{i}\n" for i in range(count))
    config.write_text(f"[req]\ndistinguished_name = dn\nx509_extensions = e\n[dn]\n[e]\nsubjectAltName = @a\n[a]\n{names}")
    return openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                   folder / "key", "-config", config, "-subj", "/CN=many", "-days", "30", "-outform", "DER")


def bad_messages(made, folder):
    """name -> (Certificate message, certificates listed, words of the finding)"""
    leaf, chain = made["P-256"], handshakes.certificate_message
    different = [leaf[:-4] + i.to_bytes(4, "big") for i in range(1000)]
    return {
        "truncated": (chain([leaf[:n] for n in (1, 4, 20, 100, 200)]), 5, "cannot be read as a certificate"),
        "above 64 KiB": (chain([leaf, b"\x30\x83\x01\x11\x6b" + bytes(70000)]), 2, "larger than 64 KiB"),
        "7,000 names": (chain([many_names(folder, 7000)]), 1, None),
        "10,000 names": (chain([many_names(folder, 10000)]), 1, "larger than 64 KiB"),
        "twice the same": (chain([leaf] * 4), 1, None),
        "17 of them": (chain(different[:17]), 16, "chain longer than 16 certificates"),
        "600 of them": (chain(different[:600]), 16, "chain longer than 16 certificates"),
        "above 256 KiB": (chain(different), 0, "above 256 KiB"),
        "list too long": (with_length(chain([leaf]), 4, len(leaf) + 300), 0, "lengths contradict"),
        "list too short": (with_length(chain([leaf]), 4, 10), 0, "lengths contradict"),
        "certificate too long": (with_length(chain([leaf]), 7, 0xFFFFFF), 0, "lengths contradict"),
        "certificate too short": (with_length(chain([leaf, leaf]), 7, 5), 0, "lengths contradict"),
        "empty certificate": (chain([b"", leaf]), 0, "lengths contradict"),
        "empty list": (chain([]), 0, None),
        "message too long": (with_length(chain([leaf]), 1, 60000), 0, None),
    }


BAD = ["truncated", "above 64 KiB", "7,000 names", "10,000 names", "twice the same", "17 of them", "600 of them",
       "above 256 KiB", "list too long", "list too short", "certificate too long", "certificate too short",
       "empty certificate", "empty list", "message too long"]


@pytest.fixture(scope="module")
def bad(made, tmp_path_factory):
    found = bad_messages(made, tmp_path_factory.mktemp("bad"))
    assert sorted(found) == sorted(BAD)
    return found


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("two_pass", [False, True])
def test_bad_messages_are_reported(tshark, bad, tmp_path, name, two_pass):
    message, listed, words = bad[name]
    path = handshakes.write(tmp_path / "bad.pcap", [message], T0)
    # Wireshark itself complains of messages in more records than its trees are deep.
    result = tshark.execute(*tshark.options(path, two_pass=two_pass), "-q", "-z", "cipsec,jsonl")
    assert result.returncode == 0, result.stderr
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert len([row for row in records if row["record"] == "certificate"]) == listed
    details = [row["detail"] for row in records if row["record"] == "finding" and row["name"] == "certificate_malformed"]
    assert any(words in text for text in details) if words else not details
