"""Networks of several kinds of peers: Kademlia, gossipsub, relays, multicast DNS."""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import asynccontextmanager

from harness import Failed, Peer, Programs, Table, until
from namespaces import inside, public_namespace
from pairs import resets_at_its_end
from rpcs import SignedRPC

MESHSUB = ["/meshsub/1.1.0", "/meshsub/1.0.0"]


@asynccontextmanager
async def network(programs: Programs, kinds, options: dict[int, dict] | None = None, prefix: list[str] | None = None):
    """Peers of these kinds, one each, that are gone afterwards. `prefix` is what they are started with."""
    peers: list[Peer] = []
    try:
        for number, kind in enumerate(kinds):
            peers.append(await Peer.start(programs, kind, prefix, **(options or {}).get(number, {})))
        yield peers
    finally:
        await asyncio.gather(*(peer.stop() for peer in peers))


# Kademlia: a seeker and a sought one who know of each other only by way of a third.


async def kademlia(programs: Programs, table: Table, seeker: str, between: str, sought: str) -> None:
    who = f"{seeker} by {between}: {sought}"
    try:
        async with network(programs, (seeker, between, sought)) as (one, middle, other):
            for peer in (other, one):
                await peer.ask("dht_bootstrap", peer=middle.id, addresses=middle.addresses)
            await table.trial("Kademlia find peer", who, find_peer(one, other))
            await table.trial("Kademlia providers", who, find_providers(one, other))
    except Exception as error:
        await table.trial("Kademlia", who, fail(error))


async def find_peer(one: Peer, other: Peer) -> None:
    async def found() -> bool:
        addresses = (await one.ask("find_peer", peer=other.id))["addresses"]
        return bool({a.split("/p2p/")[0] for a in addresses} & set(other.addresses))

    await until(tolerant(found), 20, "finding the peer")


async def find_providers(one: Peer, other: Peer) -> None:
    multihash = b"\x12\x20" + hashlib.sha256(os.urandom(16)).digest()
    key = {"cid": (b"\x01\x55" + multihash).hex(), "multihash": multihash.hex()}

    async def provided() -> bool:
        await other.ask("provide", **key)
        return True

    async def found() -> bool:
        providers = (await one.ask("find_providers", **key))["providers"]
        return any(provider["peer"] == other.id for provider in providers)

    await until(tolerant(provided), 20, "providing")
    await until(tolerant(found), 20, "finding the provider")


# Gossipsub: a triangle, in which everything that is published comes two ways.


async def gossip(programs: Programs, table: Table, kinds: tuple[str, ...]) -> None:
    who = ", ".join(kinds)
    try:
        async with network(programs, kinds) as peers:
            await table.trial("gossipsub mesh", who, form_mesh(peers, "weather"))
            for author in peers:
                await table.trial("gossipsub publish", f"{author.kind} to the others", publish(peers, author, "weather"))
            for sender in peers:
                work = bad_signature(peers, sender, "weather")
                await table.trial("gossipsub bad signature", f"sent by {sender.kind}", work)
                work = duplicates(peers, sender, "weather")
                await table.trial("gossipsub duplicates", f"sent by {sender.kind}", work)
    except Exception as error:
        await table.trial("gossipsub", who, fail(error))


async def form_mesh(peers: list[Peer], topic: str) -> None:
    for peer in peers:
        await peer.ask("subscribe", topic=topic)
    for number, peer in enumerate(peers):
        for other in peers[number + 1 :]:
            await peer.connect(other)
    for peer in peers:
        others = {other.id for other in peers if other is not peer}

        async def knows(peer=peer, others=others) -> bool:
            return others <= set((await peer.ask("topic_peers", topic=topic))["peers"])

        await until(knows, 30, f"{peer.kind}'s knowing of the others' topics")
    # A mesh is made with the heartbeat, once a second.
    await asyncio.sleep(3)


async def texts_of(peer: Peer, topic: str) -> list[str]:
    return [message["text"] for message in (await peer.ask("messages", topic=topic))["messages"]]


async def comes_once(peers: list[Peer], topic: str, text: str) -> None:
    for peer in peers:

        async def came(peer=peer) -> bool:
            return text in await texts_of(peer, topic)

        await until(came, 15, f"the message's coming to {peer.kind}")
    # Whatever would come a second time is on its way by now.
    await asyncio.sleep(2)
    for peer in peers:
        if (count := (await texts_of(peer, topic)).count(text)) != 1:
            raise Failed(f"it came to {peer.kind} {count} times")


