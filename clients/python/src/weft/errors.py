"""What can go wrong, as types.

``WeftError`` is above them all. Below it: ``APIError`` and its subclasses are what a coordinator answers (RFC 9457
problem documents), ``CannotConnect``, ``ConnectionLost`` and ``CallTimeout`` are the way to it, ``JobFailed`` and
``TaskFailed`` are
work that went wrong, and ``RemoteError`` is an exception of a function that cannot be had as itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping

if TYPE_CHECKING:
    from .models import Job, Task

__all__ = [
    "APIError",
    "BadRequest",
    "BudgetTooSmall",
    "Busy",
    "CallTimeout",
    "CannotConnect",
    "ConfigurationError",
    "Conflict",
    "ConnectionLost",
    "DigestMismatch",
    "EnvironmentMismatch",
    "FieldError",
    "Forbidden",
    "Full",
    "Invalid",
    "JobFailed",
    "NotAvailable",
    "NotFound",
    "RemoteError",
    "ServerError",
    "TaskFailed",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "WeftError",
    "problem",
]


class WeftError(Exception):
    """Above every error that this package raises of its own."""


class ConfigurationError(WeftError, ValueError):
    """An address, a token file or an argument cannot be used."""


class CannotConnect(WeftError, ConnectionError):
    """No coordinator answers at the address."""


class ConnectionLost(WeftError, ConnectionError):
    """The connection broke, and trying again did not help or could have done the work twice."""


class CallTimeout(WeftError, TimeoutError):
    """The coordinator did not answer, or what was waited for did not come about, in time."""


class UnexpectedAnswer(WeftError):
    """What came back is not what Weft's API promises: another server, or another version."""


class DigestMismatch(WeftError):
    """Bytes are not those that their digest names; nothing of them was kept."""


class NotAvailable(WeftError, NotImplementedError):
    """Weft has no such thing yet; the message says what is missing."""


class EnvironmentMismatch(WeftError, ImportError):
    """A worker's Python cannot run this function: another version, or a module is missing there."""


class RemoteError(WeftError):
    """A function raised what cannot be brought back as itself.

    ``type_name`` is the exception's, ``traceback`` the text of the traceback on the worker.
    """

    def __init__(self, type_name: str, message: str, traceback: str) -> None:
        super().__init__(f"{type_name}: {message}")
        self.type_name = type_name
        self.traceback = traceback


class JobFailed(WeftError):
    """A job ended otherwise than by success. ``job`` is how it ended."""

    def __init__(self, job: Job) -> None:
        reason = f": {job.reason}" if job.reason else f": {job.counts.failed} of {job.counts.total} tasks failed"
        super().__init__(f"job {job.id} ({job.name}) {job.state}{reason}")
        self.job = job


class TaskFailed(WeftError):
    """A task ended without an answer of the function: a limit was reached, it was cancelled, its process died.

    ``task`` is how it ended, ``stderr`` the end of what it printed on standard error.
    """

    def __init__(self, task: Task, stderr: str = "") -> None:
        status = f"exit status {task.completion.exit_status}" if task.completion else ""
        reason = task.reason or status or "without an answer"
        tail = f"\n{stderr}" if stderr else ""
        super().__init__(f"task {task.id} {task.state}: {reason}{tail}")
        self.task = task
        self.stderr = stderr


@dataclass(frozen=True)
class FieldError:
    """One field of what was sent that is wrong: its path (``inputs[2].blob``), and what would be right."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class APIError(WeftError):
    """The coordinator refused. ``type`` is the kind of problem (docs/api.md), ``errors`` every field that is wrong.

    ``retry_after_seconds`` is when trying again may help, where the coordinator said so.
    """

    def __init__(
        self,
        status: int,
        title: str,
        *,
        type: str = "about:blank",  # noqa: A002 (RFC 9457's word)
        detail: str | None = None,
        errors: tuple[FieldError, ...] = (),
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        lines = [detail or title, *(f"  {error}" for error in errors if len(errors) > 1)]
        super().__init__("\n".join(lines))
        self.status = status
        self.title = title
        self.type = type
        self.detail = detail
        self.errors = errors
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class BadRequest(APIError):
    """400, 405, 408, 415, 416, 421, 431: the request as such; seen with another version or through a proxy."""


class Unauthorized(APIError):
    """401: no token, or one that is unknown or revoked."""


class BudgetTooSmall(APIError):
    """402: the submitter has less than the job can cost. ``detail`` says what there is, is needed and is missing."""


class Forbidden(APIError):
    """403: the token's role does not suffice."""


class NotFound(APIError):
    """404: no such job, task, output, node or blob."""


class Conflict(APIError):
    """409: not in this state, for example an output of a task that still runs."""


class TooLarge(APIError):
    """413: above a bound of the coordinator."""


class Invalid(APIError):
    """422: ``errors`` has every field that is wrong."""


class Busy(APIError):
    """429: after ``retry_after_seconds`` it may work. Has been tried again by then."""


class ServerError(APIError):
    """500 and other failures of the coordinator itself; its log has them under ``request_id``."""


class Unavailable(APIError):
    """503: not ready, or shutting down. Has been tried again by then, where that does no harm."""


class Full(APIError):
    """507: no room for a blob."""


_BY_STATUS: Mapping[int, type[APIError]] = {
    401: Unauthorized,
    402: BudgetTooSmall,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    429: Busy,
    503: Unavailable,
    507: Full,
}


def problem(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error that an answer means. ``body`` need not be a problem document: proxies answer, too."""
    document = _document(body)
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else BadRequest)
    errors = document.get("errors")
    return kind(
        status,
        str(document.get("title") or f"HTTP {status}"),
        type=str(document.get("type") or "about:blank"),
        detail=_text(document.get("detail")),
        errors=tuple(
            FieldError(str(error.get("field", "")), str(error.get("message", "")))
            for error in (errors if isinstance(errors, list) else [])
            if isinstance(error, dict)
        ),
        request_id=_text(document.get("request_id")) or headers.get("x-request-id"),
        retry_after_seconds=_seconds(headers.get("retry-after")),
    )


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        text = body[:200].decode(errors="replace").strip()
        return {"detail": text} if text else {}
    return document if isinstance(document, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
