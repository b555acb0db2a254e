"""Estimates pi on the machines of a cluster: `weft up &`, then `python3 examples/python/pi.py`."""

import random

import weft


def hits(seed: int, throws: int = 100_000) -> int:
    """How many of so many throws hit the quarter of a circle; the same seed gives the same."""
    source = random.Random(seed)
    return sum(source.random() ** 2 + source.random() ** 2 < 1 for _ in range(throws))


if __name__ == "__main__":
    rounds = 20
    with weft.Executor(labels={"project": "pi"}) as executor:
        total = sum(executor.map(hits, range(rounds), progress=True))
    print(f"pi is about {4 * total / (rounds * 100_000):.3f}")
