"""The device pages, devices, findings and policy: against the ground truth of the practice plant.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import socket

import pytest

import enip
import pcap
import runner

TABLES = ["cipsec,tcp", "cipsec,tls", "cipsec,dtls", "cipsec,bridge", "cipsec,devices", "cipsec,deployments",
          "cipsec,findings", "cipsec,policy", "cipsec,jsonl"]
LOCAL = "10.17.81.51"  # the device whose web pages the guide shows
# Findings of the streams, deployments and devices; those about certificates have their own tests.
OURS = {"midstream", "handshake_failed", "handshake_incomplete", "port_closed", "integrity_only",
        "clear_text_configuration", "psk_exposed", "config_in_progress_conflict", "config_failed", "config_abandoned",
        "security_reset"}
# The truth names what its author meant to show; whoever has no FIN or End_Config in the capture is not known to have
# given up.
UNSEEN = {("deploy-conflict", "config_abandoned")}


def table(text):
    """Rows of an aligned table as dicts: columns start where the rules under the titles start."""
    lines = text.strip("\n").split("\n")
    spans = [(m.start(), m.end()) for m in re.finditer(r"-+", lines[2])]
    names = [lines[1][start:end].strip() for start, end in spans]
    rows = []
    for line in lines[3:]:
        if line.startswith("("):
            break
        cells = [line[start:(spans[i + 1][0] if i + 1 < len(spans) else None)].strip()
                 for i, (start, _) in enumerate(spans)]
        rows.append(dict(zip(names, cells)))
    return rows


def page(tshark, captures, name, kind, filter=""):
    return table(tshark.stat(captures[name], f"cipsec,{kind}{',' + filter if filter else ''}"))


@pytest.mark.parametrize("kind", TABLES)
def test_nothing_in_nothing(tshark, tmp_path, kind):
    """A capture without packets gives an empty report, no error."""
    empty = tshark.work / "nothing.pcap"
    empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
    empty.chmod(0o644)
    text = tshark.stat(empty, kind)
    assert "nothing in this capture" in text or '"record":"capture"' in text


def test_tcp_before_deployment(tshark, captures):
    """Figure 4-1: two sets, both in the clear."""
    rows = [row for row in page(tshark, captures, "plant-before", "tcp") if row["Local device"] == LOCAL]
    assert {row["Set"] for row in rows} == {"Initiated, unsecured", "Accepted, unsecured"}
    for row in rows:
        port = row["Remote port"] if row["Set"].startswith("Initiated") else row["Local port"]
        assert (port, row["State"]) == ("44818", "ESTABLISHED")


def test_tcp_after_deployment(tshark, captures):
    """Figure 4-2: four sets; the port tells secured from unsecured."""
    rows = [row for row in page(tshark, captures, "plant-after", "tcp") if row["Local device"] == LOCAL]
    assert {row["Set"] for row in rows} == {"Initiated, secured", "Accepted, secured", "Initiated, unsecured",
                                            "Accepted, unsecured"}
    for row in rows:
        port = row["Remote port"] if row["Set"].startswith("Initiated") else row["Local port"]
        assert port == ("44818" if "unsecured" in row["Set"] else "2221")


def truth_sessions(captures, name, transport):
    """(local, remote) -> suites and sides of the truth's sessions that came up."""
    sessions = {}
    for stream in captures.truth(name)["streams"]:
        if stream["protocol"] != transport or stream["handshake"] not in ("complete", "complete (resumed)"):
            continue
        client, server = (stream[side].rsplit(":", 1)[0] for side in ("client", "server"))
        suite = stream["cipher"]["name"]
        sessions.setdefault((client, server, suite), set()).add("Client")
        sessions.setdefault((server, client, suite), set()).add("Server")
    return sessions


