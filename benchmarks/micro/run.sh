#!/usr/bin/env bash
# Micro-benchmarks of the engine: builds them beside the ordinary build and runs them, or compares their allocations with
# thresholds/: run.sh [run|check|update] [options of the tool, such as --filter 'tick-.*'].
set -euo pipefail
cd "$(dirname "$0")/../.."

action=${1:-run}
shift || true
swift=${SWIFT:-swift}
scratch=$PWD/.build/micro
root=$scratch/weft
thresholds=benchmarks/micro/thresholds

# A root of links, so that what these resolve is not written into the Package.resolved of ordinary builds.
mkdir -p "$root"
for entry in Package.swift Sources TestKits Tests benchmarks; do ln -sfn "../../../$entry" "$root/$entry"; done

if [ "$action" = check ] && ! ls "$thresholds"/*.json >/dev/null 2>&1; then
    echo "$thresholds holds nothing to compare with: write it by $0 update" >&2
    exit 1
fi

export WEFT_MICRO_BENCHMARKS=1
build() { "$swift" build --package-path "$root" --scratch-path "$scratch" -c release --product "$1"; }
build weft-micro
build BenchmarkTool

tool() {
    # The same hash tables in every run, so that allocations are the same to the last one.
    SWIFT_DETERMINISTIC_HASHING=1 "$scratch/release/BenchmarkTool" --baseline-storage-path "$scratch" --targets weft-micro \
        --benchmark-executable-paths "$scratch/release/weft-micro" --grouping metric --no-progress "$@"
}

case $action in
    run) tool --command run --format text "$@" ;;
    check | update)
        mkdir -p "$thresholds"
        tool --command thresholds --thresholds-operation "$action" --path "$thresholds" --format text \
            --metrics "Allocations per 1000 events" "$@"
        ;;
    *)
        echo "usage: $0 [run|check|update] [options]" >&2
        exit 2
        ;;
esac
