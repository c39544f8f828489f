# chroot.sh: Debian chroots with other Wireshark versions. Sourced after common.sh.
#
# A suite's chroot is made once by debootstrap under the cache folder and used by later runs as it is. Everything
# that is mounted for a run is mounted in a private mount namespace, so nothing is left behind however a run ends.
#
# SPDX-License-Identifier: GPL-2.0-or-later

CHROOT_UNAVAILABLE=77
CHROOT_CACHE=${CIPSEC_CACHE:-/var/cache/cipsec-chroots}
declare -A CHROOT_WIRESHARK=([trixie]=4.4 [sid]=4.6)

# The mirror that this machine itself uses for Debian; CIPSEC_MIRROR goes before it.
debian_mirror() {
    if [ -n "${CIPSEC_MIRROR:-}" ]; then
        printf '%s\n' "$CIPSEC_MIRROR"
        return
    fi
    {
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null || true
        sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | tr ' ' '\n' || true
        sed -n 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\).*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
            2>/dev/null || true
    } | grep -E '/debian/?$' | head -n 1 | grep .
}

# Everything apt needs inside: names, proxy and date checks as on this machine.
chroot_configure_apt() {
    local root=$1
    cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || true
    apt-config dump | grep -E '^Acquire::(http|https|ftp)::Proxy|^Acquire::Check-Date' >"$root/etc/apt/apt.conf.d/90machine" || true
    # A frozen mirror's index of sid is always too old.
    printf 'Acquire::Check-Valid-Until "false";\n' >"$root/etc/apt/apt.conf.d/91frozen"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
}

# chroot_bootstrap SUITE: the bare system, moved to its place only when complete.
chroot_bootstrap() {
    local suite=$1 root=$CHROOT_CACHE/$1 mirror
    mirror=$(debian_mirror) || {
        warn "No Debian mirror found in this machine's apt configuration; set CIPSEC_MIRROR to one."
        return 1
    }
    install_packages debootstrap debian-archive-keyring || return 1
    mkdir -p "$CHROOT_CACHE"
    rm -rf "$root.new"
    say "Bootstrapping Debian $suite (once; later runs use it again)"
    if ! debootstrap --variant=minbase --include=ca-certificates "$suite" "$root.new" "$mirror" >"$root.log" 2>&1; then
        tail -n 5 "$root.log" >&2
        rm -rf "$root.new"
        return 1
    fi
    mv "$root.new" "$root"
}

# chroot_prepare SUITE: makes it if it is not there, installs what is missing in it, checks the Wireshark version.
chroot_prepare() {
    local suite=$1 root=$CHROOT_CACHE/$1 wanted=${CHROOT_WIRESHARK[$1]} packages=("${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}") found
    [ -x "$root/bin/sh" ] || chroot_bootstrap "$suite" || return $CHROOT_UNAVAILABLE
    if ! dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
        awk '$1 != "installed" { bad = 1 } END { exit bad || NR < '${#packages[@]}' }'; then
        say "Installing packages into the $suite chroot"
        chroot_configure_apt "$root"
        if ! chroot_enter "$suite" env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -c \
            'apt-get -q update && apt-get -q -y --no-install-recommends install "$@"' sh "${packages[@]}" >"$root.log" 2>&1; then
            grep -E '^[EW]:' "$root.log" | tail -n 5 >&2 || true
            return $CHROOT_UNAVAILABLE
        fi
    fi
    found=$(chroot_enter "$suite" tshark --version 2>/dev/null | sed -n '1s/.*[^0-9]\([0-9][0-9]*\.[0-9][0-9]*\)\.[0-9].*/\1/p')
    if [ "$found" != "$wanted" ]; then
        warn "Debian $suite has Wireshark ${found:-none}, not $wanted: nothing can be said about $wanted."
        return $CHROOT_UNAVAILABLE
    fi
}

# chroot_enter SUITE COMMAND...: runs COMMAND in /src, which is this repository; CIPSEC_BIND names further folders
# (separated by colons), bound read-only at the same path. Without the right to mount, copies are used instead.
chroot_enter() {
    local suite=$1 root=$CHROOT_CACHE/$1 status=0
    shift
    if unshare --mount --propagation private true 2>/dev/null; then
        unshare --mount --propagation private bash "$REPOSITORY/tools/lib/chroot-mounted" "$root" "$REPOSITORY" "$@" || status=$?
    else
        chroot_enter_copied "$root" "$@" || status=$?
    fi
    return $status
}

chroot_enter_copied() (
    root=$1
    shift
    folders=()
    trap 'for f in "${folders[@]}"; do rm -rf "$root$f"; done' EXIT
    exec 8>"$root.copy.lock"
    flock 8
    folders+=(/src)
    rm -rf "$root/src"
    mkdir -p "$root/src"
    tar -C "$REPOSITORY" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$root/src" -xf -
    IFS=:
    for f in ${CIPSEC_BIND:-}; do
        [ ! -e "$root$f" ] || continue
        folders+=("$f")
        mkdir -p "$root$f"
        cp -a "$f/." "$root$f/"
    done
    unset IFS
    chroot "$root" bash -c 'cd /src && exec "$@"' bash "$@"
)
