"""Logs: files that Weft wrote (fixtures), proofs made here as RFC 9162 defines them, and damaged ones."""

from __future__ import annotations

import hashlib
import unittest
from pathlib import Path
from typing import Any, Callable

from weft import receipts
from weft._canonical_json import decode, encode
from weft._statements import leaf_hash, node_hash
from weft.log import (
    CHECKS,
    LogError,
    TreeHead,
    _is_consistent,
    _microseconds,
    _root_of_inclusion,
    audit,
    peaks_of_pruned,
    verify_consistency,
    verify_head,
    verify_inclusion,
)

from .forge import COORDINATOR, NODES, Peer, text64

FIXTURES = Path(__file__).parent / "fixtures" / "log"
TYPE = "application/vnd.weft.tree-head+json"
EMPTY = hashlib.sha256(b"").digest()
LEAVES = [leaf_hash(b"entry %d" % number) for number in range(40)]


def fixture(name: str) -> bytes:
    return (FIXTURES / f"{name}.json").read_bytes()


def refusal(check: Callable[..., Any], *arguments: Any, **options: Any) -> str | None:
    """The check that failed; None if all passed."""
    try:
        check(*arguments, **options)
    except LogError as error:
        assert error.check in CHECKS
        return error.check
    return None


def damaged(data: bytes) -> list[bytes]:
    """Every byte changed in a few ways, left out, and one put in before it."""
    files = []
    for position, byte in enumerate(data):
        before, after = data[:position], data[position + 1 :]
        files += [before + bytes([other]) + after for other in {byte ^ 1, byte ^ 0x20, ord("A")} - {byte}]
        files += [before + after, before + b"A" + data[position:]]
    return files


# RFC 9162 §2.1, word by word.


