"""go-libp2p as the daemon p2pd, behind the control lines of `control.py`.

    python -m peers.go_peer P2PD [--listen ADDRESS] [--behind RELAY_ADDRESS]
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trio
from libp2p.host.ping import ID as PING
from libp2p.peer.id import ID
from multiaddr import Multiaddr

from .control import Cannot, Control
from .dialogs import Dialogs, PeerReset, Stream
from .identifying import identify


def daemon_messages(daemon: Path):
    """The messages of the daemon's control socket, as hivemind brings them, without the rest of it."""
    path = daemon.parent.parent / "proto" / "p2pd_pb2.py"
    spec = importlib.util.spec_from_file_location("p2pd_pb2", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def read_exactly(connection: trio.SocketStream, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = await connection.receive_some(count - len(data))
        if not more:
            raise EOFError("the daemon closed the connection")
        data += more
    return data


async def read_message(connection: trio.SocketStream, kind):
    length = shift = 0
    while True:
        byte = (await read_exactly(connection, 1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    message = kind()
    message.ParseFromString(await read_exactly(connection, length))
    return message


async def write_message(connection: trio.SocketStream, message) -> None:
    data = message.SerializeToString()
    length, prefix = len(data), b""
    while length >= 0x80:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    await connection.send_all(prefix + bytes([length]) + data)


class GoStream(Stream):
    """A stream of the daemon. The daemon copies between it and a socket, and knows a reset only as the end of the copying."""

    def __init__(self, connection: trio.SocketStream) -> None:
        self.connection = connection

    async def read(self) -> bytes:
        try:
            return bytes(await self.connection.receive_some(64 * 1024))
        except trio.BrokenResourceError as error:
            raise PeerReset(str(error)) from error

    async def write(self, data: bytes) -> None:
        try:
            await self.connection.send_all(data)
        except trio.BrokenResourceError as error:
            raise PeerReset(str(error)) from error

    async def close_write(self) -> None:
        try:
            await self.connection.send_eof()
        except trio.BrokenResourceError:
            pass

    async def reset(self) -> None:
        # A TCP socket that is dropped with its linger time at zero is an error to the daemon, which resets its stream.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.socket.close()

    async def discard(self) -> None:
        await self.connection.aclose()

    async def how_it_ends(self) -> str:
        if await super().how_it_ends() == "reset":
            return "reset"
        # The other end may have closed its side or reset: only when it reset does writing fail.
        with trio.move_on_after(5):
            try:
                for _ in range(1_000):
                    await self.connection.send_all(b"?")
                    await trio.sleep(0.005)
            except trio.BrokenResourceError:
                return "reset"
        return "closed"


class GoPeer:
    def __init__(self, daemon: Path, folder: Path) -> None:
        self.messages = daemon_messages(daemon)
        self.port = free_port()
        self.control_address = f"/ip4/127.0.0.1/tcp/{self.port}"
        self.dialogs = Dialogs(self.open_stream)
        self.received: dict[str, list[dict]] = {}

    async def request(self, request):
        connection = await trio.open_tcp_stream("127.0.0.1", self.port)
        await write_message(connection, request)
        response = await read_message(connection, self.messages.Response)
        if response.type == self.messages.Response.ERROR:
            await connection.aclose()
            raise RuntimeError(response.error.msg)
        return connection, response

    def make(self, kind: str, **fields):
        return self.messages.Request(type=self.messages.Request.Type.Value(kind), **fields)

    async def ask(self, kind: str, **fields):
        connection, response = await self.request(self.make(kind, **fields))
        await connection.aclose()
        return response

    async def open_stream(self, peer: str, protocols: list[str]) -> GoStream:
        wish = self.messages.StreamOpenRequest(peer=ID.from_string(peer).to_bytes(), proto=protocols, timeout=30)
        connection, _ = await self.request(self.make("STREAM_OPEN", streamOpen=wish))
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
            await self.ask("STREAM_HANDLER", streamHandler=handling)

    # Commands.

    async def info(self, request: dict) -> dict:
        identity = (await self.ask("IDENTIFY")).identify
        addresses = [str(Multiaddr(address)) for address in identity.addrs]
        return {"peer": str(ID(identity.id)), "addresses": addresses}

    async def connect(self, request: dict) -> dict:
        wish = self.messages.ConnectRequest(
            peer=ID.from_string(request["peer"]).to_bytes(),
            addrs=[Multiaddr(address).to_bytes() for address in request["addresses"]],
            timeout=30,
        )
        await self.ask("CONNECT", connect=wish)
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

    async def _dht(self, kind: str, **fields) -> list:
        wish = self.messages.DHTRequest(type=self.messages.DHTRequest.Type.Value(kind), timeout=30, **fields)
        connection, response = await self.request(self.make("DHT", dht=wish))
        answers = [response.dht] if response.HasField("dht") else []
        if answers and answers[0].type == self.messages.DHTResponse.BEGIN:
            answers = []
            while True:
                answer = await read_message(connection, self.messages.DHTResponse)
                if answer.type == self.messages.DHTResponse.END:
                    break
                answers.append(answer)
        await connection.aclose()
        return answers

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
        found = self._found(await self._dht("FIND_PEER", peer=ID.from_string(request["peer"]).to_bytes()))
        return {"addresses": found[0]["addresses"] if found else []}

    async def provide(self, request: dict) -> dict:
        await self._dht("PROVIDE", cid=bytes.fromhex(request["cid"]))
        return {}

    async def find_providers(self, request: dict) -> dict:
        return {"providers": self._found(await self._dht("FIND_PROVIDERS", cid=bytes.fromhex(request["cid"]), count=5))}

    async def publish(self, request: dict) -> dict:
        wish = self.messages.PSRequest(
            type=self.messages.PSRequest.PUBLISH, topic=request["topic"], data=request["text"].encode()
        )
        await self.ask("PUBSUB", pubsub=wish)
        return {}

    async def messages_of(self, request: dict) -> dict:
        return {"messages": self.received.get(request["topic"], [])}

    async def topic_peers(self, request: dict) -> dict:
        wish = self.messages.PSRequest(type=self.messages.PSRequest.LIST_PEERS, topic=request["topic"])
        response = await self.ask("PUBSUB", pubsub=wish)
        return {"peers": [str(ID(peer)) for peer in response.pubsub.peerIDs]}

    def subscriber(self, nursery: trio.Nursery):
        async def subscribe(request: dict) -> dict:
            topic = request["topic"]
            wish = self.messages.PSRequest(type=self.messages.PSRequest.SUBSCRIBE, topic=topic)
            connection, _ = await self.request(self.make("PUBSUB", pubsub=wish))
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def arguments_of(daemon: Path, peer: GoPeer, options: argparse.Namespace) -> list[str]:
    arguments = [
        str(daemon), "-listen", peer.control_address, "-hostAddrs", options.listen, "-q", "-b=false", "-tls=false",
        "-quic=false", "-natPortMap=false", "-dhtServer", "-pubsub", "-gossipsubHeartbeatInterval", "1s",
        "-gossipsubHeartbeatInitialDelay", "100ms",
    ]  # fmt: skip
    if options.behind:
        arguments += ["-autoRelay", "-relayDiscovery=false", "-trustedRelays", options.behind, "-forceReachabilityPrivate"]
    else:
        arguments += ["-forceReachabilityPublic", "-relayService"]
    return arguments


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("daemon", type=Path)
    parser.add_argument("--listen", default="/ip4/127.0.0.1/tcp/0")
    parser.add_argument("--behind", help="the address of a relay, with its /p2p/, through which alone others reach this one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="go-peer-") as folder:
        peer = GoPeer(options.daemon, Path(folder))
        # Its own home, so that nothing of a user's is read or written.
        environment = dict(os.environ, HOME=folder)
        process = subprocess.Popen(
            arguments_of(options.daemon, peer, options), stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment
        )
        try:
            await wait_until_up(peer, process)
            control = Control()
            async with trio.open_nursery() as nursery:
                await peer.serve(nursery)
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
        finally:
            process.kill()
            process.wait()


async def wait_until_up(peer: GoPeer, process: subprocess.Popen) -> None:
    with trio.fail_after(30):
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"the daemon ended with status {process.returncode}")
            try:
                await peer.info({})
                return
            except OSError:
                await trio.sleep(0.05)


if __name__ == "__main__":
    trio.run(main)
