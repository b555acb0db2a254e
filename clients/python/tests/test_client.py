"""``Client`` and ``AsyncClient`` against a real coordinator."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
import unittest
from pathlib import Path
from unittest import mock

import weft
from weft.errors import FieldError

from .cluster import ClusterTestCase

KEYS = ("WEFT_URL", "WEFT_TOKEN", "WEFT_TOKEN_FILE", "WEFT_DATA_DIR", "WEFT_CONFIG", "XDG_DATA_HOME", "XDG_CONFIG_HOME")


class ClientTests(ClusterTestCase):
    client: weft.Client

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.client = weft.Client(cls.cluster.url, cls.cluster.token)
        cls.addClassCleanup(cls.client.close)

    def test_a_job_from_submission_to_its_receipt(self) -> None:
        spec = weft.JobSpec(
            name="sort",
            command='sort words > sorted; echo "task $WEFT_TASK_INDEX"; echo oops >&2',
            inputs=[weft.Input("words", text="b\na\n")],
            mounts=[weft.Mount("elsewhere", at="/data")],
            outputs=["sorted", weft.Output("none", optional=True)],
            array=3,
            labels={"project": "words"},
            resources=weft.Resources(cpus=0.5, memory="64MiB"),
        )
        job = self.client.run(spec, timeout=60)
        self.assertEqual((job.state, job.counts.succeeded, job.name), ("succeeded", 3, "sort"))
        self.assertIs(job.check(), job)
        self.assertEqual(self.client.output(job, "sorted", 2), b"a\nb\n")
        self.assertEqual(self.client.stdout(job, 1), b"task 1\n")
        self.assertEqual(self.client.stderr(job, 1), b"oops\n")
        target = self.cluster.directory / "sorted"
        blob = self.client.download_output(job, "sorted", target)
        self.assertEqual((target.read_bytes(), blob.size_bytes), (b"a\nb\n", 4))
        with self.assertRaises(weft.NotFound):
            self.client.output(job, "none")
        tasks = list(self.client.tasks(job, attempts=True, page_size=2))
        self.assertEqual([task.id for task in tasks], [f"{job.id}.{index}" for index in range(3)])
        attempts = tasks[0].attempts
        assert attempts is not None and attempts[0].usage is not None
        self.assertGreater(attempts[0].usage.wall_microseconds, 0)
        self.assertEqual(tasks[0].output("sorted"), blob)
        self.assertEqual([task.index for task in self.client.results(job, page_size=1)], [0, 1, 2])
        self.assertEqual(self.client.spec(job)["labels"], {"project": "words"})
        self.assertEqual(self.client.explain(job).kind, "notWaiting")
        receipt = self.client.verified_receipt(
            job, 1, coordinator=self.client.version().coordinator, outputs={"sorted": b"a\nb\n"}
        )
        self.assertEqual((receipt.task_id, receipt.state), (f"{job.id}.1", "succeeded"))
        self.assertIn("sort", job._repr_html_())

    def test_a_job_belongs_to_the_span_of_its_submitter(self) -> None:
        spans = [f"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b{digit}-01" for digit in "78"]
        job = {"command": "echo $TRACEPARENT"}
        with mock.patch.dict(os.environ, {"TRACEPARENT": spans[0]}):
            first = self.client.submit(job)
            second = self.client.submit(job, traceparent=spans[1])
        for submitted, span in zip((first, second), spans):
            self.assertEqual(submitted.traceparent, span)
            self.assertEqual(self.client.stdout(self.client.wait(submitted, timeout=60)), f"{span}\n".encode())
        self.assertIsNone(self.client.submit(job).traceparent)

    def test_lists_page_by_page(self) -> None:
        label = secrets.token_hex(4)
        made = [self.client.submit({"command": "true", "labels": {"run": label}}).id for _ in range(5)]
        found = [job.id for job in self.client.jobs(labels={"run": label}, page_size=2)]
        self.assertEqual(found, made[::-1])
        self.client.wait(made[-1])
        page = self.client.jobs_page(labels={"run": label}, limit=2)
        self.assertEqual((len(page), page.next), (2, str(made[3])))
        self.assertEqual(list(self.client.jobs(labels={"run": label}, submitter="nobody")), [])

    def test_a_key_submits_once(self) -> None:
        key = secrets.token_hex(8)
        jobs = {self.client.submit({"command": "true"}, idempotency_key=key).id for _ in range(3)}
        jobs.add(self.client.submit({"command": "true", "idempotency_key": key}).id)
        self.assertEqual(len(jobs), 1)
        self.assertNotEqual(self.client.submit({"command": "true"}).id, self.client.submit({"command": "true"}).id)

    def test_yaml(self) -> None:
        job = self.client.submit("command: [echo, hello]\nname: from yaml\n", wait_seconds=30)
        self.assertEqual((job.name, self.client.stdout(job)), ("from yaml", b"hello\n"))

    def test_every_wrong_field_is_named(self) -> None:
        with self.assertRaises(weft.Invalid) as caught:
            self.client.submit({"command": "true", "retries": 1000, "resources": {"memory": "x"}})
        error = caught.exception
        self.assertEqual({item.field for item in error.errors}, {"retries", "resources.memory"})
        self.assertIsInstance(error.errors[0], FieldError)
        self.assertEqual((error.status, error.type), (422, "/problems/invalid"))
        self.assertTrue(error.request_id)
        self.assertIn("retries", str(error))

    def test_errors_have_their_types(self) -> None:
        with self.assertRaises(weft.NotFound):
            self.client.job(10**9)
        with self.assertRaises(ValueError):
            self.client.job("1/../2")
        with weft.Client(self.cluster.url, "wrong") as stranger, self.assertRaises(weft.Unauthorized):
            stranger.whoami()
        secret = self.client.create_token("viewer-1", "viewer").secret
        with weft.Client(self.cluster.url, secret) as viewer:
            self.assertEqual((viewer.whoami().name, viewer.whoami().role), ("viewer-1", "viewer"))
            with self.assertRaises(weft.Forbidden):
                viewer.submit({"command": "true"})
        self.assertIn("viewer-1", [token.name for token in self.client.tokens()])
        self.client.revoke_token("viewer-1")
        with weft.Client(self.cluster.url, secret) as viewer, self.assertRaises(weft.Unauthorized):
            viewer.whoami()
        retry = weft.RetryPolicy(attempts=2, first_delay_seconds=0.01)
        with weft.Client("http://127.0.0.1:1", "x", retry=retry) as nobody, self.assertRaises(weft.CannotConnect):
            nobody.whoami()

    def test_a_failed_job_says_why(self) -> None:
        with self.assertRaises(weft.JobFailed) as caught:
            self.client.run({"command": "exit 3"})
        self.assertEqual(caught.exception.job.counts.failed, 1)
        self.assertEqual(self.client.task(caught.exception.job).state, "failed")

    def test_waiting_has_an_end_and_jobs_can_be_cancelled(self) -> None:
        job = self.client.submit({"command": "sleep 60"})
        with self.assertRaises(weft.CallTimeout):
            self.client.wait(job, timeout=0.2)
        with self.assertRaises(weft.Conflict):
            self.client.output(job, "x")
        self.assertEqual(self.client.cancel(job).state, "cancelled")
        self.assertEqual(self.client.wait(job).state, "cancelled")
        impossible = self.client.submit({"command": "true", "resources": {"memory": "60TiB"}})
        explanation = self.client.explain(impossible)
        self.assertEqual((explanation.kind, explanation.reasons[0].field), ("neverHere", "resources.memory"))
        self.client.cancel(impossible)

    def test_blobs_go_up_and_come_down_and_are_checked(self) -> None:
        data = os.urandom(3 << 20)
        path = self.cluster.directory / "data"
        path.write_bytes(data)
        blob = self.client.put_blob(path)
        self.assertEqual(self.client.put_blob(data), blob)
        self.assertEqual((blob.size_bytes, self.client.blob_size(blob)), (len(data), len(data)))
        self.assertEqual(self.client.get_blob(blob.digest), data)
        self.assertIsNone(self.client.blob_size("sha256:" + "0" * 64))
        target = self.cluster.directory / "copy"
        self.assertEqual(self.client.download_blob(blob, target), blob)
        self.assertEqual(target.read_bytes(), data)
        with self.assertRaises(weft.NotFound):
            self.client.download_blob("sha256:" + "0" * 64, self.cluster.directory / "nothing")
        self.assertEqual(list(self.cluster.directory.glob(".nothing*")), [])
        self.assertFalse((self.cluster.directory / "nothing").exists())
        self.assertEqual(self.client.get_blob(self.client.put_blob(b"")), b"")

    def test_events_by_both_transports_and_after_an_event(self) -> None:
        for transport in ("sse", "websocket"):
            with self.subTest(transport), self.client.events(kind="task.ended", transport=transport) as events:
                job = self.client.submit({"command": "true", "array": 3})
                seen = [next(events) for _ in range(3)]
                self.assertEqual({event.task for event in seen}, {f"{job.id}.{index}" for index in range(3)})
                with self.client.events(after=seen[0].id, job=job, transport=transport) as rest:
                    while True:
                        event = next(rest)
                        if event.task == seen[-1].task and event.kind == "task.ended":
                            break
        self.assertTrue(self.client.kept_events(kind="job.submitted").items)

    def test_a_broken_stream_goes_on_where_it_was(self) -> None:
        for transport in ("sse", "websocket"):
            with self.subTest(transport), self.client.events(kind="job.submitted", transport=transport) as events:
                first = self.client.submit({"command": "true"})
                self.assertEqual(next(events).job, first.id)
                events.close()
                second = self.client.submit({"command": "true"})
                self.assertEqual(next(events).job, second.id)

    def test_logs_follow_until_the_end(self) -> None:
        job = self.client.submit({"command": "for i in 1 2 3; do echo $i; sleep 0.1; done"})
        text = "".join(piece.text for piece in self.client.logs(job, follow=True))
        self.assertEqual(text, "1\n2\n3\n")
        self.assertEqual("".join(piece.text for piece in self.client.logs(job, 0)), "1\n2\n3\n")

    def test_nodes_and_the_coordinator(self) -> None:
        (node,) = self.client.nodes()
        self.assertEqual(self.client.node(node.id).name, node.name)
        self.assertEqual(self.client.drain(node.id).state, "draining")
        self.assertEqual(self.client.drain(node.id, draining=False).state, "connected")
        stats = self.client.stats()
        self.assertGreaterEqual(stats.nodes_connected, 1)
        assert stats.log is not None
        self.assertEqual(stats.log.minimum_index, 0)
        self.assertIn("v1", self.client.version().api)
        self.assertIsNone(self.client.readiness())
        self.assertIn("weft_", self.client.metrics())
        self.assertIn("properties", self.client.job_schema())
        self.assertIn(node.name, node._repr_html_())

    def test_without_arguments_it_is_this_machines_coordinator(self) -> None:
        found = {"HOME": str(self.cluster.directory), "WEFT_DATA_DIR": str(self.cluster.data)}
        with mock.patch.dict(os.environ, {**dict.fromkeys(KEYS, ""), **found}), weft.Client() as client:
            self.assertEqual((client.url, client.whoami().role), (self.cluster.url, "admin"))

    def test_many_threads_share_a_client(self) -> None:
        done: list[int] = []

        def work() -> None:
            done.extend(self.client.submit({"command": "true"}).id for _ in range(5))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(done)), 40)
        self.client.wait(max(done))

    def test_the_same_without_blocking(self) -> None:
        async def work() -> None:
            async with weft.AsyncClient(self.cluster.url, self.cluster.token) as client:
                for transport in ("sse", "websocket"):
                    async with client.events(kind="task.ended", transport=transport) as events:
                        jobs = await asyncio.gather(*(client.submit({"command": "echo hi"}) for _ in range(3)))
                        ended = await asyncio.gather(*(client.wait(job) for job in jobs))
                        self.assertEqual({job.state for job in ended}, {"succeeded"})
                        self.assertEqual({(await events.__anext__()).job for _ in jobs}, {job.id for job in jobs})
                self.assertEqual(await client.stdout(jobs[0]), b"hi\n")
                self.assertEqual([task.index async for task in client.tasks(jobs[0])], [0])
                pieces = [piece async for piece in client.logs(jobs[0], follow=True)]
                self.assertEqual(pieces[0].data, b"hi\n")
                blob = await client.put_blob(b"x" * 100_000)
                self.assertEqual(await client.get_blob(blob), b"x" * 100_000)
                target = Path(self.cluster.directory, "async")
                await client.download_blob(blob, target)
                self.assertEqual(target.stat().st_size, 100_000)
                with self.assertRaises(weft.NotFound):
                    await client.job(10**9)

        asyncio.run(work())
