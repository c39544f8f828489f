"""Deployments told right: of the practice plant by its ground truth, of the device stack to the step.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

import enip
import pcap

# How the ground truth and the report name results. An abandoned session whose end is not in the capture is open:
# the truth knows what the tool did, the capture does not show it.
RESULTS = {"complete": {"complete"}, "complete with warnings": {"warnings"}, "not complete": {"error"},
           "abandoned": {"error", "open"}}
DEPLOYMENTS = ["deploy-initial", "deploy-again", "deploy-fails", "deploy-warnings", "deploy-abandoned",
               "deploy-conflict", "deploy-plant", "deploy-clear-text"]
STACK = {"01-push-provisioning-plain": 0, "02-push-provisioning-tls-aes": 1}


def told(tshark, captures, name):
    return [row for row in tshark.jsonl(captures[name], keylog=captures.keylog(name)) if row["record"] == "deployment"]


def texts(deployment):
    return [step["text"] for step in deployment["steps"]]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_results_are_those_of_the_truth(tshark, captures, name):
    truth = captures.truth(name)["deployments"]
    rows = told(tshark, captures, name)
    assert len(rows) == len(truth) > 0
    for wanted, row in zip(truth, rows):
        assert (row["device"], row["tool"]) == (wanted["device"], wanted["tool"])
        assert row["result"] in RESULTS[wanted["result"]], row["reason"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_configuration_request_is_in_a_step(tshark, captures, name):
    """Frames of the steps of a device's sessions cover each request and response of the truth."""
    truth = captures.truth(name)
    rows = told(tshark, captures, name)
    covered = {}
    for row in rows:
        covered.setdefault(row["tool"], []).extend(step["frames"] for step in row["steps"])
    for stream in truth["streams"]:
        tool = stream["client"].rsplit(":", 1)[0]
        for message in stream.get("messages", []):
            request = message.get("request", {})
            if request.get("class") not in ("0x5D", "0x5E", "0x5F", "0x37") or tool not in covered:
                continue
            for frame in (message["request_frame"], message["response_frame"]):
                told_in = [span for span in covered[tool] if frame and span[0] <= frame <= span[-1]]
                assert frame is None or told_in, (message["n"], frame)


def test_initial_deployment_step_by_step(tshark, captures):
    """The order of the guide's figure 4-6, in words."""
    deployment, = told(tshark, captures, "deploy-initial")
    story = [r"TCP connection 10\.18\.2\.75:\d+ to 10\.17\.82\.21:2221",
             r"TLS 1\.2 handshake complete, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256; device shows vendor certificate "
             r".*; no client certificate",
             r"Reads 5 values of CIP Security, EtherNet/IP Security, Certificate Management",
             r"Begin_Config of the CIP Security object", r"Begin_Config of the EtherNet/IP Security object",
             r"Creates Certificate Management instance .* -> instance 2",
             r"Creates a key pair and a CSR .*CN=10\.17\.82\.21",
             r"Reads File instance 256: .*a CSR of .*checksum right",
             r"Writes File instance 257: .*a certificate of CN=10\.17\.82\.21.*checksum right",
             r"Writes File instance 258: .*a certificate of CN=Practice Plant Policy CA.*checksum right",
             r"Sets CA Certificate of Certificate Management instance 2: File instance 258",
             r"Sets Device Certificate of Certificate Management instance 2: File instance 257",
             r"Verify_Certificate of Certificate Management instance 2", r"Kick_Timer 2 times",
             r"Sets Allowed Cipher Suites: \S+, \S+ -> \S+CBC_SHA256, \S+NULL_SHA \(integrity only: 1 of 2\)",
             r"Sets Active Device Certificates: none -> Certificate Management instance 2",
             r"Sets Verify Client Certificate: off -> on",
             r"Apply_Config .*close existing connections after 3000 ms", r"End_Config of the CIP Security object",
             r"Object_Cleanup .*nothing to clean up", r"The CIP Security object is in state 2 Configured",
             r"10\.18\.2\.75 connects to the device again; it shows a new certificate CN=10\.17\.82\.21"]
    lines = iter(texts(deployment))
    for pattern in story:
        assert any(re.search(pattern, line) for line in lines), f"missing or out of order: {pattern}"
    assert deployment["result_text"] == "Configuration complete. No issues identified."
    assert deployment["kind"] == "Initial deployment"


