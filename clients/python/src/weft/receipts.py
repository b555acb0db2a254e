"""Receipts: signed, self-contained evidence of how a task came to its answer.

``verify`` checks one offline, from the file alone. It is written from docs/receipts.md and shares no code with Weft
itself, so that one defect cannot hide in both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping, Union

from ._canonical_json import CanonicalError, decode, encode
from ._jobs import DIGEST, INT64_MAX, Job, JobError, decode_base64, parse_rate, read_job
from ._peer_ids import public_key
from ._statements import (
    answer_digest,
    result_statement,
    verify_batch_proof,
    verify_signature,
)
from ._statements import sha256 as digest_of

if TYPE_CHECKING:
    import os

__all__ = ["CHECKS", "ReceiptError", "Result", "VerifiedReceipt", "verify"]

PAYLOAD_TYPE = "application/vnd.weft.receipt+json"

#: The names of the checks, in the order in which they are made.
CHECKS = (
    "format",
    "coordinator",
    "coordinator signature",
    "spec",
    "nodes",
    "answers",
    "node signatures",
    "verdict",
    "output",
)

#: A local output: its bytes, or the path of a file.
LocalOutput = Union[bytes, str, "os.PathLike[str]"]


class ReceiptError(Exception):
    """A receipt is not valid. ``check`` is the first check that failed, one of ``CHECKS``; ``reason`` says why."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(f"{check}: {reason}")
        self.check = check
        self.reason = reason


@dataclass(frozen=True)
class Result:
    """What one node answered."""

    node: str
    replica: int
    lease: int
    answer: str
    completion: Mapping[str, Any]
    started_microseconds: int
    finished_microseconds: int
    #: The proof that the node signed this.
    signature: bytes


@dataclass(frozen=True)
class VerifiedReceipt:
    """What a valid receipt says. Who the coordinator is, is for the caller to judge, or to ask ``verify`` for."""

    coordinator: str
    issued_at: str
    job_id: int
    job_name: str
    spec: Mapping[str, Any]
    spec_digest: str
    task_id: str
    index: int
    state: str
    verdict: str
    answer: str | None
    reason: str | None
    completion: Mapping[str, Any] | None
    # How many had to agree, or which share of the accepted answers may be wrong (like "0.001"); neither with spot checks.
    quorum: int | None
    max_error: str | None
    # The probability that the answer is wrong, as the coordinator has it; where the job has a max_error.
    error_bound: str | None
    results: tuple[Result, ...]
    # Other answers that the coordinator found to be like the agreed one, by the job's comparators.
    alike: tuple[str, ...] = ()

    def supports(self, answer: str) -> bool:
        """Whether an answer counts as the agreed one."""
        return self.answer is not None and (answer == self.answer or answer in self.alike)

    @property
    def agreeing(self) -> tuple[str, ...]:
        """The nodes whose answer counts as the agreed one; none without one."""
        return tuple(result.node for result in self.results if self.supports(result.answer))

    @property
    def differing(self) -> tuple[str, ...]:
        """The nodes that gave another answer."""
        return tuple(result.node for result in self.results if not self.supports(result.answer))


def verify(
    receipt: bytes, coordinator: str | None = None, outputs: Mapping[str, LocalOutput] | None = None
) -> VerifiedReceipt:
    """Checks a receipt's every byte, digest and signature, and its verdict.

    ``coordinator`` is the id of the coordinator that must have issued it; without one anybody's receipt that holds
    together is valid. ``outputs`` are local files to compare with the agreed outputs, by the outputs' paths.
    Raises ``ReceiptError`` with the first check that fails, and ``OSError`` if a local file cannot be read.
    """
    payload_bytes, key_id, signature = _read_envelope(receipt)
    _check_signer(key_id, coordinator)
    if not verify_signature(key_id, signature, _pre_authentication_encoding(payload_bytes)):
        raise ReceiptError("coordinator signature", f"{key_id} did not sign this")
    payload = _read_payload(payload_bytes)
    job = _read_spec(payload)
    _check_consequences(payload, job)
    if payload["coordinator"] != key_id:
        raise ReceiptError("coordinator", f"{key_id} signed it in the name of {payload['coordinator']}")
    _check_spec(payload, job)
    _check_nodes(payload)
    _check_answers(payload, job)
    _check_node_signatures(payload)
    _check_verdict(payload, job)
    for path, local in (outputs or {}).items():
        _check_output(payload, path, local)
    return _verified(payload)


