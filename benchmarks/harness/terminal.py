"""What a person sees while it runs, and after."""

import sys
import time
from typing import Optional, TextIO

from .model import Run, Step, Workload
from .tables import COLUMNS, Column, Table, number

_GREEN, _RED, _YELLOW, _DIM, _BOLD, _PLAIN = "32", "31", "33", "2", "1", "0"


class Progress:
    """Lines on stderr, each with the time since the beginning. Coloured on a terminal only."""

    def __init__(self, rounds: int, steps: int, stream: Optional[TextIO] = None) -> None:
        self._begin = time.monotonic()
        self._rounds = rounds
        self._steps = steps
        self._done = 0
        self._stream = stream or sys.stderr

    def say(self, text: str) -> None:
        """One line."""
        elapsed = int(time.monotonic() - self._begin)
        clock = paint(f"{elapsed // 60:3d}:{elapsed % 60:02d}", _DIM, self._stream)
        print(f"{clock}  {text}", file=self._stream, flush=True)

    def waiting(self, step: Step) -> None:
        """Before a run; on a terminal, overwritten by what comes next."""
        if self._stream.isatty():
            print(f"        {step.workload} {step.system} ...", end="\r", file=self._stream, flush=True)

    def step_done(self) -> None:
        """Counts."""
        self._done += 1

    def run(self, run: Run) -> None:
        """What came out of a run."""
        place = f"round {run.round}/{self._rounds}, {self._done + 1}/{self._steps}"
        label = f"{place:<20} {run.workload:<8} {run.system:<12}"
        if run.error is not None:
            self.say(f"{label} {paint('failed', _RED, self._stream)}: {_last_line(run.error)}")
            return
        text = f"{label} {headline(run)}"
        if run.disturbed:
            share = run.others_share + run.stolen_share
            text += " " + paint(f"(disturbed: others used {share:.0%})", _YELLOW, self._stream)
        self.say(text)


def headline(run: Run) -> str:
    """The most telling figures of a run."""
    if run.workload == "growth":
        return f"{len(run.values.get('rows', []))} figures"
    figures = []
    for column in COLUMNS.get(run.workload, ()):
        value = column.figure(run)
        if value is not None:
            figures.append(_labelled(column, value))
    return ", ".join(figures[:5]) or "no figures"


def _labelled(column: Column, value: float) -> str:
    name, _, unit = column.title.partition(", ")
    return f"{number(value)} {name}" if not unit else f"{name} {number(value)} {unit}"


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else text)[-300:]


def paint(text: str, colour: str, stream: TextIO) -> str:
    """Coloured if the stream is a terminal."""
    return f"\033[{colour}m{text}\033[{_PLAIN}m" if stream.isatty() else text


def print_table(table: Table, stream: Optional[TextIO] = None) -> None:
    """On stdout unless told otherwise. Columns as wide as they must be; an empty column is left out."""
    stream = stream or sys.stdout
    kept = [index for index, title in enumerate(table.header) if any(row[index] for row in table.rows)]
    cells = [[row[index] for index in kept] for row in [table.header, *table.rows]]
    widths = [max(len(row[index]) for row in cells) for index in range(len(kept))]
    print("\n" + paint(table.title, _BOLD, stream), file=stream)
    for position, row in enumerate(cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        print("  " + (paint(line, _DIM, stream) if position == 0 else _coloured_verdict(line, stream)), file=stream)
    for remark in table.remarks:
        print("  " + remark, file=stream)


def _coloured_verdict(line: str, stream: TextIO) -> str:
    if "NOT met" in line:
        return line.replace("NOT met", paint("NOT met", _RED, stream))
    return line.replace("  met  ", "  " + paint("met", _GREEN, stream) + "  ")


def describe_plan(workloads: list[Workload], rounds: int) -> str:
    """One line."""
    return f"{rounds} round{'s' if rounds != 1 else ''} of " + ", ".join(
        f"{workload.name} ({len(workload.systems)})" for workload in workloads)
