"""Every call of the API as a value: what is sent, and how the answer is read. No input or output here.

``Client`` and ``AsyncClient`` send what these functions make.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any, Callable, Generic, Iterable, Mapping, Sequence, TypeVar, Union
from urllib.parse import quote
from uuid import uuid4

from . import models
from .errors import APIError, Busy, DigestMismatch, UnexpectedAnswer
from .jobs import JobLike, JobSpec, plain
from .models import (
    Account,
    Blob,
    Explanation,
    Identity,
    Job,
    Movement,
    Node,
    Page,
    Statement,
    Stats,
    Task,
    Token,
    Version,
    Webhook,
    WebhookTest,
)

T = TypeVar("T")

#: A job, by itself or by its number.
JobRef = Union[int, str, Job]

#: What a bounded wait of the coordinator may last.
LONGEST_WAIT_SECONDS = 60.0
#: Streams carry a heartbeat every 15 seconds; a waiting request is silent for a minute at most.
READ_TIMEOUT_SECONDS = 90.0
CONNECT_TIMEOUT_SECONDS = 5.0
CALL_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back: a success."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise UnexpectedAnswer(f"the coordinator's answer is no JSON: {self.body[:80]!r}") from error


@dataclass(frozen=True)
class Request(Generic[T]):
    """One call. ``is_idempotent``: doing it twice is the same as once, so a lost connection is tried again."""

    method: str
    path: str
    read: Callable[[Answer], T]
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    is_idempotent: bool = True
    timeout_seconds: float = CALL_TIMEOUT_SECONDS


@dataclass(frozen=True)
class RetryPolicy:
    """How patient a client is. ``attempts`` counts the first one, too; the delays double and vary."""

    attempts: int = 5
    first_delay_seconds: float = 0.2
    longest_delay_seconds: float = 15.0

    def delay_seconds(self, attempt: int, error: Exception, *, is_idempotent: bool) -> float | None:
        """How long to wait after attempt number ``attempt``, from 1; None: give up."""
        if attempt >= self.attempts:
            return None
        backoff: float = min(self.first_delay_seconds * 2 ** min(attempt - 1, 10), 10.0)
        backoff *= random.uniform(0.5, 1.0)  # noqa: S311 (so that many clients do not come back at once)
        if not isinstance(error, APIError):
            return backoff if is_idempotent else None
        if not (isinstance(error, Busy) or (error.status in (502, 503, 504) and is_idempotent)):
            return None
        asked = error.retry_after_seconds
        if asked is None:
            return backoff
        return max(asked, backoff) if asked <= self.longest_delay_seconds else None


def job_id(job: JobRef) -> str:
    """A job's number as a text for paths; other texts are refused here, where they could name another route."""
    text = str(job.id if isinstance(job, Job) else job)
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise ValueError(f"{text!r} is no number of a job")
    return text


def digest_of(blob: str | Blob) -> str:
    text = blob.digest if isinstance(blob, Blob) else blob
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ValueError(f"{text!r} is no digest; one is sha256: and 64 hexadecimal digits")
    return text


def _segment(text: str) -> str:
    return quote(text, safe="")


def one(model: type[T]) -> Callable[[Answer], T]:
    return lambda answer: models.read(model, answer.json())


def page(model: type[T]) -> Callable[[Answer], Page[T]]:
    return lambda answer: models.read_page(model, answer.json())


def _body(answer: Answer) -> bytes:
    return answer.body


def _wait(seconds: float) -> list[tuple[str, str]]:
    bounded = min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
    return [("wait", f"{int(bounded * 1000)}ms")] if bounded > 0 else []


def submit(
    job: JobLike,
    idempotency_key: str | None = None,
    wait_seconds: float = 0,
    traceparent: str | None = None,
) -> Request[Job]:
    """A key of its own makes it safe to try again; one that the job has, or that is given, stays."""
    headers = {"content-type": "application/json"}
    if traceparent is not None:
        headers["traceparent"] = traceparent
    if isinstance(job, str):
        headers["content-type"] = "application/json" if job.lstrip().startswith("{") else "application/yaml"
        content = job.encode()
        has_key = False
    else:
        document = job.document() if isinstance(job, JobSpec) else plain(job)
        content = json.dumps(document, ensure_ascii=False).encode()
        has_key = document.get("idempotency_key") is not None
    if idempotency_key is not None:
        headers["idempotency-key"] = idempotency_key
    elif not has_key and not isinstance(job, str):
        headers["idempotency-key"] = f"python-{uuid4().hex}"
    return Request(
        "POST",
        "/api/v1/jobs",
        one(Job),
        _wait(wait_seconds),
        headers,
        content,
        is_idempotent=has_key or "idempotency-key" in headers,
        timeout_seconds=CALL_TIMEOUT_SECONDS + wait_seconds,
    )


