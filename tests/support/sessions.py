"""TLS sessions between two OpenSSL ends in memory, as packets: situations that no bundled capture holds.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import ssl
import struct
import subprocess

import pcap

ENDS = [(b"\x0a\x00\x00\x01", 50000), (b"\x0a\x00\x00\x02", 2221)]
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
REGISTER = bytes.fromhex("65000400") + bytes(20) + bytes.fromhex("01000000")


def encapsulation(command, status=0, body=b""):
    return struct.pack("<HHII8xI", command, len(body), 0, status, 0) + body


class Wire:
    """Collects packets of TCP connections, one after the other, with the three packets that open each."""

    def __init__(self):
        self.packets, self.clock, self.port = [], 0, ENDS[0][1]

    def ports(self, client):
        return (self.port, ENDS[1][1]) if client else (ENDS[1][1], self.port)

    def packet(self, client, sequence, payload, flags=0x18):
        head = struct.pack(">HHIIBBHHH", *self.ports(client), sequence & 0xFFFFFFFF, 0, 0x50, flags, 65535, 0, 0)
        self.frame(client, 6, head + payload)

    def datagram(self, client, payload):
        self.frame(client, 17, struct.pack(">HHHH", *self.ports(client), 8 + len(payload), 0) + payload)

    def frame(self, client, protocol, segment):
        (source, _), (target, _) = ENDS if client else ENDS[::-1]
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 0, 0, 64, protocol, 0, source, target)
        data = bytearray(b"\x02" * 12 + b"\x08\x00" + ip + segment)
        self.clock += 1000
        self.packets.append(pcap.Packet(1700000000 + self.clock // 10 ** 6, self.clock % 10 ** 6, data, len(data)))

    def open(self):
        self.port += 1
        self.packet(True, 999, b"", 0x02)
        self.packet(False, 1999, b"", 0x12)
        self.sequence = [1000, 2000]

    def send(self, client, data):
        self.packet(client, self.sequence[not client], data)
        self.sequence[not client] += len(data)

    def write(self, path):
        pcap.write(path, self.packets)
        return path


class Stack:
    """A client and a server context that share a key log."""

    def __init__(self, folder, version, ciphers=None, mutual=False, names=("client", "server"), tickets=True, key=EC):
        self.keys, self.ends = folder / "keys.txt", []
        certificates = [self.certificate(folder, name, key) for name in names]
        self.client, self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        for context in (self.client, self.server):
            context.minimum_version = context.maximum_version = version
            if ciphers:
                context.set_ciphers(ciphers)
            if not tickets:
                context.options |= ssl.OP_NO_TICKET
        self.client.check_hostname = False
        self.client.load_verify_locations(certificates[1][1])
        self.client.keylog_filename = str(self.keys)
        self.server.load_cert_chain(certificates[1][1], certificates[1][0])
        if mutual:
            self.server.verify_mode = ssl.CERT_REQUIRED
            self.server.load_verify_locations(certificates[0][1])
            self.client.load_cert_chain(certificates[0][1], certificates[0][0])

    @staticmethod
    def certificate(folder, name, options=EC):
        key, cert = folder / f"{name}.key", folder / f"{name}.pem"
        subprocess.run(["openssl", "req", "-x509", *options, "-nodes",
                        "-keyout", key, "-out", cert, "-subj", f"/CN={name}", "-days", "10"], check=True, capture_output=True)
        return key, cert

    def connect(self, wire, messages=((True, REGISTER), (False, REGISTER)), session=None):
        """One connection on the wire, messages as (sent by the client, bytes). Returns the client's session."""
        wire.open()
        pipes = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
        ends = [self.client.wrap_bio(*pipes[0], session=session), self.server.wrap_bio(*pipes[1], server_side=True)]

        def carry():
            for i in (0, 1):
                data = pipes[i][1].read()
                if data:
                    wire.send(i == 0, data)
                    pipes[1 - i][0].write(data)

        for _ in range(6):
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    pass
                carry()
        for client, data in messages:
            ends[not client].write(data)
            carry()
            ends[client].read(65536)
        self.ends.append(ends)  # OpenSSL forgets sessions of ends that vanish without a farewell
        assert session is None or ends[0].session_reused
        return ends[0].session
