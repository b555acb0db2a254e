"""A module of one's own: it goes along to workers by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: int


class Unfortunate(Exception):
    """Cannot be read back: its arguments are not those of its initialiser."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} and {b}")


def mirrored(point: Point) -> Point:
    return Point(point.y, point.x)


def unfortunate() -> None:
    raise Unfortunate(1, 2)
