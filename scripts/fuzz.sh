#!/bin/bash
# Fuzzes every decoder that reads bytes from outside, FUZZ_SECONDS (60) each and FUZZ_JOBS (one per processor) at a time, from the
# corpora in Tests/Fuzz/corpus. Arguments name the targets to run; without any, all of them. New inputs stay in Tests/Fuzz/.build; a
# crash is kept in Tests/Fuzz/.build/crashes.
set -euo pipefail
cd "$(dirname "$0")/../Tests/Fuzz"

export seconds="${FUZZ_SECONDS:-60}"
jobs="${FUZZ_JOBS:-$(nproc)}"
# libFuzzer's own limits: memory that a decoder may hold, and seconds for one input.
export memory_mebibytes=1024 input_seconds=5

swift build -c release >&2
program="$(swift build -c release --show-bin-path)/weft-fuzz"
export program
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$program")

fuzz() { # fuzz TARGET: a line for the table; fails where the target does
    local log=.build/$1.log runs peak
    mkdir -p ".build/found/$1" "corpus/$1"
    if timeout $((seconds + 60)) "$program" "$1" -max_total_time="$seconds" -rss_limit_mb="$memory_mebibytes" \
        -timeout="$input_seconds" -max_len=8192 -artifact_prefix=".build/crashes/$1-" -print_final_stats=1 \
        ".build/found/$1" "corpus/$1" >"$log" 2>&1; then
        runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
        peak="$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")"
        printf '%-24s ok      %10s inputs, %4s MiB at most\n' "$1" "$runs" "$peak"
    else
        printf '%-24s FAILED  see Tests/Fuzz/%s\n' "$1" "$log"
        return 1
    fi
}
export -f fuzz

mkdir -p .build/crashes
if ! printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$jobs" bash -c 'fuzz "$1"' fuzz; then
    echo "fuzz: a target failed" >&2
    exit 1
fi
