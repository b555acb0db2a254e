"""Celery with redis: a redis-server without persistence, a prefork worker with two processes, and this client.

Results come back through redis. A process task is a task that starts /bin/true and waits for it. There is no array:
`submit` ends when redis has taken N messages.
"""

import os
import shutil
import subprocess
import sys
import time
from typing import Any

import peerkit


class Broker:
    """A redis-server of our own on a free port, and Celery's application connected to it."""

    def __init__(self, servers: peerkit.Servers) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError("there is no redis-server; run benchmarks/setup.sh")
        self.version = _version(program)
        self.port = peerkit.free_port()
        self.server = servers.start("redis", [
            program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--daemonize", "no", "--dir", servers.folder])
        servers.wait_for("redis-server", lambda: peerkit.port_is_open(self.port), self.server)
        os.environ["BENCH_REDIS_URL"] = f"redis://127.0.0.1:{self.port}"
        import celery_tasks  # pylint: disable=import-outside-toplevel

        self.tasks = celery_tasks

    def start_worker(self, servers: peerkit.Servers) -> None:
        """Two slots; returns when both have worked."""
        here = os.path.dirname(os.path.abspath(__file__))
        servers.start("worker", [
            os.path.join(os.path.dirname(sys.executable), "celery"), "--app", "celery_tasks", "worker",
            "--concurrency", "2", "--pool", "prefork", "-O", "fair", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle", "--without-heartbeat"], environment={"PYTHONPATH": here})
        self.tasks.nothing.delay().get(timeout=60)
        servers.settle()
        for task in (self.tasks.nothing, self.tasks.spawn_true):
            task.delay().get(timeout=60)
            self.send(task, peerkit.WARM_UP_TASKS).join_native(timeout=60)

    def send(self, task: Any, tasks: int, **options: Any) -> Any:
        """Sends N messages over one connection; returns the set of their results."""
        from celery.result import ResultSet  # pylint: disable=import-outside-toplevel

        with self.tasks.app.producer_pool.acquire(block=True, timeout=30) as producer:
            return ResultSet([task.apply_async(producer=producer, **options) for _ in range(tasks)])


def _version(program: str) -> str:
    line = subprocess.run([program, "--version"], check=True, capture_output=True, text=True, timeout=30).stdout
    return next((word[2:] for word in line.split() if word.startswith("v=")), "unknown")


def _with_worker(servers: peerkit.Servers) -> Broker:
    broker = Broker(servers)
    broker.start_worker(servers)
    return broker


def _rate(name: str, tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    broker = _with_worker(servers)
    begin = time.monotonic()
    results = broker.send(getattr(broker.tasks, name), tasks).join_native(timeout=500)
    seconds = time.monotonic() - begin
    peerkit.check_results(results, tasks)
    return peerkit.rate(tasks, seconds, versions={"redis-server": broker.version})


def process(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N processes."""
    return _rate("spawn_true", tasks, servers)


def noop(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N tasks that do nothing."""
    return _rate("nothing", tasks, servers)


def latency(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """Submit one process, wait for its result, N times."""
    broker = _with_worker(servers)
    return peerkit.latency(
        tasks, lambda: broker.tasks.spawn_true.delay().get(timeout=30), versions={"redis-server": broker.version})


def submit(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """N messages; no worker is there, so that nothing runs meanwhile."""
    broker = Broker(servers)
    pids = [broker.server.pid]
    before = peerkit.processes.resident_bytes(pids)
    begin = time.monotonic()
    broker.send(broker.tasks.spawn_true, tasks, ignore_result=True)
    return peerkit.submitted(
        tasks, time.monotonic() - begin, pids, before, note="N messages; redis without persistence",
        versions={"redis-server": broker.version})


if __name__ == "__main__":
    peerkit.run(
        "Celery",
        {
            "process": (process, 10_000),
            "noop": (noop, 20_000),
            "latency": (latency, 500),
            "submit": (submit, 100_000),
        },
        versions=["celery", "redis"],
    )
