"""Credits of a real coordinator: granted, set aside, paid for verified answers, refunded, and all of it through a crash."""

from __future__ import annotations

import time
import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import weft

from .cluster import WANTED, WEFT, Cluster

PRICES = ("--price-cpu", "0.5", "--price-memory", "0.01", "--price-minimum", "0.001")


@unittest.skipUnless(WEFT, WANTED)
class CreditsOfClusterTests(unittest.TestCase):
    workers = 3
    saboteurs = 1

    def setUp(self) -> None:
        self.cluster = Cluster()
        self.addCleanup(self.cluster.stop)
        self.cluster.start(workers=self.workers, saboteurs=self.saboteurs, settings=PRICES)
        self.admin = weft.Client(self.cluster.url, self.cluster.token)
        self.addCleanup(self.admin.close)
        self.anna = self.client_of("anna")

    def client_of(self, name: str) -> weft.Client:
        client = weft.Client(self.cluster.url, self.admin.create_token(name, "submitter").secret)
        self.addCleanup(client.close)
        return client

    def job(self, *, tasks: int = 1, replicas: int = 3, seconds: float = 0.0) -> dict[str, object]:
        return {
            "command": ["sh", "-c", f"sleep {seconds}; echo $WEFT_ARRAY_INDEX"],
            "array": tasks,
            "resources": {"cpus": 1, "memory": "64MiB"},
            "verification": {"replicas": replicas, "quorum": 2, "max_replicas": 4},
            "timeout": 10,
        }

    def settled(self, job: weft.Job) -> weft.Job:
        """The job once late answers have come, too, and its books are closed."""
        deadline = time.monotonic() + 60
        while True:
            now = self.admin.job(job)
            if now.credits is not None and now.credits.refunded is not None:
                return now
            self.assertLess(time.monotonic(), deadline, f"job {job.id} was not refunded: {now}")
            time.sleep(0.1)

    def saboteur_nodes(self) -> set[str]:
        return {node.id for node in self.admin.nodes() if node.name.startswith("saboteur")}

    def check_books(self, *, running: bool = False) -> dict[str, Decimal]:
        """That everything adds up, by the statements alone. While a job is running, the books as of now."""
        now = datetime.now(timezone.utc) if running else None
        balances = {account.account: account.balance for account in self.admin.accounts(page_size=2)}
        totals: dict[str, Decimal] = {}
        moved: dict[int, weft.Movement] = {}
        for account, balance in balances.items():
            total = Decimal(0)
            for line in self.admin.statement(account, end=now, page_size=7):
                total += line.change
                self.assertEqual(line.balance, total, account)
                moved[line.movement.sequence] = line.movement
            totals[account] = total
            if account != "issuance":
                self.assertGreaterEqual(total, 0, account)
            if running:
                # What the coordinator counts with is what the journal came to at some moment.
                self.assertIn(balance, [line.balance for line in self.admin.statement(account)], account)
            else:
                self.assertEqual(total, balance, account)
        self.assertEqual(sum(totals.values()), 0)
        # Escrows that are empty have statements, too: together they are all that ever moved.
        for job in {movement.job for movement in moved.values() if movement.job is not None}:
            lines = self.admin.statement(f"escrow:{job}", end=now)
            moved.update({line.movement.sequence: line.movement for line in lines})
        self.assertEqual(sorted(moved), list(range(1, len(moved) + 1)))
        payments = [movement for movement in moved.values() if movement.kind == "payment"]
        paid = [(movement.task, movement.target) for movement in payments]
        self.assertEqual(len(set(paid)), len(paid), "nobody is paid twice for a task")
        return balances

    def test_verified_answers_are_paid_and_the_rest_is_refunded(self) -> None:
        with self.assertRaises(weft.BudgetTooSmall) as refused:
            self.anna.submit(self.job())
        self.assertEqual(refused.exception.status, 402)
        self.assertRegex(refused.exception.detail or "", "can cost .* and anna has 0: .* are missing")

        granted = self.admin.grant_credits("anna", "1000.000001", "a start", key="start")
        self.assertEqual(self.admin.grant_credits("anna", "1000.000001", "a start", key="start"), granted)
        with self.assertRaises(weft.Conflict):
            self.admin.grant_credits("anna", 5, "another", key="start")
        with self.assertRaises(weft.Forbidden):
            self.anna.grant_credits("anna", 5, "for me")
        with self.assertRaises(weft.Invalid):
            self.admin.grant_credits("nobody", 5, "a typing mistake")

        job = self.anna.submit(self.job(tasks=8))
        assert job.credits is not None
        # 8 tasks, 4 replicas and 2 retries, 10 seconds of a processor and of 64 MiB.
        self.assertEqual(job.credits.reserved, 8 * 6 * (10 * Decimal("0.5") + 10 * Decimal("0.01") / 16))
        self.assertEqual(self.anna.account("submitter:anna").balance, Decimal("1000.000001") - job.credits.reserved)
        self.assertEqual(self.anna.wait(job, 60).state, "succeeded")
        done = self.settled(job)
        assert done.credits is not None and done.credits.refunded is not None
        self.assertGreater(done.credits.spent, 0)
        self.assertEqual(done.credits.spent + done.credits.refunded, done.credits.reserved)

        liars = self.saboteur_nodes()
        wrong = 0
        earned = {f"node:{node.id}": Decimal(0) for node in self.admin.nodes()}
        for task in self.anna.tasks(job, attempts=True):
            right = {attempt.node for attempt in task.attempts or () if attempt.agreed}
            wrong += sum(attempt.agreed is False for attempt in task.attempts or ())
            payments = [
                line.movement
                for line in self.anna.statement(f"escrow:{job.id}")
                if line.movement.kind == "payment" and line.movement.task == task.id
            ]
            self.assertEqual({payment.target for payment in payments}, {f"node:{node}" for node in right})
            for payment in payments:
                earned[payment.target] += payment.amount
                self.assertIsNone(payment.shortfall)
                self.assertEqual(payment.receipt, f"/api/v1/jobs/{job.id}/tasks/{task.index}/receipt")
        self.assertGreater(wrong, 0, "the saboteur answered nothing")
        balances = self.check_books()
        for node in liars:
            self.assertNotIn(f"node:{node}", balances, "a saboteur earned something")
        self.assertEqual({name: sum_ for name, sum_ in earned.items() if sum_}, {
            name: balance for name, balance in balances.items() if name.startswith("node:")
        })

        # Everybody sees what is theirs.
        self.assertEqual([account.account for account in self.anna.accounts()], ["submitter:anna"])
        stranger = self.client_of("bob")
        for account in ["submitter:anna", f"escrow:{job.id}", "issuance"]:
            with self.assertRaises(weft.Forbidden):
                stranger.account(account)
        later = datetime.now(timezone.utc) + timedelta(hours=1)
        page = self.anna.statement_page("submitter:anna", start=later)
        self.assertEqual((page.opening, page.items), (balances["submitter:anna"], ()))

        # The commands say the same.
        shown = self.cluster.weft("credit", "balance", "anna").stdout.decode()
        self.assertIn(f"{balances['submitter:anna']} credits", shown)
        statement = self.cluster.weft("credit", "statement", f"escrow:{job.id}").stdout.decode()
        self.assertEqual(statement.count("payment"), len([1 for line in self.admin.statement(f"escrow:{job.id}")]) - 2)
        self.assertIn("weft_credits_granted 1000.000001", self.admin.metrics())

        cancelled = self.anna.cancel(self.anna.submit(self.job(tasks=4, seconds=5)))
        self.assertEqual(cancelled.state, "cancelled")
        refund = self.settled(cancelled).credits
        assert refund is not None
        self.assertEqual(refund.refunded, refund.reserved)
        self.check_books()

    def test_books_balance_through_a_crash(self) -> None:
        self.admin.grant_credits("anna", 100_000, "a start")
        job = self.anna.submit(self.job(tasks=60, seconds=0.2))
        for _ in range(2):
            seen = Decimal(-1)
            deadline = time.monotonic() + 60
            while True:
                credits = self.admin.job(job).credits
                assert credits is not None
                if seen >= 0 and credits.spent > seen:
                    break
                seen = max(seen, credits.spent)
                self.assertLess(time.monotonic(), deadline, "nothing more is paid")
                time.sleep(0.05)
            self.cluster.kill_coordinator()
            self.cluster.restart()
            self.cluster.await_ready()
            self.check_books(running=True)
            after = self.admin.job(job).credits
            assert after is not None
            self.assertGreaterEqual(after.spent, credits.spent, "what was shown as paid is paid")
        self.assertEqual(self.anna.wait(job, 120).state, "succeeded")
        done = self.settled(job)
        balances = self.check_books()
        assert done.credits is not None
        self.assertEqual(balances["submitter:anna"], 100_000 - done.credits.spent)
        for node in self.saboteur_nodes():
            self.assertNotIn(f"node:{node}", balances)


if __name__ == "__main__":
    unittest.main()
