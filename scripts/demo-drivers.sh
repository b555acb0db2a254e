#!/usr/bin/env bash
# Every driver runs a real payload: C for three processors and for WASI, assembly for three, containers, a virtual machine.
# A coordinator and three workers of different owners, as separate processes on this machine; each payload runs three times,
# and two answers must be alike. Then every other job of examples/. Container engines that do not run are started, and what
# is started here is stopped here. Everything is written below demo-run/drivers.
#
# What this machine cannot run is said, and is a failure, unless WEFT_DEMO_ALLOW_MISSING=1.
set -euo pipefail
cd "$(dirname "$0")/.."

run=$PWD/demo-run/drivers
weft=$PWD/.build/release/weft
programs=$run/programs
allow_missing=${WEFT_DEMO_ALLOW_MISSING:-0}
begun=$(date +%s.%N)
pids=() rows=() failures=() missing=()
declare -A setup_failure=() # of a group of engines: what its installation ended with

say() { printf '\n== %s\n' "$*"; }
elapsed() { echo "$(date +%s.%N) ${1:-$begun}" | awk '{ printf "%.1f", $1 - $2 }'; }
fail() {
    echo "demo-drivers: $*" >&2
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
# What a container engine left mounted below our folder.
unmount() { awk -v below="$run/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | while read -r path; do
    umount -l "$path" 2>/dev/null || true
done; }
stop() {
    local pid
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do
        for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    pids=()
    unmount
    [ -z "${sockets:-}" ] || rm -rf "$sockets"
}

command -v python3 >/dev/null || { echo "demo-drivers: install python3 first" >&2; exit 1; }
[ ! -d "$run" ] || { unmount; rm -rf "$run"; }
mkdir -p "$run/tmp" "$run/rows" "$programs"
trap stop EXIT
trap 'exit 130' INT TERM
export TMPDIR=$run/tmp XDG_CONFIG_HOME=$run/config XDG_DATA_HOME=$run/data WEFT_DATA_DIR=$run/coordinator
unset WEFT_URL WEFT_TOKEN WEFT_TOKEN_FILE WEFT_CONFIG
# Paths of sockets are short.
sockets=$(mktemp -d /tmp/weft-demo-XXXXXX)

say "Installing what is missing"
for group in foreign assembly compilers wasm containers vm; do
    from=$(date +%s.%N)
    printf '%-12s ' "$group"
    if scripts/setup-drivers.sh "$group" >"$run/setup-$group.log" 2>&1; then
        echo "$(elapsed "$from") s"
    else
        setup_failure[$group]=$(tail -n 1 "$run/setup-$group.log")
        echo "FAILED: ${setup_failure[$group]}"
    fi
done

# --- Container engines -----------------------------------------------------------------------------------------------

listens() { # listens SOCKET: whether a container engine answers there
    python3 - "$1" 2>/dev/null <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(3)
    connection.connect(sys.argv[1])
    connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: weft\r\n\r\n")
    sys.exit(0 if b" 200 " in connection.recv(64) else 1)
PYTHON
}
first_listening() { local socket; for socket; do listens "$socket" && echo "$socket" && return; done; return 1; }

start_docker() {
    command -v dockerd >/dev/null || { echo "dockerd is not installed"; return 1; }
    [ "$(id -u)" -eq 0 ] || { echo "Docker's service does not run, and takes root to start"; return 1; }
    local options=()
    if command -v runsc >/dev/null; then
        printf '#!/bin/sh\nexec runsc --platform=ptrace --network=none "$@"\n' >"$run/runsc"
        chmod +x "$run/runsc"
        options=(--add-runtime "runsc=$run/runsc")
    fi
    dockerd -H "unix://$sockets/docker.sock" --data-root "$run/docker" --exec-root "$sockets/docker" \
        --pidfile "$run/dockerd.pid" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
        --bridge=none --userland-proxy=false --exec-opt native.cgroupdriver=cgroupfs "${options[@]}" \
        >"$run/dockerd.log" 2>&1 &
    pids+=($!)
    wait_for 30 listens "$sockets/docker.sock" || { echo "dockerd did not come up: see $run/dockerd.log"; return 1; }
    docker=$sockets/docker.sock
}

start_podman() {
    command -v podman >/dev/null || { echo "podman is not installed"; return 1; }
    cat >"$run/containers.conf" <<'CONF'
[containers]
default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
[engine]
runtime="runc"
cgroup_manager="cgroupfs"
events_logger="file"
CONF
    CONTAINERS_CONF=$run/containers.conf podman --root "$run/podman" --runroot "$sockets/podman-run" \
        system service --time=0 "unix://$sockets/podman.sock" >"$run/podman.log" 2>&1 &
    pids+=($!)
    wait_for 30 listens "$sockets/podman.sock" || { echo "podman did not come up: see $run/podman.log"; return 1; }
    podman=$sockets/podman.sock
}

say "Container engines"
home_sockets=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
named=${DOCKER_HOST:-}
why_not_docker= why_not_podman=
if docker=$(first_listening ${named:+"${named#unix://}"} /var/run/docker.sock "$home_sockets/docker.sock"); then
    echo "Docker listens at $docker"
else
    start_docker >"$run/why" && echo "Docker was started" || { why_not_docker=$(cat "$run/why"); echo "$why_not_docker"; }
fi
if podman=$(first_listening /run/podman/podman.sock "$home_sockets/podman/podman.sock"); then
    echo "Podman listens at $podman"
else
    start_podman >"$run/why" && echo "Podman was started" || { why_not_podman=$(cat "$run/why"); echo "$why_not_podman"; }
fi
# Workers look for engines there.
unset DOCKER_HOST
[ -z "$docker" ] || export DOCKER_HOST=unix://$docker
mkdir -p "$sockets/run/podman"
[ -z "$podman" ] || [ "$podman" = /run/podman/podman.sock ] || ln -s "$podman" "$sockets/run/podman/podman.sock"

# --- The cluster -----------------------------------------------------------------------------------------------------

say "Starting a coordinator and three workers, which try all their drivers"
"$weft" coordinator --bind 127.0.0.1:0 --port-file "$run/port" >"$run/coordinator.log" 2>&1 &
pids+=($!)
wait_for 20 test -s "$run/port" || fail "the coordinator did not come up"
url=http://127.0.0.1:$(cat "$run/port")
export WEFT_URL=$url
wait_for 20 test -s "$WEFT_DATA_DIR/join.token" || fail "there is no join token"
for name in ada grace edsger; do
    XDG_RUNTIME_DIR=$sockets/run "$weft" worker --coordinator "$url" --token-file "$WEFT_DATA_DIR/join.token" \
        --data-dir "$run/$name" --name "$name" --owner "$name" --cpus 1 --memory 1GiB --label "name=$name" \
        >"$run/$name.log" 2>&1 &
    pids+=($!)
done
connected() { [ "$("$weft" node list | grep -cE 'ada|grace|edsger')" -eq 3 ]; }
wait_for 90 connected || fail "the workers did not join"
# They join once native programs can be run, and offer what takes longer to try later.
tried() {
    local name
    for name in ada grace edsger; do
        ! "$weft" node show "$name" --output json | grep -q 'it is being tried' || return
    done
}
wait_for 90 tried || fail "the workers did not try all their drivers"
"$weft" node show ada --output json >"$run/ada.json"
"$weft" node list
echo "after $(elapsed) s"

# driver NAME [PROCESSOR]: the version of the driver of that name, or of one with the wall of that name (gvisor); fails with
# what the worker says of it.
driver() {
    python3 - "$run/ada.json" "$@" <<'PYTHON'
import json, sys
profile = json.load(open(sys.argv[1]))["profile"]
name, processor = sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
for driver in profile["drivers"]:
    if driver["name"] != name: continue
    if processor and processor not in (driver["architectures"] or [profile["architecture"]]):
        sys.exit(f"{name} here runs nothing for {processor}")
    print(driver["version"] or "weft-sandbox")
    sys.exit(0)
for note in profile["notes"]:
    if note.startswith(("driver " + name + ":", "driver " + name + " (")):
        sys.exit(note.split(": ", 1)[1])
sys.exit(f"this machine has no driver {name}")
PYTHON
}
emulator() { # emulator PROCESSOR: what runs its programs here; nothing where that is the machine itself
    local machine=$1
    [ "$machine" != arm64 ] || machine=aarch64
    [ "$machine" != "$(uname -m)" ] || return 0
    "qemu-$machine-static" --version 2>/dev/null | sed -n '1s/^qemu-\(\S*\) version \(\S*\).*/qemu-\1 \2/p'
}

# --- One row ---------------------------------------------------------------------------------------------------------

absent() { # absent DRIVER ENGINE PAYLOAD REASON
    rows+=("$1|$2|$3|||not here: $4")
    missing+=("$1, $3")
    printf '%7s s  %-14s %-25s not here: %s\n' "$(elapsed)" "$1" "$3" "$4"
}
broken() { # broken DRIVER ENGINE PAYLOAD WALL REASON LOG
    rows+=("$1|$2|$3|$4||FAILED: $5")
    failures+=("$1, $3: $5; see $6")
    printf 'FAILED: %s\n' "$5"
    tail -n 15 "$6" >&2
}

# row DRIVER PROCESSOR PAYLOAD: runs `job` three times on three workers, compares what it printed with $expected_output and
# the files in `files` with their like, checks the receipt; then has one worker run `nothing` five times, one after the other.
# A dash for PROCESSOR: any. Sets of the caller: job, nothing, files, expected_output.
count=0
row() {
    local driver=$1 processor=$2 payload=$3 engine reason number=$((count += 1)) folder log wall id
    [ "$processor" != - ] || processor=
    if ! engine=$(driver "$driver" $processor 2>"$run/why"); then
        reason=$(cat "$run/why")
        case $driver in
            docker) reason=${why_not_docker:-$reason} ;;
            podman) reason=${why_not_podman:-$reason} ;;
        esac
        absent "$driver" "" "$payload" "$reason"
        return
    fi
    reason=
    [ -z "$processor" ] || reason=$(emulator "$processor")
    [ -z "$reason" ] || engine+=", $reason"
    [ "$engine" = "weft-sandbox, $reason" ] && engine=$reason
    folder=$run/rows/$number log=$run/rows/$number.log
    mkdir -p "$folder"
    printf '%7s s  %-14s %-25s ' "$(elapsed)" "$driver" "$payload"
    local from
    from=$(date +%s.%N)
    local outputs=() file
    for file in "${files[@]}"; do outputs+=(--output "$file=$folder/$file"); done
    if ! timeout 120 "$weft" run --replicas 3 --quorum 2 --no-cache --label "row=$number" --require-driver "$driver" --timeout 60s \
        --memory 128MiB --disk 32MiB "${outputs[@]}" "${job[@]}" >"$folder/stdout" 2>"$log"; then
        broken "$driver" "$engine" "$payload" "$(elapsed "$from")" "it did not succeed" "$log"
        return
    fi
    wall=$(elapsed "$from")
    for file in "${files[@]}"; do
        cmp "$run/expected/$file" "$folder/$file" >>"$log" 2>&1 ||
            { broken "$driver" "$engine" "$payload" "$wall" "$file is not what was computed here" "$log"; return; }
    done
    if [ -n "$expected_output" ] && [ "$expected_output" != "$(cat "$folder/stdout")" ]; then
        broken "$driver" "$engine" "$payload" "$wall" "it printed $(head -c 100 "$folder/stdout")" "$log"
        return
    fi
    id=$("$weft" job list --label "row=$number" --output json | python3 -c 'import json, sys
print(json.load(sys.stdin)["items"][0]["id"])')
    # The third replica may still be at work, and would disturb the measurement.
    wait_for 60 settled "$id" || true
    "$weft" job tasks "$id" --output json >"$folder/tasks.json"
    local checks=()
    for file in "${files[@]}"; do checks+=(--check "$file=$folder/$file"); done
    if ! { "$weft" job receipt "$id.0" --file "$folder/receipt.json" &&
        "$weft" receipt verify "$folder/receipt.json" "${checks[@]}"; } >>"$log" 2>&1; then
        broken "$driver" "$engine" "$payload" "$wall" "its receipt is not valid" "$log"
        return
    fi
    local verdict startup
    if ! verdict=$(python3 - "$folder/tasks.json" 2>>"$log" <<'PYTHON'
import json, sys
task, = json.load(open(sys.argv[1]))["items"]
alike = sum(attempt.get("agreed") is True for attempt in task["attempts"])
if task["state"] != "succeeded" or task["verdict"] != "agreed" or alike < 2 or task["dissenters"]:
    sys.exit(f"the task is {task['state']}, {task.get('verdict')}: {alike} alike, {task['dissenters']} others")
print(f"verified 2 of 3, {alike} alike, {task['answer'].removeprefix('sha256:')[:12]}")
PYTHON
    ); then
        broken "$driver" "$engine" "$payload" "$wall" "$(tail -n 1 "$log")" "$log"
        return
    fi
    startup=$(measure "$driver" "$folder" 2>>"$log") || {
        broken "$driver" "$engine" "$payload" "$wall" "its start-up could not be measured" "$log"
        return
    }
    rows+=("$driver|$engine|$payload|$wall|$startup|$verdict")
    printf '%5s s  %s\n' "$wall" "$verdict"
}
settled() { # settled JOB: no attempt is at work any more
    "$weft" job tasks "$1" --output json | python3 -c 'import json, sys
task, = json.load(sys.stdin)["items"]
sys.exit(any(attempt["state"] in ("assigned", "running") for attempt in task["attempts"]))'
}
# measure DRIVER FOLDER: the median time in ms of five payloads that do nothing, from their order to their answer, as the
# worker tells it.
measure() {
    local id
    id=$("$weft" run --detach --array 5 --require-label name=ada --require-driver "$1" --timeout 60s --cpus 1 \
        --memory 128MiB --disk 32MiB "${nothing[@]}")
    timeout 120 "$weft" job wait "$id" >&2
    "$weft" job tasks "$id" --output json >"$2/startup.json"
    python3 - "$2/startup.json" <<'PYTHON'
import datetime, json, statistics, sys
times = []
for task in json.load(open(sys.argv[1]))["items"]:
    attempt = task["attempts"][-1]
    start, end = (datetime.datetime.fromisoformat(attempt[key].replace("Z", "+00:00")) for key in ("started_at", "finished_at"))
    times.append((end - start).total_seconds() * 1000)
if len(times) != 5: sys.exit(f"{len(times)} of 5 have ended")
median = statistics.median(times)
print(f"{median:.1f}" if median < 100 else f"{median:.0f}")
PYTHON
}

