"""Single runs: what is read from them, which attempt counts, and that nothing is left of them."""

import os
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

from harness import isolate, machine, processes, quiet, runner, systems
from harness.model import Run, Step

HERE = os.path.dirname(os.path.abspath(__file__))


def places() -> systems.Places:
    """With the stand-in for weft-bench, and no peers."""
    return systems.Places(os.path.dirname(HERE), "/nonexistent", os.path.join(HERE, "fake_weft_bench.py"))


class ParseTests(unittest.TestCase):
    def test_chatter_around_the_line_is_passed_over(self) -> None:
        self.assertEqual(runner.parse('hello\n{"a": 1}\nbye\n'), {"a": 1})

    def test_no_line_or_half_a_line_is_a_failure(self) -> None:
        for output in ("", "hello", '{"a": '):
            with self.assertRaises(runner.RunFailed):
                runner.parse(output)


class AttemptTests(unittest.TestCase):
    def test_the_good_attempt_that_was_disturbed_least_counts(self) -> None:
        runs = [Run(1, "noop", "weft", 1, others_share=0.4), Run(1, "noop", "weft", 2, others_share=0.2),
                Run(1, "noop", "weft", 3, error="no")]
        runner.mark_used(runs)
        self.assertEqual([run.used for run in runs], [False, True, False])

    def make(self, step: Step, limit: float = 30, **variables: str) -> Run:
        with tempfile.TemporaryDirectory() as scratch:
            limits = runner.Limits(run_seconds=limit, quiet_seconds=0, extra_attempts=0)
            made = runner.Runner(places(), limits, scratch, isolated=False, on_run=lambda run: None)
            patched = mock.patch.object(isolate, "environment", lambda *_: {**os.environ, **variables})
            with patched:
                run = made.make(step)[0]
            self.assertEqual(os.listdir(scratch), [])
            return run

    def test_a_run_brings_its_figures(self) -> None:
        run = self.make(Step(1, "noop", "weft", 700))
        self.assertIsNone(run.error)
        self.assertTrue(run.used)
        self.assertEqual((run.number("tasks"), run.number("tasks_per_second")), (700, 25_000))

    def test_a_run_that_fails_brings_its_words(self) -> None:
        run = self.make(Step(1, "noop", "weft", 700), WEFT_BENCH_FAKE_FAILS="noop")
        self.assertIn("told to fail", run.error or "")
        self.assertFalse(run.used)

    def test_a_run_that_never_ends_is_ended(self) -> None:
        with mock.patch.object(systems, "command", lambda *_: ["sleep", "60"]):
            run = self.make(Step(1, "noop", "weft", 1), limit=0.2)
        self.assertIn("not done within", run.error or "")

    def test_a_daemon_that_a_run_leaves_behind_is_ended(self) -> None:
        self.assertTrue(processes.adopt_orphans())
        with tempfile.NamedTemporaryFile() as note:
            script = f"setsid sleep 60 & echo $! > {note.name}; echo '{{}}'"
            with mock.patch.object(systems, "command", lambda *_: ["sh", "-c", script]):
                self.assertIsNone(self.make(Step(1, "noop", "weft", 1)).error)
            self.assertFalse(os.path.exists(f"/proc/{note.read().decode().strip()}"))


class CommandTests(unittest.TestCase):
    def test_weft_is_called_as_agreed(self) -> None:
        calls = {
            ("process", "weft"): "process --json --tasks 9 --isolation none",
            ("process", "weft-sandbox"): "process --json --tasks 9 --isolation process",
            ("noop", "weft"): "noop --json --tasks 9",
            ("latency", "weft"): "latency --json --runs 9 --isolation none",
            ("submit", "weft"): "submit --json --tasks 9",
            ("growth", "weft"): "growth --json",
            ("crash", "weft"): "crash --json",
            ("startup", "weft"): "startup --json",
        }
        for (workload, system), expected in calls.items():
            self.assertEqual(" ".join(systems.command(places(), Step(1, workload, system, 9))[1:]), expected)

    def test_a_missing_weft_bench_says_how_to_build_it(self) -> None:
        nowhere = systems.Places("/nonexistent", "/nonexistent", "/nonexistent/weft-bench")
        self.assertIn("swift build -c release --product weft-bench", systems.absence(nowhere, "weft") or "")
        self.assertIn("setup.sh", systems.absence(nowhere, "ray") or "")


class QuietTests(unittest.TestCase):
    def test_idle_time_is_not_busy(self) -> None:
        earlier = quiet.MachineTime.parse("cpu  100 0 100 800 0 0 0 0 0 0")
        later = quiet.MachineTime.parse("cpu  150 0 130 950 50 0 0 20 0 0")
        self.assertAlmostEqual(later.busy_share_since(earlier), 1 / 3)
        self.assertAlmostEqual(later.stolen_share_since(earlier), 20 / 300)

    def test_what_this_program_starts_is_not_others(self) -> None:
        watch = quiet.Watch()
        subprocess.run([sys.executable, "-c", "sum(range(2_000_000))"], check=True)
        time.sleep(0.01)
        found = processes.all_processes()
        self.assertIn(os.getpid(), found)
        self.assertLessEqual(watch.shares()[0], 1)
        self.assertEqual(quiet._ticks_of_others({7: ["S", "1"] + ["0"] * 9 + ["1", "2", "3", "4"],
                                                 8: ["S", "7"] + ["0"] * 9 + ["5"] * 4}, 8), 10)

    def test_the_machine_is_read_from_the_kernels_files(self) -> None:
        self.assertEqual(machine.processor_model("model name\t: Abacus 9000\nflags: x\n"), "Abacus 9000")
        self.assertEqual(machine.memory_bytes("MemTotal:       1024 kB\n"), 2**20)
        mounts = "a / ext4 rw 0 0\nb /var tmpfs rw 0 0\nc /variant xfs rw 0 0\n"
        self.assertEqual(machine.filesystem_of("/var/x", mounts), "tmpfs")


if __name__ == "__main__":
    unittest.main()
