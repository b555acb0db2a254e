"""A coordinator's log of what it concluded: signed heads, and proofs of what is in them.

Written from docs/log.md and RFC 9162 §2.1; it shares no code with Weft itself. Receipts are verified by
``weft.receipts`` first, and handed in here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence, Union

from ._canonical_json import CanonicalError, decode
from ._jobs import DIGEST, decode_base64
from ._peer_ids import public_key
from ._statements import digest_bytes, leaf_hash, node_hash, statement, verify_signature

if TYPE_CHECKING:
    from ._statements import Field
    from .receipts import VerifiedReceipt

__all__ = [
    "CHECKS",
    "LogError",
    "TreeHead",
    "audit",
    "entry_hash",
    "peaks_of_pruned",
    "verify_consistency",
    "verify_head",
    "verify_inclusion",
]

PAYLOAD_TYPE = "application/vnd.weft.tree-head+json"
MAX_HEAD_BYTES = 4 << 10
MAX_PROOF_BYTES = 64 << 10
MAX_SIZE = 2**48
MAX_PATH = 49
MAX_LATE = 1024
EMPTY_ROOT = sha256(b"").digest()

#: The names of the checks.
CHECKS = (
    "format",
    "coordinator",
    "coordinator signature",
    "size",
    "inclusion",
    "consistency",
    "history",
    "root",
)


class LogError(Exception):
    """A head, a proof or a log is not valid. ``check`` is the first check that failed, one of ``CHECKS``."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(f"{check}: {reason}")
        self.check = check
        self.reason = reason


@dataclass(frozen=True)
class TreeHead:
    """What a coordinator signed of its log."""

    coordinator: str
    issued_at: str
    size: int
    #: 32 bytes.
    root: bytes


#: A head: its file's bytes, or what ``verify_head`` made of them.
Head = Union[bytes, TreeHead]


def verify_head(head: bytes, coordinator: str | None = None) -> TreeHead:
    """Checks a tree head's every byte and its signature.

    ``coordinator`` is whose log it must be of; without one look at the result's. Raises ``LogError``.
    """
    return _read_head(_decode(head, "the head", MAX_HEAD_BYTES), coordinator)


def verify_inclusion(proof: bytes, receipt: VerifiedReceipt) -> TreeHead:
    """Checks that a receipt, which ``weft.receipts.verify`` has found valid, is in its coordinator's log.

    Returns the head of the log that has it. Raises ``LogError``.
    """
    document = _object(_decode(proof, "the proof", MAX_PROOF_BYTES), "the proof", "head index late path version")
    _version(document)
    index = _number(document["index"], "index")
    path, late = _path(document["path"]), _late(document["late"])
    head = _read_head(document["head"], None)
    if head.coordinator != receipt.coordinator:
        raise LogError("coordinator", f"the log is of {head.coordinator}, the receipt of {receipt.coordinator}")
    _check_late(late, receipt)
    if _root_of_inclusion(entry_hash(receipt, late), index, head.size, path) != head.root:
        raise LogError("inclusion", f"it is not entry {index} of the {head.size} entries of that head")
    return head


def verify_consistency(proof: bytes, kept: Head | None = None, coordinator: str | None = None) -> TreeHead:
    """Checks that a log goes on with what it was: that it begins with the entries of an older head.

    ``kept`` is that head, if one has kept it; without one the proof's own is taken. Returns the newer head.
    Raises ``LogError``.
    """
    document = _object(_decode(proof, "the proof", MAX_PROOF_BYTES), "the proof", "new old path version")
    _version(document)
    path = _path(document["path"])
    old = _read_head(document["old"], coordinator)
    new = _read_head(document["new"], coordinator)
    if isinstance(kept, bytes):
        kept = verify_head(kept, coordinator)
    if len({head.coordinator for head in (old, new, kept) if head is not None}) > 1:
        raise LogError("coordinator", "the heads are of different coordinators")
    if kept is not None and (kept.size, kept.root) != (old.size, old.root):
        raise LogError("consistency", "the proof begins with another head than the one that was kept")
    if new.size < old.size:
        raise LogError("size", f"the log has shrunk from {old.size} to {new.size} entries")
    if not _is_consistent(old, new, path):
        raise LogError("consistency", f"the {new.size} entries are not shown to begin with the {old.size} of before")
    return new


