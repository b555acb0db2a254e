#!/usr/bin/env bash
# Gets what the tests of deploy/ need below .build/deploy: Prometheus as an unpacked package of Debian (no service is started), and
# what backups are made with. The linters are in Tests/Deploy/requirements.txt. What is there already stays.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/apt.sh

folder=.build/deploy
mkdir -p "$folder"
missing=()
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v sqlite3 >/dev/null || missing+=(sqlite3)
command -v rsync >/dev/null || missing+=(rsync)
[ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"

if [ ! -x "$folder/prometheus/usr/bin/promtool" ]; then
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
        mkdir -p "$folder/prometheus/usr/bin"
        ln -sf "$(command -v prometheus)" "$(command -v promtool)" "$folder/prometheus/usr/bin/"
    elif command -v apt-get >/dev/null; then
        echo "setup: fetching Debian's package prometheus"
        rm -rf "$folder/download"
        mkdir -p "$folder/download"
        # A list of packages that is old or missing is renewed. Without _apt's own user, so that the folder may be anywhere.
        fetch() { (cd "$folder/download" && apt-get -qq -o APT::Sandbox::User=root download prometheus); }
        fetch 2>/dev/null || {
            run=()
            [ "$(id -u)" -eq 0 ] || run=(sudo)
            "${run[@]}" apt-get update -qq
            fetch
        }
        rm -rf "$folder/prometheus.new"
        dpkg -x "$folder"/download/prometheus_*.deb "$folder/prometheus.new"
        mv "$folder/prometheus.new" "$folder/prometheus"
        rm -rf "$folder/download"
    else
        echo "setup: please install Prometheus, with promtool" >&2
        exit 1
    fi
fi
