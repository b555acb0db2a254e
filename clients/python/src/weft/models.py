"""What a coordinator says, as values: the JSON bodies of docs/api.md.

Moments are aware ``datetime`` in UTC, digests texts ``sha256:…``, sizes bytes, times microseconds or seconds as their
names say. Fields that this version does not know are left out.
"""

# ruff: noqa: UP045 (the annotations are evaluated, also by Python 3.9)

from __future__ import annotations

import dataclasses
import re
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from html import escape
from typing import Any, Dict, Generic, Iterator, Mapping, Optional, Tuple, TypeVar, Union, get_type_hints

from . import _html
from .errors import JobFailed, UnexpectedAnswer

T = TypeVar("T")

_FINAL = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True)
class Blob:
    """Immutable bytes, by name and length."""

    digest: str
    size_bytes: int


@dataclass(frozen=True)
class TaskCounts:
    """How many of a job's tasks are in which state; the rest waits. ``disagreed`` counts tasks in which answers
    differed.
    """

    total: int
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    disagreed: int = 0

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed + self.cancelled

    @property
    def waiting(self) -> int:
        return self.total - self.ended - self.running


@dataclass(frozen=True)
class JobCredits:
    """What a job costs. ``reserved`` is set aside for it, ``spent`` was paid to nodes so far; ``refunded`` is None until
    nothing of the job is left to happen.
    """

    reserved: Decimal
    spent: Decimal
    refunded: Optional[Decimal] = None


@dataclass(frozen=True)
class Job:
    """A job at one moment. ``state``: ``waiting``, ``running``, ``succeeded``, ``failed`` or ``cancelled``.

    ``traceparent`` is the submitter's span, as W3C Trace Context has it.
    ``cached`` is how many of its tasks were given verified answers of earlier ones; None in lists, and where a job uses none.
    """

    id: int
    name: str
    state: str
    submitter: str
    submitted_at: datetime
    counts: TaskCounts
    spec_digest: str
    priority: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    reason: Optional[str] = None
    ended_at: Optional[datetime] = None
    #: None where jobs cost nothing.
    credits: Optional[JobCredits] = None
    cached: Optional[int] = None
    traceparent: Optional[str] = None

    @property
    def has_ended(self) -> bool:
        return self.state in _FINAL

    def check(self) -> Job:
        """The job itself if it succeeded; raises ``JobFailed`` if it ended otherwise."""
        if self.has_ended and self.state != "succeeded":
            raise JobFailed(self)
        return self

    def _repr_html_(self) -> str:
        return _html.job(self)


@dataclass(frozen=True)
class OutputFile:
    """A declared output; ``blob`` is None when an optional one was not there."""

    path: str
    blob: Optional[Blob] = None


@dataclass(frozen=True)
class Completion:
    """What a payload left behind. ``standard_output`` is None when it was empty."""

    exit_status: int
    outputs: Tuple[OutputFile, ...] = ()
    standard_output: Optional[Blob] = None
    standard_error: Optional[Blob] = None


@dataclass(frozen=True)
class Usage:
    """What an attempt used; None where its driver could not count it."""

    wall_microseconds: int
    cpu_microseconds: Optional[int] = None
    peak_memory_bytes: Optional[int] = None
    disk_bytes: Optional[int] = None
    output_bytes: Optional[int] = None


@dataclass(frozen=True)
class AttemptFailure:
    """Why an attempt gave no answer: ``kind`` is like ``timedOut``, ``outOfMemory``, ``nodeLost``."""

    kind: str
    message: str


@dataclass(frozen=True)
class Attempt:
    """One try at a replica, on one node. ``agreed`` is None while that is open."""

    id: str
    replica: int
    node: str
    node_name: str
    state: str
    started_at: Optional[datetime] = None
    finished_at: Optional[datetime] = None
    answer: Optional[str] = None
    agreed: Optional[bool] = None
    completion: Optional[Completion] = None
    failure: Optional[AttemptFailure] = None
    usage: Optional[Usage] = None


@dataclass(frozen=True)
class Task:
    """One task. ``completion`` is the agreed answer; ``attempts`` is None in lists that were not asked for them.

    ``cached_from`` is the task that was run in its place, as ``42.7``: answer, outputs and receipt are that one's.
    """

    id: str
    job: int
    index: int
    state: str
    verdict: Optional[str] = None
    answer: Optional[str] = None
    reason: Optional[str] = None
    dissenters: int = 0
    ended_at: Optional[datetime] = None
    completion: Optional[Completion] = None
    cached_from: Optional[str] = None
    attempts: Optional[Tuple[Attempt, ...]] = None

    @property
    def has_ended(self) -> bool:
        return self.state in _FINAL

    def output(self, path: str) -> Optional[Blob]:
        """The blob of a declared output of the agreed answer; None without."""
        outputs = self.completion.outputs if self.completion else ()
        return next((output.blob for output in outputs if output.path == path), None)