def test_redeployment_is_known_as_such(tshark, captures):
    deployment, = told(tshark, captures, "deploy-again")
    assert deployment["kind"] == "Redeployment"
    assert any(text.startswith("Set_Port_Admin_State: close ") for text in texts(deployment))


def test_failures_name_reason_and_frame(tshark, captures):
    first, second = told(tshark, captures, "deploy-fails")
    assert "Verification failed" in first["reason"]
    assert "only certificate suites allowed, but no certificate configured" in second["reason"]
    report = tshark.stat(captures["deploy-fails"], "cipsec,deployments")
    assert re.search(r"Reason: Verify_Certificate .*\(frame 67\)", report)
    assert report.count("Configuration not complete. Error identified.") == 2


def test_reset_is_a_removal(tshark, captures):
    deployment, = told(tshark, captures, "deploy-reset")
    assert (deployment["kind"], deployment["result"]) == ("Policy removal", "complete")


def test_encrypted_without_keys_says_what_can_be_said(tshark, captures):
    deployment, = told(tshark, captures, "deploy-initial-nokeys")
    assert deployment["result"] == "unknown"
    lines = "\n".join(texts(deployment))
    assert "vendor certificate" in lines and "no client certificate" in lines
    assert re.search(r"s of encrypted exchange: \d+ octets from the tool, \d+ from the device", lines)
    assert "shows a new certificate CN=10.17.82.21" in lines


def test_encrypted_operation_is_no_deployment(tshark, captures):
    assert told(tshark, captures, "class3-encrypted-nokeys") == []


def test_device_stack_sessions(tshark, captures):
    """The provisioning run with its error cases, the reset after it, and the second tool that is given up."""
    first, removal, second = told(tshark, captures, "01-push-provisioning-plain")
    assert [row["result"] for row in (first, removal, second)] == ["warnings", "warnings", "error"]
    assert (removal["kind"], second["tool"]) == ("Policy removal", "127.17.81.52")
    assert "timed out" in second["reason"]
    assert any("127.17.81.51 asked for a session too" in text for text in texts(second))
    assert any("11.5 s without Kick_Timer" in text for text in texts(second))
    assert not any(step["outcome"] == "error" for step in first["steps"]), "errors made good are no errors"
    assert any("Kick_Timer 10 times, every 0.00" in text for text in texts(first))


@pytest.mark.parametrize("name,index", STACK.items())
def test_device_stack_to_the_step(tshark, captures, name, index):
    """Each changing request of the truth between the first and the last step appears, in order."""
    stream = [one for one in captures.truth(name)["streams"] if one["session_kind"] == "provisioning"][0]
    names = {("0x5D", "0x4B"): "Begin_Config of the CIP", ("0x5E", "0x4B"): "Begin_Config of the EtherNet/IP",
             ("0x5E", "0x4D"): "Apply_Config", ("0x5D", "0x4D"): "End_Config", ("0x5F", "0x08"): "Creates Certificate",
             ("0x5F", "0x4B"): "Creates a key pair", ("0x5F", "0x4C"): "Verify_Certificate",
             ("0x37", "0x08"): "Creates File", ("0x37", "0x4C"): "Writes File", ("0x37", "0x4B"): "Reads File",
             ("0x5E", "0x10"): "Sets ", ("0x5F", "0x10"): "Sets ", ("0x5D", "0x05"): "Reset of the CIP",
             ("0x5E", "0x05"): "Reset of the EtherNet/IP", ("0x5E", "0x4E"): "Abort_Config"}
    rows = [row for row in told(tshark, captures, name) if row["tool"] == stream["client"].split(":")[0]]
    lines = iter([text for row in rows for text in texts(row)])
    seen = 0
    for message in stream["messages"]:
        request = message.get("request")
        wanted = names.get((request["class"], request["service"])) if request else None
        if not wanted:
            continue
        line = next((text for text in lines if text.startswith(wanted)), None)
        assert line, f"message {message['n']}: no step \"{wanted}\" left"
        refused = message["response"]["status"] != "0x00"
        # A downloaded file is refused by its last packet, the rest of the truth's messages each have their own step.
        if request["class"] != "0x37":
            assert ("refused" in line) == refused, (message["n"], line)
        seen += 1
    assert seen > 40


