"""Whatever stock tshark shows of a capture it still shows with the plugin loaded.

Every (field, value) pair of every packet is compared, as often as it occurs. What may differ is listed below with the
reason; everything else that is missing is a loss.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections

import pytest

import enip
import messages

# Fields whose value names what took part in dissecting, or which stock adds only where it could not read on.
NOT_CONTENT = {
    "frame.protocols": "lists our dissectors too",
    "cip.connection": "a running number: more connections are seen where integrity-only records are read",
    "frame.coloring_rule.name": "colours follow the content",
    "frame.coloring_rule.string": "colours follow the content",
    "data": "bytes that nobody decoded",
    "data.data": "bytes that nobody decoded",
    "data.len": "bytes that nobody decoded",
    "_ws.unreassembled": "stock had to wait for more",
    "_ws.malformed": "stock broke off where we read on",
    "_ws.expert": "goes with its reason",
    "_ws.expert.message": "goes with its reason",
    "_ws.expert.severity": "goes with its reason",
    "_ws.expert.group": "goes with its reason",
    "_ws.string.trailing_stray_characters": "a remark on key octets, which are masked",
    "_ws.col.info": "we name the service",
    "_ws.col.Info": "we name the service",
}

# Fields that hold a secret: there, as long as before, but masked unless cipsec.show_psk is set.
MASKED = {"cip.eip_security.psk"}
# Complaints of stock about octets that it reads in the shape of another edition.
COMPLAINTS = ("cip.malformed.", "_ws.malformed")


def pairs(packet, masked=MASKED):
    """Counter of (field, shown value) of a PDML packet, hidden fields included."""
    found = collections.Counter()
    for field in packet.iter("field"):
        name = field.get("name")
        if name and name not in NOT_CONTENT and not name.startswith(COMPLAINTS):
            found[name, f"{field.get('size')} octets" if name in masked else field.get("show")] += 1
    return found


def lost(tshark, path, more=(), masked=MASKED, **options):
    """What stock shows and we do not: (frame, field, value)."""
    stock_options = {key: value for key, value in options.items() if key != "prefs"}
    stock = tshark.pdml(path, plugin=False, more=more, **stock_options).findall("packet")
    ours = tshark.pdml(path, more=more, **options).findall("packet")
    assert len(stock) == len(ours)
    return [(number, *pair) for number, (before, after) in enumerate(zip(stock, ours), 1)
            for pair in pairs(before, masked) - pairs(after, masked)]


@pytest.mark.parametrize("two_pass", [False, True], ids=["one-pass", "two-pass"])
def test_bundled(tshark, captures, any_capture, two_pass):
    assert lost(tshark, captures[any_capture], keylog=captures.keylog(any_capture), two_pass=two_pass) == []


@pytest.mark.parametrize("carrier", ["packet", "routed"])
def test_every_message(tshark, tmp_path, carrier):
    # A stock that knows the old shapes of keys and CRLs only reads whatever follows out of step.
    newest = "cip.eip_security.psk_usage" in tshark.field_types(plugin=False)
    capture = enip.Capture()
    for ask, answer in messages.every(newest):
        capture.exchange(ask, answer, carrier)
    assert lost(tshark, capture.write(tmp_path / "every.pcap")) == []


def test_keys_come_back_with_the_preference(tshark, captures):
    path = captures["01-push-provisioning-plain"]
    assert lost(tshark, path, masked=(), prefs={"cipsec.show_psk": "TRUE"}) == []
    assert {field for _, field, _ in lost(tshark, path, masked=())} == MASKED


def test_third_party(tshark, thirdparty):
    """The beginning of each: the long ones repeat themselves."""
    losses = {path.name: lost(tshark, path, more=["-c", "1000"]) for path in thirdparty}
    assert {name: loss for name, loss in losses.items() if loss} == {}


def test_third_party_is_left_alone(tshark, thirdparty):
    """Captures without CIP Security: nothing of it may be claimed."""
    claims = "cipsec.cm || cipsec.eip || cipsec.cs || cipsec.file || cipsec.cipher || cipsec.version"
    found = {path.name: tshark.frames(path, claims) for path in thirdparty}
    assert {name: frames for name, frames in found.items() if frames} == {}