def _pre_authentication_encoding(payload: bytes) -> bytes:
    """DSSE's, of a payload of this type."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


# Format


def _read_envelope(receipt: bytes) -> tuple[bytes, str, bytes]:
    """The payload, the id of who signed it, and the signature."""
    envelope = _shape(_decode(receipt, "the file"), "the file", payload=_text, payloadType=_text, signatures=_list)
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise ReceiptError("format", f"the payload's type is {envelope['payloadType']!r}, not {PAYLOAD_TYPE!r}")
    if len(envelope["signatures"]) != 1:
        raise ReceiptError("format", "not exactly one signature")
    signature = _shape(envelope["signatures"][0], "signatures[0]", keyid=_text, sig=_base64)
    return _base64(envelope["payload"], "payload"), signature["keyid"], signature["sig"]


def _check_signer(key_id: str, expected: str | None) -> None:
    if expected is not None and key_id != expected:
        raise ReceiptError("coordinator", f"{key_id} issued it, not {expected}")
    try:
        public_key(key_id)
    except ValueError as error:
        raise ReceiptError("coordinator", f"{key_id[:80]!r}: {error}") from None


def _read_payload(data: bytes) -> dict[str, Any]:
    """The payload; bytes and numbers in it stay as they are written."""
    payload = _shape(
        _decode(data, "the payload"),
        "the payload",
        coordinator=_text,
        issued_at=_moment,
        job=_any,
        policy=_any,
        results=_list,
        task=_any,
        version=_integer(1, 1),
    )
    _shape(payload["job"], "job", id=_decimal(1), name=_any, spec=_any, spec_digest=_digest)
    _shape(
        payload["task"],
        "task",
        {"alike": _digests, "completion": _completion, "error_bound": _error_bound, "reason": _text},
        answer=_optional(_digest),
        id=_text,
        index=_integer(0, 2**32 - 1),
        state=_choice("succeeded", "failed", "cancelled"),
        verdict=_choice("agreed", "disagreed", "undecided"),
    )
    for position, result in enumerate(payload["results"]):
        _shape(
            result,
            f"results[{position}]",
            answer=_digest,
            completion=_completion,
            finished_microseconds=_integer(-INT64_MAX - 1, INT64_MAX),
            lease=_decimal(0),
            node=_text,
            replica=_integer(0, 2**16 - 1),
            signature=_base64,
            started_microseconds=_integer(-INT64_MAX - 1, INT64_MAX),
        )
    return payload


def _decode(data: bytes, what: str) -> Any:
    try:
        return decode(data)
    except CanonicalError as error:
        raise ReceiptError("format", f"{what} is not canonical JSON: {error}") from None


Check = Callable[[Any, str], Any]


def _shape(value: Any, field: str, may: Mapping[str, Check] | None = None, **must: Check) -> dict[str, Any]:
    """An object with exactly these keys, each checked; returns what the checks returned."""
    if not isinstance(value, dict):
        raise ReceiptError("format", f"{field}: not an object")
    checks = {**must, **(may or {})}
    for key in must:
        if key not in value:
            raise ReceiptError("format", f"{field}: {key} is missing")
    for key in value:
        if key not in checks:
            raise ReceiptError("format", f"{field}: unknown key {key!r}")
    return {key: checks[key](item, f"{field}.{key}") for key, item in value.items()}


def _any(value: Any, _field: str) -> Any:
    return value


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise ReceiptError("format", f"{field}: not a text")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise ReceiptError("format", f"{field}: not a list")
    return value


def _integer(low: int, high: int) -> Check:
    def check(value: Any, field: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ReceiptError("format", f"{field}: not a number from {low} to {high}")
        return value

    return check


def _choice(*values: str) -> Check:
    def check(value: Any, field: str) -> str:
        if not isinstance(value, str) or value not in values:
            raise ReceiptError("format", f"{field}: not {' or '.join(values)}")
        return value

    return check


def _optional(check: Check) -> Check:
    return lambda value, field: None if value is None else check(value, field)


def _digest(value: Any, field: str) -> str:
    if not DIGEST.fullmatch(_text(value, field)):
        raise ReceiptError("format", f"{field}: not a digest sha256:<64 hex digits>")
    return str(value)


def _decimal(low: int) -> Check:
    def check(value: Any, field: str) -> int:
        if not re.fullmatch(r"0|[1-9][0-9]{0,19}", _text(value, field)) or not low <= int(value) < 2**64:
            raise ReceiptError("format", f"{field}: not a decimal number of 64 bits")
        return int(value)

    return check


def _digests(value: Any, field: str) -> list[str]:
    if not isinstance(value, list) or not value:
        raise ReceiptError("format", f"{field}: not a list of digests")
    return [_digest(digest, field) for digest in value]


def _error_bound(value: Any, field: str) -> str:
    if parse_rate(_text(value, field)) is None:
        raise ReceiptError("format", f"{field}: not a share in its one spelling")
    return str(value)


def _base64(value: Any, field: str) -> bytes:
    data = decode_base64(_text(value, field))
    if data is None:
        raise ReceiptError("format", f"{field}: not base64 in its one spelling")
    return data


def _moment(value: Any, field: str) -> str:
    """RFC 3339 in UTC with microseconds and without leap seconds."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", _text(value, field)):
        try:
            # Python has no year 0; it has the days of the year 2000.
            text = value if value[:4] != "0000" else "2000" + value[4:]
            datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
            return str(value)
        except ValueError:
            pass
    raise ReceiptError("format", f"{field}: not a moment like 2026-01-02T03:04:05.000006Z")


