#!/usr/bin/env bash
# Installs what kernels are compiled and run by where there is no GPU, from Debian and PyPI: scripts/setup-kernels.sh
# [GROUP...], all of them by default. What is there already stays as it is; what is no package goes below .build/kernels.
#
#   opencl           PoCL, which is OpenCL on processors
#   emulation        a C++ compiler, for CUDA C on processors
#   compiler-cuda    NVRTC, NVIDIA's compiler
#   compiler-hip     HIPRTC, AMD's compiler
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/apt.sh

groups=(opencl emulation compiler-cuda compiler-hip)
[ $# -eq 0 ] || groups=("$@")

missing() { # missing PACKAGE...: those that are not installed; nothing where there are no packages of Debian's
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}
install() {
    local packages
    mapfile -t packages < <(missing "$@")
    [ ${#packages[@]} -eq 0 ] || apt_install "${packages[@]}"
}

for group in "${groups[@]}"; do
    case $group in
        # Another vendor's driver does as well; PoCL is there besides.
        opencl) install pocl-opencl-icd ocl-icd-libopencl1 ;;
        emulation) command -v g++ >/dev/null || install g++ ;;
        compiler-cuda)
            compgen -G '.build/kernels/nvrtc/lib/python*/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12' >/dev/null && continue
            python3 -c 'import ensurepip' 2>/dev/null || install python3 python3-venv
            echo "setup: installing NVRTC below .build/kernels"
            mkdir -p .build/kernels
            python3 -m venv --clear .build/kernels/nvrtc
            .build/kernels/nvrtc/bin/pip install --quiet --disable-pip-version-check nvidia-cuda-nvrtc-cu12==12.9.86
            ;;
        compiler-hip) ldconfig -p | grep -q libamdhip64.so.5 || install hipcc ;;
        *)
            echo "setup-kernels: there is no group called $group; known: opencl emulation compiler-cuda compiler-hip" >&2
            exit 64
            ;;
    esac
done
