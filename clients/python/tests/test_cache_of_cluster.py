"""The cache of verified answers of a real coordinator: used, tampered with, and rid of the answers of liars."""

from __future__ import annotations

import re
import sqlite3
import time
import unittest
from typing import Any, Callable

import weft
from weft import receipts

from .cluster import WANTED, WEFT, Cluster

TASKS = 200
TWO = {"replicas": 2, "quorum": 2}
Change = Callable[[sqlite3.Connection, int, int], None]


def job(text: str, tasks: int = TASKS, **fields: Any) -> dict[str, Any]:
    command = f"echo {text} $WEFT_TASK_INDEX; echo $((WEFT_TASK_INDEX * 3)) > out"
    small = {"cpus": 0.5, "memory": "32MiB", "disk": "16MiB"}
    common = {"command": command, "array": tasks, "outputs": ["out"], "resources": small, "name": text}
    return {**common, "verification": TWO, **fields}


def counter(client: weft.Client, name: str) -> int:
    found = re.search(rf"^weft_cache_{name} (\d+)$", client.metrics(), re.MULTILINE)
    assert found is not None, f"no weft_cache_{name}"
    return int(found[1])


def repointed(journal: sqlite3.Connection, good: int, other: int) -> None:
    """The entry of one answer names a task that gave another."""
    journal.execute("UPDATE cache SET job = ? WHERE job = ? AND task = 1", (other, good))


def of_nobody(journal: sqlite3.Connection, good: int, other: int) -> None:
    journal.execute("UPDATE cache SET task = 4000000 WHERE job = ? AND task = 1", (good,))


def another_answer(journal: sqlite3.Connection, good: int, other: int) -> None:
    """The results that the entry stands for are another task's; signatures are not for these."""
    columns = "stdout, stdout_bytes, outputs, answer, signature"
    journal.execute(
        f"UPDATE results SET ({columns}) = (SELECT {columns} FROM results r WHERE r.job = ? AND r.task = 1 LIMIT 1) "
        "WHERE job = ? AND task = 1",
        (other, good),
    )
    journal.execute(
        "UPDATE tasks SET answer = (SELECT answer FROM tasks WHERE job = ? AND task = 1) WHERE job = ? AND task = 1",
        (other, good),
    )


def another_output(journal: sqlite3.Connection, good: int, other: int) -> None:
    journal.execute(
        "UPDATE results SET stdout = (SELECT stdout FROM results WHERE job = ? AND task = 1 LIMIT 1) "
        "WHERE job = ? AND task = 1",
        (other, good),
    )


def unsigned(journal: sqlite3.Connection, good: int, other: int) -> None:
    journal.execute("UPDATE results SET signature = zeroblob(72) WHERE job = ? AND task = 1", (good,))


def single(journal: sqlite3.Connection, good: int, other: int) -> None:
    """Of two signed answers one is left: the quorum is not there."""
    journal.execute(
        "DELETE FROM results WHERE job = ?1 AND task = 1 AND lease = "
        "(SELECT max(lease) FROM results WHERE job = ?1 AND task = 1)",
        (good,),
    )


def strangers(journal: sqlite3.Connection, good: int, other: int) -> None:
    """Others than those that agreed are named, so that what they do would have no consequences."""
    journal.execute("INSERT INTO node_numbers (id) VALUES ('stranger')")
    journal.execute(
        "UPDATE cache_voters SET node = (SELECT number FROM node_numbers WHERE id = 'stranger') WHERE position = "
        "(SELECT position FROM cache WHERE job = ? AND task = 1) AND node = (SELECT min(node) FROM cache_voters)",
        (good,),
    )


def another_moment(journal: sqlite3.Connection, good: int, other: int) -> None:
    """Nothing that a node has signed, but the log has it otherwise."""
    journal.execute("UPDATE tasks SET ended_at = ended_at + 1 WHERE job = ? AND task = 1", (good,))


def another_spec(journal: sqlite3.Connection, good: int, other: int) -> None:
    journal.execute("UPDATE specs SET json = (SELECT json FROM specs WHERE job = ?) WHERE job = ?", (other, good))


