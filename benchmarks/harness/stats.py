"""Medians, spreads, and ratios within a round."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Optional

from .model import Results


@dataclass(frozen=True)
class Spread:
    """A median with the least and the greatest of what it was taken from."""

    median: float
    least: float
    greatest: float
    count: int

    def to_json(self) -> dict[str, Any]:
        """As it stands in the results file."""
        return {"median": self.median, "min": self.least, "max": self.greatest, "count": self.count}


def spread(numbers: Iterable[float]) -> Optional[Spread]:
    """None of nothing."""
    found = list(numbers)
    return Spread(median(found), min(found), max(found), len(found)) if found else None


@dataclass(frozen=True)
class Ratio:
    """A figure of Weft divided by another one of the same round."""

    per_round: Mapping[int, float]
    against: Mapping[int, str]
    """Which system it was divided by, by round."""

    @property
    def spread(self) -> Optional[Spread]:
        """Over the rounds."""
        return spread(self.per_round.values())

    def opponents(self) -> tuple[str, ...]:
        """Whom it was divided by in any round."""
        return tuple(sorted(set(self.against.values())))


def against_best(
    results: Results, workload: str, system: str, name: str, rivals: Sequence[str], higher_is_better: bool
) -> Ratio:
    """`system`'s figure divided by the best of the rivals', round by round. A rival without a figure in a round does
    not take part in it; a round without any figure to compare is left out."""
    per_round: dict[int, float] = {}
    against: dict[int, str] = {}
    for number in results.rounds:
        own = results.number(number, workload, system, name)
        others = {rival: results.number(number, workload, rival, name) for rival in rivals}
        known = {rival: value for rival, value in others.items() if value is not None and value > 0}
        if own is None or not known:
            continue
        best = (max if higher_is_better else min)(known, key=lambda rival: known[rival])
        per_round[number] = own / known[best]
        against[number] = best
    return Ratio(per_round, against)


def within_run(results: Results, workload: str, system: str, name: str, divisor: str) -> Ratio:
    """One figure divided by another of the same run."""
    per_round = {}
    for run in results.used(workload, system):
        above, below = run.number(name), run.number(divisor)
        if above is not None and below:
            per_round[run.round] = above / below
    return Ratio(per_round, dict.fromkeys(per_round, system))
