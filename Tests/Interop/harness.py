"""Starts peers, asks them things, and keeps the table of what came of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The longest line that a peer may answer with, in bytes.
LONGEST_ANSWER = 4 << 20


class Failed(Exception):
    """Something did not come out as it must."""


class PeerCannot(Exception):
    """A peer has nothing that could do what was asked."""


@dataclass
class Programs:
    """How each kind of peer is started."""

    python: Path
    daemon: Path
    swift: Path | None
    logs: Path

    def command(self, kind: str, options: dict) -> list[str]:
        arguments: list[str] = []
        for name, value in options.items():
            arguments += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        if kind == "py":
            return [str(self.python), "-m", "peers.py_peer", *arguments]
        if kind == "go":
            # The daemon always relays, and has no mDNS.
            kept = [a for a in arguments if a != "--relay"]
            return [str(self.python), "-m", "peers.go_peer", str(self.daemon), *kept]
        if self.swift is None:
            raise PeerCannot("the Swift peer was not built")
        return [str(self.swift), *arguments]


class Peer:
    """A process that answers control lines."""

    _numbers = itertools.count(1)

    def __init__(self, kind: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.kind = kind
        self.process = process
        self.log = log
        self.id = ""
        self.addresses: list[str] = []
        self._waiting: dict[int, asyncio.Future] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, programs: Programs, kind: str, prefix: list[str] | None = None, **options) -> Peer:
        number = next(cls._numbers)
        log = programs.logs / f"{number:03}-{kind}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(prefix or []), *programs.command(kind, options), stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=output, cwd=HERE, limit=LONGEST_ANSWER,
                env=dict(os.environ, PYTHONPATH=str(HERE), PYTHONUNBUFFERED="1"),
            )  # fmt: skip
        peer = cls(kind, process, log)
        try:
            info = await peer.ask("info", within=60)
        except BaseException:
            await peer.stop()
            raise
        peer.id, peer.addresses = info["peer"], info["addresses"]
        return peer

    async def ask(self, what: str, within: float = 40, **fields) -> dict:
        number = next(self._numbers)
        answer: asyncio.Future = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self.process.stdin.write((json.dumps({"id": number, "do": what, **fields}) + "\n").encode())
            await self.process.stdin.drain()
            reply = await asyncio.wait_for(answer, within)
        except TimeoutError as error:
            raise Failed(f"{self.kind} did not answer {what} within {within:g} s ({self.log.name})") from error
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Failed(f"{self.kind} is gone ({self.log.name})") from error
        finally:
            self._waiting.pop(number, None)
        if "cannot" in reply:
            raise PeerCannot(f"{self.kind}: {reply['cannot']}")
        if "error" in reply:
            raise Failed(f"{self.kind} {what}: {reply['error']} ({self.log.name})")
        return reply["ok"]

    async def connect(self, other: Peer, addresses: list[str] | None = None) -> None:
        await self.ask("connect", peer=other.id, addresses=addresses or other.addresses)

    async def _read(self) -> None:
        try:
            while line := await self.process.stdout.readline():
                answer = json.loads(line)
                waiting = self._waiting.get(answer["id"])
                if waiting and not waiting.done():
                    waiting.set_result(answer)
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result({"error": "the process ended"})

    async def stop(self) -> None:
        """Ends the process by its own number: kindly, then not."""
        if self.process.returncode is None:
            self.process.stdin.close()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.terminate()
                try:
                    await asyncio.wait_for(self.process.wait(), 3)
                except TimeoutError:
                    self.process.kill()
                    await self.process.wait()
        await self._reader


@dataclass
class Table:
    """What was tried, and how it went."""

    rows: list[tuple[str, str, str, float, str]] = field(default_factory=list)

    async def trial(self, what: str, who: str, work, within: float = 120) -> None:
        """Runs one trial; whatever happens becomes a row."""
        start = time.monotonic()
        try:
            note = await asyncio.wait_for(work, within) or ""
            verdict = "passed"
        except PeerCannot as reason:
            verdict, note = "peer cannot", str(reason)
        except TimeoutError:
            verdict, note = "FAILED", f"not done within {within:g} s"
        except Exception as error:
            verdict, note = "FAILED", str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
        row = (what, who, verdict, time.monotonic() - start, " ".join(str(note).split()))
        self.rows.append(row)
        print(self.line(row), flush=True)

    @staticmethod
    def line(row: tuple[str, str, str, float, str]) -> str:
        what, who, verdict, seconds, note = row
        return f"{what:<24} {who:<26} {verdict:<12} {seconds:7.2f} s  {note}"

    def count(self, verdict: str) -> int:
        return sum(row[2] == verdict for row in self.rows)

    def finish(self) -> int:
        """Prints the sum; the status to exit with."""
        print(f"\n{self.count('passed')} passed, {self.count('FAILED')} failed, {self.count('peer cannot')} a peer cannot")
        for row in self.rows:
            if row[2] == "FAILED":
                print(self.line(row), file=sys.stderr)
        return 1 if self.count("FAILED") or not self.count("passed") else 0


async def until(condition, within: float, what: str, every: float = 0.2):
    """Asks again and again until it is so."""
    end = time.monotonic() + within
    while True:
        if result := await condition():
            return result
        if time.monotonic() > end:
            raise Failed(f"{what} did not happen within {within:g} s")
        await asyncio.sleep(every)
