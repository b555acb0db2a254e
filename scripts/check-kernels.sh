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

count=0 failed=()
for language in "${languages[@]}"; do
    library=$(library "$language")
    for source in kernels/*/*.cu; do
        line=$(printf '%-5s %-40s' "$language" "$source")
        for processor in $(processors "$language"); do
            if made=$(python3 scripts/check-kernels.py "$language" "$source" "$processor" "$library"); then
                line+=$(printf ' %s: %6d bytes %4s s ' "$processor" $made)
                count=$((count + 1))
            else
                line+=" $processor: FAILED "
                failed+=("$source for $processor")
            fi
        done
        echo "$line"
    done
done
if [ ${#failed[@]} -gt 0 ]; then
    printf 'check-kernels: does not compile: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "check-kernels: $count programs compiled"
