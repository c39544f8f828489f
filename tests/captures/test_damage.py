"""Whatever is missing from a capture, the tags stay what they are in the whole one, or say less: never something else.
Nor does it give cause for accusations.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import itertools
import json
import random
import re

import damage
import pcap
import pytest

from conftest import CAPTURES, Captures

EXACT = ["transport", "client.ip", "client.port", "server.ip", "server.port", "role", "version", "cipher", "mutual_auth",
         "handshake.alert", "handshake.alert.sender"]
# tag -> value in the whole capture -> what a part of it may say instead
WEAKER = {
    # without content the transport promises explicit messages or I/O, which contract and source tell
    "class": {"1": "043", "2": "0", "3": "04", "4": "0", "5": "01234"},
    "confidentiality": {"0": "3", "1": "3", "2": "3"},
    "kind": {"1": "02", "2": "0", "3": "0", "4": "06", "5": "0", "6": "0"},
    "handshake": {"1": "0", "2": "01", "3": "01", "4": "01"},
}
# What cannot be read is told by who proved what: enough for most sessions, not for a born-on certificate that is shown
# to an ordinary client, or for enrollment over the port of EtherNet/IP.
UNREAD = {"kind": {**WEAKER["kind"], "2": "01", "4": "026"}}
OUT_OF_ORDER = (damage.reorders, damage.one_way_late)
BY_TRANSPORT = "3"
NUMBERS = itertools.count()
FIELDS = [f"cipsec.{tag}" for tag in [*EXACT, *WEAKER, "class.source", "transport_class"]]


@contextlib.contextmanager
def damaged(tshark, capture, change, rng):
    """Path of a capture without its parts, and what is left of it: [(number in the whole, packet)]."""
    link, packets = pcap.read(capture)
    part = change(damage.numbered(packets), rng)
    path = tshark.work / f"{capture.stem}-{change.__name__}-{next(NUMBERS)}.pcap"  # results are kept by name
    pcap.write(path, [packet for _, packet in part], link)
    yield path, part
    path.unlink()


def contradiction(tag, whole, part, row, read):
    """True when a part of the capture says what the whole does not."""
    if not part or part == whole:
        return False
    if tag == "transport_class":
        return not set(part) <= set(whole)
    if tag == "class" and row["cipsec.class.source"] == [BY_TRANSPORT]:
        return False
    if tag in EXACT:
        return True
    weaker = WEAKER if read else {**WEAKER, **UNREAD}
    return not whole or part[0] not in weaker[tag].get(whole[0], "")


def keylog_of(tshark, captures, name):
    keylog, secrets = captures.keylog(name), pcap.secrets(captures[name])
    if keylog or not secrets:
        return keylog
    path = tshark.work / f"{name}.damage.keys"
    path.write_text(secrets)
    path.chmod(0o644)
    return path


def cases():
    """Every capture, and those that have keys once more without them."""
    bundled = Captures(CAPTURES)
    keyed = {name for name in bundled.names() if bundled.keylog(name) or pcap.secrets(bundled[name])}
    return [(name, True) for name in bundled.names()] + [(name, False) for name in sorted(keyed)]


def stock_reads(tshark, path, keylog):
    """False when Wireshark alone fails in its second pass, as its TLS dissector does on some cut handshakes."""
    told = tshark.execute(*tshark.options(path, two_pass=True, keylog=keylog), plugin=False)
    return "Dissector bug" not in told.stderr


@pytest.mark.parametrize("name, keys", cases(), ids=lambda one: one if isinstance(one, str) else "keys" if one else "no keys")
def test_parts_never_contradict_the_whole(tshark, captures, name, keys):
    keylog = keylog_of(tshark, captures, name)
    whole = tshark.fields(captures[name], FIELDS, two_pass=True, keylog=keylog)
    early = tshark.fields(captures[name], FIELDS, keylog=keylog)  # what one pass says at that frame
    rng = random.Random(f"{name} {keys}")
    for change in rng.sample(damage.ALL, 4):
        given = keylog if keys else None
        read = keys and change not in OUT_OF_ORDER  # where Wireshark decrypts no more
        with damaged(tshark, captures[name], change, rng) as (path, part):
            two_pass = rng.random() < 0.5 and (change is not damage.cut or stock_reads(tshark, path, given))
            rows = tshark.fields(path, FIELDS, two_pass=two_pass, keylog=given)
        for (number, _), row in zip(part, rows, strict=True):
            for field in FIELDS:
                tag = field.removeprefix("cipsec.")
                wrong = tag != "class.source" and all(contradiction(tag, one[number][field], row[field], row, read)
                                                      for one in (whole, early))
                assert not wrong, (f"{change.__name__}: packet {number + 1} has {tag} {row[field]}, "
                                   f"in the whole capture {whole[number][field]}")


# What a Reset that was not captured took back.
MAY_BE_NEW = {"clear_text_after_configured"}


def accusations(tshark, path):
    lines = tshark.run(*tshark.options(path), "-q", "-z", "cipsec,jsonl", cached=False).splitlines()
    findings = [json.loads(line) for line in lines if line.startswith('{"record":"finding"')]
    return {row["name"] for row in findings if row["severity"] in ("error", "warning")}


@pytest.mark.parametrize("name", Captures(CAPTURES).names())
def test_parts_accuse_nobody_anew(tshark, captures, name):
    whole = accusations(tshark, captures[name])
    rng = random.Random(f"accuse {name}")
    for change in rng.sample(damage.ALL, 3):
        with damaged(tshark, captures[name], change, rng) as (path, _):
            assert accusations(tshark, path) <= whole | MAY_BE_NEW, change.__name__


# What may be said of any handshake of which parts are missing.
VAGUE = re.compile("parts of the handshake were not captured|no answer to the ClientHello was captured|"
                   "the answer to the ClientHello was not captured|the handshake stopped after|"
                   "the handshake is encrypted; the last record")
FAILURES = [name for name in Captures(CAPTURES).names() if name.startswith("fail-") or name[:3] in ("06a", "06e")]


def reasons(tshark, path):
    streams = [row for row in tshark.jsonl(path) if row["record"] == "stream" and row["transport"] in ("TLS", "DTLS")]
    return {row["handshake"]["reason"] for row in streams} - {None}


def claim(reason):
    """What a reason says went wrong, without the details that may be missing."""
    return re.split(r": client offered|: what the client offered| \(sent ", reason)[0]


@pytest.mark.parametrize("name", FAILURES)
def test_parts_give_no_other_reason(tshark, captures, name):
    whole = set(map(claim, reasons(tshark, captures[name])))
    rng = random.Random(f"reason {name}")
    for change in damage.ALL + [damage.loses] * 4:
        with damaged(tshark, captures[name], change, rng) as (path, _):
            for reason in reasons(tshark, path):
                assert claim(reason) in whole or VAGUE.search(reason), (change.__name__, reason)


@pytest.mark.parametrize("name", ["deploy-wrong-certificate", "deploy-initial-nokeys"])
def test_loss_behind_the_handshake(tshark, captures, name):
    """What a device proved in a handshake that was read to its end does not become doubtful by what is missing later."""
    def shown(path):
        return {(row["sha1"], row["kind"]) for row in tshark.jsonl(path) if row["record"] == "certificate" and
                any(one["side"] == "Server" for one in row["seen"])}
    by_server = tshark.frames(captures[name], "tls.app_data && cipsec.role == 2 && cipsec.handshake == 2")

    def without_the_second(numbered, _):
        return [one for one in numbered if one[0] != by_server[1] - 1]
    with damaged(tshark, captures[name], without_the_second, None) as (path, _):
        assert shown(path) == shown(captures[name]) and "vendor" in {kind for _, kind in shown(path)}


DEPLOYMENTS = [name for name in Captures(CAPTURES).names() if name.startswith("deploy-") or name[:3] in ("01-", "02-")]
# What may be said of a deployment whose parts are missing, by what the whole capture says.
MILDER = {"complete": {"complete", "warnings", "unknown"}, "warnings": {"warnings", "unknown"},
          "error": {"error", "warnings", "unknown", "open"}, "open": {"open", "unknown"}, "unknown": {"unknown"}}


def results(tshark, path, keylog):
    found = {}
    for row in tshark.jsonl(path, keylog=keylog):
        if row["record"] == "deployment":
            assert "(null)" not in str(row["reason"])
            found.setdefault((row["device"], row["tool"]), set()).add(row["result"])
    return found


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_losses_fail_no_deployment(tshark, captures, name):
    keylog = keylog_of(tshark, captures, name)
    whole = results(tshark, captures[name], keylog)
    rng = random.Random(f"deployment {name}")
    for change in [damage.loses] * 4 + [damage.cut, damage.reorders, damage.one_way]:
        with damaged(tshark, captures[name], change, rng) as (path, _):
            for ends, found in results(tshark, path, keylog).items():
                milder = set().union(*(MILDER[result] for result in whole.get(ends, {"unknown"})))
                assert found <= milder, (change.__name__, ends, found)
