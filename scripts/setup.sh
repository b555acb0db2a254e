#!/usr/bin/env bash
# Installs the system packages that building and testing need, where apt is there and something is missing.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

if ! command -v swift >/dev/null; then
    echo "setup: Swift 6.2 or later is needed; see https://www.swift.org/install" >&2
    exit 1
fi

[ "$(uname -s)" = Linux ] || exit 0

missing=()
need() { # need PACKAGE TEST...: PACKAGE is missing when TEST fails
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
header() { [ -e "/usr/include/$1" ] || [ -n "$(find /usr/include -maxdepth 2 -name "$1" -print -quit)" ]; }

need libsqlite3-dev header sqlite3.h
need zlib1g-dev header zlib.h
need protobuf-compiler command -v protoc
need libc6-dev header stdio.h

[ ${#missing[@]} -eq 0 ] && exit 0

apt_install "${missing[@]}"
