"""``Client``: everything that a coordinator can be asked (docs/api.md).

Made of ``_async_client.py`` by ``scripts/generate_sync.py``: change that one.
"""

from __future__ import annotations

import os
import ssl
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Deque, Iterable, Iterator, Mapping, NoReturn, Sequence, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
from websockets.sync.client import connect as connect_websocket
from websockets.exceptions import InvalidStatus, WebSocketException

from . import _requests as requests
from . import _streams as streams
from ._configuration import find_endpoint
from ._files import Download, Source, measured, pieces
from ._progress import Progress
from ._requests import Answer, JobRef, Request, RetryPolicy
from .errors import (
    Busy,
    CallTimeout,
    CannotConnect,
    ConfigurationError,
    ConnectionLost,
    DigestMismatch,
    NotFound,
    Unavailable,
    UnexpectedAnswer,
    problem,
)
from .kernels import KernelCall, KernelJob, Size, read_array
from .models import (
    Account,
    Blob,
    Event,
    Explanation,
    Identity,
    Job,
    LogPiece,
    Movement,
    Node,
    Page,
    Statement,
    StatementLine,
    Stats,
    Task,
    Token,
    Version,
    Webhook,
    WebhookTest,
)
from .receipts import VerifiedReceipt
from .receipts import verify as verify_receipt

if TYPE_CHECKING:
    import os
    from datetime import datetime
    from decimal import Decimal
    from types import TracebackType

    from .jobs import JobLike
    from .receipts import LocalOutput

T = TypeVar("T")

#: What passes: worth another try.
_PASSING = (ConnectionLost, CannotConnect, CallTimeout, Busy, Unavailable)
_KNOWN_BLOB_BYTES = 64 << 10