# --- What runs -------------------------------------------------------------------------------------------------------

say "Compiling, and computing here what the answers should be"
printf 'int main(void) { return 0; }\n' >"$run/nothing.c"
build() { # build PROCESSOR NAME SOURCE
    examples/c/build.sh "$1" "$3" "$programs/$2" >>"$run/build.log" 2>&1
}
native=$(uname -m)
[ "$native" != aarch64 ] || native=arm64
for processor in x86_64 arm64 riscv64 wasm; do
    build "$processor" "words-$processor" examples/c/words.c && build "$processor" "nothing-$processor" "$run/nothing.c" ||
        echo "$processor: nothing compiles for it: $(tail -n 1 "$run/build.log")"
done
build wasm estimate-wasm examples/c/estimate.c || true
image=$run/image.tar
examples/container/image.sh "$image" >>"$run/build.log" 2>&1 || image=
mkdir "$run/expected"
cp LICENSE "$run/expected/text.txt"
words=$(cd "$run/expected" && sh ../../../examples/c/words.sh)
counts=$(LC_ALL=C wc <LICENSE | awk '{ print $1, $2, $3 }')
echo "LICENSE has $words; in lines, words as wc sees them, and bytes: $counts"

say "Each payload three times, on workers of three owners; two answers must be alike"
text=(--input text.txt=LICENSE)
for processor in x86_64 arm64 riscv64; do
    if [ ! -x "$programs/nothing-$processor" ]; then
        absent process "" "C for $processor" "no compiler for it; ${setup_failure[compilers]:-see $run/build.log}"
        continue
    fi
    job=("${text[@]}" --arch "$processor" "$programs/words-$processor")
    nothing=(--arch "$processor" "$programs/nothing-$processor")
    files=(words.txt) expected_output=$words
    row process "$processor" "C for $processor"
