"""Fixtures of every test over the real tshark.

CIPSEC_BUILD names the build folder (default: build in the repository). CIPSEC_THIRDPARTY names the folder of
third-party captures, which are not part of the repository; without it their tests are counted as skipped.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAPTURES = ROOT / "test-captures"
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.dont_write_bytecode = True

import runner  # noqa: E402


class Captures:
    """The bundled captures, by name without folder and ending."""

    def __init__(self, folder):
        self.folder = folder
        self.paths = {path.stem: path for path in sorted(folder.rglob("*.pcap*"))}

    def __getitem__(self, name):
        assert name in self.paths, f"no capture {name} under {self.folder}"
        return self.paths[name]

    def names(self):
        return sorted(self.paths)

    def keylog(self, name):
        """The key log that belongs to a capture, or None."""
        return next(iter(sorted(self.folder.rglob(f"{name}.keys"))), None)

    def truth(self, name):
        """What is known of the capture's content."""
        places = (f"truth/{name}.json", f"{name}.truth.json")
        path = next((path for place in places for path in sorted(self.folder.rglob(place))), None)
        assert path, f"no ground truth of {name} under {self.folder}"
        return json.loads(path.read_text())


def bundled():
    """For pytest.mark.parametrize: the names of all bundled captures."""
    return Captures(CAPTURES).names()


@pytest.fixture(scope="session")
def tshark():
    with runner.Runner(os.environ.get("CIPSEC_BUILD", ROOT / "build")) as one:
        listed = one.execute("-G", "plugins")
        assert "cipsec.so" in listed.stdout, f"the plugin does not load:\n{listed.stdout}{listed.stderr}"
        yield one


@pytest.fixture(scope="session")
def captures():
    assert CAPTURES.is_dir(), "test-captures is missing"
    return Captures(CAPTURES)


@pytest.fixture(scope="session")
def thirdparty():
    """Paths of the third-party captures."""
    folder = os.environ.get("CIPSEC_THIRDPARTY")
    if not folder:
        pytest.skip("CIPSEC_THIRDPARTY is not set")
    paths = sorted(pathlib.Path(folder).glob("*.pcap*"))
    assert paths, "CIPSEC_THIRDPARTY names a folder without captures"
    return paths


def pytest_generate_tests(metafunc):
    if "any_capture" in metafunc.fixturenames:
        metafunc.parametrize("any_capture", bundled())
