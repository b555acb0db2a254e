#!/bin/bash
# Generates Sources/Network/WeftWire/Generated from proto/. With --check, changes nothing and fails when what is
# committed is not what would be generated. Needs protoc (Debian: protobuf-compiler); the plugin is built from the
# swift-protobuf that Package.swift names, so that both always fit.
set -euo pipefail
cd "$(dirname "$0")/.."

generated=Sources/Network/WeftWire/Generated

command -v protoc >/dev/null || { echo "generate-proto: protoc is missing (Debian: apt-get install protobuf-compiler)" >&2; exit 1; }
swift build -c release --product protoc-gen-swift >&2
plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift"
[ -x "$plugin" ] || plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift-tool"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
protoc --plugin=protoc-gen-swift="$plugin" --proto_path=proto --swift_out="$work" \
    --swift_opt=Visibility=Package --swift_opt=UseAccessLevelOnImports=true proto/*.proto

if [ "${1:-}" = --check ]; then
    if ! diff -ru "$generated" "$work"; then
        echo "generate-proto: $generated is not what proto/ says; run scripts/generate-proto.sh" >&2
        exit 1
    fi
else
    mkdir -p "$generated"
    rm -f "$generated"/*.pb.swift
    cp "$work"/*.pb.swift "$generated"/
fi
