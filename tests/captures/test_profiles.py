"""The profiles: what they contain is accepted by this Wireshark, and shows what it is meant to show.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import collections
import csv
import ctypes
import ctypes.util
import io
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROFILES = ROOT / "profiles"
NAMES = ["CIP Security", "CIP Security - Deployment", "CIP Security - Explicit", "CIP Security - IO",
         "CIP Security - Training"]
# captures that together hit every rule
SHOWN = ["plant-before", "plant-after", "deploy-initial", "deploy-fails", "deploy-warnings", "deploy-clear-text",
         "class3-encrypted",
         "class3-authenticated", "io-class1-encrypted", "io-class1-authenticated", "idle-midstream",
         "io-trusted-ip", "fail-expired", "cert-dates", "enroll-pull-2221", "forward-open-refused"]


def text_of(profile, name):
    return (PROFILES / profile / name).read_text()


def named_rows(profile, name):
    """(name, filter) of a file of named filters."""
    rows = [re.fullmatch(r'"([^"]+)" (.+)', line) for line in text_of(profile, name).splitlines()]
    assert rows and all(rows), f"{profile}/{name}"
    return [row.groups() for row in rows]


def table_rows(profile, name):
    """Cells of a table file."""
    def plain(cell):
        return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), cell)
    return [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(text_of(profile, name)))]


def rules(profile):
    """(name, filter, background, text) of the coloring rules; colors as 0..1 triples."""
    made = []
    for line in text_of(profile, "colorfilters").splitlines():
        if not line.startswith("#"):
            name, rule, back, text = re.fullmatch(r"@([^@]+)@([^@]+)@\[([\d,]+)\]\[([\d,]+)\]", line).groups()
            made.append((name, rule, *(tuple(int(n) / 65535 for n in rgb.split(",")) for rgb in (back, text))))
    return made


def display_filters(profile):
    """Every display filter of a profile, with where it stands."""
    yield from ((f"colorfilters: {row[0]}", row[1]) for row in rules(profile))
    yield from ((f"dfilters: {name}", rule) for name, rule in named_rows(profile, "dfilters"))
    yield from ((f"dfilter_buttons: {row[1]}", row[2]) for row in table_rows(profile, "dfilter_buttons"))
    yield from ((f"io_graphs: {row[1]}", row[2]) for row in table_rows(profile, "io_graphs"))
    for name, rule in named_rows(profile, "dmacros"):
        argument = "0xc023" if name == "cs_suite" else "10.17.81.51"
        yield f"dmacros: {name}", re.sub(r"\$\d", argument, rule)
    if (PROFILES / profile / "profile_settings").exists():
        setting = re.search(r"^auto_switch_filter: (.+)$", text_of(profile, "profile_settings"), re.M)
        yield "profile_settings", setting[1]


@pytest.fixture(scope="session")
def configuration(tshark):
    """A configuration folder that holds the profiles, readable by the user who runs tshark."""
    folder = tshark.private("profiles-home")
    target = folder / "profiles"
    shutil.copytree(PROFILES, target, ignore=shutil.ignore_patterns("make-profiles", "*.cmake"))
    for path in [folder, target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        if os.geteuid() == 0:
            os.chown(path, folder.stat().st_uid, folder.stat().st_gid)
    return folder


def in_profile(tshark, configuration, profile, *args):
    done = tshark.execute("-C", profile, *args, environment={"WIRESHARK_CONFIG_DIR": str(configuration)})
    words = [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]
    assert done.returncode == 0 and words == [], words
    return done.stdout


def colored(tshark, configuration, profile, path):
    """Name of the coloring rule of each frame, with the knowledge of the whole capture."""
    out = in_profile(tshark, configuration, profile, "-r", tshark.readable(path), "-n", "-2", "--color", "-T", "fields",
                     "-e", "frame.coloring_rule.name")
    return out.split("\n")[:-1]


def test_folders_are_what_the_generator_writes(tmp_path):
    done = subprocess.run([sys.executable, str(PROFILES / "make-profiles"), str(tmp_path)], check=False)
    assert done.returncode == 0
    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(PROFILES): path.read_text() for path in PROFILES.glob("*/*")}
    assert made == kept
    assert sorted(path.name for path in PROFILES.iterdir() if path.is_dir()) == sorted(NAMES)
    assert not any(path.name == "disabled_protos" for path in kept)


def test_every_display_filter_compiles(tshark):
    wanted = collections.OrderedDict()
    for profile in NAMES:
        for where, rule in display_filters(profile):
            wanted.setdefault(rule, f"{profile}/{where}")
    assert len(wanted) > 60
    every = list(wanted)
    for group in (every[at:at + 20] for at in range(0, len(every), 20)):
        if tshark.compiles(" || ".join(f"({rule})" for rule in group)) is not None:
            refused = {wanted[rule]: tshark.compiles(rule) for rule in group}
            assert not any(refused.values()), {where: words for where, words in refused.items() if words}
            pytest.fail("accepted one by one, but not together")


def test_a_wrong_filter_would_be_seen(tshark):
    assert tshark.compiles("cipsec.role == 1") is None
    assert tshark.compiles("cipsec.no_such_field == 1") is not None


@pytest.mark.parametrize("profile", NAMES)
def test_capture_filters_compile(profile):
    library = ctypes.util.find_library("pcap")
    assert library, "libpcap is missing"
    pcap = ctypes.CDLL(library)
    pcap.pcap_open_dead.restype = pcap.pcap_geterr.argtypes = None
    pcap.pcap_open_dead.restype = ctypes.c_void_p
    pcap.pcap_geterr.argtypes, pcap.pcap_geterr.restype = [ctypes.c_void_p], ctypes.c_char_p
    pcap.pcap_compile.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint32]
    handle = pcap.pcap_open_dead(1, 65535)
    rows = named_rows(profile, "cfilters")
    assert {"2221", "44818", "2222"} <= set(re.findall(r"\d{4,5}", " ".join(rule for _, rule in rows)))
    for name, rule in rows:
        program = ctypes.create_string_buffer(64)
        assert pcap.pcap_compile(handle, program, rule.encode(), 1, 0xFFFFFFFF) == 0, (name, pcap.pcap_geterr(handle))


@pytest.mark.parametrize("profile", NAMES)
def test_tables_have_the_form_wireshark_reads(profile):
    for row in table_rows(profile, "dfilter_buttons"):
        assert len(row) == 4 and row[0] == "TRUE" and 0 < len(row[1]) < 50
    groups = {row[1].split(" // ")[0] for row in table_rows(profile, "dfilter_buttons") if " // " in row[1]}
    assert {"Protection", "Role", "Class", "Kind", "Findings"} <= groups
    for row in table_rows(profile, "io_graphs"):
        assert len(row) == 9 and row[0] == "Enabled" and re.fullmatch(r"#[0-9A-F]{6}", row[3])
        assert row[4] in ("Line", "Impulse", "Bar", "Dot", "Square", "Diamond") and row[5] == "Packets"
    assert table_rows(profile, "dfilter_macros") == [list(row) for row in named_rows(profile, "dmacros")]


@pytest.mark.parametrize("profile", NAMES)
def test_preferences_are_known_and_differ_from_the_default(tshark, configuration, captures, profile):
    in_profile(tshark, configuration, profile, "-r", tshark.readable(captures["fail-version"]))
    default = tshark.execute("-G", "defaultprefs").stdout
    set_here = re.findall(r"^([a-z][\w.]*): *(\S*)", text_of(profile, "preferences"), re.M)
    assert [name for name, _ in set_here] == ["gui.column.format", "tcp.reassemble_out_of_order"]
    assert re.search(r"^#?tcp.reassemble_out_of_order: FALSE", default, re.M)
    assert "cipsec.role" not in default


@pytest.mark.parametrize("profile", NAMES)
def test_every_column_has_a_width(profile):
    """In the order of the columns: Wireshark 4.0 finds a width by the column's format, later versions by its place."""
    formats = re.findall(r'^\t"[^"]+", "([^"]+?)(?::0:R)?"', text_of(profile, "preferences"), re.M)
    (widths,) = re.findall(r"^column.width: (.*)$", text_of(profile, "recent"), re.M)
    assert re.findall(r"([^, ]+), \d+", widths) == formats


