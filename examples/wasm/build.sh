#!/usr/bin/env bash
# Compiles estimate.c to a WASI command, estimate.wasm, with clang and Debian's C library for it
# (scripts/setup-drivers.sh wasm installs that). Then: weft run --wasm examples/wasm/estimate.wasm --deterministic --seed 7 -- 100000
set -euo pipefail
cd "$(dirname "$0")"
builtins=$(ls /usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a | tail -n 1)
clang --target=wasm32-wasi --sysroot=/usr -O2 -nodefaultlibs estimate.c -o "${1:-estimate.wasm}" -lc "$builtins"
