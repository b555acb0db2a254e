"""docs/python.md does what it says, and ``TaskClient`` what its names say."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import weft

from .cluster import WANTED, WEFT, Cluster

PAGE = Path(__file__).parents[3] / "docs" / "python.md"


@unittest.skipUnless(WEFT, WANTED)
class TutorialTests(unittest.TestCase):
    cluster: Cluster

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.start(workers=1, saboteurs=0)

    def test_the_blocks_of_the_page_run(self) -> None:
        text = PAGE.read_text(encoding="utf-8")
        blocks = [(text[: match.start()].count("\n") + 2, match[1]) for match in BLOCK.finditer(text)]
        self.assertGreater(len(blocks), 8)
        namespace: dict[str, Any] = {"__name__": "__main__"}
        (self.cluster.directory / "data.csv").write_text("a\nb\nc\n")
        others = dict.fromkeys(["WEFT_URL", "WEFT_TOKEN", "WEFT_TOKEN_FILE", "WEFT_CONFIG", "XDG_CONFIG_HOME"], "")
        variables = {**others, "HOME": str(self.cluster.directory), "WEFT_DATA_DIR": str(self.cluster.data)}
        before = Path.cwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.cluster.directory)
        with mock.patch.dict(os.environ, variables), contextlib.redirect_stdout(io.StringIO()) as printed:
            for line, block in blocks:
                # Lines of errors are those of the page.
                exec(compile("\n" * (line - 1) + block, str(PAGE), "exec"), namespace)
        self.assertIn("ZeroDivisionError", printed.getvalue())
        self.assertIn("lower resources.memory", printed.getvalue())

    def test_the_example_runs(self) -> None:
        example = PAGE.parent.parent / "examples/python/pi.py"
        variables = {**os.environ, "WEFT_URL": self.cluster.url, "WEFT_TOKEN": self.cluster.token}
        ran = subprocess.run(
            [sys.executable, str(example)], env=variables, capture_output=True, check=False, timeout=60
        )
        self.assertEqual((ran.returncode, ran.stdout), (0, b"pi is about 3.142\n"), ran.stderr)

    def test_programs_end_though_executors_are_open(self) -> None:
        code = "import weft; e = weft.Executor(); print(e.submit(pow, 2, 3).result()); e.submit(sum, [1])"
        variables = {**os.environ, "WEFT_URL": self.cluster.url, "WEFT_TOKEN": self.cluster.token}
        ran = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=False, timeout=60)
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, b"8\n", b""))

    def test_the_calls_of_udcs(self) -> None:
        with weft.TaskClient(self.cluster.url, self.cluster.token) as client:
            (device,) = client.list_devices()
            self.assertEqual((device["type"], device["count"], device["os"]), ("cpu", 2, "linux"))
            task = client.submit_task(
                {"command": "echo $WORD > out; exit 3", "outputs": ["out"]}, environment={"WORD": "x"}
            )
            result = client.wait_for_completion(task, timeout=60)
            self.assertEqual(
                (result["status"], result["exit_status"], result["outputs"]), ("failed", 3, {"out": b"x\n"})
            )
            self.assertTrue(result["error"])
            task = client.submit_native_binary("/bin/cat", ["in"], inputs={"in": b"bytes"}, name="cat it")
            self.assertEqual(client.wait_for_completion(task, timeout=60)["stdout"], b"bytes")
            for call in (client.submit_cuda_kernel, client.submit_game_render):
                with self.assertRaises(weft.NotAvailable) as caught:
                    call("kernel.cu", grid=(1, 1, 1))
                self.assertIsInstance(caught.exception, NotImplementedError)
                self.assertIn("no driver", str(caught.exception))


BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
