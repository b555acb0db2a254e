#!/usr/bin/env bash
# Compiles every CUDA C kernel of kernels/ by NVRTC for three generations of GPUs, and by HIPRTC for two, without a GPU:
# scripts/check-kernels.sh [cuda|hip]. Installs both compilers where they are missing (PyPI, Debian).
set -euo pipefail
cd "$(dirname "$0")/.."

languages=(cuda hip)
[ $# -eq 0 ] || languages=("$@")
scripts/setup-kernels.sh "${languages[@]/#/compiler-}"

library() { # library LANGUAGE: what is opened
    case $1 in
        cuda) compgen -G '.build/kernels/nvrtc/lib/python*/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12' | head -n 1 ;;
        hip) echo libamdhip64.so.5 ;;
        *)
            echo "check-kernels: cuda or hip, not $1" >&2
            exit 64
            ;;
    esac
}
processors() {
    case $1 in
        cuda) echo sm_75 sm_80 sm_90 ;;
        hip) echo gfx906 gfx90a ;;
    esac
}

check() { # check LANGUAGE SOURCE PROCESSOR LIBRARY: a line for the table
    local made
    if ! made=$(python3 scripts/check-kernels.py "$@"); then
        echo "check-kernels: $2 does not compile for $3 by the compiler of $1" >&2
        return 1
    fi
    printf '%-5s %-40s %-7s %7d bytes %5s s\n' "$1" "$2" "$3" $made
}
export -f check

programs=()
for language in "${languages[@]}"; do
    library=$(library "$language")
    for source in kernels/*/*.cu; do
        for processor in $(processors "$language"); do programs+=("$language" "$source" "$processor" "$library"); done
    done
done
if ! printf '%s\0' "${programs[@]}" | xargs -0 -n 4 -P "$(nproc)" bash -c 'check "$@"' check; then
    echo "check-kernels: not every kernel compiles" >&2
    exit 1
fi
echo "check-kernels: $((${#programs[@]} / 4)) programs compiled"