def audit(
    hashes: Iterable[bytes],
    head: Head,
    kept: Head | None = None,
    coordinator: str | None = None,
    *,
    pruned: int = 0,
    peaks: Sequence[bytes] = (),
) -> None:
    """Checks a whole log, by the hashes of its entries (32 bytes each), against its head and one that was kept.

    Of a log whose first ``pruned`` entries are kept no longer, ``hashes`` are those of the others, and ``peaks`` what
    ``peaks_of_pruned`` gives. Raises ``LogError``.
    """
    new = verify_head(head, coordinator) if isinstance(head, bytes) else head
    old = verify_head(kept, coordinator) if isinstance(kept, bytes) else kept
    if old is not None:
        _check_heads(old, new)
        if pruned > old.size:
            raise LogError("history", f"the first {pruned} entries were pruned, and the head that was kept has {old.size}")
    heights = [height for height in reversed(range(pruned.bit_length())) if pruned >> height & 1]
    if len(heights) != len(peaks):
        raise LogError("format", f"{pruned} entries have {len(heights)} peaks, not {len(peaks)}")
    # The roots of perfect trees, with their heights, the largest first.
    size = pruned
    trees = list(zip(heights, peaks))

    def check_history() -> None:
        if old is not None and size == old.size and _bag([peak for _, peak in trees]) != old.root:
            raise LogError("history", f"the first {size} entries are others than those that were signed")

    check_history()
    for entry in hashes:
        if size == new.size:
            raise LogError("root", f"there are more entries than the {new.size} that were signed")
        level, node = 0, entry
        while trees and trees[-1][0] == level:
            node = node_hash(trees.pop()[1], node)
            level += 1
        trees.append((level, node))
        size += 1
        check_history()
    if size != new.size:
        raise LogError("root", f"there are {size} entries, but {new.size} were signed")
    if _bag([peak for _, peak in trees]) != new.root:
        raise LogError("root", f"the {size} entries are not those that were signed")


