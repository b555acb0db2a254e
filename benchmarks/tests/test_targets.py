"""Targets against results."""

import unittest

from harness import targets
from harness.model import Results, Run

from .support import failed, rates, run


def outcome(what: str, runs: list[Run]) -> targets.Outcome:
    """The one whose description begins so."""
    found = [each for each in targets.evaluate(Results(runs)) if each.target.what.startswith(what)]
    assert len(found) == 1, [each.target.what for each in found]
    return found[0]


class RateTests(unittest.TestCase):
    what = "processes, no sandbox, against the fastest peer"

    def test_the_median_decides_and_the_rounds_are_counted(self) -> None:
        found = outcome(self.what, [*rates("process", "weft", [260, 240, 300]), *rates("process", "dask", [100] * 3)])
        self.assertTrue(found.met)
        self.assertEqual(found.rounds_met, 2)
        self.assertIn("best peer: dask", found.remark)

    def test_a_bound_that_is_just_reached_is_met(self) -> None:
        runs = [*rates("process", "weft", [250]), *rates("process", "dask", [100])]
        self.assertTrue(outcome(self.what, runs).met)

    def test_less_than_the_bound_is_not_met(self) -> None:
        runs = [*rates("process", "weft", [249]), *rates("process", "dask", [100])]
        self.assertIs(outcome(self.what, runs).met, False)

    def test_without_a_peer_nothing_is_claimed(self) -> None:
        found = outcome(self.what, rates("process", "weft", [250]))
        self.assertIsNone(found.met)
        self.assertIsNone(found.figure)

    def test_peers_that_failed_or_are_absent_are_told(self) -> None:
        found = outcome(self.what, [
            *rates("process", "weft", [250, 250]), *rates("process", "dask", [10, 10]),
            *rates("process", "ray", [10]), failed("process", "ray", 2)])
        self.assertIn("ray failed in 1 of 2 rounds", found.remark)
        self.assertIn("without hyperqueue, celery", found.remark)

    def test_hyperqueue_is_not_missed_where_it_has_no_part(self) -> None:
        found = outcome("tasks that do nothing, against", [*rates("noop", "weft", [9]), *rates("noop", "dask", [1])])
        self.assertNotIn("hyperqueue", found.remark)

    def test_the_sandbox_has_a_line_of_its_own(self) -> None:
        runs = [*rates("process", "weft", [1]), *rates("process", "ray", [99]),
                *rates("process", "weft-sandbox", [100])]
        self.assertTrue(outcome("processes in the sandbox", runs).met)


class LatencyTests(unittest.TestCase):
    what = "latency p50, no sandbox, above a bare process"

    def test_the_bare_process_of_the_same_run_is_subtracted(self) -> None:
        found = outcome(self.what, [
            run("latency", "weft", p50_ms=2.0, spawn_p50_ms=0.4), run("latency", "raw", p50_ms=1.9)])
        self.assertAlmostEqual(found.figure.median if found.figure else 0, 1.6)
        self.assertIs(found.met, False)

    def test_else_that_of_the_same_round(self) -> None:
        found = outcome(self.what, [run("latency", "weft", p50_ms=2.0), run("latency", "raw", p50_ms=0.5)])
        self.assertTrue(found.met)

    def test_the_sandbox_is_held_against_itself(self) -> None:
        found = outcome("latency p50 in the sandbox", [run("latency", "weft-sandbox", p50_ms=3.2, sandbox_p50_ms=2.0)])
        self.assertIs(found.met, False)


class AlwaysTests(unittest.TestCase):
    def test_one_lost_task_in_one_round_is_too_many(self) -> None:
        found = outcome("tasks lost", [run("crash", "weft", number, lost=int(number == 2)) for number in (1, 2, 3)])
        self.assertEqual((found.figure.median if found.figure else None, found.met, found.rounds_met), (0, False, 2))

    def test_the_slowest_recovery_is_told_in_seconds(self) -> None:
        found = outcome("slowest recovery", [run("crash", "weft", slowest_recovery_ms=1999)])
        self.assertEqual((found.figure.median if found.figure else None, found.met), (1.999, True))


class GrowthTests(unittest.TestCase):
    def growth(self, *rows: tuple[str, int, int]) -> Run:
        return run("growth", "weft", rows=[
            {"dimension": dimension, "size": size, "us_per_task": cost} for dimension, size, cost in rows])

    def test_each_dimension_is_judged_by_itself(self) -> None:
        found = targets.evaluate(Results([
            self.growth(("nodes", 1000, 13), ("nodes", 10, 10), ("nodes", 100, 99), ("jobs", 1, 10), ("jobs", 9, 14))]))
        verdicts = {each.target.what.rpartition(": ")[2]: each.met for each in found if each.target.number == "5"}
        self.assertEqual(verdicts, {"nodes": True, "jobs": False})

    def test_without_figures_there_is_one_line_that_says_so(self) -> None:
        found = [each for each in targets.evaluate(Results([])) if each.target.number == "5"]
        self.assertEqual([each.met for each in found], [None])


class CompletenessTests(unittest.TestCase):
    def test_nothing_measured_meets_nothing(self) -> None:
        self.assertEqual({each.met for each in targets.evaluate(Results([]))}, {None})

    def test_memory_is_in_millions_of_bytes(self) -> None:
        found = outcome("memory when idle", [run("startup", "weft", rss_bytes=60_000_000)])
        self.assertEqual((found.figure.median if found.figure else None, found.met), (60, True))


if __name__ == "__main__":
    unittest.main()
