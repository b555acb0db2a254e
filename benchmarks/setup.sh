#!/usr/bin/env bash
# Fetches what bench.py measures Weft against: four task systems in private virtual environments, a private
# redis-server, and the small C programs of raw/. Everything lies below $WEFT_BENCH_HOME (default: .peers beside this
# file); nothing is installed into the system and nothing is started. Run again at will: what is there is kept.
set -uo pipefail
home=$(realpath -m "${WEFT_BENCH_HOME:-$(dirname "$0")/.peers}")
cd "$(dirname "$0")" || exit 1

python=${WEFT_BENCH_PYTHON:-python3}
missing=()

say() { echo "benchmarks: $*"; }
lack() { # lack WHAT REMEDY: remembered, and told at the end; the rest goes on
    missing+=("$1: $2")
}

# environment NAME REQUIREMENT...: a virtual environment with exactly these, made anew when the list has changed
environment() {
    local name=$1 directory=$home/$1
    shift
    [ "$(cat "$directory/.requirements" 2>/dev/null)" = "$*" ] && return
    say "fetching $name"
    rm -rf "$directory"
    if ! "$python" -m venv "$directory"; then
        lack "$name" "Python cannot make virtual environments; install what this system calls python3-venv"
        return
    fi
    if ! "$directory/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; then
        lack "$name" "pip could not install $* (its message is above)"
        return
    fi
    echo "$*" >"$directory/.requirements"
}

# A redis-server of our own, so that no service of the system is installed, started or touched. Debian's packages are
# unpacked, not installed: only those that the system lacks are fetched.
redis() {
    if command -v redis-server >/dev/null || [ -x "$home/bin/redis-server" ]; then return; fi
    if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
        lack redis-server "install Redis so that redis-server is on the PATH (Celery's broker)"
        return
    fi
    local archives=$home/redis-archives root=$home/redis
    local fetch=(apt-get install -qq -y --download-only --no-install-recommends -o Debug::NoLocking=1
        -o "Dir::Cache::archives=$archives" -o APT::Sandbox::User=root redis-server)
    say "fetching redis-server"
    mkdir -p "$archives/partial" "$root"
    if ! "${fetch[@]}" >/dev/null 2>&1; then
        # The lists may be absent or old. Only root may renew them.
        if [ "$(id -u)" -eq 0 ]; then apt-get update -qq >/dev/null; fi
        if ! "${fetch[@]}" >/dev/null; then
            lack redis-server "apt could not fetch it; try: apt-get update"
            return
        fi
    fi
    local package
    for package in "$archives"/*.deb; do
        if ! dpkg -x "$package" "$root"; then
            lack redis-server "$(basename "$package") could not be unpacked; remove it and run this again"
            return
        fi
    done
    local libraries
    libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
    cat >"$home/bin/redis-server.new" <<EOF
#!/bin/sh
LD_LIBRARY_PATH='$libraries' exec '$root/usr/bin/redis-server' "\$@"
EOF
    chmod +x "$home/bin/redis-server.new"
    if "$home/bin/redis-server.new" --version >/dev/null; then
        mv "$home/bin/redis-server.new" "$home/bin/redis-server"
        rm -rf "$archives"
    else
        lack redis-server "the unpacked one does not start; install Redis so that redis-server is on the PATH"
    fi
}

compile() { # compile NAME SOURCE
    local compiler=${CC:-cc}
    if ! command -v "$compiler" >/dev/null; then
        lack "$1" "a C compiler is needed; install gcc or clang"
        return
    fi
    [ "$home/bin/$1" -nt "$2" ] && return
    "$compiler" -O2 -Wall -Wextra -Werror -pthread -o "$home/bin/$1" "$2" || lack "$1" "$2 did not compile"
}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
    echo "benchmarks: Python 3.9 or later is needed (as python3, or name it in WEFT_BENCH_PYTHON)" >&2
    exit 1
fi
if ! mkdir -p "$home/bin"; then exit 1; fi

compile raw-spawn raw/spawn.c
environment hyperqueue hyperqueue==0.27.0
environment dask dask==2026.8.0 distributed==2026.8.0
environment ray ray==2.60.0
environment celery celery==5.7.0 redis==8.1.0 packaging==26.3
redis

command -v unshare >/dev/null || say "no unshare here: servers of a run will share this machine's loopback"

if [ ${#missing[@]} -gt 0 ]; then
    say "these are missing; bench.py measures the others and says so:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 0
fi
say "everything is in $home"
