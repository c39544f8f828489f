# install.sh: where the module and the profiles go for this user, and how they get there. Sourced after common.sh.
#
# SPDX-License-Identifier: GPL-2.0-or-later

MODULE=cipsec.so
# Lists the files of an installed profile as we wrote them, so that a user's changes are known from ours.
PROFILE_RECORD=.installed-by-cipsec

# A line of `tshark -G folders`: folder "Personal Plugins".
folder() {
    tshark -G folders 2>/dev/null | sed -n "s/^$1: *\t//p" | head -n 1
}

# Wireshark that runs as root takes no plugins from the personal folder.
module_folder() {
    if [ "$(id -u)" = 0 ]; then
        folder "Global Plugins"
    else
        folder "Personal Plugins"
    fi | sed 's,$,/epan,'
}

profiles_folder() {
    printf '%s/profiles\n' "$(folder "Personal configuration")"
}

# install_module FILE: prints what it did; nothing is written when the same file is there.
install_module() {
    local target
    target=$(module_folder)
    if cmp -s "$1" "$target/$MODULE"; then
        say "The module is already in $target"
        return
    fi
    if ! mkdir -p "$target" 2>/dev/null || [ ! -w "$target" ]; then
        warn "Cannot write to $target: check its owner (ls -ld \"$target\")."
        return 1
    fi
    # A running Wireshark keeps the old file open: replace, do not overwrite.
    cp "$1" "$target/.$MODULE.new"
    chmod 644 "$target/.$MODULE.new"
    mv "$target/.$MODULE.new" "$target/$MODULE"
    say "Installed the module to $target"
}

# Check sums of a profile folder's files, but for those that Wireshark itself keeps there.
profile_sums() {
    (cd "$1" && find . -type f ! -name "$PROFILE_RECORD" ! -name 'recent*' ! -name README -print0 | LC_ALL=C sort -z |
        xargs -0 -r sha256sum)
}

# put_profile SOURCE TARGET: the widths of columns that Wireshark keeps there stay.
put_profile() {
    local kept="$2/.recent.kept"
    mkdir -p "$2"
    [ ! -f "$2/recent" ] || mv "$2/recent" "$kept"
    cp -R "$1/." "$2/"
    [ ! -f "$kept" ] || mv "$kept" "$2/recent"
    profile_sums "$1" >"$2/$PROFILE_RECORD"
}

# install_profiles SOURCE: a profile that the user changed stays as it is; ours then comes beside it as "NAME (new)".
install_profiles() {
    local target source name wanted has record written=0
    target=$(profiles_folder)
    for source in "$1"/*/; do
        source=${source%/}
        name=${source##*/}
        [ -f "$source/preferences" ] || [ -f "$source/colorfilters" ] || continue
        wanted=$(profile_sums "$source")
        if [ ! -d "$target/$name" ]; then
            put_profile "$source" "$target/$name"
            written=$((written + 1))
            continue
        fi
        has=$(profile_sums "$target/$name")
        record=$(cat "$target/$name/$PROFILE_RECORD" 2>/dev/null || true)
        if [ "$has" = "$wanted" ] || [ "$record" = "$wanted" ]; then
            continue
        elif [ "$has" = "$record" ]; then
            find "$target/$name" -type f ! -name recent -delete
            put_profile "$source" "$target/$name"
            written=$((written + 1))
        elif [ ! -d "$target/$name (new)" ] || [ "$(profile_sums "$target/$name (new)")" != "$wanted" ]; then
            rm -rf "${target:?}/$name (new)"
            put_profile "$source" "$target/$name (new)"
            written=$((written + 1))
            say "You changed the profile \"$name\": it stays as it is, the new one is \"$name (new)\"."
        fi
    done
    if [ $written = 0 ]; then
        say "The profiles are already in $target"
    else
        say "Installed $written profiles to $target"
    fi
}

# remove_profiles SOURCE: those that are as we wrote them.
remove_profiles() {
    local target name found
    target=$(profiles_folder)
    for source in "$1"/*/; do
        name=$(basename "$source")
        for found in "$target/$name" "$target/$name (new)"; do
            [ -f "$found/$PROFILE_RECORD" ] || continue
            if [ "$(profile_sums "$found")" = "$(cat "$found/$PROFILE_RECORD")" ]; then
                rm -rf "$found"
                say "Removed the profile $found"
            else
                say "You changed the profile $found: it stays."
            fi
        done
    done
}
