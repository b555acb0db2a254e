"""Streams as they come in pieces: server-sent events, and lines of JSON. No input or output here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Iterator

from . import models
from .errors import UnexpectedAnswer

#: No event or line of Weft's is longer.
LONGEST_LINE_BYTES = 16 << 20


class Lines:
    """Cuts bytes into lines; what is left waits for the next piece."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[str]:
        self._rest += piece
        *lines, rest = self._rest.split(b"\n")
        if len(rest) > LONGEST_LINE_BYTES:
            raise UnexpectedAnswer("a line of the stream is too long")
        self._rest = rest
        for line in lines:
            yield line.rstrip(b"\r").decode(errors="replace")


@dataclass(frozen=True)
class ServerSent:
    """One server-sent event."""

    event: str
    data: str
    id: str | None


class ServerSentEvents:
    """Reads ``text/event-stream`` (HTML Living Standard §9.2.6)."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._fields: dict[str, str] = {}

    def feed(self, piece: bytes) -> Iterator[ServerSent]:
        for line in self._lines.feed(piece):
            if not line:
                fields, self._fields = self._fields, {}
                if "data" in fields:
                    yield ServerSent(fields.get("event", "message"), fields["data"], fields.get("id"))
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in self._fields:
                value = f"{self._fields['data']}\n{value}"
            if name:
                self._fields[name] = value


def events(message: str) -> list[models.Event]:
    """One event, or a batch of them."""
    value = _json(message)
    return [models.read(models.Event, item) for item in (value if isinstance(value, list) else [value])]


def log_piece(line: str) -> models.LogPiece:
    return models.read(models.LogPiece, _json(line))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnexpectedAnswer(f"a message of the stream is no JSON: {text[:80]!r}") from error
