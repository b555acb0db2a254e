"""Against the real ``weft``, which WEFT_BINARY names: its receipts are valid here, and both refuse the same."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Iterable

from weft.receipts import verify

from .cluster import Cluster, ClusterTestCase
from .forge import completion, default_policy, payload, seal
from .forgeries import forgeries, honest
from .jobs import INVALID, VALID, Job
from .test_receipts import mutated, refusal

#: A job that is valid but not canonical is known as such only to who reads other forms, too (docs/receipts.md).
SPEC_OR_FORMAT = {"spec", "format"}


class ClusterTests(ClusterTestCase):
    workers = 0

    def issue(self, job: Job, index: int = 0) -> bytes:
        """The receipt of a task, verified by both."""
        data = self.cluster.receipt(f"{self.cluster.submit(job)}.{index}")
        self.assertEqual(weft_says(self.cluster, data), None)
        verify(data)
        return data


class HonestTests(ClusterTests):
    workers = 3

    def test_a_plain_job(self) -> None:
        receipt = verify(self.issue({"command": ["echo", "hello"]}))
        self.assertEqual((receipt.state, receipt.verdict, receipt.job_name), ("succeeded", "agreed", "echo"))

    def test_an_array_with_inputs_and_outputs(self) -> None:
        job = {
            "name": "häßlich \U0001d11e",
            "command": 'cat ö/in > ö/☃; echo "$WEFT_TASK_INDEX" >> ö/☃; cat',
            "stdin": 'a\0b\n"\\/\x1f',
            "array": "7-9",
            "inputs": [{"path": "ö/in", "text": "in\n"}, {"path": "bytes", "base64": "/w=="}],
            "outputs": ["ö/☃", {"path": "none", "optional": True}],
            "environment": {"B": "\U0001d11e", "A": "\ufb33"},
            "labels": {"b": "\U0001f600", "a": "\ufb33"},
            "resources": {"cpus": "0.5", "memory": "64MiB"},
            "timeout": "90s",
            "priority": -5,
        }
        number = self.cluster.submit(job)
        for index in (7, 8, 9):
            data = self.cluster.receipt(f"{number}.{index}")
            receipt = verify(data, outputs={"ö/☃": b"in\n%d\n" % index})
            self.assertEqual((receipt.state, receipt.index), ("succeeded", index))
            self.assertEqual(weft_says(self.cluster, data), None)

    def test_a_failing_job(self) -> None:
        receipt = verify(self.issue({"command": "exit 3", "outputs": ["missing"]}))
        self.assertEqual((receipt.state, receipt.verdict), ("failed", "agreed"))

    def test_a_job_that_takes_too_long(self) -> None:
        receipt = verify(self.issue({"command": "sleep 20", "timeout": 1, "retries": 0}))
        self.assertEqual((receipt.state, receipt.verdict, receipt.results), ("failed", "undecided", ()))
        self.assertIsNotNone(receipt.reason)

    def test_standard_output_ignored(self) -> None:
        policy = {"replicas": 2, "max_replicas": 5, "stdout": False}
        receipt = verify(self.issue({"command": "head -c 8 /dev/urandom", "verification": policy}))
        self.assertEqual(receipt.state, "succeeded")
        self.assertGreaterEqual(len(receipt.agreeing), 2)

    def test_the_command_verifies_as_weft_does(self) -> None:
        path = self.cluster.directory / "receipt.json"
        path.write_bytes(self.issue({"command": ["echo", "hello"]}))
        ours = subprocess.run(
            [sys.executable, "-m", "weft._receipt_command", "verify", str(path), "-o", "json"],
            capture_output=True,
            check=True,
        )
        theirs = self.cluster.weft("receipt", "verify", str(path), "-o", "json")
        self.assertEqual(json.loads(ours.stdout), json.loads(theirs.stdout))


class LiarTests(ClusterTests):
    workers = 4
    saboteurs = 1

    def test_replicas_that_disagree(self) -> None:
        policy = {"replicas": 5, "quorum": 5, "max_replicas": 5}
        receipt = verify(self.issue({"command": ["echo", "x"], "verification": policy}))
        self.assertEqual((receipt.state, receipt.verdict), ("failed", "disagreed"))

    def test_many_replicas_and_outputs_a_liar_and_ten_thousand_changes(self) -> None:
        job = {
            "name": "large",
            "command": "for i in $(seq 0 39); do echo $i > o$i; done",
            "outputs": [f"o{number}" for number in range(40)],
            "verification": {"replicas": 5, "quorum": 4, "max_replicas": 5},
        }
        data = self.issue(job)
        receipt = verify(data, outputs={"o39": b"39\n"})
        self.assertEqual(len(receipt.agreeing), 4)
        source = random.Random(4)
        for _ in range(10_000):
            self.assertIsNotNone(refusal(mutated(data, source)))


class DifferentialTests(ClusterTests):
    def test_both_take_what_is_valid(self) -> None:
        receipts = honest()
        for (name, data), check in zip(receipts.items(), self.weft_says_of(receipts.values())):
            with self.subTest(name):
                self.assertEqual((check, refusal(data)), (None, None))

    def test_both_refuse_forgeries_for_the_same_reason(self) -> None:
        forged = forgeries()
        for forgery, check in zip(forged, self.weft_says_of(forgery.data for forgery in forged)):
            with self.subTest(forgery.name):
                self.assertEqual((check, refusal(forgery.data)), (forgery.check, forgery.check))

    def test_both_refuse_what_was_damaged_for_the_same_reason(self) -> None:
        source = random.Random(5)
        damaged = [mutated(data, source) for data in honest().values() for _ in range(8)]
        self.assertGreater(len(damaged), 200)
        for data, check in zip(damaged, self.weft_says_of(damaged)):
            self.assertIsNotNone(check)
            self.assertEqual(check, refusal(data), data)

    def test_both_know_the_same_jobs(self) -> None:
        receipts = [receipt_of(job) for job in VALID + INVALID]
        for number, (job, data, check) in enumerate(zip(VALID + INVALID, receipts, self.weft_says_of(receipts))):
            with self.subTest(json.dumps(job)[:100]):
                allowed = {None} if number < len(VALID) else SPEC_OR_FORMAT
                self.assertIn(check, allowed)
                self.assertIn(refusal(data), allowed)

    def weft_says_of(self, receipts: Iterable[bytes]) -> list[str | None]:
        """``weft_says`` of each. The time is that of starting processes, so two are started at a time."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(partial(weft_says, self.cluster), receipts))


def weft_says(cluster: Cluster, data: bytes) -> str | None:
    """The check that Weft finds to fail; None if the receipt is valid."""
    result = cluster.weft("receipt", "verify", "-", "-o", "json", data=data)
    document = json.loads(result.stdout)
    assert (result.returncode, document["valid"]) in [(0, True), (1, False)], result
    return None if document["valid"] else str(document["failed_check"])


def receipt_of(job: Job) -> bytes:
    """A receipt in which everything is right but, perhaps, the job."""
    outputs = job.get("outputs", [])
    paths = [
        item if isinstance(item, str) else item.get("path", "") for item in outputs if isinstance(item, (str, dict))
    ]
    policy = default_policy(job)
    quorum = policy.get("quorum", 1) if 1 <= policy.get("quorum", 1) <= 64 else 1
    array = job.get("array")
    index = array.get("first", 0) if isinstance(array, dict) else 0
    answers = [completion(outputs=dict.fromkeys(paths, b""))] * quorum
    bound = "0" if "max_error" in policy else None
    return seal(payload(job, answers, index=index, bound=bound))