@pytest.mark.parametrize("profile", NAMES)
def test_columns_show_words(tshark, configuration, captures, profile):
    out = in_profile(tshark, configuration, profile, "-r", tshark.readable(captures["class3-encrypted"]), "-n", "-2")
    line = out.splitlines()[11]
    wanted = ["10.17.82.21", "10.17.83.21", "Client", "class 3 explicit", "Encrypted",
              "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "Identity - Get Attributes All"]
    assert [word for word in wanted if word not in line] == [], line
    at = [line.index(word) for word in wanted[2:]]
    assert at == sorted(at), line
    titles = re.findall(r'^\t"([^"]+)"', text_of(profile, "preferences"), re.M)
    assert titles[:10] == ["No.", "Time", "Source", "Destination", "Protocol", "Role", "CIP Class", "Confidentiality",
                           "Cipher", "Kind"] and titles[-1] == "Info"


@pytest.mark.parametrize("profile", NAMES)
def test_every_coloring_rule_is_hit(tshark, configuration, captures, profile):
    hit = set(itertools.chain.from_iterable(colored(tshark, configuration, profile, captures[name]) for name in SHOWN))
    assert {row[0] for row in rules(profile)} - hit == set()


# capture, frame, rule of the profile that must be the first to match
INTENDED = [
    ("CIP Security", "class3-encrypted", 12, "Encrypted"),
    ("CIP Security", "class3-authenticated", 12, "Authenticated"),
    ("CIP Security", "class3-rfc9150", 12, "Authenticated"),
    ("CIP Security", "plant-before", 4, "Clear"),
    ("CIP Security", "plant-before", 100, "I/O, clear"),
    ("CIP Security", "io-class1-encrypted", 40, "I/O, Encrypted"),
    ("CIP Security", "io-class1-authenticated", 60, "I/O, Authenticated"),
    ("CIP Security", "deploy-initial", 20, "Provisioning"),
    ("CIP Security", "deploy-initial-nokeys", 20, "Provisioning"),
    ("CIP Security", "enroll-pull-2221", 8, "Enrollment"),
    ("CIP Security", "fail-expired", 4, "Handshake failed"),
    ("CIP Security", "fail-expired", 6, "Alert"),
    ("CIP Security", "fail-port-closed", 1, "Handshake failed"),
    ("CIP Security", "idle-midstream", 1, "Protection unknown"),
    ("CIP Security - Deployment", "deploy-initial", 22, "Configuration session"),
    ("CIP Security - Explicit", "forward-open-refused", 11, "Response with an error"),
    ("CIP Security - IO", "io-class1-encrypted", 40, "I/O, Encrypted"),
    ("CIP Security - IO", "io-class1-encrypted", 23, "Connection opened or closed"),
    ("CIP Security - Training", "class3-encrypted", 4, "Hello"),
    ("CIP Security - Training", "class3-encrypted", 6, "Certificates and key exchange"),
    ("CIP Security - Training", "class3-encrypted", 7, "Change Cipher Spec and Finished"),
]


@pytest.mark.parametrize("profile,name,frame,rule", INTENDED)
def test_first_match_is_the_intended_rule(tshark, configuration, captures, profile, name, frame, rule):
    assert colored(tshark, configuration, profile, captures[name])[frame - 1] == f"CIP Security: {rule}"


def test_other_traffic_stays_uncolored(tshark, configuration, captures):
    """HTTPS on port 443 is not ours."""
    rows = colored(tshark, configuration, NAMES[0], captures["enroll-pull"])
    assert rows[3] == "" and rows.count("") == 16


def test_error_and_warning_rules_follow_the_findings():
    source = (ROOT / "epan-ext" / "include" / "cipsec" / "findings.def").read_text()
    listed = re.findall(r'^CS_FINDING\(\w+, "(\w+)", (\w+),', source, re.M)
    by_rule = {name: set(re.findall(r"cipsec\.expert\.(\w+)", rule)) for name, rule, *_ in rules(NAMES[0])}
    assert by_rule["CIP Security: Finding: error"] == {name for name, severity in listed if severity == "ERROR"}
    assert by_rule["CIP Security: Finding: warning"] == {name for name, severity in listed if severity == "WARN"}


def test_macros_work(tshark, configuration, captures):
    mark = ";" if tshark.version >= (4, 4) else ":"
    path = tshark.readable(captures["plant-after"])
    for use, plain in (("cs_device" + mark + "10.17.80.31", "cipsec.client.ip == 10.17.80.31 || "
                                                             "cipsec.server.ip == 10.17.80.31"),
                       ("cs_between" + mark + "10.17.81.51;10.17.81.31", "ip.addr == 10.17.81.51 && "
                                                                         "ip.addr == 10.17.81.31")):
        got = [in_profile(tshark, configuration, NAMES[0], "-r", path, "-n", "-Y", rule).count("\n")
               for rule in ("${" + use + "}", plain)]
        assert got[0] == got[1] > 0


def linear(color):
    return [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color]


def luminance(color):
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear(color)))


