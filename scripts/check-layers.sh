#!/usr/bin/env bash
# The house (docs/architecture.md): imports go down the list of layers, never up; adapters of one layer never import
# each other; the core imports nothing but the standard library, swift-collections and, for pictures, zlib.
set -euo pipefail
cd "$(dirname "$0")/.."

layers=(Core Formats Storage Network Execution Services App)
collections=" BitCollections Collections DequeModule HeapModule OrderedCollections "
adapters=" SQLiteStorage FileBlobs WebSocketLink LibP2PLink LibP2PBlobs "
# What could be published by itself, and what of it may import what.
peers=" LibP2P LibP2PDiscovery LibP2PPubSub LibP2PRelay "
failed=0
declare -A level=()
for index in "${!layers[@]}"; do
    for target in "Sources/${layers[$index]}"/*/; do level[$(basename "$target")]=$index; done
done

while IFS=: read -r file _ line; do
    folder=$(cut -d/ -f2 <<<"$file")
    target=$(cut -d/ -f3 <<<"$file")
    module=$(sed -E 's/^[[:space:]]*((package|public|internal|private|fileprivate|@[a-zA-Z_()]+) )*import ((struct|class|enum|func|protocol) )?([A-Za-z_0-9]+).*/\5/' <<<"$line")
    say() { echo "$file: $target (layer $folder) must not import $module: $1" >&2; failed=1; }
    if [ "$folder" = Core ]; then
        [[ -n ${level[$module]+x} && ${level[$module]} -eq 0 ]] || [[ $collections == *" $module "* ]] \
            || say "the core has no IO and no dependencies"
    fi
    [[ $peers == *" $target "* && $module == Weft* ]] && say "libp2p knows nothing of Weft"
    [ -n "${level[$module]+x}" ] || continue
    [ "${level[$module]}" -le "${level[$target]}" ] || say "it lies above"
    [[ $adapters == *" $target "* && $adapters == *" $module "* && $target != "$module" ]] \
        && say "adapters do not know each other"
    [ "$module" = CZlib ] && [ "$target" != WeftComparators ] && say "only pictures need it"
    [ "$target" = WeftModel ] && [[ $module == WeftEngine || $module == WeftTrust || $module == WeftLedger ]] && say "the model knows no decisions"
    [[ $target == WeftTrust || $target == WeftLedger ]] && [ "$module" = WeftEngine ] \
        && say "the engine asks it, not the other way"
done < <(grep -rnE '^[[:space:]]*((package|public|internal|private|fileprivate|@[a-zA-Z_()]+) )*import ' Sources --include='*.swift')

[ "$failed" -eq 0 ] && echo "layers: in order"
exit "$failed"
