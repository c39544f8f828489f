"""Certificates as the plugin shows them, and as openssl does.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import datetime
import hashlib
import ipaddress
import re
import subprocess

USAGES = {
    "Digital Signature": "digitalSignature", "Non Repudiation": "nonRepudiation",
    "Key Encipherment": "keyEncipherment", "Data Encipherment": "dataEncipherment", "Key Agreement": "keyAgreement",
    "Certificate Sign": "keyCertSign", "CRL Sign": "cRLSign",
    "Encipher Only": "encipherOnly", "Decipher Only": "decipherOnly",
    "TLS Web Server Authentication": "serverAuth", "TLS Web Client Authentication": "clientAuth",
    "Code Signing": "codeSigning", "E-mail Protection": "emailProtection", "Time Stamping": "timeStamping",
    "OCSP Signing": "OCSPSigning", "Any Extended Key Usage": "anyExtendedKeyUsage",
}


def openssl(*args, data=None):
    done = subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def certificates(tshark, capture, **options):
    """One dict for each `cipsec.cert` item of the capture, with its frame: field -> text or list of texts."""
    found = []
    for packet in tshark.pdml(capture, filter="cipsec.cert", **options):
        frame = int(packet.find(".//field[@name='frame.number']").get("show"))
        for item in packet.findall(".//field[@name='cipsec.cert']"):
            one = {"frame": frame}
            for field in item:
                one.setdefault(field.get("name").removeprefix("cipsec.cert."), []).append(field.get("show"))
            found.append(one)
    return found


def utc(text):
    """A time as any tshark version prints it in PDML."""
    text = text.replace("\"", "").strip()
    for layout in ("%b %d, %Y %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.datetime.strptime(re.sub(r"\.0+", "", text), layout)
        except ValueError:
            continue
    raise AssertionError(f"unknown time {text}")


KEY_TYPES = {"id-ecPublicKey": "ECDSA", "rsaEncryption": "RSA", "rsassaPss": "RSA-PSS", "dsaEncryption": "DSA",
             "ED25519": "Ed25519", "ED448": "Ed448"}
OWN_BITS = {"ED25519": "256", "ED448": "456"}  # openssl prints none
CURVES = {"prime192v1": "secp192r1", "prime256v1": "secp256r1"}
SIGNATURES = {"ED25519": "EdDSA-Ed25519", "ED448": "EdDSA-Ed448"}


def signature_name(full):
    """The signature algorithm of an openssl text, as GnuTLS words it."""
    algorithm = re.search(r"Signature Algorithm: (\S+)", full).group(1)
    if algorithm in SIGNATURES:
        return SIGNATURES[algorithm]
    if algorithm == "rsassaPss":
        return "RSA-PSS-" + re.search(r"Hash Algorithm: (\w+)", full).group(1).upper()
    family = "ECDSA" if "ecdsa" in algorithm else "DSA" if "dsa" in algorithm else "RSA"
    return f"{family}-{re.search(r'(MD5|SHA3-[0-9]+|SHA[0-9]+)', algorithm.upper()).group(1)}"


def alternative(name):
    """One name of a SAN in our words."""
    kind, _, value = name.partition(":")
    if kind == "IP Address":
        value = ipaddress.ip_address(value)
        mapped = getattr(value, "ipv4_mapped", None)
        return f"IP:::ffff:{mapped}" if mapped else f"IP:{value}"
    return f"RID:{value}" if kind == "Registered ID" else name


def any_order(name):
    """A name whose RDNs of several values, which are sets, are in one order."""
    return [sorted(re.split(r"(?<!\\)\+", rdn)) for rdn in re.split(r"(?<!\\),", name)]


def extension(full, name):
    hit = re.search(rf"X509v3 {name}:[^\n]*\n\s*([^\n]*)", full)
    return hit.group(1).split(", ") if hit else []


def key_of(full):
    """Fields of the public key in an openssl text of a certificate or CSR."""
    algorithm = re.search(r"Public Key Algorithm: (\S+)", full).group(1)
    curve = re.search(r"ASN1 OID: (\S+)", full)
    size = re.search(r"Public-Key: \((\d+) bit", full)
    found = {"key_type": KEY_TYPES[algorithm], "key_bits": size.group(1) if size else OWN_BITS[algorithm]}
    if algorithm.startswith("ED"):
        found["curve"] = algorithm.lower()
    elif curve:
        found["curve"] = CURVES.get(curve.group(1), curve.group(1))
    return found


def by_openssl(data):
    """What openssl says of a certificate, in our words: field -> list of texts, or one value."""
    text = openssl("x509", "-inform", "DER", "-noout", "-subject", "-issuer", "-startdate", "-enddate",
                   "-nameopt", "RFC2253,-esc_msb", data=data).decode()
    full = openssl("x509", "-inform", "DER", "-noout", "-text", data=data).decode()
    serial = openssl("x509", "-inform", "DER", "-noout", "-serial", data=data).decode().replace("\\\n", "")
    one = dict(line.split("=", 1) for line in text.splitlines())
    length = re.search(r"pathlen:(\d+)", full)

    def date(value):
        return datetime.datetime.strptime(value, "%b %d %H:%M:%S %Y GMT")

    return {
        "subject": one["subject"], "issuer": one["issuer"], "serial": serial.strip().removeprefix("serial="),
        "signature": signature_name(full), **key_of(full),
        "san": [alternative(name) for name in extension(full, "Subject Alternative Name")],
        "key_usage": ", ".join(USAGES[name] for name in extension(full, "Key Usage")),
        "eku": ", ".join(USAGES.get(name, name) for name in extension(full, "Extended Key Usage")),
        "ca": "CA:TRUE" in full, "path_len": length.group(1) if length else "",
        "not_before": date(one["notBefore"]), "not_after": date(one["notAfter"]),
    }


def compare(shown, data):
    """Holds every field of a certificate against openssl's own words."""
    want = by_openssl(data)
    assert shown["sha1"][0].replace(":", "") == hashlib.sha1(data).hexdigest()
    assert int(shown["length"][0]) == len(data)
    for field in ("subject", "issuer"):
        assert any_order(shown.get(field, [""])[0]) == any_order(want[field]), field
    for field in ("serial", "key_bits", "key_type", "curve", "signature", "key_usage", "eku", "path_len"):
        assert shown.get(field, [""]) == [want.get(field, "")], field
    assert shown.get("san", []) == want["san"]
    assert shown["ca"][0] in (("1", "True") if want["ca"] else ("0", "False"))
    for field in ("not_before", "not_after"):
        assert utc(shown[field][0]) == want[field], field