@pytest.mark.parametrize("kind,transport", [("tls", "TLS"), ("dtls", "DTLS")])
@pytest.mark.parametrize("name", ["plant-after", "plant-bridge", "io-produce-consume", "class3-gcm"])
def test_tls_pages_equal_the_truth(tshark, captures, name, kind, transport):
    """Figures 4-3 and 4-4: remote IP, suite, side; no row that the truth lacks, none missing."""
    words = {frozenset(("Client",)): "Client", frozenset(("Server",)): "Server",
             frozenset(("Client", "Server")): "Server and Client"}
    wanted = {key: words[frozenset(sides)] for key, sides in truth_sessions(captures, name, transport).items()}
    text = tshark.stat(captures[name], f"cipsec,{kind}")
    rows = {} if "(nothing" in text else {(row["Local device"], row["Remote IP"], row["Cipher Suite"]):
                                          row["Connection side"] for row in table(text)}
    assert rows == wanted


def test_sessions_that_ended(tshark, captures):
    """The state of TLS is that of its TCP connection; of DTLS only an alert tells that it ended."""
    closed = {row["Stream"] for row in page(tshark, captures, "plant-after", "tcp") if row["State"] != "ESTABLISHED"}
    rows = page(tshark, captures, "plant-after", "tls")
    assert {row["State"] for row in rows} == {"ESTABLISHED", "CLOSED"}
    assert all((row["State"] == "CLOSED") == (row["Streams"] in closed) for row in rows)
    assert {row["State"] for row in page(tshark, captures, "plant-after", "dtls")} == {"ESTABLISHED"}
    assert {row["State"] for row in page(tshark, captures, "io-class1-encrypted", "dtls")} == {"CLOSED"}


def test_suite_is_explained_part_by_part(tshark, captures):
    row = next(row for row in page(tshark, captures, "plant-after", "tls") if "NULL" in row["Cipher Suite"])
    assert row["Device page name"] == "TLS_ECDHE_ECDSA_WITH_NULL_SHA256"
    assert row["Key exchange"].startswith("ECDHE") and row["Authentication"].startswith("ECDSA")
    assert row["Encryption"].startswith("NULL") and row["Hash"].startswith("SHA")


def test_bridge_page(tshark, captures):
    """Figure 4-5: class 3 Encrypted, class 1 Authenticated, class 0 None."""
    rows = [row for row in page(tshark, captures, "plant-after", "bridge") if row["Local device"] == LOCAL]
    seen = {(row["CIP class"], row["Direction"], row["Link address"], row["Confidentiality"]) for row in rows}
    assert seen >= {("3", "From", "10.17.83.31", "Encrypted"), ("1", "To", "10.17.81.31", "Authenticated"),
                    ("0", "To", "10.17.81.41", "None")}
    opened = sum(len(stream["cip_transport_classes"]) for stream in captures.truth("plant-after")["streams"]
                 if LOCAL in (stream["client"].split(":")[0], stream["server"].split(":")[0])
                 and stream["session_kind"] == "io")
    assert sum(row["CIP class"] in ("0", "1") for row in rows) == opened


def test_bridge_page_without_keys(tshark, captures):
    """The session that configured the device is no connection of it; of the other nobody knows whether it is class 3."""
    rows = page(tshark, captures, "deploy-initial-nokeys", "bridge")
    assert [(row["Local device"], row["CIP class"], row["Direction"]) for row in rows] == [
        ("10.17.82.21", "explicit", "From"), ("10.18.2.75", "explicit", "To")]


def findings(tshark, path):
    return [(row["name"], row["detail"]) for row in tshark.jsonl(path) if row["record"] == "finding"]


def test_connections_that_nobody_answers(tshark, captures):
    assert findings(tshark, captures["fail-no-answer"]) == [
        ("handshake_incomplete", "the SYN got no answer (sent 3 times)"),
        ("handshake_incomplete", "the ClientHello got no answer (sent 4 times)")]
    assert [name for name, _ in findings(tshark, captures["fail-dtls-port-closed"])] == ["port_closed"]


