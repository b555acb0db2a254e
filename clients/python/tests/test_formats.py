"""Canonical JSON, peer ids, jobs: what a receipt is made of."""

from __future__ import annotations

import json
import random
import unittest
from typing import Any

from weft._canonical_json import CanonicalError, decode, encode
from weft._jobs import JobError, read_job
from weft._peer_ids import peer_id, public_key

from .jobs import INVALID, VALID


class CanonicalJSONTests(unittest.TestCase):
    def test_what_is_written_is_what_rfc_8785_says(self) -> None:
        # The keys of RFC 8785 §3.2.3, and what §3.2.2.2 says of texts.
        value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
        self.assertEqual(
            encode(value).decode(), '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
        )
        self.assertEqual(encode('"\\/\b\f\n\r\t\x00\x1f\x7f'), b'"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"')
        self.assertEqual(encode([None, True, False, -1, 2**63 - 1]), b"[null,true,false,-1,9223372036854775807]")

    def test_what_is_written_is_read_again(self) -> None:
        source = random.Random(1)
        for _ in range(200):
            value = _any_value(source, 4)
            self.assertEqual(decode(encode(value)), value)

    def test_other_spellings_are_refused(self) -> None:
        for text in (
            '{"b":1,"a":2}',
            '{"a":1,"a":1}',
            '{"a": 1}',
            "[1] ",
            "1.0",
            "1e2",
            "-0",
            "01",
            "NaN",
            "9223372036854775808",
            '"\\u0041"',
            '"\\/"',
            '"\\u001F"',
            '"\x1f"',
            '"\\ud800"',
            "{'a':1}",
            "[1,]",
            "",
            "1" * 10_000,
            "[" * 65 + "]" * 65,
            "[" * 1_000_000,
        ):
            with self.subTest(text[:20]), self.assertRaises(CanonicalError):
                decode(text.encode())
        with self.assertRaises(CanonicalError):
            decode(b'"\xed\xa0\x80"')
        decode(b"[" * 64 + b"]" * 64)


class PeerIDTests(unittest.TestCase):
    def test_ids_and_keys_are_each_others(self) -> None:
        for key in (bytes(32), b"\xff" * 32, bytes(range(32))):
            self.assertEqual(public_key(peer_id(key)), key)
            self.assertTrue(peer_id(key).startswith("12D3KooW"))

    def test_what_is_no_id_is_refused(self) -> None:
        valid = peer_id(bytes(32))
        for text in ("", "1", valid[:-1], valid + "1", "1" + valid, valid[:-1] + "0", valid + "\u0301", "1" * 1000):
            with self.subTest(text[:60]), self.assertRaises(ValueError):
                public_key(text)


class JobTests(unittest.TestCase):
    def test_jobs_in_their_canonical_form_are_taken(self) -> None:
        for job in VALID:
            with self.subTest(json.dumps(job)[:100]):
                read_job(job)

    def test_other_jobs_are_refused(self) -> None:
        for job in INVALID:
            with self.subTest(json.dumps(job)[:100]), self.assertRaises(JobError):
                read_job(job)


def _any_value(source: random.Random, depth: int) -> Any:
    kind = source.randrange(6 if depth else 4)
    if kind == 0:
        return source.choice([None, True, False])
    if kind == 1:
        return source.randrange(-(2**63), 2**63)
    if kind in (2, 3):
        return _any_text(source)
    values = [_any_value(source, depth - 1) for _ in range(source.randrange(4))]
    return values if kind == 4 else {_any_text(source): value for value in values}


def _any_text(source: random.Random) -> str:
    ranges = [(0, 0x20), (0x20, 0x80), (0x80, 0xD800), (0xE000, 0x110000)]
    return "".join(chr(source.randrange(*source.choice(ranges))) for _ in range(source.randrange(8)))
