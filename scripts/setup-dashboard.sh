#!/usr/bin/env bash
# Installs the browser that the dashboard's tests need, where apt is there and none is found. CHROMIUM names another one.
set -euo pipefail
. "$(dirname "$0")/apt.sh"

for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
apt_install chromium fonts-dejavu-core
