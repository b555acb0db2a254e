"""Weft from Python.

``weft.Client()`` and ``weft.AsyncClient()`` speak with a coordinator, ``weft.Executor()`` runs functions on its
workers, ``@weft.remote`` makes a function run there, ``weft.receipts`` checks receipts offline.

Names are loaded when they are first used: who only checks receipts needs no HTTP.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(["AsyncClient", "AsyncEventStream"], "_async_client"),
    **dict.fromkeys(["Client", "EventStream"], "_client"),
    **dict.fromkeys(["RetryPolicy"], "_requests"),
    **dict.fromkeys(["Input", "JobSpec", "Mount", "Output", "Requirements", "Resources", "Verification"], "jobs"),
    **dict.fromkeys(["In", "KernelJob", "Out"], "kernels"),
    **dict.fromkeys(["Environment"], "environment"),
    **dict.fromkeys(["Executor", "Future"], "executor"),
    **dict.fromkeys(["RemoteFunction", "remote"], "remote_functions"),
    **dict.fromkeys(["TaskClient"], "task_client"),
    **dict.fromkeys(["CloudEvent", "WebhookRefused", "verify_webhook"], "webhooks"),
    **dict.fromkeys(
        [
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
        ],
        "errors",
    ),
    **dict.fromkeys(
        [
            "Account",
            "Attempt",
            "Blob",
            "Completion",
            "Event",
            "Explanation",
            "Job",
            "LogPiece",
            "Movement",
            "Node",
            "Page",
            "Statement",
            "StatementLine",
            "Task",
            "Token",
            "Webhook",
            "WebhookTest",
        ],
        "models",
    ),
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 (names are texts)

if TYPE_CHECKING:
    from ._async_client import AsyncClient as AsyncClient
    from ._async_client import AsyncEventStream as AsyncEventStream
    from ._client import Client as Client
    from ._client import EventStream as EventStream
    from ._requests import RetryPolicy as RetryPolicy
    from .environment import Environment as Environment
    from .errors import APIError as APIError
    from .errors import BadRequest as BadRequest
    from .errors import BudgetTooSmall as BudgetTooSmall
    from .errors import Busy as Busy
    from .errors import CallTimeout as CallTimeout
    from .errors import CannotConnect as CannotConnect
    from .errors import ConfigurationError as ConfigurationError
    from .errors import Conflict as Conflict
    from .errors import ConnectionLost as ConnectionLost
    from .errors import DigestMismatch as DigestMismatch
    from .errors import EnvironmentMismatch as EnvironmentMismatch
    from .errors import FieldError as FieldError
    from .errors import Forbidden as Forbidden
    from .errors import Full as Full
    from .errors import Invalid as Invalid
    from .errors import JobFailed as JobFailed
    from .errors import NotAvailable as NotAvailable
    from .errors import NotFound as NotFound
    from .errors import RemoteError as RemoteError
    from .errors import ServerError as ServerError
    from .errors import TaskFailed as TaskFailed
    from .errors import TooLarge as TooLarge
    from .errors import Unauthorized as Unauthorized
    from .errors import Unavailable as Unavailable
    from .errors import UnexpectedAnswer as UnexpectedAnswer
    from .errors import WeftError as WeftError
    from .executor import Executor as Executor
    from .executor import Future as Future
    from .kernels import In as In
    from .kernels import KernelJob as KernelJob
    from .kernels import Out as Out
    from .jobs import Input as Input
    from .jobs import JobSpec as JobSpec
    from .jobs import Mount as Mount
    from .jobs import Output as Output
    from .jobs import Requirements as Requirements
    from .jobs import Resources as Resources
    from .jobs import Verification as Verification
    from .models import Account as Account
    from .models import Attempt as Attempt
    from .models import Blob as Blob
    from .models import Completion as Completion
    from .models import Event as Event
    from .models import Explanation as Explanation
    from .models import Job as Job
    from .models import LogPiece as LogPiece
    from .models import Movement as Movement
    from .models import Node as Node
    from .models import Page as Page
    from .models import Statement as Statement
    from .models import StatementLine as StatementLine
    from .models import Task as Task
    from .models import Token as Token
    from .models import Webhook as Webhook
    from .models import WebhookTest as WebhookTest
    from .remote_functions import RemoteFunction as RemoteFunction
    from .remote_functions import remote as remote
    from .task_client import TaskClient as TaskClient
    from .webhooks import CloudEvent as CloudEvent
    from .webhooks import WebhookRefused as WebhookRefused
    from .webhooks import verify_webhook as verify_webhook


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":
    return sorted(__all__)