def test_io_rhythm(tshark, captures):
    """Interval and jitter near the RPI of 20 ms, nothing lost, both directions, readable and not."""
    for name, counted in (("05b-class1-io-dtls-null", "sequence numbers"), ("05a-class1-io-dtls-aes128", "DTLS")):
        rows = table(tshark.stat(captures[name], "cipsec,io"))
        assert [row["Packets"] for row in rows] == ["251", "251"]
        for row in rows:
            assert abs(float(row["Median interval (ms)"]) - 20) < 1 and float(row["Jitter (ms)"]) < 1
            assert (row["Gaps"], row["Duplicates"]) == ("0", "0")
            assert row["Counted by"].startswith(counted)
            assert row["RPI (ms)"] == ("20.000" if counted == "sequence numbers" else "")


def test_filter_narrows_to_one_device(tshark, captures):
    for kind in ("tcp", "tls", "bridge"):
        rows = page(tshark, captures, "plant-after", kind, f"ip.src == {LOCAL}")
        assert rows and {row["Local device"] for row in rows} == {LOCAL}
    text = tshark.stat(captures["plant-after"], "cipsec,tls,ip.src == 10.99.99.99")
    assert "(nothing in this capture)" in text


def test_names_are_shown_everywhere(tshark, captures):
    prefs = {"uat:cipsec.names": f'"{LOCAL}","Local_EN4TR"'}
    for kind in ("tcp", "tls", "dtls", "bridge", "devices", "findings"):
        assert f"{LOCAL} (Local_EN4TR)" in tshark.stat(captures["plant-after"], f"cipsec,{kind}", prefs=prefs)


def test_devices(tshark, captures):
    text = tshark.stat(captures["plant-after"], "cipsec,devices")
    block = re.search(rf"^{re.escape(LOCAL)}$(.*?)(?=^\S|\Z)", text, re.M | re.S).group(1)
    for line in ("1756-EN4TR/A", "2 Configured", "EtherNet/IP Confidentiality", "44818/tcp", "CN=10.17.81.51",
                 "provisioned", "Encrypted"):
        assert line in block


def test_posture_against_practice(tshark, captures):
    rows = [row for row in tshark.jsonl(captures["deploy-initial"]) if row["record"] == "device"]
    device = next(row for row in rows if row["ip"] == "10.17.82.21")
    assert device["cip_security_state"] == 2
    assert "TLS_ECDHE_ECDSA_WITH_NULL_SHA" in device["allowed_suites"]
    assert "(integrity only: 1 of 2)" in device["allowed_suites"]
    assert device["active_certificates"] == "Certificate Management instance 2"


@pytest.mark.parametrize("two_pass", [False, True])
def test_findings_equal_the_truth(tshark, captures, any_capture, two_pass):
    """Every finding that the truth names is raised; findings that would claim an error are not raised elsewhere."""
    try:
        truth = captures.truth(any_capture)
    except AssertionError:
        pytest.fail(f"{any_capture} has no ground truth")
    rows = [row for row in tshark.jsonl(captures[any_capture], keylog=captures.keylog(any_capture), two_pass=two_pass)
            if row["record"] == "finding"]
    raised = {row["name"] for row in rows}
    wanted = {name for name in truth.get("findings", []) if name in OURS}
    assert wanted <= raised | {name for capture, name in UNSEEN if capture == any_capture}
    if "findings" in truth and not any_capture.endswith("-midstream"):
        quiet = {"psk_exposed", "clear_text_configuration", "config_abandoned", "security_reset", "port_closed",
                 "handshake_failed"}
        assert not (raised & quiet) - set(truth["findings"])


def test_findings_stand_on_frames(tshark, captures):
    """An error is an expert info of its frame in one pass as well."""
    for name, fact in (("deploy-clear-text", "psk_exposed"), ("deploy-clear-text", "clear_text_configuration"),
                       ("deploy-reset", "security_reset"), ("deploy-conflict", "config_in_progress_conflict"),
                       ("fail-no-common-suite", "handshake_failed"), ("class3-authenticated", "integrity_only"),
                       ("class3-authenticated-midstream", "midstream"), ("fail-port-closed", "port_closed")):
        frames = tshark.frames(captures[name], f"cipsec.expert.{fact}")
        assert frames, f"{fact} on no frame of {name}"
        assert frames == tshark.frames(captures[name], f"cipsec.expert.{fact}", two_pass=True)