done
nothing_source() { # the least program for a processor, in its assembler's language
    case $1 in
        x86_64) echo "xor %edi, %edi; mov \$60, %eax; syscall" ;;
        arm64) echo "mov x0, #0; mov x8, #93; svc #0" ;;
        riscv64) echo "li a0, 0; li a7, 93; ecall" ;;
    esac
}
for processor in x86_64 arm64 riscv64; do
    printf '.globl _start\n_start:\n%s\n' "$(nothing_source "$processor" | tr ';' '\n')" >"$run/nothing-$processor.s"
    job=(--stdin LICENSE --arch "$processor" --asm "examples/assembly/$processor.s")
    nothing=(--arch "$processor" --asm "$run/nothing-$processor.s")
    files=() expected_output=$counts
    row assembly "$processor" "assembly for $processor"
done
if [ -e "$programs/estimate-wasm" ]; then
    job=("${text[@]}" --wasm "$programs/words-wasm")
    nothing=(--wasm "$programs/nothing-wasm")
    files=(words.txt) expected_output=$words
    row wasm - "C for WASI"
    job=(--wasm "$programs/estimate-wasm" --deterministic --seed 7 -- 100000)
    nothing=(--wasm "$programs/nothing-wasm" --deterministic)
    files=() expected_output=
    case $(driver wasm 2>/dev/null) in
        WasmKit*) absent wasm WasmKit "C for WASI, seeded" "WasmKit has no deterministic mode; ${setup_failure[wasm]:-}" ;;
        *) row wasm - "C for WASI, seeded" ;;
    esac
