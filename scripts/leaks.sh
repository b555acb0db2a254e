#!/usr/bin/env bash
# Begins and ends payloads of every driver in all ways, and kills workers; then looks for what is left behind:
# scripts/leaks.sh [FILTER...], filters as `swift test` takes them (all leak tests by default). ROUNDS=100.
#
# As root it runs in namespaces of its own, so that whatever appears there counts, wherever it comes from.
set -euo pipefail
cd "$(dirname "$0")/.."

export ROUNDS=${ROUNDS:-100}
[ $# -gt 0 ] || set -- LeakTests KilledWorkerTests
# One after the other: each would find what the others have at work.
tests() {
    local filter
    for filter in "$@"; do "${SWIFT:-swift}" test -c release --skip-build --filter "$filter" || return; done
}
export -f tests

if [ "$(id -u)" -ne 0 ] || ! unshare --pid --mount --fork --mount-proc true 2>/dev/null; then
    echo "leaks: without namespaces of their own only what can be traced to the worker counts" >&2
    tests "$@"
    exit
fi

scratch=$(mktemp -d /var/tmp/weft-leaks-XXXXXX)
trap 'rm -rf --one-file-system "$scratch"' EXIT
mkdir -m 1777 "$scratch/tmp" "$scratch/var"
# The shell stays as the first process of the namespace: it inherits orphans.
SCRATCH=$scratch WEFT_LEAKS_ALONE=1 unshare --pid --mount --fork --mount-proc bash -c '
    mount --make-rprivate /
    mount --bind "$SCRATCH/tmp" /tmp
    mount --bind "$SCRATCH/var" /var/tmp
    mount -t tmpfs -o mode=1777 weft-leaks /dev/shm
    tests "$@"
    status=$?
    exit $status' leaks "$@"
