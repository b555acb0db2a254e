"""Two peers, one dials, the other listens: everything that two say to each other."""

from __future__ import annotations

from harness import Failed, Peer, PeerCannot, Programs, Table, until

ECHO_BYTES = 64 << 20
STREAMS = 500


async def run(programs: Programs, table: Table, dialer_kind: str, listener_kind: str) -> None:
    who = f"{dialer_kind} -> {listener_kind}"
    peers: list[Peer] = []

    async def handshake() -> str:
        for kind in (dialer_kind, listener_kind):
            peers.append(await Peer.start(programs, kind))
        await peers[0].connect(peers[1])
        return ""

    await table.trial("handshake", who, handshake(), 90)
    try:
        if len(peers) < 2 or table.rows[-1][2] != "passed":
            return
        dialer, listener = peers
        trials = {
            "identify": identify,
            "ping": ping,
            "echo 64 MiB": echo,
            "500 streams": many,
            "240 streams": fewer,
            "half-close": half_close,
            "reset by the listener": reset_by_peer,
            "reset by the dialer": reset_here,
            "alive after that": ping,
        }
        for what, trial in trials.items():
            await table.trial(what, who, trial(dialer, listener), 200)
    finally:
        for peer in peers:
            await peer.stop()


async def identify(dialer: Peer, listener: Peer) -> str:
    for asking, asked in ((dialer, listener), (listener, dialer)):
        said = await asking.ask("identify", peer=asked.id)
        wanted = {"/ipfs/ping/1.0.0", "/ipfs/id/1.0.0", "/interop/echo/1.0.0"}
        if missing := wanted - set(said["protocols"]):
            raise Failed(f"{asked.kind} does not tell {asking.kind} of {', '.join(sorted(missing))}")
        if not set(asked.addresses) & {a.split("/p2p/")[0] for a in said["addresses"]}:
            raise Failed(f"{asked.kind} tells {asking.kind} other addresses: {said['addresses']}")
    return f"{said['agent']}" if "agent" in said else ""


async def ping(dialer: Peer, listener: Peer) -> str:
    there = await dialer.ask("ping", peer=listener.id)
    back = await listener.ask("ping", peer=dialer.id)
    return f"{there['micros']} and {back['micros']} µs"


async def echo(dialer: Peer, listener: Peer) -> str:
    result = await dialer.ask("echo", within=180, peer=listener.id, bytes=ECHO_BYTES)
    if result["bytes"] != ECHO_BYTES or result["sent"] != result["received"]:
        raise Failed(f"{result['bytes']} bytes came back, digest {result['received']} for {result['sent']}")
    if result["ending"] == "reset":
        resets_at_its_end(listener, 1)
    return f"{ECHO_BYTES / result['seconds'] / 1e6:.0f} MB/s each way"


async def many(dialer: Peer, listener: Peer, count: int = STREAMS) -> str:
    result = await dialer.ask("many", within=120, peer=listener.id, count=count, bytes=1024)
    if result["opened"] != count or result["correct"] != count:
        raise Failed(f"{result['opened']} opened, {result['correct']} correct: {'; '.join(result['problems'])}")
    if result["reset"]:
        resets_at_its_end(listener, result["reset"])
    return ""


def resets_at_its_end(listener: Peer, count: int) -> None:
    """Streams were reset after every byte had come back and the dialer had closed its side."""
    if listener.kind != "go":
        raise Failed(f"{listener.kind} reset {count} in place of closing, after all was said")


async def fewer(dialer: Peer, listener: Peer) -> str:
    """As many as every kind of peer can open."""
    return await many(dialer, listener, 240)


async def half_close(dialer: Peer, listener: Peer) -> None:
    if "go" in (dialer.kind, listener.kind):
        raise PeerCannot("go: the daemon ends both directions of the stream that it bridges when either has ended")
    if not (await dialer.ask("half_close", peer=listener.id))["right"]:
        raise Failed("the answer is not the digest of what was sent")


async def reset_by_peer(dialer: Peer, listener: Peer) -> None:
    saw = (await dialer.ask("reset_by_peer", peer=listener.id))["saw"]
    if saw != "reset":
        raise Failed(f"the dialer saw: {saw}")


async def reset_here(dialer: Peer, listener: Peer) -> None:
    before = await listener.ask("how_streams_ended")
    await dialer.ask("reset_here", peer=listener.id)

    async def seen() -> bool:
        now = await listener.ask("how_streams_ended")
        if now["closed"] > before["closed"]:
            raise Failed("the listener saw: closed")
        return now["reset"] > before["reset"]

    await until(seen, 15, "the listener's seeing the reset")