def split(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    half = split(len(leaves))
    return node_hash(root(leaves[:half]), root(leaves[half:]))


def inclusion(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return [*inclusion(index, leaves[:half]), root(leaves[half:])]
    return [*inclusion(index - half, leaves[half:]), root(leaves[:half])]


def consistency(old: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [root(leaves)]
    half = split(len(leaves))
    if old <= half:
        return [*consistency(old, leaves[:half], whole=whole), root(leaves[half:])]
    return [*consistency(old - half, leaves[half:], whole=False), root(leaves[:half])]


def envelope(payload: bytes, signer: Peer = COORDINATOR, kind: str = TYPE) -> dict[str, Any]:
    signature = signer.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
    return {
        "payload": text64(payload),
        "payloadType": kind,
        "signatures": [{"keyid": signer.id, "sig": text64(signature)}],
    }


def head(leaves: list[bytes], signer: Peer = COORDINATOR, **changes: Any) -> dict[str, Any]:
    payload = {
        "coordinator": signer.id,
        "issued_at": "2026-01-02T03:04:05.000006Z",
        "root": "sha256:" + root(leaves).hex(),
        "size": len(leaves),
        "version": 1,
        **changes,
    }
    return envelope(encode(payload), signer)


def digests(path: list[bytes]) -> list[str]:
    return ["sha256:" + digest.hex() for digest in path]


def history(old: dict[str, Any], new: dict[str, Any], path: list[bytes]) -> bytes:
    return encode({"new": new, "old": old, "path": digests(path), "version": 1})


def spoilt(path: list[bytes]) -> list[list[bytes]]:
    paths = [[*path[:place], LEAVES[0], *path[place:]] for place in range(len(path) + 1)]
    for place, digest in enumerate(path):
        flipped = bytes([digest[0] ^ 1]) + digest[1:]
        paths += [[*path[:place], flipped, *path[place + 1 :]], path[:place] + path[place + 1 :]]
    return paths


class FixtureTests(unittest.TestCase):
    def test_what_weft_wrote_is_valid(self) -> None:
        receipt = receipts.verify(fixture("receipt"))
        newest = verify_head(fixture("head"), receipt.coordinator)
        self.assertEqual(newest.size, 11)
        self.assertEqual(verify_head(fixture("head-before")).size, 6)
        self.assertEqual(verify_head(fixture("head-empty")).root, EMPTY)
        self.assertEqual(verify_inclusion(fixture("inclusion"), receipt), newest)
        self.assertEqual(verify_consistency(fixture("consistency"), fixture("head-before")), newest)

    def test_late_answers_are_not_in_the_entry(self) -> None:
        receipt = receipts.verify(fixture("late-receipt"))
        proof = decode(fixture("late-inclusion"))
        self.assertEqual(proof["late"], [0])
        self.assertIsNone(refusal(verify_inclusion, encode(proof), receipt))
        cases: list[tuple[list[Any], str]] = [
            ([], "inclusion"),
            ([1], "inclusion"),
            ([0, 1], "inclusion"),
            ([0, 3], "inclusion"),
            ([0, 0], "format"),
            ([1, 0], "format"),
            ([-1], "format"),
            ([True], "format"),
            (list(range(1025)), "format"),
        ]
        for late, check in cases:
            with self.subTest(late[:4]):
                self.assertEqual(refusal(verify_inclusion, encode({**proof, "late": late}), receipt), check)

    def test_a_verdict_cannot_be_logged_before_its_answers(self) -> None:
        receipt = receipts.verify(fixture("receipt"))
        proof = {**decode(fixture("inclusion")), "late": [0]}
        with self.assertRaises(LogError) as caught:
            verify_inclusion(encode(proof), receipt)
        self.assertIn("quorum", caught.exception.reason)

    def test_any_change_of_any_byte_is_found(self) -> None:
        receipt = receipts.verify(fixture("receipt"))
        self.assertEqual([file for file in damaged(fixture("head")) if not refusal(verify_head, file)], [])
        accepted = [file for file in damaged(fixture("inclusion")) if not refusal(verify_inclusion, file, receipt)]
        self.assertEqual(accepted, [])
        accepted = [file for file in damaged(fixture("consistency")) if not refusal(verify_consistency, file)]
        self.assertEqual(accepted, [])

    def test_a_proof_is_for_its_receipt_and_coordinator(self) -> None:
        self.assertEqual(
            refusal(verify_inclusion, fixture("inclusion"), receipts.verify(fixture("late-receipt"))), "inclusion"
        )
        stranger = receipts.verify((FIXTURES.parent / "plain.json").read_bytes())
        self.assertEqual(refusal(verify_inclusion, fixture("inclusion"), stranger), "coordinator")
        checks: list[tuple[Callable[..., Any], str]] = [(verify_head, "head"), (verify_consistency, "consistency")]
        for check, name in checks:
            self.assertEqual(refusal(check, fixture(name), coordinator=COORDINATOR.id), "coordinator")
        receipt = receipts.verify(fixture("receipt"))
        proof = decode(fixture("inclusion"))
        changes: dict[str, Any]
        for changes in ({"index": 4}, {"index": 11}, {"path": proof["path"][1:]}):
            self.assertEqual(refusal(verify_inclusion, encode({**proof, **changes}), receipt), "inclusion")
        for changes in ({"version": 2}, {"more": 1}, {"path": proof["path"] * 13}, {"index": 2**48 + 1}):
            self.assertEqual(refusal(verify_inclusion, encode({**proof, **changes}), receipt), "format")


class HeadTests(unittest.TestCase):
    def test_heads_have_their_form(self) -> None:
        stranger = NODES[0]
        for check, value in [
            (None, head(LEAVES)),
            (None, head(LEAVES, size=2**48)),
            (None, head([])),
            ("format", head(LEAVES, size=0)),
            ("format", head(LEAVES, size=2**48 + 1)),
            ("format", head(LEAVES, size=-1)),
            ("format", head(LEAVES, size=True)),
            ("format", head(LEAVES, size="3")),
            ("format", head(LEAVES, version=2)),
            ("format", head(LEAVES, more=1)),
            ("format", head(LEAVES, root=root(LEAVES).hex())),
            ("format", head(LEAVES, issued_at="2026-01-02T03:04:60.000006Z")),
            ("format", head(LEAVES, issued_at="2026-02-30T03:04:05.000006Z")),
            ("format", head(LEAVES, issued_at="2026-01-02T03:04:05.000006+00:00")),
            ("format", head(LEAVES, more="x" * 5000)),
            ("format", envelope(b"{}")),
            ("format", envelope(b"[]", kind="application/vnd.weft.receipt+json")),
            ("coordinator", head(LEAVES, coordinator=stranger.id)),
            ("coordinator signature", {**head(LEAVES), "signatures": head(LEAVES[:9])["signatures"]}),
        ]:
            with self.subTest(check=check, value=value):
                self.assertEqual(refusal(verify_head, encode(value)), check)

    def test_moments_are_numbers(self) -> None:
        for moment, number in [
            ("1970-01-01T00:00:00.000000Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2023-11-14T22:13:23.000000Z", 1_700_000_003_000_000),
            ("0000-01-01T00:00:00.000000Z", -62_167_219_200_000_000),
            ("0000-02-29T00:00:00.000000Z", -62_162_121_600_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ]:
            self.assertEqual(_microseconds(moment), number)


class ProofTests(unittest.TestCase):
    def test_every_entry_is_proven_and_nothing_else(self) -> None:
        for size in range(1, 25):
            leaves, whole = LEAVES[:size], root(LEAVES[:size])
            for index, leaf in enumerate(leaves):
                path = inclusion(index, leaves)
                self.assertEqual(_root_of_inclusion(leaf, index, size, path), whole)
                for other in {index - 1, index + 1, index ^ 2, size} - {index, -1}:
                    self.assertNotEqual(_root_of_inclusion(leaf, other, size, path), whole)
                for bad in spoilt(path):
                    self.assertNotEqual(_root_of_inclusion(leaf, index, size, bad), whole)

    def test_every_past_is_proven_and_nothing_else(self) -> None:
        heads = [TreeHead("c", "", size, root(LEAVES[:size])) for size in range(25)]
        for new in range(25):
            for old in range(new + 1):
                path = consistency(old, LEAVES[:new]) if old else []
                self.assertTrue(_is_consistent(heads[old], heads[new], path), (old, new))
                for bad in spoilt(path):
                    self.assertFalse(_is_consistent(heads[old], heads[new], bad), (old, new))
                for other in (old - 1, old + 1):
                    if old and 0 < other <= new:
                        self.assertFalse(_is_consistent(heads[other], heads[new], path), (old, new))

    def test_a_log_goes_on_from_the_head_that_was_kept(self) -> None:
        old, new, path = head(LEAVES[:7]), head(LEAVES), consistency(7, LEAVES)
        proof = history(old, new, path)
        self.assertIsNone(refusal(verify_consistency, proof, encode(old), COORDINATOR.id))
        self.assertIsNone(refusal(verify_consistency, proof, verify_head(encode(old))))
        for check, file, kept in [
            ("consistency", proof, head(LEAVES[:6])),
            ("consistency", proof, head([LEAVES[9], *LEAVES[1:7]])),
            ("coordinator", proof, head(LEAVES[:7], NODES[0])),
            ("coordinator", history(old, head(LEAVES, NODES[0]), path), old),
            ("size", history(new, old, path), new),
            ("consistency", history(old, head(LEAVES[::-1]), path), old),
            ("consistency", history(new, head(LEAVES[::-1]), []), new),
            ("consistency", history(old, new, path[1:]), old),
            ("format", history(old, new, path * 10), old),
            ("format", encode({**decode(proof), "version": True}), old),
        ]:
            with self.subTest(check=check):
                self.assertEqual(refusal(verify_consistency, file, encode(kept)), check)


class AuditTests(unittest.TestCase):
    def test_a_whole_log_is_looked_through(self) -> None:
        kept = encode(head(LEAVES[:20]))
        changed = [*LEAVES[:30], LEAVES[0], *LEAVES[31:]]
        for check, leaves, signed in [
            (None, LEAVES, LEAVES),
            (None, changed, changed),
            ("root", changed, LEAVES),
            ("root", LEAVES[:-1], LEAVES),
            ("root", [*LEAVES, LEAVES[0]], LEAVES),
            ("history", LEAVES[::-1], LEAVES[::-1]),
            ("history", LEAVES[1:], LEAVES[1:]),
            ("history", [*LEAVES[:18], LEAVES[19], LEAVES[18], *LEAVES[20:]], LEAVES),
            ("size", LEAVES[:19], LEAVES[:19]),
            ("history", LEAVES[1:21], LEAVES[1:21]),
        ]:
            with self.subTest(check=check):
                self.assertEqual(refusal(audit, leaves, encode(head(signed)), kept, COORDINATOR.id), check)
        self.assertIsNone(refusal(audit, [], encode(head([]))))
        self.assertEqual(refusal(audit, LEAVES, encode(head(LEAVES, NODES[0])), kept), "coordinator")

    def test_what_is_kept_of_a_pruned_log_is_looked_through(self) -> None:
        leaves = [leaf_hash(b"entry %d" % number) for number in range(700)]
        full = [root(leaves[start : start + 256]) for start in range(0, 512, 256)]
        new = encode(head(leaves))

        def tile(level: int, index: int) -> bytes:
            return b"".join((full if level else leaves)[256 * index : 256 * index + 256])

        for pruned in (0, 1, 255, 256, 300, 511, 512, 613, 700):
            with self.subTest(pruned=pruned):
                peaks = peaks_of_pruned(pruned, tile)
                kept = [encode(head(leaves[:size])) for size in (pruned, 700)]
                rest = {"pruned": pruned, "peaks": peaks}
                for old in [None, *kept]:
                    self.assertIsNone(refusal(audit, leaves[pruned:], new, old, **rest))
                if pruned:
                    older = encode(head(leaves[: pruned - 1]))
                    self.assertEqual(refusal(audit, leaves[pruned:], new, older, **rest), "history")
                    wrong = {"pruned": pruned, "peaks": [bytes(32), *peaks[1:]]}
                    self.assertEqual(refusal(audit, leaves[pruned:], new, kept[0], **wrong), "history")
                    self.assertEqual(refusal(audit, leaves[pruned:], new, **wrong), "root")
                    self.assertEqual(refusal(audit, leaves[pruned:], new, pruned=pruned), "format")
                    self.assertEqual(refusal(peaks_of_pruned, pruned, lambda *_: b""), "format")


if __name__ == "__main__":
    unittest.main()