async def publish(peers: list[Peer], author: Peer, topic: str) -> None:
    text = f"published by {author.kind} {os.urandom(4).hex()}"
    await author.ask("publish", topic=topic, text=text)
    await comes_once([peer for peer in peers if peer is not author], topic, text)
    for peer in peers:
        for message in (await peer.ask("messages", topic=topic))["messages"]:
            if message["text"] == text and message["from"] != author.id:
                raise Failed(f"{peer.kind} says that it is from {message['from']}")


async def bad_signature(peers: list[Peer], sender: Peer, topic: str) -> None:
    """A stream to each of the others carries a message that somebody else signed wrongly, and then one that is right."""
    rpc = SignedRPC(topic)
    good, bad = f"right {os.urandom(4).hex()}", f"wrong {os.urandom(4).hex()}"
    others = [peer for peer in peers if peer is not sender]
    data = rpc.encoded(bad, spoilt=True) + rpc.encoded(good)
    await asyncio.gather(*(send_raw(sender, peer, data) for peer in others))
    for peer in others:

        async def came(peer=peer) -> bool:
            return good in await texts_of(peer, topic)

        await until(came, 15, f"the right message's coming to {peer.kind}")
    await asyncio.sleep(1)
    for peer in peers:
        if bad in await texts_of(peer, topic):
            raise Failed(f"{peer.kind} took a message whose signature is wrong")


async def duplicates(peers: list[Peer], sender: Peer, topic: str) -> None:
    """The same message three times to each of the others, who send it to each other as well."""
    text = f"thrice {os.urandom(4).hex()}"
    data = SignedRPC(topic).encoded(text) * 3
    others = [peer for peer in peers if peer is not sender]
    await asyncio.gather(*(send_raw(sender, peer, data) for peer in others))
    await comes_once(others, topic, text)


async def send_raw(sender: Peer, peer: Peer, data: bytes) -> None:
    await sender.ask("raw", peer=peer.id, protocols=MESHSUB, hex=data.hex(), hold=1)


# Relays: a dialer reaches a listener by a relay alone.


async def relay(programs: Programs, table: Table, dialer: str, relayer: str, listener: str) -> None:
    await table.trial(
        "relay", f"{dialer} by {relayer} to {listener}", relayed(programs, dialer, relayer, listener), within=150
    )


async def relayed(programs: Programs, dialer_kind: str, relay_kind: str, listener_kind: str) -> None:
    # The daemon of go takes no place at a relay whose address is not a public one.
    async with public_namespace(3) as (name, hosts):
        prefix = inside(name)
        at = [{"listen": f"/ip4/{host}/tcp/0"} for host in hosts]
        async with network(programs, (relay_kind,), {0: {"relay": True, **at[0]}}, prefix) as (middle,):
            # It seeks its relay by itself, too, and has to know it from the start.
            behind = {"behind": f"{middle.addresses[0]}/p2p/{middle.id}"} if listener_kind == "go" else {}
            options = {0: {**behind, **at[1]}, 1: at[2]}
            async with network(programs, (listener_kind, dialer_kind), options, prefix) as (listener, dialer):
                await over_relay(middle, listener, dialer)


async def over_relay(middle: Peer, listener: Peer, dialer: Peer) -> None:
    place = await listener.ask("reserve", within=70, peer=middle.id, addresses=middle.addresses)
    # The listener's own addresses are not told, so that there is no other way.
    own = f"/p2p/{listener.id}"
    circuits = [address.removesuffix(own) for address in place["addresses"]]
    await dialer.connect(middle)
    await dialer.connect(listener, circuits)
    await dialer.ask("ping", peer=listener.id)
    result = await dialer.ask("echo", peer=listener.id, bytes=100_000)
    if result["bytes"] != 100_000 or result["sent"] != result["received"]:
        raise Failed(f"{result['bytes']} of 100000 bytes came back")
    if result["ending"] == "reset":
        resets_at_its_end(listener, 1)


def tolerant(work):
    """What fails at first because tables are still being filled is tried again."""

    async def attempt() -> bool:
        try:
            return await work()
        except Failed as failure:
            if "gone" in str(failure) or "did not answer" in str(failure):
                raise
            return False

    return attempt


async def fail(error: Exception) -> None:
    raise error
