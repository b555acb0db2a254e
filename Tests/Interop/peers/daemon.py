"""The daemon p2pd of go-libp2p: how it is started, and what is said to it over its control socket."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from .dialogs import PeerReset, Stream


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


class Daemon:
    """Speaks with the daemon whose control socket is at `port` of this machine."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.messages = daemon_messages(program)
        self.port = free_port()

    async def request(self, kind: str, **fields):
        """The answer, and the connection that it came on: what follows on it, if anything, depends on the request."""
        connection = await trio.open_tcp_stream("127.0.0.1", self.port)
        await write_message(connection, self.messages.Request(type=self.messages.Request.Type.Value(kind), **fields))
        response = await read_message(connection, self.messages.Response)
        if response.type == self.messages.Response.ERROR:
            await connection.aclose()
            raise RuntimeError(response.error.msg)
        return connection, response

    async def ask(self, kind: str, **fields):
        connection, response = await self.request(kind, **fields)
        await connection.aclose()
        return response

    async def ask_table(self, kind: str, **fields) -> list:
        """A request to the daemon's Kademlia; its answers."""
        wish = self.messages.DHTRequest(type=self.messages.DHTRequest.Type.Value(kind), timeout=30, **fields)
        connection, response = await self.request("DHT", dht=wish)
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

    def arguments(self, listen: str, behind: str | None) -> list[str]:
        arguments = [
            str(self.program), "-listen", f"/ip4/127.0.0.1/tcp/{self.port}", "-hostAddrs", listen, "-q", "-b=false",
            "-tls=false", "-quic=false", "-natPortMap=false", "-dhtServer", "-pubsub", "-gossipsubHeartbeatInterval",
            "1s", "-gossipsubHeartbeatInitialDelay", "100ms",
        ]  # fmt: skip
        if behind:
            return [
                *arguments, "-autoRelay", "-relayDiscovery=false", "-trustedRelays", behind,
                "-forceReachabilityPrivate",
            ]  # fmt: skip
        return [*arguments, "-forceReachabilityPublic", "-relayService"]

    @asynccontextmanager
    async def running(self, folder: Path, listen: str, behind: str | None = None):
        """Starts it and waits until it answers; it is gone afterwards. `folder` is its home, so that nothing of a user's is used."""
        process = subprocess.Popen(
            self.arguments(listen, behind), stdin=subprocess.DEVNULL, stdout=sys.stderr,
            env=dict(os.environ, HOME=str(folder)),
        )  # fmt: skip
        try:
            with trio.fail_after(30):
                while True:
                    if process.poll() is not None:
                        raise RuntimeError(f"the daemon ended with status {process.returncode}")
                    try:
                        await self.ask("IDENTIFY")
                        break
                    except OSError:
                        await trio.sleep(0.05)
            yield
        finally:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
