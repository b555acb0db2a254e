#!/usr/bin/env bash
# Installs what the drivers run payloads with, from Debian and PyPI: `scripts/setup-drivers.sh [ENGINE...]`, all of
# them by default. What is there already stays as it is.
set -euo pipefail

engines=(containers)

run=()
[ "$(id -u)" -eq 0 ] || run=(sudo)
updated=

# install PACKAGE...: the Debian packages of them that are missing.
install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "setup-drivers: please install what this system calls: ${missing[*]}" >&2
        return 1
    fi
    echo "setup-drivers: installing ${missing[*]}"
    [ -n "$updated" ] || "${run[@]}" apt-get update -qq
    updated=yes
    DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >/dev/null
}

# Docker's daemon, Podman, and what runs an image without either; a static shell to make a small image of.
setup_containers() {
    install docker.io podman runc runsc busybox-static
}

[ $# -gt 0 ] && engines=("$@")
for engine in "${engines[@]}"; do
    if ! declare -F "setup_$engine" >/dev/null; then
        echo "setup-drivers: there is no engine called $engine; known: containers" >&2
        exit 64
    fi
    "setup_$engine"
done
