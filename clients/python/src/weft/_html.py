"""How values show in notebooks. Every text is escaped: names and reasons come from whoever submitted."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Iterable, Sequence

if TYPE_CHECKING:
    from .models import Job, Node

_COLORS = {"succeeded": "#2e7d32", "failed": "#c62828", "cancelled": "#6d6d6d", "running": "#1565c0"}


def job(job: Job) -> str:
    counts = job.counts
    rows: list[tuple[str, str]] = [
        ("State", badge(job.state)),
        ("Tasks", f"{counts.ended} of {counts.total} ended, {counts.failed} failed {bar(counts.ended, counts.total)}"),
        ("Submitted", escape(f"{job.submitted_at:%Y-%m-%d %H:%M:%S} UTC by {job.submitter}")),
    ]
    if job.ended_at:
        rows.append(("Took", f"{(job.ended_at - job.submitted_at).total_seconds():.3f} s"))
    if job.reason:
        rows.append(("Reason", escape(job.reason)))
    body = "".join(f"<tr><th style='text-align:left'>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return f"<table><caption>Job {job.id}: {escape(job.name)}</caption>{body}</table>"


def jobs(jobs: Iterable[Job]) -> str:
    return table(
        ["Job", "Name", "State", "Tasks", "Submitter"],
        [
            [
                str(job.id),
                escape(job.name),
                badge(job.state),
                f"{job.counts.ended}/{job.counts.total}",
                escape(job.submitter),
            ]
            for job in jobs
        ],
    )


def nodes(nodes: Iterable[Node]) -> str:
    return table(
        ["Node", "State", "Machine", "Processors", "Memory", "Running"],
        [
            [
                escape(node.name),
                badge(node.state),
                escape(f"{node.profile.operating_system} {node.profile.architecture}"),
                f"{node.profile.capacity.cpu_millis / 1000:g}",
                f"{node.profile.capacity.memory_bytes / 2**30:.1f} GiB",
                str(node.running_attempts),
            ]
            for node in nodes
        ],
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def badge(state: str) -> str:
    return f"<b style='color:{_COLORS.get(state, 'inherit')}'>{escape(state)}</b>"


def bar(done: int, total: int) -> str:
    return f"<progress value='{done}' max='{max(total, 1)}'></progress>"
