# Network namespaces for demonstrations, which take root; sourced after demo-cluster.sh. They are removed, and what was started is
# stopped, when the script ends.
if [ "$(id -u)" -ne 0 ]; then
    echo "demo: network namespaces take root" >&2
    exit 1
fi
. scripts/apt.sh
command -v ip >/dev/null || apt_install iproute2

tag=weft$$
spaces=()
space() { ip netns add "$tag-$1" && spaces+=("$tag-$1") && ip -n "$tag-$1" link set lo up; }
in_space() { ip netns exec "$tag-$1" "${@:2}"; }
# wire SPACE INTERFACE ADDRESS SPACE INTERFACE ADDRESS: a cable between two of them.
wire() {
    ip link add "$2" netns "$tag-$1" type veth peer name "$5" netns "$tag-$4"
    ip -n "$tag-$1" addr add "$3" dev "$2" && ip -n "$tag-$1" link set "$2" up
    ip -n "$tag-$4" addr add "$6" dev "$5" && ip -n "$tag-$4" link set "$5" up
}
clean() {
    stop
    for name in "${spaces[@]}"; do ip netns delete "$name" 2>/dev/null || true; done
}
trap clean EXIT
