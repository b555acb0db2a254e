"""What Weft is meant to reach, and whether it does.

A target's figure is computed in every round by itself; the verdict goes by the median over the rounds, or by the worst
round where nothing less than always will do. How many rounds reached it is told beside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

from . import stats
from .model import Results
from .plan import PEERS, workload_named

PerRound = Mapping[int, float]


@dataclass(frozen=True)
class Target:
    """One line of the table of targets."""

    number: str
    what: str
    bound: float
    at_least: bool
    unit: str
    """`x` for a ratio, `/s`, `ms`, `s`, `MB`, `%`, or nothing for a count."""
    compute: Callable[[Results], tuple[PerRound, str]]
    """The figure by round, and a remark."""
    every_round: bool = False
    """True: the worst round decides."""

    def holds(self, figure: float) -> bool:
        """Whether this figure is within the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound


@dataclass(frozen=True)
class Outcome:
    """A target, held against the results."""

    target: Target
    figure: Optional[stats.Spread]
    met: Optional[bool]
    """None: not measured."""
    rounds_met: int
    remark: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in the results file."""
        return {
            "number": self.target.number,
            "what": self.target.what,
            "bound": self.target.bound,
            "comparison": ">=" if self.target.at_least else "<=",
            "unit": self.target.unit,
            "figure": self.figure.to_json() if self.figure else None,
            "met": self.met,
            "rounds_met": self.rounds_met,
            "remark": self.remark,
        }


def evaluate(results: Results) -> list[Outcome]:
    """Every target, in order."""
    return [judge(target, results) for target in all_targets(results)]


def judge(target: Target, results: Results) -> Outcome:
    """One target."""
    per_round, remark = target.compute(results)
    figure = stats.spread(per_round.values())
    rounds_met = sum(map(target.holds, per_round.values()))
    if figure is None:
        return Outcome(target, None, None, 0, remark)
    met = rounds_met == figure.count if target.every_round else target.holds(figure.median)
    return Outcome(target, figure, met, rounds_met, remark)


def all_targets(results: Results) -> list[Target]:
    """The list; the results are asked only for the dimensions of `growth`."""
    rate, p50, p99 = "tasks_per_second", "p50_ms", "p99_ms"
    return [
        Target("1", "processes, no sandbox, against the fastest peer", 2.5, True, "x",
               _against_peers("process", "weft", rate, True)),
        Target("1", "processes, no sandbox, against the bare system call", 0.65, True, "x",
               _against_raw("process", "weft", rate)),
        Target("1b", "processes in the sandbox against the fastest peer without one", 1.0, True, "x",
               _against_peers("process", "weft-sandbox", rate, True)),
        Target("2", "tasks that do nothing", 20_000, True, "/s", _figure("noop", "weft", rate)),
        Target("2", "tasks that do nothing, against the fastest peer", 8, True, "x",
               _against_peers("noop", "weft", rate, True)),
        Target("3", "latency p50, no sandbox, against the quickest peer", 1.0, False, "x",
               _against_peers("latency", "weft", p50, False)),
        Target("3", "latency p99, no sandbox, against the quickest peer", 1.0, False, "x",
               _against_peers("latency", "weft", p99, False)),
        Target("3", "latency p50, no sandbox, above a bare process", 1.5, False, "ms", _above_spawn),
        Target("3", "latency p50 in the sandbox, against the sandbox alone", 1.5, False, "x", _against_sandbox),
        Target("4", "a million tasks acknowledged", 10, False, "ms", _figure("submit", "weft", "ack_ms")),
        Target("4", "coordinator's memory with a million tasks", 80, False, "MB",
               _figure("submit", "weft", "coordinator_rss_bytes", 1e-6)),
        Target("4", "first of a million tasks done", 100, False, "ms", _figure("submit", "weft", "first_task_ms")),
        *_growth_targets(results),
        Target("6", "tasks lost in crashes", 0, False, "", _figure("crash", "weft", "lost"), every_round=True),
        Target("6", "tasks counted twice after crashes", 0, False, "", _figure("crash", "weft", "counted_twice"),
               every_round=True),
        Target("6", "slowest recovery from a crash", 2, False, "s",
               _figure("crash", "weft", "slowest_recovery_ms", 1e-3), every_round=True),
        Target("8", "start to ready", 150, False, "ms", _figure("startup", "weft", "ready_ms")),
        Target("8", "processor when idle", 0.5, False, "%", _figure("startup", "weft", "idle_cpu_percent")),
        Target("8", "memory when idle", 60, False, "MB", _figure("startup", "weft", "rss_bytes", 1e-6)),
    ]


def _figure(
    workload: str, system: str, name: str, scale: float = 1
) -> Callable[[Results], tuple[PerRound, str]]:
    def compute(results: Results) -> tuple[PerRound, str]:
        numbers = {run.round: run.number(name) for run in results.used(workload, system)}
        return {number: value * scale for number, value in numbers.items() if value is not None}, ""

    return compute


def _against_peers(
    workload: str, system: str, name: str, higher: bool
) -> Callable[[Results], tuple[PerRound, str]]:
    def compute(results: Results) -> tuple[PerRound, str]:
        ratio = stats.against_best(results, workload, system, name, PEERS, higher)
        remark = "best peer: " + ", ".join(ratio.opponents()) if ratio.per_round else ""
        return ratio.per_round, "; ".join(filter(None, [remark, *_absent_peers(results, workload)]))

    return compute


def _absent_peers(results: Results, workload: str) -> list[str]:
    """A peer that could have been the fastest but has no figure must not go unsaid."""
    remarks, unmeasured = [], []
    for peer in PEERS:
        if peer not in workload_named(workload).systems:
            continue
        rounds, failed = len(results.used(workload, peer)), results.failures(workload, peer)
        if failed:
            remarks.append(f"{peer} failed in {failed} of {rounds + failed} rounds")
        elif not rounds:
            unmeasured.append(peer)
    return remarks + ([f"without {', '.join(unmeasured)}"] if unmeasured else [])


def _against_raw(workload: str, system: str, name: str) -> Callable[[Results], tuple[PerRound, str]]:
    def compute(results: Results) -> tuple[PerRound, str]:
        return stats.against_best(results, workload, system, name, ["raw"], True).per_round, ""

    return compute


def _above_spawn(results: Results) -> tuple[PerRound, str]:
    """Against the bare process that weft-bench timed in the same run, or that of the same round if it did not."""
    above = {}
    for run in results.used("latency", "weft"):
        own, spawn = run.number("p50_ms"), run.number("spawn_p50_ms")
        if spawn is None:
            spawn = results.number(run.round, "latency", "raw", "p50_ms")
        if own is not None and spawn is not None:
            above[run.round] = own - spawn
    return above, ""


def _against_sandbox(results: Results) -> tuple[PerRound, str]:
    return stats.within_run(results, "latency", "weft-sandbox", "p50_ms", "sandbox_p50_ms").per_round, ""


def growth(results: Results) -> dict[str, dict[int, float]]:
    """By dimension and round: what a task costs at the largest size, divided by what it costs at the smallest."""
    found: dict[str, dict[int, float]] = {}
    for run in results.used("growth", "weft"):
        costs: dict[str, dict[float, float]] = {}
        for row in run.values.get("rows", []):
            costs.setdefault(str(row["dimension"]), {})[float(row["size"])] = float(row["us_per_task"])
        for dimension, by_size in costs.items():
            if len(by_size) > 1 and by_size[min(by_size)] > 0:
                found.setdefault(dimension, {})[run.round] = by_size[max(by_size)] / by_size[min(by_size)]
    return found


def _growth_targets(results: Results) -> list[Target]:
    by_dimension = growth(results)

    def target(dimension: str) -> Target:
        return Target(
            "5", f"cost of a task, largest against smallest: {dimension}", 1.3, False, "x",
            lambda found: (by_dimension.get(dimension, {}), ""))

    return [target(dimension) for dimension in by_dimension or ["every dimension"]]