def test_fields_in_the_frames(tshark, captures):
    """Every pass and a reading without tree name the same steps; a second pass knows the result."""
    fields = ["frame.number", "cipsec.deploy.index", "cipsec.deploy.step", "cipsec.deploy.step.text",
              "cipsec.deploy.result", "cipsec.deploy.device", "cipsec.deploy.tool"]
    rows = tshark.fields(captures["deploy-initial"], fields, filter="cipsec.deploy.step", two_pass=True)
    deployment, = told(tshark, captures, "deploy-initial")
    assert len(rows) > 60
    for row in rows:
        frame, number = int(row["frame.number"][0]), int(row["cipsec.deploy.step"][0])
        span = deployment["steps"][number - 1]["frames"]
        assert span[0] <= frame <= span[-1]
        assert row["cipsec.deploy.step.text"][0] == deployment["steps"][number - 1]["text"]
        assert row["cipsec.deploy.result"] == ["1"]
        assert (row["cipsec.deploy.device"], row["cipsec.deploy.tool"]) == (["10.17.82.21"], ["10.18.2.75"])
    one_pass = tshark.fields(captures["deploy-initial"], ["frame.number", "cipsec.deploy.step"],
                             filter="cipsec.deploy.step")
    steps = {row["frame.number"][0]: row["cipsec.deploy.step"] for row in rows}
    # Only the frames before the first configuration message are not known as such in one pass.
    assert one_pass and all(steps[row["frame.number"][0]] == row["cipsec.deploy.step"] for row in one_pass)
    assert len(rows) - len(one_pass) <= 20


def test_secrets_are_masked(tshark, captures):
    """The octets of the pre-shared key of the truth appear in no report."""
    key = "404142434445464748494a4b4c4d4e4f"
    name = "01-push-provisioning-plain"
    for report in ("cipsec,deployments", "cipsec,devices", "cipsec,findings", "cipsec,jsonl"):
        text = tshark.stat(captures[name], report).lower()
        assert key not in text.replace(":", "").replace(" ", "")
        assert "@abcdefghijklmno" not in text


# ---------------------------------------------------------------- stories: the script sent is the ground truth

SUITES = bytes.fromhex("02c023c006")
BEGIN, BEGIN_EIP = (0x4B, 0x5D), (0x4B, 0x5E)
SET = (0x10, 0x5E, 4, SUITES)
APPLY, END, ABORT = (0x4D, 0x5E, None, b"\1\0\xb8\x0b"), (0x4D, 0x5D), (0x4E, 0x5E)
GET_STATE = (0x0E, 0x5D, 1)
REFUSED, UNANSWERED, CLOSE = "refused", "unanswered", "close"


def capture_of(tshark, name, script, change=None):
    """A capture of a clear-text session. script: request, or (request, REFUSED or UNANSWERED or the response's body)."""
    story = enip.Capture()
    for line in script:
        if line == CLOSE:
            story._tcp(True, b"", 0x11)
            story._tcp(False, b"", 0x11)
            continue
        ask, answer = line if isinstance(line[0], tuple) else (line, b"")
        service, class_id, attribute, body = (*ask, None, b"")[:4] if len(ask) < 4 else ask
        status, words = (0xD0, (2,)) if answer == REFUSED else (0, ())
        reply = None if answer == UNANSWERED else enip.response(service, answer if status == 0 else b"", status, words)
        story.exchange(enip.request(service, enip.path(class_id, 1, attribute), body or b""), reply)
    if change:
        change(story.packets)
    return story.write(tshark.work / f"story-{name}.pcap")


