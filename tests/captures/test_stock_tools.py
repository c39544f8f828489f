"""What Wireshark itself offers for these streams goes on working: Follow, Decode As, conversations and endpoints.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import pytest

FOLLOWED = [("class3-encrypted", "tls"), ("class3-gcm", "tls"), ("class3-authenticated", "tls"), ("class3-encrypted", "tcp"),
            ("deploy-initial", "tls"), ("class3-authenticated", "tcp"),
            ("io-class0-authenticated", "udp")]


@pytest.mark.parametrize("mode", ["hex", "raw"])
@pytest.mark.parametrize("name,kind", FOLLOWED, ids=[f"{name} {kind}" for name, kind in FOLLOWED])
def test_follow(tshark, captures, name, kind, mode):
    with_plugin, stock = (tshark.stat(captures[name], f"follow,{kind},{mode},0", plugin=plugin) for plugin in (True, False))
    assert with_plugin == stock
    assert kind != "tls" or name == "class3-authenticated" or "65 00 04 00" in stock or "65000400" in stock


DECODED = [("class3-encrypted", "tcp.port==2221,data"), ("class3-authenticated", "tcp.port==2221,http"),
           ("io-class1-encrypted", "udp.port==2221,data"), ("class3-encrypted", "tls.port==2221,http"),
           ("class3-encrypted", "tls.port==2221,data")]


@pytest.mark.parametrize("two_pass", [False, True], ids=["one pass", "two passes"])
@pytest.mark.parametrize("name,rule", DECODED, ids=[" ".join(one) for one in DECODED])
def test_decode_as(tshark, captures, name, rule, two_pass):
    """Who says that a port is something else is right: the bytes go where they would go without the plugin."""
    rows, stock = (tshark.fields(captures[name], ["frame.protocols"], more=["-d", rule], plugin=plugin, two_pass=two_pass)
                   for plugin in (True, False))
    for row, plain in zip(rows, stock, strict=True):
        assert re.sub(r":cipsec[.\w]*", "", row["frame.protocols"][0]) == plain["frame.protocols"][0]


@pytest.mark.parametrize("statistic", ["conv,tcp", "conv,udp", "endpoints,ip", "io,phs", "io,stat,0,tls,dtls,enip"])
@pytest.mark.parametrize("name", ["deploy-plant", "io-class1-encrypted", "plant-after"])
def test_statistics_of_wireshark(tshark, captures, name, statistic):
    with_plugin, stock = (tshark.stat(captures[name], statistic, plugin=plugin) for plugin in (True, False))
    if statistic != "io,phs":
        assert with_plugin == stock
        return
    lines = [line.split("frames:")[0].strip() for line in with_plugin.splitlines()]
    assert {line.split("frames:")[0].strip() for line in stock.splitlines()} <= set(lines)
