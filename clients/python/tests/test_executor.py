"""``Executor`` against a real cluster: what it gives is what a call here gives."""

from __future__ import annotations

import concurrent.futures
import itertools
import math
import os
import random
import sys
import threading
import time
import unittest
from typing import Any
from unittest import mock

import weft
from weft.environment import python_name

from . import helpers_for_workers
from .cluster import WANTED, WEFT, Cluster, ClusterTestCase


class ExecutorTests(ClusterTestCase):
    executor: weft.Executor

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.executor = weft.Executor(cls.cluster.url, cls.cluster.token, retries=0, resources=weft.Resources(cpus=0.25))
        cls.addClassCleanup(cls.executor.shutdown)

    def test_a_thousand_calls_give_what_they_give_here(self) -> None:
        def work(number: int, word: str) -> tuple[int, str, float]:
            return number * number, word.upper(), math.sqrt(number)

        source = random.Random(1)
        words = [str(source.random()) for _ in range(1000)]
        expected = list(map(work, range(1000), words))
        self.assertEqual(list(self.executor.map(work, range(1000), words)), expected)

    def test_values_functions_and_keywords_of_all_kinds(self) -> None:
        factor = 3
        self.assertEqual(self.executor.submit(lambda x: x * factor, 2).result(30), 6)
        self.assertEqual(self.executor.submit(sorted, [2, 3, 1], reverse=True).result(30), [3, 2, 1])
        self.assertEqual(self.executor.submit(lambda: lambda x: x + 1).result(30)(1), 2)
        large = os.urandom(3 << 20)
        self.assertEqual(self.executor.submit(lambda data: data[::-1], large).result(30), large[::-1])

    def test_modules_of_ones_own_go_along(self) -> None:
        point = helpers_for_workers.Point(1, 2)
        self.assertEqual(
            self.executor.submit(helpers_for_workers.mirrored, point).result(30), helpers_for_workers.Point(2, 1)
        )

    def test_exceptions_come_back_as_themselves_with_the_workers_traceback(self) -> None:
        def divide(a: int, b: int) -> float:
            return a / b

        error = self.executor.submit(divide, 1, 0).exception(30)
        self.assertIsInstance(error, ZeroDivisionError)
        assert error is not None
        self.assertIn("in divide", str(error.__cause__))
        self.assertNotIn("weft_task", str(error.__cause__))
        values = self.executor.map(divide, [4, 3, 2], [2, 1, 0], chunksize=3)
        self.assertEqual((next(values), next(values)), (2, 3))
        with self.assertRaises(ZeroDivisionError):
            next(values)
        stopped = self.executor.submit(sys.exit, 3).exception(30)
        self.assertIsInstance(stopped, SystemExit)
        with self.assertRaises(weft.RemoteError) as caught:
            self.executor.submit(helpers_for_workers.unfortunate).result(30)
        self.assertEqual((caught.exception.type_name, str(caught.exception)), ("Unfortunate", "Unfortunate: 1 and 2"))
        self.assertIn("in unfortunate", caught.exception.traceback)

    def test_what_cannot_be_pickled_is_said(self) -> None:
        self.assertIsInstance(self.executor.submit(print, threading.Lock()).exception(30), TypeError)
        self.assertIsInstance(self.executor.submit(threading.Lock).exception(30), (TypeError, weft.RemoteError))

    def test_a_process_that_dies_says_how(self) -> None:
        def die() -> None:
            print("last words", file=sys.stderr, flush=True)  # noqa: T201
            os._exit(3)

        with self.assertRaises(weft.TaskFailed) as caught:
            self.executor.submit(die).result(30)
        self.assertIn("last words", caught.exception.stderr)
        self.assertEqual(caught.exception.task.state, "failed")

    def test_limits_are_the_jobs(self) -> None:
        with weft.Executor(self.cluster.url, self.cluster.token, timeout=1, retries=0) as executor:
            with self.assertRaises(weft.TaskFailed) as caught:
                executor.submit(time.sleep, 30).result(30)
            self.assertIn("longer than", str(caught.exception))

    def test_a_call_that_runs_can_be_cancelled(self) -> None:
        future = self.executor.submit(time.sleep, 300)
        while future.job is None:
            time.sleep(0.01)
        with weft.Client(self.cluster.url, self.cluster.token) as client:
            while client.job(future.job).state == "waiting":
                time.sleep(0.02)
            self.assertTrue(future.cancel())
            self.assertTrue(future.cancelled())
            done, _ = concurrent.futures.wait([future], timeout=5)
            self.assertEqual(done, {future})
            self.assertEqual(client.wait(future.job, timeout=20).state, "cancelled")
        with self.assertRaises(concurrent.futures.CancelledError):
            future.result()

    def test_an_iterator_that_is_left_cancels_the_rest(self) -> None:
        values = self.executor.map(time.sleep, [0, 300, 300, 300], chunksize=1)
        self.assertIsNone(next(values))
        job = next(iter(self.executor._pending)).job
        values.close()  # type: ignore[attr-defined]
        with weft.Client(self.cluster.url, self.cluster.token) as client:
            assert job is not None
            self.assertEqual(client.wait(job, timeout=20).state, "cancelled")

    def test_map_has_a_time_limit(self) -> None:
        with self.assertRaises(concurrent.futures.TimeoutError):
            list(self.executor.map(time.sleep, [300], timeout=0.5))

    def test_endless_iterables_are_read_as_values_are_taken(self) -> None:
        taken = []

        def numbers() -> Any:
            for number in itertools.count():
                taken.append(number)
                yield number

        values = self.executor.map(lambda x: -x, numbers(), buffersize=8, chunksize=2)
        self.assertEqual([next(values) for _ in range(30)], [-number for number in range(30)])
        self.assertLess(len(taken), 60)
        values.close()  # type: ignore[attr-defined]

    def test_many_arguments_travel_one_by_one(self) -> None:
        blocks = [bytes([number]) * 300_000 for number in range(6)]
        sizes = list(self.executor.map(lambda block: (block[0], len(block)), blocks, chunksize=1))
        self.assertEqual(sizes, [(number, 300_000) for number in range(6)])

    def test_submit_waits_while_enough_is_going_on(self) -> None:
        # Small enough that all fit at once, also what was cancelled and is still being cleared away.
        small = weft.Resources(cpus=0.2)
        with weft.Executor(self.cluster.url, self.cluster.token, max_pending=2, resources=small) as executor:
            first = executor.submit(time.sleep, 300)
            second = executor.submit(time.sleep, 0)
            concurrent.futures.wait([second])
            third = executor.submit(time.sleep, 300)
            waiting = threading.Thread(target=lambda: executor.submit(pow, 2, 2).result(30), daemon=True)
            waiting.start()
            waiting.join(0.3)
            self.assertTrue(waiting.is_alive())
            self.assertTrue(first.cancel())
            waiting.join(30)
            self.assertFalse(waiting.is_alive())
            third.cancel()

    def test_callbacks_may_submit(self) -> None:
        with weft.Executor(self.cluster.url, self.cluster.token, max_pending=1) as executor:
            done = threading.Event()
            results: list[int] = []

            def go_on(future: concurrent.futures.Future[int]) -> None:
                results.append(future.result())
                if len(results) < 3:
                    executor.submit(pow, len(results), 2).add_done_callback(go_on)
                else:
                    done.set()

            executor.submit(pow, 0, 2).add_done_callback(go_on)
            self.assertTrue(done.wait(30))
            self.assertEqual(results, [0, 1, 4])

    def test_shutting_down_ends_or_cancels_what_is_going_on(self) -> None:
        executor = weft.Executor(self.cluster.url, self.cluster.token)
        future = executor.submit(pow, 2, 3)
        executor.shutdown()
        self.assertEqual(future.result(0), 8)
        with self.assertRaises(RuntimeError):
            executor.submit(pow, 2, 3)
        executor.shutdown()
        executor = weft.Executor(self.cluster.url, self.cluster.token)
        sleeping = executor.submit(time.sleep, 300)
        started = time.monotonic()
        executor.shutdown(cancel_futures=True)
        self.assertTrue(sleeping.cancelled())
        self.assertLess(time.monotonic() - started, 20)
        self.assertEqual([thread for thread in executor._threads if thread.is_alive()], [])

    def test_another_python_is_refused(self) -> None:
        with mock.patch("weft.executor.python_name", return_value="cpython-2.99"):
            future = self.executor.submit(pow, 2, 3)
            with self.assertRaises(weft.EnvironmentMismatch) as caught:
                future.result(30)
        self.assertIn(python_name(), str(caught.exception))
        environment = weft.Environment(python="no-such-python")
        with weft.Executor(self.cluster.url, self.cluster.token, environment=environment, retries=0) as executor:
            with self.assertRaises(weft.EnvironmentMismatch):
                executor.submit(pow, 2, 3).result(30)

    def test_a_missing_module_is_named(self) -> None:
        environment = weft.Environment(automatic=False)
        with weft.Executor(self.cluster.url, self.cluster.token, environment=environment) as executor:
            with self.assertRaises(weft.EnvironmentMismatch) as caught:
                executor.submit(helpers_for_workers.mirrored, helpers_for_workers.Point(1, 2)).result(30)
        self.assertIn("No module named 'tests'", str(caught.exception))

    def test_values_as_json_need_no_trust(self) -> None:
        with weft.Executor(self.cluster.url, self.cluster.token, results="json") as executor:
            self.assertEqual(executor.submit(lambda: {"a": [1, 2.5, None, "ü"]}).result(30), {"a": [1, 2.5, None, "ü"]})
            self.assertEqual(list(executor.map(divmod, [7, 8], [2, 3])), [[3, 1], [2, 2]])
            with self.assertRaises(weft.RemoteError) as caught:
                executor.submit(divmod, 1, 0).result(30)
            self.assertEqual(caught.exception.type_name, "ZeroDivisionError")
            with self.assertRaises(weft.RemoteError):
                executor.submit(lambda: object()).result(30)  # noqa: PLW0108

    def test_replicas_agree_on_values(self) -> None:
        verification = weft.Verification(replicas=1, quorum=1)
        with weft.Executor(self.cluster.url, self.cluster.token, verification=verification) as executor:
            self.assertEqual(executor.submit(lambda: {"b", "a"}).result(30), {"a", "b"})

    def test_a_decorated_function_runs_here_and_there(self) -> None:
        @weft.remote(executor=self.executor)
        def square(x: int) -> int:
            """Of a number."""
            return x * x

        self.assertEqual((square(3), square.remote(4).result(30), square.__doc__), (9, 16, "Of a number."))
        self.assertEqual(list(square.map(range(3))), [0, 1, 4])
        self.assertEqual(self.executor.submit(lambda: square(5)).result(30), 25)


