"""Canonical JSON as Weft writes it: RFC 8785 with integers only (docs/receipts.md, "Canonical JSON")."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_BYTES = 32 << 20
MAX_DEPTH = 64
_INT64_MIN = -(2**63)
_INT64_MAX = 2**63 - 1


class CanonicalError(ValueError):
    """The bytes are not canonical JSON."""


def encode(value: Any) -> bytes:
    """The one sequence of bytes of ``value``, which consists of what ``decode`` returns.

    Raises ``CanonicalError`` for texts that UTF-8 cannot hold (halves of surrogate pairs).
    """
    try:
        return _text(value).encode("utf-8")
    except UnicodeEncodeError:
        raise CanonicalError("a text has half a surrogate pair") from None


def decode(data: bytes) -> Any:
    """The value that ``data`` is the canonical JSON of. Raises ``CanonicalError`` if it is of none."""
    if len(data) > MAX_BYTES:
        raise CanonicalError(f"more than {MAX_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CanonicalError(f"byte {error.start} is not UTF-8") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_fraction
        )
    except json.JSONDecodeError as error:
        raise CanonicalError(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise CanonicalError(f"more than {MAX_DEPTH} levels") from None
    _check_depth(value)
    if encode(value) != data:
        raise CanonicalError("these are not the bytes that writing it again gives")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise CanonicalError("a key comes twice")
    return result


def _integer(digits: str) -> int:
    # The length first: converting very many digits takes very long.
    if len(digits) > 20 or not _INT64_MIN <= int(digits) <= _INT64_MAX:
        raise CanonicalError("a number needs more than 64 bits")
    return int(digits)


def _fraction(text: str) -> NoReturn:
    raise CanonicalError(f"{text[:20]} is not an integer")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            return
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    raise CanonicalError(f"more than {MAX_DEPTH} levels")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        # RFC 8785 §3.2.3: keys by their UTF-16 code units, not by code points.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key)}:{_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    # Python's writer escapes in texts what RFC 8785 §3.2.2.2 wants escaped, and as it wants it.
    return json.dumps(value, ensure_ascii=False)
