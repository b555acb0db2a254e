"""Progress bars: those of tqdm where it is installed, else none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


class Progress:
    """A bar that counts to ``total``. ``is_shown`` False, or no tqdm: nothing is shown."""

    def __init__(self, total: int | None, unit: str, description: str, *, is_shown: bool) -> None:
        self._bar: Any = None
        self._done = 0
        if is_shown:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=total, unit=unit, desc=description)

    def to(self, done: int, total: int | None = None) -> None:
        if self._bar is not None:
            if total is not None:
                self._bar.total = total
            self._bar.update(done - self._done)
        self._done = done

    def step(self) -> None:
        self.to(self._done + 1)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
