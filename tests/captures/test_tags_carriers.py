"""The tags do not depend on what carries the packets: IPv6, VLAN, QinQ, tunnels, cut-off frames, other ports.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import enip
import pcap
import pytest

TAGS = ["cipsec.stream", "cipsec.transport", "cipsec.client.port", "cipsec.server.port", "cipsec.role",
        "cipsec.role.source", "cipsec.class", "cipsec.class.source", "cipsec.transport_class", "cipsec.confidentiality",
        "cipsec.confidentiality.source", "cipsec.version", "cipsec.cipher", "cipsec.mutual_auth", "cipsec.kind",
        "cipsec.handshake", "cipsec.handshake.alert", "cipsec.midstream", "cipsec.io.connection",
        "cipsec.io.sequence_count", "cipsec.io.direction"]
SOURCES = ["01-push-provisioning-plain", "04b-class3-tls-null-sha", "05b-class1-io-dtls-null", "08-05b-midstream",
           "06e-client-without-cert"]


def qinq(data):
    return data[:12] + b"\x88\xa8\x00\x07\x81\x00\x00\x05" + data[12:]


def mapped(address):
    return bytes.fromhex("fd00 0000 0000 0000 0000 0000") + address


def checksum(source, destination, proto, body):
    """Of TCP or UDP over IPv6, where UDP must have one."""
    data = source + destination + struct.pack(">II", len(body), proto) + body + b"\0" * (len(body) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def ipv6(data):
    ip, transport, _ = pcap.layers(data)
    end = ip + struct.unpack(">H", data[ip + 2:ip + 4])[0]
    proto, body = data[ip + 9], bytearray(data[transport:end])
    source, destination = mapped(bytes(data[ip + 12:ip + 16])), mapped(bytes(data[ip + 16:ip + 20]))
    at = 6 if proto == 17 else 16
    body[at:at + 2] = b"\0\0"
    body[at:at + 2] = struct.pack(">H", checksum(source, destination, proto, bytes(body)))
    head = struct.pack(">IHBB", 0x60000000, len(body), proto, 64) + source + destination
    return bytes(data[:12]) + b"\x86\xdd" + head + bytes(body)


def whole_fragment(data):
    """IPv6 with the header of a fragment, which nevertheless is the whole packet (RFC 6946)."""
    data = ipv6(data)
    size = struct.pack(">H", struct.unpack(">H", data[18:20])[0] + 8)
    return data[:18] + size + b"\x2c" + data[21:54] + data[20:21] + b"\0\0\0\0\0\0\x01" + data[54:]


def outer(data, proto, body):
    """An IPv4 packet between two other hosts that carries body, in the Ethernet frame of data."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, proto, 0) + bytes([10, 1, 1, 1, 10, 1, 1, 2])
    return data[:12] + b"\x08\x00" + head + body


def gre(data):
    return outer(data, 47, b"\0\0\x08\0" + data[14:])


def erspan(data):
    """A mirrored port, type II: the frame in GRE."""
    return outer(data, 47, bytes.fromhex("100088be00000001 1005000100000000") + data)


def vxlan(data):
    body = bytes.fromhex("0800000000002a00") + data
    return outer(data, 17, struct.pack(">HHHH", 55555, 4789, 8 + len(body), 0) + body)


def sixin4(data):
    return outer(data, 41, ipv6(data)[14:])


def pppoe(data):
    return data[:12] + b"\x88\x64\x11\0\0\1" + struct.pack(">H", len(data) - 12) + b"\0\x21" + data[14:]


def mpls(data):
    return data[:12] + b"\x88\x47\0\6\x41\x40" + data[14:]


CARRIERS = [pcap.vlan, qinq, ipv6, whole_fragment, gre, erspan, vxlan, sixin4, pppoe, mpls]


def converted(tshark, captures, name, change):
    link, packets = pcap.read(captures[name])
    for packet in packets:
        packet.data = bytearray(change(bytes(packet.data)))
        packet.length = len(packet.data)
    path = tshark.work / f"{name}-{change.__name__}.pcap"
    pcap.write(path, packets, link)
    return path


