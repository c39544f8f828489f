"""The module loads, under its name and version, and registers its protocols.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

PROTOCOLS = {
    "cipsec": "CIP Security Analysis",
    "cipsec.cs": "CIP Security Object",
    "cipsec.eip": "EtherNet/IP Security Object",
    "cipsec.cm": "Certificate Management Object",
    "cipsec.file": "CIP File Object",
}


def test_module_is_loaded(tshark):
    lines = [line for line in tshark.run("-G", "plugins").splitlines() if line.startswith("cipsec.so")]
    assert len(lines) == 1 and re.search(r"\s\d+\.\d+\.\d+\s+dissector", lines[0]), lines


def test_start_says_nothing(tshark):
    assert tshark.execute("-v").stderr == ""


def test_protocols(tshark):
    registered = {row[2]: row[0] for row in tshark.glossary("protocols") if len(row) > 2}
    assert {name: registered.get(name) for name in PROTOCOLS} == PROTOCOLS


def test_every_field_is_under_its_protocol(tshark):
    ours = set(PROTOCOLS)
    for row in tshark.glossary("fields"):
        if row[0] == "F" and row[4] in ours:
            assert row[2].startswith(row[4] + "."), row
