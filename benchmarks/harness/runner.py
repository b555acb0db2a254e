"""Makes the runs."""

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Any, Callable, Optional

from . import isolate, processes, quiet, systems
from .model import Run, Step


@dataclass(frozen=True)
class Limits:
    """How long things may take, and how often they are tried."""

    run_seconds: float = 600
    quiet_seconds: float = 60
    """How long a run is held back at most until the machine is quiet."""
    extra_attempts: int = 1
    """How often a run that failed or was disturbed is made again."""


class Runner:
    """Makes one run after the other. Whatever a run starts is gone when it returns, also by an exception."""

    def __init__(
        self, places: systems.Places, limits: Limits, scratch_parent: str, isolated: bool,
        on_run: Callable[[Run], None], on_wait: Callable[[Step], None] = lambda step: None,
    ) -> None:
        self._places = places
        self._limits = limits
        self._scratch_parent = scratch_parent
        self._isolated = isolated
        self._on_run = on_run
        self._on_wait = on_wait

    def make(self, step: Step) -> list[Run]:
        """Every attempt at a step. At most one of them is `used`: the good one that was disturbed least."""
        runs: list[Run] = []
        for attempt in range(1, self._limits.extra_attempts + 2):
            self._on_wait(step)
            waited = quiet.wait(self._limits.quiet_seconds)
            run = self._attempt(step, attempt)
            run.waited_seconds = round(waited, 1)
            runs.append(run)
            self._on_run(run)
            if run.good and not run.disturbed:
                break
        mark_used(runs)
        return runs

    def _attempt(self, step: Step, attempt: int) -> Run:
        run = Run(step.round, step.workload, step.system, attempt)
        scratch = isolate.make_scratch(self._scratch_parent)
        watch = quiet.Watch()
        begin = time.monotonic()
        try:
            output = self._execute(systems.command(self._places, step), scratch)
            run.values = parse(output)
            run.versions = {str(name): str(value) for name, value in run.values.pop("versions", {}).items()}
        except RunFailed as failure:
            run.error = str(failure)
        finally:
            run.wall_seconds = round(time.monotonic() - begin, 2)
            gone = processes.end_descendants()
            shutil.rmtree(scratch, ignore_errors=True)
        if not gone:
            run.error = run.error or "processes of this run could not be ended"
        others, stolen = watch.shares()
        run.others_share, run.stolen_share = round(others, 3), round(stolen, 3)
        run.disturbed = others + stolen > quiet.DISTURBED_SHARE
        return run

    def _execute(self, command: list[str], scratch: str) -> str:
        """What the command printed. Into files, as a server that keeps a pipe open would hold up its reader."""
        wrapped = isolate.wrap(command) if self._isolated else command
        out, err = os.path.join(scratch, "stdout"), os.path.join(scratch, "stderr")
        variables = isolate.environment(scratch, self._places.tools, os.environ)
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            process = subprocess.Popen(
                wrapped, stdin=subprocess.DEVNULL, stdout=out_file, stderr=err_file, cwd=scratch, env=variables,
                start_new_session=True)
            try:
                status: Optional[int] = process.wait(self._limits.run_seconds)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                _kill_group(process)
        if status is None:
            raise RunFailed(f"not done within {self._limits.run_seconds:.0f} s; {_tail(err)}")
        if status != 0:
            raise RunFailed(f"ended with status {status}; {_tail(err)}")
        with open(out, encoding="utf-8", errors="replace") as file:
            return file.read()


class RunFailed(Exception):
    """A run that measured nothing; the message says why."""


def mark_used(runs: list[Run]) -> None:
    """Chooses the attempt that counts."""
    good = [run for run in runs if run.good]
    if good:
        min(good, key=lambda run: run.others_share + run.stolen_share).used = True


def parse(output: str) -> dict[str, Any]:
    """The JSON object on the last line that begins like one; other lines are chatter."""
    for line in reversed(output.splitlines()):
        if line.lstrip().startswith("{"):
            try:
                values: dict[str, Any] = json.loads(line)
            except ValueError as error:
                raise RunFailed(f"its line is not JSON: {error}") from error
            return values
    raise RunFailed("it printed no line of JSON")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """The group and, where namespaces are, everything in them. Not when it has ended: its number may be another's
    by now, and what it left is found among our descendants."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _tail(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read().strip()
    return text[-1500:] or "it said nothing"
