"""cipsec-merge: a capture cut into ten files and merged tells what the whole tells, apart from what a cut hides.

What a cut hides, and nothing else:
- a handshake that lies across a border: its end, what follows from it (both certificates, the suite in a finding);
- the decryption of what follows a border, because Wireshark needs the handshake in the same file for it;
- median interval and jitter of I/O: medians of pieces do not add up;
- a message whose request and response are in two files, and the Forward_Close of a connection that another file opened.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import pathlib
import re
import subprocess
import sys

import pytest

import pcap

ROOT = pathlib.Path(__file__).resolve().parents[2]
MERGE = ROOT / "tools" / "cipsec-merge"
PARTS = 10
# Integrity-only and clear traffic: readable in every piece.
READABLE = ["plant-before", "io-class1-authenticated", "io-class0-authenticated", "deploy-clear-text",
            "01-push-provisioning-plain", "04b-class3-tls-null-sha", "05b-class1-io-dtls-null"]
ENCRYPTED = ["plant-after", "plant-bridge", "class3-encrypted", "io-class1-encrypted", "deploy-initial-nokeys"]


def merge(*paths):
    done = subprocess.run([sys.executable, MERGE, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def save(tshark, name, text):
    path = tshark.work / name
    path.write_text(text)
    return path


def pieces(tshark, capture, parts=PARTS):
    """Paths of a capture cut into files with equal numbers of packets."""
    total = len(tshark.fields(capture, ["frame.number"]))
    folder = tshark.private(f"cut-{pathlib.Path(capture).stem}-{parts}")
    per = -(-total // parts)
    result = tshark.execute("-c", per, tshark.readable(capture), folder / "part.pcapng", program="editcap")
    assert result.returncode == 0, result.stderr
    return sorted(folder.glob("part*.pcapng"))


@pytest.fixture(scope="module")
def both(tshark, captures):
    """name -> (records of the whole, records of the merged pieces), both through cipsec-merge."""
    cache = {}

    def one(name):
        if name not in cache:
            cut = pieces(tshark, captures[name])
            assert len(cut) >= PARTS - 1
            outputs = [save(tshark, f"{name}.{i}.jsonl", tshark.stat(part, "cipsec,jsonl"))
                       for i, part in enumerate(cut)]
            whole = save(tshark, f"{name}.whole.jsonl", tshark.stat(captures[name], "cipsec,jsonl"))
            cache[name] = merge(whole), merge(*outputs)
        return cache[name]
    return one


def of(records, kind):
    return {row["key"]: row for row in records if row["record"] == kind}


def cut_in_handshake(row):
    return row["handshake"]["state"] == "incomplete"


@pytest.mark.parametrize("name", READABLE + ENCRYPTED)
def test_streams_are_stitched_and_counted_once(both, name):
    whole, merged = both(name)
    one, two = of(whole, "stream"), of(merged, "stream")
    assert set(one) == set(two)
    for key, row in one.items():
        ends = [sorted((one_of[side] for side in ("client", "server")), key=lambda end: (end["ip"], end["port"]))
                for one_of in (row, two[key])]
        assert ends[0] == ends[1]
        for member in ("flow", "transport", "first", "last", "midstream", "begins", "ends"):
            assert row[member] == two[key][member], member
        # A Forward_Open across a border hides the roles that it alone tells.
        if row["role_source"] != "Forward_Open":
            for member in ("roles_known", "role_source", "client", "server"):
                assert row[member] == two[key][member], member
        if not cut_in_handshake(two[key]):
            for member in ("confidentiality", "version", "cipher", "mutual_auth", "kind", "handshake"):
                assert row[member] == two[key][member], (key, member)


@pytest.mark.parametrize("name", READABLE)
def test_readable_traffic_tells_the_same(both, name):
    """Classes, connections and what was carried survive the cuts."""
    whole, merged = both(name)
    one, two = of(whole, "stream"), of(merged, "stream")
    for key, row in one.items():
        if cut_in_handshake(two[key]):
            continue
        for member in ("class", "class_source", "transport_classes", "carried", "records"):
            assert row[member] == two[key][member], (key, member)
        for mine, theirs in zip(row["io"], two[key]["io"]):
            for member in ("sender", "packets", "bytes"):
                assert mine[member] == theirs[member], (key, member)


@pytest.mark.parametrize("name", ["plant-after", "io-class1-authenticated", "05b-class1-io-dtls-null"])
def test_connections_find_their_streams_again(both, name):
    """The Forward_Open is in one file, the data in others: connection ids tie them together. A Forward_Open that lies
    across a border, or behind a handshake that does, is what a cut hides."""
    whole, merged = both(name)
    one, two = of(whole, "connection"), of(merged, "connection")
    assert set(two) <= set(one) and len(one) - len(two) <= 1
    io = [key for key, row in one.items() if row["transport_class"] < 2 and key in two
          and two[key]["state"] != "requested"]
    assert io and len(io) >= 0.7 * sum(row["transport_class"] < 2 for row in one.values())
    for key in io:
        for member in ("carried_ot", "carried_to", "confidentiality", "opened_on"):
            assert one[key][member] == two[key][member], (key, member)


@pytest.mark.parametrize("name", READABLE + ENCRYPTED)
def test_devices_and_certificates(both, name):
    whole, merged = both(name)
    assert set(of(whole, "certificate")) >= set(of(merged, "certificate"))
    one, two = of(whole, "device"), of(merged, "device")
    assert set(one) == set(two)
    for key, row in one.items():
        for member in ("product_name", "serial", "cip_security_state", "eip_security_state", "ports_advertised"):
            assert two[key][member] in (row[member], None), (key, member)


@pytest.mark.parametrize("name", READABLE + ENCRYPTED)
def test_no_finding_that_only_the_cut_made(both, name):
    whole, merged = both(name)
    names = [{row["name"] for row in records if row["record"] == "finding"} for records in (whole, merged)]
    assert "midstream" not in names[1]
    made = names[1] - names[0] - {"no_response", "no_request", "config_abandoned"}
    assert not made
    for kind in ("integrity_only", "clear_text_configuration", "psk_exposed", "handshake_failed"):
        counts = [sum(row["record"] == "finding" and row["name"] == kind for row in records)
                  for records in (whole, merged)]
        assert counts[0] == counts[1], kind


def test_a_deployment_across_files_is_one(both):
    whole, merged = both("deploy-clear-text")
    one, two = of(whole, "deployment"), of(merged, "deployment")
    assert set(one) == set(two) and len(one) == 1
    for key, row in one.items():
        for member in ("device", "tool", "start", "end", "begin_captured", "end_captured"):
            assert row[member] == two[key][member], member
        assert two[key]["result"] in ("complete", "warnings")
        changes = [step["text"].split(":")[0] for step in row["steps"] if step["text"].startswith("Sets ")]
        told = [step["text"].split(":")[0] for step in two[key]["steps"] if step["text"].startswith("Sets ")]
        assert set(changes) <= {text.replace(" (request not captured)", "") for text in told}


def test_twice_the_same_capture_counts_once(tshark, captures):
    """Two taps on one wire."""
    for name in ("plant-after", "deploy-plant"):
        output = save(tshark, f"{name}.one.jsonl", tshark.stat(captures[name], "cipsec,jsonl"))
        assert merge(output, output) == merge(output)


@pytest.mark.parametrize("name", ["deploy-initial", "io-trusted-ip", "plant-after-midstream"])
def test_dates_of_devices_come_from_all_their_streams(tshark, captures, name):
    """Also from those that come before the one that shows it to be a device."""
    output = save(tshark, f"dates.{name}.jsonl", tshark.stat(captures[name], "cipsec,jsonl"))
    given = of([json.loads(line) for line in output.read_text().splitlines()], "device")
    told = of(merge(output), "device")
    assert given.keys() == told.keys()
    for key, row in given.items():
        for member in ("first_secured", "last_clear", "ports_seen"):
            assert row[member] == told[key][member], (key, member)


def without_frames(record):
    """What a merge leaves out: numbers of frames, as members and in texts."""
    if isinstance(record, dict):
        return {name: without_frames(value) for name, value in record.items() if name != "frames"}
    if isinstance(record, list):
        return [without_frames(value) for value in record]
    return re.sub(r",? ?(since |in )?frame \d+", "", record) if isinstance(record, str) else record


def test_one_file_alone_stays_what_it_was(tshark, any_capture, captures):
    """But for the numbers of frames and the order of the findings."""
    output = save(tshark, f"{any_capture}.alone.jsonl", tshark.stat(captures[any_capture], "cipsec,jsonl"))
    given = [without_frames(json.loads(line)) for line in output.read_text().splitlines()]
    told = merge(output)
    findings = [sorted((row for row in records if row["record"] == "finding"), key=json.dumps)
                for records in (given, told)]
    assert findings[0] == findings[1]
    for one, two in zip(given, told):
        assert one == two or one["record"] == two["record"] == "finding"


def test_order_of_files_does_not_matter(tshark, captures):
    cut = pieces(tshark, captures["plant-after"])
    outputs = [save(tshark, f"order.{i}.jsonl", tshark.stat(part, "cipsec,jsonl")) for i, part in enumerate(cut)]
    assert merge(*outputs) == merge(*reversed(outputs))


@pytest.mark.parametrize("name", ["class3-encrypted", "deploy-initial"])
def test_the_more_telling_of_two_taps_counts(tshark, captures, name):
    """Two taps on one wire, one of them without keys."""
    outputs = [save(tshark, f"telling.{one}.jsonl", tshark.stat(captures[one], "cipsec,jsonl"))
               for one in (name, f"{name}-nokeys")]
    both_ways = merge(*outputs)
    assert both_ways == merge(*reversed(outputs))
    alone = merge(outputs[0])
    for kind, members in (("stream", ("class", "class_source", "transport_classes", "carried")),
                          ("certificate", ("kind", "kind_why", "chain", "chain_why")),
                          ("deployment", ("kind", "result", "reason"))):
        assert of(alone, kind).keys() == of(both_ways, kind).keys()
        for key, row in of(alone, kind).items():
            for member in members:
                assert of(both_ways, kind)[key][member] == row[member], (key, member)


def test_reasons_that_are_ranked_are_those_that_are_told():
    """The order of the reasons is that of the C code's words."""
    words = re.findall(r'g_strdup(?:_printf)?\("([^"]+)"', (ROOT / "epan-ext/model/certs_kind.c").read_text())
    starts = re.search(r"KIND_REASONS = (\[[^]]+\])", MERGE.read_text())[1]
    for word in words:
        assert any(word.startswith(start) for start in json.loads(starts)), word


