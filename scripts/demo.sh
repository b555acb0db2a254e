#!/usr/bin/env bash
# A coordinator, three honest workers and a saboteur, as separate processes on this machine, run a real job: the
# SHA-256 and the word count of every text file of this repository, three replicas each, two of which must agree.
# Everything is written below demo-run/; every process that is started here is stopped here.
set -euo pipefail
cd "$(dirname "$0")/.."

run=$PWD/demo-run
. scripts/demo-cluster.sh

say "Starting a coordinator, three honest workers and a saboteur"
start_coordinator
for name in ada grace edsger; do start_worker "$name"; done
start_saboteur mallory 7
wait_for_nodes 4
"$weft" node list

say "Uploading every text file of the repository"
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git grep -Il '' >"$run/files"
else
    find . -type f -not -path './.build/*' -not -path './demo-run/*' -not -path './.git/*' -size +0 \
        -exec grep -Il '' {} + | sed 's|^\./||' >"$run/files"
fi
mapfile -t files <"$run/files"
count=${#files[@]}
[ "$count" -ge 200 ] || fail "only $count text files; the demo wants 200"
"$weft" blob put "${files[@]}" | cut -d' ' -f1 >"$run/digests"
[ "$(wc -l <"$run/digests")" -eq "$count" ] || fail "not every file was uploaded"
{
    echo "name: digest-and-count"
    echo "command: [sh, -c, 'sha256sum < text > sum.txt && wc -w < text > words.txt']"
    echo "array: $count"
    echo "outputs: [sum.txt, words.txt]"
    echo "resources: {cpus: 1, memory: 64MiB, disk: 64MiB}"
    echo "timeout: 1m"
    echo "verification: {replicas: 3, quorum: 2}"
    echo "inputs:"
    echo "  - path: text"
    echo "    each:"
    sed 's/^/      - /' "$run/digests"
} >"$run/job.yaml"

say "Running $count tasks, 3 replicas each, 2 of which must agree"
started=$(date +%s.%N)
job=$("$weft" job submit "$run/job.yaml")
wait_for_job "$job"
ended=$(date +%s.%N)

say "What happened"
"$weft" job show "$job"
"$weft" job results "$job" --download "$run/results" >/dev/null
attempts=$(attempts_ended)
differing=$(awk '/^Tasks/ {for (i = 2; i <= NF; i++) if ($i ~ /^disagreed/) print $(i - 1)}' "$run/shown")
echo
awk -v tasks="$count" -v replicas="$attempts" -v differing="${differing:-0}" -v from="$started" -v to="$ended" 'BEGIN {
    printf "tasks %d, replicas run %d, tasks with a differing answer %d, wall time %.1f s\n",
        tasks, replicas, differing, to - from }'
"$weft" node list

say "Comparing every answer with the one computed here"
answers() { for index in "${!files[@]}"; do printf '%s\0' "$run/results/$index/outputs/$1"; done | xargs -0 cat; }
here() { tr '\n' '\0' <"$run/files" | xargs -0 "$@"; }
paste -d' ' <(here sha256sum | cut -d' ' -f1) <(here wc -w | grep -v ' total$' | awk '{print $1}') \
    "$run/files" >"$run/expected"
paste -d' ' <(answers sum.txt | cut -d' ' -f1) <(answers words.txt) "$run/files" >"$run/given"
diff "$run/expected" "$run/given" | grep '^>' && fail "there are wrong answers"
echo "all $count answers are right"
score=$("$weft" node show mallory --output yaml | awk '/score:/ {print $2; exit}')
[ "$score" -lt 50 ] || fail "the saboteur's reputation did not fall: $score"
echo "the saboteur's reputation fell from 50 to $score"

say "Checking a receipt offline"
"$weft" job receipt "$job.0" --file "$run/receipt.json"
stop
"$weft" receipt verify "$run/receipt.json"
size=$(wc -c <"$run/receipt.json")
for position in 0 $((size / 5)) $((size / 3)) $((size / 2)) $((size * 3 / 4)) $((size - 1)); do
    cp "$run/receipt.json" "$run/forged.json"
    byte=$(dd if="$run/receipt.json" bs=1 skip="$position" count=1 status=none | od -An -tu1 | tr -d ' ')
    printf "\\$(printf %o $(((byte ^ 1) & 255)))" \
        | dd of="$run/forged.json" bs=1 seek="$position" count=1 conv=notrunc status=none
    if "$weft" receipt verify "$run/forged.json" >/dev/null 2>&1; then
        fail "a receipt with byte $position changed was accepted"
    fi
done
echo "with any one of six bytes changed it is refused"

leftover=$(pgrep -f "$run" || true)
[ -z "$leftover" ] || fail "processes are left: $leftover"
say "Done: $count verified answers in spite of a liar. Everything is below demo-run/; make clean removes it."
