"""Receipts that must not be valid although every signature in them is right, each with the check that finds it.

The forger has a coordinator's key and nodes' keys of its own, and signs again whatever it changed.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from weft._canonical_json import encode
from weft._statements import answer_digest

from .forge import (
    BY_ID,
    COORDINATOR,
    NODES,
    Receipt,
    blob,
    changed,
    completion,
    envelope,
    payload,
    seal,
    sign_result,
    text64,
)

JOB: dict[str, Any] = {"name": "job", "payload": {"process": {"command": ["true"]}}}
VOTED: dict[str, Any] = {**JOB, "verification": {"replicas": 3}}
BUDGET: dict[str, Any] = {**JOB, "verification": {"max_error": "0.001"}}
FILES: dict[str, Any] = {**JOB, "outputs": ["out", {"optional": True, "path": "log"}]}
_NUMBERS = {"absolute": "0.5", "nan": "unequal", "relative": "0.0"}
TOLERANT: dict[str, Any] = {**JOB, "verification": {"comparator": {"numeric": _NUMBERS}, "replicas": 3}}
TOLERANT_BUDGET: dict[str, Any] = {**JOB, "verification": {"comparator": {"numeric": _NUMBERS}, "max_error": "0.001"}}
TOLERANT_FILE: dict[str, Any] = {
    **JOB,
    "outputs": [{"path": "out", "comparator": {"metric": {**_NUMBERS, "name": "loss"}}}, "log"],
    "verification": {"replicas": 2},
}
SPOTS: dict[str, Any] = {**JOB, "verification": {"same_hardware": True, "spot_check": "0.05"}}
A, B, C = (completion(stdout=text) for text in (b"a", b"b", b"c"))
NOBODY = "sha256:" + "00" * 32


class Forgery(NamedTuple):
    name: str
    check: str
    data: bytes


def files(out: bytes | None, log: bytes | None, *, exit_status: int = 0) -> dict[str, Any]:
    return completion(exit_status=exit_status, outputs={"out": out, "log": log})


def honest() -> dict[str, bytes]:
    """Receipts that are valid: what the forgeries start from, and the edges of what is allowed."""
    one = payload(JOB, [A])
    batches = {}
    for count, position in [(2, 0), (2, 1), (3, 2), (5, 4), (6, 5), (7, 3), (31, 30), (32, 0), (32, 31), (100, 64)]:
        receipt = payload(JOB, [A])
        sign_result(receipt, receipt["results"][0], count=count, position=position)
        batches[f"result {position} of {count}"] = seal(receipt, sign_results=False)
    unicode = {
        **JOB,
        "name": "\u007e\u00a0\u2028\ue000\uffff\U0001f600",
        "environment": {"A": '"\\/\b\f\n\r\t\x01\x1f\x7f\x80'},
        "labels": {"a": "\uffff", "b": "\U00010000"},
    }
    different_stderr = {**A, "stderr": blob(b"e")}
    return {
        **batches,
        "one": seal(one),
        "two of three": seal(payload(VOTED, [A, A, B])),
        "the first two of three": seal(payload(VOTED, [A, A])),
        "the last two of three": seal(payload(VOTED, [B, A, A], agreed=1)),
        "standard errors differ": seal(payload(VOTED, [different_stderr, A, B])),
        "three differ": seal(payload(VOTED, [A, B, C], state="failed", verdict="disagreed")),
        "three differ, undecided": seal(payload(VOTED, [A, B, C], state="failed", verdict="undecided")),
        "one answer within an error budget": seal(payload(BUDGET, [A], bound="0.000999999")),
        "two of three within an error budget": seal(payload(BUDGET, [B, A, A], agreed=1, bound="0")),
        "two alike are not enough for an error budget": seal(
            payload(BUDGET, [A, A], state="failed", verdict="undecided")
        ),
        "two alike and one that differs": seal(payload(TOLERANT, [B, A, C], agreed=1, alike=(2,))),
        "alike within an error budget": seal(payload(TOLERANT_BUDGET, [A, B], alike=(1,), bound="0")),
        "an output's own comparator": seal(payload(TOLERANT_FILE, [files(b"1", b"2"), files(b"3", b"2")], alike=(1,))),
        "equal answers that agree with nothing": seal(
            payload(TOLERANT, [A, A, A], state="failed", verdict="disagreed")
        ),
        "one that agrees with nothing": seal(payload(TOLERANT, [A], state="failed", verdict="disagreed")),
        "not drawn for a spot check": seal(payload(SPOTS, [A])),
        "drawn for a spot check": seal(payload(SPOTS, [B, A, A], agreed=1)),
        "a spot check without end": seal(payload(SPOTS, [A, B], state="failed", verdict="disagreed")),
        "no answers": seal(payload(JOB, [], state="failed", verdict="undecided")),
        "cancelled": seal(payload(VOTED, [A], state="cancelled", verdict="undecided")),
        "a reason": seal(changed(one, lambda receipt: receipt["task"].update(reason="two\nlines"))),
        "failed": seal(payload(JOB, [completion(exit_status=-1)], state="failed")),
        "files": seal(payload(FILES, [files(b"1", b"2")])),
        "an optional file is missing": seal(payload(FILES, [files(b"1", None)])),
        "a file is missing": seal(payload(FILES, [files(None, b"2")], state="failed")),
        "standard output ignored": seal(payload({**JOB, "verification": {"replicas": 2, "stdout": False}}, [A, B])),
        "an array's last task": seal(payload({**JOB, "array": {"count": 3, "first": 2}}, [A], index=4)),
        "64 bits": seal(changed(one, _sixty_four_bits)),
        "unicode": seal(payload(unicode, [A])),
        "before 1970": seal(changed(one, lambda receipt: receipt.update(issued_at="0000-02-29T23:59:59.999999Z"))),
    }


def _sixty_four_bits(receipt: Receipt) -> None:
    largest = str(2**64 - 1)
    receipt["job"]["id"] = largest
    receipt["task"]["id"] = f"{largest}.0"
    receipt["results"][0].update(
        lease=largest, replica=65535, started_microseconds=-(2**63), finished_microseconds=2**63 - 1
    )


def _set(*path: Any, to: Any) -> Any:
    def change(receipt: Receipt) -> None:
        target: Any = receipt
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = to

    return change


def _drop(*path: Any) -> Any:
    def change(receipt: Receipt) -> None:
        target: Any = receipt
        for key in path[:-1]:
            target = target[key]
        del target[path[-1]]

    return change


def forgeries() -> list[Forgery]:
    return [*_envelopes(), *_payloads(), *_specs(), *_answers(), *_proofs(), *_verdicts()]


def _envelopes() -> list[Forgery]:
    valid = seal(payload(JOB, [A]))
    one = payload(JOB, [A])
    sign_result(one, one["results"][0])
    parts = envelope(encode(one))
    signature = parts["signatures"][0]

    def with_signature(**members: Any) -> bytes:
        return encode({**parts, "signatures": [{**signature, **members}]})

    return [
        Forgery("empty", "format", b""),
        Forgery("null", "format", b"null"),
        Forgery("a line break at the end", "format", valid + b"\n"),
        Forgery("a byte order mark", "format", b"\xef\xbb\xbf" + valid),
        Forgery("a space", "format", valid.replace(b":", b": ", 1)),
        Forgery("an escaped solidus", "format", valid.replace(b"/vnd", b"\\/vnd")),
        Forgery("a key twice", "format", valid[:-1] + b',"signatures":[]}'),
        Forgery("another key", "format", encode({**parts, "x": 1})),
        Forgery("too deep", "format", b"[" * 100_000),
        Forgery("two signatures", "format", encode({**parts, "signatures": [signature, signature]})),
        Forgery("no signature", "format", encode({**parts, "signatures": []})),
        Forgery("another type", "format", encode({**parts, "payloadType": "application/json"})),
        Forgery("base64 without padding", "format", with_signature(sig=signature["sig"].rstrip("="))),
        Forgery("base64 with spare bits", "format", with_signature(sig=signature["sig"][:-3] + "B==")),
        Forgery("a key id of nobody", "coordinator", with_signature(keyid="12D3KooW")),
        Forgery("a key id with one more zero", "coordinator", with_signature(keyid="1" + COORDINATOR.id)),
        Forgery("another key id", "coordinator signature", with_signature(keyid=NODES[0].id)),
        Forgery("a short signature", "coordinator signature", with_signature(sig="AAAA")),
        Forgery("no signature's bytes", "coordinator signature", with_signature(sig="")),
        Forgery("signed by a node", "coordinator", seal(one, signer=NODES[0])),
    ]


def _payloads() -> list[Forgery]:
    one = payload(JOB, [A])
    for result in one["results"]:
        sign_result(one, result)
    plain = encode(one)

    def raw(old: bytes, new: bytes) -> bytes:
        assert plain.count(old) == 1, old
        return encode(envelope(plain.replace(old, new)))

    def forged(name: str, change: Any) -> Forgery:
        return Forgery(name, "format", seal(changed(one, change)))

    return [
        Forgery("a fraction", "format", raw(b'"version":1', b'"version":1.0')),
        Forgery("an exponent", "format", raw(b'"index":0', b'"index":0e0')),
        Forgery("minus zero", "format", raw(b'"index":0', b'"index":-0')),
        Forgery("a huge number", "format", raw(b'"version":1', b'"version":' + b"1" * 5000)),
        Forgery("not a number", "format", raw(b'"version":1', b'"version":NaN')),
        Forgery("a needless escape", "format", raw(b'"true"', b'"tru\\u0065"')),
        Forgery("half a surrogate pair", "format", raw(b'"true"', b'"\\ud834"')),
        Forgery("not UTF-8", "format", raw(b'"true"', b'"\xff"')),
        Forgery("a key twice in the payload", "format", raw(b'"version":1', b'"version":1,"version":1')),
        Forgery("keys in another order", "format", raw(b'"id":"42","name":"job"', b'"name":"job","id":"42"')),
        Forgery("a comment", "format", raw(b'"version":1}', b'"version":1}//')),
        forged("version 2", _set("version", to=2)),
        forged("another member", _set("x", to=None)),
        forged("no policy", _drop("policy")),
        forged("a date that is none", _set("issued_at", to="2026-02-30T00:00:00.000000Z")),
        forged("a date without microseconds", _set("issued_at", to="2026-01-02T03:04:05Z")),
        forged("another job's name", _set("job", "name", to="other")),
        forged("another job's task", _set("task", "id", to="43.0")),
        forged("another task's id", _set("task", "id", to="42.1")),
        forged("another index than the id's", _set("task", "index", to=1)),
        forged("a reason of null", _set("task", "reason", to=None)),
        forged("no completion", _drop("task", "completion")),
        forged("the completion of nobody", _set("task", "completion", to=B)),
        forged("an answer of nobody", _set("task", "answer", to=NOBODY)),
        forged("a smaller quorum", _set("policy", "quorum", to=0)),
        forged("an error budget that the job has not", _set("policy", "max_error", to="0.001")),
        forged("an error bound in another spelling", _set("task", "error_bound", to="1e-4")),
        forged("an error bound with a zero too many", _set("task", "error_bound", to="0.0010")),
        forged("an error bound that is no share", _set("task", "error_bound", to="2")),
        forged("more replicas", _set("policy", "replicas", to=3)),
        forged("a policy of 1 instead of true", _set("policy", "stdout", to=1)),
        forged("another comparator", _set("policy", "comparator", to="bytes")),
        forged("a lease with a zero before it", _set("results", 0, "lease", to="01")),
        forged("a replica beyond 16 bits", _set("results", 0, "replica", to=65536)),
        forged("an exit status beyond 32 bits", _set("results", 0, "completion", "exit_status", to=2**31)),
        forged("a negative size", _set("results", 0, "completion", "stdout", "size", to=-1)),
        Forgery(
            "a policy changed in the middle of a vote",
            "format",
            seal(changed(payload(VOTED, [A, B]), _set("policy", "quorum", to=1))),
        ),
        Forgery(
            "the second one's completion",
            "format",
            seal(payload(VOTED, [A, {**A, "stderr": blob(b"e")}], agreed=1)),
        ),
    ]


def _specs() -> list[Forgery]:
    one = payload(JOB, [A])
    return [
        Forgery("another digest", "spec", seal(changed(one, _set("job", "spec_digest", to=NOBODY)))),
        Forgery("another job", "spec", seal(changed(one, _set("job", "spec", "priority", to=1)))),
        Forgery("no such task", "spec", seal(payload({**JOB, "array": {"count": 3, "first": 2}}, [A], index=5))),
        Forgery("a task before the first", "spec", seal(payload({**JOB, "array": {"count": 3, "first": 2}}, [A]))),
        Forgery("a job that is none", "spec", seal(payload({**JOB, "retries": 1000}, [A]))),
        Forgery("a job with a misspelt key", "spec", seal(payload({**JOB, "retires": 1}, [A]))),
        Forgery(
            "a quorum above the replicas",
            "spec",
            seal(payload({**JOB, "verification": {"quorum": 3, "replicas": 2}}, [A, A, A])),
        ),
    ]


def _answers() -> list[Forgery]:
    votes = payload(VOTED, [A, A, B])
    twice = changed(votes, _set("results", 1, "node", to=NODES[0].id))

    def swap(receipt: Receipt) -> None:
        first, _, last = receipt["results"]
        first["answer"], last["answer"] = last["answer"], first["answer"]

    def completions(receipt: Receipt) -> None:
        receipt["results"][1]["completion"] = B

    return [
        Forgery("a node that votes twice", "nodes", seal(twice)),
        Forgery("answers swapped", "answers", seal(changed(votes, swap))),
        Forgery("an answer that is not its completion's", "answers", seal(changed(votes, completions))),
        Forgery("an output of another job", "answers", seal(payload(FILES, [completion(outputs={"out": b""})]))),
        Forgery(
            "outputs in another order", "answers", seal(payload(FILES, [completion(outputs={"log": b"", "out": b""})]))
        ),
        Forgery(
            "one output too many",
            "answers",
            seal(payload(FILES, [completion(outputs={"out": b"", "log": b"", "x": b""})])),
        ),
        Forgery("an answer with standard output ignored", "answers", seal(_ignored())),
    ]


def _ignored() -> Receipt:
    """The nodes' answers leave out standard output, which the job does not."""
    receipt = payload(VOTED, [A, B])
    for result in receipt["results"]:
        result["answer"] = answer_digest(result["completion"], stdout=False)
    receipt["task"]["answer"] = receipt["results"][0]["answer"]
    return receipt


