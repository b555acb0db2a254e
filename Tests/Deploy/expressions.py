"""Parts of PromQL expressions that must have data, whatever the numbers are."""

from __future__ import annotations

import re

#: What lies between parts that are looked at one by one: comparisons and the words that join vectors.
_JOINTS = re.compile(r"\s*(==|!=|<=|>=|<|>|\b(?:and|or|unless)\b)\s*")
_NUMBER = re.compile(r"[-+.\deE]+")


def operands(expression: str) -> list[str]:
    """What an alert compares, without the thresholds that are plain numbers: each of them refers to series."""
    text = expression.strip()
    while text.startswith("(") and _end(text, 0) == len(text):
        text = text[1:-1].strip()
    parts, start, place = [], 0, 0
    while place < len(text):
        if text[place] in "({[":
            place = _end(text, place)
        elif joint := _JOINTS.match(text, place):
            parts.append(text[start:place])
            start = place = joint.end()
        else:
            place += 1
    if not parts:
        return [] if _NUMBER.fullmatch(text) else [text]
    return [operand for part in [*parts, text[start:]] for operand in operands(part)]


def _end(text: str, place: int) -> int:
    """The place after the bracket that closes the one here."""
    depth, quote = 0, ""
    for index in range(place, len(text)):
        letter = text[index]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "({[":
            depth += 1
        elif letter in ")}]":
            depth -= 1
            if depth == 0:
                return index + 1
    raise ValueError(f"a bracket is not closed: {text}")
