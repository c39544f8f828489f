"""Installing: the module where Wireshark finds it, profiles without touching what the user changed, the doctor's verdict.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Place:
    """A copy of the tools and a home of its own; everything runs as the unprivileged user."""

    def __init__(self, tshark):
        self.runner = tshark
        self.folder = tshark.private(f"install{len(list(tshark.work.glob('install*')))}")
        self.home, self.source = self.folder / "home", self.folder / "repository" / "profiles"
        shutil.copytree(ROOT / "tools", self.folder / "repository" / "tools")
        self.home.mkdir()
        self.write(self.source / "One" / "preferences", "gui.x: 1\n")
        self.write(self.source / "One" / "colorfilters", "@a@b@[0,0,0][1,1,1]\n")
        self.write(self.source / "Two" / "preferences", "gui.x: 2\n")
        self.own()

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.own()

    def own(self):
        if self.runner.root:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, 65534, 65534)

    @property
    def installed(self):
        return self.home / ".config" / "wireshark" / "profiles"

    def bash(self, script):
        tools = self.folder / "repository" / "tools"
        return self.runner.execute(
            "-c", f". '{tools}/lib/common.sh'; . '{tools}/lib/install.sh'; set -euo pipefail; {script}", program="bash",
            environment={"HOME": str(self.home), "WIRESHARK_PLUGIN_DIR": str(self.runner.none)})

    def install(self):
        done = self.bash(f"install_profiles '{self.source}'")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def contents(self):
        return {str(path.relative_to(self.installed)): (path.read_text(), path.stat().st_mtime_ns)
                for path in self.installed.rglob("*") if path.is_file()}


@pytest.fixture
def place(tshark):
    return Place(tshark)


def test_profiles_first_and_second_time(place):
    assert "Installed 2 profiles" in place.install()
    before = place.contents()
    assert "already" in place.install()
    assert place.contents() == before


def test_unchanged_profile_follows_ours(place):
    place.install()
    place.write(place.installed / "One" / "recent", "written by Wireshark\n")
    place.write(place.source / "One" / "preferences", "gui.x: 11\n")
    place.write(place.source / "One" / "recent", "as we wish\n")
    place.install()
    assert (place.installed / "One" / "recent").read_text() == "written by Wireshark\n"
    assert (place.installed / "One" / "preferences").read_text() == "gui.x: 11\n"
    assert not (place.installed / "One (new)").exists()


def test_changed_profile_stays(place):
    place.install()
    place.write(place.installed / "One" / "preferences", "gui.x: mine\n")
    assert "already" in place.install()
    place.write(place.source / "One" / "preferences", "gui.x: 12\n")
    assert "You changed the profile \"One\"" in place.install()
    assert (place.installed / "One" / "preferences").read_text() == "gui.x: mine\n"
    assert (place.installed / "One (new)" / "preferences").read_text() == "gui.x: 12\n"
    assert "already" in place.install()


def test_foreign_profile_of_the_same_name_stays(place):
    place.write(place.installed / "Two" / "preferences", "gui.x: somebody's\n")
    assert "You changed the profile \"Two\"" in place.install()
    assert (place.installed / "Two" / "preferences").read_text() == "gui.x: somebody's\n"
    assert (place.installed / "Two (new)" / "preferences").read_text() == "gui.x: 2\n"


def test_only_unchanged_profiles_are_removed(place):
    place.install()
    place.write(place.installed / "One" / "preferences", "gui.x: mine\n")
    assert place.bash(f"remove_profiles '{place.source}'").returncode == 0
    assert (place.installed / "One" / "preferences").exists()
    assert not (place.installed / "Two").exists()


def test_doctor_before_and_after_installing(tshark, place):
    doctor = place.folder / "repository" / "tools" / "doctor"
    environment = {"HOME": str(place.home), "WIRESHARK_PLUGIN_DIR": ""}
    if "cipsec.so" in tshark.execute("-G", "plugins", environment=environment).stdout:
        pytest.skip("the module is installed for all users of this machine")
    before = tshark.execute(doctor, program="bash", environment=environment)
    assert before.returncode == 1 and "not installed" in before.stdout
    module = next(tshark.plugins.glob("*/epan/cipsec.so"))
    done = place.bash(f"install_module '{module}'; install_module '{module}'")
    assert done.returncode == 0 and "Installed the module" in done.stdout and "already" in done.stdout
    after = tshark.execute(doctor, program="bash", environment=environment)
    assert after.returncode == 0 and "Nothing is wrong." in after.stdout, after.stdout