def peaks_of_pruned(count: int, tile: Callable[[int, int], bytes]) -> list[bytes]:
    """What a log keeps of its first ``count`` entries: the hashes of the perfect subtrees that they fall into, the largest
    first.

    ``tile`` gives the tile of a level and an index, as ``/api/v1/log/tiles`` does. Raises ``LogError``.
    """
    peaks = []
    for level in reversed(range((count.bit_length() + 7) // 8)):
        width = count >> 8 * level & 255
        if width == 0:
            continue
        data = tile(level, count >> 8 * (level + 1))
        row = [data[start : start + 32] for start in range(0, 32 * width, 32)]
        if len(data) < 32 * width or len(data) % 32:
            raise LogError("format", f"a tile of level {level} has {len(data)} bytes")
        for size in [1 << bit for bit in reversed(range(8)) if width >> bit & 1]:
            peaks.append(_perfect(row[:size]))
            row = row[size:]
    return peaks


def _perfect(nodes: Sequence[bytes]) -> bytes:
    while len(nodes) > 1:
        nodes = [node_hash(left, right) for left, right in zip(nodes[::2], nodes[1::2])]
    return nodes[0]


def _check_heads(old: TreeHead, new: TreeHead) -> None:
    if old.coordinator != new.coordinator:
        raise LogError("coordinator", "the heads are of different coordinators")
    if old.size > new.size:
        raise LogError("size", f"the log has shrunk from {old.size} to {new.size} entries")
    if old.size == new.size and old.root != new.root:
        raise LogError("history", f"there are two logs of {new.size} entries")


def entry_hash(receipt: VerifiedReceipt, late: Sequence[int] = ()) -> bytes:
    """The hash of the entry of a receipt; ``late`` are the positions of the results that are not in the entry."""
    results = [result for position, result in enumerate(receipt.results) if position not in set(late)]
    fields: list[Field] = [
        "weft-log-1",
        receipt.job_id,
        receipt.index,
        digest_bytes(receipt.spec_digest),
        receipt.state,
        receipt.verdict,
        "none" if receipt.answer is None else digest_bytes(receipt.answer),
        receipt.error_bound or "none",
        _microseconds(receipt.issued_at),
        len(results),
    ]
    for result in results:
        fields += [result.node, result.replica, result.lease]
        fields += [digest_bytes(result.answer), sha256(result.signature).digest()]
    fields += [digest_bytes(answer) for answer in receipt.alike]
    return leaf_hash(statement(*fields))


def _microseconds(moment: str) -> int:
    """Since 1970, of a moment in a valid receipt."""
    # The calendar repeats after 400 years of 146097 days, and Python's begins with year 1.
    days = 0
    if moment[:4] == "0000":
        moment, days = "0400" + moment[4:], 146_097
    time = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z")
    since = time - datetime(1970, 1, 1, tzinfo=timezone.utc) - timedelta(days=days)
    return since // timedelta(microseconds=1)


def _check_late(late: list[int], receipt: VerifiedReceipt) -> None:
    if not late:
        return
    if receipt.verdict != "agreed" or late[-1] >= len(receipt.results):
        raise LogError("inclusion", "the receipt has no such late results")
    logged = [result for position, result in enumerate(receipt.results) if position not in set(late)]
    quorum = receipt.quorum or 1
    if sum(receipt.supports(result.answer) for result in logged) < quorum:
        raise LogError("inclusion", f"without the late results there is no quorum of {quorum}")


# Trees


def _bag(peaks: list[bytes]) -> bytes:
    """The root over perfect trees, the largest first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _root_of_inclusion(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a path leads to, downwards as RFC 9162 §2.1.3.1 makes it; None if it does not fit."""
    if index >= size:
        return None
    # Whether the entry is in the right half, from the root down.
    turns = []
    while size > 1:
        half = _split(size)
        turns.append(index >= half)
        index, size = (index - half, size - half) if index >= half else (index, half)
    if len(turns) != len(path):
        return None
    root = entry
    for is_right, sibling in zip(reversed(turns), path):
        root = node_hash(sibling, root) if is_right else node_hash(root, sibling)
    return root


def _is_consistent(old: TreeHead, new: TreeHead, path: list[bytes]) -> bool:
    """Whether a path leads to both roots, as RFC 9162 §2.1.4.1 makes it."""
    if old.size == 0:
        return not path
    if old.size == new.size:
        return not path and old.root == new.root
    # Down to the part of the new tree that the old one ends with. A turn to the right leaves a half at the left that
    # both trees have; a turn to the left one at the right that only the new tree has.
    size, rest = new.size, old.size
    turns = []
    while rest < size:
        half = _split(size)
        turns.append(rest > half)
        rest, size = (rest - half, size - half) if rest > half else (rest, half)
    path = list(path)
    if not any(turns):
        path.insert(0, old.root)  # that part is the old tree itself
    if len(path) != len(turns) + 1:
        return False
    old_root = new_root = path[0]
    for is_right, sibling in zip(reversed(turns), path[1:]):
        if is_right:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
        else:
            new_root = node_hash(new_root, sibling)
    return (old_root, new_root) == (old.root, new.root)


# Format


def _decode(data: bytes, what: str, limit: int) -> Any:
    if len(data) > limit:
        raise LogError("format", f"{what} has more than {limit >> 10} KiB")
    try:
        return decode(data)
    except CanonicalError as error:
        raise LogError("format", f"{what} is not canonical JSON: {error}") from None


def _object(value: Any, field: str, keys: str) -> dict[str, Any]:
    """An object with exactly these keys."""
    if not isinstance(value, dict) or set(value) != set(keys.split()):
        raise LogError("format", f"{field}: not an object with the keys {keys}")
    return value


def _version(document: dict[str, Any]) -> None:
    if _number(document["version"], "version") != 1:
        raise LogError("format", "the version is not 1, the one that is known here")


def _number(value: Any, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SIZE:
        raise LogError("format", f"{field}: not a number from 0 to 2^48")
    return value


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise LogError("format", f"{field}: not a text")
    return value


def _base64(value: Any, field: str) -> bytes:
    data = decode_base64(_text(value, field))
    if data is None:
        raise LogError("format", f"{field}: not base64 in its one spelling")
    return data


def _digest(value: Any, field: str) -> bytes:
    if not DIGEST.fullmatch(_text(value, field)):
        raise LogError("format", f"{field}: not a digest sha256:<64 hex digits>")
    return digest_bytes(value)


def _path(value: Any) -> list[bytes]:
    if not isinstance(value, list) or len(value) > MAX_PATH:
        raise LogError("format", f"path: not a list of at most {MAX_PATH} digests")
    return [_digest(item, f"path[{position}]") for position, item in enumerate(value)]


def _late(value: Any) -> list[int]:
    if not isinstance(value, list) or len(value) > MAX_LATE:
        raise LogError("format", f"late: not a list of at most {MAX_LATE} numbers")
    late = [_number(item, "late") for item in value]
    if late != sorted(set(late)):
        raise LogError("format", "late: not ascending")
    return late


def _read_head(value: Any, expected: str | None) -> TreeHead:
    envelope = _object(value, "the head", "payload payloadType signatures")
    signatures = envelope["signatures"]
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise LogError("format", f"the head's type is not {PAYLOAD_TYPE}")
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise LogError("format", "the head has not exactly one signature")
    signature = _object(signatures[0], "signatures[0]", "keyid sig")
    payload, sig = _base64(envelope["payload"], "payload"), _base64(signature["sig"], "sig")
    signer = _text(signature["keyid"], "keyid")
    if expected is not None and signer != expected:
        raise LogError("coordinator", f"the head is of {signer}, not of {expected}")
    try:
        public_key(signer)
    except ValueError as error:
        raise LogError("coordinator", f"{signer[:80]!r}: {error}") from None
    kind = PAYLOAD_TYPE.encode()
    if not verify_signature(signer, sig, b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)):
        raise LogError("coordinator signature", f"{signer} did not sign this head")
    return _read_payload(payload, signer)


def _read_payload(payload: bytes, signer: str) -> TreeHead:
    document = _decode(payload, "the head's payload", MAX_HEAD_BYTES)
    document = _object(document, "the head's payload", "coordinator issued_at root size version")
    _version(document)
    head = TreeHead(
        coordinator=_text(document["coordinator"], "coordinator"),
        issued_at=_moment(document["issued_at"]),
        size=_number(document["size"], "size"),
        root=_digest(document["root"], "root"),
    )
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise LogError("format", "root: not that of a log without entries")
    if head.coordinator != signer:
        raise LogError("coordinator", f"{signer} signed it in the name of {head.coordinator}")
    return head


def _moment(value: Any) -> str:
    text = _text(value, "issued_at")
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", text):
        try:
            _microseconds(text)
        except ValueError:
            pass
        else:
            return text
    raise LogError("format", "issued_at: not a moment like 2026-01-02T03:04:05.000006Z")
