"""The tables of a report, for the terminal and for Markdown alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from . import stats
from .model import Results, Run, Workload
from .plan import PEERS, system_named, workload_named
from .targets import Outcome


@dataclass
class Table:
    """A title, a header, rows of text, and remarks below."""

    title: str
    header: list[str]
    rows: list[list[str]]
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Column:
    """A figure of a workload: the first of `sources` (name of a value, factor) that a run has."""

    title: str
    sources: Sequence[tuple[str, float]]

    def figure(self, run: Run) -> Optional[float]:
        """In the unit of the title."""
        for name, factor in self.sources:
            number = run.number(name)
            if number is not None:
                return number * factor
        return None


#: The figures of each workload; `growth` has rows of its own.
COLUMNS: Mapping[str, Sequence[Column]] = {
    "process": [Column("tasks/s", [("tasks_per_second", 1)])],
    "noop": [
        Column("tasks/s", [("tasks_per_second", 1)]),
        Column("coordinator, µs a task", [("coordinator_cpu_us_per_task", 1)])],
    "latency": [
        Column("p50, ms", [("p50_ms", 1)]),
        Column("p99, ms", [("p99_ms", 1)]),
        Column("bare process p50, ms", [("spawn_p50_ms", 1)]),
        Column("bare sandbox p50, ms", [("sandbox_p50_ms", 1)])],
    "submit": [
        Column("tasks", [("tasks", 1)]),
        Column("until acknowledged, ms", [("ack_ms", 1), ("seconds", 1e3)]),
        Column("server's memory, MB", [("coordinator_rss_bytes", 1e-6), ("server_rss_bytes", 1e-6)]),
        Column("client's memory, MB", [("client_rss_bytes", 1e-6)]),
        Column("first task done, ms", [("first_task_ms", 1)])],
    "crash": [
        Column("kills", [("kills", 1)]),
        Column("tasks", [("tasks", 1)]),
        Column("lost", [("lost", 1)]),
        Column("counted twice", [("counted_twice", 1)]),
        Column("slowest recovery, ms", [("slowest_recovery_ms", 1)])],
    "startup": [
        Column("ready, ms", [("ready_ms", 1)]),
        Column("idle processor, %", [("idle_cpu_percent", 1)]),
        Column("memory, MB", [("rss_bytes", 1e-6)]),
        Column("program, MB", [("binary_bytes", 1e-6)])],
    "sqlite": [
        Column("rows/s", [("tasks_per_second", 1)]),
        Column("commit of 1,000 rows p50, ms", [("p50_ms", 1)])],
}

#: What of Weft is divided by what of the others: workload, Weft's systems, value, what it is called.
_COMPARISONS = (
    ("process", ("weft", "weft-sandbox"), "tasks_per_second", "processes a second", True),
    ("noop", ("weft",), "tasks_per_second", "empty tasks a second", True),
    ("latency", ("weft", "weft-sandbox"), "p50_ms", "latency p50", False),
    ("latency", ("weft", "weft-sandbox"), "p99_ms", "latency p99", False),
)


def number(value: float) -> str:
    """Three significant digits, thousands apart; whole numbers whole."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def with_spread(spread: Optional[stats.Spread], unit: str = "") -> str:
    """The median, and the range where there is one."""
    if spread is None:
        return ""
    text = number(spread.median) + unit
    if spread.least != spread.greatest:
        text += f" ({number(spread.least)}..{number(spread.greatest)})"
    return text


def of_workload(results: Results, workload: Workload) -> Table:
    """All systems' figures at one workload."""
    if workload.name == "growth":
        return _of_growth(results, workload)
    columns = []
    for column in COLUMNS[workload.name]:
        figures = {
            system: [figure for run in results.used(workload.name, system) for figure in [column.figure(run)]
                     if figure is not None]
            for system in workload.systems}
        if any(figures.values()):
            columns.append((column.title, figures))
    rows = []
    for system in workload.systems:
        cells = [with_spread(stats.spread(figures[system])) for _, figures in columns]
        rows.append([system_named(system).title, *cells, _count_of_runs(results, workload.name, system)])
    table = Table(workload.title, ["system", *(title for title, _ in columns), "runs"], rows)
    table.remarks = _remarks(results, workload)
    return table


def _of_growth(results: Results, workload: Workload) -> Table:
    costs: dict[tuple[str, float], list[float]] = {}
    for run in results.used(workload.name, "weft"):
        for row in run.values.get("rows", []):
            costs.setdefault((str(row["dimension"]), float(row["size"])), []).append(float(row["us_per_task"]))
    rows = [[dimension, number(size), with_spread(stats.spread(found))] for (dimension, size), found in costs.items()]
    return Table(workload.title, ["dimension", "size", "µs a task"], rows)


def _remarks(results: Results, workload: Workload) -> list[str]:
    remarks = []
    for system in workload.systems:
        runs = results.used(workload.name, system)
        notes = {str(run.values["note"]) for run in runs if run.values.get("note")}
        remarks += [f"{system_named(system).title}: {note}." for note in sorted(notes)]
    single = stats.spread(results.numbers(workload.name, "raw", "one_thread_tasks_per_second"))
    if single:
        remarks.append(
            "This machine, raw: a thread per slot, which starts a process and waits for it. One thread that keeps two "
            f"processes in flight makes {with_spread(single)} tasks/s.")
    return remarks


def _count_of_runs(results: Results, workload: str, system: str) -> str:
    used = results.used(workload, system)
    parts = [str(len(used))]
    disturbed = sum(run.disturbed for run in used)
    failed = results.failures(workload, system)
    if disturbed:
        parts.append(f"{disturbed} disturbed")
    if failed:
        parts.append(f"{failed} failed")
    return ", ".join(parts)


def of_ratios(results: Results) -> Optional[Table]:
    """Weft's figures divided by each other system's of the same round; None when nothing can be compared."""
    rivals = [*PEERS, "raw"]
    rows = []
    for workload, systems, name, title, higher in _COMPARISONS:
        for system in systems:
            everyone = stats.against_best(results, workload, system, name, PEERS, higher)
            cells = [with_spread(everyone.spread)]
            for rival in rivals:
                takes_part = rival in workload_named(workload).systems
                ratio = stats.against_best(results, workload, system, name, [rival], higher) if takes_part else None
                cells.append(with_spread(ratio.spread) if ratio else "")
            if any(cells):
                rows.append([f"{system_named(system).title}: {title}", *cells])
    if not rows:
        return None
    header = ["Weft divided by", "best peer", *(system_named(rival).title for rival in rivals)]
    return Table("Ratios", header, rows, ["Rates: more is better for Weft. Latencies: less is."])


def of_targets(outcomes: Sequence[Outcome]) -> Table:
    """Every target: figure, bound, verdict."""
    rows = []
    for outcome in outcomes:
        target = outcome.target
        unit = "" if not target.unit else target.unit if target.unit in ("x", "/s", "%") else " " + target.unit
        bound = ("at least " if target.at_least else "at most ") + number(target.bound) + unit
        rounds = f"{outcome.rounds_met} of {outcome.figure.count}" if outcome.figure else ""
        rows.append([
            target.number, target.what, with_spread(outcome.figure, unit) or "not measured", bound,
            verdict(outcome), rounds, outcome.remark])
    return Table("Targets", ["", "target", "figure", "bound", "verdict", "rounds that meet it", "remark"], rows)


def verdict(outcome: Outcome) -> str:
    """In a word or two."""
    if outcome.met is None:
        return "not measured"
    return "met" if outcome.met else "NOT met"
