"""Dask: a `dask scheduler`, two `dask worker` of one thread each, and this client.

Two processes and not two threads of one, as Python runs one thread at a time. A process task is a function that starts
/bin/true and waits for it. There is no array: `submit` maps N calls and ends when the scheduler holds all of them.
"""

import os
import sys
import time
from typing import Any

import peerkit
from dask.distributed import Client

ADDRESS = "127.0.0.1"


def spawn_true(index: int = 0) -> int:
    """Lives here, and not in peerkit, so that it travels to the workers by value."""
    return os.waitpid(os.posix_spawn("/bin/true", ["/bin/true"], os.environ), 0)[1]


def nothing(index: int = 0) -> None:
    """The task that does nothing."""


class Cluster:
    """Scheduler, workers if asked, and a connected client."""

    def __init__(self, servers: peerkit.Servers, with_workers: bool = True) -> None:
        dask = os.path.join(os.path.dirname(sys.executable), "dask")
        port = peerkit.free_port()
        url = f"tcp://{ADDRESS}:{port}"
        self.scheduler = servers.start(
            "scheduler", [dask, "scheduler", "--host", ADDRESS, "--port", str(port), "--no-dashboard", "--no-show"])
        servers.wait_for("Dask's scheduler", lambda: peerkit.port_is_open(port), self.scheduler)
        if with_workers:
            for number in (1, 2):
                servers.start(f"worker-{number}", [
                    dask, "worker", url, "--host", ADDRESS, "--nworkers", "1", "--nthreads", "1", "--no-nanny",
                    "--no-dashboard", "--local-directory", servers.folder])
        self.client = Client(url, set_as_default=False, timeout=60)
        if with_workers:
            self.client.wait_for_workers(2, timeout=60)
            servers.settle()
            for function in (nothing, spawn_true):
                self.client.gather(self.client.map(function, range(peerkit.WARM_UP_TASKS), pure=False))

    def tasks_held(self) -> int:
        """How many tasks the scheduler knows."""

        def count(dask_scheduler: Any) -> int:
            return len(dask_scheduler.tasks)

        return int(self.client.run_on_scheduler(count))


def _rate(function: Any, tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    client = Cluster(servers).client
    begin = time.monotonic()
    results: list[Any] = client.gather(client.map(function, range(tasks), pure=False))
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
    client = Cluster(servers).client
    return peerkit.latency(tasks, lambda: client.submit(spawn_true, pure=False).result(timeout=30))


def submit(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N tasks; no worker is there, so that nothing runs meanwhile."""
    cluster = Cluster(servers, with_workers=False)
    pids = [cluster.scheduler.pid]
    before = peerkit.processes.resident_bytes(pids)
    begin = time.monotonic()
    futures = cluster.client.map(spawn_true, range(tasks), pure=False)
    while cluster.tasks_held() < len(futures):
        time.sleep(0.005)
    return peerkit.submitted(
        tasks, time.monotonic() - begin, pids, before, note="N calls; until the scheduler holds all of them")


if __name__ == "__main__":
    peerkit.run(
        "Dask",
        {
            "process": (process, 10_000),
            "noop": (noop, 20_000),
            "latency": (latency, 500),
            "submit": (submit, 100_000),
        },
        versions=["dask", "distributed"],
    )
