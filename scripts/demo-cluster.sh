# A coordinator on loopback with honest workers and saboteurs, as separate processes; sourced by the demonstrations. The
# caller sets `run`, the folder below which everything is written, and calls start_coordinator first. Every process that
# is started here is stopped when the script ends.
weft=$PWD/.build/release/weft
saboteur=$PWD/.build/release/weft-saboteur
rm -rf "$run"
mkdir -p "$run/tmp"
export TMPDIR=$run/tmp XDG_CONFIG_HOME=$run/config XDG_DATA_HOME=$run/data WEFT_DATA_DIR=$run/coordinator
unset WEFT_URL WEFT_TOKEN WEFT_TOKEN_FILE WEFT_CONFIG
pids=()

say() { printf '\n== %s\n' "$*"; }
fail() {
    echo "demo: $*" >&2
    for log in "$run"/*.log; do echo "--- $(basename "$log")" >&2; tail -n 15 "$log" >&2; done
    exit 1
}
stop() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do
        for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -9 "$pid" 2>/dev/null || true
    done
    pids=()
}
trap stop EXIT
trap 'exit 130' INT TERM
wait_for() { # wait_for WHAT COMMAND...: up to 20 s
    local what=$1
    shift
    for _ in $(seq 200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    fail "$what did not come about"
}

start_coordinator() {
    "$weft" coordinator --bind 127.0.0.1:0 --port-file "$run/port" >"$run/coordinator.log" 2>&1 &
    pids+=($!)
    wait_for "the coordinator" test -s "$run/port"
    url=http://127.0.0.1:$(cat "$run/port")
    export WEFT_URL=$url
    wait_for "the join token" test -s "$WEFT_DATA_DIR/join.token"
}
start_worker() { # start_worker NAME
    "$weft" worker --coordinator "$url" --token-file "$WEFT_DATA_DIR/join.token" --data-dir "$run/$1" \
        --name "$1" --cpus 2 >"$run/$1.log" 2>&1 &
    pids+=($!)
}
start_saboteur() { # start_saboteur NAME SEED: lies in six of ten answers
    "$saboteur" --coordinator "$url" --token-file "$WEFT_DATA_DIR/join.token" --data-dir "$run/$1" \
        --name "$1" --cpu-millis 2000 --rate 0.6 --seed "$2" >"$run/$1.log" 2>&1 &
    pids+=($!)
}
wait_for_nodes() { # wait_for_nodes COUNT
    connected() { [ "$("$weft" node list --output json | grep -c '"state" *: *"connected"')" -eq "$1" ]; }
    wait_for "$1 connected nodes" connected "$1"
}
attempts_ended() { "$weft" stats --output yaml | awk '/^attempts_ended:/ {print $2}'; }
wait_for_job() { # wait_for_job JOB: shows how it goes; its description is in $run/shown then
    local started state=waiting
    started=$(date +%s.%N)
    for _ in $(seq 600); do
        "$weft" job show "$1" >"$run/shown"
        state=$(awk '/^State/ {print $2}' "$run/shown")
        printf '%6.1f s  %s\n' "$(echo "$(date +%s.%N) $started" | awk '{print $1 - $2}')" \
            "$(grep '^Tasks' "$run/shown")"
        case $state in succeeded | failed | cancelled) break ;; esac
        sleep 1
    done
    [ "$state" = succeeded ] || fail "the job is $state: $(grep '^Reason' "$run/shown" || true)"
}
