"""Runs and sessions to test with."""

from collections.abc import Iterable
from typing import Any

from harness import plan, report
from harness.model import Results, Run, Workload


def run(workload: str, system: str, round_number: int = 1, **values: Any) -> Run:
    """A good run that counts."""
    return Run(round_number, workload, system, 1, values=values, used=True)


def failed(workload: str, system: str, round_number: int = 1) -> Run:
    """A run that measured nothing."""
    return Run(round_number, workload, system, 1, error="ended with status 1; no such thing")


def rates(workload: str, system: str, figures: Iterable[float]) -> list[Run]:
    """A run a round with these tasks a second."""
    return [run(workload, system, number, tasks_per_second=figure) for number, figure in enumerate(figures, 1)]


def session(runs: Iterable[Run], workloads: Iterable[Workload] = plan.WORKLOADS, **changes: Any) -> report.Session:
    """A session in which these runs were all that happened."""
    fields: Any = {
        "started": "2030-01-02T03:04:05+00:00",
        "seconds": 600.0,
        "rounds": 3,
        "quick": False,
        "isolated": True,
        "extra_attempts": 1,
        "quiet_seconds": 60.0,
        "complete": True,
        "machine": {
            "processor": "Abacus 9000", "processors": 4, "usable_processors": 4, "memory_bytes": 8 * 2**30,
            "kernel": "6.1.0", "system": "Some Linux", "architecture": "x86_64", "virtual": True,
            "scratch_filesystem": "ext4"},
        "versions": {"weft": {"commit": "abc"}, "dask": {"dask": "1.2.3"}},
        "workloads": list(workloads),
        "sizes": {"process": {"weft": 10_000, "dask": 10_000}},
        "absent": {},
        "results": Results(runs),
        **changes,
    }
    return report.Session(**fields)
