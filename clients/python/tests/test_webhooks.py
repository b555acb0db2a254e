"""Deliveries are checked as Standard Webhooks has it, and come from a coordinator to the receiver of the examples."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import json
import sys
import threading
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import weft
from weft.webhooks import sign

from .cluster import WANTED, WEFT, Cluster, wait_for

ROOT = Path(__file__).resolve().parents[3]

#: The example of the specification's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def load_receiver() -> Any:
    spec = importlib.util.spec_from_file_location("receiver", ROOT / "examples" / "webhook" / "receiver.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["receiver"] = module
    spec.loader.exec_module(module)
    return module


class VerifyTests(unittest.TestCase):
    event = json.dumps(
        {
            "specversion": "1.0",
            "id": "3-17",
            "source": "weft:coordinator:12D3",
            "type": "org.weft.job.moved",
            "subject": "7",
            "time": "2026-01-02T03:04:05.000006Z",
            "datacontenttype": "application/json",
            "data": {"id": "3-17", "at": "2026-01-02T03:04:05.000006Z", "kind": "job.moved", "job": 7, "state": "failed"},
        }
    ).encode()

    def headers(self, **changed: str) -> dict[str, str]:
        signature = sign(SECRET, "3-17", TIMESTAMP, self.event)
        headers = {"Webhook-Id": "3-17", "Webhook-Timestamp": str(TIMESTAMP), "Webhook-Signature": signature}
        return {**headers, **{f"Webhook-{name.title()}": value for name, value in changed.items()}}

    def test_the_signature_is_that_of_the_specifications_example(self) -> None:
        self.assertEqual(sign(SECRET, MESSAGE, TIMESTAMP, BODY), SIGNATURE)
        for wrong in ("", "whsec_", "MfKQ", "whsec_%%%"):
            with self.assertRaises(ValueError):
                sign(wrong, MESSAGE, TIMESTAMP, BODY)

    def test_a_right_delivery_is_an_event(self) -> None:
        delivery = weft.verify_webhook(SECRET, self.headers(), self.event, now=TIMESTAMP + 299)
        self.assertEqual((delivery.id, delivery.type, delivery.subject), ("3-17", "org.weft.job.moved", "7"))
        self.assertEqual((delivery.event.job, delivery.event.state), (7, "failed"))
        several = self.headers(signature="v1,AAAA v2,x " + self.headers()["Webhook-Signature"])
        self.assertEqual(weft.verify_webhook(SECRET, several, self.event, now=TIMESTAMP - 299).id, "3-17")

    def test_all_that_is_not_right_is_refused(self) -> None:
        other = "whsec_" + "A" * 32
        cases = [
            (other, self.headers(), self.event, 0),
            (SECRET, self.headers(), self.event + b" ", 0),
            (SECRET, self.headers(id="3-18"), self.event, 0),
            (SECRET, self.headers(timestamp=str(TIMESTAMP + 1)), self.event, 0),
            (SECRET, self.headers(timestamp="now"), self.event, 0),
            (SECRET, self.headers(signature=""), self.event, 0),
            (SECRET, {}, self.event, 0),
            (SECRET, self.headers(), self.event, 301),
            (SECRET, self.headers(), self.event, -301),
            (SECRET, self.headers(signature=sign(SECRET, "3-17", TIMESTAMP, b"[]")), b"[]", 0),
        ]
        for secret, headers, body, age in cases:
            with self.subTest(headers=headers, age=age), self.assertRaises(weft.WebhookRefused):
                weft.verify_webhook(secret, headers, body, now=TIMESTAMP + age)


@unittest.skipIf(WEFT is None, WANTED)
class ClusterTests(unittest.TestCase):
    def test_the_receiver_of_the_examples_is_told_when_a_job_ends(self) -> None:
        module = load_receiver()
        receiver = module.Receiver(0, "whsec_" + "A" * 32)
        port = receiver.server_address[1]
        thread = threading.Thread(target=receiver.serve_forever)
        thread.start()
        cluster = Cluster()
        printed, refused = io.StringIO(), io.StringIO()
        try:
            cluster.start(workers=1, saboteurs=0, settings=("--webhook-host", f"127.0.0.1:{port}"))
            with redirect_stdout(printed), redirect_stderr(refused), weft.Client(cluster.url, cluster.token) as client:
                webhook = client.create_webhook(f"http://127.0.0.1:{port}/", name="mine")
                self.assertEqual((webhook.state, webhook.kinds, webhook.pending), ("active", ("job.ended",), 0))
                self.assertNotIn(webhook.secret or "?", repr(webhook))
                self.assertFalse(client.test_webhook(webhook.id).delivered)
                receiver.secret = webhook.secret or ""
                self.assertTrue(client.test_webhook(webhook.id).delivered)
                job = client.run({"command": "true"})
                wait_for(lambda: f"org.weft.job.moved {job.id} succeeded" in printed.getvalue(), "the event", lambda: None)
                self.assertIsNone(client.webhook(webhook.id).secret)

                async def forget() -> None:
                    async with weft.AsyncClient(cluster.url, cluster.token) as other:
                        self.assertEqual([one.id for one in await other.webhooks()], [webhook.id])
                        await other.delete_webhook(webhook.id)
                        self.assertEqual(await other.webhooks(), [])

                asyncio.run(forget())
                with self.assertRaises(weft.Invalid) as caught:
                    client.create_webhook("https://elsewhere.example/", kinds=["job.ended"])
                self.assertIn("coordinator.webhook_hosts", str(caught.exception))
            self.assertIn("org.weft.webhook.test", printed.getvalue())
            self.assertIn("the signature is not", refused.getvalue())
        finally:
            cluster.stop()
            receiver.shutdown()
            thread.join()
            receiver.server_close()
