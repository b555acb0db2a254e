"""joblib on Weft: ``register()``, then ``with joblib.parallel_config("weft"): joblib.Parallel()(…)``.

Needs joblib. Its batches of calls go to an ``Executor``; joblib itself goes along to workers.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable

from joblib.parallel import AutoBatchingMixin, ParallelBackendBase, register_parallel_backend

from .executor import Executor, Future

__all__ = ["WeftBackend", "register"]


def register(executor: Executor | None = None, *, name: str = "weft", **options: Any) -> None:
    """Makes Weft a backend of joblib.

    ``executor`` is used and stays open; without one each call of ``Parallel`` has its own, with ``options``
    (``weft.Executor``).
    """

    def backend(**more: Any) -> WeftBackend:
        return WeftBackend(executor=executor, options=options, **more)

    register_parallel_backend(name, backend)


class WeftBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc,unused-ignore]
    """What joblib asks of a backend."""

    supports_retrieve_callback = True

    def __init__(self, executor: Executor | None = None, options: dict[str, Any] | None = None, **more: Any) -> None:
        super().__init__(**more)
        self._given = executor
        self._options = options or {}
        self._executor: Executor | None = executor
        self._futures: set[Future[Any]] = set()

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        self.parallel = parallel
        if self._executor is None:
            self._executor = Executor(**self._options)
        return self.effective_n_jobs(n_jobs)

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """-1, or no number at all: what the cluster has room for."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is not None and n_jobs > 0:
            return n_jobs
        if self._executor is None:
            self._executor = Executor(**self._options)
        return self._executor._max_workers  # noqa: SLF001

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], Any] | None = None) -> Future[Any]:
        if self._executor is None:
            self._executor = Executor(**self._options)
        future = self._executor.submit(func)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        if callback is not None:
            future.add_done_callback(lambda done: None if done.cancelled() else callback(done))
        return future

    # Its name before joblib 1.5.
    apply_async = submit

    def retrieve_result_callback(self, out: Future[Any]) -> Any:
        return out.result()

    def abort_everything(self, ensure_ready: bool = True) -> None:  # noqa: FBT001, FBT002
        for future in list(self._futures):
            future.cancel()
        if not ensure_ready:
            self.terminate()

    def terminate(self) -> None:
        executor, self._executor = self._executor, self._given
        if executor is not None and executor is not self._given:
            executor.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(AttributeError):
            self.reset_batch_stats()