POLICY = ('"10.17.81.51","10.17.81.31","Certificate","Integrity and confidentiality","Integrity"',
          '"10.17.81.51","10.17.81.41","Certificate","Integrity","Integrity"',
          '"10.17.81.61","10.17.81.51","Trusted IP","None","None"',
          '"10.17.81.51","10.17.80.0/24","Certificate","Integrity","Integrity"',
          '"10.99.0.0/16","any","PSK","None","None"')


def policy_options(rows):
    return [part for row in rows for part in ("-o", f"uat:cipsec.policy:{row}")]


def test_policy(tshark, captures):
    """Broken rules are findings with the rule; kept ones are not; a conduit without traffic is named."""
    rows = table(tshark.stat(captures["plant-after"], "cipsec,policy", more=policy_options(POLICY)))
    broken = {row["Rule"]: int(row["Broken"]) for row in rows if row["Rule"].startswith("cipsec.policy")}
    assert broken["cipsec.policy row 1"] >= 1 and broken["cipsec.policy row 2"] >= 1
    assert broken["cipsec.policy row 3"] == broken["cipsec.policy row 4"] == 0
    assert "not seen in this capture" in [row["Deviations"] for row in rows]
    records = tshark.jsonl(captures["plant-after"], more=policy_options(POLICY))
    details = [row["detail"] for row in records if row["record"] == "finding" and row["name"] == "policy_violation"]
    assert any("row 1" in text and "authenticated but not encrypted" in text for text in details)
    assert any("row 2" in text and "in clear text" in text for text in details)
    unseen = [row["detail"] for row in records if row["record"] == "finding" and row["name"] == "policy_unseen"]
    assert len(unseen) == 1 and "10.99.0.0/16" in unseen[0]


def test_policy_file(tshark, captures):
    """The CSV file says the same as the table."""
    path = tshark.work / "zones.csv"
    path.write_text("endpoint 1,endpoint 2,method,messaging,I/O\n# a comment\n" + "\n".join(POLICY) + "\n")
    path.chmod(0o644)
    by_file = table(tshark.stat(captures["plant-after"], "cipsec,policy", prefs={"cipsec.policy_file": path}))
    by_table = table(tshark.stat(captures["plant-after"], "cipsec,policy", more=policy_options(POLICY)))
    strip = [{key: value for key, value in row.items() if key != "Rule"} for row in by_file]
    assert strip == [{key: value for key, value in row.items() if key != "Rule"} for row in by_table]
    assert by_file[0]["Rule"] == "zones.csv line 3"


def test_one_pass_equals_two_pass(tshark, captures):
    for kind in ("tcp", "tls", "dtls", "bridge", "devices", "deployments", "findings"):
        for name in ("plant-after", "deploy-plant"):
            assert tshark.stat(captures[name], f"cipsec,{kind}") == tshark.stat(captures[name], f"cipsec,{kind}",
                                                                                 two_pass=True), (kind, name)


def one_way(tshark, captures, sender):
    link, packets = pcap.read(captures["plant-after"])
    path = tshark.work / f"one-way-{sender}.pcap"
    pcap.write(path, [packet for packet in packets if (bytes(packet.data[26:30]) == socket.inet_aton(LOCAL)) == sender], link)
    return path


@pytest.mark.parametrize("sender", [True, False])
def test_one_direction_only(tshark, captures, sender):
    """Data show that a connection came up, even if the other direction was not captured."""
    path = one_way(tshark, captures, sender)
    assert "SYN_SENT" not in tshark.stat(path, "cipsec,tcp")
    kinds = [row["kind"] for row in tshark.jsonl(path) if row["record"] == "stream"]
    assert "failed handshake" not in kinds


