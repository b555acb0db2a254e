"""Real ``weft`` processes on this machine, below one directory; every process started here is stopped here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Callable

WEFT = os.environ.get("WEFT_BINARY")
WANTED = "WEFT_BINARY names no weft executable"


class Cluster:
    """A coordinator with its own worker (``weft up``), and others that join it."""

    def __init__(self) -> None:
        assert WEFT is not None
        self._weft = Path(WEFT).resolve()
        self.directory = Path(tempfile.mkdtemp(prefix="weft-python-"))
        self._processes: list[subprocess.Popen[bytes]] = []
        self._data = self.directory / "up"
        self._environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "XDG_DATA_HOME": str(self.directory / "data"),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "WEFT_DATA_DIR": str(self._data),
        }
        self.url = ""
        self._settings: tuple[str, ...] = ()

    def start(self, *, workers: int, saboteurs: int, settings: tuple[str, ...] = ()) -> None:
        """One worker is the coordinator's own; ``settings`` are further flags of ``weft up``."""
        self._settings = settings
        port = self.directory / "port"
        self._start("weft", "up", "--bind", "127.0.0.1:0", "--port-file", str(port), "--cpus", "2", *settings, log="up")
        wait_for(lambda: port.exists() and port.read_text().strip() != "", "the coordinator", self._alive)
        self.url = f"http://127.0.0.1:{port.read_text().strip()}"
        for number in range(1, workers):
            self.add_worker(f"worker{number}")
        for number in range(saboteurs):
            self.add_saboteur(f"saboteur{number}")
        self.await_connected(workers + saboteurs)

    def add_worker(self, name: str) -> None:
        """One more honest worker."""
        self._start("weft", "worker", *self._join(name), "--cpus", "2", log=name)

    def add_saboteur(self, name: str, *arguments: str) -> None:
        """One more worker that lies, always unless told otherwise."""
        rate = [] if "--rate" in arguments else ["--rate", "1"]
        self._start("weft-saboteur", *self._join(name), "--cpu-millis", "2000", *rate, *arguments, log=name)

    def await_connected(self, count: int) -> None:
        """Returns once so many nodes are connected, those that drain left out."""

        def connected() -> bool:
            nodes = json.loads(self.weft("node", "list", "--output", "json").stdout)
            items = nodes["items"] if isinstance(nodes, dict) else nodes
            return len([node for node in items if node["state"] == "connected"]) == count

        wait_for(connected, "all nodes to connect", self._alive)

    def _join(self, name: str) -> list[str]:
        token = ["--coordinator", self.url, "--token-file", str(self._data / "join.token")]
        return [*token, "--data-dir", str(self.directory / name), "--name", name]

    def stop(self) -> None:
        """Ends every process, the last one first, and removes all that they wrote."""
        self.halt()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def token(self) -> str:
        """The admin's."""
        return (self._data / "admin.token").read_text(encoding="utf-8").strip()

    @property
    def data(self) -> Path:
        """The coordinator's data directory."""
        return self._data

    def kill_last(self) -> None:
        """Kills the process that was started last, as a power failure would."""
        self._kill(self._processes[-1])

    def kill_coordinator(self) -> None:
        """The same with the coordinator; its own worker dies with it."""
        self._kill(next(process for process in self._processes if list(process.args)[1] == "up"))  # type: ignore[arg-type]

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        self._processes.remove(process)
        process.kill()
        process.wait()

    def restart(self) -> None:
        """Starts the coordinator again, and its worker, where it was."""
        self._start("weft", "up", "--bind", self.url.rpartition("/")[2], "--cpus", "2", *self._settings, log="again")

    def halt(self) -> None:
        """Ends every process; what they wrote stays."""
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def await_ready(self) -> None:
        """Returns once the coordinator answers."""
        wait_for(lambda: self.weft("stats").returncode == 0, "the coordinator to answer", self._alive)

    def weft(self, *arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Runs ``weft`` to its end."""
        environment = {**self._environment, "WEFT_URL": self.url} if self.url else self._environment
        return subprocess.run(
            [str(self._weft), *arguments], env=environment, input=data, capture_output=True, check=False, timeout=60
        )

    def run(self, *arguments: str, data: bytes | None = None) -> str:
        """What ``weft`` prints, which has to succeed."""
        done = self.weft(*arguments, data=data)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def submit(self, job: dict[str, Any]) -> str:
        """Submits a job and waits for its end; its number."""
        number = self.run("job", "submit", "-", data=json.dumps(job).encode())
        self.weft("job", "wait", number)
        return number

    def receipt(self, task: str) -> bytes:
        path = self.directory / f"receipt-{task}.json"
        self.run("job", "receipt", task, "--file", str(path))
        return path.read_bytes()

    def _start(self, executable: str, *arguments: str, log: str) -> None:
        with (self.directory / f"{log}.log").open("wb") as output:
            process = subprocess.Popen(
                [str(self._weft.parent / executable), *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._processes.append(process)

    def _alive(self) -> None:
        for process in self._processes:
            if process.poll() is not None:
                logs = [f"--- {log.name}\n{log.read_text()[-2000:]}" for log in self.directory.glob("*.log")]
                raise AssertionError("\n".join([f"{process.args!r} ended", *logs]))


@unittest.skipUnless(WEFT, WANTED)
class ClusterTestCase(unittest.TestCase):
    """Tests that share a cluster; without workers it is not started."""

    workers = 1
    saboteurs = 0
    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)
        if cls.workers > 0:
            cls.cluster.start(workers=cls.workers, saboteurs=cls.saboteurs)


def wait_for(condition: Callable[[], bool], what: str, check: Callable[[], None], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        check()
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about")
        time.sleep(0.05)
