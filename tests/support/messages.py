"""Every message of the tables: each attribute and service of each object, asked and answered, well and with errors.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import enip
import examples
import samples
import tables

INSTANCE = {"CLASS": 0, "INSTANCE": 1}
OBJECTS = ("CS", "EIP", "CM", "FILE", "TCPIP")
FIXED = {"EMPTY", "RAW", "ATTRIBUTE", "ALL", "GET_LIST", "GOT_LIST", "SET_LIST", "WROTE_LIST"}
# Values that end where the message ends.
UNBOUNDED = ("REST", "AUTHORIZATION", "CHECK_SAN", "DIRECTORY")


def body_of(row, body):
    """(octets, expected fields) of a service's request or response."""
    if body == "RAW":
        return b"\xaa\xbb", [(f"{tables.FILTERS[row.object]}.data", ["aabb"])]
    if body in FIXED:
        return b"", []
    octets, expected = b"", []
    for member in tables.layouts[body]:
        more, values = samples.of(row.object, member.codec, member.field)
        octets += more
        expected += values
    return octets, expected


def all_services():
    """Own rows, and the common ones under each object that does not define them itself."""
    own = {(row.object, row.code) for row in tables.services}
    for row in tables.services:
        if row.object != "ANY":
            yield row
            continue
        for name in ("CS", "EIP", "CM", "FILE"):
            if (name, row.code) not in own:
                yield row._replace(object=name)


def value_of(row, newest=True):
    """A sample of an attribute. The values that changed their shape are empty unless the newest one is wanted."""
    return b"\0" if row.codec in ("PSKS", "CRL") and not newest else samples.of(row.object, row.codec, row.field)[0]


def of_attributes():
    for row in tables.attributes:
        where, value = enip.path(tables.CLASSES[row.object], INSTANCE[row.scope], int(row.id)), value_of(row)
        yield enip.request(0x0E, where), enip.response(0x0E, value)
        yield enip.request(0x10, where, value), enip.response(0x10)
        yield enip.request(0x0E, where), enip.response(0x0E, b"", 0x20, [1, 2])


def of_services():
    for row in all_services():
        code, ask, answer = int(row.code, 16), body_of(row, row.request)[0], body_of(row, row.response)[0]
        for instance, response in ((1, enip.response(code, answer)), (0, enip.response(code, b"", 0xD0, [1]))):
            yield enip.request(code, enip.path(tables.CLASSES[row.object], instance), ask), response


def of_lists(newest):
    """Get_Attributes_All of every length, and lists of all attributes and of each alone."""
    for name in OBJECTS:
        for scope, instance in INSTANCE.items():
            where = enip.path(tables.CLASSES[name], instance)
            rows = [row for row in tables.attributes if (row.object, row.scope) == (name, scope)]
            ordered = sorted((row for row in rows if row.gaa != "0"), key=lambda row: int(row.gaa))
            for count in range(1, len(ordered) + 1):
                values = [value_of(row, newest) for row in ordered[:count]]
                yield enip.request(1, where), enip.response(1, b"".join(values))
            rows = [row for row in rows if row.codec not in UNBOUNDED]
            for some in [rows] * bool(rows) + [[row] for row in rows]:
                yield from list_exchanges(where, [(row, value_of(row, newest or len(some) == 1)) for row in some])


def list_exchanges(where, values):
    count = len(values).to_bytes(2, "little")
    ids = [int(row.id).to_bytes(2, "little") for row, _ in values]
    got = b"".join(i + b"\0\0" + value for i, (_, value) in zip(ids, values))
    yield enip.request(3, where, count + b"".join(ids)), enip.response(3, count + got)
    yield (enip.request(4, where, count + b"".join(i + value for i, (_, value) in zip(ids, values))),
           enip.response(4, count + b"".join(i + b"\x0e\0" for i in ids), 0x0A))


def every(newest):
    """(request, response) of everything. newest: newest shapes also where other attributes follow."""
    for exchanges in examples.EXCHANGES.values():
        yield from ((bytes.fromhex(ask), bytes.fromhex(answer)) for ask, answer, _, _ in exchanges if ask)
    yield from of_attributes()
    yield from of_services()
    yield from of_lists(newest)