@dataclass(frozen=True)
class Reason:
    """One reason why a task waits, on some of the nodes."""

    field: str
    message: str
    nodes: Tuple[str, ...] = ()
    node_count: int = 0


@dataclass(frozen=True)
class Explanation:
    """Why a task waits. ``kind``: ``notWaiting``, ``notNow`` (it will run) or ``neverHere`` (no node could ever run
    it).
    """

    kind: str
    summary: str
    reasons: Tuple[Reason, ...] = ()
    suggestion: Optional[str] = None

    def __str__(self) -> str:
        return self.summary + (f"; {self.suggestion}" if self.suggestion else "")


@dataclass(frozen=True)
class DeviceCount:
    """So many devices of one kind."""

    kind: str
    count: int = 1


@dataclass(frozen=True)
class NodeResources:
    """What a node offers, or what is free of that. A processor has 1000 ``cpu_millis``."""

    cpu_millis: int
    memory_bytes: int
    disk_bytes: int
    devices: Tuple[DeviceCount, ...] = ()


@dataclass(frozen=True)
class Device:
    """A device of a node besides its processor. ``fault`` says why it is out of use; it works if that is empty."""

    id: str
    kind: str
    vendor: str = ""
    model: str = ""
    memory_bytes: Optional[int] = None
    #: As its vendor counts: ``9.0``.
    capability: Optional[str] = None
    #: As compilers name it: ``sm_90``, ``gfx90a``.
    architecture: str = ""
    driver: str = ""
    pci_address: str = ""
    #: Drivers that reach it: ``cuda``, ``hip``, ``level-zero``, ``opencl``.
    backends: Tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class ProcessorBenchmark:
    """How fast a processor, its memory and a worker's disk are; None for what was not measured."""

    single_megaflops: Optional[int] = None
    all_megaflops: Optional[int] = None
    memory_bytes_per_second: Optional[int] = None
    disk_write_bytes_per_second: Optional[int] = None
    disk_read_bytes_per_second: Optional[int] = None


@dataclass(frozen=True)
class DeviceBenchmark:
    """How fast a device is; None for what was not measured, and ``notes`` say why."""

    id: str
    backend: str = ""
    double_megaflops: Optional[int] = None
    single_megaflops: Optional[int] = None
    half_megaflops: Optional[int] = None
    memory_bytes_per_second: Optional[int] = None
    upload_bytes_per_second: Optional[int] = None
    download_bytes_per_second: Optional[int] = None
    launch_nanoseconds: Optional[int] = None
    allocatable_bytes: Optional[int] = None
    load_millidegrees: Optional[int] = None
    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """How fast a node is, measured and signed by itself. ``measured_at``: microseconds since the Unix epoch."""

    fingerprint: str
    measured_at: int
    processor: ProcessorBenchmark
    devices: Tuple[DeviceBenchmark, ...] = ()
    signature: str = ""


@dataclass(frozen=True)
class Driver:
    """How a node runs some kinds of payload."""

    name: str
    version: str = ""
    payloads: Tuple[str, ...] = ()
    isolation: Optional[str] = None
    architectures: Tuple[str, ...] = ()
    enforced: Tuple[str, ...] = ()
    #: Whether it shows directories at absolute paths.
    mounts: bool = False


