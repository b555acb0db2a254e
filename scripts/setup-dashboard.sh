#!/usr/bin/env bash
# Installs the browser that the dashboard's tests need, where apt is there and none is found.
set -euo pipefail

for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if ! command -v apt-get >/dev/null; then
    echo "setup: please install what this system calls chromium, or name it in CHROMIUM" >&2
    exit 1
fi
run=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: run as root: apt-get install chromium" >&2
        exit 1
    fi
    run=(sudo)
fi
echo "setup: installing chromium"
"${run[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
