#!/bin/bash
# Generates Swift from the messages in proto/. Needs protoc (Debian: protobuf-compiler); the plugin is built from the
# swift-protobuf that Package.swift names, so that both always fit.
#
# With --check, changes nothing and fails when proto/, what was generated from it, or the version of swift-protobuf is not what it
# was when this script ran last: that is in proto/generated.sha256, so that nobody has to build the plugin to be sure.
set -euo pipefail
cd "$(dirname "$0")/.."

record=proto/generated.sha256

# Folder of the sources, who may see what is made of them, where that goes, and the files.
sets=(
    "proto Package Sources/Network/WeftWire weft"
    "proto Internal Sources/Network/LibP2PBlobs blobs"
    "proto Internal Sources/Services/WeftPeers peers"
    "proto/libp2p Internal Sources/Network/LibP2P identify keys noise records"
    "proto/libp2p Internal Sources/Network/LibP2PDiscovery kademlia"
    "proto/libp2p Internal Sources/Network/LibP2PPubSub gossip"
    "proto/libp2p Internal Sources/Network/LibP2PRelay autonat circuit"
)

state() {
    find proto Sources -name '*.proto' -o -name '*.pb.swift' | LC_ALL=C sort | xargs sha256sum
    grep -o 'swift-protobuf.git", exact: "[^"]*"' Package.swift
}

if [ "${1:-}" = --check ]; then
    if ! diff -u "$record" <(state); then
        echo "generate-proto: what was generated is not what proto/ says; run scripts/generate-proto.sh" >&2
        exit 1
    fi
    exit 0
fi

command -v protoc >/dev/null || { echo "generate-proto: protoc is missing (Debian: apt-get install protobuf-compiler)" >&2; exit 1; }
plugin=${WEFT_PROTOC_PLUGIN:-}
if [ -z "$plugin" ]; then
    swift build -c release --product protoc-gen-swift >&2
    plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift"
    [ -x "$plugin" ] || plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift-tool"
fi

for set in "${sets[@]}"; do
    read -r folder visibility target files <<<"$set"
    mkdir -p "$target/Generated"
    rm -f "$target"/Generated/*.pb.swift
    for file in $files; do
        protoc --plugin=protoc-gen-swift="$plugin" --proto_path="$folder" --swift_out="$target/Generated" \
            --swift_opt=Visibility="$visibility" --swift_opt=UseAccessLevelOnImports=true "$folder/$file.proto"
    done
done
state >"$record"
