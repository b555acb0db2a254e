#!/usr/bin/env bash
# Installs what the drivers run payloads with, where something is missing: scripts/setup-drivers.sh [ENGINE...], all of
# them by default.
set -euo pipefail
cd "$(dirname "$0")/.."

engines_folder=.build/drivers

install_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "setup-drivers: please install what this system calls: $*" >&2
        return 1
    fi
    local run=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "setup-drivers: run as root: apt-get install $*" >&2; return 1; }
        run=(sudo)
    fi
    echo "setup-drivers: installing $*"
    "${run[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# WebAssembly modules: wasmtime's library from PyPI's wheel, beside the build; and what compiles C to WASI, for tests and
# examples.
setup_wasm() {
    local missing=()
    [ -e /usr/lib/wasm32-wasi/libc.a ] || missing+=(wasi-libc)
    compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a' >/dev/null ||
        missing+=(libclang-rt-14-dev-wasm32)
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
    compgen -G "$engines_folder/wasm/lib/python*/site-packages/wasmtime/linux-*/_libwasmtime.so" >/dev/null && return
    command -v python3 >/dev/null || install_packages python3 python3-venv
    echo "setup-drivers: installing wasmtime below $engines_folder"
    mkdir -p "$engines_folder"
    rm -rf "$engines_folder/wasm"
    python3 -m venv "$engines_folder/wasm"
    "$engines_folder/wasm/bin/pip" install --quiet --disable-pip-version-check wasmtime==50.0.1
}

for engine in "${@:-wasm}"; do "setup_$engine"; done