def jobs(
    states: Iterable[str], submitter: str | None, labels: Mapping[str, str], cursor: str | None, limit: int
) -> Request[Page[Job]]:
    query = [("state", state) for state in states]
    query += [("submitter", submitter)] if submitter is not None else []
    query += [("label", f"{name}={value}") for name, value in labels.items()]
    return Request("GET", "/api/v1/jobs", page(Job), _paging(query, cursor, limit))


def job(job: JobRef, wait_seconds: float = 0) -> Request[Job]:
    return Request(
        "GET",
        f"/api/v1/jobs/{job_id(job)}",
        one(Job),
        _wait(wait_seconds),
        timeout_seconds=CALL_TIMEOUT_SECONDS + wait_seconds,
    )


def spec(job: JobRef) -> Request[Any]:
    return Request("GET", f"/api/v1/jobs/{job_id(job)}/spec", Answer.json)


def cancel(job: JobRef) -> Request[Job]:
    return Request("POST", f"/api/v1/jobs/{job_id(job)}/cancel", one(Job))


def explain(job: JobRef, task: int | None) -> Request[Explanation]:
    query = [("task", str(task))] if task is not None else []
    return Request("GET", f"/api/v1/jobs/{job_id(job)}/explain", one(Explanation), query)


def tasks(
    job: JobRef, states: Iterable[str], *, disagreed: bool, attempts: bool, cursor: str | None, limit: int
) -> Request[Page[Task]]:
    query = [("state", state) for state in states]
    query += [("disagreed", "true")] if disagreed else []
    query += [("attempts", "true")] if attempts else []
    return Request("GET", f"/api/v1/jobs/{job_id(job)}/tasks", page(Task), _paging(query, cursor, limit))


def results(job: JobRef, cursor: str | None, limit: int) -> Request[Page[Task]]:
    return Request("GET", f"/api/v1/jobs/{job_id(job)}/results", page(Task), _paging([], cursor, limit))


def task_path(job: JobRef, index: int) -> str:
    return f"/api/v1/jobs/{job_id(job)}/tasks/{int(index)}"


def output_path(job: JobRef, index: int, path: str) -> str:
    return f"{task_path(job, index)}/outputs/{quote(path, safe='/')}"


def blob_path(digest: str | Blob) -> str:
    return f"/api/v1/blobs/{digest_of(digest)}"


def task(job: JobRef, index: int) -> Request[Task]:
    return Request("GET", task_path(job, index), one(Task))


def receipt(job: JobRef, index: int) -> Request[bytes]:
    return Request("GET", task_path(job, index) + "/receipt", _body)


def content(path: str) -> Request[bytes]:
    """Bytes that the entity tag has the digest of; an empty stream has none."""
    return Request("GET", path, lambda answer: checked(answer.body, answer.headers))


def blob_size(digest: str | Blob) -> Request[int]:
    return Request("HEAD", blob_path(digest), lambda answer: int(answer.headers["content-length"]))


def stored(expected: Blob) -> Callable[[Answer], Blob]:
    """Reads the answer to an upload: the coordinator must have got the very bytes."""

    def read(answer: Answer) -> Blob:
        blob = models.read(Blob, answer.json())
        if blob != expected:
            raise DigestMismatch(f"{expected.digest} ({expected.size_bytes} bytes) was sent, {blob.digest} was kept")
        return blob

    return read


def expected_digest(headers: Mapping[str, str]) -> str | None:
    """The digest that an answer's entity tag names."""
    match = re.fullmatch(r'"(sha256:[0-9a-f]{64})"', headers.get("etag", ""))
    return match[1] if match else None


def checked(data: bytes, headers: Mapping[str, str]) -> bytes:
    expected = expected_digest(headers)
    if expected is not None and f"sha256:{sha256(data).hexdigest()}" != expected:
        raise DigestMismatch(f"the {len(data)} bytes that came are not {expected}")
    return data


def nodes() -> Request[Page[Node]]:
    return Request("GET", "/api/v1/nodes", page(Node))


def node(node: str) -> Request[Node]:
    return Request("GET", f"/api/v1/nodes/{_segment(node)}", one(Node))


def drain(node: str, *, draining: bool) -> Request[Node]:
    return _post(f"/api/v1/nodes/{_segment(node)}/drain", one(Node), {"draining": draining}, is_idempotent=True)


def tokens() -> Request[Page[Token]]:
    return Request("GET", "/api/v1/tokens", page(Token))


def create_token(name: str, role: str) -> Request[Token]:
    return _post("/api/v1/tokens", one(Token), {"name": name, "role": role}, is_idempotent=False)


def revoke_token(name: str) -> Request[None]:
    return Request("DELETE", f"/api/v1/tokens/{_segment(name)}", lambda _: None)


def webhooks() -> Request[Page[Webhook]]:
    return Request("GET", "/api/v1/webhooks", page(Webhook))


