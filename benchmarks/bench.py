#!/usr/bin/env python3
"""Measures Weft beside its peers, on this machine, now. See README.md beside this file.

    python3 benchmarks/bench.py                          everything, five rounds; writes docs/benchmarks.md
    python3 benchmarks/bench.py --quick                  one round, small numbers: does it all work?
    python3 benchmarks/bench.py --only process --rounds 3
"""

import argparse
import datetime
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import Optional

from harness import isolate, machine, markdown, plan, processes, report, systems, terminal
from harness.model import Results, Run, Step, Workload
from harness.runner import Limits, Runner

BENCHMARKS = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(BENCHMARKS)
EXIT_WEFT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
FEWEST_ROUNDS_OF_A_PAGE = 3


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line; ends the program when it is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--rounds", type=int, metavar="N", help="how often everything is measured (default: 5, quick: 1)")
    add("--only", action="append", default=[], metavar="NAME", help="a system or a workload; repeatable")
    add("--skip", action="append", default=[], metavar="NAME", help="a system or a workload; repeatable")
    add("--quick", action="store_true", help="one round, small numbers, no waiting for a quiet machine")
    add("--tasks", action="append", default=[], metavar="WORKLOAD=N", help="another size; repeatable")
    add("--output", default=os.path.join(BENCHMARKS, ".results"), metavar="DIRECTORY",
        help="for results.json and runs.jsonl (default: benchmarks/.results)")
    add("--markdown", metavar="PATH",
        help="the page (default: docs/benchmarks.md after a whole session, otherwise in the output directory)")
    add("--json", action="store_true", help="print the results as JSON instead of tables")
    add("--quiet-wait", type=float, metavar="SECONDS",
        help="how long a run waits for a quiet machine at most (default: 60, quick: 0)")
    add("--retries", type=int, metavar="N",
        help="how often a failed or disturbed run is made again (default: 1, quick: 0)")
    add("--limit", type=float, default=600, metavar="SECONDS", help="how long a run may take (default: 600)")
    add("--weft-bench", default=os.path.join(REPOSITORY, ".build", "release", "weft-bench"), metavar="PROGRAM",
        help="measures Weft (default: .build/release/weft-bench)")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds if options.rounds is not None else 1 if options.quick else 5
    options.retries = options.retries if options.retries is not None else 0 if options.quick else 1
    options.quiet_wait = options.quiet_wait if options.quiet_wait is not None else 0 if options.quick else 60
    if not 1 <= options.rounds <= 1000:
        parser.error("--rounds takes 1 to 1000")
    if options.retries < 0 or options.quiet_wait < 0 or options.limit <= 0:
        parser.error("--retries, --quiet-wait and --limit are not negative")
    try:
        plan.check_names([*options.only, *options.skip])
        options.sizes = parse_sizes(options.tasks)
    except ValueError as error:
        parser.error(str(error))
    return options


def parse_sizes(given: list[str]) -> dict[str, int]:
    """`process=500` and so on; ValueError says what is wrong."""
    sizes = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in {workload.name for workload in plan.WORKLOADS if workload.tasks is not None}:
            raise ValueError(f"--tasks {text}: '{name}' is no workload with a size")
        if not number.isdigit() or int(number) < 1:
            raise ValueError(f"--tasks {text}: a number of tasks goes after the =")
        sizes[name] = int(number)
    return sizes


def without_absent(
    workloads: list[Workload], places: systems.Places
) -> tuple[list[Workload], dict[str, str]]:
    """The workloads with the systems that are there, and the others with the reason."""
    wanted = dict.fromkeys(system for workload in workloads for system in workload.systems)
    reasons = {system: systems.absence(places, system) for system in wanted}
    absent = {system: reason for system, reason in reasons.items() if reason is not None}
    left = []
    for workload in workloads:
        present = tuple(system for system in workload.systems if system not in absent)
        if present:
            left.append(Workload(**{**workload.__dict__, "systems": present}))
    return left, absent


def measure(runner: Runner, steps: list[Step], progress: terminal.Progress) -> tuple[list[Run], bool]:
    """All runs, and whether they came to their end: an interrupt keeps what there is."""
    runs: list[Run] = []
    try:
        for step in steps:
            runs += runner.make(step)
            progress.step_done()
    except KeyboardInterrupt:
        processes.end_descendants()
        progress.say("interrupted; everything that was started is ended")
        return runs, False
    return runs, True


