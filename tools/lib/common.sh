# common.sh: what the tools share. Sourced by bash scripts, which set -euo pipefail first.
#
# SPDX-License-Identifier: GPL-2.0-or-later

BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkgconf libglib2.0-dev libgnutls28-dev libgcrypt20-dev
    libwireshark-dev tshark)
TEST_PACKAGES=(libcmocka-dev python3 python3-pytest python3-pytest-xdist python3-jsonschema util-linux wireshark xvfb xauth xdotool imagemagick
    openssl gnutls-bin libpcap-dev libssl-dev)

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        warn "This step needs administrator rights, and sudo is not installed. Run as root:"
        warn "  $*"
        return 1
    fi
}

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Runs apt-get as root, quietly: its words are shown only if it fails. Debian asks whether others than root may capture;
# the answer does not matter here, a prompt would.
apt_quietly() {
    local log status=0
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1 || status=$?
    [ $status = 0 ] || tail -n 15 "$log" >&2
    rm -f "$log"
    return $status
}

# Installs the packages of the argument list that are missing. Says nothing and does nothing when all are there.
install_packages() {
    local missing=() name
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
        warn "This script installs packages with apt, which is not here. Install by hand what matches: $*"
        return 1
    }
    for name in "$@"; do
        package_installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing: ${missing[*]}"
    apt_quietly --no-install-recommends install "${missing[@]}" 2>/dev/null && return
    # The package list may be old or not there at all.
    apt_quietly update || {
        warn "apt-get update failed: check the network and the package sources of this machine."
        return 1
    }
    apt_quietly --no-install-recommends install "${missing[@]}" || {
        warn "apt could not install: ${missing[*]}. Its own words are above; on Debian and Ubuntu all are in the main"
        warn "(Ubuntu: universe) section."
        return 1
    }
}

# The Python that has pytest: another one may come first in PATH.
test_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import pytest' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# major.minor of the tshark in PATH, empty without one.
tshark_version() {
    tshark --version 2>/dev/null | sed -n '1s/.*[^0-9]\([0-9][0-9]*\.[0-9][0-9]*\)\.[0-9].*/\1/p'
}