def _proofs() -> list[Forgery]:
    """The coordinator's signature is right in all of these; a node's is not."""
    result: list[Forgery] = []

    def forged(name: str, receipt: Receipt, change: Any = None) -> None:
        for each in receipt["results"]:
            sign_result(receipt, each)
        if change is not None:
            change(receipt)
        result.append(Forgery(name, "node signatures", seal(receipt, sign_results=False)))

    def field(key: str, value: Any) -> Any:
        return _set("results", 0, key, to=value)

    forged("another node", payload(JOB, [A]), field("node", NODES[5].id))
    forged("a node that is no peer id", payload(JOB, [A]), field("node", "nobody"))
    forged("another replica", payload(JOB, [A]), field("replica", 1))
    forged("another lease", payload(JOB, [A]), field("lease", "1"))
    forged("an earlier start", payload(JOB, [A]), field("started_microseconds", 0))
    forged("an earlier end", payload(JOB, [A]), field("finished_microseconds", 0))

    def swapped(receipt: Receipt) -> None:
        _, second, last = receipt["results"]
        for key in ("answer", "completion"):
            second[key], last[key] = last[key], second[key]

    forged("answers swapped with their completions", payload(VOTED, [A, A, B]), swapped)

    def stuffed(receipt: Receipt) -> None:
        receipt["results"][1].update(answer=receipt["results"][0]["answer"], completion=A)

    forged("a vote that was changed", payload(VOTED, [A, B]), stuffed)

    def other_task(receipt: Receipt) -> None:
        receipt["task"].update(index=1, id="42.1")

    forged("another task's answer", payload({**JOB, "array": {"count": 2, "first": 0}}, [A]), other_task)

    def other_job(receipt: Receipt) -> None:
        receipt["job"]["id"] = "43"
        receipt["task"]["id"] = "43.0"

    forged("another job's answer", payload(JOB, [A]), other_job)
    foreign = payload(JOB, [A])
    foreign["coordinator"] = NODES[9].id
    sign_result(foreign, foreign["results"][0])
    foreign["coordinator"] = COORDINATOR.id
    result.append(Forgery("an answer for another coordinator", "node signatures", seal(foreign, sign_results=False)))
    result.append(Forgery("signed by the coordinator", "node signatures", _signed_by_coordinator()))

    batch = payload(JOB, [A])
    sign_result(batch, batch["results"][0], count=6, position=5)
    proof = base64.b64decode(batch["results"][0]["signature"])
    for name, data in {
        "no proof": b"",
        "a signature alone": proof[:64],
        "half a digest": proof[:-16],
        "one digest too few": proof[:-32],
        "one digest too many": proof + bytes(32),
        "digests in another order": proof[:72] + proof[104:136] + proof[72:104] + proof[136:],
        "another number of results": proof[:64] + (7).to_bytes(4, "big") + proof[68:],
        "no results": proof[:64] + bytes(4) + proof[68:],
        "another position": proof[:68] + (4).to_bytes(4, "big") + proof[72:],
        "a position beyond the end": proof[:68] + (6).to_bytes(4, "big") + proof[72:],
        "seventeen digests": proof[:64] + (2**17).to_bytes(4, "big") + bytes(4) + bytes(32 * 17),
    }.items():
        batch["results"][0]["signature"] = text64(data)
        result.append(Forgery(f"a proof with {name}", "node signatures", seal(batch, sign_results=False)))
    return result