def sizes_of(steps: list[Step]) -> dict[str, dict[str, int]]:
    """Tasks by workload and system."""
    sizes: dict[str, dict[str, int]] = {}
    for step in steps:
        if step.tasks is not None:
            sizes.setdefault(step.workload, {})[step.system] = step.tasks
    return sizes


def versions_of(results: Results) -> Mapping[str, Mapping[str, str]]:
    """What the systems said of themselves; Weft's is the commit it was built from."""
    found = results.versions()
    if any(run.system == "weft" for run in results.runs):
        found["weft"] = {**machine.weft_versions(REPOSITORY), **found.get("weft", {})}
    return found


def page_path(options: argparse.Namespace, session: report.Session) -> str:
    """Only a whole session without a failure of Weft's may replace the page of the repository unasked."""
    if options.markdown:
        return str(options.markdown)
    partly = options.quick or options.only or options.skip or options.sizes or session.absent
    if session.complete and not partly and options.rounds >= FEWEST_ROUNDS_OF_A_PAGE and not weft_failed(session):
        return os.path.join(REPOSITORY, "docs", "benchmarks.md")
    return os.path.join(options.output, "benchmarks.md")


def weft_failed(session: report.Session) -> bool:
    """Whether a run of Weft's failed, however often it was made."""
    return any(session.results.failures(workload.name, system.name)
               for workload in session.workloads for system in plan.SYSTEMS if system.kind == "weft")


def write(path: str, text: str) -> None:
    """All of it or nothing."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def on_terminate(signal_number: int, frame: Optional[FrameType]) -> None:
    """As Ctrl-C does."""
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """The exit status: 1 when a run of Weft's failed; targets that are not met do not count as failure."""
    options = parse_arguments(arguments)
    places = systems.Places(
        BENCHMARKS, os.path.abspath(os.environ.get("WEFT_BENCH_HOME") or os.path.join(BENCHMARKS, ".peers")),
        os.path.abspath(options.weft_bench))
    workloads, absent = without_absent(plan.choose(options.only, options.skip), places)
    for system in absent:
        if plan.system_named(system).kind == "weft":
            print(f"bench: {absent[system]}", file=sys.stderr)
            return EXIT_USAGE
    steps = plan.schedule(workloads, options.rounds, options.quick, options.sizes)
    if not steps:
        print("bench: nothing is left to measure", *(f"({key}: {why})" for key, why in absent.items()), file=sys.stderr)
        return EXIT_USAGE

    signal.signal(signal.SIGTERM, on_terminate)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, on_terminate)
    processes.adopt_orphans()
    scratch = os.path.abspath(os.environ.get("WEFT_BENCH_SCRATCH") or "/var/tmp")
    isolated = isolate.can_isolate()
    progress = terminal.Progress(options.rounds, len(steps))
    progress.say(terminal.describe_plan(workloads, options.rounds) + ("" if isolated else "; without namespaces"))
    for system, reason in absent.items():
        progress.say(f"without {plan.system_named(system).title}: {reason}")

    os.makedirs(options.output, exist_ok=True)
    started, begin = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), time.monotonic()
    with open(os.path.join(options.output, "runs.jsonl"), "w", encoding="utf-8") as log:

        def on_run(run: Run) -> None:
            progress.run(run)
            made = {name: value for name, value in run.to_json().items() if name != "used"}  # not known yet
            print(json.dumps(made), file=log, flush=True)

        limits = Limits(options.limit, options.quiet_wait, options.retries)
        runner = Runner(places, limits, scratch, isolated, on_run, progress.waiting)
        runs, complete = measure(runner, steps, progress)

    results = Results(runs)
    session = report.Session(
        started, time.monotonic() - begin, options.rounds, options.quick, isolated, options.retries,
        options.quiet_wait, complete, machine.describe(scratch), versions_of(results), workloads, sizes_of(steps),
        absent, results)
    return finish(options, session, progress)


def finish(options: argparse.Namespace, session: report.Session, progress: terminal.Progress) -> int:
    """Writes and prints; returns the exit status."""
    text = json.dumps(report.document(session), indent=1, ensure_ascii=False)
    results_path, page = os.path.join(options.output, "results.json"), page_path(options, session)
    write(results_path, text + "\n")
    write(page, markdown.page(session))
    if options.json:
        print(text)
    else:
        for table in reversed(report.all_tables(session)):
            terminal.print_table(table)
        print()
    progress.say(f"wrote {os.path.relpath(results_path)} and {os.path.relpath(page)}")
    if not session.complete:
        return EXIT_INTERRUPTED
    return EXIT_WEFT_FAILED if weft_failed(session) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        processes.end_descendants()
        sys.exit(EXIT_INTERRUPTED)
