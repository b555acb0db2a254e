"""Ray: `ray start --head` with two CPUs and no dashboard; this script is the driver.

A process task is a remote function that starts /bin/true and waits for it. There is no array, and the queue of tasks
lives in the driver: `submit` ends when N calls have been made, and the driver's memory is told beside the servers'.
"""

import os
import sys
import time
from typing import Any

import peerkit

#: Ray's servers by the end of their path.
SERVERS = ("gcs/gcs_server", "raylet/raylet")
OBJECT_STORE_BYTES = 300_000_000

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# Ray starts its workers by name.
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "/usr/bin:/bin")


def spawn_true() -> int:
    """Lives here, and not in peerkit, so that it travels to the workers by value."""
    return os.waitpid(os.posix_spawn("/bin/true", ["/bin/true"], os.environ), 0)[1]


def nothing() -> None:
    """The task that does nothing."""


def connect(servers: peerkit.Servers) -> Any:
    """Starts the servers and returns the connected `ray`, its workers up and warm."""
    port = peerkit.free_port()
    head = servers.start("head", [
        os.path.join(os.path.dirname(sys.executable), "ray"), "start", "--head", "--block",
        "--node-ip-address=127.0.0.1", f"--port={port}", "--num-cpus=2", "--include-dashboard=false",
        "--disable-usage-stats", f"--object-store-memory={OBJECT_STORE_BYTES}", f"--temp-dir={servers.folder}"])
    servers.wait_for(
        "Ray's head", lambda: peerkit.port_is_open(port) and _is_up(servers.folder), head, limit_seconds=120)
    import ray  # pylint: disable=import-outside-toplevel

    ray.init(address=f"127.0.0.1:{port}", log_to_driver=False, logging_level="ERROR")
    servers.settle()
    for function in (nothing, spawn_true):
        remote = ray.remote(num_cpus=1)(function)
        ray.get([remote.remote() for _ in range(peerkit.WARM_UP_TASKS)], timeout=120)
    return ray


def _is_up(folder: str) -> bool:
    """`ray start` says so at the end, in its log."""
    with open(os.path.join(folder, "head.log"), encoding="utf-8", errors="replace") as log:
        return "Ray runtime started" in log.read()


def _rate(function: Any, tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    ray = connect(servers)
    remote = ray.remote(num_cpus=1)(function)
    ray.get(remote.remote(), timeout=60)
    begin = time.monotonic()
    results: list[Any] = ray.get([remote.remote() for _ in range(tasks)])
    seconds = time.monotonic() - begin
    peerkit.check_results(results, tasks)
    return peerkit.rate(tasks, seconds)


def process(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N processes."""
    return _rate(spawn_true, tasks, servers)


def noop(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N calls of a function that does nothing."""
    return _rate(nothing, tasks, servers)


def latency(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """Submit one process, wait for its result, N times."""
    ray = connect(servers)
    remote = ray.remote(num_cpus=1)(spawn_true)
    return peerkit.latency(tasks, lambda: ray.get(remote.remote(), timeout=30))


def submit(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N tasks that ask for a resource which no node has, so that nothing runs meanwhile."""
    ray = connect(servers)
    remote = ray.remote(num_cpus=1, resources={"absent": 1})(nothing)
    pids = peerkit.processes.descendants_running(*SERVERS)
    before = peerkit.processes.resident_bytes(pids)
    driver_before = peerkit.processes.resident_bytes([os.getpid()])
    begin = time.monotonic()
    waiting = [remote.remote() for _ in range(tasks)]
    fields = peerkit.submitted(
        len(waiting), time.monotonic() - begin, pids, before,
        note="N calls made; the queue is in the driver, so its memory counts too")
    fields["client_rss_bytes"] = peerkit.processes.resident_bytes([os.getpid()])
    fields["client_rss_before_bytes"] = driver_before
    return fields


if __name__ == "__main__":
    peerkit.run(
        "Ray",
        {
            "process": (process, 10_000),
            "noop": (noop, 20_000),
            "latency": (latency, 500),
            "submit": (submit, 100_000),
        },
        versions=["ray"],
    )
