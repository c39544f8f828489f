"""What must hold of the module as a guest in Wireshark, whatever it decodes: columns and fields are filled without a filter,
one pass and two passes agree at the end, statistics can be asked twice, nothing of one file is left for the next.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import re
import subprocess

import pytest

READABLE = "class3-authenticated"
MIXED = "deploy-initial"
TAGS = ["cipsec.stream", "cipsec.transport", "cipsec.role", "cipsec.class", "cipsec.confidentiality", "cipsec.version",
        "cipsec.cipher", "cipsec.mutual_auth", "cipsec.kind", "cipsec.handshake", "cipsec.midstream"]
STATISTICS = ["streams", "tcp", "tls", "dtls", "bridge", "devices", "certs", "deployments", "findings", "jsonl"]
EXPERTS = [f"cipsec.expert.{name}" for name in ("integrity_only", "handshake_failed", "certificate_expired", "no_request",
                                                "psk_exposed", "no_client_certificate", "vendor_certificate")]
MATCHED = "cipsec.stream"
# What becomes known after a stream's last frame, only the second pass can say: here from an ICMP message.
LATER_NEWS = {"fail-dtls-port-closed": {"cipsec.handshake", "cipsec.kind"}}


def test_custom_column_is_filled_without_filter(tshark, captures):
    columns = 'gui.column.format:"No.","%m","Stream","%Cus:cipsec.stream:0:R","Role","%Cus:cipsec.role:0:R"'
    lines = tshark.summary(captures[READABLE], more=["-o", columns])
    tagged = len(tshark.frames(captures[READABLE], MATCHED))
    assert tagged == len(lines) > 10
    assert all(re.search(r"\d+\s+\d+\s+(Client|Server)", line) for line in lines), lines[:3]


def test_fields_are_filled_without_filter(tshark, captures):
    plain = tshark.fields(captures[MIXED], ["frame.number", *TAGS])
    filtered = tshark.fields(captures[MIXED], ["frame.number", *TAGS], filter="frame.number > 0")
    assert plain == filtered
    assert any(row["cipsec.role"] for row in plain)


@pytest.mark.parametrize("name,filter", [
    ("plant-after", "cipsec.stream == 3"), ("deploy-plant", "ip.addr == 10.17.83.31"), ("class3-authenticated", "cip"),
    ("deploy-initial", "tcp.len > 0"), ("io-class1-authenticated", "cipsec.role == 2"), ("cert-dates", "tls.handshake")])
def test_read_filter_gives_no_frame_the_facts_of_others(tshark, captures, name, filter):
    """A frame that the read filter refuses hands its number on to the next one."""
    fields = [*TAGS, "frame.time_epoch", "cipsec.cert.subject", "cipsec.deploy.step", "cipsec.handshake.step",
              "cipsec.io.connection", *EXPERTS]
    wanted = tshark.fields(captures[name], fields, filter=filter, two_pass=True)
    assert tshark.fields(captures[name], fields, more=["-R", filter], two_pass=True) == wanted
    assert wanted


def test_fields_are_the_same_with_other_taps_and_details(tshark, captures):
    """Facts do not depend on whether a tree is wanted."""
    plain = tshark.stat(captures[MIXED], "cipsec,jsonl")
    with_tree = tshark.run(*tshark.options(captures[MIXED]), "-Y", "tcp", "-z", "io,stat,0", "-z", "cipsec,jsonl", "-q")
    assert plain.strip() in with_tree


def test_last_frame_of_a_stream_says_the_same_in_both_passes(tshark, captures, any_capture):
    ends = []
    for two_pass in (False, True):
        last = {}
        for row in tshark.fields(captures[any_capture], TAGS, two_pass=two_pass, keylog=captures.keylog(any_capture)):
            if row["cipsec.stream"]:
                last[row["cipsec.stream"][0]] = {name: row[name] for name in TAGS if name not in LATER_NEWS.get(any_capture, ())}
        ends.append(last)
    assert ends[0] == ends[1]


def test_second_pass_says_one_thing_of_a_stream(tshark, captures, any_capture):
    """On the second pass every frame of a stream bears the tags of the whole capture (the sender differs)."""
    seen = {}
    for row in tshark.fields(captures[any_capture], TAGS, two_pass=True, keylog=captures.keylog(any_capture)):
        tags = [row[name] for name in TAGS if name != "cipsec.role"]
        if row["cipsec.stream"]:
            assert seen.setdefault(row["cipsec.stream"][0], tags) == tags


@pytest.mark.parametrize("name", STATISTICS)
def test_statistic_is_the_same_in_both_passes(tshark, captures, name):
    one = tshark.stat(captures[MIXED], f"cipsec,{name}")
    assert one.strip()
    assert one == tshark.stat(captures[MIXED], f"cipsec,{name}", two_pass=True)


@pytest.mark.parametrize("name", STATISTICS)
def test_statistic_can_be_asked_twice(tshark, captures, name):
    one = tshark.stat(captures[MIXED], f"cipsec,{name}")
    twice = tshark.stat(captures[MIXED], f"cipsec,{name}", more=["-z", f"cipsec,{name}"])
    assert sorted(twice.split("\n")) == sorted((one + one).split("\n"))


@pytest.mark.parametrize("name", STATISTICS)
def test_statistic_of_nothing(tshark, captures, name):
    """A filter that matches no packet gives a result and no error; a wrong filter gives an error in words."""
    tshark.stat(captures[MIXED], f"cipsec,{name},frame.number == 0")
    wrong = tshark.execute("-r", tshark.readable(captures[MIXED]), "-q", "-z", f"cipsec,{name},no.such.field")
    assert wrong.returncode > 0 and "no.such.field" in wrong.stderr


def test_switched_off_protocols(tshark, captures):
    """Each part can be switched off under Enabled Protocols; the others go on working."""
    for name in ("cipsec", "cipsec.cs", "cipsec.eip", "cipsec.cm", "cipsec.file"):
        left = [other for other in ("cipsec", "cipsec.cs", "cipsec.eip", "cipsec.cm", "cipsec.file")
                if tshark.frames(captures[MIXED], other, more=["--disable-protocol", name])]
        assert name not in left
        assert len(left) >= 4 if name != "cipsec" else len(left) == 4, (name, left)


def sharkd(tshark, requests):
    """Answers of one sharkd process to requests, in order."""
    lines = [json.dumps({"jsonrpc": "2.0", "id": number, **request}) for number, request in enumerate(requests, 1)]
    argv, env = tshark.command("sharkd", "-")
    done = subprocess.run(argv, env=env, cwd=tshark.scratch, input="\n".join(lines) + "\n", capture_output=True, text=True,
                          timeout=300, check=True)
    answers = {}
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            answer = json.loads(line)
            answers[answer["id"]] = answer.get("result")
    return [answers.get(number) for number in range(1, len(requests) + 1)]


def test_nothing_is_left_for_the_next_file(tshark, captures):
    """Several files in one process, as in the GUI, give what each gives alone."""
    names = [MIXED, READABLE, "08-05b-midstream", MIXED]
    columns = {f"column{index}": f"{tag}:1" for index, tag in enumerate(["frame.number", *TAGS])}

    def requests(name):
        return [{"method": "load", "params": {"file": str(tshark.readable(captures[name]))}},
                {"method": "frames", "params": columns}]

    together = sharkd(tshark, [request for name in names for request in requests(name)])[1::2]
    for name, frames in zip(names, together):
        assert frames and frames == sharkd(tshark, requests(name))[1], name
        assert any(frame["c"][2] for frame in frames)


def test_module_exports_its_entry_points_only(tshark):
    module = next(tshark.plugins.glob("*/epan/cipsec.so"))
    listed = subprocess.run(["nm", "-D", "--defined-only", module], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in listed.splitlines()}
    assert {"plugin_version", "plugin_want_major", "plugin_want_minor", "plugin_register"} <= names
    assert all(name.startswith("plugin_") for name in names), names
