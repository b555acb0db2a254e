"""What the peers' scripts share: one JSON line on stdout, servers that are gone afterwards, time limits.

A peer's script ends with

    peerkit.run("name", {"process": (process, 10_000), ...}, versions=["distribution"])

where each workload is a function (tasks: int, servers: Servers) -> fields, with its default number of tasks.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from harness import processes as processes  # noqa: E402
from harness import quiet  # noqa: E402

Fields = dict[str, Any]
Workload = Callable[[int, "Servers"], Fields]

#: How long a system is given to come to rest after its start.
SETTLE_SECONDS = 30

#: Tasks that are run and thrown away before the clock starts: enough to load code and open connections everywhere.
WARM_UP_TASKS = 20


class Servers:
    """The processes that a measurement needs, and the private folder they write to (`folder`)."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def start(
        self, name: str, command: Sequence[str], environment: Optional[Mapping[str, str]] = None
    ) -> subprocess.Popen[bytes]:
        """Starts a server; its output goes to NAME.log in the folder."""
        with open(self._log(name), "ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, **(environment or {})},
            )

    def wait_for(
        self, what: str, ready: Callable[[], bool], server: subprocess.Popen[bytes], limit_seconds: float = 60
    ) -> None:
        """Waits until `ready` says so; an OSError from it means not yet. Fails at once when `server` ends before."""
        deadline = time.monotonic() + limit_seconds
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise RuntimeError(f"{what}: it ended with status {server.returncode}\n{self._tails()}")
            with contextlib.suppress(OSError):
                if ready():
                    return
            time.sleep(0.02)
        raise TimeoutError(f"{what}: not within {limit_seconds:.0f} s\n{self._tails()}")

    def settle(self) -> None:
        """Waits for the end of what the servers' start brings with it; before the warm-up, as at Weft."""
        quiet.wait(SETTLE_SECONDS)

    def _log(self, name: str) -> str:
        return os.path.join(self.folder, name + ".log")

    def _tails(self) -> str:
        tails = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".log"):
                with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                    tails.append(f"--- {name}\n" + "".join(file.readlines()[-15:]))
        return "\n".join(tails)


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_open(port: int) -> bool:
    """True when something listens there; OSError or False when not."""
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def spawn_true() -> int:
    """One process task, in the cheapest way that Python has. Returns its wait status."""
    return os.waitpid(os.posix_spawn("/bin/true", ["/bin/true"], os.environ), 0)[1]


def check_results(results: Sequence[Any], tasks: int) -> None:
    """Every task must have answered, and with success (0 or None)."""
    if len(results) != tasks or any(results):
        raise RuntimeError(f"{len(results)} results for {tasks} tasks, {sum(map(bool, results))} of them not good")


def rate(tasks: int, seconds: float, **more: Any) -> Fields:
    """The fields of `process` and `noop`."""
    return {"tasks": tasks, "seconds": round(seconds, 6), "tasks_per_second": round(tasks / seconds, 1), **more}


def latency(tasks: int, one: Callable[[], Any], **more: Any) -> Fields:
    """Times `one`, which submits a task and returns when its result is there, `tasks` times in sequence."""
    for _ in range(WARM_UP_TASKS):
        one()
    milliseconds = []
    for _ in range(tasks):
        begin = time.monotonic()
        one()
        milliseconds.append((time.monotonic() - begin) * 1e3)
    milliseconds.sort()
    return {
        "tasks": tasks,
        "p50_ms": round(milliseconds[tasks * 50 // 100], 4),
        "p99_ms": round(milliseconds[tasks * 99 // 100], 4),
        **more,
    }


def submitted(tasks: int, seconds: float, server_pids: Sequence[int], resident_before: int, **more: Any) -> Fields:
    """The fields of `submit`; call it right after the acknowledgement."""
    return {
        "tasks": tasks,
        "seconds": round(seconds, 6),
        "server_rss_bytes": processes.resident_bytes(server_pids),
        "server_rss_before_bytes": resident_before,
        **more,
    }


def run(name: str, workloads: Mapping[str, tuple[Workload, int]], versions: list[str]) -> None:
    """The whole of a script: reads the arguments, measures, prints the line, ends every server, exits.
    `versions` are distributions whose version goes into the line."""
    parser = argparse.ArgumentParser(description=f"Measures {name}; prints one JSON line.")
    parser.add_argument("workload", choices=sorted(workloads))
    parser.add_argument("--tasks", type=int, help="how many tasks")
    parser.add_argument("--limit", type=int, default=540, help="give up after this many seconds")
    options = parser.parse_args()
    measure, default_tasks = workloads[options.workload]
    tasks = options.tasks or default_tasks

    def on_alarm(signal_number: int, frame: Any) -> None:
        raise TimeoutError(f"{name} {options.workload}: not done within {options.limit} s")

    def on_terminate(signal_number: int, frame: Any) -> None:
        raise SystemExit(128 + signal_number)

    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_terminate)
    signal.alarm(options.limit)
    processes.adopt_orphans()
    folder = tempfile.mkdtemp(prefix="peer-")
    status = 1
    try:
        fields = measure(tasks, Servers(folder))
        found = {each: importlib.metadata.version(each) for each in versions}
        fields["versions"] = {**found, **fields.get("versions", {}), "python": platform.python_version()}
        print(json.dumps(fields), flush=True)
        status = 0
    except KeyboardInterrupt:
        status = 130
    except SystemExit as exit_request:
        status = int(exit_request.code or 1)
    except BaseException:  # whatever it was: the servers must go, and the harness must hear of it
        traceback.print_exc()
    finally:
        signal.alarm(0)
        processes.end_descendants()
        shutil.rmtree(folder, ignore_errors=True)
    sys.stderr.flush()
    os._exit(status)  # client libraries leave threads that would wait for servers that are gone
