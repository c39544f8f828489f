#!/usr/bin/env python3
"""Throws damaged captures at the module built with sanitizers.

Takes every bundled capture, damages copies of it (bits, lengths, order, losses, duplicates, cut packets, late starts,
spliced payloads), puts many copies on ports of their own into one file and reads it with tshark in all the ways
users do. No sanitizer report, no crash, no endless run, no dissector bug that stock does not have is accepted.
The seed makes a run repeatable; a file that fails is kept.

    mutate.py --build DIR [--seconds N] [--seed N] [--junit FILE] [--corpus DIR] [--no-sanitizer]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import copy
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import time
import xml.etree.ElementTree as etree

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.dont_write_bytecode = True

import pcap  # noqa: E402
import runner  # noqa: E402

FIXED_PORTS = {2221, 2222, 44818}
VARIANTS, PACKETS = 24, 400
PATIENCE = 180
WAYS = (
    ["-V", "-2"],
    ["-T", "pdml"],
    ["-Y", "cipsec.stream == 0 && cipsec.cm.service"],
    ["-q", "-z", "cipsec,streams", "-z", "cipsec,devices", "-z", "cipsec,certs", "-z", "cipsec,deployments"],
    ["-q", "-2", "-z", "cipsec,jsonl"],
    ["-q", "-z", "cipsec,tcp", "-z", "cipsec,tls", "-z", "cipsec,dtls", "-z", "cipsec,bridge", "-z", "cipsec,findings"],
    ["-q", "--export-objects", "cipsec,{folder}"],
    ["-V", "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "cipsec.show_psk:TRUE"],
    ["-V", "-o", "tcp.desegment_tcp_streams:FALSE"],
)
BUG = re.compile(r"Dissector bug")
COMPLAINT = re.compile(r"Dissector bug|Sanitizer|runtime error:|ASSERT|[Aa]ssertion|CRITICAL|\*\* ")


def flip_bits(rng, packets):
    for packet in rng.sample(packets, max(1, len(packets) // rng.choice((4, 16, 64)))):
        start = payload_start(packet)
        for _ in range(rng.choice((1, 1, 2, 8))):
            if start < len(packet.data):
                packet.data[rng.randrange(start, len(packet.data))] ^= 1 << rng.randrange(8)


def strange_numbers(rng, packets):
    """Puts the numbers where lengths may stand that parsers get wrong."""
    values = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0xFFFE)
    for packet in rng.sample(packets, max(1, len(packets) // 6)):
        start, value = payload_start(packet), rng.choice(values)
        width = rng.choice((1, 2, 2, 3, 4))
        if start + width < len(packet.data):
            at = rng.randrange(start, len(packet.data) - width)
            packet.data[at:at + width] = (value & (1 << 8 * width) - 1).to_bytes(width, rng.choice(("little", "big")))


def cut_packets(rng, packets):
    """What a small snap length leaves."""
    if rng.random() < 0.5:
        limit = rng.randrange(40, 300)
        for packet in packets:
            del packet.data[limit:]
    else:
        for packet in rng.sample(packets, max(1, len(packets) // 5)):
            del packet.data[rng.randrange(14, len(packet.data) + 1):]


def shorten_payloads(rng, packets):
    """Truncates messages and says so in the IP and UDP lengths, as a sender would who stops early."""
    for packet in rng.sample(packets, max(1, len(packets) // 5)):
        start = payload_start(packet)
        if start < len(packet.data):
            del packet.data[rng.randrange(start, len(packet.data)):]
            correct_lengths(packet)


def lengthen_payloads(rng, packets):
    for packet in rng.sample(packets, max(1, len(packets) // 8)):
        packet.data += rng.randbytes(rng.choice((1, 2, 7, 200)))
        correct_lengths(packet)


def splice(rng, packets):
    """Gives a packet the payload, or the end of the payload, of another."""
    for packet in rng.sample(packets, max(1, len(packets) // 8)):
        other = rng.choice(packets)
        start, source = payload_start(packet), payload_start(other)
        if start < len(packet.data) and source < len(other.data):
            packet.data[rng.randrange(start, len(packet.data)):] = other.data[rng.randrange(source, len(other.data)):]
            correct_lengths(packet)


def lose(rng, packets):
    for packet in rng.sample(packets, max(1, len(packets) // rng.choice((4, 20)))):
        packets.remove(packet)


def duplicate(rng, packets):
    for packet in rng.sample(packets, max(1, len(packets) // 8)):
        packets.insert(rng.randrange(len(packets) + 1), copy.deepcopy(packet))


def reorder(rng, packets):
    for _ in range(max(1, len(packets) // 10)):
        one = rng.randrange(len(packets))
        two = min(len(packets) - 1, one + rng.randrange(1, 5))
        packets[one].data, packets[two].data = packets[two].data, packets[one].data


def start_late(rng, packets):
    del packets[:rng.randrange(len(packets))]


def jump_clock(rng, packets):
    for packet in packets[rng.randrange(len(packets)):]:
        packet.seconds = max(0, packet.seconds + rng.choice((-10 ** 6, 10 ** 6)))


def nothing(rng, packets):
    del rng, packets


MUTATIONS = (flip_bits, strange_numbers, cut_packets, shorten_payloads, lengthen_payloads, splice, lose, duplicate, reorder,
             start_late, jump_clock, nothing)


def payload_start(packet):
    found = pcap.layers(packet.data)
    return found[2] if found else min(14, len(packet.data))


def correct_lengths(packet):
    """Makes the IP and UDP lengths say what is there."""
    found = pcap.layers(packet.data)
    packet.length = len(packet.data)
    if not found:
        return
    ip, transport, payload = found
    version6 = packet.data[ip] >> 4 == 6
    size = len(packet.data) - ip - (40 if version6 else 0)
    where = ip + (4 if version6 else 2)
    packet.data[where:where + 2] = struct.pack(">H", size & 0xFFFF)
    if payload == transport + 8:
        packet.data[transport + 4:transport + 6] = struct.pack(">H", (len(packet.data) - transport) & 0xFFFF)


def move_ports(packets, shift):
    """Gives every ephemeral port another number, so that copies of one capture are streams of their own."""
    for packet in packets:
        found = pcap.layers(packet.data)
        if found:
            for at in (found[1], found[1] + 2):
                port = struct.unpack(">H", packet.data[at:at + 2])[0]
                if port not in FIXED_PORTS:
                    packet.data[at:at + 2] = struct.pack(">H", 1024 + (port + shift) % 40000)


def variant(rng, corpus, shift):
    packets = copy.deepcopy(rng.choice(corpus))
    if len(packets) > PACKETS:
        first = rng.choice((0, rng.randrange(len(packets) - PACKETS)))
        packets = packets[first:first + PACKETS]
    for mutation in rng.sample(MUTATIONS, rng.choice((1, 1, 2, 3))):
        if len(packets) > 1:
            mutation(rng, packets)
    move_ports(packets, shift)
    return packets


class Fuzzer:
    def __init__(self, tshark, sanitizer, keep, keys):
        self.tshark, self.keep, self.keys = tshark, keep, keys
        self.environment = {"WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple", "G_SLICE": "always-malloc",
                            "ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
        if sanitizer:
            library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
            self.environment["LD_PRELOAD"] = library.stdout.strip()
        self.runs = self.packets = 0
        self.failures = []

    def read(self, path, way, plugin=True):
        """What a reading of path had to say for itself that a good one does not, or None."""
        folder = self.tshark.private("export") if "{folder}" in "".join(way) else None
        args = ["-r", path, "-n", *(part.format(folder=folder) for part in way)]
        if self.keys:
            args += ["-o", f"tls.keylog_file:{self.keys}"]
        environment = dict(self.environment)
        if not plugin:
            environment.pop("LD_PRELOAD", None)
        try:
            result = self.tshark.execute(*args, plugin=plugin, environment=environment, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return f"not ready after {PATIENCE} s"
        finally:
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
        trouble = [line for line in result.stdout.splitlines() if BUG.search(line)]
        trouble += [line for line in result.stderr.splitlines() if COMPLAINT.search(line)]
        if result.returncode != 0 or "Sanitizer" in result.stderr:
            return f"ended with {result.returncode}\n{result.stderr[:6000]}"
        return "\n".join(trouble[:20]) or None

    def one(self, rng, corpus, number):
        """One file, read in one way, and again by stock if it shows trouble that stock may have made."""
        packets = []
        for shift in range(VARIANTS):
            packets += variant(rng, corpus, shift * 601 + number % 601)
        path = self.tshark.scratch / "fuzz.pcap"
        pcap.write(path, packets)
        way = WAYS[number % len(WAYS)]
        trouble = self.read(path, way)
        self.runs, self.packets = self.runs + 1, self.packets + len(packets)
        if trouble and not self.stock_has(path, way, trouble):
            self.keep.mkdir(parents=True, exist_ok=True)
            kept = self.keep / f"failure-{number}.pcap"
            shutil.copyfile(path, kept)
            self.failures.append(f"{kept.name} with {' '.join(way)}:\n{trouble}")
            print(self.failures[-1], flush=True)

    def stock_has(self, path, way, trouble):
        """True if stock shows the same dissector bugs, so that they are not ours."""
        if any(word in trouble for word in ("cipsec", "Sanitizer", "runtime error", "ended with", "not ready")):
            return False
        if any("cipsec," in part for part in way):
            way = ["-V"] + ["-2"] * ("-2" in way)  # stock does not know the statistic; the passes matter
        own = self.read(path, way, plugin=False) or ""
        places = set(re.findall(r"[\w-]+\.c:\d+", trouble))
        return bool(places) and places <= set(re.findall(r"[\w-]+\.c:\d+", own))


def write_junit(path, failures, runs):
    suite = etree.Element("testsuite", name="fuzz")
    case = etree.SubElement(suite, "testcase", classname="fuzz", name="damaged captures")
    if failures or not runs:
        etree.SubElement(case, "failure").text = "\n".join(failures).encode("ascii", "xmlcharrefreplace").decode() or "no run"
    etree.ElementTree(suite).write(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--junit")
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT / "test-captures")
    parser.add_argument("--no-sanitizer", action="store_true")
    options = parser.parse_args()

    corpus, secrets = [], [path.read_text() for path in sorted(options.corpus.rglob("*.keys"))]
    for path in sorted(options.corpus.rglob("*.pcap*")):
        link, packets = pcap.read(path)
        secrets.append(pcap.secrets(path))
        if link == pcap.ETHERNET and packets:
            corpus.append(packets)
    assert corpus, f"no captures under {options.corpus}"
    until, rng, number = time.monotonic() + options.seconds, random.Random(options.seed), 0
    with runner.Runner(options.build) as tshark:
        keys = tshark.work / "all.keys"
        keys.write_text("\n".join(secrets))
        keys.chmod(0o644)
        fuzzer = Fuzzer(tshark, not options.no_sanitizer, pathlib.Path(options.build) / "fuzz-failures", keys)
        while time.monotonic() < until and len(fuzzer.failures) < 5:
            fuzzer.one(rng, corpus, number)
            number += 1
    if options.junit:
        write_junit(options.junit, fuzzer.failures, fuzzer.runs)
    print(f"seed {options.seed}: {fuzzer.runs} files with {fuzzer.packets} damaged packets read, {len(fuzzer.failures)} failures")
    return 1 if fuzzer.failures else 0


if __name__ == "__main__":
    sys.exit(main())
