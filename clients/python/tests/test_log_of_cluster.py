"""The log of receipts of a real coordinator: proven, audited by both verifiers, and tampered with."""

from __future__ import annotations

import json
import sqlite3
import unittest
import urllib.request
from pathlib import Path
from typing import Callable

from weft import log, receipts

from .cluster import WANTED, WEFT, Cluster, wait_for

Change = Callable[[sqlite3.Connection], None]


def hashes_changed(change: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Changes the list of the first entries' hashes."""

    def apply(journal: sqlite3.Connection) -> None:
        row = journal.execute("SELECT hashes FROM log_tiles WHERE level = 0 AND position = 0").fetchone()
        hashes = change([row[0][start : start + 32] for start in range(0, len(row[0]), 32)])
        journal.execute("UPDATE log_tiles SET hashes = ? WHERE level = 0 AND position = 0", (b"".join(hashes),))

    return apply


def shorter(journal: sqlite3.Connection) -> None:
    journal.execute("UPDATE meta SET value = value - 1 WHERE name = 'logSize'")


FORGERIES: dict[str, Change] = {
    "rewritten": hashes_changed(lambda hashes: [*hashes[:3], bytes(32), *hashes[4:]]),
    "reordered": hashes_changed(lambda hashes: [hashes[1], hashes[0], *hashes[2:]]),
    "dropped": hashes_changed(lambda hashes: [*hashes[:2], *hashes[3:], bytes(32)]),
    "shortened": shorter,
}


@unittest.skipUnless(WEFT, WANTED)
class LogOfClusterTests(unittest.TestCase):
    def start(self, *settings: str) -> None:
        self.cluster = Cluster()
        self.addCleanup(self.cluster.stop)
        self.cluster.start(workers=1, saboteurs=0, settings=settings)

    def saved(self, name: str, *command: str) -> Path:
        path = self.cluster.directory / name
        done = self.cluster.weft(*command, str(path))
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return path

    def test_a_proof_of_weft_is_one_for_python(self) -> None:
        self.start()
        job = self.cluster.submit({"command": ["echo", "proof"], "array": 5, "verification": {"max_error": "1e-3"}})
        other = self.cluster.submit({"command": ["true"], "array": 5})
        del job
        receipt = receipts.verify(self.saved("receipt", "job", "receipt", f"{other}.3", "-o").read_bytes())
        proof = self.saved("proof", "log", "prove", f"{other}.3", "-o").read_bytes()
        log.verify_inclusion(proof, receipt)
        wrong = receipts.verify(self.saved("wrong", "job", "receipt", f"{other}.2", "-o").read_bytes())
        with self.assertRaises(log.LogError):
            log.verify_inclusion(proof, wrong)

    def test_a_log_that_was_tampered_with_is_not_sound(self) -> None:
        self.start()
        self.cluster.submit({"command": ["true"], "array": 9})
        head = self.saved("head", "log", "audit", "--save")
        self.cluster.submit({"command": ["true"], "array": 2})
        self.cluster.halt()
        journal = self.cluster.data / "weft.sqlite"
        with sqlite3.connect(journal) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        honest = journal.read_bytes()
        for name, forge in {"honest": lambda _: None, **FORGERIES}.items():
            with self.subTest(name):
                for file in self.cluster.data.glob("weft.sqlite-*"):
                    file.unlink()
                journal.write_bytes(honest)
                with sqlite3.connect(journal) as connection:
                    for _ in range(3 if name == "shortened" else 1):
                        forge(connection)
                connection.close()
                self.cluster.restart()
                self.cluster.await_ready()
                audited = self.cluster.weft("log", "audit", "--since", str(head))
                self.assertEqual(audited.returncode, 0 if name == "honest" else 1, audited.stderr.decode())
                self.cluster.halt()

    def get(self, path: str) -> bytes:
        request = urllib.request.Request(f"{self.cluster.url}/api/v1/log{path}")
        request.add_header("Authorization", f"Bearer {self.cluster.token}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())

    def test_what_is_kept_of_a_pruned_log_can_be_audited(self) -> None:
        self.start("--retention", "1s", "--prune-log")
        self.cluster.submit({"command": ["true"], "array": 9})
        old = self.saved("old", "log", "audit", "--save")
        self.cluster.submit({"command": ["true"], "array": 2})
        head = self.saved("head", "log", "audit", "--save")

        def pruned() -> bool:
            return bool(json.loads(self.get(""))["minimum_index"] == 11)

        wait_for(pruned, "the log to be pruned", lambda: None)
        self.cluster.submit({"command": ["true"], "array": 5})
        now = self.saved("now", "log", "audit", "--since", str(head), "--save")
        refused = self.cluster.weft("log", "audit", "--since", str(old))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("first 11 entries were pruned", (refused.stdout + refused.stderr).decode())
        tile = self.get("/tiles/0/0")
        entries = [tile[start : start + 32] for start in range(32 * 11, len(tile), 32)]
        peaks = log.peaks_of_pruned(11, lambda level, index: self.get(f"/tiles/{level}/{index}"))
        log.audit(entries, now.read_bytes(), head.read_bytes(), pruned=11, peaks=peaks)
        with self.assertRaises(log.LogError):
            log.audit(entries, now.read_bytes(), old.read_bytes(), pruned=11, peaks=peaks)
