"""Sessions between `openssl s_client` and `openssl s_server`, for what Python's ssl cannot do: renegotiation and DTLS. A
relay between them writes what passes as packets, so nobody needs the right to capture.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import select
import socket
import subprocess

TIMEOUT = 10
QUIET = 0.4  # seconds without a byte: the ends have nothing more to say


class Relay:
    """One session. Use as a context manager; say() types for one of the ends."""

    def __init__(self, wire, folder, server, client, dtls=False):
        self.wire, self.folder, self.dtls, self.keys = wire, folder, dtls, folder / "relay-keys.txt"
        self.options = list(map(str, server)), list(map(str, client))
        self.kind = socket.SOCK_DGRAM if dtls else socket.SOCK_STREAM
        self.sockets, self.peer = [], None

    def __enter__(self):
        self.listener = socket.socket(socket.AF_INET, self.kind)
        self.listener.bind(("127.0.0.1", 0))
        # the server takes a free port itself: one found free before may be somebody else's by the time it is asked for
        server = self.start("s_server", "-accept", "127.0.0.1:0", "-keylogfile", self.keys, *self.options[0])
        port = self.accepting(server)
        if not self.dtls:
            self.listener.listen()
            self.wire.open()
        client = self.start("s_client", "-connect", f"127.0.0.1:{self.listener.getsockname()[1]}", *self.options[1])
        self.ends = {True: client, False: server}
        if self.dtls:
            self.upstream = socket.socket(socket.AF_INET, self.kind)
            self.upstream.connect(("127.0.0.1", port))
            self.sockets = [self.listener, self.upstream]
        else:
            self.listener.settimeout(TIMEOUT)
            self.sockets = [self.listener.accept()[0], socket.create_connection(("127.0.0.1", port), TIMEOUT)]
        self.carry()
        return self

    @staticmethod
    def start(*words):
        return subprocess.Popen(["openssl", *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)

    @staticmethod
    def accepting(server):
        """The port that server says it listens on."""
        for line in server.stdout:
            if line.startswith(b"ACCEPT"):
                return int(line.rsplit(b":", 1)[1])
        raise ChildProcessError(f"{server.args} ended with {server.wait()}")

    def carry(self):
        """Takes over what passes until both ends are quiet."""
        while True:
            ready, _, _ = select.select(self.sockets, [], [], QUIET)
            if not ready:
                return
            for end in ready:
                client = end is self.sockets[0]
                if self.dtls:
                    data, sender = end.recvfrom(65536)
                    self.peer = sender if client else self.peer
                else:
                    data = end.recv(65536)
                if not data:
                    self.sockets.remove(end)
                    return
                (self.wire.datagram if self.dtls else self.wire.send)(client, data)
                if not self.dtls:
                    self.sockets[client].sendall(data)
                elif client:
                    self.upstream.send(data)
                else:
                    self.listener.sendto(data, self.peer)

    def say(self, client, data):
        """data as typed: R renegotiates; anything else is sent."""
        self.ends[client].stdin.write(data)
        self.ends[client].stdin.flush()
        self.carry()

    def __exit__(self, *_):
        for end in self.ends.values():
            end.kill()
            end.wait()
        for one in {self.listener, *self.sockets}:
            one.close()