def webhook(webhook: str) -> Request[Webhook]:
    return Request("GET", f"/api/v1/webhooks/{_segment(webhook)}", one(Webhook))


def create_webhook(url: str, kinds: Sequence[str], job: JobRef | None, name: str | None) -> Request[Webhook]:
    document: dict[str, Any] = {"url": url}
    if kinds:
        document["kinds"] = list(kinds)
    if job is not None:
        document["job"] = int(job_id(job))
    if name is not None:
        document["name"] = name
    return _post("/api/v1/webhooks", one(Webhook), document, is_idempotent=False)


def delete_webhook(webhook: str) -> Request[None]:
    return Request("DELETE", f"/api/v1/webhooks/{_segment(webhook)}", lambda _: None)


def test_webhook(webhook: str) -> Request[WebhookTest]:
    return _post(f"/api/v1/webhooks/{_segment(webhook)}/test", one(WebhookTest), {}, is_idempotent=False)


def account(account: str) -> Request[Account]:
    return Request("GET", f"/api/v1/credits/{_segment(account)}", one(Account))


def accounts(cursor: str | None, limit: int) -> Request[Page[Account]]:
    return Request("GET", "/api/v1/credits", page(Account), _paging([], cursor, limit))


def statement(
    account: str, start: datetime | None, end: datetime | None, cursor: str | None, limit: int
) -> Request[Statement]:
    query = [(name, _moment(time)) for name, time in (("from", start), ("to", end)) if time is not None]
    path = f"/api/v1/credits/{_segment(account)}/statement"
    return Request("GET", path, one(Statement), _paging(query, cursor, limit))


def grant(submitter: str, amount: Decimal | int | str, reason: str, key: str | None) -> Request[Movement]:
    """A key of its own makes it safe to try again."""
    document = {"submitter": submitter, "amount": _amount(amount), "reason": reason}
    return Request(
        "POST",
        "/api/v1/credits/grants",
        one(Movement),
        headers={"content-type": "application/json", "idempotency-key": key or f"python-{uuid4().hex}"},
        content=json.dumps(document).encode(),
    )


def _amount(amount: Decimal | int | str) -> str:
    """Exactly as it is; binary fractions are none."""
    if isinstance(amount, float):
        raise TypeError("an amount of credits is a Decimal, an int or a text: a float is not exact")
    return amount if isinstance(amount, str) else f"{Decimal(amount):f}"


def _moment(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError("a time without its zone could be any; give it one")
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whoami() -> Request[Identity]:
    return Request("GET", "/api/v1/whoami", one(Identity))


def stats() -> Request[Stats]:
    return Request("GET", "/api/v1/stats", one(Stats))


def version() -> Request[Version]:
    return Request("GET", "/api/v1/version", one(Version))


def job_schema() -> Request[Any]:
    return Request("GET", "/api/v1/schema/job", Answer.json)


def metrics() -> Request[str]:
    return Request("GET", "/metrics", lambda answer: answer.body.decode(errors="replace"))


def ready() -> Request[None]:
    """Not tried again: who asks whether it is ready wants to know of now."""
    return Request("GET", "/readyz", lambda _: None, is_idempotent=False)


def kept_events(
    after: str | None, job: JobRef | None, node: str | None, kinds: Iterable[str], limit: int, wait_seconds: float
) -> Request[Page[models.Event]]:
    query = event_query(job, node, kinds)
    query += [("after", after)] if after is not None else []
    query += [("limit", str(limit)), *_wait(wait_seconds)]
    timeout = CALL_TIMEOUT_SECONDS + wait_seconds
    return Request("GET", "/api/v1/events", page(models.Event), query, timeout_seconds=timeout)


def event_query(job: JobRef | None, node: str | None, kinds: Iterable[str]) -> list[tuple[str, str]]:
    query = [("kind", kind) for kind in kinds]
    query += [("job", job_id(job))] if job is not None else []
    query += [("node", node)] if node is not None else []
    return query


def log_query(task: int | None, *, follow: bool) -> list[tuple[str, str]]:
    query = [("task", str(task))] if task is not None else []
    return query + ([("follow", "true")] if follow else [])


def names(values: str | Iterable[str] | None) -> list[str]:
    """One name, several, or none."""
    return [] if values is None else [values] if isinstance(values, str) else list(values)


def _paging(query: list[tuple[str, str]], cursor: str | None, limit: int) -> list[tuple[str, str]]:
    return [*query, *([("cursor", cursor)] if cursor is not None else []), ("limit", str(limit))]


def _post(path: str, read: Callable[[Answer], T], document: Any, *, is_idempotent: bool) -> Request[T]:
    return Request(
        "POST",
        path,
        read,
        headers={"content-type": "application/json"},
        content=json.dumps(document).encode(),
        is_idempotent=is_idempotent,
    )
