#!/usr/bin/env bash
# Makes the private Python environment with the strangers that Weft's libp2p is tried against: py-libp2p, and go-libp2p as
# the daemon p2pd. Nothing outside of the given folder changes. Prints the folder.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
environment="${1:-$here/../../.build/interop}"
stamp="$environment/installed.txt"
# Kept here and nowhere else; a change makes the environment anew.
versions="libp2p==0.8.1 protobuf<7 hivemind==1.1.12"

if [[ -f "$stamp" && "$(cat "$stamp")" == "$versions" ]]; then
    echo "$environment"
    exit 0
fi
rm -rf "$environment"
python3 -m venv "$environment" >&2
timeout 420 "$environment/bin/pip" install --quiet --disable-pip-version-check "libp2p==0.8.1" "protobuf<7" >&2
# Of hivemind only its daemon and the daemon's messages are wanted, not what it trains with.
timeout 300 "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps "hivemind==1.1.12" >&2
chmod +x "$environment"/lib/python3*/site-packages/hivemind/hivemind_cli/p2pd
echo "$versions" > "$stamp"
echo "$environment"
