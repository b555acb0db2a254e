"""Receipts that Weft issued (fixtures), receipts that were forged, and receipts that were damaged."""

from __future__ import annotations

import io
import json
import random
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Iterator

from weft._receipt_command import main
from weft.receipts import CHECKS, ReceiptError, verify

from .forge import COORDINATOR, NODES, completion, payload, seal
from .forgeries import FILES, JOB, forgeries, honest

FIXTURES = Path(__file__).parent / "fixtures"


def refusal(data: bytes) -> str | None:
    """The check that ``data`` fails; None if it is a valid receipt."""
    try:
        verify(data)
    except ReceiptError as error:
        return error.check
    return None


def damaged(data: bytes) -> Iterator[bytes]:
    """Every change of one byte by a few others, every deletion of a byte, every insertion of one."""
    for position, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ 0x20, ord("A"), ord("=")} - {byte}:
            yield data[:position] + bytes([other]) + data[position + 1 :]
        yield data[:position] + data[position + 1 :]
        yield data[:position] + b"A" + data[position:]


def mutated(data: bytes, source: random.Random) -> bytes:
    """A random change: bytes of the file, or of its payload's base64 only."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    while True:
        position = source.randrange(len(data))
        kind = source.randrange(5)
        if kind <= 1:
            changed = data[:position] + bytes([source.choice(alphabet)]) + data[position + 1 :]
        elif kind == 2:
            changed = data[:position] + bytes([source.randrange(256)]) + data[position + 1 :]
        elif kind == 3:
            end = position + source.randrange(1, 9)
            changed = data[:position] + data[end:]
        else:
            start = source.randrange(len(data))
            changed = data[:position] + data[start : start + source.randrange(1, 9)] + data[position:]
        if changed != data:
            return changed


class FixtureTests(unittest.TestCase):
    def test_receipts_that_weft_issued_are_valid(self) -> None:
        expected = {
            "plain": ("succeeded", "agreed", 1, 0),
            "files": ("succeeded", "agreed", 1, 0),
            "failed": ("failed", "agreed", 1, 0),
            "timeout": ("failed", "undecided", 0, 0),
            "replicas": ("succeeded", "agreed", 3, 1),
            "disagreed": ("failed", "disagreed", 0, 5),
        }
        self.assertEqual({path.stem for path in FIXTURES.glob("*.json")}, set(expected))
        for name, values in expected.items():
            with self.subTest(name):
                receipt = verify((FIXTURES / f"{name}.json").read_bytes())
                found = (receipt.state, receipt.verdict, len(receipt.agreeing), len(receipt.differing))
                self.assertEqual(found, values)

    def test_a_receipt_says_what_it_says(self) -> None:
        receipt = verify((FIXTURES / "files.json").read_bytes())
        self.assertEqual(receipt.job_name, "häßlich \U0001d11e")
        self.assertEqual(receipt.task_id, f"{receipt.job_id}.8")
        self.assertEqual(receipt.index, 8)
        self.assertEqual(receipt.spec["name"], receipt.job_name)
        assert receipt.completion is not None
        self.assertEqual([item["path"] for item in receipt.completion["outputs"]], ["ö/☃", "none"])
        self.assertEqual(receipt.results[0].answer, receipt.answer)

    def test_another_coordinator_than_the_expected_one_is_refused(self) -> None:
        data = (FIXTURES / "plain.json").read_bytes()
        self.assertEqual(verify(data, coordinator=verify(data).coordinator), verify(data))
        for other in (COORDINATOR.id, "", verify(data).coordinator + " "):
            with self.assertRaises(ReceiptError) as caught:
                verify(data, coordinator=other)
            self.assertEqual(caught.exception.check, "coordinator")


class ForgeryTests(unittest.TestCase):
    def test_receipts_at_the_edges_of_what_is_allowed_are_valid(self) -> None:
        for name, data in honest().items():
            with self.subTest(name):
                self.assertIsNone(refusal(data))

    def test_forgeries_are_refused_by_the_check_that_finds_them(self) -> None:
        found = set()
        for forgery in forgeries():
            with self.subTest(forgery.name):
                self.assertEqual(refusal(forgery.data), forgery.check)
            found.add(forgery.check)
        self.assertEqual(found, set(CHECKS) - {"output"})

    def test_an_output_of_an_equivalent_name_is_another_output(self) -> None:
        job = {**JOB, "outputs": ["\u00e9"]}
        self.assertIsNone(refusal(seal(payload(job, [completion(outputs={"\u00e9": b""})]))))
        self.assertEqual(refusal(seal(payload(job, [completion(outputs={"e\u0301": b""})]))), "answers")


class DamageTests(unittest.TestCase):
    def test_every_change_of_one_byte_is_found(self) -> None:
        data = (FIXTURES / "plain.json").read_bytes()
        self.assertIsNone(refusal(data))
        for changed in damaged(data):
            if changed != data:
                self.assertIsNotNone(refusal(changed))

    def test_random_changes_are_found(self) -> None:
        source = random.Random(2)
        for path in sorted(FIXTURES.glob("*.json")):
            data = path.read_bytes()
            for _ in range(200):
                self.assertIsNotNone(refusal(mutated(data, source)))

    def test_bytes_that_are_no_receipt_are_refused_and_nothing_else_happens(self) -> None:
        source = random.Random(3)
        for length in range(300):
            self.assertEqual(refusal(source.randbytes(length)), "format")
        for text in (b"{}", b"[]", b'""', b"0", b'{"payload":1,"payloadType":1,"signatures":1}'):
            self.assertEqual(refusal(text), "format")


class OutputTests(unittest.TestCase):
    def setUp(self) -> None:
        agreed = completion(outputs={"out": b"text", "log": None})
        self.receipt = seal(payload(FILES, [agreed]))

    def check(self, path: str, content: bytes) -> str | None:
        try:
            verify(self.receipt, outputs={path: content})
        except ReceiptError as error:
            return error.check
        return None

    def test_an_output_is_compared_with_the_agreed_one(self) -> None:
        self.assertIsNone(self.check("out", b"text"))
        for path, content in [("out", b"Text"), ("out", b""), ("log", b""), ("none", b"text")]:
            with self.subTest(path):
                self.assertEqual(self.check(path, content), "output")

    def test_an_output_may_be_a_file(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "file"
            file.write_bytes(b"text")
            verify(self.receipt, outputs={"out": file})
            verify(self.receipt, outputs={"out": str(file)})
            with self.assertRaises(OSError):
                verify(self.receipt, outputs={"out": file / "none"})

    def test_without_an_answer_there_is_no_output(self) -> None:
        self.receipt = seal(payload(FILES, [], state="failed", verdict="undecided"))
        self.assertEqual(self.check("out", b"text"), "output")


class CommandTests(unittest.TestCase):
    def run_command(self, *arguments: str) -> tuple[int, str, str]:
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            try:
                status = main(["verify", *arguments])
            except SystemExit as exit_:
                assert isinstance(exit_.code, int)
                status = exit_.code
        return status, output.getvalue(), errors.getvalue()

    def test_a_valid_receipt_is_described(self) -> None:
        status, output, errors = self.run_command(str(FIXTURES / "replicas.json"))
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("Verdict    agreed (3 alike, 3 needed)", output)
        status, output, _ = self.run_command(str(FIXTURES / "replicas.json"), "-o", "json")
        document = json.loads(output)
        self.assertEqual((status, document["valid"], len(document["differing"])), (0, True, 1))

    def test_what_is_wrong_is_said(self) -> None:
        plain = str(FIXTURES / "plain.json")
        status, output, errors = self.run_command(plain, "--coordinator", NODES[0].id, "-o", "json")
        self.assertEqual((status, json.loads(output)["failed_check"]), (1, "coordinator"))
        self.assertIn("(coordinator)", errors)
        self.assertEqual(self.run_command(plain, "--output", f"none={plain}")[0], 1)
        self.assertEqual(self.run_command(__file__)[0], 1)

    def test_a_wrong_command_line_is_not_a_wrong_receipt(self) -> None:
        plain = str(FIXTURES / "plain.json")
        for arguments in (
            ["none"],
            [plain, "-o", "xml"],
            [],
            [plain, "--output", "="],
            [plain, *["--check", "a=b"] * 2],
        ):
            with self.subTest(arguments):
                self.assertEqual(self.run_command(*arguments)[0], 2)
