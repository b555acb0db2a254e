#!/bin/bash
# Generates Sources/Network/WeftWire/Generated from proto/. Needs protoc (Debian: protobuf-compiler); the plugin is built from the
# swift-protobuf that Package.swift names, so that both always fit.
#
# With --check, changes nothing and fails when proto/, what was generated from it, or the version of swift-protobuf is not what it
# was when this script ran last: that is in proto/generated.sha256, so that nobody has to build the plugin to be sure.
set -euo pipefail
cd "$(dirname "$0")/.."

generated=Sources/Network/WeftWire/Generated
record=proto/generated.sha256

state() {
    sha256sum proto/*.proto "$generated"/*.pb.swift
    grep -o 'swift-protobuf.git", exact: "[^"]*"' Package.swift
}

if [ "${1:-}" = --check ]; then
    if ! diff -u "$record" <(state); then
        echo "generate-proto: $generated is not what proto/ says; run scripts/generate-proto.sh" >&2
        exit 1
    fi
    exit 0
fi

command -v protoc >/dev/null || { echo "generate-proto: protoc is missing (Debian: apt-get install protobuf-compiler)" >&2; exit 1; }
swift build -c release --product protoc-gen-swift >&2
plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift"
[ -x "$plugin" ] || plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift-tool"

mkdir -p "$generated"
rm -f "$generated"/*.pb.swift
protoc --plugin=protoc-gen-swift="$plugin" --proto_path=proto --swift_out="$generated" \
    --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true proto/*.proto
state >"$record"