class Client:
    """Speaks with one coordinator.

    Without arguments it is the one that the ``weft`` command would talk to: of ``WEFT_URL`` and ``WEFT_TOKEN`` (or
    ``WEFT_TOKEN_FILE``), of the configuration file, or that of this machine (``weft up``) with its own token.

    Calls that do no harm twice are tried again when the coordinator is busy, restarts, or a connection breaks:
    ``retry`` says how often. Every call raises ``weft.WeftError``s: ``APIError`` and its kinds for what the
    coordinator refuses, ``CannotConnect``, ``ConnectionLost`` and ``CallTimeout`` for the way to it.

    Use it as a context manager, or call ``close`` when done.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        token_file: str | os.PathLike[str] | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        retry: RetryPolicy | None = None,
        max_connections: int = 32,
    ) -> None:
        endpoint = find_endpoint(url, token, token_file, ca_file)
        self.url = endpoint.url
        self._token = endpoint.token
        self._retry = retry or RetryPolicy()
        # Proxies are not asked for this very machine.
        self._is_local = urlsplit(endpoint.url).hostname in ("127.0.0.1", "localhost", "::1")
        self._tls = _tls(endpoint.ca_file) if endpoint.url.startswith("https:") else None
        headers = {"user-agent": "weft-python"}
        if endpoint.token is not None:
            if not endpoint.token.isascii() or not endpoint.token.isprintable():
                raise ConfigurationError("the token is not visible ASCII")
            headers["authorization"] = f"Bearer {endpoint.token}"
        self._http = httpx.Client(
            base_url=endpoint.url,
            headers=headers,
            verify=self._tls or False,
            trust_env=not self._is_local,
            timeout=httpx.Timeout(requests.CALL_TIMEOUT_SECONDS, connect=requests.CONNECT_TIMEOUT_SECONDS),
            # Shorter than the server's, so that a kept connection is not closed in the moment of its next use.
            limits=httpx.Limits(max_connections=max_connections, keepalive_expiry=30),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._http.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.url}>"

    # Jobs

    def submit(
        self,
        job: JobLike,
        *,
        idempotency_key: str | None = None,
        wait_seconds: float = 0,
        traceparent: str | None = None,
    ) -> Job:
        """Submits a job: a mapping, a ``weft.JobSpec``, or a text of YAML or JSON (docs/jobs.md).

        Submitting again with the same ``idempotency_key`` answers with the first job. Without one, a mapping or
        ``JobSpec`` gets one of its own, so that a lost connection never submits twice. With ``wait_seconds``, at most
        60, the answer comes when the job has ended or the time is up. ``traceparent``, or the variable
        ``TRACEPARENT``, is the span that the job belongs to, as W3C Trace Context has it. Raises ``Invalid``, whose ``errors`` name every wrong field.
        """
        span = traceparent or os.environ.get("TRACEPARENT")
        return self._call(requests.submit(job, idempotency_key, wait_seconds, span))

    def job(self, job: JobRef) -> Job:
        """A job as it is now. Raises ``NotFound``."""
        return self._call(requests.job(job))

    def wait(
        self, job: JobRef, timeout: float | None = None, *, check: bool = False, progress: bool = False
    ) -> Job:
        """Waits for a job's end, at most ``timeout`` seconds; then raises ``CallTimeout``.

        ``check`` raises ``JobFailed`` unless it succeeded. ``progress`` shows a bar of its tasks, with tqdm.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with Progress(None, "task", f"job {requests.job_id(job)}", is_shown=progress) as bar:
            longest = 0.5 if progress else requests.LONGEST_WAIT_SECONDS
            while True:
                rest = longest if deadline is None else min(longest, deadline - time.monotonic())
                state = self._call(requests.job(job, max(rest, 0)))
                bar.to(state.counts.ended, state.counts.total)
                if state.has_ended:
                    return state.check() if check else state
                if deadline is not None and time.monotonic() >= deadline:
                    raise CallTimeout(f"job {state.id} is still {state.state} after {timeout} s")

    def run(self, job: JobLike, timeout: float | None = None) -> Job:
        """Submits a job and waits for its success. Raises ``JobFailed``, or ``CallTimeout`` after ``timeout``
        seconds.
        """
        return self.wait(self.submit(job), timeout, check=True)

    def submit_opencl_kernel(
        self,
        kernel_code: str,
        data: Sequence[Any],
        grid_size: Size,
        block_size: Size = 1,
        *,
        entry: str | None = None,
        defines: Mapping[str, int | str] | None = None,
        fast_math: bool = False,
        **job: Any,
    ) -> KernelJob:
        """Submits a kernel in OpenCL C with NumPy's arrays (see ``weft.kernels``): ``grid_size`` work groups of ``block_size``
        items. ``job`` is what else the job says, for example ``resources`` or ``verification``.
        """
        call = KernelCall(
            "opencl", kernel_code, data, grid_size, block_size, entry=entry, defines=defines, fast_math=fast_math
        )
        return self._submit_kernel(call, job)

    def submit_cuda_kernel(
        self,
        kernel_code: str,
        data: Sequence[Any],
        grid_size: Size,
        block_size: Size = 1,
        *,
        entry: str | None = None,
        shared_bytes: int = 0,
        defines: Mapping[str, int | str] | None = None,
        fast_math: bool = False,
        emulated: bool = False,
        **job: Any,
    ) -> KernelJob:
        """Submits a kernel in CUDA C with NumPy's arrays (see ``weft.kernels``): ``grid_size`` blocks of ``block_size``
        threads. With ``emulated``, it may run on a processor. ``job`` is what else the job says.
        """
        call = KernelCall(
            "cuda",
            kernel_code,
            data,
            grid_size,
            block_size,
            entry=entry,
            shared_bytes=shared_bytes,
            defines=defines,
            fast_math=fast_math,
            emulated=emulated,
        )
        return self._submit_kernel(call, job)

    def submit_spirv_kernel(
        self,
        module: bytes,
        data: Sequence[Any],
        grid_size: Size,
        block_size: Size = 1,
        *,
        entry: str | None = None,
        **job: Any,
    ) -> KernelJob:
        """Submits a kernel of a SPIR-V module, as compilers make it for OpenCL, with NumPy's arrays (see ``weft.kernels``):
        ``grid_size`` work groups of ``block_size`` items. ``job`` is what else the job says.
        """
        call = KernelCall("spirv", module, data, grid_size, block_size, entry=entry)
        return self._submit_kernel(call, job)

    def _submit_kernel(self, call: KernelCall, fields: Mapping[str, Any]) -> KernelJob:
        blobs = {path: (self.put_blob(data)).digest for path, data in call.files.items()}
        module = None if call.module is None else (self.put_blob(call.module)).digest
        return KernelJob(self.submit(call.document(blobs, fields, module)), call.outputs)

    def kernel_result(self, kernel: KernelJob, timeout: float | None = None) -> list[Any]:
        """The arrays that a kernel has written, in the order of its data. Waits for the job's success; raises ``JobFailed``, or
        ``CallTimeout`` after ``timeout`` seconds.
        """
        self.wait(kernel.job, timeout, check=True)
        return [read_array(self.output(kernel.job, path)) for path in kernel.outputs]

    def jobs(
        self,
        *,
        state: str | Iterable[str] | None = None,
        submitter: str | None = None,
        labels: Mapping[str, str] | None = None,
        page_size: int = 100,
    ) -> Iterator[Job]:
        """All jobs, newest first, page by page as they are asked for."""
        cursor: str | None = None
        while True:
            page = self.jobs_page(state=state, submitter=submitter, labels=labels, cursor=cursor, limit=page_size)
            for job in page.items:
                yield job
            cursor = page.next
            if cursor is None:
                return

    def jobs_page(
        self,
        *,
        state: str | Iterable[str] | None = None,
        submitter: str | None = None,
        labels: Mapping[str, str] | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Job]:
        """One page of jobs; its ``next`` is the ``cursor`` of the page after. ``limit`` is at most 1000."""
        return self._call(requests.jobs(requests.names(state), submitter, labels or {}, cursor, limit))

    def spec(self, job: JobRef) -> dict[str, Any]:
        """What was submitted, in its canonical form."""
        return _mapping(self._call(requests.spec(job)))

    def cancel(self, job: JobRef) -> Job:
        """Cancels a job; one that has ended stays as it is. Raises ``Forbidden`` for others' jobs."""
        return self._call(requests.cancel(job))

    def explain(self, job: JobRef, task: int | None = None) -> Explanation:
        """Why it waits, and the smallest change that would place it."""
        return self._call(requests.explain(job, task))

    # Tasks and what they leave behind

    def tasks(
        self,
        job: JobRef,
        *,
        state: str | Iterable[str] | None = None,
        disagreed: bool = False,
        attempts: bool = False,
        page_size: int = 1000,
    ) -> Iterator[Task]:
        """A job's tasks by index, page by page. ``attempts`` adds every attempt."""
        cursor: str | None = None
        while True:
            page = self.tasks_page(
                job, state=state, disagreed=disagreed, attempts=attempts, cursor=cursor, limit=page_size
            )
            for task in page.items:
                yield task
            cursor = page.next
            if cursor is None:
                return

    def tasks_page(
        self,
        job: JobRef,
        *,
        state: str | Iterable[str] | None = None,
        disagreed: bool = False,
        attempts: bool = False,
        cursor: str | None = None,
        limit: int = 1000,
    ) -> Page[Task]:
        """One page of tasks. ``limit`` is at most 10,000."""
        states = requests.names(state)
        return self._call(
            requests.tasks(job, states, disagreed=disagreed, attempts=attempts, cursor=cursor, limit=limit)
        )

    def task(self, job: JobRef, index: int = 0) -> Task:
        """One task with its attempts."""
        return self._call(requests.task(job, index))

    def results(self, job: JobRef, *, page_size: int = 1000) -> Iterator[Task]:
        """The tasks that succeeded, with their agreed answers."""
        cursor: str | None = None
        while True:
            page = self._call(requests.results(job, cursor, page_size))
            for task in page.items:
                yield task
            cursor = page.next
            if cursor is None:
                return

    def stdout(self, job: JobRef, index: int = 0) -> bytes:
        """What the agreed answer printed, its digest checked. Raises ``Conflict`` while there is no answer."""
        return self._call(requests.content(requests.task_path(job, index) + "/stdout"))

    def stderr(self, job: JobRef, index: int = 0) -> bytes:
        """What the agreed answer printed on standard error, as far as it was kept."""
        return self._call(requests.content(requests.task_path(job, index) + "/stderr"))

    def output(self, job: JobRef, path: str, index: int = 0) -> bytes:
        """An output of the agreed answer, its digest checked. Raises ``Conflict`` while there is no answer."""
        return self._call(requests.content(requests.output_path(job, index, path)))

    def download_output(self, job: JobRef, path: str, target: str | os.PathLike[str], index: int = 0) -> Blob:
        """The same into a file, streamed: the file is there when its bytes are whole and checked, else it is not."""
        return self._download(requests.output_path(job, index, path), target)

    def receipt(self, job: JobRef, index: int = 0) -> bytes:
        """The receipt of a task that has ended, byte for byte."""
        return self._call(requests.receipt(job, index))

    def verified_receipt(
        self,
        job: JobRef,
        index: int = 0,
        *,
        coordinator: str | None = None,
        outputs: Mapping[str, LocalOutput] | None = None,
    ) -> VerifiedReceipt:
        """The receipt, checked by ``weft.receipts.verify``. Raises ``weft.receipts.ReceiptError``.

        ``coordinator`` is the peer id that must have issued it: one you know, not one that the coordinator says.
        """
        return verify_receipt(self.receipt(job, index), coordinator=coordinator, outputs=outputs)

    def logs(self, job: JobRef, task: int | None = None, *, follow: bool = False) -> Iterator[LogPiece]:
        """What tasks print, kept and, with ``follow``, as it comes until the job has ended.

        A stream that breaks is taken up again; nothing comes twice.
        """
        path = f"/api/v1/jobs/{requests.job_id(job)}/logs"
        query = requests.log_query(task, follow=follow)
        seen: dict[tuple[str, str], int] = {}
        failures = 0
        while True:
            try:
                with self._stream(path, query, {"accept": "text/event-stream"}) as response:
                    parser = streams.ServerSentEvents()
                    for data in response.iter_bytes():
                        for event in parser.feed(data):
                            if event.event == "end":
                                return
                            if event.event != "log":
                                continue
                            piece = streams.log_piece(event.data)
                            key = (piece.attempt, piece.stream)
                            if piece.offset < seen.get(key, 0):
                                continue
                            seen[key] = piece.offset + len(piece.data)
                            failures = 0
                            yield piece
                raise ConnectionLost("the stream of logs ended without its end")
            except _PASSING as error:
                failures += 1
                self._pause(failures, error, is_idempotent=True)

    # Blobs

    def put_blob(self, source: Source) -> Blob:
        """Uploads bytes or a file, streamed; what the coordinator has already is not sent again.

        Raises ``Full``, ``TooLarge``, ``Forbidden``, and ``OSError`` for a file that cannot be read.
        """
        blob = measured(source)
        if blob.size_bytes > _KNOWN_BLOB_BYTES and self.blob_size(blob.digest) == blob.size_bytes:
            return blob
        attempt = 0
        while True:
            attempt += 1
            try:
                return requests.stored(blob)(self._upload(blob, source))
            except _PASSING as error:
                self._pause(attempt, error, is_idempotent=True)

    def get_blob(self, digest: str | Blob) -> bytes:
        """A blob, its digest checked. Raises ``NotFound``, ``DigestMismatch``."""
        data = self._call(requests.content(requests.blob_path(digest)))
        if measured(data).digest != requests.digest_of(digest):
            raise DigestMismatch(f"the {len(data)} bytes that came are not {requests.digest_of(digest)}")
        return data

    def download_blob(self, digest: str | Blob, target: str | os.PathLike[str]) -> Blob:
        """A blob into a file, streamed: the file is there when its bytes are whole and checked, else it is not."""
        return self._download(requests.blob_path(digest), target)

    def blob_size(self, digest: str | Blob) -> int | None:
        """The size of a blob in bytes; None if the coordinator has no such blob."""
        try:
            return self._call(requests.blob_size(digest))
        except NotFound:
            return None

    # Events

    def events(
        self,
        *,
        after: str | None = None,
        job: JobRef | None = None,
        node: str | None = None,
        kind: str | Iterable[str] | None = None,
        transport: str = "sse",
    ) -> EventStream:
        """Events as they happen, from now on or after the event with the id ``after``; without an end.

        A stream that breaks goes on where it was. An event of kind ``missed`` says that others are no longer kept.
        ``transport`` is ``sse`` or ``websocket``.
        """
        if transport not in ("sse", "websocket"):
            raise ValueError(f"transport must be sse or websocket, not {transport!r}")
        query = requests.event_query(job, node, requests.names(kind))
        return EventStream(self, query, after, is_websocket=transport == "websocket")

    def kept_events(
        self,
        *,
        after: str | None = None,
        job: JobRef | None = None,
        node: str | None = None,
        kind: str | Iterable[str] | None = None,
        limit: int = 1000,
        wait_seconds: float = 0,
    ) -> Page[Event]:
        """A page of the events that are kept, after ``after`` or all; ``next`` is the ``after`` of the page after.

        With ``wait_seconds``, at most 60, an empty page waits so long for the first.
        """
        kinds = requests.names(kind)
        return self._call(requests.kept_events(after, job, node, kinds, limit, wait_seconds))

    # Nodes, tokens, the coordinator itself

    def nodes(self) -> list[Node]:
        """Who is or was here."""
        return list((self._call(requests.nodes())).items)

    def node(self, node: str) -> Node:
        """One node by its id."""
        return self._call(requests.node(node))

    def drain(self, node: str, *, draining: bool = True) -> Node:
        """Gives a node no new work, or work again. Admins only."""
        return self._call(requests.drain(node, draining=draining))

    def tokens(self) -> list[Token]:
        """All tokens, without their secrets. Admins only."""
        return list((self._call(requests.tokens())).items)

    def create_token(self, name: str, role: str) -> Token:
        """Makes a token; its ``secret`` is in the answer and never to be had again. Admins only.

        ``role``: ``viewer``, ``submitter``, ``admin`` or ``worker``.
        """
        return self._call(requests.create_token(name, role))

    def revoke_token(self, name: str) -> None:
        """Makes a token useless. Admins only."""
        self._call(requests.revoke_token(name))

    # Webhooks

    def webhooks(self) -> list[Webhook]:
        """Your webhooks, oldest first; all of them for an admin."""
        return list((self._call(requests.webhooks())).items)

    def webhook(self, webhook: str) -> Webhook:
        """A webhook by its id, and how its deliveries go."""
        return self._call(requests.webhook(webhook))

    def create_webhook(
        self,
        url: str,
        *,
        kinds: str | Iterable[str] | None = None,
        job: JobRef | None = None,
        name: str | None = None,
    ) -> Webhook:
        """Has events sent to ``url``; the ``secret`` to check them with is in the answer and never to be had again.

        ``kinds``: those of events, or ``job.ended``, which it is by default. Give a ``job`` to hear of that one alone.
        The host has to be one that the coordinator's operator allows. ``weft.verify_webhook`` checks what comes.
        """
        return self._call(requests.create_webhook(url, requests.names(kinds), job, name))

    def delete_webhook(self, webhook: str) -> None:
        """Ends a webhook. What waits for it is not delivered."""
        self._call(requests.delete_webhook(webhook))

    def test_webhook(self, webhook: str) -> WebhookTest:
        """Sends a test and says what became of it. One that arrives makes a disabled webhook work again."""
        return self._call(requests.test_webhook(webhook))

    # Credits

    def account(self, account: str) -> Account:
        """What an account has: ``submitter:NAME``, ``node:ID``, ``escrow:JOB`` or ``issuance``.

        Submitters see their own and those of their jobs, admins all; else raises ``Forbidden``.
        """
        return self._call(requests.account(account))

    def accounts(self, *, page_size: int = 1000) -> Iterator[Account]:
        """All accounts with something in them; for a submitter, its own."""
        cursor: str | None = None
        while True:
            page = self._call(requests.accounts(cursor, page_size))
            for account in page.items:
                yield account
            cursor = page.next
            if cursor is None:
                return

    def statement(
        self, account: str, *, start: datetime | None = None, end: datetime | None = None, page_size: int = 1000
    ) -> Iterator[StatementLine]:
        """What happened on an account, oldest first, from ``start`` on and before ``end``."""
        cursor: str | None = None
        while True:
            page = self.statement_page(account, start=start, end=end, cursor=cursor, limit=page_size)
            for line in page.items:
                yield line
            cursor = page.next
            if cursor is None:
                return

    def statement_page(
        self,
        account: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Statement:
        """One page of a statement, with the balance before it. ``limit`` is at most 1000."""
        return self._call(requests.statement(account, start, end, cursor, limit))

    def grant_credits(
        self, submitter: str, amount: Decimal | int | str, reason: str, *, key: str | None = None
    ) -> Movement:
        """Gives credits to a submitter, once for each ``key``. Admins only."""
        return self._call(requests.grant(submitter, amount, reason, key))

    # The coordinator

    def whoami(self) -> Identity:
        """Whose token this is. Raises ``Unauthorized``."""
        return self._call(requests.whoami())

    def stats(self) -> Stats:
        """Counters."""
        return self._call(requests.stats())

    def version(self) -> Version:
        """What the coordinator runs, and its peer id."""
        return self._call(requests.version())

    def job_schema(self) -> dict[str, Any]:
        """The JSON schema of job documents."""
        return _mapping(self._call(requests.job_schema()))

    def metrics(self) -> str:
        """Prometheus text."""
        return self._call(requests.metrics())

    def readiness(self) -> str | None:
        """None when the coordinator takes and runs jobs, else why not. Raises ``CannotConnect`` when nobody answers."""
        try:
            self._call(requests.ready())
        except Unavailable as error:
            return error.detail or error.title
        return None

    # How all of it is sent

    def _call(self, request: Request[T]) -> T:
        """Sends a request, as often as the policy allows, and reads the answer."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return request.read(self._send(request))
            except _PASSING as error:
                self._pause(attempt, error, is_idempotent=request.is_idempotent)

    def _pause(self, attempt: int, error: Exception, *, is_idempotent: bool) -> None:
        """Waits until it is time to try again; raises the error when it is time to give up."""
        is_harmless = is_idempotent or isinstance(error, CannotConnect)
        delay = self._retry.delay_seconds(attempt, error, is_idempotent=is_harmless)
        if delay is None:
            raise error
        time.sleep(delay)

    def _send(self, request: Request[T]) -> Answer:
        try:
            response = self._http.request(
                request.method,
                request.path,
                params=list(request.query),
                headers=dict(request.headers),
                content=request.content,
                timeout=httpx.Timeout(request.timeout_seconds, connect=requests.CONNECT_TIMEOUT_SECONDS),
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._raise(error)
        return _answer(response)

    def _upload(self, blob: Blob, source: Source) -> Answer:
        def body() -> Iterator[bytes]:
            for piece in pieces(source):
                yield piece

        headers = {"content-type": "application/octet-stream", "content-length": str(blob.size_bytes)}
        try:
            response = self._http.put(requests.blob_path(blob), content=body(), headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._raise(error)
        return _answer(response)

    def _download(self, path: str, target: str | os.PathLike[str]) -> Blob:
        attempt = 0
        with Download(target) as download:
            while True:
                attempt += 1
                try:
                    with self._stream(path, [], download.headers) as response:
                        download.begin(response.status_code, response.headers)
                        for piece in response.iter_bytes():
                            download.write(piece)
                    return download.finish()
                except _PASSING as error:
                    self._pause(attempt, error, is_idempotent=True)

    @contextmanager
    def _stream(
        self, path: str, query: list[tuple[str, str]], headers: Mapping[str, str]
    ) -> Iterator[httpx.Response]:
        """An answer whose body is read piece by piece. Raises what an answer that is no success means."""
        timeout = httpx.Timeout(
            requests.CALL_TIMEOUT_SECONDS,
            connect=requests.CONNECT_TIMEOUT_SECONDS,
            read=requests.READ_TIMEOUT_SECONDS,
        )
        try:
            with self._http.stream(
                "GET", path, params=tuple(query), headers=dict(headers), timeout=timeout
            ) as response:
                if not 200 <= response.status_code < 300:
                    raise problem(response.status_code, response.headers, response.read())
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._raise(error)

    def _raise(self, error: Exception) -> NoReturn:
        """What an error of the way means."""
        why = str(error) or type(error).__name__
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            raise CannotConnect(f"no coordinator answers at {self.url}: {why}") from error
        if isinstance(error, httpx.TimeoutException):
            raise CallTimeout(f"{self.url} did not answer in time ({type(error).__name__})") from error
        if isinstance(error, httpx.TransportError):
            raise ConnectionLost(f"the connection to {self.url} broke: {why}") from error
        raise UnexpectedAnswer(f"{self.url}: {why}") from error


class EventStream:
    """See ``Client.events``. Iterate over it; ``last_id`` is the id of the last event that came.

    Use it as a context manager, or call ``close`` when done.
    """

    def __init__(
        self, client: Client, query: list[tuple[str, str]], after: str | None, *, is_websocket: bool
    ) -> None:
        self.last_id = after
        self._client = client
        self._query = query
        self._is_websocket = is_websocket
        self._ready: Deque[Event] = deque()
        self._failures = 0
        self._socket: Any = None
        #: The context that is left when the stream ends.
        self._opening: Any = None
        self._pieces: Iterator[bytes] | None = None
        self._parser = streams.ServerSentEvents()

    def __iter__(self) -> EventStream:
        return self

    def __enter__(self) -> EventStream:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Opens the stream: what happens from now on will come. Iterating does it, too."""
        if self._opening is not None:
            return
        attempt = 0
        while True:
            attempt += 1
            try:
                if self._is_websocket:
                    self._connect_websocket()
                else:
                    self._connect_events()
            except _PASSING as error:
                self._client._pause(attempt, error, is_idempotent=True)  # noqa: SLF001
            else:
                return

    def __next__(self) -> Event:
        while not self._ready:
            self.connect()
            try:
                self._ready.extend(self._read())
            except _PASSING as error:
                self.close()
                self._failures += 1
                self._client._pause(self._failures, error, is_idempotent=True)  # noqa: SLF001
        self._failures = 0
        event = self._ready.popleft()
        self.last_id = event.id
        return event

    def close(self) -> None:
        """Ends the stream. Iterating again would open it anew, where it was."""
        opening, self._opening = self._opening, None
        self._socket = None
        self._pieces = None
        if opening is not None:
            opening.__exit__(None, None, None)

    def _connect_events(self) -> None:
        headers = {"accept": "text/event-stream"}
        if self.last_id is not None:
            headers["last-event-id"] = self.last_id
        opening = self._client._stream("/api/v1/events", self._query, headers)  # noqa: SLF001
        response = opening.__enter__()
        self._opening = opening
        self._parser = streams.ServerSentEvents()
        self._pieces = response.iter_bytes()

    def _connect_websocket(self) -> None:
        client = self._client
        query = [*self._query, *([("after", self.last_id)] if self.last_id is not None else [])]
        address = "ws" + client.url[len("http") :] + "/api/v1/events" + (f"?{urlencode(query)}" if query else "")
        headers = {"authorization": f"Bearer {client._token}"} if client._token is not None else {}  # noqa: SLF001
        try:
            opening: Any = connect_websocket(
                address,
                subprotocols=[_SUBPROTOCOL],
                additional_headers=headers,
                ssl=client._tls,  # noqa: SLF001
                proxy=None if client._is_local else True,  # noqa: SLF001
                max_size=streams.LONGEST_LINE_BYTES,
                open_timeout=requests.CALL_TIMEOUT_SECONDS,
            )
            self._socket = opening.__enter__()
            self._opening = opening
        except InvalidStatus as error:
            raise problem(
                error.response.status_code, error.response.headers, bytes(error.response.body or b"")
            ) from error
        except TimeoutError as error:
            raise CallTimeout(f"{client.url} did not answer in time") from error
        except (OSError, WebSocketException) as error:
            raise CannotConnect(f"no coordinator answers at {client.url}: {error}") from error

    def _read(self) -> list[Event]:
        if self._socket is not None:
            try:
                return streams.events(self._socket.recv())
            except (OSError, WebSocketException) as error:
                raise ConnectionLost(f"the stream of events broke: {error}") from error
        assert self._pieces is not None
        try:
            piece = self._pieces.__next__()
        except StopIteration:
            raise ConnectionLost("the stream of events ended") from None
        except httpx.HTTPError as error:
            self._client._raise(error)  # noqa: SLF001
        return [event for message in self._parser.feed(piece) for event in streams.events(message.data)]


_SUBPROTOCOL: Any = "weft.events.v1"


def _answer(response: httpx.Response) -> Answer:
    if not 200 <= response.status_code < 300:
        raise problem(response.status_code, response.headers, response.content)
    return Answer(response.status_code, response.headers, response.content)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnexpectedAnswer("the coordinator's answer is no object")
    return value


def _tls(ca_file: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{ca_file} is no PEM file with certificates: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


__all__ = ["Client", "EventStream"]
