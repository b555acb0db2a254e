#!/usr/bin/env bash
# Twenty nodes that belong to no coordinator, and one address to begin with. A job that wants three answers to each task finds nodes
# among them and coordinates itself; while it runs, every fourth node is killed, the one that everybody began with among them.
# It ends verified.
# Everything is written below demo-run/p2p; every process that is started here is stopped here.
set -euo pipefail
cd "$(dirname "$0")/.."
run=$PWD/demo-run/p2p
. scripts/demo-cluster.sh

nodes=${NODES:-20}
tasks=${TASKS:-60}
# Twenty machines of one kind on one machine: the others' drivers have nothing to show here.
export WEFT_VM_GUEST=/nowhere
peers=(--listen /ip4/127.0.0.1/tcp/0 --multicast false)

start_peer() { # start_peer NAME [ARGUMENT...]
    local name=$1
    shift
    "$weft" worker --p2p "${peers[@]}" "$@" --data-dir "$run/$name" --name "$name" --owner "$name" --cpus 1 \
        --memory 256MiB >"$run/$name.log" 2>&1 &
    pids+=($!)
}

say "Starting $nodes nodes; all but the first are told where the first is, and nothing else"
start_peer node-1
wait_for "the first node's address" grep -q 'offered to peers' "$run/node-1.log"
first=$(grep -o '/ip4/127.0.0.1/tcp/[0-9]*/p2p/[A-Za-z0-9]*' "$run/node-1.log" | head -n 1)
for number in $(seq 2 "$nodes"); do start_peer "node-$number" --bootstrap "$first"; done
offered() { [ "$(grep -l 'offered to peers' "$run"/node-*.log | wc -l)" -eq "$nodes" ]; }
wait_for "$nodes nodes" offered
# Whom the submitter begins with: not the node that will be killed.
wait_for "the second node" grep -q 'offered to peers' "$run/node-2.log"
second=$(grep -o '/ip4/127.0.0.1/tcp/[0-9]*/p2p/[A-Za-z0-9]*' "$run/node-2.log" | head -n 1)
count=0
for _ in $(seq 12); do
    "$weft" peer list "${peers[@]}" --bootstrap "$second" --for 5s >"$run/found"
    count=$(($(wc -l <"$run/found") - 1))
    echo "found: $count"
    [ "$count" -lt "$nodes" ] || break
done
[ "$count" -eq "$nodes" ] || fail "not all nodes were found"
cat "$run/found"

say "A job of $tasks tasks, three answers each, coordinated by its own process"
"$weft" run --p2p "${peers[@]}" --bootstrap "$second" --log-level info --replicas 3 --array "$tasks" --cpus 0.5 --memory 64MiB \
    --disk 16MiB -o square --results "$run/results" -- \
    sh -c 'sleep 0.5; echo $((WEFT_TASK_INDEX * WEFT_TASK_INDEX)) > square' >"$run/job.out" 2>"$run/job.log" &
job=$!
pids+=("$job")
wait_for "nodes at work" grep -q 'worker joined' "$run/job.log"
sleep 3

say "Killing every fourth node, the one that everybody began with among them"
for index in $(seq 0 4 $((nodes - 1))); do
    # That they were killed need not be said for each.
    disown "${pids[$index]}"
    kill -9 "${pids[$index]}"
done
status=0
wait "$job" || status=$?
[ "$status" -eq 0 ] || fail "the job ended with status $status"
grep -c 'worker joined' "$run/job.log" | sed 's/^/nodes that joined: /'
grep -c 'worker left.*reason' "$run/job.log" | sed 's/^/links that ended:  /'
wrong=0
for index in $(seq 0 $((tasks - 1))); do
    [ "$(cat "$run/results/$index/square" 2>/dev/null || cat "$run/results/$index/outputs/square")" = $((index * index)) ] || wrong=$((wrong + 1))
done
[ "$wrong" -eq 0 ] || fail "$wrong answers are wrong or missing"
say "Done: $tasks right answers, each given alike by at least two nodes, without a coordinator. Everything is below demo-run/p2p."