def test_merged_output_is_valid(both):
    import jsonschema
    schema = json.loads((ROOT / "docs" / "jsonl-schema.json").read_text())
    check = jsonschema.Draft7Validator(schema)
    for name in READABLE + ENCRYPTED:
        for row in both(name)[1]:
            assert check.is_valid(row), f"{name}: {row['record']} {row.get('key')}"


@pytest.mark.parametrize("text", ["", "no json\n", '{"record":"stream"}\n', '{"record":"capture","version":99}\n'])
def test_foreign_input_is_refused(tshark, text):
    path = save(tshark, "foreign.jsonl", text)
    done = subprocess.run([sys.executable, MERGE, path], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "cipsec-merge:" in done.stderr


def later(packets, micros):
    """What a second tap saw: the same packets by another clock."""
    return [packet.at(packet.time + micros) for packet in packets]


def report(tshark, name, packets, link):
    path = tshark.work / f"{name}.pcap"
    pcap.write(path, packets, link)
    return save(tshark, f"{name}.jsonl", tshark.stat(path, "cipsec,jsonl"))


def counts(records):
    total = {kind: sum(row["record"] == kind for row in records) for kind in
             ("stream", "connection", "device", "certificate", "deployment", "finding")}
    total["packets"] = sum(row[side]["packets"] for row in records if row["record"] == "stream"
                           for side in ("client", "server"))
    total["seen"] = sum(len(row["seen"]) for row in records if row["record"] == "certificate")
    return total


@pytest.mark.parametrize("name", ["plant-after", "deploy-clear-text"])
def test_two_taps_with_two_clocks(tshark, captures, name):
    """Nothing counts twice, whole or cut into files at different places."""
    link, packets = pcap.read(captures[name])
    one = report(tshark, f"{name}-a", packets, link)
    for micros in (350, -1200):
        two = report(tshark, f"{name}-{micros}", later(packets, micros), link)
        assert counts(merge(one, two)) == counts(merge(one))
    half = len(packets) // 2
    cut = [report(tshark, f"{name}-{i}", part, link) for i, part in enumerate(
        (packets[:half], packets[half:], later(packets, 350)[:half - 7], later(packets, 350)[half - 7:]))]
    for kind in ("stream", "device", "deployment", "packets"):
        assert counts(merge(*cut))[kind] == counts(merge(one))[kind], kind


def test_ports_used_again_are_another_stream(tshark, captures):
    """The next connection of the same ports does not continue a closed one, even if its beginning is missing."""
    link, packets = pcap.read(captures["deploy-clear-text"])
    one = report(tshark, "again-1", packets, link)
    closed = [row for row in merge(one) if row["record"] == "stream" and row["ends"]]
    assert closed
    for start in (0, 8):
        again = report(tshark, f"again-{start}", later(packets, 600 * 10 ** 6)[start:], link)
        flows = [row["flow"] for row in merge(one, again) if row["record"] == "stream"]
        assert all(flows.count(row["flow"]) == 2 for row in closed)


def test_damaged_lines(tshark, captures):
    """A damaged line is named; it can be left out."""
    text = tshark.stat(captures["plant-before"], "cipsec,jsonl")
    path = save(tshark, "damaged.jsonl", text + text.splitlines()[1][:40] + "\n\x00\n")
    done = subprocess.run([sys.executable, MERGE, path], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and f"line {len(text.splitlines()) + 1}" in done.stderr
    done = subprocess.run([sys.executable, MERGE, "--skip-damaged", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr.count("skipped") == 2
    assert [json.loads(line) for line in done.stdout.splitlines()] == merge(save(tshark, "sound.jsonl", text))
