"""Receipts signed with keys made here: what a coordinator could write, honest or not."""

from __future__ import annotations

import base64
import copy
import hashlib
from typing import Any, Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from weft._canonical_json import encode
from weft._peer_ids import peer_id
from weft._statements import answer_digest, batch_statement, leaf_hash, node_hash, result_statement, sha256

PAYLOAD_TYPE = "application/vnd.weft.receipt+json"
Receipt = dict[str, Any]


class Peer:
    """A key pair; the same name gives the same one."""

    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.id = peer_id(self._key.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


COORDINATOR = Peer("coordinator")
NODES = [Peer(f"node {number}") for number in range(64)]
BY_ID = {peer.id: peer for peer in [COORDINATOR, *NODES]}


def blob(data: bytes) -> dict[str, Any]:
    return {"digest": sha256(data), "size": len(data)}


def completion(
    *, exit_status: int = 0, stdout: bytes | None = None, outputs: dict[str, bytes | None] | None = None
) -> dict[str, Any]:
    return {
        "exit_status": exit_status,
        "outputs": [
            {"path": path, "blob": None if data is None else blob(data)} for path, data in (outputs or {}).items()
        ],
        "stderr": None,
        "stdout": None if stdout is None else blob(stdout),
    }


def default_policy(spec: Any) -> dict[str, Any]:
    """The policy of a job, defaults written out; something for jobs that are none."""
    written = spec.get("verification", {}) if isinstance(spec, dict) else {}
    written = written if isinstance(written, dict) else {}
    always = {"comparator": written.get("comparator", "sha256"), "stdout": written.get("stdout", True)}
    if "same_hardware" in written:
        always["same_hardware"] = written["same_hardware"]
    for rate in ("max_error", "spot_check"):
        if rate in written:
            return {**always, rate: written[rate]}
    replicas = written.get("replicas", 1)
    replicas = replicas if isinstance(replicas, int) else 1
    return {
        **always,
        "max_replicas": written.get("max_replicas", 1 if replicas == 1 else min(2 * replicas + 1, 64)),
        "quorum": written.get("quorum", replicas // 2 + 1),
        "replicas": replicas,
    }


def payload(
    spec: dict[str, Any],
    answers: list[dict[str, Any]],
    *,
    index: int = 0,
    state: str = "succeeded",
    verdict: str = "agreed",
    agreed: int = 0,
    bound: str | None = None,
    alike: tuple[int, ...] = (),
) -> Receipt:
    """The payload of a receipt: ``answers`` are the completions of node 0, 1, …, the ``agreed``-th was agreed.

    ``alike`` are the positions of answers that are said to be like it.
    """
    policy = default_policy(spec)
    results = [
        {
            "answer": answer_digest(item, stdout=policy["stdout"] is not False),
            "completion": item,
            "finished_microseconds": 1_767_323_045_000_000 + number,
            "lease": str(2**40 + number),
            "node": NODES[number].id,
            "replica": number,
            "signature": "",
            "started_microseconds": 1_767_323_044_000_000 + number,
        }
        for number, item in enumerate(answers)
    ]
    task: dict[str, Any] = {"answer": None, "id": f"42.{index}", "index": index, "state": state, "verdict": verdict}
    if verdict == "agreed":
        task["answer"] = results[agreed]["answer"]
        task["completion"] = answers[agreed]
    if bound is not None:
        task["error_bound"] = bound
    if alike:
        task["alike"] = sorted({results[number]["answer"] for number in alike})
    job = {"id": "42", "name": spec["name"] if isinstance(spec, dict) and "name" in spec else "job", "spec": spec}
    return {
        "coordinator": COORDINATOR.id,
        "issued_at": "2026-01-02T03:04:05.000006Z",
        "job": {**job, "spec_digest": sha256(encode(spec))},
        "policy": policy,
        "results": results,
        "task": task,
        "version": 1,
    }


def sign_result(receipt: Receipt, result: Receipt, *, count: int = 1, position: int = 0) -> None:
    """The node signs its result, as one of ``count`` that it reports together."""
    leaf = result_statement(
        coordinator=receipt["coordinator"],
        spec_digest=receipt["job"]["spec_digest"],
        job=int(receipt["job"]["id"]),
        index=receipt["task"]["index"],
        result=result,
    )
    leaves = [leaf_hash(leaf if each == position else b"other %d" % each) for each in range(count)]
    root, path = _tree(leaves, position)
    signature = BY_ID[result["node"]].sign(batch_statement(count, root))
    result["signature"] = text64(signature + count.to_bytes(4, "big") + position.to_bytes(4, "big") + b"".join(path))


def _tree(leaves: list[bytes], position: int) -> tuple[bytes, list[bytes]]:
    """The root, and the path of a leaf, as RFC 9162 §2.1.1 and §2.1.3.1 define them (not as one verifies them)."""
    if len(leaves) == 1:
        return leaves[0], []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    left, left_path = _tree(leaves[:half], position if position < half else 0)
    right, right_path = _tree(leaves[half:], position - half if position >= half else 0)
    path = [*left_path, right] if position < half else [*right_path, left]
    return node_hash(left, right), path


def envelope(data: bytes, *, signer: Peer = COORDINATOR) -> Receipt:
    encoding = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(data), data)
    return {
        "payload": text64(data),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signer.id, "sig": text64(signer.sign(encoding))}],
    }


def seal(receipt: Receipt, *, signer: Peer = COORDINATOR, sign_results: bool = True) -> bytes:
    """The file: every node signs its result, the coordinator the whole."""
    if sign_results:
        for result in receipt["results"]:
            sign_result(receipt, result)
    return encode(envelope(encode(receipt), signer=signer))


def changed(receipt: Receipt, change: Callable[[Receipt], Any]) -> Receipt:
    result = copy.deepcopy(receipt)
    change(result)
    return result
