"""How each system is called."""

import os
import shutil
import sys
from dataclasses import dataclass
from typing import Optional

from .model import Step
from .plan import system_named


@dataclass(frozen=True)
class Places:
    """Where things are."""

    benchmarks: str
    """This folder's parent: benchmarks/."""
    home: str
    """Where setup.sh put the peers."""
    weft_bench: str
    """The program that measures Weft."""

    @property
    def tools(self) -> str:
        """Programs that setup.sh made or fetched."""
        return os.path.join(self.home, "bin")


_PEER_SCRIPTS = {
    "hyperqueue": "hyperqueue_peer.py",
    "dask": "dask_peer.py",
    "ray": "ray_peer.py",
    "celery": "celery_peer.py",
}

#: weft-bench's arguments, by workload and system; TASKS stands for the number of tasks.
_WEFT_ARGUMENTS = {
    ("process", "weft"): ["--tasks", "TASKS", "--isolation", "none"],
    ("process", "weft-sandbox"): ["--tasks", "TASKS", "--isolation", "process"],
    ("noop", "weft"): ["--tasks", "TASKS"],
    ("latency", "weft"): ["--runs", "TASKS", "--isolation", "none"],
    ("latency", "weft-sandbox"): ["--runs", "TASKS", "--isolation", "process"],
    ("submit", "weft"): ["--tasks", "TASKS"],
    ("growth", "weft"): [],
    ("crash", "weft"): [],
    ("startup", "weft"): [],
}


def absence(places: Places, system: str) -> Optional[str]:
    """Why the system cannot be measured here, and what to do; None when it can."""
    kind = system_named(system).kind
    if kind == "weft":
        if os.access(places.weft_bench, os.X_OK):
            return None
        return (
            f"there is no {places.weft_bench}; build it with `swift build -c release --product weft-bench`, "
            "or leave Weft out with --skip weft --skip weft-sandbox")
    needed = [os.path.join(places.tools, "raw-spawn")] if kind == "limit" else [
        os.path.join(places.home, system, ".requirements"), _python(places, system)]
    if not all(os.path.exists(path) for path in needed):
        return "not installed; run benchmarks/setup.sh"
    search = os.pathsep.join([places.tools, os.environ.get("PATH", "")])
    if system == "celery" and shutil.which("redis-server", path=search) is None:
        return "there is no redis-server; run benchmarks/setup.sh"
    return None


def command(places: Places, step: Step) -> list[str]:
    """The program and its arguments. It prints one line of JSON."""
    kind = system_named(step.system).kind
    tasks = str(step.tasks)
    if kind == "weft":
        arguments = _WEFT_ARGUMENTS[(step.workload, step.system)]
        return [places.weft_bench, step.workload, "--json",
                *(tasks if argument == "TASKS" else argument for argument in arguments)]
    if step.workload == "sqlite":
        return [sys.executable, os.path.join(places.benchmarks, "raw", "sqlite_commits.py"), "sqlite", "--tasks", tasks]
    if kind == "limit":
        return [os.path.join(places.tools, "raw-spawn"), step.workload, "--tasks", tasks]
    script = os.path.join(places.benchmarks, "peers", _PEER_SCRIPTS[step.system])
    return [_python(places, step.system), script, step.workload, "--tasks", tasks]


def _python(places: Places, system: str) -> str:
    return os.path.join(places.home, system, "bin", "python")
