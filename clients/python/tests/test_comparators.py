"""Answers that agree without being equal, spot checks and equal machines, on a real cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Mapping

from weft.receipts import VerifiedReceipt, verify

from .cluster import ClusterTestCase
from .test_weft import weft_says

#: Between 10.000 and 10.004, another one each time.
JITTER = "printf '{\"loss\": 10.00%d, \"host\": \"%s\"}' $(( $(od -An -N2 -tu2 /dev/urandom) % 5 )) $RANDOM$$"


class ComparatorTests(ClusterTestCase):
    workers = 3

    def receipts(self, job: Mapping[str, object], tasks: int) -> list[VerifiedReceipt]:
        number = self.cluster.submit({**job, "array": tasks})
        verified = []
        for index in range(tasks):
            data = self.cluster.receipt(f"{number}.{index}")
            self.assertIsNone(weft_says(self.cluster, data))
            verified.append(verify(data))
        return verified

    def test_numbers_within_a_tolerance_agree(self) -> None:
        rule = {"metric": {"name": "loss", "absolute": 0.01}}
        job = {"command": JITTER, "verification": {"replicas": 3, "quorum": 3, "max_replicas": 3, "comparator": rule}}
        receipts = self.receipts(job, 6)
        self.assertEqual([receipt.verdict for receipt in receipts], ["agreed"] * 6)
        self.assertTrue(all(len(receipt.agreeing) == 3 and not receipt.differing for receipt in receipts))
        self.assertGreater(sum(len(receipt.alike) for receipt in receipts), 0)

    def test_numbers_beyond_it_do_not(self) -> None:
        rule = {"metric": {"name": "host"}}
        job = {"command": JITTER, "verification": {"replicas": 2, "max_replicas": 2, "comparator": rule}}
        (receipt,) = self.receipts(job, 1)
        self.assertEqual((receipt.verdict, receipt.state), ("disagreed", "failed"))
        self.assertRegex(receipt.reason or "", "cannot be compared")

    def test_each_output_has_a_rule_of_its_own(self) -> None:
        job = {
            "command": f"{JITTER} > numbers; date +%N > time; echo same > text",
            "outputs": [
                {"path": "numbers", "comparator": {"metric": {"name": "loss", "relative": "0.01"}}},
                {"path": "time", "comparator": "exit"},
                "text",
            ],
            "verification": {"max_error": "1e-2"},
        }
        receipts = self.receipts(job, 4)
        self.assertEqual({receipt.verdict for receipt in receipts}, {"agreed"})
        self.assertGreater(sum(len(receipt.alike) for receipt in receipts), 0)

    def test_the_command_line_takes_a_comparator(self) -> None:
        rule = "{metric: {name: loss, absolute: 0.01}}"
        done = self.cluster.weft(
            "run", "--replicas", "2", "--comparator", rule, "--same-hardware", "--", "sh", "-c", JITTER
        )
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertRegex(done.stdout.decode(), r"\"loss\": 10\.00")
        wrong = self.cluster.weft("run", "--comparator", "{numeric: {relative: much}}", "--", "true")
        self.assertEqual(wrong.returncode, 125)
        self.assertIn("--comparator.numeric.relative", wrong.stderr.decode())

    def test_spot_checks_check_some(self) -> None:
        receipts = self.receipts({"command": ["echo", "x"], "verification": {"spot_check": "0.5"}}, 40)
        checked = [receipt for receipt in receipts if len(receipt.results) > 1]
        self.assertTrue(5 <= len(checked) <= 35, len(checked))
        self.assertTrue(all(len(receipt.agreeing) == 2 for receipt in checked))

    def test_equal_machines_are_told_by_what_workers_report(self) -> None:
        nodes = json.loads(self.cluster.weft("node", "list", "--output", "json").stdout)
        profiles = [node["profile"] for node in (nodes["items"] if isinstance(nodes, dict) else nodes)]
        model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
        if model is not None:
            self.assertTrue(all(profile["processor"].startswith(model[1].strip()) for profile in profiles), profiles)
        receipts = self.receipts({"command": ["true"], "verification": {"replicas": 3, "same_hardware": True}}, 3)
        self.assertTrue(all(receipt.verdict == "agreed" for receipt in receipts))
