"""The values that the harness passes around: what is measured, what came out."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Optional


@dataclass(frozen=True)
class System:
    """Something that is measured."""

    name: str
    title: str
    kind: str
    """`weft`, `peer`, or `limit` for what this machine can do at most."""


@dataclass(frozen=True)
class Workload:
    """One kind of work, the systems it is given to, and how much of it."""

    name: str
    title: str
    meaning: str
    """One sentence for the report."""
    systems: tuple[str, ...]
    tasks: Optional[int] = None
    """None where the workload has no size of ours."""
    quick_tasks: Optional[int] = None
    weft_tasks: Optional[int] = None
    """Weft's own number where it is given more than the peers."""
    quick_weft_tasks: Optional[int] = None
    most_rounds: Optional[int] = None
    """For workloads that only Weft runs: enough is known after so many rounds."""


@dataclass(frozen=True)
class Step:
    """One run to make."""

    round: int
    workload: str
    system: str
    tasks: Optional[int]


@dataclass
class Run:
    """One run that was made, good or bad."""

    round: int
    workload: str
    system: str
    attempt: int
    error: Optional[str] = None
    values: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    wall_seconds: float = 0.0
    waited_seconds: float = 0.0
    """How long the run was held back until the machine was quiet."""
    others_share: float = 0.0
    """What part of the machine's processor time other processes used meanwhile, 0 to 1."""
    stolen_share: float = 0.0
    """What part the hypervisor gave to other machines, 0 to 1."""
    disturbed: bool = False
    used: bool = False
    """Whether the results are computed from it: one attempt a step is."""

    @property
    def good(self) -> bool:
        """Whether it measured something."""
        return self.error is None

    def to_json(self) -> dict[str, Any]:
        """As it stands in the results file."""
        return asdict(self)

    def number(self, name: str) -> Optional[float]:
        """A value that is a number, or None."""
        value = self.values.get(name)
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


class Results:
    """All runs of a session, to look figures up in."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs: list[Run] = list(runs)

    @property
    def rounds(self) -> list[int]:
        """The rounds in which anything was run."""
        return sorted({run.round for run in self.runs})

    def used(self, workload: str, system: str) -> list[Run]:
        """The runs that count, one a round at most, in order of rounds."""
        found = [run for run in self.runs if run.used and run.workload == workload and run.system == system]
        return sorted(found, key=lambda run: run.round)

    def run(self, round_number: int, workload: str, system: str) -> Optional[Run]:
        """The run of this round that counts."""
        return next((run for run in self.used(workload, system) if run.round == round_number), None)

    def number(self, round_number: int, workload: str, system: str, name: str) -> Optional[float]:
        """A figure of this round."""
        run = self.run(round_number, workload, system)
        return run.number(name) if run else None

    def numbers(self, workload: str, system: str, name: str) -> list[float]:
        """A figure over all rounds."""
        found = (run.number(name) for run in self.used(workload, system))
        return [number for number in found if number is not None]

    def failures(self, workload: str, system: str) -> int:
        """In how many rounds every attempt failed."""
        tried = {run.round for run in self.runs if run.workload == workload and run.system == system}
        return len(tried) - len(self.used(workload, system))

    def disturbed(self) -> list[Run]:
        """The runs that count although others used the machine meanwhile."""
        return [run for run in self.runs if run.used and run.disturbed]

    def versions(self) -> dict[str, dict[str, str]]:
        """What every system said about itself, the last word counts."""
        found: dict[str, dict[str, str]] = {}
        for run in self.runs:
            if run.versions:
                found.setdefault(run.system, {}).update(run.versions)
        return found
