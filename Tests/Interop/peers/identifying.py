"""Asks a peer who it is, over a stream of its own."""

from __future__ import annotations

from libp2p.identity.identify.identify import ID as IDENTIFY
from libp2p.identity.identify.pb.identify_pb2 import Identify
from multiaddr import Multiaddr

from .dialogs import Opener


async def identify(open_stream: Opener, peer: str) -> dict:
    stream = await open_stream(peer, [str(IDENTIFY)])
    data = b""
    while more := await stream.read():
        data += more
    await stream.discard()
    start = next(index for index, byte in enumerate(data) if byte < 0x80) + 1
    said = Identify.FromString(data[start:])
    return {
        "agent": said.agent_version,
        "protocols": list(said.protocols),
        "addresses": [str(Multiaddr(address)) for address in said.listen_addrs],
        "observed": str(Multiaddr(said.observed_addr)) if said.observed_addr else None,
    }