@unittest.skipUnless(WEFT, WANTED)
class LossTests(unittest.TestCase):
    def test_a_coordinator_that_was_killed_is_waited_for(self) -> None:
        cluster = Cluster()
        self.addCleanup(cluster.stop)
        cluster.start(workers=1, saboteurs=0)

        def work(number: int) -> int:
            time.sleep(0.2)
            return -number

        with weft.Executor(cluster.url, cluster.token) as executor:
            values = executor.map(work, range(20), chunksize=1)
            single = executor.submit(work, 100)
            first = [next(values) for _ in range(3)]
            cluster.kill_last()
            cluster.restart()
            self.assertEqual(first + list(values), [-number for number in range(20)])
            self.assertEqual(single.result(60), -100)

    def test_a_lost_worker_is_not_noticed(self) -> None:
        cluster = Cluster()
        self.addCleanup(cluster.stop)
        cluster.start(workers=2, saboteurs=0)

        def work(number: int) -> int:
            time.sleep(0.2)
            return number * 3

        with weft.Executor(cluster.url, cluster.token) as executor:
            values = executor.map(work, range(60), chunksize=2)
            first = [next(values) for _ in range(6)]
            with weft.Client(cluster.url, cluster.token) as client:
                attempts = [
                    attempt
                    for job in client.jobs()
                    for task in client.tasks(job, attempts=True)
                    for attempt in task.attempts or ()
                ]
                self.assertEqual(len({attempt.node for attempt in attempts}), 2)
                cluster.kill_last()
                self.assertEqual(first + list(values), [number * 3 for number in range(60)])
                self.assertIn("away", [node.state for node in client.nodes()])
