#!/usr/bin/env bash
# Four honest workers and two that lie in six of ten answers run two jobs that say no more than which share of their
# answers may be wrong. Every answer is compared with the one computed here, and what it took is printed.
# Everything is written below demo-run/trust; every process that is started here is stopped here.
set -euo pipefail
cd "$(dirname "$0")/.."
run=$PWD/demo-run/trust
. scripts/demo-cluster.sh

tasks=${TASKS:-400}
max_error=${MAX_ERROR:-1e-3}

say "Starting a coordinator, four honest workers and two saboteurs"
start_coordinator
for name in ada grace edsger barbara; do start_worker "$name"; done
start_saboteur mallory 7
start_saboteur eve 11
wait_for_nodes 6

wrong=0
for round in 1 2; do
    say "Job $round: $tasks tasks, of whose accepted answers $max_error may be wrong"
    before=$(attempts_ended)
    cat >"$run/job.yaml" <<JOB
name: squares-$round
command: [sh, -c, 'echo \$((WEFT_TASK_INDEX * WEFT_TASK_INDEX + $round)) > square']
array: $tasks
outputs: [square]
resources: {cpus: 1, memory: 64MiB, disk: 16MiB}
timeout: 1m
verification: {max_error: $max_error}
JOB
    job=$("$weft" job submit "$run/job.yaml")
    wait_for_job "$job"
    "$weft" job results "$job" --download "$run/results-$round" >/dev/null
    for index in $(seq 0 $((tasks - 1))); do
        if [ "$(cat "$run/results-$round/$index/outputs/square")" != $((index * index + round)) ]; then
            echo "task $index has a wrong answer"
            wrong=$((wrong + 1))
        fi
    done
    awk -v tasks="$tasks" -v before="$before" -v after="$(attempts_ended)" 'BEGIN {
        printf "replicas per task: %.2f\n", (after - before) / tasks }'
done
[ "$wrong" -eq 0 ] || fail "$wrong wrong answers were accepted"
echo "all $((2 * tasks)) accepted answers are right"

say "What is known of the nodes"
for name in ada grace edsger barbara mallory eve; do
    printf '%-8s %s\n' "$name" "$("$weft" node show "$name" | sed -n 's/^Trust *//p')"
done

say "Checking a receipt offline"
"$weft" job receipt "$job.0" --file "$run/receipt.json"
stop
"$weft" receipt verify "$run/receipt.json"
say "Done: $((2 * tasks)) right answers in spite of two liars. Everything is below demo-run/; make clean removes it."
