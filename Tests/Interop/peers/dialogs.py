"""What peers say to each other over plain streams, the same for every implementation: both ends of each dialog."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable

import trio

from .control import Cannot

ECHO = "/interop/echo/1.0.0"
HALF_CLOSE = "/interop/half-close/1.0.0"
RESET = "/interop/reset/1.0.0"
CHUNK = 64 * 1024


class PeerReset(Exception):
    """The other end gave the stream up."""


class Stream:
    """What a dialog needs of a stream."""

    async def read(self) -> bytes:
        """Some bytes; none when the other end closed its side. Raises PeerReset."""
        raise NotImplementedError

    async def write(self, data: bytes) -> None:
        raise NotImplementedError

    async def close_write(self) -> None:
        raise NotImplementedError

    async def reset(self) -> None:
        raise NotImplementedError

    async def discard(self) -> None:
        """Frees what the stream holds on this side, after both sides are done with it."""

    async def how_it_ends(self) -> str:
        """Waits until the other end closes or resets, and tells which."""
        try:
            while await self.read():
                pass
        except PeerReset:
            return "reset"
        return "closed"

    async def rest(self) -> tuple[int, str]:
        """How many bytes still come, and how the stream ends after them: closed or reset by the other end."""
        count = 0
        try:
            while data := await self.read():
                count += len(data)
        except PeerReset:
            return count, "reset"
        return count, "closed"


Opener = Callable[[str, list[str]], Awaitable[Stream]]


def noise(seed: int, length: int) -> bytes:
    """Bytes that look random and come again with their seed."""
    block = hashlib.shake_256(seed.to_bytes(8, "big")).digest(CHUNK)
    return (block * (length // CHUNK + 1))[:length]


class Dialogs:
    """Both ends of the dialogs. `seen` counts how streams of the reset dialog ended."""

    def __init__(self, open_stream: Opener, most_streams: int = 10_000) -> None:
        """`most_streams` is what this peer opens at a time on one connection."""
        self._open = open_stream
        self._most_streams = most_streams
        self.seen = {"reset": 0, "closed": 0}

    # The listener's side.

    async def serve_echo(self, stream: Stream) -> None:
        while data := await stream.read():
            await stream.write(data)
        await stream.close_write()

    async def serve_half_close(self, stream: Stream) -> None:
        digest = hashlib.sha256()
        while data := await stream.read():
            digest.update(data)
        await stream.write(digest.digest())
        await stream.close_write()

    async def serve_reset(self, stream: Stream) -> None:
        wish = await stream.read()
        if wish[:1] == b"1":
            await stream.reset()
        else:
            await stream.write(b"ready")
            self.seen[await stream.how_it_ends()] += 1

    def handlers(self) -> dict[str, Callable[[Stream], Awaitable[None]]]:
        return {ECHO: self.serve_echo, HALF_CLOSE: self.serve_half_close, RESET: self.serve_reset}

    # The dialer's side.

    async def echo(self, request: dict) -> dict:
        """Sends `bytes` bytes and reads them back at the same time."""
        length = int(request["bytes"])
        stream = await self._open(request["peer"], [ECHO])
        sent, received, count = hashlib.sha256(), hashlib.sha256(), 0
        start = time.monotonic()

        async def send() -> None:
            left = length
            while left > 0:
                data = noise(left, min(CHUNK, left))
                sent.update(data)
                await stream.write(data)
                left -= len(data)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            while count < length and (data := await stream.read()):
                received.update(data)
                count += len(data)
        # Only now: not every peer speaks on after the other end closed its side. The dialog of half-close tries that.
        await stream.close_write()
        more, ending = await stream.rest()
        await stream.discard()
        return {
            "sent": sent.hexdigest(),
            "received": received.hexdigest(),
            "bytes": count + more,
            "ending": ending,
            "seconds": time.monotonic() - start,
        }

    async def many(self, request: dict) -> dict:
        """Opens `count` streams, and only when all of them are open says something on each. Tells how many were reset at their end."""
        count, length = int(request["count"]), int(request.get("bytes", 1024))
        if count > self._most_streams:
            raise Cannot(f"it opens at most {self._most_streams} streams of a connection at a time")
        streams: list[Stream | None] = [None] * count
        problems: list[str] = []
        at_a_time = trio.CapacityLimiter(32)

        async def open_one(number: int) -> None:
            async with at_a_time:
                try:
                    streams[number] = await self._open(request["peer"], [ECHO])
                except Exception as error:
                    problems.append(f"{type(error).__name__}: {error}")

        async with trio.open_nursery() as nursery:
            for number in range(count):
                nursery.start_soon(open_one, number)
        opened = sum(stream is not None for stream in streams)
        correct = reset = 0

        async def speak(number: int, stream: Stream) -> None:
            nonlocal correct, reset
            data, back = noise(number, length), b""
            try:
                await stream.write(data)
                while len(back) < length and (more := await stream.read()):
                    back += more
                await stream.close_write()
                more, ending = await stream.rest()
                await stream.discard()
                reset += ending == "reset"
                if back == data and not more:
                    correct += 1
                else:
                    problems.append(f"stream {number}: {len(back)} of {length} bytes came back, then {more}")
            except Exception as error:
                problems.append(f"stream {number}: {type(error).__name__}: {error}")

        async with trio.open_nursery() as nursery:
            for number, stream in enumerate(streams):
                if stream is not None:
                    nursery.start_soon(speak, number, stream)
        return {"opened": opened, "correct": correct, "reset": reset, "problems": problems[:3]}

    async def half_close(self, request: dict) -> dict:
        """Closes its side, and hears an answer afterwards."""
        question = noise(1, 200_000)
        stream = await self._open(request["peer"], [HALF_CLOSE])
        await stream.write(question)
        await stream.close_write()
        answer = b""
        while more := await stream.read():
            answer += more
        await stream.discard()
        return {"right": answer == hashlib.sha256(question).digest()}

    async def reset_by_peer(self, request: dict) -> dict:
        """Asks the listener to reset the stream, and tells what it saw of that."""
        stream = await self._open(request["peer"], [RESET])
        await stream.write(b"1")
        return {"saw": await stream.how_it_ends()}

    async def reset_here(self, request: dict) -> dict:
        """Resets a stream that the listener waits on; the listener counts what it sees."""
        stream = await self._open(request["peer"], [RESET])
        await stream.write(b"0")
        if not await stream.read():
            raise PeerReset("the listener was not ready")
        await stream.reset()
        return {}

    async def how_streams_ended(self, request: dict) -> dict:
        return dict(self.seen)

    async def raw(self, request: dict) -> dict:
        """Writes bytes to a new stream of any protocol, and keeps it open for `hold` seconds."""
        stream = await self._open(request["peer"], request["protocols"])
        await stream.write(bytes.fromhex(request["hex"]))
        with trio.move_on_after(float(request.get("hold", 1))):
            await stream.how_it_ends()
        await stream.reset()
        return {}
