"""The plugin finds in each of the lab's captures what the ground truth expects, and no other error or warning.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "test-captures"
NAMES = sorted(path.name[:-len(".truth.json")] for path in FOLDER.glob("*.truth.json"))
SEVERITY = dict(re.findall(r'^CS_FINDING\(\w+, "(\w+)", (\w+),',
                           (ROOT / "epan-ext" / "include" / "cipsec" / "findings.def").read_text(), re.M))


@pytest.mark.parametrize("name", NAMES)
def test_findings(tshark, name):
    wanted = set(json.loads((FOLDER / f"{name}.truth.json").read_text())["findings"])
    rows = tshark.fields(FOLDER / f"{name}.pcapng", [f"cipsec.expert.{one}" for one in SEVERITY], two_pass=True)
    found = {field.rsplit(".", 1)[1] for row in rows for field, values in row.items() if values}
    assert wanted - found == set(), "expected, but not found"
    serious = {one for one in found if SEVERITY[one] in ("ERROR", "WARN")}
    assert serious - wanted == set(), "found, but not expected"
