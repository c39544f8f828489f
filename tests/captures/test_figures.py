"""docs/labs/figures.md: every command of the table runs as printed and its output carries the figure's information.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re
import shlex

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| `[^`]+` \| `(tshark [^`]+)`", re.M)
COMMANDS = dict(ROW.findall((ROOT / "docs" / "labs" / "figures.md").read_text()))
SHOWS = {
    "4-1": ["Initiated, unsecured", "Accepted, unsecured", "44818", "ESTABLISHED"],
    "4-2": ["Initiated, secured", "Accepted, secured", "Initiated, unsecured", "Accepted, unsecured", "2221"],
    "4-3": ["10.17.83.31", "10.18.2.76", "10.17.80.31", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "Server", "Client"],
    "4-4": ["10.17.83.31", "TLS_ECDHE_ECDSA_WITH_NULL_SHA256", "Server and Client", "NULL"],
    "4-5": ["10.17.83.31", "Encrypted", "10.17.81.31", "Authenticated", "10.17.81.41", "None"],
    "4-6": ["10.17.82.21:2221", "handshake complete", "no client certificate", "Begin_Config", "Allowed Cipher Suites",
            "CSR", "Apply_Config", "new certificate", "Configuration complete."],
    "4-6, without keys": ["vendor certificate", "octets from the tool", "new certificate"],
    "4-7": ["Vendor", "1756-L85E"],
    "4-8": ["yes", "class 3 explicit", "Forward_Open", "Encrypted"],
    "4-9": ["Practice Plant Policy CA"],
    "4-10": ["DTLS 1.2", "1 ", "Encrypted", "0x"],
}


def test_every_figure_has_a_command():
    assert set(COMMANDS) == set(SHOWS)


@pytest.mark.parametrize("figure", sorted(SHOWS))
def test_command_shows_the_figure(tshark, captures, figure):
    words = shlex.split(COMMANDS[figure])[1:]
    names = [word for word in words if word.endswith(".pcapng")]
    words = [str(tshark.readable(captures[pathlib.Path(word).stem])) if word in names else word for word in words]
    text = tshark.run(*words)
    for wanted in SHOWS[figure]:
        assert wanted in text, f"figure {figure}: {wanted!r} missing"