else
    absent wasm "" "C for WASI" "no compiler for it; ${setup_failure[wasm]:-see $run/build.log}"
fi
containers=(docker podman)
# What this machine offers besides.
for name in runc gvisor docker-gvisor podman-gvisor; do ! driver "$name" >/dev/null 2>&1 || containers+=("$name"); done
for name in "${containers[@]}"; do
    if [ -z "$image" ]; then
        absent "$name" "" "busybox image" "$(tail -n 1 "$run/build.log")"
        continue
    fi
    job=("${text[@]}" --input words.sh=examples/c/words.sh --image-archive "$image" -- sh words.sh)
    nothing=(--image-archive "$image" -- true)
    files=(words.txt) expected_output=$words
    row "$name" - "shell in a busybox image"
done
job=("${text[@]}" --input words.sh=examples/c/words.sh --isolation vm -- sh words.sh)
nothing=(--isolation vm -- true)
files=(words.txt) expected_output=$words
row vm - "shell in a microVM"

# --- The other examples ----------------------------------------------------------------------------------------------

say "The other jobs of examples/"
example_image=
if [ -n "$image" ]; then
    # count.yaml names an image that an engine has to know. One that already knows that name keeps its own.
    for socket in "$docker" "$podman"; do
        [ -n "$socket" ] && command -v docker >/dev/null || continue
        if ! docker -H "unix://$socket" image inspect localhost/weft-example:1 >/dev/null 2>&1; then
            docker -H "unix://$socket" load -i "$image" >>"$run/build.log" 2>&1 || continue
            example_image+=" $socket"
        fi
    done
