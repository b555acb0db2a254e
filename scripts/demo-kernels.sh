#!/usr/bin/env bash
# Every kernel of kernels/ runs twice, on a worker that has OpenCL on its processor (PoCL) and on one that emulates CUDA C;
# both answers must be alike within the kernel's tolerance, and each equal to the reference in plain Swift within it. Where
# there is a GPU a third worker offers it, and each kernel runs there by CUDA (or HIP) and by OpenCL, too.
# A coordinator and workers of different owners, as separate processes on this machine; everything is written below
# demo-run/kernels. SIZE=small runs small ones, NAMES="fft scan" only some.
set -euo pipefail
cd "$(dirname "$0")/.."

run=$PWD/demo-run/kernels
weft=$PWD/.build/release/weft
size=${SIZE:-default}
begun=$(date +%s.%N)
pids=() failures=()

say() { printf '\n== %s\n' "$*"; }
elapsed() { echo "$(date +%s.%N) ${1:-$begun}" | awk '{ printf "%.1f", $1 - $2 }'; }
fail() {
    echo "demo-kernels: $*" >&2
    for log in "$run"/*.log; do
        [ -s "$log" ] || continue
        echo "--- $log" >&2
        tail -n 10 "$log" >&2
    done
    exit 1
}
wait_for() { # wait_for SECONDS COMMAND...: whether it succeeds in that time
    local rounds=$(($1 * 10))
    shift
    for _ in $(seq "$rounds"); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    return 1
}
stop() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do
        for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    pids=()
}

command -v python3 >/dev/null || { echo "demo-kernels: install python3 first" >&2; exit 1; }
rm -rf "$run"
mkdir -p "$run/tmp" "$run/answers"
trap stop EXIT
trap 'exit 130' INT TERM
export TMPDIR=$run/tmp XDG_CONFIG_HOME=$run/config XDG_DATA_HOME=$run/data WEFT_DATA_DIR=$run/coordinator
unset WEFT_URL WEFT_TOKEN WEFT_TOKEN_FILE WEFT_CONFIG

say "Installing what is missing: OpenCL on processors, a C++ compiler, NVRTC"
scripts/setup-kernels.sh opencl emulation compiler-cuda
nvrtc=$(compgen -G "$PWD/.build/kernels/nvrtc/lib/python*/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12" | head -n 1)
export WEFT_NVRTC=${WEFT_NVRTC:-$nvrtc}

say "Starting a coordinator, and a worker for each class of devices"
"$weft" coordinator --bind 127.0.0.1:0 --port-file "$run/port" >"$run/coordinator.log" 2>&1 &
pids+=($!)
wait_for 20 test -s "$run/port" || fail "the coordinator did not come up"
WEFT_URL=http://127.0.0.1:$(cat "$run/port")
export WEFT_URL
wait_for 20 test -s "$WEFT_DATA_DIR/join.token" || fail "there is no join token"
start() { # start NAME DRIVER...: a worker that has these drivers alone
    local name=$1
    shift
    mkdir -p "$run/$name"
    printf 'drivers: [%s]\n' "$(IFS=,; echo "$*")" >"$run/$name.yaml"
    "$weft" worker --coordinator "$WEFT_URL" --token-file "$WEFT_DATA_DIR/join.token" --data-dir "$run/$name" \
        --name "$name" --owner "$name" --cpus "$(nproc)" --memory 2GiB --rules "$run/$name.yaml" \
        --label "class=$name" >"$run/$name.log" 2>&1 &
    pids+=($!)
}
# has NAME DRIVER: whether the worker offers the driver; then its version.
has() {
    "$weft" node show "$1" --output json | python3 -c 'import json, sys
drivers = {driver["name"]: driver for driver in json.load(sys.stdin)["profile"]["drivers"]}
if sys.argv[1] not in drivers: sys.exit(1)
print(drivers[sys.argv[1]].get("version") or sys.argv[1])' "$2"
}
gpu_of() { # the name of the first GPU of a worker; fails where it has none
    "$weft" node show "$1" --output json | python3 -c 'import json, sys
gpus = [device for device in json.load(sys.stdin)["profile"].get("devices") or [] if device["kind"] == "gpu"]
if not gpus: sys.exit(1)
print(gpus[0].get("model") or gpus[0].get("name") or "GPU")'
}
start pocl opencl
start emulated cuda-emulated
names=(pocl emulated)
if compgen -G '/dev/nvidia[0-9]*' >/dev/null || [ -e /dev/kfd ]; then
    start gpu cuda hip opencl
    names+=(gpu)
fi
joined() { for name in "${names[@]}"; do "$weft" node show "$name" || return; done; }
wait_for 90 joined || fail "the workers did not join"
wait_for 90 has pocl opencl || fail "this machine has no OpenCL: $("$weft" node show pocl | grep -i opencl || true)"
wait_for 90 has emulated cuda-emulated ||
    fail "this machine does not emulate CUDA: $("$weft" node show emulated | grep -i cuda-emulated || true)"
echo "pocl: $(has pocl opencl)"
echo "emulated: $(has emulated cuda-emulated)"
gpu_drivers=() gpu=
if [ "${names[-1]}" = gpu ] && wait_for 60 gpu_of gpu; then
    gpu=$(gpu_of gpu)
    for driver in cuda hip opencl; do ! has gpu "$driver" >/dev/null || gpu_drivers+=("$driver"); done
    echo "gpu: $gpu by ${gpu_drivers[*]:-nothing}"
else
    echo "gpu: none here"
fi
echo "after $(elapsed) s"

# job NAME OPTION...: runs the kernel and puts what is known of it into answers/.
number=0
job() {
    local name=$1 file
    shift
    file=$run/answers/$(printf '%03d' $((number += 1)))-$name
    if ! timeout 300 "$weft" kernel run "$name" --size "$size" --no-cache --output json "$@" >"$file.json" 2>"$file.log"; then
        failures+=("$name $*: $(tail -n 1 "$file.log")")
        printf '%7s s  %-15s FAILED: %s\n' "$(elapsed)" "$name" "$(tail -n 1 "$file.log")"
        return
    fi
    printf '%7s s  %-15s done\n' "$(elapsed)" "$name"
}

say "Each kernel on OpenCL and on emulated CUDA; both answers must be alike"
read -ra kernels <<<"${NAMES:-$("$weft" kernel list --output json | python3 -c 'import json, sys
print(*[kernel["name"] for kernel in json.load(sys.stdin)])')}"
for kernel in "${kernels[@]}"; do
    job "$kernel" --language opencl --language cuda --emulated --replicas 2 --quorum 2
    for driver in "${gpu_drivers[@]}"; do
        job "$kernel" --language "$driver" --require-driver "$driver" --device gpu --require-label class=gpu
    done
done

say "All kernels"
python3 - "$run/answers" "$gpu" <<'PYTHON' || failures+=("not every answer is right")
import json, pathlib, sys
rows, wrong = [("device", "operation", "size", "ms", "greatest error", "verdict")], False
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    try:
        answer = json.loads(path.read_text())
    except ValueError:
        continue
    size = " ".join(f"{name}={value:g}" if value % 1 else f"{name}={int(value)}"
                    for name, value in sorted(answer["values"].items()))
    agreed = [attempt for attempt in answer["attempts"] if attempt.get("agreed")]
    verdict = f"{len(agreed)} of {len(answer['attempts'])} alike" if len(answer["attempts"]) > 1 else "alone"
    for attempt in answer["attempts"]:
        device = {"gpu": f"{sys.argv[2]}", "pocl": "processor, PoCL", "emulated": "processor, CUDA"}[attempt["node"]]
        outputs = attempt["outputs"]
        beyond = sum(output["wrong"] for output in outputs)
        error = max((output.get("greatest_error", float("inf")) for output in outputs), default=float("nan"))
        time = attempt.get("milliseconds")
        right = outputs and beyond == 0
        wrong |= not right
        rows.append((device, answer["kernel"], size[:60], f"{time:.1f}" if time is not None else "", f"{error:.3g}",
                     verdict + (", as the reference" if right else f", {beyond} ELEMENTS ARE WRONG")))
widths = [max(len(row[column]) for row in rows) for column in range(6)]
for row in rows:
    print("  ".join(cell.rjust(width) if column in (3, 4) else cell.ljust(width)
                    for column, (cell, width) in enumerate(zip(row, widths))).rstrip())
sys.exit(wrong or len(rows) == 1)
PYTHON
echo
echo "ms: of the whole payload as its worker saw it: the sandbox, compilation, transfers and all launches."

stop
if [ ${#failures[@]} -gt 0 ]; then
    printf 'demo-kernels: failed: %s\n' "${failures[@]}" >&2
    exit 1
fi
say "Done in $(elapsed) s: all ${#kernels[@]} kernels. Everything is below demo-run/; make clean removes it."
