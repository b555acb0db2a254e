"""What is measured, on which systems, how much of it, and in which order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Optional

from .model import Step, System, Workload

SYSTEMS = (
    System("weft", "Weft", "weft"),
    System("weft-sandbox", "Weft, sandboxed", "weft"),
    System("hyperqueue", "HyperQueue", "peer"),
    System("dask", "Dask", "peer"),
    System("ray", "Ray", "peer"),
    System("celery", "Celery + Redis", "peer"),
    System("raw", "this machine, raw", "limit"),
)

PEERS = tuple(system.name for system in SYSTEMS if system.kind == "peer")

WORKLOADS = (
    Workload(
        "process", "Processes",
        "N processes of `/bin/true` on two slots, from submitting them to the last one's end",
        ("weft", "weft-sandbox", *PEERS, "raw"), tasks=10_000, quick_tasks=500),
    Workload(
        "noop", "Tasks that do nothing",
        "N tasks that do nothing: what the system itself costs. The peers' workers call a function that returns at "
        "once, on two slots. Weft runs programs and has no functions: a process that stands in for its nodes answers "
        "every task at once, over the link that nodes use. That is less than the peers' workers do, so read the ratio "
        "as one of coordinators, not of workers. HyperQueue has no such task",
        ("weft", "dask", "ray", "celery"),
        tasks=20_000, quick_tasks=500, weft_tasks=200_000, quick_weft_tasks=20_000),
    Workload(
        "latency", "One task at a time",
        "N times: submit one `/bin/true` to an idle system and wait for its result",
        ("weft", "weft-sandbox", *PEERS, "raw"), tasks=500, quick_tasks=20),
    Workload(
        "submit", "A large submission",
        "an array of N tasks, or N tasks where the system has no arrays, until the system has them",
        ("weft", *PEERS),
        tasks=100_000, quick_tasks=1_000, weft_tasks=1_000_000, quick_weft_tasks=1_000_000),
    Workload(
        "growth", "Growth", "what a task costs when there are more nodes, more tasks, more finished work",
        ("weft",), most_rounds=3),
    Workload(
        "crash", "Crashes", "the coordinator is killed again and again while tasks run", ("weft",), most_rounds=3),
    Workload("startup", "Start and rest", "from starting the program to ready, and what it uses when idle", ("weft",)),
    Workload(
        "sqlite", "Durable rows",
        "N rows into SQLite in commits of 1,000 (write-ahead log, synchronous=FULL): what the disk allows",
        ("raw",), tasks=200_000, quick_tasks=20_000),
)


class UnknownName(ValueError):
    """A name that is neither a system nor a workload."""


def names() -> set[str]:
    """What --only and --skip take."""
    return {system.name for system in SYSTEMS} | {workload.name for workload in WORKLOADS}


def check_names(given: Iterable[str]) -> None:
    """Throws UnknownName with the names there are."""
    for name in given:
        if name not in names():
            raise UnknownName(f"'{name}' is no system or workload; there are {', '.join(sorted(names()))}")


def choose(only: Sequence[str], skip: Sequence[str]) -> list[Workload]:
    """The workloads that are left, each with the systems that are left. `only` with systems alone keeps every
    workload, with workloads alone every system."""
    check_names([*only, *skip])
    only_systems = {system.name for system in SYSTEMS} & set(only)
    only_workloads = {workload.name for workload in WORKLOADS} & set(only)
    chosen = []
    for workload in WORKLOADS:
        if (only_workloads and workload.name not in only_workloads) or workload.name in skip:
            continue
        systems = tuple(
            system for system in workload.systems
            if (not only_systems or system in only_systems) and system not in skip)
        if systems:
            chosen.append(Workload(**{**workload.__dict__, "systems": systems}))
    return chosen


def size(workload: Workload, system: str, quick: bool, sizes: Mapping[str, int]) -> Optional[int]:
    """How many tasks; `sizes` (by workload) wins over everything."""
    if workload.tasks is None:
        return None
    if workload.name in sizes:
        return sizes[workload.name]
    own = workload.quick_weft_tasks if quick else workload.weft_tasks
    if own is not None and system_named(system).kind == "weft":
        return own
    return workload.quick_tasks if quick else workload.tasks


def schedule(
    workloads: Sequence[Workload], rounds: int, quick: bool = False, sizes: Optional[Mapping[str, int]] = None
) -> list[Step]:
    """Every run of a session, in order. All systems take their turn at a workload right after each other, and each
    round begins with another one, so that whatever happens to the machine meanwhile happens to all of them alike."""
    steps = []
    for number in range(1, rounds + 1):
        for workload in workloads:
            if workload.most_rounds is not None and number > workload.most_rounds:
                continue
            turn = (number - 1) % len(workload.systems)
            for system in workload.systems[turn:] + workload.systems[:turn]:
                steps.append(Step(number, workload.name, system, size(workload, system, quick, sizes or {})))
    return steps


def system_named(name: str) -> System:
    """The system; KeyError when there is none."""
    return _SYSTEMS_BY_NAME[name]


def workload_named(name: str) -> Workload:
    """The workload; KeyError when there is none."""
    return _WORKLOADS_BY_NAME[name]


_SYSTEMS_BY_NAME: dict[str, System] = {system.name: system for system in SYSTEMS}
_WORKLOADS_BY_NAME: dict[str, Workload] = {workload.name: workload for workload in WORKLOADS}
