"""The machine output: valid against its schema, the same every time, keys without frame numbers.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import pathlib
import re

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ORDER = ["capture", "stream", "connection", "device", "certificate", "deployment", "finding"]


@pytest.fixture(scope="module")
def schema():
    loaded = json.loads((ROOT / "docs" / "jsonl-schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(loaded)
    return loaded


def validators(schema):
    """One validator a record, because an error against seven alternatives says nothing."""
    return {name: jsonschema.Draft7Validator({**schema, "oneOf": [{"$ref": f"#/definitions/{name}"}]})
            for name in ORDER}


def test_schema_names_every_record(schema):
    assert [one["$ref"].rsplit("/", 1)[1] for one in schema["oneOf"]] == ORDER


def test_every_line_is_valid(tshark, captures, any_capture, schema):
    checks = validators(schema)
    records = tshark.jsonl(captures[any_capture], keylog=captures.keylog(any_capture))
    assert records[0]["record"] == "capture" and records[0]["version"] == 1
    for record in records:
        problems = [f"{list(error.path)}: {error.message}" for error in checks[record["record"]].iter_errors(record)]
        assert not problems, problems
        unknown = set(record) - set(schema["definitions"][record["record"]]["properties"])
        assert not unknown, f"members that the schema does not name: {unknown}"


def test_schema_refuses_what_is_wrong(tshark, captures, schema):
    """A schema that lets everything pass would make the test above worthless."""
    check = validators(schema)["stream"]
    stream = next(row for row in tshark.jsonl(captures["plant-after"]) if row["record"] == "stream")
    for name in ("key", "client", "confidentiality", "carried", "first"):
        assert list(check.iter_errors({**stream, name: 7}))
        assert list(check.iter_errors({key: value for key, value in stream.items() if key != name}))


def test_order_counts_and_references(tshark, captures, any_capture):
    records = tshark.jsonl(captures[any_capture], keylog=captures.keylog(any_capture))
    kinds = [ORDER.index(row["record"]) for row in records]
    assert kinds == sorted(kinds) and kinds.count(0) == 1
    for kind in ORDER[1:]:
        rows = [row for row in records if row["record"] == kind]
        assert len(rows) == records[0][f"{kind}s"]
        assert len({row["key"] for row in rows}) == len(rows), f"{kind}: keys repeat"
        assert not [row["key"] for row in rows if re.search(r"frame \d", row["key"])]
    streams = {row["key"] for row in records if row["record"] == "stream"}
    for row in records:
        for name in ("stream", "opened_on", "carried_ot", "carried_to"):
            if row["record"] != "stream" and row.get(name):
                assert row[name] in streams


def test_keys_hold_no_frame_numbers(tshark, captures):
    """The same packets later in a file: other frame numbers, same keys, same records but for the frames."""
    shifted = tshark.scratch / "shifted.pcapng"
    result = tshark.execute("-a", "-w", shifted, captures["fail-no-answer"], captures["deploy-plant"],
                            program="mergecap")
    assert result.returncode == 0, result.stderr
    plain = {row["key"]: row for row in tshark.jsonl(captures["deploy-plant"]) if "key" in row}
    moved = {row["key"]: row for row in tshark.jsonl(shifted) if "key" in row}
    assert set(plain) <= set(moved)
    for key, row in plain.items():
        if row["record"] in ("stream", "connection", "deployment"):
            assert strip(row) == strip(moved[key])


def strip(value):
    if isinstance(value, dict):
        return {name: strip(one) for name, one in value.items() if name != "frames"}
    return [strip(one) for one in value] if isinstance(value, list) else value


def test_same_answer_every_time_and_on_both_passes(tshark, captures):
    one = tshark.stat(captures["deploy-plant"], "cipsec,jsonl")
    args = tshark.options(captures["deploy-plant"]) + ["-q", "-z", "cipsec,jsonl"]
    assert tshark.run(*args, cached=False) == one
    assert tshark.stat(captures["deploy-plant"], "cipsec,jsonl", two_pass=True) == one


def test_filter_narrows(tshark, captures):
    rows = tshark.jsonl(captures["plant-after"], name="cipsec,jsonl,ip.addr == 10.17.80.31")
    streams = [row for row in rows if row["record"] == "stream"]
    assert streams and all("10.17.80.31" in (row["client"]["ip"], row["server"]["ip"]) for row in streams)


def test_one_object_a_line(tshark, captures):
    lines = tshark.stat(captures["plant-after"], "cipsec,jsonl").splitlines()
    assert all(re.match(r'\{"record":"[a-z]+"', line) and line.endswith("}") for line in lines)
