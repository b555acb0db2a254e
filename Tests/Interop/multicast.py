"""Multicast DNS between two network namespaces that share a cable and nothing else."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager

from harness import Failed, Peer, PeerCannot, Programs, Table, until


async def ip(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", *arguments, stderr=asyncio.subprocess.PIPE)
    _, problem = await asyncio.wait_for(process.communicate(), 10)
    if process.returncode != 0:
        raise Failed(f"ip {' '.join(arguments)}: {problem.decode().strip()}")


@asynccontextmanager
async def two_namespaces():
    """Two namespaces with a pair of virtual interfaces between them; they are gone afterwards."""
    if os.geteuid() != 0:
        raise PeerCannot("network namespaces need root")
    names = [f"interop-{os.getpid()}-{number}" for number in (1, 2)]
    made: list[str] = []
    try:
        for name in names:
            await ip("netns", "add", name)
            made.append(name)
            await ip("-n", name, "link", "set", "lo", "up")
        await ip("-n", names[0], "link", "add", "cable0", "type", "veth", "peer", "name", "cable0", "netns", names[1])
        for number, name in enumerate(names, 1):
            await ip("-n", name, "address", "add", f"10.213.7.{number}/24", "dev", "cable0")
            await ip("-n", name, "link", "set", "cable0", "up")
            await ip("-n", name, "route", "add", "default", "dev", "cable0")
        yield names
    finally:
        for name in made:
            await ip("netns", "delete", name)


async def run(programs: Programs, table: Table, first_kind: str, second_kind: str) -> None:
    await table.trial("multicast DNS", f"{first_kind} and {second_kind}", find(programs, first_kind, second_kind), 90)


async def find(programs: Programs, first_kind: str, second_kind: str) -> str:
    kinds = (first_kind, second_kind)
    if "go" in kinds:
        raise PeerCannot("go: the daemon has no mDNS")
    peers: list[Peer] = []
    async with two_namespaces() as names:
        try:
            for number, (kind, name) in enumerate(zip(kinds, names), 1):
                prefix = ["ip", "netns", "exec", name]
                listen = f"/ip4/10.213.7.{number}/tcp/0"
                peers.append(await Peer.start(programs, kind, prefix, listen=listen, multicast=True))
            for one, other in (peers, peers[::-1]):

                async def found(one=one, other=other) -> bool:
                    addresses = (await one.ask("multicast"))["found"].get(other.id, [])
                    return bool({a.split("/p2p/")[0] for a in addresses} & set(other.addresses))

                await until(found, 30, f"{one.kind}'s finding {other.kind}")
            await peers[0].connect(peers[1])
            await peers[0].ask("ping", peer=peers[1].id)
        finally:
            for peer in peers:
                await peer.stop()
    return "each found the other"
