"""What is chosen, and in which order it runs."""

import unittest

from harness import plan


class OrderTests(unittest.TestCase):
    def steps(self, rounds: int, workload: str) -> list[list[str]]:
        steps = plan.schedule(plan.choose([workload], []), rounds)
        return [[step.system for step in steps if step.round == number] for number in range(1, rounds + 1)]

    def test_each_round_begins_with_another_system(self) -> None:
        first, second, third = self.steps(3, "noop")
        self.assertEqual(first, ["weft", "dask", "ray", "celery"])
        self.assertEqual(second, ["dask", "ray", "celery", "weft"])
        self.assertEqual(third, ["ray", "celery", "weft", "dask"])

    def test_every_system_runs_once_in_every_round(self) -> None:
        for systems in self.steps(9, "process"):
            self.assertEqual(sorted(systems), sorted(plan.workload_named("process").systems))

    def test_all_systems_take_their_turn_at_a_workload_before_the_next_one(self) -> None:
        workloads = [step.workload for step in plan.schedule(plan.choose(["process", "noop", "dask", "ray"], []), 2)]
        self.assertEqual(workloads, ["process"] * 2 + ["noop"] * 2 + ["process"] * 2 + ["noop"] * 2)

    def test_a_workload_of_few_rounds_stops_early(self) -> None:
        rounds = [step.round for step in plan.schedule(plan.choose(["crash"], []), 5)]
        self.assertEqual(rounds, [1, 2, 3])


class ChoiceTests(unittest.TestCase):
    def test_systems_alone_keep_all_their_workloads(self) -> None:
        chosen = plan.choose(["dask"], [])
        self.assertEqual([workload.name for workload in chosen], ["process", "noop", "latency", "submit"])
        self.assertTrue(all(workload.systems == ("dask",) for workload in chosen))

    def test_what_is_skipped_is_gone(self) -> None:
        chosen = plan.choose([], ["ray", "process"])
        self.assertNotIn("process", [workload.name for workload in chosen])
        self.assertFalse(any("ray" in workload.systems for workload in chosen))

    def test_an_unknown_name_is_named_with_those_there_are(self) -> None:
        with self.assertRaisesRegex(plan.UnknownName, "'slurm' .* celery, crash, dask"):
            plan.choose(["slurm"], [])

    def test_hyperqueue_is_given_no_empty_tasks(self) -> None:
        self.assertNotIn("hyperqueue", plan.workload_named("noop").systems)


class SizeTests(unittest.TestCase):
    def size(self, workload: str, system: str, quick: bool = False, **sizes: int) -> object:
        return plan.size(plan.workload_named(workload), system, quick, sizes)

    def test_quick_is_smaller(self) -> None:
        self.assertEqual((self.size("process", "dask"), self.size("process", "dask", True)), (10_000, 500))

    def test_weft_is_given_a_million_and_the_peers_fewer(self) -> None:
        self.assertEqual((self.size("submit", "weft"), self.size("submit", "dask")), (1_000_000, 100_000))
        self.assertEqual((self.size("noop", "weft", True), self.size("noop", "dask", True)), (20_000, 500))

    def test_a_size_that_is_asked_for_wins(self) -> None:
        self.assertEqual(self.size("submit", "weft", True, submit=7), 7)

    def test_what_has_no_size_gets_none(self) -> None:
        self.assertIsNone(self.size("startup", "weft"))


if __name__ == "__main__":
    unittest.main()
