"""The page of docs/."""

from collections.abc import Sequence

from . import report
from .report import Session
from .tables import Table


def page(session: Session) -> str:
    """All of it. Made by bench.py; not to be edited."""
    date = session.started[:10]
    rounds = report.count_of_rounds(session.rounds).lower()
    parts = [
        "# Benchmarks",
        "Weft beside HyperQueue, Dask, Ray and Celery, at the same work, on the same machine, in the same hour.\n"
        "This page is made by `make bench` ([benchmarks/README.md](../benchmarks/README.md) says how to run and read "
        "it); do not edit it.",
        f"Measured on {date} in {_duration(session.seconds)}, {rounds}{_caveats(session)}.",
        "## Machine and versions",
        _rows(["", ""], [*report.describe_machine(session.machine), *report.describe_versions(session)]),
        "## Method",
        report.method(session),
    ]
    for table in report.all_tables(session):
        parts.append(f"## {table.title}")
        for workload in session.workloads:
            if workload.title == table.title:
                parts.append(workload.meaning[0].upper() + workload.meaning[1:] + _size(session, workload.name) + ".")
        parts.append(markdown_table(table))
        parts += [escape(remark) for remark in table.remarks]
    parts.append("## What was not measured")
    parts.append("\n".join(f"* {escape(line)}." for line in [*session.not_measured(), *_BEYOND]))
    return "\n\n".join(part for part in parts if part) + "\n"


#: Never part of this harness.
_BEYOND = (
    "More than one machine: every system ran on this one, over loopback",
    "Work that takes long: tasks here do next to nothing, so that what is left is the system's own cost",
    "The peers with persistence switched on, where they have any",
)


def markdown_table(table: Table) -> str:
    """Without the columns that are empty in every row; a title-less first column keeps its place."""
    kept = [index for index in range(len(table.header)) if any(row[index] for row in table.rows)]
    if not kept:
        return "Nothing was measured."
    return _rows([table.header[index] for index in kept], [[row[index] for index in kept] for row in table.rows])


def escape(text: str) -> str:
    """What Markdown would take for a cell's end or markup."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines: list[str] = ["| " + " | ".join(map(escape, header)) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(map(escape, row)) + " |" for row in rows]
    return "\n".join(lines)


def _size(session: Session, workload: str) -> str:
    sizes = session.sizes.get(workload, {})
    if not sizes:
        return ""
    by_size: list[str] = []
    for size in sorted(set(sizes.values())):
        who = sorted(system for system, value in sizes.items() if value == size)
        by_size.append(f"{size:,}" + (f" ({', '.join(who)})" if len(set(sizes.values())) > 1 else ""))
    return "; N is " + " and ".join(by_size)


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


def _caveats(session: Session) -> str:
    caveats = []
    if session.quick:
        caveats.append("**a quick run with small numbers, not for comparison**")
    if not session.complete:
        caveats.append("**interrupted**")
    disturbed = len(session.results.disturbed())
    if disturbed:
        counted = sum(run.used for run in session.results.runs)
        caveats.append(f"{disturbed} of {counted} runs disturbed by other work on the machine")
    return "".join(", " + caveat for caveat in caveats)