fi
for file in examples/*/*.yaml; do
    needed=$(basename "$(dirname "$file")")
    case $needed in container) needed=docker; driver docker >/dev/null 2>&1 || needed=podman ;; esac
    if ! driver "$needed" >/dev/null 2>"$run/why"; then
        missing+=("$file")
        echo "$file: not here: $(cat "$run/why")"
        continue
    fi
    log=$run/rows/$(echo "$file" | tr / -).log
    from=$(date +%s.%N)
    if timeout 120 "$weft" job submit "$file" --wait >"$log" 2>&1; then
        echo "$file: done in $(elapsed "$from") s"
    else
        failures+=("$file; see $log")
        echo "$file: FAILED"
        tail -n 15 "$log" >&2
    fi
done
for socket in $example_image; do docker -H "unix://$socket" rmi localhost/weft-example:1 >/dev/null 2>&1 || true; done

stop
leftover=$(pgrep -f "$run" | grep -vx "$$" || true)
[ -z "$leftover" ] || failures+=("processes are left: $leftover")

say "Every driver"
printf '%s\n' "${rows[@]}" | awk -F '|' '
    { for (i = 1; i <= 6; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
    END {
        split("driver|engine|payload|wall s|start-up ms|result", title, "|")
        for (i = 1; i <= 6; i++) if (length(title[i]) > width[i]) width[i] = length(title[i])
        for (row = 0; row <= NR; row++) {
            line = ""
            for (i = 1; i <= 6; i++) {
                text = row ? cell[row, i] : title[i]
                line = line sprintf(i == 4 || i == 5 ? "%" width[i] "s  " : "%-" width[i] "s  ", text)
            }
            sub(/ +$/, "", line)
            print line
        }
    }'
echo
echo "wall: from weft run to its answer. start-up: from an order to its answer for a payload that does nothing, the median of"
echo "five on one worker, by that worker's clock. A result ends with the beginning of the answer's SHA-256: where payloads are"
echo "builds of one program, it is one answer."

if [ ${#failures[@]} -gt 0 ]; then
    printf 'demo-drivers: failed: %s\n' "${failures[@]}" >&2
    exit 1
fi
if [ ${#missing[@]} -gt 0 ]; then
    printf 'demo-drivers: not here: %s\n' "${missing[@]}" >&2
    [ "$allow_missing" = 1 ] && exit 0
    echo "demo-drivers: WEFT_DEMO_ALLOW_MISSING=1 makes that no failure" >&2
    exit 1
fi
say "Done in $(elapsed) s: all $(printf '%s\n' "${rows[@]}" | wc -l) rows verified. Everything is below demo-run/; make clean removes it."
