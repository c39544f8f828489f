"""Reads the tables of attributes, fields, services and bodies that the module is built from.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "plugins" / "objects"
FILTERS = {"CS": "cipsec.cs", "EIP": "cipsec.eip", "CM": "cipsec.cm", "FILE": "cipsec.file", "TCPIP": "cipsec.tcpip"}
CLASSES = {"CS": 0x5D, "EIP": 0x5E, "CM": 0x5F, "FILE": 0x37, "TCPIP": 0xF5}

Field = collections.namedtuple("Field", "object symbol type display strings mask stock abbrev name blurb")
Common = collections.namedtuple("Common", "symbol type display stock abbrev name blurb")
Attribute = collections.namedtuple("Attribute", "object scope id name codec field gaa mark source")
Service = collections.namedtuple("Service", "object code name request response mark source")
Member = collections.namedtuple("Member", "codec field need info")


def split(text):
    """Arguments of a macro: commas outside quotes and parentheses part them."""
    parts, depth, quoted, current = [], 0, False, ""
    for letter in text:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if letter == "," and not quoted and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
    return [part.strip('"') for part in parts + [current.strip()]]


def calls(name, macro):
    """Arguments of every call of a macro in a table."""
    text = re.sub(r"/\*.*?\*/", "", (FOLDER / name).read_text(), flags=re.S)
    found = []
    for match in re.finditer(rf"\b{macro}\(", text):
        at, depth = match.end(), 1
        while depth:
            depth += (text[at] == "(") - (text[at] == ")")
            at += 1
        found.append(text[match.end():at - 1])
    return found


def rows(name, macro, kind):
    return [kind(*split(arguments)) for arguments in calls(name, macro)]


fields = rows("fields.def", "CS_FIELD", Field)
common = rows("common.def", "CS_COMMON", Common)
attributes = rows("attributes.def", "CS_ATTRIBUTE", Attribute)
services = rows("services.def", "CS_SERVICE", Service)
_member = re.compile(r"CS_MEMBER\((.*?)\)\s*(?=CS_MEMBER|$)", re.S)
layouts = {text.split(",", 1)[0].strip(): [Member(*split(inner)) for inner in _member.findall(text)]
           for text in calls("layouts.def", "CS_LAYOUT")}
_position = {f"{row.object}_{row.symbol}": number for number, row in enumerate(fields)}


def filter_name(object_name, symbol, ahead=0):
    """Filter name of a field by its symbol, or of the one some rows below."""
    if symbol.startswith("COMMON_"):
        row = next(row for row in common if "COMMON_" + row.symbol == symbol)
        return f"{FILTERS[object_name]}.{row.abbrev}"
    row = fields[_position[symbol] + ahead]
    return f"{FILTERS[row.object]}.{row.abbrev}"


def bits(symbol):
    """(filter name, mask) of the bits of a flag field."""
    found, at = [], _position[symbol] + 1
    while at < len(fields) and fields[at].mask != "0":
        found.append((f"{FILTERS[fields[at].object]}.{fields[at].abbrev}", int(fields[at].mask, 16)))
        at += 1
    return found
