"""Multicast DNS between two network namespaces that share a cable and nothing else."""

from __future__ import annotations

from harness import Peer, PeerCannot, Programs, Table, until
from namespaces import inside, two_namespaces


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
                listen = f"/ip4/10.213.7.{number}/tcp/0"
                peers.append(await Peer.start(programs, kind, inside(name), listen=listen, multicast=True))
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
