#!/bin/bash
# Fuzzes every decoder that reads bytes from outside, FUZZ_SECONDS (60) each, from the corpora in Tests/Fuzz/corpus. Arguments name
# the targets to run; without any, all of them. New inputs stay in Tests/Fuzz/.build; a crash is kept in Tests/Fuzz/.build/crashes.
set -euo pipefail
cd "$(dirname "$0")/../Tests/Fuzz"

seconds="${FUZZ_SECONDS:-60}"
# libFuzzer's own limits: memory that a decoder may hold, and seconds for one input.
memory_mebibytes=1024
input_seconds=5

swift build -c release >&2
program="$(swift build -c release --show-bin-path)/weft-fuzz"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$program")

mkdir -p .build/crashes
failed=()
for target in "${targets[@]}"; do
    mkdir -p ".build/found/$target" "corpus/$target"
    if timeout $((seconds + 60)) "$program" "$target" -max_total_time="$seconds" -rss_limit_mb=$memory_mebibytes \
        -timeout=$input_seconds -max_len=8192 -artifact_prefix=".build/crashes/$target-" -print_final_stats=1 \
        ".build/found/$target" "corpus/$target" >".build/$target.log" 2>&1; then
        runs="$(sed -n 's/^stat::number_of_executed_units: *//p' ".build/$target.log")"
        peak="$(sed -n 's/^stat::peak_rss_mb: *//p' ".build/$target.log")"
        printf '%-24s ok      %10s inputs, %4s MiB at most\n' "$target" "$runs" "$peak"
    else
        printf '%-24s FAILED  see Tests/Fuzz/.build/%s.log\n' "$target" "$target"
        failed+=("$target")
    fi
done
[ ${#failed[@]} -eq 0 ] || { echo "fuzz: ${failed[*]}" >&2; exit 1; }
