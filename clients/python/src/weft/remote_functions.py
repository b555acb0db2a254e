"""``@weft.remote``: a function that can run on workers, and still here."""

from __future__ import annotations

import atexit
import functools
import operator
import threading
from typing import TYPE_CHECKING, Any, Callable, Generic, Iterable, Iterator, TypeVar, overload

from .executor import Executor

if TYPE_CHECKING:
    from .executor import Future

__all__ = ["RemoteFunction", "remote"]

T = TypeVar("T")

_executors: dict[str, Executor] = {}
_lock = threading.Lock()


class RemoteFunction(Generic[T]):
    """A function. Calling it runs it here; ``remote`` and ``map`` run it on workers.

    ``executor`` is the one it was given, or one that functions with the same options share; it is made at first use and
    shut down when Python ends.
    """

    def __init__(self, function: Callable[..., T], executor: Executor | None, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._executor = executor
        self._options = options

    def __call__(self, *args: Any, **kwargs: Any) -> T:
        """Runs it here."""
        return self._function(*args, **kwargs)

    def remote(self, *args: Any, **kwargs: Any) -> Future[T]:
        """Runs it on a worker."""
        return self.executor.submit(self._function, *args, **kwargs)

    def map(self, *iterables: Iterable[Any], **options: Any) -> Iterator[T]:
        """As ``Executor.map``, which says what ``options`` there are."""
        return self.executor.map(self._function, *iterables, **options)

    @property
    def executor(self) -> Executor:
        if self._executor is None:
            with _lock:
                key = repr(sorted(self._options.items()))
                if key not in _executors:
                    _executors[key] = Executor(**self._options)
                self._executor = _executors[key]
        return self._executor

    def __reduce__(self) -> Any:
        # On a worker it is the plain function, without this package: workers submit nothing.
        return operator.itemgetter(0), ((self._function,),)


@overload
def remote(function: Callable[..., T], /) -> RemoteFunction[T]: ...


@overload
def remote(*, executor: Executor | None = None, **options: Any) -> Callable[[Callable[..., T]], RemoteFunction[T]]: ...


def remote(
    function: Callable[..., T] | None = None, /, *, executor: Executor | None = None, **options: Any
) -> RemoteFunction[T] | Callable[[Callable[..., T]], RemoteFunction[T]]:
    """Makes a function one that can run on workers: ``f.remote(1)`` gives a future, ``f(1)`` runs here as ever.

    ``executor``, or the options of one (``weft.Executor``): ``@weft.remote(resources={"cpus": 2})``.
    """
    if function is not None:
        return RemoteFunction(function, executor, options)
    return lambda given: RemoteFunction(given, executor, options)


@atexit.register
def _shut_down() -> None:
    for executor in _executors.values():
        executor.shutdown(wait=False, cancel_futures=True)
