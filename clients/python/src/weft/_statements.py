"""What peers sign and hash: sequences of fields (docs/receipts.md, "What is signed")."""

from __future__ import annotations

import hashlib
import struct
from typing import Any, Union

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ._peer_ids import public_key

SIGNATURE_BYTES = 64
DIGEST_BYTES = 32
MAX_PATH_DIGESTS = 16

Field = Union[str, int, bytes]


def statement(*fields: Field) -> bytes:
    """The bytes of a statement: each field's length (4 bytes) and bytes; numbers have 64 bits, with or without sign."""
    result = bytearray()
    for field in fields:
        if isinstance(field, str):
            data = field.encode("utf-8")
        elif isinstance(field, int):
            data = (field % 2**64).to_bytes(8, "big")
        else:
            data = field
        result += struct.pack(">I", len(data)) + data
    return bytes(result)


def digest_bytes(text: str) -> bytes:
    """The 32 bytes of a digest ``sha256:<64 hex digits>``."""
    return bytes.fromhex(text[len("sha256:") :])


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def answer_digest(completion: dict[str, Any], *, stdout: bool) -> str:
    """The digest of a completion as an answer; ``stdout`` says whether standard output is part of it."""
    fields: list[Field] = ["weft-answer-1", completion["exit_status"]]
    if not stdout:
        fields.append("ignored")
    elif completion["stdout"] is None:
        fields.append("empty")
    else:
        fields += _blob(completion["stdout"])
    fields.append(len(completion["outputs"]))
    for output in completion["outputs"]:
        fields.append(output["path"])
        fields += ["missing"] if output["blob"] is None else _blob(output["blob"])
    return sha256(statement(*fields))


def _blob(blob: dict[str, Any]) -> list[Field]:
    return ["blob", digest_bytes(blob["digest"]), blob["size"]]


def result_statement(*, coordinator: str, spec_digest: str, job: int, index: int, result: dict[str, Any]) -> bytes:
    """What a node says about one attempt; ``result`` as in a receipt."""
    return statement(
        "weft-result-1",
        coordinator,
        digest_bytes(spec_digest),
        job,
        index,
        result["replica"],
        int(result["lease"]),
        result["node"],
        digest_bytes(result["answer"]),
        result["started_microseconds"],
        result["finished_microseconds"],
    )


def batch_statement(count: int, root: bytes) -> bytes:
    """What a node signs: the root of the tree of the results that it reports together."""
    return statement("weft-batch-1", count, root)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_signature(peer: str, signature: bytes, data: bytes) -> bool:
    """Whether the peer with this id signed ``data``."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key(peer)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_batch_proof(peer: str, proof: bytes, leaf: bytes) -> bool:
    """Whether the proof shows that the peer signed a batch with ``leaf`` in it (RFC 9162 §2.1.3.2)."""
    head = SIGNATURE_BYTES + 8
    path_bytes = len(proof) - head
    if not 0 <= path_bytes <= MAX_PATH_DIGESTS * DIGEST_BYTES or path_bytes % DIGEST_BYTES != 0:
        return False
    signature = proof[:SIGNATURE_BYTES]
    count, position = struct.unpack_from(">II", proof, SIGNATURE_BYTES)
    if position >= count:
        return False
    node, last = position, count - 1
    root = leaf_hash(leaf)
    for start in range(head, len(proof), DIGEST_BYTES):
        sibling = proof[start : start + DIGEST_BYTES]
        if last == 0:
            return False
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            root = node_hash(root, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and verify_signature(peer, signature, batch_statement(count, root))
