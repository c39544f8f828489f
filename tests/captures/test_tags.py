"""The stream tags against the ground truth of every bundled capture, in one pass and in two.

A tag that is there must be right. It must be there wherever the capture holds the evidence: what the handshake says
cannot be known of a stream that began before the capture, what the content says not of one encrypted without keys.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections

import pytest

TAGS = ["frame.number", "ip.src", "ip.dst", "cipsec.stream", "cipsec.transport", "cipsec.client.ip", "cipsec.client.port",
        "cipsec.server.ip", "cipsec.server.port", "cipsec.role", "cipsec.role.source", "cipsec.class",
        "cipsec.class.source", "cipsec.transport_class", "cipsec.confidentiality", "cipsec.confidentiality.source",
        "cipsec.version", "cipsec.cipher", "cipsec.cipher.kx", "cipsec.cipher.auth", "cipsec.cipher.enc",
        "cipsec.cipher.mac", "cipsec.mutual_auth", "cipsec.kind", "cipsec.handshake", "cipsec.handshake.time",
        "cipsec.handshake.alert", "cipsec.handshake.alert.sender", "cipsec.midstream", "tcp.srcport", "udp.srcport"]
VERSIONS = {"TLS 1.2": 0x0303, "TLS 1.3": 0x0304, "DTLS 1.2": 0xFEFD, "DTLS 1.3": 0xFEFC}
TRANSPORTS = {("TCP", "TLS"): "1", ("UDP", "DTLS"): "2", ("TCP", "plain"): "3", ("UDP", "plain"): "4"}
KINDS = {"unknown": "0", "provisioning": "1", "explicit": "2", "io": "3", "enrollment": "4", "failed": "5"}
HANDSHAKES = {"incomplete": "1", "complete": "2", "resumed": "3", "failed": "4"}
OURS = {"2221", "2222", "44818"}


def one(row, tag):
    values = row[f"cipsec.{tag}"]
    return values[0] if values else None


class Stream:
    """What the plugin says of one stream: the tags of its last frame, and all its rows."""

    def __init__(self, rows):
        self.rows = rows
        self.frames = [int(row["frame.number"][0]) for row in rows]
        self.last = rows[-1]

    def tag(self, name):
        return one(self.last, name)

    def endpoints(self):
        row = self.rows[0]
        return frozenset([row["ip.src"][0], row["ip.dst"][0]])


def streams_of(tshark, captures, name, two_pass):
    rows = tshark.fields(captures[name], TAGS, two_pass=two_pass, keylog=captures.keylog(name))
    found = collections.defaultdict(list)
    for row in rows:
        if row["cipsec.stream"]:
            found[int(row["cipsec.stream"][0])].append(row)
    return {index: Stream(list_) for index, list_ in found.items()}


def readable(capture, stream):
    """Is the content readable: clear, integrity only, or with keys?"""
    if stream.get("protocol") == "plain" or stream.get("integrity_only"):
        return True
    return bool(capture.get("keys_embedded") or capture.get("keylog")) and bool(stream.get("handshake_seen"))


def failed(stream):
    return bool(stream.get("failure") or stream.get("alerts_or_failure"))


def cut(capture):
    """The capture began in the middle: the Forward_Open may lie before it."""
    return capture.get("midstream") or "midstream" in capture["capture"]


def by_icmp(stream):
    return stream.get("failure") == "port closed" and stream["transport"] == "UDP"


def only_lists(stream):
    """Nothing but encapsulation commands, which are neither explicit messages nor I/O."""
    return stream["transport"] == "UDP" and stream["protocol"] == "plain" and stream["server"].endswith(":44818")


def expected_kind(stream):
    if failed(stream):
        return "failed"
    if only_lists(stream):
        return "unknown"
    return {"other": "unknown"}.get(stream["session_kind"], stream["session_kind"])


def check_frames(stream, found):
    if by_icmp(stream):
        assert found.frames[0] == stream["first_frame"]  # the ICMP error quotes the stream, it is not one of its frames
        return
    assert len(found.frames) == stream["frames"]
    assert (found.frames[0], found.frames[-1]) == (stream["first_frame"], stream["last_frame"])


def check_roles(stream, found):
    client, server = found.tag("client.ip"), found.tag("server.ip")
    secured = stream["protocol"] != "plain"
    known = stream.get("handshake_seen") or stream["transport"] == "TCP"
    if client is None:
        assert not known, "roles are missing"
        return
    assert f"{client}:{found.tag('client.port')}" == stream["client"]
    assert f"{server}:{found.tag('server.port')}" == stream["server"]
    if secured and stream.get("handshake_seen"):
        assert found.tag("role.source") == "1"
    for row in found.rows:
        if one(row, "role"):
            assert (row["ip.src"][0] == client) == (one(row, "role") == "1")


def check_protection(capture, stream, found):
    conf, source = found.tag("confidentiality"), found.tag("confidentiality.source")
    complete = stream.get("handshake_seen") and not failed(stream) and stream.get("handshake") != "incomplete"
    if stream["protocol"] == "plain":
        assert (conf, source) == ("0", "3")
    elif failed(stream):
        assert conf == "3" and source is None
    elif stream.get("integrity_only"):
        assert (conf, source) == ("1", "1" if complete else "2")
    elif complete:
        assert (conf, source) == ("2", "1")
    else:
        assert conf in ("2", "3")
    if complete and stream["protocol"] != "plain":
        assert int(found.tag("version"), 0) == VERSIONS[stream["version"]]
        assert int(found.tag("cipher"), 0) == int(stream["cipher"]["id"], 0)
        for part in ("kx", "auth", "enc", "mac"):
            assert found.tag(f"cipher.{part}")
    mutual = found.tag("mutual_auth")
    if mutual is not None and not failed(stream):
        assert mutual == str(int(bool(stream.get("mutual_auth"))))
    assert mutual is not None or not complete or not readable(capture, stream)


def check_content(capture, stream, found):
    kind, classes = found.tag("kind"), sorted(int(n) for n in found.last["cipsec.transport_class"])
    wanted = sorted(stream.get("cip_transport_classes") or [])
    if by_icmp(stream):
        assert kind in (KINDS["unknown"], KINDS["failed"])  # at the stream's last frame the error is still to come
    elif readable(capture, stream) or failed(stream):
        assert kind == KINDS[expected_kind(stream)]
        assert classes == wanted or (cut(capture) and set(classes) <= set(wanted))
    else:
        assert kind in ("0", KINDS[expected_kind(stream)])
        assert classes == []


def check_class(capture, stream, found):
    cip_class, source = found.tag("class"), found.tag("class.source")
    kind = expected_kind(stream)
    if not readable(capture, stream) and stream["protocol"] != "plain" and kind != "enrollment":
        assert (cip_class, source) == ({"TCP": "4", "UDP": "2"}[stream["transport"]], "3")
    elif kind == "io":
        assert cip_class in ("2", "5")
    elif kind in ("explicit", "provisioning"):
        assert cip_class in ("1", "3", "4")
    elif kind == "enrollment" and readable(capture, stream):
        assert (cip_class, source) == ("0", None)
    if 3 in (stream.get("cip_transport_classes") or []) and readable(capture, stream) and kind == "explicit":
        assert (cip_class, source) == ("1", "1") or not stream.get("handshake_seen")


def check_handshake(stream, found):
    state = found.tag("handshake")
    if stream["protocol"] == "plain":
        assert state is None
        return
    if not stream.get("handshake_seen"):
        assert state in ("0", None)
        assert found.tag("midstream") == ("0" if failed(stream) else "1")
        return
    assert found.tag("midstream") == "0"
    wanted = stream.get("handshake") or ("failed" if failed(stream) else "complete")
    if stream.get("resumed"):
        wanted = "resumed"
    assert state == HANDSHAKES[wanted]
    if wanted in ("complete", "resumed"):
        assert 0 < float(found.tag("handshake.time")) < 60
    if stream.get("alert") is not None:
        assert found.tag("handshake.alert") == str(stream["alert"])
        assert found.tag("handshake.alert.sender") == {"client": "1", "server": "2"}[stream["alert_sender"]]


CHECKS = [check_frames, check_roles, check_protection, check_content, check_class, check_handshake]


def match(truth, found):
    """Pairs of truth and plugin: by the frame that each stream begins with."""
    by_first = {stream.frames[0]: stream for stream in found.values()}
    return [(stream, by_first.get(stream["first_frame"])) for stream in truth["streams"]
            if stream["client"].rpartition(":")[2] in OURS or stream["server"].rpartition(":")[2] in OURS]


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_truth(tshark, captures, any_capture, two_pass):
    truth = captures.truth(any_capture)
    found = streams_of(tshark, captures, any_capture, two_pass)
    wrong = []
    for stream, seen in match(truth, found):
        if seen is None:
            wrong.append(f"{stream['label']}: not found")
            continue
        if seen.tag("transport") != TRANSPORTS[(stream["transport"], stream["protocol"])]:
            wrong.append(f"{stream['label']}: transport {seen.tag('transport')}")
        for check in CHECKS:
            try:
                if check in (check_frames, check_roles, check_handshake):
                    check(stream, seen)
                else:
                    check(truth, stream, seen)
            except AssertionError as error:
                wrong.append(f"{stream['label']} ({stream['client']} {stream['server']}): {check.__name__}: "
                             f"{str(error).splitlines()[0] if str(error) else 'failed'}")
    assert not wrong, "\n" + "\n".join(wrong)
    known = {stream["first_frame"] for stream in truth["streams"]}
    for stream in found.values():
        broadcast = any(row["ip.dst"][0].endswith(".255") for row in stream.rows)  # answered from elsewhere
        assert stream.frames[0] in known or broadcast, f"frame {stream.frames[0]} begins a stream that the truth lacks"


def test_second_pass_is_final(tshark, captures, any_capture):
    """With -2 every frame of a stream carries the same tags: those of the whole capture."""
    tags = [tag for tag in TAGS if tag.startswith("cipsec.") and tag != "cipsec.role"]
    for stream in streams_of(tshark, captures, any_capture, True).values():
        for row in stream.rows:
            assert {tag: row[tag] for tag in tags} == {tag: stream.last[tag] for tag in tags}, row["frame.number"][0]


def test_thirdparty_is_not_claimed(tshark, thirdparty):
    """EtherNet/IP without CIP Security is tagged as clear; DTLS on other ports gets no tag."""
    for path in thirdparty:
        rows = tshark.fields(path, [*TAGS, "tcp.port", "udp.port"])
        for row in rows:
            ports = set(row["tcp.port"] + row["udp.port"])
            if not ports & OURS:
                assert not row["cipsec.stream"], f"{path.name} frame {row['frame.number'][0]}"
        for row in rows:
            if row["cipsec.stream"]:
                assert one(row, "transport") in ("3", "4"), path.name
                assert one(row, "confidentiality") in ("0", "3"), path.name
                assert one(row, "kind") in ("0", "2", "3"), path.name
