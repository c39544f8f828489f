"""A sample value for each codec of the tables, with what every field must show of it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import enip
import tables


def short(text):
    return bytes([len(text)]) + text.encode()


def stringi(text):
    return b"\1eng\xda\4\0" + short(text)


def counted(class_id, instance):
    path = enip.path(class_id, instance)
    return bytes([len(path) // 2]) + path


def _number(size, value):
    return lambda row, field: (value.to_bytes(size, "little"), [(tables.filter_name(row, field), [value])])


def _flags(size):
    def sample(row, field):
        bits = tables.bits(field)
        lowest = [mask & -mask for _, mask in bits]
        found = [(tables.filter_name(row, field), [sum(lowest)])] + [(name, [1]) for name, _ in bits]
        return sum(lowest).to_bytes(size, "little"), found
    return sample


def _text(encode):
    def sample(row, field):
        return encode("Pump 7"), [(tables.filter_name(row, field), ["Pump 7"])]
    return sample


def _list(content, *values):
    """Fields from the named one on, each with its values; None skips one."""
    def sample(row, field):
        return content, [(tables.filter_name(row, field, ahead), list(shown))
                         for ahead, shown in enumerate(values) if shown is not None]
    return sample


def _path(row, field):
    return counted(0x5F, 2), [(tables.filter_name(row, field), ["Certificate Management instance 2"])]


def _paths(row, field):
    shown = ["Certificate Management instance 2", "File instance 257"]
    found = [(tables.filter_name(row, field), [2]), (tables.filter_name(row, field, 1), shown),
             (f"{tables.FILTERS[row]}.path.class", [0x5F, 0x37]), (f"{tables.FILTERS[row]}.path.instance", [2, 0x101])]
    return b"\2" + counted(0x5F, 2) + counted(0x37, 0x101), found


CSR = ["10.10.1.21", "ACME", "Line 3", "Wien", "Wien", "AT", "plant@example.org", "00A1B2C3", "iPAddress=10.10.1.21"]
PORT = struct.pack("<HBB", 44818, 6, 0)
PROTOCOL = struct.pack("<HB", 1, 1)

CODECS = {
    "U8": _number(1, 2),
    "U8_UNCERTAIN": _number(1, 5),
    "U16": _number(2, 0x1234),
    "U16_UNCERTAIN": _number(2, 3),
    "U32": _number(4, 0x12345678),
    "BOOL": _number(1, 1),
    "CHECK_SAN": _number(1, 1),
    "FLAGS8": _flags(1),
    "FLAGS16": _flags(2),
    "FLAGS32": _flags(4),
    "SHORT_STRING": _text(short),
    "STRINGI": _text(stringi),
    "REVISION": _list(b"\2\7", [2], [7]),
    "REST": _list(b"\xde\xad", ["dead"]),
    "SUITES": _list(b"\2\xc0\x2b\xc0\x06", [2], [0xC02B, 0xC006], [1]),
    "PATH": _path,
    "PATHS": _paths,
    "CRL": _list(b"\1" + counted(0x37, 0x104), [1], ["File instance 260"]),
    "PSKS": _list(b"\1\6cell-7\4\1\2\3\4\2", [1], [6], ["cell-7"], [4], [], [1], [2]),
    "AUTHORIZATION": _list(b"\1\0" + struct.pack("<IBBI", 0x5E, 0x4D, 0, 6), [1], [0x5E], [0x4D], [0], [6]),
    "CERTIFICATE": _list(b"\1" + counted(0x37, 0x101), [1], ["File instance 257"]),
    "CERTIFICATE_LIST": _list(b"\1" + short("Plant") + counted(0x5F, 2), [1], ["Plant"], ["Certificate Management instance 2"]),
    "DIRECTORY": _list(b"\xc8\0" + stringi("EDS") + stringi("EDS.txt"), [200], ["EDS"], ["EDS.txt"]),
    "CSR_STRINGS": _list(b"".join(map(short, CSR)), *[[text] for text in CSR]),
    "PACKET": _list(b"\4-----\x1f\xff", [4], ["2d2d2d2d2d"], [0xFF1F]),
    "PORTS": _list(b"\1" + short("EtherNet/IP") + PORT + b"\1", [1], ["EtherNet/IP"], [44818], [6], [0], [1], [1]),
    "PROTOCOLS": _list(b"\1" + short("ICMP") + PROTOCOL + b"\2", [1], ["ICMP"], [1], [1], [2], [0], [1]),
    "SET_PORTS": _list(b"\1" + PORT, [1], None, [44818], [6], [0]),
    "SET_PROTOCOLS": _list(b"\1" + PROTOCOL, [1], None, [1], [1]),
}


def of(row_object, codec, field):
    """(octets, [(filter name, values)]) of a row."""
    return CODECS[codec](row_object, field)


def shown(values):
    """Values as tshark prints them, with numbers as numbers."""
    return [number(value) for value in values]


def number(value):
    try:
        return int(value, 0)
    except (TypeError, ValueError):
        return value
