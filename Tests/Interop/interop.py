"""Tries Weft's libp2p against py-libp2p and go-libp2p, and prints a table.

    python interop.py --environment .build/interop --swift .build/release/weft-peer [--only pairs,kademlia,…] [--kinds py,go]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
from pathlib import Path

import mixed
import multicast
import pairs
from harness import Programs, Table


def wanted(kinds: list[str], swift: bool, count: int, repeats: bool = False) -> list[tuple[str, ...]]:
    """All orders of `count` kinds of peers in which Swift takes part, or all when there is no Swift."""
    orders = itertools.product(kinds, repeat=count) if repeats else itertools.permutations(kinds, count)
    return [order for order in orders if not swift or "swift" in order]


async def run(options: argparse.Namespace, programs: Programs) -> int:
    table = Table()
    kinds = options.kinds.split(",")
    parts = options.only.split(",")
    swift = "swift" in kinds
    if "pairs" in parts:
        for dialer, listener in wanted(kinds, swift, 2):
            await pairs.run(programs, table, dialer, listener)
    if "kademlia" in parts:
        for seeker, between, sought in wanted(kinds, swift, 3, repeats=len(kinds) < 3):
            await mixed.kademlia(programs, table, seeker, between, sought)
    if "gossip" in parts:
        await mixed.gossip(programs, table, tuple(kinds) if len(kinds) > 2 else (*kinds, kinds[0]))
    if "relay" in parts:
        for dialer, between, listener in wanted(kinds, swift, 3, repeats=True):
            await mixed.relay(programs, table, dialer, between, listener)
    if "multicast" in parts:
        for one, other in itertools.combinations(kinds, 2):
            await multicast.run(programs, table, one, other)
    return table.finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, required=True)
    parser.add_argument("--swift", type=Path)
    parser.add_argument("--kinds", default="swift,py,go", help="the peers that take part")
    parser.add_argument("--only", default="pairs,kademlia,gossip,relay,multicast", help="the parts that are run")
    parser.add_argument("--logs", type=Path, help="where what peers print on stderr is kept")
    options = parser.parse_args()
    environment = options.environment.resolve()
    daemon = next(environment.glob("lib/python3*/site-packages/hivemind/hivemind_cli/p2pd"))
    logs = options.logs or Path(tempfile.mkdtemp(prefix="interop-"))
    logs.mkdir(parents=True, exist_ok=True)
    print(f"what the peers print is in {logs}", file=sys.stderr)
    swift = options.swift.resolve() if options.swift else None
    programs = Programs(environment / "bin" / "python", daemon, swift, logs)
    return asyncio.run(run(options, programs))


if __name__ == "__main__":
    sys.exit(main())