@dataclass(frozen=True)
class NodeProfile:
    """What a worker says of its machine."""

    name: str
    operating_system: str
    architecture: str
    capacity: NodeResources
    drivers: Tuple[Driver, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    isolation: str = "none"
    enforced: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()
    version: str = ""
    submitters: Tuple[str, ...] = ()
    signers: Tuple[str, ...] = ()
    paused: str = ""
    #: The processor's model; empty where that is not known.
    processor: str = ""
    devices: Tuple[Device, ...] = ()
    #: None before the node has measured itself.
    benchmark: Optional[Benchmark] = None


@dataclass(frozen=True)
class Reputation:
    """What the coordinator has learnt of a node's honesty: ``score`` from 0 to 100."""

    score: int
    agreements: int = 0
    disagreements: int = 0


@dataclass(frozen=True)
class Node:
    """A machine.

    ``state``: ``connected``, ``silent``, ``draining``, ``paused`` or ``away``. ``route``: how the coordinator's link gets
    to it, ``direct`` or ``relayed``; None while it has none.
    """

    id: str
    name: str
    state: str
    profile: NodeProfile
    free: NodeResources
    reputation: Reputation
    first_seen_at: datetime
    last_seen_at: datetime
    running_attempts: int = 0
    route: str | None = None

    def _repr_html_(self) -> str:
        return _html.nodes([self])


@dataclass(frozen=True)
class Token:
    """A token of the API. ``secret`` is there in the answer to its creation only."""

    name: str
    role: str
    created_at: datetime
    revoked_at: Optional[datetime] = None
    secret: Optional[str] = field(default=None, repr=False)


@dataclass(frozen=True)
class Webhook:
    """Whom the coordinator tells of events, and how that goes. ``secret`` is there in the answer to its creation only.

    ``state`` is ``active``, ``failing`` (it is tried again) or ``disabled``, for ``disabled_reason``.
    """

    id: str
    url: str
    kinds: Tuple[str, ...]
    owner: str
    created_at: datetime
    state: str
    pending: int
    missed: int
    failures: int
    name: Optional[str] = None
    job: Optional[int] = None
    last_delivery_at: Optional[datetime] = None
    last_attempt_at: Optional[datetime] = None
    last_error: Optional[str] = None
    failing_since: Optional[datetime] = None
    disabled_at: Optional[datetime] = None
    disabled_reason: Optional[str] = None
    secret: Optional[str] = field(default=None, repr=False)


@dataclass(frozen=True)
class WebhookTest:
    """What became of a test: what the receiver answered, or why it did not."""

    delivered: bool
    seconds: float
    status: Optional[int] = None
    error: Optional[str] = None


@dataclass(frozen=True)
class Identity:
    """Whose token this is, and what it may: ``viewer``, ``submitter``, ``admin`` or ``worker``."""

    name: str
    role: str


@dataclass(frozen=True)
class Version:
    """What the coordinator runs, the versions of the API that it speaks, and its peer id."""

    version: str
    api: Tuple[str, ...]
    coordinator: str


@dataclass(frozen=True)
class Account:
    """What an account has: ``submitter:NAME``, ``node:ID``, ``escrow:JOB`` or ``issuance``, which is below 0 by what was
    granted. ``reserved``, of a submitter: what is set aside for its jobs that have not ended.
    """

    account: str
    balance: Decimal
    reserved: Optional[Decimal] = None


@dataclass(frozen=True)
class Movement:
    """Credits that went from one account to another. ``kind``: ``grant``, ``escrow``, ``top_up``, ``payment``, ``refund`` or
    ``reversal``. A payment names its ``task`` (``42.7``) and the path of its ``receipt``.
    """

    sequence: int
    at: datetime
    kind: str
    source: str = field(metadata={"key": "from"})
    target: str = field(metadata={"key": "to"})
    amount: Decimal
    shortfall: Optional[Decimal] = None
    job: Optional[int] = None
    task: Optional[str] = None
    receipt: Optional[str] = None
    payment: Optional[int] = None
    reason: Optional[str] = None
    by: Optional[str] = None
    key: Optional[str] = None


@dataclass(frozen=True)
class StatementLine:
    """A movement as one account sees it: ``change`` is below 0 for what went out, ``balance`` is after it."""

    movement: Movement
    change: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Statement:
    """A page of what happened on an account, oldest first. ``opening`` is the balance before the first line."""

    account: str
    opening: Decimal
    items: Tuple[StatementLine, ...]
    next: Optional[str] = None


@dataclass(frozen=True)
class CreditStats:
    """All grants, and what moved since the coordinator started."""

    granted: Decimal
    paid: Decimal
    reversed: Decimal
    refunded: Decimal
    open_escrows: int = 0


@dataclass(frozen=True)
class LogExtent:
    """The log of receipts: how many entries it has, and the first that was not pruned."""

    size: int
    minimum_index: int = 0


@dataclass(frozen=True)
class Stats:
    """Counters since the coordinator started, and what is going on now."""

    coordinator: str
    version: str
    started_at: datetime
    uptime_seconds: float
    jobs_unfinished: int = 0
    tasks_waiting: int = 0
    attempts_running: int = 0
    tasks_ended: int = 0
    attempts_ended: int = 0
    attempts_lost: int = 0
    backups: int = 0
    disagreements: int = 0
    nodes_connected: int = 0
    nodes_known: int = 0
    subscribers: int = 0
    commits: int = 0
    committed_changes: int = 0
    #: None where jobs cost nothing.
    credits: Optional[CreditStats] = None
    cache_hits: int = 0
    cache_misses: int = 0
    cache_refused: int = 0
    cache_entries: int = 0
    #: Of the tasks that ended.
    tasks_failed: int = 0
    #: How long all commits together took.
    commit_seconds: float = 0
    log: Optional[LogExtent] = None


@dataclass(frozen=True)
class Event:
    """Something that happened. ``kind`` is like ``job.moved`` or ``task.ended``; ``missed`` counts events not told.

    ``task`` is like ``42.7``. Give ``id`` as ``after`` to go on from here. Of ``credits.moved``, ``state`` is the kind of
    movement, ``from_account`` and ``to_account`` are where they went, and ``submitter`` is whose they are.
    """

    id: str
    at: datetime
    kind: str
    job: Optional[int] = None
    task: Optional[str] = None
    attempt: Optional[str] = None
    node: Optional[str] = None
    name: Optional[str] = None
    state: Optional[str] = None
    verdict: Optional[str] = None
    counts: Optional[TaskCounts] = None
    reason: Optional[str] = None
    score: Optional[int] = None
    missed: Optional[int] = None
    submitter: Optional[str] = None
    from_account: Optional[str] = field(default=None, metadata={"key": "from"})
    to_account: Optional[str] = field(default=None, metadata={"key": "to"})
    amount: Optional[Decimal] = None


@dataclass(frozen=True)
class LogPiece:
    """A piece of what an attempt printed. ``offset`` counts bytes of the stream; ``dropped`` ones before it are not
    kept.
    """

    task: str
    attempt: str
    stream: str
    offset: int
    dropped: int
    base64: str = field(repr=False, metadata={"key": "bytes"})

    @property
    def data(self) -> bytes:
        return b64decode(self.base64)

    @property
    def text(self) -> str:
        return self.data.decode(errors="replace")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Part of a list; ``next`` is the cursor of the page after, None at the end."""

    items: Tuple[T, ...]
    next: Optional[str] = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def _repr_html_(self) -> str:
        if all(isinstance(item, Job) for item in self.items):
            return _html.jobs(item for item in self.items if isinstance(item, Job))
        return _html.table(["Items"], [[escape(repr(item))] for item in self.items])


def read(model: type[T], value: Any) -> T:
    """Makes a value of one of the classes above. Raises ``UnexpectedAnswer`` for what does not fit."""
    try:
        made: T = _read(model, value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedAnswer(f"the coordinator's answer is no {model.__name__}: {error!r}") from error
    return made


def read_page(model: type[T], value: Any) -> Page[T]:
    """A page of such values."""
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise UnexpectedAnswer("the coordinator's answer is no page of a list")
    return Page(tuple(read(model, item) for item in value["items"]), value.get("next"))


_HINTS: Dict[type, Dict[str, Any]] = {}


def _read(kind: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, value)
    origin = getattr(kind, "__origin__", None)
    if origin is Union:
        return None if value is None else _read(kind.__args__[0], value)
    if origin is tuple:
        return tuple(_read(kind.__args__[0], item) for item in value)
    if kind is datetime:
        return moment(value)
    if kind is Decimal:
        return amount(value)
    if kind is float and isinstance(value, int):
        return float(value)
    if isinstance(kind, type) and not isinstance(value, kind):
        raise TypeError(f"{value!r:.60} where {kind.__name__} belongs")
    return value


def _read_fields(kind: Any, value: Any) -> Any:
    hints = _HINTS.get(kind) or _HINTS.setdefault(kind, get_type_hints(kind))
    return kind(
        **{
            entry.name: _read(hints[entry.name], value[key])
            for entry in dataclasses.fields(kind)
            for key in [entry.metadata.get("key", entry.name)]
            if key in value or _is_needed(entry)
        }
    )


def _is_needed(entry: Any) -> bool:
    return entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING


def amount(text: str) -> Decimal:
    """Credits: digits, and at most six after a point."""
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]+(\.[0-9]{1,6})?", text):
        raise ValueError(f"{text!r:.60} is no amount of credits")
    return Decimal(text)


def moment(text: str) -> datetime:
    """RFC 3339 in UTC with microseconds."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
