#!/usr/bin/env bash
# A large input for many nodes: each takes parts of it from the submitter and gets the others from the other nodes. Submitter and nodes
# are in network namespaces that this script makes and removes, so that the kernel counts what leaves the submitter: no more than
# one and a half times the input. Needs root and iproute2.
# Everything is written below demo-run/p2p-blobs; every process that is started here is stopped here.
set -euo pipefail
cd "$(dirname "$0")/.."
run=$PWD/demo-run/p2p-blobs
. scripts/demo-cluster.sh
. scripts/namespaces.sh
export WEFT_VM_GUEST=/nowhere

nodes=${NODES:-10}
megabytes=${MEGABYTES:-100}
bytes=$((megabytes * 1000 * 1000))
sent() { in_space submitter cat /sys/class/net/cable/statistics/tx_bytes 2>/dev/null || echo 0; }

say "$nodes nodes in one network, and a submitter at the end of a cable"
space nodes
space submitter
wire submitter cable 10.9.0.2/24 nodes cable 10.9.0.1/24
start_node() { # start_node NUMBER [ARGUMENT...]
    local name=node-$1
    shift
    ip netns exec "$tag-nodes" "$weft" worker --p2p --listen /ip4/10.9.0.1/tcp/0 --multicast false "$@" \
        --data-dir "$run/$name" --name "$name" --owner "$name" --cpus 1 --memory 256MiB --log-level info \
        >"$run/$name.log" 2>&1 &
    pids+=($!)
}
start_node 1
wait_for "the first node's address" grep -q 'offered to peers' "$run/node-1.log"
first=$(grep -o '/ip4/10.9.0.1/tcp/[0-9]*/p2p/[A-Za-z0-9]*' "$run/node-1.log" | head -n 1)
for number in $(seq 2 "$nodes"); do start_node "$number" --bootstrap "$first"; done
offered() { [ "$(grep -l 'offered to peers' "$run"/node-*.log | wc -l)" -eq "$nodes" ]; }
wait_for "$nodes nodes" offered

say "A job that all of them do, each with $megabytes MB of input"
head -c "$bytes" /dev/urandom >"$run/input"
sum=$(sha256sum <"$run/input" | cut -d' ' -f1)
before=$(sent)
started=$(date +%s.%N)
# One task with as many replicas as there are nodes: nobody is left out, and nobody is given a second one.
status=0
ip netns exec "$tag-submitter" timeout 500 "$weft" run --p2p --listen /ip4/10.9.0.2/tcp/0 --multicast false \
    --bootstrap "$first" --log-level info --replicas "$nodes" --quorum "$nodes" --cpus 1 --memory 64MiB --disk 256MiB \
    --input "data=$run/input" -- sh -c 'sha256sum <data' >"$run/job.out" 2>"$run/job.log" || status=$?
ended=$(date +%s.%N)
left=$(($(sent) - before))
[ "$status" -eq 0 ] || fail "the job ended with status $status"
[ "$(cut -d' ' -f1 "$run/job.out")" = "$sum" ] || fail "the input that arrived is another"

grep -h 'blob given to nodes' "$run/job.log" | sed 's/^/submitter: /'
grep -h 'a blob has come from peers' "$run"/node-*.log | sed 's/.*info *//' || true
whole=$(cat "$run"/node-*.log | grep -c 'a blob has come from peers' || true)
[ "$whole" -eq "$nodes" ] || fail "only $whole of $nodes nodes got it from peers"
echo "$left $bytes $nodes $started $ended" |
    awk '{printf "left the submitter: %d bytes, %.2f times the input, for %d nodes, in %.1f s\n", $1, $1 / $2, $3, $5 - $4}'
[ $((left * 2)) -le $((bytes * 3)) ] || fail "more than one and a half times the input left the submitter"
say "Done: the nodes fed each other."