POISON: dict[str, Change] = {
    change.__name__: change
    for change in (
        repointed,
        of_nobody,
        another_answer,
        another_output,
        unsigned,
        single,
        strangers,
        another_moment,
        another_spec,
    )
}


@unittest.skipUnless(WEFT, WANTED)
class CacheOfClusterTests(unittest.TestCase):
    cluster: Cluster

    def setUp(self) -> None:
        self.cluster = Cluster()
        self.addCleanup(self.cluster.stop)

    def client(self) -> weft.Client:
        client = weft.Client(self.cluster.url, self.cluster.token)
        self.addCleanup(client.close)
        return client

    def test_an_identical_job_returns_at_once_with_the_original_receipts(self) -> None:
        self.cluster.start(workers=2, saboteurs=0)
        client = self.client()
        first = client.run(job("square"), timeout=120).check()
        self.assertEqual((first.cached, counter(client, "entries")), (0, TASKS))
        began = time.perf_counter()
        again = client.submit(job("square"), wait_seconds=30)
        took = time.perf_counter() - began
        print(f"\n{TASKS} cached tasks: {took * 1000:.1f} ms in all, {took / TASKS * 1000:.3f} ms a task")
        self.assertEqual((again.state, again.counts.succeeded, again.cached), ("succeeded", TASKS, TASKS))
        self.assertNotEqual(again.id, first.id)
        self.assertLess(took / TASKS, 0.005)
        tasks = list(client.tasks(again, attempts=True))
        self.assertEqual([task.cached_from for task in tasks], [f"{first.id}.{index}" for index in range(TASKS)])
        self.assertEqual({(task.verdict, task.attempts) for task in tasks}, {("agreed", ())})
        for index in range(TASKS):
            original = client.receipt(first, index)
            self.assertEqual(client.receipt(again, index), original)
            receipts.verify(original)
        self.assertEqual(client.stdout(again, 7), b"square 7\n")
        self.assertEqual(client.output(again, "out", 7), b"21\n")
        self.assertEqual((counter(client, "hits_total"), counter(client, "misses_total")), (TASKS, TASKS))
        # The log has each verdict once, and proves the cached tasks' receipts by it.
        proof = self.cluster.directory / "proof"
        self.assertEqual(self.cluster.weft("log", "prove", f"{again.id}.7", "-o", str(proof)).returncode, 0)
        receipt = self.cluster.directory / "receipt"
        receipt.write_bytes(client.receipt(again, 7))
        verified = self.cluster.weft("log", "verify", str(receipt), str(proof))
        self.assertEqual(verified.returncode, 0, verified.stderr.decode())
        shown = self.cluster.weft("job", "show", f"{again.id}.7").stdout.decode()
        self.assertIn(f"{first.id}.7", shown)
        self.assertIn("200", self.cluster.weft("job", "show", str(again.id)).stdout.decode())

        with self.subTest("what asks for more, declines, or asks for nothing is run"):
            stronger = client.submit(job("square", verification={"replicas": 3, "quorum": 3}))
            self.assertEqual(client.cancel(stronger).counts.succeeded, 0)
            for plain in (job("square", 3, cache=False), job("square", 3, verification={"replicas": 1})):
                ran = client.run(plain, timeout=60).check()
                self.assertEqual([task.cached_from for task in client.tasks(ran)], [None] * 3)
        with self.subTest("a longer array is given what is known"):
            longer = client.run(job("square", TASKS + 5), timeout=60).check()
            self.assertEqual(longer.cached, TASKS)
        with self.subTest("after a kill it is all there"):
            self.cluster.kill_coordinator()
            self.cluster.restart()
            self.cluster.await_ready()
            third = client.submit(job("square"), wait_seconds=30)
            self.assertEqual((third.state, third.cached), ("succeeded", TASKS))
            self.assertEqual(client.receipt(third, 9), client.receipt(first, 9))
            self.assertEqual(client.job(again).cached, TASKS)
        with self.subTest("an answer whose bytes are gone is none"):
            blob = client.task(first, 3).output("out")
            assert blob is not None
            digest = blob.digest.removeprefix("sha256:")
            for file in (self.cluster.data / "blobs").rglob("*"):
                if file.is_file() and digest in str(file).replace("/", ""):
                    file.unlink()
            partly = client.run(job("square"), timeout=60).check()
            self.assertEqual(partly.cached, TASKS - 1)

    def test_an_entry_that_was_tampered_with_is_refused(self) -> None:
        self.cluster.start(workers=2, saboteurs=0)
        client = self.client()
        good = client.run(job("good", 3), timeout=60).check()
        other = client.run(job("evil", 3), timeout=60).check()
        self.cluster.halt()
        journal = self.cluster.data / "weft.sqlite"
        with sqlite3.connect(journal) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        honest = journal.read_bytes()
        for name, poison in POISON.items():
            with self.subTest(name):
                for file in self.cluster.data.glob("weft.sqlite-*"):
                    file.unlink()
                journal.write_bytes(honest)
                with sqlite3.connect(journal) as connection:
                    poison(connection, good.id, other.id)
                connection.close()
                self.cluster.restart()
                self.cluster.await_ready()
                self.cluster.add_worker("worker1")
                self.cluster.await_connected(2)
                entries = counter(client, "entries")
                again = client.run(job("good", 3), timeout=60).check()
                # One task's evidence was touched; with the job's own, nothing of it counts.
                refused = 3 if name == "another_spec" else 1
                print(f"\n{name}: {counter(client, 'refused_total')} of 3 refused, {again.cached} used", end="")
                self.assertEqual((counter(client, "refused_total"), again.cached), (refused, 3 - refused))
                self.assertEqual([client.stdout(again, index) for index in range(3)], [b"good %d\n" % i for i in range(3)])
                log = (self.cluster.directory / "again.log").read_text()
                self.assertIn("is not what it claims to be, and was removed", log)
                # What was run anew has taken the refused ones' place.
                self.assertEqual(counter(client, "entries"), entries)
                self.assertEqual(client.submit(job("good", 3), wait_seconds=30).cached, 3)
                self.cluster.halt()

    def test_answers_of_a_liar_that_is_found_out_are_gone(self) -> None:
        self.cluster.start(workers=1, saboteurs=0)
        own = self.client().nodes()[0].id
        self.assertEqual(self.cluster.weft("node", "drain", own).returncode, 0)
        for name in ("mallory", "trudy"):
            self.cluster.add_saboteur(name, "--collude", "1", "--owner", name)
        self.cluster.await_connected(2)
        client = self.client()
        wrong = client.run(job("truth", 20), timeout=60).check()
        answers = [client.stdout(wrong, index) + client.output(wrong, "out", index) for index in range(20)]
        right = [b"truth %d\n%d\n" % (index, index * 3) for index in range(20)]
        self.assertEqual(sum(a == b for a, b in zip(answers, right)), 0, "the liars told the truth")
        again = client.submit(job("truth", 20), wait_seconds=30)
        self.assertEqual((again.cached, counter(client, "entries")), (20, 20), "two liars were not believed")
        # Three honest nodes outvote them.
        self.assertEqual(self.cluster.weft("node", "undrain", own).returncode, 0)
        for name in ("worker1", "worker2"):
            self.cluster.add_worker(name)
        self.cluster.await_connected(5)
        before = counter(client, "entries")
        client.run(job("unmask", 40, verification={"replicas": 5, "quorum": 3}), timeout=120).check()
        with sqlite3.connect(f"file:{self.cluster.data / 'weft.sqlite'}?mode=ro", uri=True) as connection:
            left = connection.execute("SELECT count(*) FROM cache WHERE job = ?", (wrong.id,)).fetchone()[0]
            others = connection.execute("SELECT count(*) FROM cache").fetchone()[0]
        connection.close()
        scores = {node.name: node.reputation.score for node in client.nodes()}
        print(f"\nentries before {before}; after: {left} of the liars, {others} in all; scores {scores}")
        self.assertEqual((left, others), (0, 40))
        self.assertEqual((scores["mallory"], scores["trudy"]), (0, 0))
        honest = client.run(job("truth", 20), timeout=60).check()
        self.assertEqual(honest.cached, 0)
        found = [client.stdout(honest, index) + client.output(honest, "out", index) for index in range(20)]
        self.assertEqual(found, right)
        # What was delivered before stays what it was.
        self.assertEqual(client.receipt(again, 3), client.receipt(wrong, 3))
