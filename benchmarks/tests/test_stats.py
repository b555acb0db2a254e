"""Medians, spreads, ratios."""

import unittest

from harness import stats
from harness.model import Results

from .support import failed, rates, run


class SpreadTests(unittest.TestCase):
    def test_a_spread_has_the_median_and_both_ends(self) -> None:
        self.assertEqual(stats.spread([5, 1, 4]), stats.Spread(4, 1, 5, 3))

    def test_the_median_of_an_even_number_lies_between(self) -> None:
        self.assertEqual(stats.spread([1, 2, 4, 9]), stats.Spread(3, 1, 9, 4))

    def test_of_nothing_there_is_no_spread(self) -> None:
        self.assertIsNone(stats.spread([]))


class RatioTests(unittest.TestCase):
    def test_a_ratio_is_taken_within_a_round_against_its_best(self) -> None:
        results = Results([
            *rates("process", "weft", [100, 300]),
            *rates("process", "dask", [50, 20]), *rates("process", "ray", [10, 60])])
        ratio = stats.against_best(results, "process", "weft", "tasks_per_second", ["dask", "ray"], True)
        self.assertEqual(ratio.per_round, {1: 2, 2: 5})
        self.assertEqual(ratio.against, {1: "dask", 2: "ray"})
        self.assertEqual(ratio.opponents(), ("dask", "ray"))
        self.assertEqual(ratio.spread, stats.Spread(3.5, 2, 5, 2))

    def test_the_median_of_ratios_is_not_the_ratio_of_medians(self) -> None:
        # The machine slows down to a third for everybody in round 2: the ratio must not notice.
        results = Results([*rates("process", "weft", [300, 100, 300]), *rates("process", "dask", [100, 33.3, 100])])
        ratio = stats.against_best(results, "process", "weft", "tasks_per_second", ["dask"], True)
        self.assertAlmostEqual(ratio.per_round[2], 3, places=1)

    def test_where_less_is_better_the_best_is_the_least(self) -> None:
        results = Results([
            run("latency", "weft", p50_ms=2), run("latency", "dask", p50_ms=8), run("latency", "ray", p50_ms=4)])
        ratio = stats.against_best(results, "latency", "weft", "p50_ms", ["dask", "ray"], False)
        self.assertEqual((ratio.per_round, ratio.against), ({1: 0.5}, {1: "ray"}))

    def test_a_rival_that_failed_does_not_take_part_in_that_round(self) -> None:
        results = Results([
            *rates("process", "weft", [100, 100]), *rates("process", "dask", [50]), failed("process", "dask", 2),
            *rates("process", "ray", [10, 10])])
        ratio = stats.against_best(results, "process", "weft", "tasks_per_second", ["dask", "ray"], True)
        self.assertEqual(ratio.per_round, {1: 2, 2: 10})

    def test_a_round_without_rivals_or_without_weft_is_left_out(self) -> None:
        results = Results([*rates("process", "weft", [100]), run("process", "dask", 2, tasks_per_second=5)])
        ratio = stats.against_best(results, "process", "weft", "tasks_per_second", ["dask"], True)
        self.assertEqual(ratio.per_round, {})
        self.assertIsNone(ratio.spread)

    def test_a_figure_of_zero_divides_nothing(self) -> None:
        results = Results([*rates("process", "weft", [100]), *rates("process", "dask", [0])])
        self.assertEqual(
            stats.against_best(results, "process", "weft", "tasks_per_second", ["dask"], True).per_round, {})

    def test_within_a_run_two_of_its_own_figures_are_divided(self) -> None:
        results = Results([
            run("latency", "weft-sandbox", 1, p50_ms=3, sandbox_p50_ms=2), run("latency", "weft-sandbox", 2, p50_ms=3)])
        ratio = stats.within_run(results, "latency", "weft-sandbox", "p50_ms", "sandbox_p50_ms")
        self.assertEqual(ratio.per_round, {1: 1.5})


if __name__ == "__main__":
    unittest.main()
