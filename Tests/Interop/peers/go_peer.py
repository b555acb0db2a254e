"""go-libp2p as the daemon p2pd, behind the control lines of `control.py`.

    python -m peers.go_peer P2PD [--listen ADDRESS] [--behind RELAY_ADDRESS]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import trio
from libp2p.host.ping import ID as PING
from libp2p.peer.id import ID
from multiaddr import Multiaddr

from .control import Cannot, Control
from .daemon import Daemon, GoStream, read_message
from .dialogs import Dialogs, PeerReset
from .identifying import identify


class GoPeer:
    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.messages = daemon.messages
        self.dialogs = Dialogs(self.open_stream)
        self.received: dict[str, list[dict]] = {}

    async def open_stream(self, peer: str, protocols: list[str]) -> GoStream:
        wish = self.messages.StreamOpenRequest(peer=ID.from_string(peer).to_bytes(), proto=protocols, timeout=30)
        connection, _ = await self.daemon.request("STREAM_OPEN", streamOpen=wish)
        return GoStream(connection)

    async def serve(self, nursery: trio.Nursery) -> None:
        for protocol, handler in self.dialogs.handlers().items():

            async def accept(connection: trio.SocketStream, handler=handler) -> None:
                await read_message(connection, self.messages.StreamInfo)
                stream = GoStream(connection)
                try:
                    await handler(stream)
                    await stream.discard()
                except (PeerReset, trio.BrokenResourceError, trio.ClosedResourceError):
                    await stream.discard()

            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1", backlog=1024)
            port = listeners[0].socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, accept, listeners)
            handling = self.messages.StreamHandlerRequest(
                addr=Multiaddr(f"/ip4/127.0.0.1/tcp/{port}").to_bytes(), proto=[protocol], balanced=False
            )
            await self.daemon.ask("STREAM_HANDLER", streamHandler=handling)

    # Commands.

    async def info(self, request: dict) -> dict:
        identity = (await self.daemon.ask("IDENTIFY")).identify
        addresses = [str(Multiaddr(address)) for address in identity.addrs]
        return {"peer": str(ID(identity.id)), "addresses": addresses}

    async def connect(self, request: dict) -> dict:
        wish = self.messages.ConnectRequest(
            peer=ID.from_string(request["peer"]).to_bytes(),
            addrs=[Multiaddr(address).to_bytes() for address in request["addresses"]],
            timeout=30,
        )
        await self.daemon.ask("CONNECT", connect=wish)
        return {}

    async def identify(self, request: dict) -> dict:
        return await identify(self.open_stream, request["peer"])

    async def ping(self, request: dict) -> dict:
        stream = await self.open_stream(request["peer"], [str(PING)])
        data, start = os.urandom(32), time.monotonic()
        await stream.write(data)
        back = b""
        while len(back) < 32 and (more := await stream.read()):
            back += more
        if back != data:
            raise RuntimeError("other bytes came back")
        micros = int((time.monotonic() - start) * 1e6)
        await stream.close_write()
        await stream.discard()
        return {"micros": micros}

    @staticmethod
    def _found(answers: list) -> list[dict]:
        return [
            {"peer": str(ID(a.peer.id)), "addresses": [str(Multiaddr(address)) for address in a.peer.addrs]}
            for a in answers
        ]

    async def dht_bootstrap(self, request: dict) -> dict:
        await self.connect(request)
        return {}

    async def find_peer(self, request: dict) -> dict:
        found = self._found(await self.daemon.ask_table("FIND_PEER", peer=ID.from_string(request["peer"]).to_bytes()))
        return {"addresses": found[0]["addresses"] if found else []}

    async def provide(self, request: dict) -> dict:
        await self.daemon.ask_table("PROVIDE", cid=bytes.fromhex(request["cid"]))
        return {}

    async def find_providers(self, request: dict) -> dict:
        found = await self.daemon.ask_table("FIND_PROVIDERS", cid=bytes.fromhex(request["cid"]), count=5)
        return {"providers": self._found(found)}

    async def publish(self, request: dict) -> dict:
        wish = self.messages.PSRequest(
            type=self.messages.PSRequest.PUBLISH, topic=request["topic"], data=request["text"].encode()
        )
        await self.daemon.ask("PUBSUB", pubsub=wish)
        return {}

    async def messages_of(self, request: dict) -> dict:
        return {"messages": self.received.get(request["topic"], [])}

    async def topic_peers(self, request: dict) -> dict:
        wish = self.messages.PSRequest(type=self.messages.PSRequest.LIST_PEERS, topic=request["topic"])
        response = await self.daemon.ask("PUBSUB", pubsub=wish)
        return {"peers": [str(ID(peer)) for peer in response.pubsub.peerIDs]}

    def subscriber(self, nursery: trio.Nursery):
        async def subscribe(request: dict) -> dict:
            topic = request["topic"]
            wish = self.messages.PSRequest(type=self.messages.PSRequest.SUBSCRIBE, topic=topic)
            connection, _ = await self.daemon.request("PUBSUB", pubsub=wish)
            messages = self.received.setdefault(topic, [])

            async def listen() -> None:
                while True:
                    message = await read_message(connection, self.messages.PSMessage)
                    messages.append({"from": str(ID(getattr(message, "from"))), "text": message.data.decode()})

            nursery.start_soon(listen)
            return {}

        return subscribe

    async def reserve(self, request: dict) -> dict:
        """Waits until the daemon says that it can be reached through its relay; it was started to look for that."""
        with trio.move_on_after(60):
            while True:
                relayed = [a for a in (await self.info({}))["addresses"] if "/p2p-circuit" in a]
                if relayed:
                    return {"addresses": relayed}
                await trio.sleep(0.5)
        raise RuntimeError("the daemon has no address of a relay after 60 s")

    async def multicast(self, request: dict) -> dict:
        raise Cannot("the daemon has no mDNS")


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("daemon", type=Path)
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0")
    parser.add_argument("--behind", help="the address of a relay, with its /p2p/, through which alone others reach this one")
    options = parser.parse_args()
    daemon = Daemon(options.daemon)
    with tempfile.TemporaryDirectory(prefix="go-peer-") as folder:
        async with daemon.running(Path(folder), options.listen, options.behind), trio.open_nursery() as nursery:
            peer = GoPeer(daemon)
            await peer.serve(nursery)
            control = Control()
            for name in (
                "info", "connect", "identify", "ping", "dht_bootstrap", "find_peer", "provide", "find_providers",
                "publish", "topic_peers", "reserve", "multicast",
            ):  # fmt: skip
                control.add(name, getattr(peer, name))
            for name in ("echo", "many", "half_close", "reset_by_peer", "reset_here", "how_streams_ended", "raw"):
                control.add(name, getattr(peer.dialogs, name))
            control.add("messages", peer.messages_of)
            control.add("subscribe", peer.subscriber(nursery))
            await control.run()
            nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main)
