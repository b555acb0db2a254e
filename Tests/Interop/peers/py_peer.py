"""py-libp2p behind the control lines of `control.py`.

    python -m peers.py_peer [--listen ADDRESS] [--relay] [--multicast]
"""

from __future__ import annotations

import argparse
import sys
import time

import trio
from libp2p import create_yamux_muxer_option, new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_new_x25519_key_pair
from libp2p.host.ping import PingService
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.network.stream.exceptions import StreamClosed, StreamEOF, StreamError, StreamReset
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from libp2p.pubsub.gossipsub import PROTOCOL_ID, PROTOCOL_ID_V11, GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.relay.circuit_v2.config import RelayConfig, RelayRole
from libp2p.relay.circuit_v2.protocol import PROTOCOL_ID as HOP
from libp2p.relay.circuit_v2.protocol import CircuitV2Protocol
from libp2p.relay.circuit_v2.resources import RelayLimits
from libp2p.relay.circuit_v2.transport import CircuitV2Transport
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as NoiseTransport
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from .control import Control
from .dialogs import Dialogs, PeerReset, Stream
from .identifying import identify


class PyStream(Stream):
    def __init__(self, stream) -> None:
        self.stream = stream

    async def read(self) -> bytes:
        try:
            data = await self.stream.read(64 * 1024)
        except StreamEOF:
            data = b""
        except (StreamReset, StreamError) as error:
            raise PeerReset(f"{type(error).__name__}: {error}") from error
        # A read of so many bytes ends alike at a close and at a reset; the stream under it knows which it was.
        if not data and getattr(self.stream.muxed_stream, "reset_received", False):
            raise PeerReset("the other end reset the stream")
        return data

    async def write(self, data: bytes) -> None:
        try:
            await self.stream.write(data)
        except (StreamReset, StreamClosed, StreamError) as error:
            raise PeerReset(f"{type(error).__name__}: {error}") from error

    async def close_write(self) -> None:
        await self.stream.close_write()

    async def reset(self) -> None:
        await self.stream.reset()

    async def discard(self) -> None:
        await self.stream.close()


