"""Wireshark itself starts with the module and with each profile, shows a capture, and opens our statistics.

Pictures are kept in the build folder under screenshots/.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import shutil

import pytest

from screen import Screen

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CAPTURE = "04b-class3-tls-null-sha"
PROFILES = sorted(path.name for path in (ROOT / "profiles").glob("CIP Security*") if path.is_dir())
STATISTICS = ("streams", "tcp", "tls", "dtls", "bridge", "devices", "certs", "deployments", "findings")


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


def test_capture_opens(tshark, captures, screen):
    program = screen.start("-r", tshark.readable(captures[CAPTURE]), "-Y", "cipsec.stream")
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
    assert complaints(program) == []


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_window(tshark, captures, screen, name):
    program = screen.start("-r", tshark.readable(captures[CAPTURE]), "-z", f"cipsec,{name}")
    main = screen.wait_for(CAPTURE, program)
    screen.fill(main)
    screen.picture(f"statistics-{name}")
    titles = [title for window, title in screen.windows().items() if window != main]
    assert any("CIP Security" in title for title in titles), screen.windows()
    assert complaints(program) == []


def test_statistics_menu(tshark, captures, screen):
    program = screen.start("-r", tshark.readable(captures[CAPTURE]))
    screen.fill(screen.wait_for(CAPTURE, program))
    before = screen.settle()
    screen.xdotool("key", "alt+s")
    screen.picture("menu")
    assert screen.settle() != before
    assert program.poll() is None
