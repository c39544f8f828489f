"""Wireshark itself starts with the module and with each profile, shows a capture, and opens our statistics.

Pictures are kept in the build folder under screenshots/.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import re
import shutil

import pytest

from screen import Screen

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURE = "04b-class3-tls-null-sha"
PROFILES = ("CIP Security", "CIP Security - Deployment", "CIP Security - Explicit", "CIP Security - IO", "CIP Security - Training")
WINDOWS = ("Streams", "TCP Connections", "TLS Connections", "DTLS Connections", "Bridge Connections", "Devices", "Certificates",
           "Deployments", "Findings", "Policy", "I/O Rhythm")
SUBMENUS = (4, 6)  # of Statistics for the tables of plugins
TREES = ("Packets by Protection", "Packets by Device")


@pytest.fixture
def screen(tshark):
    pictures = pathlib.Path(os.environ.get("CIPSEC_BUILD", ROOT / "build")).resolve() / "screenshots"
    with Screen(tshark, pictures) as one:
        yield one


def install_profiles(tshark):
    folder = tshark.home / ".config" / "wireshark" / "profiles"
    shutil.copytree(ROOT / "profiles", folder, dirs_exist_ok=True)
    if tshark.root:
        for path in [tshark.home / ".config", *(tshark.home / ".config").rglob("*")]:
            os.chown(path, 65534, 65534)


def complaints(program):
    """What the program said that a good run does not say."""
    known = ("XDG_RUNTIME_DIR", "QStandardPaths", "dbus", "propagateSizeHints", "qt.qpa", "Capture", "nl80211",
             "Gtk-WARNING", "libEGL", "MESA")
    return [line for line in program.log.read_text(errors="replace").splitlines()
            if line.strip() and not any(word in line for word in known)]


def widths(profile):
    """Of the columns, as Wireshark keeps them; the last one fills the window."""
    (table,) = re.findall(r"^column\.width:((?:.|\n +|\n\t)*)", (profile / "recent").read_text(), re.M)
    return [int(width) for width in re.findall(r", (\d+)", table)][:-1]


def test_capture_opens(tshark, captures, screen):
    program = screen.start("-C", "Default", "-r", tshark.readable(captures[CAPTURE]), "-Y", "cipsec.stream")
    window = screen.wait_for(CAPTURE, program)
    screen.fill(window)
    screen.picture("plain")
    assert screen.colours() > 50
    assert len(screen.windows()) <= 2, f"a dialog came up: {screen.windows()}"
    assert complaints(program) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_profile(tshark, captures, screen, profile):
    install_profiles(tshark)
    program = screen.start("-C", profile, "-r", tshark.readable(captures[CAPTURE]))
    window = screen.wait_for(CAPTURE, program)
    screen.fill(window)
    screen.picture(profile.replace(" ", "-"))
    assert screen.colours() > 50
    assert complaints(program) == []  # Qt has some of its own at the program's end
    screen.xdotool("windowfocus", window, "key", "ctrl+q")
    program.wait(60)
    assert widths(tshark.home / ".config" / "wireshark" / "profiles" / profile) == widths(ROOT / "profiles" / profile)


def open_each(screen, main, ways, missing):
    """Goes the ways through the Statistics menu, given as keys, until each missing window was seen and taken a picture of."""
    for way in ways:
        screen.xdotool("windowfocus", main, "key", "alt+s", *[word for key in way for word in ("key", key)], "key", "Return")
        title = screen.wait_for_other(main, 2)
        for name in [name for name in missing if title and re.search(rf"(^|[:/·] ?){re.escape(name)}", title)]:
            screen.settle(5)
            screen.picture("statistics-" + name.replace(" ", "-").replace("/", "-"))
            missing.remove(name)
        screen.close_others(main)
        if not missing:
            break


def test_statistics_windows(tshark, captures, screen):
    """Every window of ours in the Statistics menu opens and shows something. Where our entries stand in the menu differs
    between versions: each entry is tried until all were seen."""
    program = screen.start("-C", "Default", "-r", tshark.readable(captures["deploy-initial"]))
    main = screen.wait_for("deploy-initial", program)
    screen.fill(main)
    screen.xdotool("key", "alt+s")
    screen.settle()
    screen.picture("menu")
    screen.xdotool("key", "Escape", "key", "Escape")
    missing = {name.replace("/", "-") if SUBMENUS <= tshark.version else name for name in WINDOWS}
    # one entry after the other, or since 4.6 those of the submenu
    ways = [["Down"] * entry for entry in range(5, 30)]
    if SUBMENUS <= tshark.version:
        ways = [[*["Down"] * entry, "Right", *["Down"] * below] for entry in range(8, 12) for below in range(len(WINDOWS))]
    open_each(screen, main, ways, missing)
    assert missing == set()
    assert program.poll() is None
    assert complaints(program) == []


def test_submenu(tshark, captures, screen):
    """Statistics > CIP Security holds the trees. It stands near the menu's end: entries are tried from below."""
    program = screen.start("-C", "Default", "-r", tshark.readable(captures["deploy-initial"]))
    main = screen.wait_for("deploy-initial", program)
    screen.fill(main)
    missing = set(TREES)
    ways = [[*["Up"] * entry, "Right", *["Down"] * below] for entry in range(1, 12) for below in range(len(TREES))]
    open_each(screen, main, ways, missing)
    assert missing == set()
    assert program.poll() is None
    assert complaints(program) == []
