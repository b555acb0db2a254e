"""``Executor``: Python functions on Weft's workers, behind the interface of ``concurrent.futures``.

A call becomes a job (``map``: an array job whose tasks are chunks of calls): its input is the pickled function and
arguments, its output the pickled value or exception. One event stream tells the ends of all of them.
"""

from __future__ import annotations

import asyncio
import base64
import concurrent.futures
import contextlib
import itertools
import json
import pickle
import queue
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence, TypeVar

from ._async_client import AsyncClient
from ._progress import Progress
from ._requests import RetryPolicy
from .environment import Environment, Package, environment_digest, machine, pickled, python_name, task_archive
from .errors import EnvironmentMismatch, NotFound, RemoteError, TaskFailed, UnexpectedAnswer, WeftError
from .jobs import Requirements, Resources, Verification, plain

if TYPE_CHECKING:
    import os

    from .models import Job, Task

__all__ = ["Executor", "Future"]

T = TypeVar("T")

#: Smaller ones travel in the job itself.
INLINE_BYTES = 48 << 10
#: Arguments of all chunks together travel as one blob up to this, else one by one.
PACKED_BYTES = 1 << 20
#: One array job has at most so many tasks.
LONGEST_ARRAY = 10_000
#: Seconds after which the coordinator is asked about what no event told of.
RECONCILE_SECONDS = 60.0


class Future(concurrent.futures.Future[T]):
    """What a call will give. ``job`` and ``index`` name its task once it is submitted (None before).

    Unlike a thread's, a call that runs can be cancelled: its job is.
    """

    def __init__(self, executor: Executor) -> None:
        super().__init__()
        self.job: int | None = None
        self.index: int | None = None
        self._executor = executor
        self._turn = threading.RLock()
        self._is_settled = False

    def cancel(self) -> bool:
        """Cancels the call unless it has ended; its job is cancelled when nobody waits for any of its calls."""
        with self._turn:
            if self._is_settled or not super().cancel():
                return self.cancelled()
            self._is_settled = True
            # Tells those who wait for several futures.
            self.set_running_or_notify_cancel()
        self._executor._let_go(self)  # noqa: SLF001
        return True

    def _settle(self) -> bool:
        """Whether a result may be set now: once, and not when cancelled."""
        with self._turn:
            if self._is_settled:
                return False
            self._is_settled = True
            return self.set_running_or_notify_cancel()


@dataclass
class _Work:
    """Calls of one function, pickled: a task for each chunk."""

    name: str
    function: bytes
    chunks: list[bytes]
    #: How many calls each chunk has.
    counts: list[int]
    modules: frozenset[str]


@dataclass
class _Batch:
    """A job, and who still waits for its tasks."""

    job: Job
    futures: dict[int, Future[Any]]


