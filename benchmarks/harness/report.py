"""From runs to the results document, its tables, and the page of docs/."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import quiet, stats, tables, targets
from .model import Results, Workload
from .plan import SYSTEMS, WORKLOADS, system_named
from .tables import Table

#: The form of results.json. It grows when a reader must change.
FORMAT = 1


@dataclass
class Session:
    """A whole run of bench.py: what was asked, where, and all that came out."""

    started: str
    """UTC, ISO 8601."""
    seconds: float
    rounds: int
    quick: bool
    isolated: bool
    extra_attempts: int
    """How often a failed or disturbed run was made again at most."""
    quiet_seconds: float
    """How long a run waited for a quiet machine at most."""
    complete: bool
    """False when it was interrupted."""
    machine: Mapping[str, object]
    versions: Mapping[str, Mapping[str, str]]
    workloads: Sequence[Workload]
    sizes: Mapping[str, Mapping[str, int]]
    """Tasks by workload and system."""
    absent: Mapping[str, str]
    """Systems that could not be measured, and why."""
    results: Results

    def not_measured(self) -> list[str]:
        """Everything that a reader might believe was measured and was not."""
        missing = [f"{system_named(name).title}: {reason}" for name, reason in self.absent.items()]
        ran = {workload.name for workload in self.workloads}
        missing += [f"{workload.title}: left out of this run" for workload in WORKLOADS if workload.name not in ran]
        shown = {system for workload in self.workloads for system in workload.systems} | set(self.absent)
        missing += [f"{system.title}: left out of this run" for system in SYSTEMS if system.name not in shown]
        for workload in self.workloads:
            for system in workload.systems:
                failed = self.results.failures(workload.name, system)
                if failed:
                    name = system_named(system).title
                    missing.append(f"{name} at “{workload.title}”: failed in {failed} of {self.rounds} rounds")
        return missing


def document(session: Session) -> dict[str, Any]:
    """What results.json holds."""
    results = session.results
    return {
        "format": FORMAT,
        "started": session.started,
        "seconds": round(session.seconds, 1),
        "complete": session.complete,
        "quick": session.quick,
        "rounds": session.rounds,
        "isolated": session.isolated,
        "machine": dict(session.machine),
        "versions": {name: dict(found) for name, found in session.versions.items()},
        "tasks": {name: dict(found) for name, found in session.sizes.items()},
        "targets": [outcome.to_json() for outcome in targets.evaluate(results)],
        "summary": summary(session),
        "not_measured": session.not_measured(),
        "runs": [run.to_json() for run in results.runs],
    }


def summary(session: Session) -> list[dict[str, Any]]:
    """Every number that more than the list of runs is wanted of: median, least, greatest."""
    found = []
    for workload in session.workloads:
        for system in workload.systems:
            runs = session.results.used(workload.name, system)
            for name in dict.fromkeys(name for run in runs for name in run.values if run.number(name) is not None):
                spread = stats.spread(session.results.numbers(workload.name, system, name))
                if spread:
                    found.append({"workload": workload.name, "system": system, "value": name, **spread.to_json()})
    return found


def all_tables(session: Session) -> list[Table]:
    """In the order of reading: targets, ratios, then every workload."""
    found = [tables.of_targets(targets.evaluate(session.results))]
    ratios = tables.of_ratios(session.results)
    if ratios:
        found.append(ratios)
    return found + [tables.of_workload(session.results, workload) for workload in session.workloads]


def method(session: Session) -> str:
    """How it was done, in a few sentences."""
    where = (
        "Every run has its own network, process and mount namespaces, in which only the loopback interface is there"
        if session.isolated else
        "The runs share this machine's loopback interface, as they were not started by root")
    tries = session.extra_attempts
    waits = (
        f"Before a run, up to {session.quiet_seconds:.0f} seconds are waited for other processes to use less than "
        f"{quiet.QUIET_SHARE:.0%} of the processors. " if session.quiet_seconds else "")
    again = f", however often it was made again (at most {tries})," if tries else ""
    return (
        f"{count_of_rounds(session.rounds)}. In each, every workload is given to all systems one right after the "
        "other, and each round begins with another system, so that whatever the machine does meanwhile happens to all "
        "of them. "
        "Processes run on two slots. Everybody starts anew for every run; the clock starts when all is up and warm. "
        f"{where}. {waits}A run during which other processes used more than {quiet.DISTURBED_SHARE:.0%} of the "
        f"processors{again} is called disturbed. "
        "A ratio is taken within a round; figures are medians over the rounds with the least and the greatest in "
        "brackets. Weft commits to disk before it acknowledges, in all "
        "of these; the peers keep what they know in memory, as they do by default.")


def count_of_rounds(count: int) -> str:
    """In words, to begin a sentence."""
    return "One round" if count == 1 else f"{count} rounds"


def describe_machine(machine: Mapping[str, object]) -> list[list[str]]:
    """Rows of name and value."""
    memory = float(str(machine.get("memory_bytes", 0))) / 2**30
    virtual = " (virtual machine)" if machine.get("virtual") else ""
    return [
        ["processor", f"{machine.get('processor')}, {machine.get('usable_processors')} usable{virtual}"],
        ["memory", f"{memory:.1f} GiB"],
        ["system", f"{machine.get('system')}, Linux {machine.get('kernel')}, {machine.get('architecture')}"],
        ["file system of the runs", str(machine.get("scratch_filesystem"))],
    ]


def describe_versions(session: Session) -> list[list[str]]:
    """Rows of system and versions, in the order of the systems."""
    rows = []
    for system in SYSTEMS:
        found = session.versions.get(system.name)
        if found:
            rows.append([system.title, ", ".join(f"{name} {version}" for name, version in found.items())])
    return rows