def session(tshark, path):
    return [row for row in tshark.jsonl(path) if row["record"] == "deployment"]


STORIES = {
    "applied": ([BEGIN, BEGIN_EIP, SET, APPLY, END], "complete", None, "Configuration"),
    "refused-then-ended": ([BEGIN, BEGIN_EIP, SET, (APPLY, REFUSED), END], "error",
                           r"^Apply_Config .*no certificate configured$", "Configuration"),
    "first-refusal-is-the-reason": ([BEGIN, BEGIN_EIP, (SET, REFUSED), (APPLY, REFUSED), (END, REFUSED)], "open", None,
                                    "Configuration"),
    "first-refusal-and-closed": ([BEGIN, BEGIN_EIP, (SET, REFUSED), (APPLY, REFUSED), CLOSE], "error",
                                 r"^Sets Allowed Cipher Suites: .*; 1 more step refused after it$", "Configuration"),
    "apply-unanswered": ([BEGIN, BEGIN_EIP, SET, (APPLY, UNANSWERED), END, CLOSE], "unknown",
                         r"^no answer in the capture to: Apply_Config", "Configuration"),
    "apply-unanswered-but-configured": ([BEGIN, BEGIN_EIP, SET, (APPLY, UNANSWERED), END, (GET_STATE, b"\2"), CLOSE],
                                        "warnings", r"1 request without answer", "Configuration"),
    "never-applied": ([BEGIN, BEGIN_EIP, SET, END, CLOSE], "error", r"closed without Apply_Config$", "Configuration"),
    "not-applied-yet": ([BEGIN, BEGIN_EIP, SET, END], "open", r"ends before Apply_Config$", "Configuration"),
    "begin-unanswered": ([(BEGIN, UNANSWERED), (SET, UNANSWERED)], "unknown", r"^Begin_Config has no answer",
                         "Configuration"),
    "begin-not-captured": ([SET, (APPLY, REFUSED)], "error", r"^Apply_Config .*refused", "Configuration"),
    "policy-emptied": ([BEGIN, BEGIN_EIP, (0x10, 0x5E, 6, b"\0"), (0x10, 0x5E, 7, b"\0"), APPLY, END], "complete", None,
                       "Policy removal"),
    "one-certificate-left": ([BEGIN, BEGIN_EIP, (0x10, 0x5E, 6, b"\1\2\x20\x5f\x24\2"), (0x10, 0x5E, 7, b"\0"), APPLY, END],
                             "complete", None, "Configuration"),
    "reset-and-ports": ([(0x05, 0x5D), (0x4C, 0xF5, None, b"\1\x12\xaf\6\0")], "complete", None, "Policy removal"),
}


@pytest.mark.parametrize("name", STORIES)
def test_story(tshark, name):
    script, result, reason, kind = STORIES[name]
    row, = session(tshark, capture_of(tshark, name, script))
    assert (row["result"], row["kind"]) == (result, kind), row["reason"]
    assert re.search(reason, row["reason"]) if reason else True
    if result == "complete":
        assert row["reason"] is None


def test_abort_and_again(tshark):
    """Two stories, each with its own frames and its reason on its own frame; aborted values are forgotten."""
    path = capture_of(tshark, "again", [BEGIN, BEGIN_EIP, SET, ABORT, BEGIN, BEGIN_EIP, SET, APPLY, END])
    first, second = session(tshark, path)
    assert (first["result"], second["result"]) == ("error", "complete")
    assert first["frames"][-1] < second["frames"][0]
    failed, = [row for row in tshark.jsonl(path) if row.get("name") == "config_failed"]
    assert failed["frames"] == [first["frames"][-1]]
    assert not any(" -> " in text for text in texts(second) if text.startswith("Sets Allowed"))


