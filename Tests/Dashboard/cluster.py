"""What the tests look at: a real cluster of three honest workers and a saboteur, with a job of each sort."""

from __future__ import annotations

import atexit
import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

from .browser import BrowserTest
from .proxy import Proxy

#: Little enough that nobody runs out of the credits granted below.
PRICES = ("--price-cpu", "0.001", "--price-memory", "0.001", "--price-minimum", "0.001")
#: Where nobody listens.
WEBHOOKS = ("--webhook-host", "127.0.0.1:9")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients/python"))
from tests.cluster import WEFT, Cluster  # noqa: E402


class Shared:
    """One for all tests, as starting it takes seconds."""

    def __init__(self) -> None:
        self.has_saboteur = False
        self.proxy: Proxy | None = None
        self.url = os.environ.get("WEFT_DASHBOARD_URL", "")
        if self.url in ("", "coordinator"):
            admin = self._start()
        else:
            admin = os.environ["WEFT_DASHBOARD_TOKEN"]
            self.api_url = self.url
        self.tokens = {"admin": admin}
        for role in ("viewer", "submitter", "worker"):
            self.tokens[role] = self.api("POST", "/tokens", {"name": f"test-{role}", "role": role})["secret"]
        for submitter in ("admin", "test-submitter"):
            grant = {"submitter": submitter, "amount": "100000000", "reason": "for all tests"}
            self.api("POST", "/credits/grants", grant)
        checked = {
            "command": "echo some text",
            "array": 10,
            "verification": {"replicas": 4, "quorum": 3, "max_replicas": 4},
        }
        picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
        printing = f"echo {picture} | base64 -d > dot.png; echo to the log; echo to the errors >&2"
        self.jobs = {
            "checked": self.submit({"name": "checked by four", **checked}, wait=True),
            "impossible": self.submit({"name": "too large", "command": "true", "resources": {"memory": "4TiB"}}),
            "array": self.submit(
                {"name": "some fail", "command": "exit $((WEFT_TASK_INDEX % 5 == 3))", "array": 60}, wait=True
            ),
            "image": self.submit({"name": "a picture", "command": printing, "outputs": ["dot.png"]}, wait=True),
        }

    def _start(self) -> str:
        """A cluster, and a proxy before it that can be cut; the admin's token."""
        assert WEFT is not None, "WEFT_BINARY names no weft executable"
        cluster = Cluster()
        atexit.register(cluster.stop)
        self.has_saboteur = Path(WEFT).with_name("weft-saboteur").exists()
        cluster.start(workers=3, saboteurs=1 if self.has_saboteur else 0, settings=(*PRICES, *WEBHOOKS))
        # Not by the proxy, whose connections a test cuts.
        self.api_url = cluster.url
        self.proxy = Proxy(cluster.url, has_files=self.url != "coordinator")
        atexit.register(self.proxy.stop)
        self.url = self.proxy.url
        return cluster.token

    def api(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.api_url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {self.tokens['admin']}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=40) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def submit(self, job: dict[str, Any], *, wait: bool = False) -> int:
        return self.api("POST", "/jobs?wait=30s" if wait else "/jobs", job)["id"]


class ClusterTest(BrowserTest):
    shared: ClassVar[Shared | None] = None

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        shared = ClusterTest.shared = ClusterTest.shared or Shared()
        cls.url, cls.tokens, cls.jobs, cls.proxy = shared.url, shared.tokens, shared.jobs, shared.proxy
        cls.admin, cls.has_saboteur = shared.tokens["admin"], shared.has_saboteur
        cls.api, cls.submit = shared.api, shared.submit
