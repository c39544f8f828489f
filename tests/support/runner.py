"""Runs the real tshark with the built plugin, as an unprivileged user.

Wireshark started by root ignores both the personal plugin folder and WIRESHARK_PLUGIN_DIR, so a test run by
root drops to `nobody` (setpriv). Every run gets its own empty home, no personal profile, UTC and one locale:
the answers do not depend on the machine.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import xml.etree.ElementTree

UNPRIVILEGED = 65534
SEPARATOR, AGGREGATOR = "\x1f", "\x1e"
TIMEOUT = 300
CACHED_CHARACTERS = 4 * 2 ** 20


class TsharkError(AssertionError):
    """tshark ended with an error, or said something on stderr that a good run does not say."""


class Result:
    def __init__(self, returncode, stdout, stderr):
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


def open_to_others(path):
    """True if a user with no special rights can read path."""
    path = pathlib.Path(path).resolve()
    wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    if path.stat().st_mode & wanted != wanted:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)


class Runner:
    """One plugin build and the places a run needs. Use as a context manager; it removes what it made."""

    def __init__(self, build, tshark="tshark"):
        self.build = pathlib.Path(build).resolve()
        self.tshark = tshark
        self.root = os.geteuid() == 0
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="cipsec-tests-"))
        self.work.chmod(0o755)
        self.home = self.private("home")
        self.scratch = self.private("scratch")
        self.none = self.private("no-plugins")
        self.plugins = self.work / "plugins"
        built = self.build / "wireshark-plugins"
        if not any(built.glob("*/epan/cipsec.so")):
            self.close()
            raise TsharkError(f"no cipsec.so under {built}: build first, or set CIPSEC_BUILD")
        shutil.copytree(built, self.plugins)
        self._cache, self._staged, self._types = {}, {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def private(self, name):
        """A folder that the user who runs tshark owns."""
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        if self.root:
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
        return path

    def readable(self, path):
        """path itself, or a copy where the user who runs tshark may read it."""
        path = pathlib.Path(path).resolve()
        if not path.exists():
            raise TsharkError(f"no such file: {path}")
        if not self.root or open_to_others(path):
            return path
        if path not in self._staged:
            copy = self.work / f"file{len(self._staged)}" / path.name
            copy.parent.mkdir()
            shutil.copyfile(path, copy)
            copy.parent.chmod(0o755)
            copy.chmod(0o644)
            self._staged[path] = copy
        return self._staged[path]

    def environment(self, plugin=True, **more):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("WIRESHARK_", "XDG_", "LC_", "SSLKEYLOG"))}
        env.update(HOME=str(self.home), XDG_RUNTIME_DIR=str(self.scratch), TMPDIR=str(self.scratch), TZ="UTC",
                   LC_ALL="C.UTF-8", WIRESHARK_PLUGIN_DIR=str(self.plugins if plugin else self.none))
        env.update(more)
        return env

    def command(self, *args, plugin=True, environment=None):
        """(argv, env) of a program run as the unprivileged user."""
        drop = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"] if self.root else []
        return drop + [str(arg) for arg in args], self.environment(plugin, **(environment or {}))

    def execute(self, *args, plugin=True, environment=None, timeout=TIMEOUT, program=None):
        """Runs tshark (or program) and returns its Result, whatever it is."""
        argv, env = self.command(program or self.tshark, *args, plugin=plugin, environment=environment)
        done = subprocess.run(argv, env=env, cwd=self.scratch, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False)
        return Result(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def run(self, *args, plugin=True, cached=True):
        """stdout of a run that must succeed. Equal runs are made once a session."""
        key = (plugin, *(str(arg) for arg in args))
        if not cached or key not in self._cache:
            result = self.execute(*args, plugin=plugin)
            complaint = [line for line in result.stderr.splitlines() if re.search(r"cipsec|CRITICAL|ERROR|\*\* ", line)
                         and not line.startswith("Running as user")]
            if result.returncode != 0 or complaint:
                raise TsharkError(f"tshark {' '.join(key[1:])}\nended with {result.returncode}\n{result.stderr}")
            if len(result.stdout) > CACHED_CHARACTERS:
                return result.stdout
            self._cache[key] = result.stdout
        return self._cache[key]

    @property
    def version(self):
        """(major, minor) of the tshark in use."""
        return tuple(int(n) for n in re.search(r"(\d+)\.(\d+)\.\d+", self.run("--version")).groups())

    def glossary(self, name, plugin=True):
        """Lines of `tshark -G name`, split at tabs."""
        return [line.split("\t") for line in self.run("-G", name, plugin=plugin).splitlines()]

    def field_types(self, plugin=True):
        """Filter name -> type name of every registered field."""
        if plugin not in self._types:
            self._types[plugin] = {row[2]: row[3] for row in self.glossary("fields", plugin) if row[0] == "F"}
        return self._types[plugin]

    def options(self, capture, filter=None, two_pass=False, prefs=None, keylog=None, more=()):
        """The arguments that every reading of a capture shares."""
        args = ["-r", self.readable(capture), "-n"]
        if two_pass:
            args.append("-2")
        for name, value in (prefs or {}).items():
            args += ["-o", f"{name}:{value}"]
        if keylog:
            args += ["-o", f"tls.keylog_file:{self.readable(keylog)}"]
        if filter:
            args += ["-Y", filter]
        return args + list(more)

    def fields(self, capture, fields, filter=None, two_pass=False, prefs=None, keylog=None, plugin=True, more=()):
        """One dict a packet: field -> list of all its values as text ([] when absent). Booleans are '1' or '0'
        on every version. With filter=None every packet gives a row."""
        args = self.options(capture, filter, two_pass, prefs, keylog, more)
        args += ["-T", "fields", "-E", f"separator={SEPARATOR}", "-E", f"aggregator={AGGREGATOR}", "-E", "occurrence=a"]
        for name in fields:
            args += ["-e", name]
        types = self.field_types(plugin)
        rows = []
        # A value may hold line separators of Unicode: only a newline ends a row.
        for line in self.run(*args, plugin=plugin).split("\n")[:-1]:
            values = [cell.split(AGGREGATOR) if cell else [] for cell in line.split(SEPARATOR)]
            row = dict(zip(fields, values))
            for name in fields:
                if types.get(name) == "FT_BOOLEAN":
                    row[name] = [{"True": "1", "False": "0"}.get(value, value) for value in row[name]]
            rows.append(row)
        return rows

    def values(self, capture, field, **options):
        """All values of one field in the capture, in order."""
        return [value for row in self.fields(capture, [field], **options) for value in row[field]]

    def frames(self, capture, filter, **options):
        """Frame numbers that a display filter matches."""
        return [int(row["frame.number"][0]) for row in self.fields(capture, ["frame.number"], filter=filter, **options)]

    def json(self, capture, filter=None, two_pass=False, prefs=None, keylog=None, plugin=True, more=()):
        """The packets as `-T json` gives them; repeated keys become lists."""
        args = self.options(capture, filter, two_pass, prefs, keylog, more)
        return json.loads(self.run(*args, "-T", "json", "--no-duplicate-keys", plugin=plugin))

    def pdml(self, capture, filter=None, two_pass=False, prefs=None, keylog=None, plugin=True, more=()):
        """The packets as an XML tree (`-T pdml`)."""
        args = self.options(capture, filter, two_pass, prefs, keylog, more)
        return xml.etree.ElementTree.fromstring(self.run(*args, "-T", "pdml", plugin=plugin))

    def verbose(self, capture, filter=None, two_pass=False, prefs=None, keylog=None, plugin=True, more=()):
        """The packet details as text (`-V`)."""
        return self.run(*self.options(capture, filter, two_pass, prefs, keylog, more), "-V", plugin=plugin)

    def summary(self, capture, filter=None, two_pass=False, prefs=None, keylog=None, plugin=True, more=()):
        """The packet list as lines."""
        return self.run(*self.options(capture, filter, two_pass, prefs, keylog, more), plugin=plugin).splitlines()

    def stat(self, capture, name, two_pass=False, prefs=None, keylog=None, plugin=True, more=()):
        """Text of `-q -z name`; name may hold a filter after a comma."""
        return self.run(*self.options(capture, None, two_pass, prefs, keylog, more), "-q", "-z", name, plugin=plugin)

    def jsonl(self, capture, name="cipsec,jsonl", **options):
        """The records of a JSON Lines statistic."""
        return [json.loads(line) for line in self.stat(capture, name, **options).splitlines() if line.strip()]

    def export_objects(self, capture, kind="cipsec", prefs=None, keylog=None):
        """File name -> bytes of `--export-objects kind,DIR`."""
        folder = self.private(f"export{len(list(self.work.glob('export*')))}")
        self.run(*self.options(capture, None, False, prefs, keylog), "-q", "--export-objects", f"{kind},{folder}")
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}

    def compiles(self, filter):
        """None if this tshark accepts the display filter, else its words."""
        empty = self.work / "empty.pcap"
        if not empty.exists():
            empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
            empty.chmod(0o644)
        result = self.execute("-r", empty, "-Y", filter)
        return None if result.returncode == 0 else result.stderr.strip()