class PyPeer:
    def __init__(self, options: argparse.Namespace) -> None:
        keys = create_new_key_pair()
        noise = NoiseTransport(keys, noise_privkey=create_new_x25519_key_pair().private_key)
        muxer = {YAMUX: create_yamux_muxer_option()[YAMUX]}
        self.listen = Multiaddr(options.listen)
        self.host = new_host(
            key_pair=keys, sec_opt={NOISE: noise}, muxer_opt=muxer, listen_addrs=[self.listen],
            enable_mDNS=options.multicast,
        )  # fmt: skip
        # Its Yamux has 256 places; identify and gossipsub take some.
        self.dialogs = Dialogs(self.open_stream, most_streams=240)
        for protocol, handler in self.dialogs.handlers().items():

            async def serve(stream, handler=handler) -> None:
                wrapped = PyStream(stream)
                try:
                    await handler(wrapped)
                except PeerReset:
                    pass

            self.host.set_stream_handler(protocol, serve)
        self.pinging = PingService(self.host)
        self.table = KadDHT(self.host, DHTMode.SERVER)
        router = GossipSub(
            protocols=[PROTOCOL_ID_V11, PROTOCOL_ID], degree=6, degree_low=4, degree_high=12, heartbeat_interval=1
        )
        self.pubsub = Pubsub(self.host, router)
        roles = RelayRole.STOP | RelayRole.CLIENT | (RelayRole.HOP if options.relay else RelayRole(0))
        limits = RelayLimits(duration=600, data=1 << 30, max_circuit_conns=32, max_reservations=32)
        self.circuits = CircuitV2Protocol(self.host, limits=limits, allow_hop=options.relay)
        self.relaying = CircuitV2Transport(self.host, self.circuits, RelayConfig(roles=roles, limits=limits))
        self.received: dict[str, list[dict]] = {}

    async def open_stream(self, peer: str, protocols: list[str]) -> PyStream:
        return PyStream(await self.host.new_stream(ID.from_string(peer), protocols))

    # Commands.

    async def info(self, request: dict) -> dict:
        own = f"/p2p/{self.host.get_id()}"
        addresses = [str(address).removesuffix(own) for address in self.host.get_addrs()]
        return {"peer": str(self.host.get_id()), "addresses": addresses}

    async def connect(self, request: dict) -> dict:
        peer = ID.from_string(request["peer"])
        relayed = [address for address in request["addresses"] if "/p2p-circuit" in address]
        if relayed:
            await self.relaying.dial(Multiaddr(f"{relayed[0]}/p2p/{peer}"))
        else:
            addresses = [Multiaddr(address) for address in request["addresses"]]
            await self.host.connect(PeerInfo(peer, addresses))
        return {}

    async def identify(self, request: dict) -> dict:
        return await identify(self.open_stream, request["peer"])

    async def ping(self, request: dict) -> dict:
        start = time.monotonic()
        await self.pinging.ping(ID.from_string(request["peer"]), ping_amt=1)
        return {"micros": int((time.monotonic() - start) * 1e6)}

    async def dht_bootstrap(self, request: dict) -> dict:
        await self.connect(request)
        await self.table.add_peer(ID.from_string(request["peer"]))
        return {}

    async def find_peer(self, request: dict) -> dict:
        found = await self.table.find_peer(ID.from_string(request["peer"]))
        return {"addresses": [str(address) for address in found.addrs] if found else []}

    async def provide(self, request: dict) -> dict:
        if not await self.table.provide(request["multihash"]):
            raise RuntimeError("it could tell nobody")
        return {}

    async def find_providers(self, request: dict) -> dict:
        found = await self.table.find_providers(request["multihash"], 5)
        return {
            "providers": [
                {"peer": str(info.peer_id), "addresses": [str(address) for address in info.addrs]} for info in found
            ]
        }

    async def publish(self, request: dict) -> dict:
        await self.pubsub.publish(request["topic"], request["text"].encode())
        return {}

    async def messages_of(self, request: dict) -> dict:
        return {"messages": self.received.get(request["topic"], [])}

    async def topic_peers(self, request: dict) -> dict:
        return {"peers": [str(peer) for peer in self.pubsub.peer_topics.get(request["topic"], set())]}

    def subscriber(self, nursery: trio.Nursery):
        async def subscribe(request: dict) -> dict:
            subscription = await self.pubsub.subscribe(request["topic"])
            messages = self.received.setdefault(request["topic"], [])

            async def listen() -> None:
                while True:
                    message = await subscription.get()
                    messages.append({"from": str(ID(message.from_id)), "text": message.data.decode()})

            nursery.start_soon(listen)
            return {}

        return subscribe

    def reserver(self, nursery: trio.Nursery):
        async def reserve(request: dict) -> dict:
            await self.connect(request)
            relay = ID.from_string(request["peer"])
            stream = await self.host.new_stream(relay, [HOP])
            if not await self.relaying.reserve(stream, relay, nursery):
                raise RuntimeError("the relay gave no reservation")
            await stream.close()
            return {"addresses": [f"{address}/p2p/{relay}/p2p-circuit" for address in request["addresses"]]}

        return reserve

    async def multicast(self, request: dict) -> dict:
        """What the multicast of the host has put into its book of addresses."""
        peers = {}
        for peer in self.host.get_peerstore().peer_ids():
            if peer != self.host.get_id():
                peers[str(peer)] = [str(address) for address in self.host.get_peerstore().addrs(peer)]
        return {"found": peers}

    async def run(self) -> None:
        async with (
            self.host.run([self.listen]),
            trio.open_nursery() as nursery,
            background_trio_service(self.pubsub),
            background_trio_service(self.pubsub.router),
            background_trio_service(self.table),
            background_trio_service(self.circuits),
        ):
            nursery.start_soon(self.host.get_peerstore().start_cleanup_task, 60)
            await self.pubsub.wait_until_ready()
            await self.circuits.event_started.wait()
            control = Control()
            for name in (
                "info", "connect", "identify", "ping", "dht_bootstrap", "find_peer", "provide", "find_providers",
                "publish", "topic_peers", "multicast",
            ):  # fmt: skip
                control.add(name, getattr(self, name))
            for name in ("echo", "many", "half_close", "reset_by_peer", "reset_here", "how_streams_ended", "raw"):
                control.add(name, getattr(self.dialogs, name))
            control.add("messages", self.messages_of)
            control.add("subscribe", self.subscriber(nursery))
            control.add("reserve", self.reserver(nursery))
            await control.run()
            nursery.cancel_scope.cancel()


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0")
    parser.add_argument("--relay", action="store_true", help="forward bytes between others")
    parser.add_argument("--multicast", action="store_true", help="announce itself to the local network, and find others")
    with trio.move_on_after(3600):
        await PyPeer(parser.parse_args()).run()
    # Threads of its libraries would keep the process.
    sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main)
