#!/usr/bin/env bash
# Installs what the drivers run payloads with, from Debian and PyPI: scripts/setup-drivers.sh [ENGINE...], all of them by
# default. What is there already stays as it is; what is no package goes below .build/drivers.
set -euo pipefail
cd "$(dirname "$0")/.."

engines=(foreign assembly wasm containers vm)
engines_folder=.build/drivers

run=()
[ "$(id -u)" -eq 0 ] || run=(sudo)
updated=

# install PACKAGE...: the Debian packages of them that are missing.
install() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "setup-drivers: please install what this system calls: ${missing[*]}" >&2
        return 1
    fi
    echo "setup-drivers: installing ${missing[*]}"
    [ -n "$updated" ] || "${run[@]}" apt-get update -qq
    updated=yes
    DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >/dev/null
}

# Programs of other processors: the process driver.
setup_foreign() {
    command -v qemu-aarch64-static >/dev/null || command -v qemu-x86_64-static >/dev/null ||
        install qemu-user-static
}

# Assembler and linker for every processor. The Swift toolchain's do, and so do the host's own for its own processor.
setup_assembly() {
    local swift_folder=/nowhere
    if command -v swift >/dev/null; then swift_folder=$(dirname "$(readlink -f "$(command -v swift)")"); fi
    [ -x "$swift_folder/clang" ] && [ -x "$swift_folder/ld.lld" ] && return
    command -v clang >/dev/null && command -v ld.lld >/dev/null || install clang lld
}

# WebAssembly modules: wasmtime's library from PyPI's wheel, beside the build; and what compiles C to WASI, for tests and
# examples.
setup_wasm() {
    local missing=()
    [ -e /usr/lib/wasm32-wasi/libc.a ] || missing+=(wasi-libc)
    compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a' >/dev/null ||
        missing+=(libclang-rt-14-dev-wasm32)
    [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
    compgen -G "$engines_folder/wasm/lib/python*/site-packages/wasmtime/linux-*/_libwasmtime.so" >/dev/null && return
    command -v python3 >/dev/null || install python3 python3-venv
    echo "setup-drivers: installing wasmtime below $engines_folder"
    mkdir -p "$engines_folder"
    rm -rf "$engines_folder/wasm"
    python3 -m venv "$engines_folder/wasm"
    "$engines_folder/wasm/bin/pip" install --quiet --disable-pip-version-check wasmtime==50.0.1
}

# Docker's daemon, Podman, and what runs an image without either; a static shell to make a small image of.
setup_containers() {
    install docker.io podman runc runsc busybox-static
}

# Machines for single runs: qemu, a shell for them, and a kernel that is unpacked beside the build, not installed.
setup_vm() {
    [ "$(uname -m)" = x86_64 ] || { echo "setup-drivers: the vm driver needs an x86-64 machine"; return; }
    local missing=()
    command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
    [ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || missing+=(busybox-static)
    [ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
    compgen -G "$engines_folder/kernel/boot/vmlinuz-*" >/dev/null && return
    command -v apt-get >/dev/null || return 0
    local package
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
    [ -n "$package" ] || { echo "setup-drivers: no cloud kernel in the package lists; run apt-get update" >&2; return 1; }
    echo "setup-drivers: fetching $package for virtual machines"
    mkdir -p "$engines_folder"
    local folder
    folder=$(mktemp -d "$engines_folder/fetch-XXXXXX")
    # apt's unprivileged fetcher cannot write below a private home; that it says so is no failure.
    (cd "$folder" && apt-get download -qq "$package" 2>/dev/null)
    dpkg -x "$folder"/linux-image-*.deb "$folder/kernel"
    # Most of it are drivers of hardware that these machines do not have.
    local release
    release=$(basename "$folder"/kernel/lib/modules/*)
    mkdir -p "$folder/kept/boot" "$folder/kept/lib/modules/$release/kernel"
    mv "$folder/kernel/boot/vmlinuz-$release" "$folder/kept/boot/"
    cp "$folder/kernel/lib/modules/$release/modules.builtin" "$folder/kept/lib/modules/$release/"
    (cd "$folder/kernel" && find . -name 'virtio*.ko*' -exec cp --parents -t ../kept {} +)
    rm -rf "$engines_folder/kernel"
    mv "$folder/kept" "$engines_folder/kernel"
    rm -rf "$folder"
}

[ $# -gt 0 ] && engines=("$@")
for engine in "${engines[@]}"; do
    if ! declare -F "setup_$engine" >/dev/null; then
        echo "setup-drivers: there is no engine called $engine; known: foreign assembly wasm containers vm" >&2
        exit 64
    fi
    "setup_$engine"
done
