#!/usr/bin/env bash
# Compiles hello.c for three processors: examples/foreign/build.sh FOLDER. Then, for example:
# weft run --arch riscv64 FOLDER/hello-riscv64
set -euo pipefail
folder=${1:?where the programs are to be put}
mkdir -p "$folder"
for architecture in x86_64 arm64 riscv64; do
    triple=$architecture-linux-gnu
    [ "$architecture" != arm64 ] || triple=aarch64-linux-gnu
    clang --target="$triple" -O1 -ffreestanding -fno-stack-protector -fno-pic -nostdlib -static -fuse-ld=lld \
        -o "$folder/hello-$architecture" "$(dirname "$0")/hello.c"
done