def _completion(value: Any, field: str) -> Any:
    completion = _shape(
        value,
        field,
        exit_status=_integer(-(2**31), 2**31 - 1),
        outputs=_list,
        stderr=_optional(_blob),
        stdout=_optional(_blob),
    )
    for position, output in enumerate(completion["outputs"]):
        _shape(output, f"{field}.outputs[{position}]", blob=_optional(_blob), path=_text)
    return value


def _blob(value: Any, field: str) -> Any:
    _shape(value, field, digest=_digest, size=_integer(0, INT64_MAX))
    return value


# What the payload says


def _read_spec(payload: dict[str, Any]) -> Job:
    try:
        return read_job(payload["job"]["spec"])
    except JobError as error:
        raise ReceiptError("spec", f"the job is not valid: {error}") from None


def _check_consequences(payload: dict[str, Any], job: Job) -> None:
    """What is written for reading but follows from other fields."""
    task = payload["task"]
    if payload["job"]["name"] != job.name:
        raise ReceiptError("format", f"job.name: the job's name is {job.name!r}")
    task_id = f"{payload['job']['id']}.{task['index']}"
    if task["id"] != task_id:
        raise ReceiptError("format", f"task.id: it is {task_id}")
    policy: dict[str, Any] = {"comparator": job.policy.comparator, "stdout": job.policy.stdout}
    if job.policy.same_hardware:
        policy["same_hardware"] = True
    written = payload["job"]["spec"].get("verification", {})
    rates = [name for name in ("max_error", "spot_check") if name in written]
    if not rates:
        policy |= {
            "max_replicas": job.policy.max_replicas,
            "quorum": job.policy.quorum,
            "replicas": job.policy.replicas,
        }
    for name in rates:
        policy[name] = written[name]
    # As bytes: Python holds 1 to be equal to true.
    if encode(payload["policy"]) != encode(policy):
        raise ReceiptError("format", "policy: it is not the job's")
    agreeing = [result["completion"] for result in payload["results"] if result["answer"] == task["answer"]]
    if agreeing[:1] != ([task["completion"]] if "completion" in task else []):
        raise ReceiptError("format", "task.completion: it is not that of the first agreeing result")


def _check_spec(payload: dict[str, Any], job: Job) -> None:
    index = payload["task"]["index"]
    if digest_of(encode(payload["job"]["spec"])) != payload["job"]["spec_digest"]:
        raise ReceiptError("spec", "the job has another digest")
    if not job.first_index <= index < job.first_index + job.count:
        raise ReceiptError("spec", f"the job has no task {index}")


def _check_nodes(payload: dict[str, Any]) -> None:
    seen = set()
    for result in payload["results"]:
        if result["node"] in seen:
            raise ReceiptError("nodes", f"{result['node']} answered twice")
        seen.add(result["node"])


def _check_answers(payload: dict[str, Any], job: Job) -> None:
    paths = [output.path for output in job.outputs]
    for result in payload["results"]:
        completion = result["completion"]
        if answer_digest(completion, stdout=job.policy.stdout) != result["answer"]:
            raise ReceiptError("answers", f"the answer of {result['node']} is not the digest of its completion")
        if [output["path"] for output in completion["outputs"]] != paths:
            raise ReceiptError("answers", f"the outputs of {result['node']} are not the job's")


def _check_node_signatures(payload: dict[str, Any]) -> None:
    for result in payload["results"]:
        leaf = result_statement(
            coordinator=payload["coordinator"],
            spec_digest=payload["job"]["spec_digest"],
            job=int(payload["job"]["id"]),
            index=payload["task"]["index"],
            result=result,
        )
        proof = decode_base64(result["signature"])
        if proof is None or not verify_batch_proof(result["node"], proof, leaf):
            raise ReceiptError("node signatures", f"{result['node']} did not sign its answer")


