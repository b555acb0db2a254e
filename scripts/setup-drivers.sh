#!/usr/bin/env bash
# Installs what the drivers run payloads with, what comparators run, and what compiles the examples, from Debian and PyPI:
# scripts/setup-drivers.sh [GROUP...], all of them by default. What is there already stays as it is; what is no package goes
# below .build/drivers.
set -euo pipefail
cd "$(dirname "$0")/.."

groups=(foreign assembly compilers wasm containers vm media)
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

# What runs programs that are built for other processors.
setup_foreign() {
    install qemu-user-static
}

# An assembler and a linker for every processor: the Swift toolchain's own, where it has both.
setup_assembly() {
    local folder=/nowhere
    if command -v swift >/dev/null; then folder=$(dirname "$(readlink -f "$(command -v swift)")"); fi
    [ -x "$folder/clang" ] && [ -x "$folder/ld.lld" ] || install clang lld
}

# C for the processors that programs are run for.
setup_compilers() {
    local packages=(gcc libc6-dev)
    [ "$(uname -m)" = x86_64 ] || packages+=(gcc-x86-64-linux-gnu libc6-dev-amd64-cross)
    [ "$(uname -m)" = aarch64 ] || packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
    [ "$(uname -m)" = riscv64 ] || packages+=(gcc-riscv64-linux-gnu libc6-dev-riscv64-cross)
    install "${packages[@]}"
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

# Docker's daemon, Podman, and what runs an image without either; a static shell to make a small image of, and a registry
# for the tests that pull.
setup_containers() {
    install docker.io podman runc runsc busybox-static docker-registry
}

# Machines that are thrown away: qemu, a static shell for them, and a kernel that is unpacked, not installed.
setup_vm() {
    if [ "$(uname -m)" != x86_64 ]; then
        echo "setup-drivers: virtual machines are made on x86-64 only so far"
        return 0
    fi
    install qemu-system-x86 busybox-static
    local target=.build/drivers/kernel
    ! compgen -G "$target/boot/vmlinuz-*" >/dev/null || return 0
    local package folder release
    package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-\S*\).*/\1/p' |
        head -n 1)
    if [ -z "$package" ]; then
        echo "setup-drivers: the package lists know no linux-image-cloud-amd64; try apt-get update" >&2
        return 1
    fi
    echo "setup-drivers: fetching $package for virtual machines"
    mkdir -p "$target"
    folder=$(mktemp -d "$target/fetch-XXXXXX")
    # Its complaint that it runs as root in a folder of root's is no failure.
    (cd "$folder" && apt-get download -qq "$package" 2>/dev/null)
    dpkg -x "$folder"/linux-image-*.deb "$folder/all"
    # Nearly all of it are drivers of hardware that these machines do not have.
    release=$(basename "$folder"/all/lib/modules/*)
    mkdir -p "$target/boot" "$target/lib/modules/$release"
    cp "$folder/all/lib/modules/$release/modules.builtin" "$target/lib/modules/$release/"
    (cd "$folder/all" && find . -name 'virtio*.ko*' -exec cp --parents -t ../.. {} +)
    mv "$folder/all/boot/vmlinuz-$release" "$target/boot/"
    rm -rf "$folder"
}

# What compares videos.
setup_media() {
    install ffmpeg
}

[ $# -eq 0 ] || groups=("$@")
for group in "${groups[@]}"; do
    if ! declare -F "setup_$group" >/dev/null; then
        echo "setup-drivers: there is no group called $group; known: foreign assembly compilers wasm containers vm media" >&2
        exit 64
    fi
    "setup_$group"
done
