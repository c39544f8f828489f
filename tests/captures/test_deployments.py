"""Deployments told right: of the practice plant by its ground truth, of the device stack to the step.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

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