def _check_verdict(payload: dict[str, Any], job: Job) -> None:
    task, results = payload["task"], payload["results"]
    votes: dict[str, int] = {}
    for result in results:
        votes[result["answer"]] = votes.get(result["answer"], 0) + 1
    quorum = job.policy.quorum
    # Equal answers may differ all the same where they have to be compared: one with a NaN is like nothing.
    is_counted = job.policy.max_error is None and job.policy.spot_check is None and job.compares_digests
    _check_bound(task, job)
    _check_alike(task, job, votes)
    if task["verdict"] != "agreed":
        if is_counted and any(count >= quorum for count in votes.values()):
            raise ReceiptError("verdict", f"it is {task['verdict']}, but an answer has a quorum")
        if task["answer"] is not None:
            raise ReceiptError("verdict", f"it is {task['verdict']}, but there is an agreed answer")
        if task["state"] not in (("failed",) if task["verdict"] == "disagreed" else ("failed", "cancelled")):
            raise ReceiptError("verdict", f"it is {task['verdict']}, but the task is {task['state']}")
        if task["verdict"] == "disagreed" and len(votes) < (2 if job.compares_digests else 1):
            raise ReceiptError("verdict", "it is disagreed, but no answers differ")
        return
    agreeing = sum(votes.get(answer, 0) for answer in [task["answer"], *task.get("alike", [])])
    if job.policy.spot_check is not None and agreeing < len(results):
        quorum = 2  # a check that found a difference takes two who agree
    if agreeing < quorum:
        raise ReceiptError("verdict", f"fewer than {quorum} nodes gave the agreed answer")
    agreed = next(result for result in results if result["answer"] == task["answer"])
    optional = {output.path for output in job.outputs if output.optional}
    missing = [item["path"] for item in agreed["completion"]["outputs"] if item["blob"] is None]
    succeeded = agreed["completion"]["exit_status"] == 0 and optional.issuperset(missing)
    if task["state"] != ("succeeded" if succeeded else "failed"):
        raise ReceiptError("verdict", f"the task is {task['state']}, but its answer means otherwise")


def _check_alike(task: dict[str, Any], job: Job, votes: Mapping[str, int]) -> None:
    """Other answers are like the agreed one only by a comparator of the job, and were given."""
    alike = task.get("alike", [])
    if not alike:
        return
    if job.compares_digests or task["answer"] is None or task["answer"] in alike:
        raise ReceiptError("verdict", "answers are said to be alike, but by the job only equal ones are")
    if sorted(set(alike)) != alike or any(answer not in votes for answer in alike):
        raise ReceiptError("verdict", "the answers that are said to be alike are not ones that were given")


def _check_bound(task: dict[str, Any], job: Job) -> None:
    """An answer accepted under an error budget says how sure of it the coordinator is, and no other does."""
    if (job.policy.max_error is not None and task["verdict"] == "agreed") != ("error_bound" in task):
        raise ReceiptError("verdict", "an error bound goes with an answer to a job with a max_error, and with no other")
    if "error_bound" in task and (parse_rate(task["error_bound"]) or 0) > (job.policy.max_error or 0):
        raise ReceiptError("verdict", "the error bound is above the job's max_error")


def _check_output(payload: dict[str, Any], path: str, local: LocalOutput) -> None:
    completion = payload["task"].get("completion")
    if completion is None:
        raise ReceiptError("output", "there is no agreed answer")
    blobs = {output["path"]: output["blob"] for output in completion["outputs"]}
    if path not in blobs:
        raise ReceiptError("output", f"the job has no output {path!r}")
    if blobs[path] is None:
        raise ReceiptError("output", f"{path!r} is missing in the agreed answer")
    size, digest = _measure(local)
    if {"digest": digest, "size": size} != blobs[path]:
        raise ReceiptError("output", f"{path!r} is not the agreed output")


def _measure(local: LocalOutput) -> tuple[int, str]:
    if isinstance(local, bytes):
        return len(local), digest_of(local)
    size, hasher = 0, sha256()
    with Path(local).open("rb") as file:
        while piece := file.read(1 << 20):
            size += len(piece)
            hasher.update(piece)
    return size, "sha256:" + hasher.hexdigest()


def _verified(payload: dict[str, Any]) -> VerifiedReceipt:
    job, task = payload["job"], payload["task"]
    return VerifiedReceipt(
        coordinator=payload["coordinator"],
        issued_at=payload["issued_at"],
        job_id=int(job["id"]),
        job_name=job["name"],
        spec=job["spec"],
        spec_digest=job["spec_digest"],
        task_id=task["id"],
        index=task["index"],
        state=task["state"],
        verdict=task["verdict"],
        answer=task["answer"],
        reason=task.get("reason"),
        completion=task.get("completion"),
        quorum=payload["policy"].get("quorum"),
        max_error=payload["policy"].get("max_error"),
        alike=tuple(task.get("alike", ())),
        error_bound=task.get("error_bound"),
        results=tuple(
            Result(
                node=result["node"],
                replica=result["replica"],
                lease=int(result["lease"]),
                answer=result["answer"],
                completion=result["completion"],
                started_microseconds=result["started_microseconds"],
                finished_microseconds=result["finished_microseconds"],
                signature=decode_base64(result["signature"]) or b"",
            )
            for result in payload["results"]
        ),
    )
