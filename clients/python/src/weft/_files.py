"""Local files that go up or come down as blobs."""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Iterator, Mapping, Union

from ._requests import expected_digest
from .errors import DigestMismatch
from .models import Blob

if TYPE_CHECKING:
    from types import TracebackType

PIECE_BYTES = 256 << 10

#: What goes up: bytes, or the path of a file.
Source = Union[bytes, bytearray, memoryview, str, "os.PathLike[str]"]


def measured(source: Source) -> Blob:
    """The digest and the size of what is to go up, read once."""
    digest = sha256()
    size = 0
    for piece in pieces(source):
        digest.update(piece)
        size += len(piece)
    return Blob(f"sha256:{digest.hexdigest()}", size)


def pieces(source: Source) -> Iterator[bytes]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        view = memoryview(source).cast("B") if len(source) else memoryview(b"")
        for start in range(0, len(view), PIECE_BYTES):
            yield bytes(view[start : start + PIECE_BYTES])
        return
    with Path(source).open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


class Download:
    """Bytes on their way into a file: beside it until they are whole and checked, so that the file is right or absent.

    A transfer that broke goes on where it was: ``headers`` ask for the rest.
    """

    def __init__(self, target: str | os.PathLike[str]) -> None:
        self._target = Path(target)
        self._file: IO[bytes] | None = None
        self._hash = sha256()
        self._size = 0
        self._tag: str | None = None
        self._expected: str | None = None

    def __enter__(self) -> Download:
        folder = self._target.parent
        descriptor, self._part = tempfile.mkstemp(prefix=f".{self._target.name[:100]}.", suffix=".part", dir=folder)
        self._file = os.fdopen(descriptor, "wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        Path(self._part).unlink(missing_ok=True)

    @property
    def headers(self) -> dict[str, str]:
        """What to ask for: all, or the rest of the same bytes."""
        if self._size == 0 or self._tag is None:
            return {}
        return {"range": f"bytes={self._size}-", "if-range": self._tag}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        if status != 206 and self._size > 0:
            assert self._file is not None
            self._file.seek(0)
            self._file.truncate()
            self._hash = sha256()
            self._size = 0
        self._tag = headers.get("etag")
        self._expected = expected_digest(headers)

    def write(self, piece: bytes) -> None:
        assert self._file is not None
        self._file.write(piece)
        self._hash.update(piece)
        self._size += len(piece)

    def finish(self) -> Blob:
        """Puts the file in its place. Raises ``DigestMismatch``, and then there is none."""
        blob = Blob(f"sha256:{self._hash.hexdigest()}", self._size)
        if self._expected is not None and blob.digest != self._expected:
            raise DigestMismatch(f"the {self._size} bytes that came are not {self._expected}")
        assert self._file is not None
        self._file.close()
        self._file = None
        mask = os.umask(0)
        os.umask(mask)
        Path(self._part).chmod(0o666 & ~mask)
        Path(self._part).replace(self._target)
        return blob