def _signed_by_coordinator() -> bytes:
    receipt = payload(JOB, [A])
    node = receipt["results"][0]["node"]
    honest_node = BY_ID[node]
    BY_ID[node] = COORDINATOR
    try:
        return seal(receipt)
    finally:
        BY_ID[node] = honest_node


def _verdicts() -> list[Forgery]:
    def forged(name: str, receipt: Receipt, change: Any = None) -> Forgery:
        return Forgery(name, "verdict", seal(receipt if change is None else changed(receipt, change)))

    answered = payload(VOTED, [A, B, C], state="failed", verdict="undecided")
    return [
        forged("a quorum that lost a vote", changed(payload(VOTED, [A, A, B]), _drop("results", 1))),
        forged("agreed by one of three", payload(VOTED, [A, B, C])),
        forged("agreed by nobody", changed(payload(JOB, [A]), _agreed_by_nobody)),
        forged("agreed without an answer", changed(payload(JOB, [A]), _without_answer)),
        forged("a quorum that is denied", payload(VOTED, [A, A, B], state="failed", verdict="disagreed")),
        forged("a quorum that is not yet", payload(VOTED, [A, A], state="cancelled", verdict="undecided")),
        forged(
            "an answer without agreement",
            changed(answered, lambda receipt: receipt["task"].update(answer=receipt["results"][0]["answer"])),
            _set("task", "completion", to=A),
        ),
        forged("no error bound", payload(BUDGET, [A])),
        forged("an error bound above the budget", payload(BUDGET, [A], bound="0.001000001")),
        forged("an error bound without a budget", payload(JOB, [A], bound="0")),
        forged("an error bound without an answer", payload(BUDGET, [A], state="failed", verdict="undecided", bound="0")),
        forged("alike though equality decides", payload(VOTED, [A, A, B], alike=(2,))),
        forged("alike without an answer", changed(payload(TOLERANT, [A], verdict="undecided", state="failed"), _set("task", "alike", to=[NOBODY]))),
        forged("alike with itself", payload(TOLERANT, [A, A], alike=(1,))),
        forged("alike and never given", changed(payload(TOLERANT, [A, A]), _set("task", "alike", to=[NOBODY]))),
        forged("alike out of order", changed(payload(TOLERANT, [A, B, C], alike=(1, 2)), _reversed_alike)),
        forged("too few alike", payload(TOLERANT, [A, B, C])),
        forged("a spot check that nobody confirmed", payload(SPOTS, [A, B])),
        forged("disagreed with oneself", payload(VOTED, [A], state="failed", verdict="disagreed")),
        forged("disagreed and cancelled", payload(VOTED, [A, B], state="cancelled", verdict="disagreed")),
        forged("succeeded without an answer", payload(VOTED, [A], verdict="undecided")),
        forged("succeeded with an exit status", payload(JOB, [completion(exit_status=1)])),
        forged("succeeded without an output", payload(FILES, [files(None, b"")])),
        forged("failed in spite of success", payload(JOB, [A], state="failed")),
        forged("cancelled in spite of success", payload(JOB, [A], state="cancelled")),
    ]


def _reversed_alike(receipt: Receipt) -> None:
    receipt["task"]["alike"].reverse()


def _agreed_by_nobody(receipt: Receipt) -> None:
    receipt["task"]["answer"] = NOBODY
    del receipt["task"]["completion"]


def _without_answer(receipt: Receipt) -> None:
    receipt["task"]["answer"] = None
    del receipt["task"]["completion"]
