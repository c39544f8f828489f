"""Every message of the examples and of a real session, cut at every octet: nothing before the cut is lost, nothing behind
the message is lost, and the reader is told.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import enip
import examples

GOOD = bytes.fromhex("0E03205D24013001"), bytes.fromhex("8E00000002")
STATUS_WORDS = 3  # octet of a response that counts them


def header(message, response):
    return 4 + 2 * message[STATUS_WORDS] if response else 2 + 2 * message[1]


def messages():
    """(request, response) of all examples that are ours."""
    for name, exchanges in sorted(examples.EXCHANGES.items()):
        for ask, answer, _, _ in exchanges:
            if name not in ("X22", "X23"):
                yield bytes.fromhex(ask), bytes.fromhex(answer)


def recorded(captures):
    """The distinct exchanges of a recorded session, from its ground truth."""
    seen = set()
    for stream in captures.truth("01-push-provisioning-plain")["streams"]:
        for message in stream.get("messages", []):
            ask, answer = message.get("request"), message.get("response")
            if not ask or not answer or int(ask.get("class") or "0", 16) not in (0x37, 0x5D, 0x5E, 0x5F):
                continue
            where = enip.path(int(ask["class"], 16), ask["instance"], ask.get("attribute"))
            service = int(ask["service"], 16)
            pair = (enip.request(service, where, bytes.fromhex(ask.get("data") or "")[:48]),
                    enip.response(service, bytes.fromhex(answer.get("data") or "")[:48], int(answer["status"], 16)))
            shape = (service, where, len(pair[0]), len(pair[1]))
            if shape not in seen:
                seen.add(shape)
                yield pair


def cut_everywhere(pairs):
    """A capture with each message at each length between two good ones. Returns it and what was sent."""
    capture, sent = enip.Capture(), []
    for ask, answer in pairs:
        for length in range(1, len(ask)):
            frames = capture.packet([GOOD[0], ask[:length], GOOD[0]], [GOOD[1], answer, GOOD[1]])
            sent.append((frames[0], length >= header(ask, False), False))
        for length in range(1, len(answer)):
            frames = capture.packet([GOOD[0], ask, GOOD[0]], [GOOD[1], answer[:length], GOOD[1]])
            sent.append((frames[1], length >= header(answer, True), True))
    return capture, sent


def look(tshark, path, sent):
    # A cut inside path or status is Wireshark's own to report; from the body on the message is ours.
    ours = {frame for frame, body, _ in sent if body}
    rows = {int(row["frame.number"][0]): row for row in
            tshark.fields(path, ["frame.number", "cipsec.cs.state", "cip.sc", "_ws.malformed.expert"])}
    assert [frame for frame in ours if rows[frame]["_ws.malformed.expert"]] == []
    members = {frame: len(rows[frame]["cip.sc"]) for frame in ours}
    assert {frame: count for frame, count in members.items() if count != 4} == {}
    answers = {frame for frame, body, response in sent if body and response}
    assert [frame for frame in answers if rows[frame]["cipsec.cs.state"].count("2") < 2] == []


def test_examples(tshark, tmp_path_factory):
    capture, sent = cut_everywhere(messages())
    path = capture.write(tmp_path_factory.mktemp("cut") / "examples.pcap")
    look(tshark, path, sent)
    # A body that ends inside a value is said to be malformed, with the place.
    complaints = [line for line in tshark.verbose(path, filter="cipsec.expert.malformed").splitlines()
                  if "Expert Info" in line and "Malformed" in line]
    assert complaints and all(" at offset " in line for line in complaints)


def test_recorded_session(tshark, captures, tmp_path_factory):
    capture, sent = cut_everywhere(recorded(captures))
    path = capture.write(tmp_path_factory.mktemp("cut") / "recorded.pcap")
    look(tshark, path, sent)


def test_cut_by_the_snap_length(tshark, captures, tmp_path_factory):
    """Frames recorded in part: nothing is called malformed that was only not recorded."""
    path = captures["01-push-provisioning-plain"]
    before = set(tshark.frames(path, "cipsec.expert.malformed"))
    for snap in (110, 113, 118, 125, 140):
        cut = tmp_path_factory.mktemp("snap") / f"{snap}.pcap"
        tshark_cut(path, cut, snap)
        assert set(tshark.frames(cut, "cipsec.expert.malformed")) <= before
        assert tshark.frames(cut, "_ws.malformed.expert") == []


def tshark_cut(path, out, snap):
    import pcap
    link, packets = pcap.read(path)
    for packet in packets:
        packet.length = max(packet.length, len(packet.data))
        packet.data = packet.data[:snap]
    pcap.write(out, packets, link)