def test_refused_step_is_on_its_frame_in_one_pass(tshark):
    path = capture_of(tshark, "on-frame", [BEGIN, BEGIN_EIP, SET, (APPLY, REFUSED), APPLY, END])
    frames = tshark.frames(path, "cipsec.expert.config_step_refused")
    assert len(frames) == 1 == len(tshark.frames(path, "cipsec.eip.status == 0xd0"))
    assert frames == tshark.frames(path, "cipsec.expert.config_step_refused", two_pass=True)
    assert session(tshark, path)[0]["result"] == "warnings"
    assert tshark.frames(capture_of(tshark, "applied", STORIES["applied"][0]), "cipsec.expert.config_step_refused") == []


def test_pending_values_are_said_to_be_pending(tshark):
    def device(script):
        return next(row for row in tshark.jsonl(capture_of(tshark, f"pending-{len(script)}", script)) if row["record"] == "device")
    assert device([BEGIN, BEGIN_EIP, SET])["set_not_applied"] == "Allowed Cipher Suites"
    assert device([BEGIN, BEGIN_EIP, SET, APPLY, END])["set_not_applied"] is None
    assert device([BEGIN, BEGIN_EIP, SET, ABORT])["allowed_suites"] is None


def test_clock_that_jumps_and_frames_without_time(tshark):
    """The order is that of the frames; what is wrong with the clock is a finding."""
    def back(packets):
        for packet in packets[9:]:
            packet.seconds -= 3600

    def untimed(packets):
        for packet in packets:
            packet.seconds = packet.micros = 0
    script = STORIES["applied"][0]
    for name, change, finding in (("back", back, {"clock_back"}), ("none", untimed, {"no_time"}), ("right", None, set())):
        path = capture_of(tshark, f"clock-{name}", script, change)
        found = {row["name"] for row in tshark.jsonl(path) if row["record"] == "finding"}
        assert found & {"clock_back", "no_time"} == finding
        assert session(tshark, path)[0]["result"] == "complete"


@pytest.mark.parametrize("name", ["deploy-clear-text", "io-class1-authenticated"])
def test_every_frame_twice(tshark, captures, name):
    """A mirror port that sends both ways: the same roles, stories and findings, and it is said."""
    link, packets = pcap.read(captures[name])
    path = tshark.work / f"twice-{name}.pcap"
    pcap.write(path, [one for packet in packets for one in (packet, pcap.on_vlan(packet))], link)
    rows, double = tshark.jsonl(captures[name]), tshark.jsonl(path)

    def facts(records):
        return ([(row["flow"], row["role_source"], row["class"], row["kind"], row["mutual_auth"]) for row in records
                 if row["record"] == "stream"],
                [(row["result"], row["reason"], row["kicks"], texts(row)) for row in records if row["record"] == "deployment"],
                {row["name"] for row in records if row["record"] == "finding"} - {"frames_twice"})
    assert facts(rows) == facts(double)
    names = [{row["name"] for row in records if row["record"] == "finding"} for records in (rows, double)]
    assert "frames_twice" not in names[0]
    assert ("frames_twice" in names[1]) == name.startswith("io-")


@pytest.mark.parametrize("kept,reason", [
    (range(84, 200), "the beginning of the session was not captured"),
    (range(86, 200), "the beginning of the session was not captured"),
    ([*range(1, 60), *range(64, 200)], "parts of the session were not captured"),
    ([*range(1, 50), *range(52, 200)], "parts of the session were not captured")],
    ids=["from Apply_Config", "from End_Config", "without the certificate", "without a file packet"])
def test_what_is_missing_is_said(tshark, captures, tmp_path, kept, reason):
    """A refusal may lie in what was not captured."""
    link, packets = pcap.read(captures["deploy-clear-text"])
    path = tmp_path / "part.pcap"
    pcap.write(path, [packet for number, packet in enumerate(packets, 1) if number in kept], link)
    (row,) = session(tshark, path)
    assert (row["result"], row["reason"]) == ("warnings", reason)
