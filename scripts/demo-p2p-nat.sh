#!/usr/bin/env bash
# A node and a submitter behind two NATs that let nobody in, and a peer that forwards between them: network namespaces that this script
# makes and removes. The node does a job for the submitter. Needs root, iproute2 and iptables.
# Everything is written below demo-run/p2p-nat; every process that is started here is stopped here.
set -euo pipefail
cd "$(dirname "$0")/.."
run=$PWD/demo-run/p2p-nat
. scripts/demo-cluster.sh
. scripts/namespaces.sh
command -v iptables >/dev/null || apt_install iptables
export WEFT_VM_GUEST=/nowhere

# behind SPACE ROUTER: what goes out has the router's address; nothing comes in that was not asked for.
behind() {
    ip -n "$tag-$1" route add default via "$3"
    in_space "$2" sysctl -qw net.ipv4.ip_forward=1
    in_space "$2" iptables -t nat -A POSTROUTING -o outside -j MASQUERADE
    in_space "$2" iptables -P FORWARD DROP
    in_space "$2" iptables -A FORWARD -i inside -o outside -j ACCEPT
    in_space "$2" iptables -A FORWARD -i outside -o inside -m state --state ESTABLISHED,RELATED -j ACCEPT
}

say "A public peer that forwards, and two networks behind NATs"
for name in relay nat-a nat-b node submitter; do space "$name"; done
wire relay to-a 203.0.113.1/30 nat-a outside 203.0.113.2/30
wire relay to-b 203.0.113.5/30 nat-b outside 203.0.113.6/30
wire nat-a inside 10.1.0.1/24 node inside 10.1.0.2/24
wire nat-b inside 10.2.0.1/24 submitter inside 10.2.0.2/24
behind node nat-a 10.1.0.1
behind submitter nat-b 10.2.0.1
ip -n "$tag-nat-a" route add default via 203.0.113.1
ip -n "$tag-nat-b" route add default via 203.0.113.5
if in_space submitter ping -c 1 -W 1 10.1.0.2 >/dev/null 2>&1; then fail "the networks are not apart"; fi

ip netns exec "$tag-relay" "$weft" worker --p2p --listen /ip4/0.0.0.0/tcp/4001 --multicast false --serve-relay true \
    --data-dir "$run/relay" --name relay --cpus 1 --memory 256MiB >"$run/relay.log" 2>&1 &
pids+=($!)
wait_for "the relay" grep -q 'offered to peers' "$run/relay.log"
relay=$(grep -o 'p2p/[A-Za-z0-9]*' "$run/relay.log" | head -n 1)

ip netns exec "$tag-node" "$weft" worker --p2p --listen /ip4/0.0.0.0/tcp/4001 --multicast false \
    --bootstrap "/ip4/203.0.113.1/tcp/4001/$relay" --relay "/ip4/203.0.113.1/tcp/4001/$relay" --label where=behind \
    --data-dir "$run/node" --name node --cpus 1 --memory 256MiB >"$run/node.log" 2>&1 &
pids+=($!)
wait_for "the node" grep -q 'offered to peers' "$run/node.log"

say "The submitter finds the node, and reaches it through the relay"
list=$(in_space submitter "$weft" peer list --multicast false --bootstrap "/ip4/203.0.113.5/tcp/4001/$relay" --for 8s)
echo "$list"
grep -q ' node .* relayed ' <<<"$list" || fail "the list does not say that the node is reached through the relay"
in_space submitter timeout 60 "$weft" run --p2p --multicast false --log-level info --data-dir "$run/submitter" \
    --bootstrap "/ip4/203.0.113.5/tcp/4001/$relay" --require-label where=behind -- \
    sh -c 'sleep 4; echo done behind a NAT' >"$run/answer" 2>"$run/job.log" &
job=$!
pids+=("$job")
wait_for "the link through the relay" grep -q 'worker joined.*p2p-circuit' "$run/job.log"
# The run's own coordinator answers on loopback, as any other does.
nodes=$(in_space submitter "$weft" node list --url "http://$(sed -n 's/.*listening on \([0-9.:]*\).*/\1/p' "$run/job.log")" \
    --token-file "$run"/submitter/runs/*/admin.token)
echo "$nodes"
grep -q ' node .* relayed ' <<<"$nodes" && grep -q ' relay .* direct ' <<<"$nodes" ||
    fail "the nodes are not said to be reached as they are"
wait "$job" || fail "the job failed"
cat "$run/answer"
[ "$(cat "$run/answer")" = "done behind a NAT" ] || fail "the node did not do the job"
say "Done: a node that nobody can reach has done a job for a submitter that nobody can reach."
