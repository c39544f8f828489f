"""The field reference is current, and every field is fit for use.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import importlib.machinery
import importlib.util
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def field_reference():
    loader = importlib.machinery.SourceFileLoader("fieldref", str(ROOT / "tools" / "fieldref"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fieldref", loader))
    loader.exec_module(module)
    return module


def own_fields(tshark):
    return [row for row in tshark.glossary("fields") if row[0] == "F" and row[2].startswith("cipsec.")]


def test_reference_is_current(tshark):
    made, kept = field_reference().page(tshark), (ROOT / "docs" / "fields.md").read_text()
    assert made.split("\n") == kept.split("\n"), "run tools/fieldref"


def test_names_are_snake_case(tshark):
    assert [row[2] for row in own_fields(tshark) if not re.fullmatch(r"cipsec(\.[a-z][a-z0-9_]*)+", row[2])] == []


def test_fields_have_labels(tshark):
    assert [row[2] for row in own_fields(tshark) if not row[1].strip()] == []


def test_equal_names_have_equal_types(tshark):
    types = {}
    for row in own_fields(tshark):
        assert types.setdefault(row[2], row[3]) == row[3], row


def test_no_stock_field_is_taken_over(tshark):
    stock = {row[2] for row in tshark.glossary("fields", plugin=False) if row[0] == "F"}
    assert [row[2] for row in own_fields(tshark) if row[2] in stock] == []


def test_promised_tags(tshark):
    promised = """stream transport client.ip client.ip6 client.port server.ip server.ip6 server.port role role.source class
        class.source transport_class confidentiality confidentiality.source version cipher cipher.kx cipher.auth cipher.enc
        cipher.mac mutual_auth kind handshake handshake.time handshake.alert handshake.alert.sender midstream cert.side"""
    types = tshark.field_types()
    assert [name for name in promised.split() if f"cipsec.{name}" not in types] == []
    assert {name: types[f"cipsec.{name}"] for name in ("stream", "transport", "client.ip", "client.ip6", "client.port", "cipher",
                                                     "mutual_auth", "handshake.time", "version", "transport_class")} == {
        "stream": "FT_UINT32", "transport": "FT_UINT8", "client.ip": "FT_IPv4", "client.ip6": "FT_IPv6",
        "client.port": "FT_UINT16", "cipher": "FT_UINT16", "mutual_auth": "FT_BOOLEAN",
        "handshake.time": "FT_RELATIVE_TIME", "version": "FT_UINT16", "transport_class": "FT_UINT8"}
    for name in ("cs", "eip", "cm", "file"):
        for field in ("service", "response", "status", "attribute"):
            assert f"cipsec.{name}.{field}" in types


def test_promised_preferences(tshark):
    preferences = {row[0]: row[1] for row in field_reference().read_preferences(tshark)}
    assert preferences["cipsec.ports"] == "2221"
    assert preferences["cipsec.expiry_days"] == "30"
    assert preferences["cipsec.show_psk"] == "FALSE"
    assert preferences["cipsec.integrity_only_midstream"] == "TRUE"
    assert "cipsec.trust_file" in preferences
