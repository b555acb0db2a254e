"""HyperQueue: a server, one worker with two cores, and this client, in three processes.

The wheel brings no `hq` program, only a Python interface whose LocalCluster holds all three in one process. Its parts
are started separately here, as `hq server start` and `hq worker start` would. Two things are not stock:

* The interface starts a worker only beside a server of its own. That server is started and left idle; its directory is
  then pointed at the real one before the worker, which looks there, is added.
* `wait_for_jobs` asks the server once a second. Leaving it by an exception from its progress callback makes it one
  question, so that this client can ask more often: every 20 ms for a batch, every 0.5 ms for one task.

There is no cheap task that is not a process, so no `noop`. The interface cannot switch the journal on: nothing here is
durable.
"""

import contextlib
import os
import sys
import time
from typing import Any

import peerkit
from hyperqueue.ffi import ffi
from hyperqueue.ffi.cluster import Cluster
from hyperqueue.ffi.protocol import JobDescription, TaskDescription

BATCH_POLL_SECONDS = 0.02
SINGLE_POLL_SECONDS = 0.0005


def serve(folder: str) -> None:
    """The server's process."""
    cluster = Cluster(folder)
    _sleep_for_good(cluster, os.path.join(folder, "ready"))


def work(server_folder: str, own_folder: str, cores: int) -> None:
    """The worker's process."""
    cluster = Cluster(own_folder)
    current = os.path.join(own_folder, "hq-current")
    os.unlink(current)
    os.symlink(os.path.realpath(os.path.join(server_folder, "hq-current")), current)
    cluster.add_worker(cores)
    _sleep_for_good(cluster, os.path.join(own_folder, "ready"))


def _sleep_for_good(cluster: Cluster, ready_file: str) -> None:
    with open(ready_file, "w", encoding="utf-8"):
        pass
    while cluster is not None:
        time.sleep(3600)


class _Answered(Exception):
    """Leaves `wait_for_jobs` after its first answer."""


class Client:
    """A connection to the server, which it starts; with a worker if asked."""

    def __init__(self, servers: peerkit.Servers, with_worker: bool) -> None:
        self._servers = servers
        self._folder = self._make_folder("server")
        self.server = self._start("server", ["serve", self._folder], self._folder)
        if with_worker:
            folder = self._make_folder("worker")
            self._start("worker", ["work", self._folder, folder, "2"], folder)
        self._context = ffi.connect_to_server(self._folder)
        if with_worker:
            servers.settle()
            self.wait(self.submit(self.describe(peerkit.WARM_UP_TASKS)), BATCH_POLL_SECONDS)

    def describe(self, tasks: int) -> JobDescription:
        """A job of so many /bin/true, whose output goes nowhere."""
        return JobDescription(
            name="bench",
            max_fails=None,
            tasks=[
                TaskDescription(
                    id=index, args=["/bin/true"], cwd=self._servers.folder, stdout=None, stderr=None, stdin=None,
                    env={}, dependencies=(), task_dir=False, priority=0, resource_request=(), crash_limit=None,
                )
                for index in range(tasks)
            ],
        )

    def submit(self, job: JobDescription) -> int:
        """Returns the job's number once the server has acknowledged it."""
        return int(ffi.submit_job(self._context, job))

    def status(self, job: int) -> dict[str, Any]:
        """One question, one answer."""
        found: dict[str, Any] = {}

        def progress(jobs: dict[int, dict[str, Any]]) -> None:
            found.update(jobs[job])
            raise _Answered

        with contextlib.suppress(_Answered):
            ffi.wait_for_jobs(self._context, [job], progress)
        return found

    def wait(self, job: int, poll_seconds: float) -> None:
        """Returns when the job is done; fails when a task of it failed."""
        while True:
            status = self.status(job)
            if status["completed"]:
                break
            time.sleep(poll_seconds)
        if status["failed"]:
            raise RuntimeError(f"{status['failed']} tasks failed")

    def _make_folder(self, name: str) -> str:
        folder = os.path.join(self._servers.folder, name)
        os.makedirs(folder)
        return folder

    def _start(self, name: str, arguments: list[str], folder: str) -> Any:
        process = self._servers.start(name, [sys.executable, os.path.abspath(__file__), *arguments])
        ready = os.path.join(folder, "ready")
        self._servers.wait_for(f"HyperQueue's {name}", lambda: os.path.exists(ready), process)
        return process


def process(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """Submit a job of N processes, wait until it is done."""
    client = Client(servers, with_worker=True)
    begin = time.monotonic()
    client.wait(client.submit(client.describe(tasks)), BATCH_POLL_SECONDS)
    return peerkit.rate(tasks, time.monotonic() - begin)


def latency(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """Submit one, wait for it, N times."""
    client = Client(servers, with_worker=True)
    return peerkit.latency(tasks, lambda: client.wait(client.submit(client.describe(1)), SINGLE_POLL_SECONDS))


def submit(tasks: int, servers: peerkit.Servers) -> peerkit.Fields:
    """Submit one job of N tasks. No worker is there, so that nothing runs meanwhile."""
    client = Client(servers, with_worker=False)
    before = peerkit.processes.resident_bytes([client.server.pid])
    job = client.describe(tasks)
    begin = time.monotonic()
    client.submit(job)
    seconds = time.monotonic() - begin
    return peerkit.submitted(
        tasks, seconds, [client.server.pid], before, note="one job of N entries; building the list is not timed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["work"]:
        work(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        peerkit.run(
            "HyperQueue",
            {"process": (process, 10_000), "latency": (latency, 500), "submit": (submit, 100_000)},
            versions=["hyperqueue"],
        )
