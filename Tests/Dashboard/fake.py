"""An API with more in it than a test's cluster could have: a job of 10,000 tasks, 500 nodes, and events without end."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import random
import socket
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .proxy import FILES

TASKS = 10_000
NODES = 500
JOB = 1
#: Batches of events a second, and events in each.
BATCHES = 25
BATCH = 80
NOW = "2026-01-02T03:04:05.000006Z"
SCHEMA = FILES.parent / "schemas/job.schema.json"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def node_id(number: int) -> str:
    seeded = random.Random(number)
    return "12D3KooW" + "".join(seeded.choice(ALPHABET) for _ in range(44))


class FakeAPI:
    def __init__(self) -> None:
        self.states = ["waiting"] * TASKS
        self.sent = 0
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def answer(self, connection: socket.socket, method: str, target: str, headers: dict[str, str]) -> None:
        url = urlsplit(target)
        if headers.get("upgrade", "").lower() == "websocket":
            self._events(connection, headers)
            return
        body = self._body(url.path, parse_qs(url.query))
        status = "404 Not Found" if body is None else "200 OK"
        data = json.dumps(body or {"title": "There is no such thing", "status": 404}).encode()
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\nconnection: close\r\n\r\n"
        connection.sendall(head.encode() + data)

    def _body(self, path: str, query: dict[str, list[str]]) -> Any:
        plain = {
            "/api/v1/whoami": lambda: {"name": "fake", "role": "admin"},
            "/api/v1/stats": self._stats,
            "/api/v1/nodes": lambda: {"items": [node(number) for number in range(NODES)]},
            "/api/v1/jobs": lambda: {"items": [self._job()] if "cursor" not in query else []},
            f"/api/v1/jobs/{JOB}": self._job,
            f"/api/v1/jobs/{JOB}/spec": lambda: {
                "array": {"count": TASKS, "first": 0},
                "name": "ten thousand",
                "payload": {"process": {"command": ["true"]}},
            },
            f"/api/v1/jobs/{JOB}/explain": lambda: {"kind": "notNow", "summary": "all nodes are busy", "reasons": []},
            f"/api/v1/jobs/{JOB}/tasks": lambda: self._tasks(query),
            "/api/v1/events": lambda: {"items": [self._event() for _ in range(1000)]},
            "/api/v1/schema/job": lambda: json.loads(SCHEMA.read_text()),
        }
        return plain[path]() if path in plain else None

    def _counts(self) -> dict[str, int]:
        ended = {state: self.states.count(state) for state in ("running", "succeeded", "failed")}
        return {"total": TASKS, "cancelled": 0, "disagreed": 0, **ended}

    def _job(self) -> dict[str, Any]:
        return {
            "id": JOB,
            "name": "ten thousand",
            "state": "running",
            "submitter": "fake",
            "submitted_at": NOW,
            "counts": self._counts(),
            "priority": 0,
            "labels": {},
            "spec_digest": "sha256:" + "ab" * 32,
        }

    def _tasks(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start = int(query["cursor"][0]) + 1 if "cursor" in query else 0
        end = min(TASKS, start + int(query.get("limit", ["1000"])[0]))
        items = [
            {"id": f"{JOB}.{at}", "job": JOB, "index": at, "state": self.states[at], "dissenters": 0}
            for at in range(start, end)
        ]
        return {"items": items, **({"next": str(end - 1)} if end < TASKS else {})}

    def _stats(self) -> dict[str, Any]:
        counters = (
            "attempts_ended",
            "attempts_lost",
            "backups",
            "disagreements",
            "subscribers",
            "commits",
            "committed_changes",
        )
        return {
            "coordinator": node_id(0),
            "version": "fake",
            "started_at": NOW,
            "uptime_seconds": 60,
            "jobs_unfinished": 1,
            "tasks_waiting": self.states.count("waiting"),
            "attempts_running": self.states.count("running"),
            "tasks_ended": self.sent,
            "nodes_connected": NODES,
            "nodes_known": NODES,
            **dict.fromkeys(counters, 0),
        }

    def _event(self) -> dict[str, Any]:
        self.sent += 1
        index = random.randrange(TASKS)
        event: dict[str, Any] = {"id": f"1-{self.sent}", "at": NOW, "job": JOB, "task": f"{JOB}.{index}"}
        if self.sent % 20 == 0:
            return {
                "id": event["id"],
                "at": NOW,
                "kind": "job.moved",
                "job": JOB,
                "state": "running",
                "counts": self._counts(),
            }
        if self.sent % 33 == 0:
            number = random.randrange(NODES)
            return {
                "id": event["id"],
                "at": NOW,
                "kind": "node.changed",
                "node": node_id(number),
                "name": f"node{number}",
                "score": 50,
            }
        if self.states[index] == "waiting":
            self.states[index] = "running"
            return {**event, "kind": "attempt.started", "attempt": f"{JOB}.{index}.0@1", "node": node_id(index % NODES)}
        state = self.states[index] = random.choice(["succeeded", "succeeded", "succeeded", "failed"])
        return {**event, "kind": "task.ended", "state": state, "verdict": "agreed"}

    def _events(self, connection: socket.socket, headers: dict[str, str]) -> None:
        accept = hashlib.sha1((headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            b"sec-websocket-protocol: weft.events.v1\r\nsec-websocket-accept: " + base64.b64encode(accept) + b"\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            while not self._stop.wait(1 / BATCHES):
                data = json.dumps([self._event() for _ in range(BATCH)]).encode()
                connection.sendall(b"\x81\x7e" + len(data).to_bytes(2, "big") + data)


def node(number: int) -> dict[str, Any]:
    seeded = random.Random(number + int(time.time()))
    capacity = {"cpu_millis": 8000, "memory_bytes": 16 << 30, "disk_bytes": 1 << 40, "devices": []}
    free = {**capacity, "cpu_millis": seeded.randrange(8) * 1000, "memory_bytes": seeded.randrange(16) << 30}
    drivers = [
        {"name": name, "version": "1", "payloads": ["process"], "architectures": [], "enforced": []}
        for name in ("process", "wasm")
    ]
    return {
        "id": node_id(number),
        "name": f"node{number}",
        "state": "connected",
        "route": "relayed" if number % 3 == 0 else "direct",
        "free": free,
        "running_attempts": seeded.randrange(8),
        "reputation": {"score": 50, "agreements": 10, "disagreements": 0},
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        "profile": {
            "name": f"node{number}",
            "operating_system": "linux",
            "architecture": "x86_64",
            "capacity": capacity,
            "drivers": drivers,
            "labels": {},
            "owner": "",
            "isolation": "process",
            "enforced": [],
            "notes": [],
            "version": "fake",
            "submitters": [],
            "signers": [],
            "paused": "",
        },
    }