def tags(tshark, path, **options):
    return [{tag: row[tag] for tag in TAGS} for row in tshark.fields(path, TAGS, **options)]


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("change", CARRIERS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_same_tags(tshark, captures, name, change, two_pass):
    path = converted(tshark, captures, name, change)
    assert tags(tshark, path, two_pass=two_pass) == tags(tshark, captures[name], two_pass=two_pass)


def test_ipv6_addresses(tshark, captures):
    path = converted(tshark, captures, "04b-class3-tls-null-sha", ipv6)
    rows = tshark.fields(path, ["cipsec.client.ip", "cipsec.client.ip6", "cipsec.server.ip6"])
    assert rows[-1] == {"cipsec.client.ip": [], "cipsec.client.ip6": ["fd00::7f11:5134"],
                        "cipsec.server.ip6": ["fd00::7f11:531f"]}


def cut(data):
    """No payload left in any frame: only headers are there."""
    _, _, payload = pcap.layers(data)
    return data[:payload]


def test_headers_only(tshark, captures):
    """With a snap length that leaves nothing but headers, roles come from the SYN and bytes from the IP header."""
    name = "04b-class3-tls-null-sha"
    link, packets = pcap.read(captures[name])
    for packet in packets:
        packet.data = bytearray(cut(bytes(packet.data)))
    path = tshark.work / "headers-only.pcap"
    pcap.write(path, packets, link)
    rows = tshark.fields(path, ["cipsec.role.source", "cipsec.midstream", "cipsec.handshake", "cipsec.confidentiality"])
    assert {row["cipsec.role.source"][0] for row in rows} == {"3"}
    assert {row["cipsec.midstream"][0] for row in rows} == {"0"}
    assert {row["cipsec.confidentiality"][0] for row in rows} == {"3"}
    whole, headers = (tshark.stat(one, "cipsec,streams").splitlines()[4:] for one in (captures[name], path))
    assert [line.split()[-6:] for line in whole] == [line.split()[-6:] for line in headers]


def test_other_port_by_preference(tshark, captures):
    """cipsec.ports moves the analysis: what is on 2221 is then nobody's."""
    prefs = {"cipsec.ports": "12221"}
    rows = tshark.fields(captures["04b-class3-tls-null-sha"], ["cipsec.stream"], prefs=prefs)
    assert not any(row["cipsec.stream"] for row in rows)


def test_switched_off(tshark, captures):
    """Disabled under Enabled Protocols nothing is tagged and EtherNet/IP is dissected as ever."""
    off = ["--disable-protocol", "cipsec"]
    for name in ("01-push-provisioning-plain", "05b-class1-io-dtls-null"):
        rows = tshark.fields(captures[name], ["cipsec.stream", "frame.protocols"], more=off)
        stock = tshark.fields(captures[name], ["frame.protocols"], plugin=False)
        assert not any(row["cipsec.stream"] for row in rows)
        for row, plain in zip(rows, stock, strict=True):
            assert ("enip" in row["frame.protocols"][0]) == ("enip" in plain["frame.protocols"][0])


def test_enip_switched_off(tshark, captures):
    """Without EtherNet/IP the wrapper of its ports dissects nothing either."""
    off = ["--disable-protocol", "enip"]
    rows = tshark.fields(captures["01-push-provisioning-plain"], ["frame.protocols"], more=off)
    assert not any("enip" in row["frame.protocols"][0].split(":") for row in rows)


def test_decode_as_still_rules(tshark, captures):
    rows = tshark.fields(captures["01-push-provisioning-plain"], ["frame.protocols"],
                         more=["-d", "tcp.port==44818,http"])
    assert not any("enip" in row["frame.protocols"][0].split(":") for row in rows if "tcp" in row["frame.protocols"][0])


@pytest.mark.parametrize("name", ["05a-class1-io-dtls-aes128", "05b-class1-io-dtls-null"])
@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_io_is_tied_to_its_forward_open(tshark, captures, name, two_pass):
    truth = captures.truth(name)
    fields = ["ip.src", "cipsec.io.connection", "cipsec.io.transport_class", "cipsec.io.direction",
              "cipsec.io.sequence_count", "cipsec.io.run_idle", "cipsec.io.rpi", "cipsec.io.api",
              "cipsec.io.open_frame"]
    rows = tshark.fields(captures[name], fields, filter="cipsec.io.connection", two_pass=two_pass,
                         keylog=captures.keylog(name))
    io = next(stream for stream in truth["streams"] if stream.get("io"))["io"]
    for direction, producer in (("1", "originator"), ("2", "target")):
        wanted = next(one for one in io if one["producer"] == producer)
        seen = [row for row in rows if row["cipsec.io.direction"] == [direction]]
        assert len(seen) == wanted["frames"]
        assert {row["ip.src"][0] for row in seen} == {"127.17.81.51" if direction == "1" else "127.17.83.31"}
        counts = [int(row["cipsec.io.sequence_count"][0]) for row in seen]
        assert counts[0] == int.from_bytes(bytes.fromhex(wanted["first"]["data"])[:2], "little")
        assert counts[-1] == int.from_bytes(bytes.fromhex(wanted["last"]["data"])[:2], "little")
        for row in seen:
            assert (row["cipsec.io.transport_class"], row["cipsec.io.rpi"], row["cipsec.io.api"]) == \
                (["1"], ["20000"], ["20000"])
            assert row["cipsec.io.run_idle"] == (["1"] if direction == "1" else [])
    opened = {int(row["cipsec.io.open_frame"][0]) for row in rows}
    assert opened == set(tshark.frames(captures[name], "cip.cm.sc == 0x54", keylog=captures.keylog(name))[:1])


def test_list_identity(tshark, captures):
    """Also the item that the device's encapsulation length leaves out."""
    fields = ["cipsec.identity.profiles", "cipsec.identity.profiles_configured", "cipsec.identity.cs_state",
              "cipsec.identity.eip_state", "cipsec.identity.ports", "cipsec.identity.not_counted",
              "cipsec.identity.ports.tcp_44818", "cipsec.identity.ports.tcp_2221", "cipsec.identity.product_name"]
    rows = tshark.fields(captures["01-push-provisioning-plain"], fields, filter="cipsec.identity.profiles")
    assert len(rows) == 2
    first = {name: values[0] for name, values in rows[0].items()}
    assert int(first["cipsec.identity.profiles"], 0) == 2 and int(first["cipsec.identity.ports"], 0) == 3
    assert first["cipsec.identity.cs_state"] == "0" and rows[1]["cipsec.identity.cs_state"] != ["0"]
    assert first["cipsec.identity.not_counted"] == "11"
    assert (first["cipsec.identity.ports.tcp_44818"], first["cipsec.identity.ports.tcp_2221"]) == ("1", "0")
    assert first["cipsec.identity.product_name"] == "OpENer PC"


def on_ports(data, client, client_port, server_port):
    """A datagram with other ports; the client is known by its address."""
    ip, transport, _ = pcap.layers(data)
    mine = bytes(data[ip + 12:ip + 16]) == client
    ports = (client_port, server_port) if mine else (server_port, client_port)
    return (data[:transport] + struct.pack(">HH", *ports) + data[transport + 4:transport + 6] + b"\0\0" +
            data[transport + 8:])


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
def test_start_dtls(tshark, captures, two_pass):
    """What follows START_DTLS on 44818 is a DTLS stream of its own."""
    link, packets = pcap.read(captures["05b-class1-io-dtls-null"])
    client = bytes([127, 17, 81, 51])
    datagrams = [packet for packet in packets if packet.data[23] == 17]
    for packet in datagrams:
        packet.data = bytearray(on_ports(bytes(packet.data), client, 50000, 44818))
    begin = []
    for number in (0, 1):
        head = bytearray(datagrams[0].data[:42])
        if number:
            head[26:34] = head[30:34] + head[26:30]
            head[34:38] = head[36:38] + head[34:36]
        head[16:18], head[38:40] = struct.pack(">H", 20 + 8 + 24), struct.pack(">H", 8 + 24)
        begin.append(pcap.Packet(datagrams[0].seconds, datagrams[0].micros, head + b"\xc8" + b"\0" * 23, 66))
    path = tshark.work / "start-dtls.pcap"
    pcap.write(path, begin + datagrams, link)
    rows = tshark.fields(path, [*TAGS, "cipsec.start_dtls"], two_pass=two_pass)
    assert [row["cipsec.stream"] for row in rows] == [["0"]] * 2 + [["1"]] * len(datagrams)
    assert rows[1]["cipsec.start_dtls"] == ["1"] and rows[1]["cipsec.transport"] == ["4"]
    last = {tag: values[0] for tag, values in rows[-1].items() if values}
    assert last["cipsec.transport"] == "2" and last["cipsec.handshake"] == "2"
    assert int(last["cipsec.cipher"], 0) == 0xC006 and last["cipsec.confidentiality"] == "1"
    assert last["cipsec.client.port"] == "50000" and last["cipsec.kind"] == "3"


REGISTER_SESSION = bytes.fromhex("65000400000000000000000000000000000000000000000001000000")


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("early", [b"", REGISTER_SESSION], ids=["SYN", "SYN with data"])
@pytest.mark.parametrize("port", [2221, 44818])
def test_ports_used_again(tshark, port, early, two_pass):
    """Each connection between the same ports is a stream, also one whose SYN carries data (TCP Fast Open)."""
    wire = enip.Capture(port)
    wire.raw(REGISTER_SESSION)
    wire.raw(REGISTER_SESSION, from_client=False)
    wire.connect(9000000, early)
    wire.raw(REGISTER_SESSION)
    wire.raw(REGISTER_SESSION, from_client=False)
    path = wire.write(tshark.work / f"again-{port}-{len(early)}.pcap")
    rows = tshark.fields(path, ["cipsec.stream"], two_pass=two_pass)
    assert [row["cipsec.stream"] for row in rows] == [["0"]] * 5 + [["1"]] * 5


@pytest.mark.parametrize("ports", ["44818,2221", "1-65535", "2222,2221"])
@pytest.mark.parametrize("name", ["plant-before", "plant-after", "io-trusted-ip"])
def test_ports_of_the_clear_in_the_preference(tshark, captures, name, ports):
    """A range may be wide; what Wireshark has for a port stays what reads the clear there."""
    fields = ["cip.service", "enip.command", "enip.lir.name", "enip.cpf.sai.connid", "cip.sc"]
    plain = tshark.fields(captures[name], fields)
    assert tshark.fields(captures[name], fields, prefs={"cipsec.ports": ports}) == plain
    assert any(row["enip.command"] for row in plain)


def test_cip_switched_off(tshark, captures):
    """Nobody remembers requests then: that is no reason to miss them."""
    rows = tshark.jsonl(captures["deploy-initial"], more=["--disable-protocol", "cip"])
    assert "no_request" not in [row["name"] for row in rows if row["record"] == "finding"]
    assert any(row["record"] == "stream" for row in rows)


@pytest.mark.parametrize("name", ["io-class1-authenticated", "io-class1-encrypted"])
@pytest.mark.parametrize("other", ["dtls", "data"])
def test_datagrams_decoded_as_something_else(tshark, captures, name, other):
    """Decode As takes the port from the wrapper, not what the analysis knows of the stream."""
    def told(**options):
        return [(row["client"], row["role_source"], row["handshake"]["state"], row["confidentiality"], row["midstream"],
                 row["class"]) for row in tshark.jsonl(captures[name], **options) if row["record"] == "stream"]
    assert told(more=["-d", f"udp.port==2221,{other}"]) == told()
