"""Every filter of docs/filters.md compiles, finds something in the capture it names, and does not find everything.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# One row: question, filter in backquotes, captures in backquotes or a dash.
ROW = re.compile(r"^\| ([^|]+?) \| `([^`|]+)` \| (-|`[^|]+`) \|$")
# these find every frame of the capture: it shows one thing only
WHOLE_CAPTURE = {"cipsec.handshake == 4", "cipsec.handshake.alert == 48", "cipsec.handshake.alert == 40",
                 "cipsec.handshake.alert.sender == 1", "cipsec.kind == 4", "cipsec.confidentiality == 3"}


def recipes():
    lines = (ROOT / "docs" / "filters.md").read_text().splitlines()
    rows = [ROW.match(line) for line in lines]
    return [(row[1], row[2], re.findall(r"`([^`]+)`", row[3])) for row in rows if row]


def test_there_are_enough():
    rows = recipes()
    assert len(rows) >= 40
    assert len({rule for _, rule, _ in rows}) == len(rows)
    tables = [line for line in (ROOT / "docs" / "filters.md").read_text().splitlines() if line.count(" | ") == 2]
    assert len(tables) - 5 == len(rows), "a row of the tables does not have the form that the test reads"


def test_values_have_words(tshark, captures):
    path = captures["plant-after"]
    for word, number in (('cipsec.confidentiality == "Encrypted"', "cipsec.confidentiality == 2"),
                         ('cipsec.role == "Client"', "cipsec.role == 1")):
        assert tshark.frames(path, word) == tshark.frames(path, number) != []


@pytest.mark.parametrize("page", ["user-guide.md", "capturing.md", "filters.md"])
def test_pages_name_what_exists(captures, page):
    text = (ROOT / "docs" / page).read_text()
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / "docs" / target).exists(), target
    prefixes = ("plant-", "deploy-", "class3-", "io-", "fail-", "cert-", "enroll-", "unconnected-")
    for name in re.findall(r"`([a-z0-9-]+)`", text):
        if name.startswith(prefixes):
            assert captures[name].exists()


NEEDS_TWO_PASSES = "(`-2`)"


@pytest.mark.parametrize("question,rule,names", recipes(), ids=lambda value: value if isinstance(value, str) else "")
def test_recipe(tshark, captures, question, rule, names):
    assert tshark.compiles(rule) is None, question
    for name in names:
        frames = tshark.frames(captures[name], rule, two_pass=True)
        assert frames, f"{question}: finds nothing in {name}"
        if rule not in WHOLE_CAPTURE:
            assert len(frames) < len(tshark.values(captures[name], "frame.number")), f"{question}: finds every frame"
        assert bool(tshark.frames(captures[name], rule)) != question.endswith(NEEDS_TWO_PASSES)