class Executor(concurrent.futures.Executor):
    """Runs functions on the workers of a Weft cluster.

    ```python
    with weft.Executor() as executor:
        print(sum(executor.map(pow, range(1000), itertools.repeat(2))))
    ```

    ``url``, ``token``, ``token_file`` and ``ca_file`` are ``weft.Client``'s.

    * ``environment`` says what goes along besides what functions refer to (``weft.Environment``).
    * ``resources``, ``requirements``, ``verification``, ``retries``, ``timeout`` (seconds of one task), ``priority``,
      ``labels``, ``variables`` (environment variables) are the job's, docs/jobs.md.
    * ``results``: how values come back. ``pickle`` can be anything, but who reads a pickle runs what is in it: right
      for
      workers you trust. ``json`` is safe with any worker: values are numbers, texts, lists and dicts (a tuple comes
      back as a list), and exceptions come back as ``RemoteError``.
    * ``max_pending``: ``submit`` waits while so many calls are going on.
    * ``max_workers``: how many tasks to keep busy; without it what the connected nodes have room for.

    Functions run in a sandbox without network, in a directory of their own. Exceptions come back as themselves, their
    cause has the traceback of the worker. A call that gives no answer at all raises ``TaskFailed``; one that the
    worker's Python cannot run raises ``EnvironmentMismatch``. With several replicas values are compared by their bytes.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        token_file: str | os.PathLike[str] | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        environment: Environment | Iterable[str] | None = None,
        resources: Resources | Mapping[str, Any] | None = None,
        requirements: Requirements | Mapping[str, Any] | None = None,
        verification: Verification | Mapping[str, Any] | None = None,
        retries: int | None = None,
        timeout: float | str | None = None,
        priority: int | None = None,
        labels: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        results: str = "pickle",
        max_workers: int | None = None,
        max_pending: int = 1000,
    ) -> None:
        if results not in ("pickle", "json"):
            raise ValueError("results must be pickle or json")
        if max_workers is not None and max_workers < 1:
            raise ValueError("max_workers must be greater than 0")
        if max_pending < 1:
            raise ValueError("max_pending must be greater than 0")
        self.environment = environment if isinstance(environment, Environment) else Environment(environment or ())
        self._base: dict[str, Any] = {
            name: plain(value)
            for name, value in {
                "resources": resources,
                "requirements": requirements,
                "verification": verification,
                "retries": retries,
                "timeout": timeout,
                "priority": priority,
            }.items()
            if value is not None
        }
        # Sets and dicts of texts are pickled alike on every worker: replicas are compared by their bytes.
        self._base["environment"] = {"PYTHONHASHSEED": "0", **(variables or {})}
        self._labels = dict(labels or {})
        self._results = results
        if self._base.get("verification", {}).get("replicas", 1) > 1:
            self._base["verification"].setdefault("stdout", False)
        self._stated_workers = max_workers
        self._max_pending = max_pending
        self._state = threading.Condition()
        self._pending: set[Future[Any]] = set()
        self._is_shut = False
        self._is_stopping = False
        self._settled: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        # A restart of the coordinator is waited for longer than a call of a client would.
        retry = RetryPolicy(attempts=20)
        self._client = AsyncClient(url, token, token_file=token_file, ca_file=ca_file, retry=retry)
        self._loop = asyncio.new_event_loop()
        self._shell = _Shell(self)
        self._threads = [
            threading.Thread(target=self._run_loop, name="weft-executor", daemon=True),
            threading.Thread(target=self._run_settling, name="weft-executor-results", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # The interface of concurrent.futures

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Runs ``fn(*args, **kwargs)`` on a worker. Waits while ``max_pending`` calls are going on.

        What cannot be pickled is the future's exception. Raises ``RuntimeError`` after ``shutdown``.
        """
        future: Future[T] = Future(self)
        self._admit([future])
        try:
            function, modules = pickled(fn)
            call, others = pickled([(args, kwargs)])
        except Exception as error:  # noqa: BLE001 (whatever pickling raises)
            self._finish(future, _raising(error))
            return future
        work = _Work(_name(fn), function, [call], [1], frozenset(modules | others))
        self._start(self._shell.run(work, [future], is_single=True))
        return future

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int | None = None,
        buffersize: int | None = None,
        progress: bool = False,
    ) -> Iterator[T]:
        """The values of ``fn`` for each of the iterables' items, in order, computed by the tasks of an array job.

        ``chunksize`` calls are one task; without it about four tasks for each of the cluster's places. The iterables
        are read at
        once, or, with ``buffersize``, so that about that many calls are going on. The iterator raises what a call
        raised in its turn, and ``TimeoutError`` ``timeout`` seconds after ``map``; the rest is cancelled then, and when
        the iterator is closed. ``progress`` shows a bar, with tqdm.
        """
        if chunksize is not None and chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        if buffersize is not None and buffersize < 1:
            raise ValueError("buffersize must be None or > 0")
        deadline = None if timeout is None else time.monotonic() + timeout
        calls: Iterator[tuple[tuple[Any, ...], dict[str, Any]]] = ((items, {}) for items in zip(*iterables))
        total: int | None = None
        if buffersize is None:
            known = list(calls)
            total = len(known)
            calls = iter(known)
        size = chunksize or max(1, -(-(total or buffersize or 1) // (4 * self._max_workers)))
        function, modules = pickled(fn)
        wave = LONGEST_ARRAY if buffersize is None else max(1, min(LONGEST_ARRAY, -(-buffersize // size)))

        def submit(limit: int) -> list[Future[list[Any]]]:
            chunks: list[bytes] = []
            counts: list[int] = []
            names = set(modules)
            while len(chunks) < limit and (chunk := list(itertools.islice(calls, size))):
                data, others = pickled(chunk)
                chunks.append(data)
                counts.append(len(chunk))
                names |= others
            futures: list[Future[list[Any]]] = [Future(self) for _ in chunks]
            if futures:
                self._admit(futures)
                work = _Work(_name(fn), function, chunks, counts, frozenset(names))
                # Of its own: the list shrinks as values are taken.
                self._start(self._shell.run(work, tuple(futures), is_single=False))
            return futures

        waiting = submit(wave)
        while buffersize is None and (more := submit(wave)):
            waiting += more
        return self._values(waiting, submit, wave, deadline, Progress(total, "call", _name(fn), is_shown=progress))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002
        """No more calls. ``wait``: until those that are going on have ended. ``cancel_futures`` cancels them, their
        jobs, too.
        """
        with self._state:
            self._is_shut = True
            pending = list(self._pending)
        if cancel_futures:
            for future in pending:
                future.cancel()
        self._stop_when_idle()
        if wait and threading.current_thread() not in self._threads:
            for thread in self._threads:
                thread.join()

    # What is of Weft

    @property
    def _max_workers(self) -> int:
        """How many tasks run at once; Dask asks for it by this name."""
        if self._stated_workers is None:
            nodes = asyncio.run_coroutine_threadsafe(self._client.nodes(), self._loop).result()
            needed = _cpu_millis(self._base.get("resources", {}).get("cpus", 1))
            room = [node.profile.capacity.cpu_millis // needed for node in nodes if node.state == "connected"]
            self._stated_workers = max(1, sum(room))
        return self._stated_workers

    def __repr__(self) -> str:
        return f"<Executor on {self._client.url}, {len(self._pending)} calls going on>"

    def _repr_html_(self) -> str:
        from html import escape

        from ._html import table

        state = "shut down" if self._is_shut else "open"
        rows = [[escape(self._client.url), state, str(len(self._pending)), python_name()]]
        return table(["Coordinator", "State", "Calls going on", "Python"], rows)

    # Inside

    def _values(
        self,
        waiting: list[Future[list[Any]]],
        submit: Callable[[int], list[Future[list[Any]]]],
        wave: int,
        deadline: float | None,
        progress: Progress,
    ) -> Iterator[Any]:
        def values() -> Iterator[Any]:
            waiting.reverse()
            try:
                with progress:
                    while waiting:
                        future = waiting.pop()
                        rest = None if deadline is None else max(0.0, deadline - time.monotonic())
                        try:
                            outcomes = future.result(rest)
                        except concurrent.futures.TimeoutError:
                            if future.done():
                                raise
                            future.cancel()
                            raise
                        for outcome in outcomes:
                            progress.step()
                            yield _value(outcome)
                        free = wave - len(waiting)
                        if free * 2 >= wave and (more := submit(free)):
                            waiting[:0] = more[::-1]
            finally:
                for future in waiting:
                    future.cancel()

        return values()

    def _admit(self, futures: Sequence[Future[Any]]) -> None:
        """Takes calls in: back-pressure for everybody but this executor's own threads, whose waiting would end
        nothing.
        """
        is_own = threading.current_thread() in self._threads
        with self._state:
            while not is_own and not self._is_shut and len(self._pending) >= self._max_pending:
                self._state.wait()
            if self._is_shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._pending.update(futures)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._loop.call_soon_threadsafe(self._shell.begin, work)

    def _finish(self, future: Future[Any], value: Callable[[], Any]) -> None:
        """Has a result set, in the thread where callbacks may take their time."""
        self._settled.put((future, value))

    def _let_go(self, future: Future[Any]) -> None:
        """A future was cancelled."""
        self._release(future)
        if not self._is_stopping:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._shell.abandon, future)

    def _release(self, future: Future[Any]) -> None:
        with self._state:
            self._pending.discard(future)
            self._state.notify_all()
        self._stop_when_idle()

    def _stop_when_idle(self) -> None:
        with self._state:
            if not self._is_shut or self._pending or self._is_stopping:
                return
            self._is_stopping = True
        self._loop.call_soon_threadsafe(self._shell.stop)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._shell.main())
        finally:
            self._loop.close()
            self._settled.put(None)

    def _run_settling(self) -> None:
        while (entry := self._settled.get()) is not None:
            future, value = entry
            if not future._settle():  # noqa: SLF001
                continue
            try:
                result = value()
            except BaseException as error:  # noqa: BLE001 (it is the caller's)
                self._release(future)
                future.set_exception(error)
                # Otherwise the frame would keep the exception and everything it refers to.
                del error
            else:
                self._release(future)
                future.set_result(result)
                del result
            del entry, future, value


class _Shell:
    """What an executor does on its loop: uploads, jobs, ends, results."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._client = executor._client  # noqa: SLF001
        self._batches: dict[int, _Batch] = {}
        self._ends: dict[tuple[int, int], asyncio.Future[str]] = {}
        #: Ends of tasks of jobs whose submission was not answered yet.
        self._early: OrderedDict[tuple[int, int], str] = OrderedDict()
        self._submitting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._uploads: dict[str, asyncio.Task[None]] = {}
        self._connecting: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    async def main(self) -> None:
        # Made here: before Python 3.10 they belong to the loop that runs then.
        self._stopped = asyncio.Event()
        self._transfers = asyncio.Semaphore(16)
        await self._stopped.wait()
        running = [task for task in (self._connecting, self._watching) if task is not None]
        for task in running:
            task.cancel()
        if self._tasks:
            # Cancellations that are on their way.
            await asyncio.wait(self._tasks, timeout=5)
        for task in [*self._tasks, *running]:
            task.cancel()
        await asyncio.gather(*self._tasks, *running, return_exceptions=True)
        await self._client.aclose()

    def stop(self) -> None:
        self._stopped.set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._executor._loop.create_task(work)  # noqa: SLF001
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def abandon(self, future: Future[Any]) -> None:
        """Nobody waits for a call any more; its job is cancelled when that is so for all of its calls."""
        batch = self._batches.get(future.job) if future.job is not None else None
        if batch is None or not all(other.done() for other in batch.futures.values()):
            return
        for index in batch.futures:
            end = self._ends.pop((batch.job.id, index), None)
            if end is not None and not end.done():
                end.set_result("cancelled")
        del self._batches[batch.job.id]
        self.begin(self._cancel(batch.job))

    async def _cancel(self, job: Job) -> None:
        with contextlib.suppress(WeftError):  # it has ended, or its end is of no use to anyone
            await self._client.cancel(job)

    async def run(self, work: _Work, futures: Sequence[Future[Any]], *, is_single: bool) -> None:
        """Submits the job of these calls and waits for its tasks."""
        try:
            await self._connected()
            document = await self._document(work)
            if all(future.done() for future in futures):
                return
            self._submitting += 1
            try:
                job = await self._client.submit(document)
            finally:
                self._submitting -= 1
            batch = _Batch(job, dict(enumerate(futures)))
            self._batches[job.id] = batch
            for index, future in enumerate(futures):
                future.job, future.index = job.id, index
                self._ends[job.id, index] = end = asyncio.get_running_loop().create_future()
                state = self._early.pop((job.id, index), None)
                if state is not None:
                    end.set_result(state)
            if not self._submitting:
                self._early.clear()
            if all(future.done() for future in futures):
                self.abandon(futures[0])
                return
            if job.has_ended:
                # A coordinator that was asked twice has done it once; no event will tell of that.
                await self._reconcile(job.id)
        except Exception as error:  # noqa: BLE001 (it is the callers')
            for future in futures:
                self._executor._finish(future, _raising(error))  # noqa: SLF001
            return
        ends = [
            self._collect(job.id, index, future, work.counts[index], is_single=is_single)
            for index, future in enumerate(futures)
        ]
        await asyncio.gather(*ends)
        self._batches.pop(job.id, None)

    async def _collect(self, job: int, index: int, future: Future[Any], count: int, *, is_single: bool) -> None:
        try:
            end = self._ends.get((job, index))
            if end is None:
                return
            state = await end
            self._ends.pop((job, index), None)
            if future.done():
                return
            async with self._transfers:
                if state == "succeeded":
                    data = await self._client.output(job, ".weft/result", index)
                else:
                    raise await self._failure(job, index)
            results = self._executor._results  # noqa: SLF001
            read = _single if is_single else _outcomes
            self._executor._finish(future, lambda: read(data, results, count))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001 (it is the caller's)
            self._executor._finish(future, _raising(error))  # noqa: SLF001

    async def _failure(self, job: int, index: int) -> Exception:
        task = await self._client.task(job, index)
        kind = _failure_kind(task)
        if kind == "notExecutable":
            command = self._executor.environment.python
            return EnvironmentMismatch(f"task {task.id}: a worker has no {command!r} to run Python functions with")
        text = b""
        with contextlib.suppress(WeftError):
            text = await self._client.stderr(job, index)
        return TaskFailed(task, text[-4000:].decode(errors="replace"))

    # Jobs

    async def _document(self, work: _Work) -> dict[str, Any]:
        executor = self._executor
        loop = asyncio.get_running_loop()
        packages = await loop.run_in_executor(None, executor.environment.resolve, work.modules)
        await asyncio.gather(*(self._known(package) for package in packages))
        packed = pickle.dumps(work.chunks, pickle.HIGHEST_PROTOCOL)
        inputs: list[dict[str, Any]] = [
            {"path": ".weft/task.pyz", "blob": await self._put(task_archive())},
            {"path": ".weft/function", **await self._source(work.function)},
        ]
        if len(work.chunks) > 1 and len(packed) > PACKED_BYTES:
            single = [pickle.dumps([chunk], pickle.HIGHEST_PROTOCOL) for chunk in work.chunks]
            inputs.append({"path": ".weft/calls", "each": await asyncio.gather(*map(self._put, single))})
        else:
            inputs.append({"path": ".weft/calls", **await self._source(packed)})
        inputs += [{"path": package.path, "blob": package.digest} for package in packages]
        results = executor._results  # noqa: SLF001
        document = {
            **executor._base,  # noqa: SLF001
            "name": work.name,
            "command": [executor.environment.python, "-B", "-s", "-u", ".weft/task.pyz", python_name(), results],
            "inputs": inputs,
            "outputs": [".weft/result"],
            "labels": {"python/environment": environment_digest(packages), **executor._labels},  # noqa: SLF001
        }
        if len(work.chunks) > 1:
            document["array"] = len(work.chunks)
        if any(package.is_native for package in packages):
            document["requirements"] = {**machine(), **document.get("requirements", {})}
        return document

    async def _source(self, data: bytes) -> dict[str, str]:
        if len(data) <= INLINE_BYTES:
            return {"base64": base64.b64encode(data).decode()}
        return {"blob": await self._put(data)}

    async def _put(self, data: bytes) -> str:
        async with self._transfers:
            return (await self._client.put_blob(data)).digest

    async def _known(self, package: Package) -> None:
        """Uploads a package once, however many calls need it."""
        upload = self._uploads.get(package.digest)
        if upload is None or (upload.done() and (upload.cancelled() or upload.exception() is not None)):

            async def put() -> None:
                await self._put(package.data)

            upload = self._uploads[package.digest] = asyncio.get_running_loop().create_task(put())
        await asyncio.shield(upload)

    # Ends

    async def _connected(self) -> None:
        """The stream of ends is open, so that none of a job that is submitted from now on is missed."""
        connecting = self._connecting
        if connecting is None or (connecting.done() and self._watching is not None and self._watching.done()):
            connecting = self._connecting = asyncio.get_running_loop().create_task(self._connect())
        await asyncio.shield(connecting)

    async def _connect(self) -> None:
        events = self._client.events(kind="task.ended")
        try:
            await events.connect()
        except BaseException:
            self._connecting = None
            raise
        self._watching = asyncio.get_running_loop().create_task(self._watch(events))

    async def _watch(self, events: Any) -> None:
        reconciling = asyncio.get_running_loop().create_task(self._reconcile_at_times())
        try:
            async for event in events:
                if event.kind == "missed":
                    await self._reconcile_all()
                elif event.task is not None and event.state is not None:
                    job, _, index = event.task.partition(".")
                    self._ended(int(job), int(index), event.state)
        except Exception as error:  # noqa: BLE001 (it is everybody's)
            for end in self._ends.values():
                if not end.done():
                    end.set_exception(error)
            self._ends.clear()
        finally:
            reconciling.cancel()
            await events.aclose()

    def _ended(self, job: int, index: int, state: str) -> None:
        end = self._ends.get((job, index))
        if end is not None:
            if not end.done():
                end.set_result(state)
        elif self._submitting and job not in self._batches:
            self._early[job, index] = state
            if len(self._early) > 100_000:
                self._early.popitem(last=False)

    async def _reconcile_at_times(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            with contextlib.suppress(WeftError):  # the next time
                await self._reconcile_all()

    async def _reconcile_all(self) -> None:
        for job in list(self._batches):
            await self._reconcile(job)

    async def _reconcile(self, job: int) -> None:
        try:
            async for task in self._client.tasks(job, state=("succeeded", "failed", "cancelled")):
                self._ended(job, task.index, task.state)
        except NotFound as error:
            for key, end in self._ends.items():
                if key[0] == job and not end.done():
                    end.set_exception(error)


class _RemoteTraceback(Exception):
    """The cause of an exception that a function raised on a worker: its traceback there, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text}"""'


def _raising(error: Exception) -> Callable[[], Any]:
    def value() -> Any:
        raise error

    return value


def _outcomes(data: bytes, results: str, count: int) -> list[Any]:
    """What each of a chunk's calls gave or raised: as many as there were calls, or the one reason why none ran."""
    try:
        if results == "json":
            outcomes = [_plain_outcome(*outcome) for outcome in json.loads(data)]
        else:
            outcomes = list(pickle.loads(data))  # noqa: S301 (Executor says whom to trust)
        is_whole = len(outcomes) == count or (len(outcomes) == 1 and outcomes[0][0] in ("load", "python"))
    except Exception as error:
        raise UnexpectedAnswer(f"a worker's result cannot be read: {error!r}") from error
    if not is_whole:
        raise UnexpectedAnswer(f"a worker gave {len(outcomes)} values for {count} calls")
    return outcomes


def _plain_outcome(kind: str, *rest: str | None) -> tuple[Any, ...]:
    """An outcome of which nothing is ever unpickled."""
    texts = [str(text) for text in rest]
    if kind == "value":
        return ("json", json.loads(texts[0]))
    return ("error", None, *texts[1:4]) if kind == "error" else (kind, *texts)


def _single(data: bytes, results: str, count: int) -> Any:
    return _value(_outcomes(data, results, count)[0])


def _value(outcome: tuple[Any, ...]) -> Any:
    """What a call gave, or raises what it raised."""
    kind = outcome[0]
    if kind == "value":
        return pickle.loads(outcome[1])  # noqa: S301
    if kind == "json":
        return outcome[1]
    if kind == "error":
        _, data, name, message, trace = outcome
        error = _exception(data) or RemoteError(name, message, trace)
        error.__cause__ = _RemoteTraceback(trace)
        raise error
    if kind == "load":
        _, name, message, trace = outcome
        mismatch = EnvironmentMismatch(
            f"the worker's Python cannot load the function: {name}: {message}; "
            "what it needs goes along with Executor(environment=Environment([…]))"
        )
        mismatch.__cause__ = _RemoteTraceback(trace)
        raise mismatch
    raise EnvironmentMismatch(
        f"the worker has {outcome[1]}, this is {python_name()}; "
        "say Environment(python=…) or require nodes that have it (requirements.labels)"
    )


def _exception(data: bytes | None) -> BaseException | None:
    if data is None:
        return None
    try:
        error = pickle.loads(data)  # noqa: S301
    except Exception:  # noqa: BLE001 (an exception of a package that is not here)
        return None
    return error if isinstance(error, BaseException) else None


def _failure_kind(task: Task) -> str | None:
    failures = [attempt.failure for attempt in task.attempts or () if attempt.failure is not None]
    return failures[-1].kind if failures else None


def _name(function: Any) -> str:
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return "".join(character if character.isprintable() else "?" for character in str(name))[:200] or "function"


def _cpu_millis(cpus: Any) -> int:
    text = str(cpus)
    millis = int(text[:-1]) if text.endswith("m") else int(float(text) * 1000)
    return max(1, millis)