def test_identity_tells_only_what_was_read(tshark):
    """A device of which only the name was read has no vendor 0."""
    story = enip.Capture()
    story.exchange(enip.request(0x0E, enip.path(1, 1, 7)), enip.response(0x0E, b"\x06Pump 7"))
    path = story.write(tshark.work / "name-only.pcap")
    device = next(row for row in tshark.jsonl(path) if row["record"] == "device")
    assert (device["product_name"], device["vendor"], device["serial"], device["revision"]) == ("Pump 7", None, None, None)


def clear_port(story):
    story.exchange(enip.request(0x0E, enip.path(0x5D, 1, 1)), enip.response(0x0E, b"\0"))


def null_only(story):
    story.exchange(enip.request(0x0E, enip.path(0x5E, 1, 4)), enip.response(0x0E, bytes.fromhex("01c006")))


def confidential(story):
    story.exchange(enip.request(0x0E, enip.path(0x5E, 1, 4)), enip.response(0x0E, bytes.fromhex("02c006c023")))


def unanswered(story):
    story.exchange(enip.request(0x0E, enip.path(0x5E, 1, 9)))


@pytest.mark.parametrize("fact,port,raises,not_raises", [
    ("clear_text_on_secure_port", 2221, clear_port, None), ("null_suites_only", 44818, null_only, confidential),
    ("no_response", 44818, unanswered, null_only)])
def test_findings_that_no_bundled_capture_holds(tshark, fact, port, raises, not_raises):
    def names(content, at):
        story = enip.Capture(at)
        content(story)
        path = story.write(tshark.work / f"{fact}-{content.__name__}-{at}.pcap")
        return {row["name"] for row in tshark.jsonl(path) if row["record"] == "finding"}
    assert fact in names(raises, port)
    assert fact not in names(not_raises or raises, 44818)


def tree(text):
    """Name -> count of a statistics tree."""
    rows = [re.match(r"\s*(.*?)\s{2,}(\d+)\s", line) for line in text.splitlines()]
    return {row[1]: int(row[2]) for row in rows if row}


@pytest.mark.parametrize("name", ["plant-after", "deploy-initial", "io-class1-encrypted"])
def test_packet_counts(tshark, captures, name):
    """Each packet of a stream once under its protection, and once for each of its two devices."""
    fields = ["cipsec.stream", "cipsec.confidentiality", "cipsec.transport", "ip.src", "ip.dst"]
    rows = [row for row in tshark.fields(captures[name], fields, two_pass=True) if row["cipsec.stream"]]
    counts = tree(tshark.stat(captures[name], "cipsec_protection,tree", two_pass=True))
    assert counts["Packets by protection"] == len(rows)
    for transport, label in (("1", "TLS"), ("2", "DTLS"), ("4", "UDP (clear)")):
        for confidentiality, word in (("0", "None"), ("1", "Authenticated"), ("2", "Encrypted")):
            wanted = sum(row["cipsec.transport"] == [transport] and row["cipsec.confidentiality"] == [confidentiality] for row in rows)
            assert counts.get(f"{label}, {word}", 0) == wanted
    streams = [count for label, count in counts.items() if label.startswith("stream ")]
    assert sum(streams) == len(rows) and len(streams) == len({row["cipsec.stream"][0] for row in rows})
    devices = tree(tshark.stat(captures[name], "cipsec_peers,tree", two_pass=True))
    for address in {row["ip.src"][0] for row in rows}:
        assert devices[address] == sum(address in (row["ip.src"][0], row["ip.dst"][0]) for row in rows)
        assert devices[address] == sum(count for label, count in devices.items() if label.startswith(f"{address} "))


@pytest.mark.parametrize("name", ["cipsec,streamsx", "cipsec,tls2", "cipsec,jsonl ip"])
def test_names_are_whole(tshark, captures, name):
    """Wireshark compares the beginning: what is behind it must not be taken for no filter at all."""
    with pytest.raises(runner.TsharkError, match="no such statistic"):
        tshark.stat(captures["plant-after"], name)
