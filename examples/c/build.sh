#!/usr/bin/env bash
# Compiles a C program: examples/c/build.sh PROCESSOR SOURCE PROGRAM, for x86_64, arm64, riscv64, or wasm, which is WASI.
# Then, for example: weft run --arch riscv64 ./PROGRAM, or weft run --wasm PROGRAM. make setup-drivers installs the compilers.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 64; }
processor=$1 source=$2 program=$3

if [ "$processor" = wasm ]; then
    builtins=$(compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a' | tail -n 1)
    exec clang --target=wasm32-wasi --sysroot=/usr -O2 -nodefaultlibs "$source" -o "$program" -lc "$builtins"
fi
case $processor in
    x86_64 | riscv64) machine=$processor ;;
    arm64) machine=aarch64 ;;
    *) echo "build.sh: there is no compiler for $processor; known: x86_64 arm64 riscv64 wasm" >&2; exit 64 ;;
esac
compiler=$machine-linux-gnu-gcc
[ "$machine" != "$(uname -m)" ] || compiler=gcc
# Statically: nothing of the machine that runs it is needed, and a foreign program's libraries are not there.
exec "$compiler" -O2 -static "$source" -o "$program"