# what is left of a color without one kind of cone (Viénot, Brettel, Mollon 1999), linear RGB
BLIND = {
    "protanopia": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deuteranopia": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
}


def seen_with(matrix, color):
    """A color as a colour-blind eye takes it, back in screen values."""
    return [max(0, sum(m * c for m, c in zip(line, linear(color)))) ** (1 / 2.2) for line in matrix]


@pytest.mark.parametrize("profile", NAMES)
def test_colors_can_be_read_and_told_apart(profile):
    rows = rules(profile)
    for name, _, back, text in rows:
        light, dark = sorted((luminance(back), luminance(text)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{name}: text is hard to read"
    protections = [row for row in rows if re.search(r"ncrypted|Authenticated|[Cc]lear$", row[0])]
    for kind, matrix in BLIND.items():
        for one, other in itertools.combinations(protections, 2):
            distance = sum((a - b) ** 2 for a, b in zip(seen_with(matrix, one[2]), seen_with(matrix, other[2]))) ** 0.5
            assert distance > 0.12, f"{kind}: {one[0]} and {other[0]} look alike ({distance:.2f})"


def test_zip_holds_the_profiles(tshark):
    packed = list(tshark.build.glob("cip-security-profiles-*.zip"))
    assert len(packed) == 1
    with zipfile.ZipFile(packed[0]) as archive:
        inside = {name: archive.read(name).decode() for name in archive.namelist() if not name.endswith("/")}
    kept = {str(path.relative_to(PROFILES)): path.read_text() for path in PROFILES.glob("*/*")}
    assert inside == kept
