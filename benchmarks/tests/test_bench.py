"""bench.py as a whole, with the stand-in for weft-bench and without peers."""

import contextlib
import io
import json
import os
import signal
import tempfile
import unittest
from unittest import mock

import bench
from harness import isolate

HERE = os.path.dirname(os.path.abspath(__file__))
FAKE = os.path.join(HERE, "fake_weft_bench.py")


def call(output: str, *arguments: str) -> tuple[int, str, str]:
    """Status, stdout, stderr. Without namespaces, so that root and others test the same."""
    out, err = io.StringIO(), io.StringIO()
    with mock.patch.object(isolate, "can_isolate", lambda: False), mock.patch.object(signal, "signal"), \
            mock.patch.dict(os.environ, {"WEFT_BENCH_HOME": "/nonexistent", "WEFT_BENCH_SCRATCH": output}), \
            contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = bench.main(["--quick", "--output", output, *arguments])
        except SystemExit as exit_request:
            status = int(exit_request.code or 0)
    return status, out.getvalue(), err.getvalue()


class SessionTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_a_session_leaves_results_runs_and_a_page(self) -> None:
        status, out, err = call(self.folder, "--weft-bench", FAKE, "--rounds", "2", "--only", "noop")
        self.assertEqual((status, "round 2/2" in err, "Targets" in out), (0, True, True), err)
        self.assertEqual(sorted(os.listdir(self.folder)), ["benchmarks.md", "results.json", "runs.jsonl"])
        with open(os.path.join(self.folder, "results.json"), encoding="utf-8") as file:
            found = json.load(file)
        self.assertEqual([run["round"] for run in found["runs"]], [1, 2])
        self.assertIn("Dask: not installed; run benchmarks/setup.sh", found["not_measured"])

    def test_json_goes_to_stdout_alone(self) -> None:
        _, out, _ = call(self.folder, "--weft-bench", FAKE, "--only", "startup", "--json")
        self.assertEqual(json.loads(out)["format"], 1)

    def test_without_weft_bench_it_says_how_to_get_it(self) -> None:
        status, _, err = call(self.folder, "--weft-bench", "/nonexistent/weft-bench")
        self.assertEqual(status, 2)
        self.assertIn("swift build -c release --product weft-bench", err)

    def test_a_failure_of_weft_is_the_sessions(self) -> None:
        with mock.patch.object(isolate, "_KEPT_VARIABLES", ("WEFT_BENCH_FAKE_FAILS",)), \
                mock.patch.dict(os.environ, {"WEFT_BENCH_FAKE_FAILS": "startup"}):
            status, out, err = call(self.folder, "--weft-bench", FAKE, "--only", "startup", "--only", "noop")
        self.assertEqual(status, 1)
        self.assertIn("told to fail", err)
        self.assertIn("25,000", out)

    def test_wrong_arguments_are_named(self) -> None:
        for arguments, expected in [(["--only", "slurm"], "'slurm'"), (["--tasks", "process=x"], "process=x"),
                                    (["--tasks", "crash=5"], "'crash'"), (["--rounds", "0"], "--rounds")]:
            status, _, err = call(self.folder, *arguments)
            self.assertEqual(status, 2)
            self.assertIn(expected, err)

    def test_only_a_whole_session_replaces_the_page_of_the_repository(self) -> None:
        whole = {"quick": False, "only": [], "skip": [], "sizes": {}, "rounds": 5, "markdown": None, "output": "out"}
        session = mock.Mock(complete=True, absent={}, workloads=[])

        def path(**changes: object) -> str:
            return bench.page_path(mock.Mock(**{**whole, **changes}), session)

        self.assertTrue(path().endswith(os.path.join("docs", "benchmarks.md")))
        for change in ({"quick": True}, {"only": ["ray"]}, {"skip": ["ray"]}, {"sizes": {"noop": 1}}, {"rounds": 1}):
            self.assertEqual(path(**change), os.path.join("out", "benchmarks.md"))
        self.assertEqual(path(quick=True, markdown="here.md"), "here.md")


if __name__ == "__main__":
    unittest.main()
