"""How the harness talks to a peer: one JSON object a line, requests in on stdin, answers out on stdout, many at a time.

    {"id": 7, "do": "ping", "peer": "12D3…"}   ->   {"id": 7, "ok": {"micros": 812}}
                                               or   {"id": 7, "error": "no answer"}
                                               or   {"id": 7, "cannot": "this peer has no such thing"}
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Awaitable, Callable

import trio

Command = Callable[[dict], Awaitable[dict]]


class Cannot(Exception):
    """The peer has nothing that could do this; the table says so, with this reason."""


class Control:
    """Runs commands that come in, each as a task of its own, until stdin ends."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}
        self._writing = trio.Lock()

    def add(self, name: str, command: Command) -> None:
        self._commands[name] = command

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            while True:
                line = await trio.to_thread.run_sync(sys.stdin.buffer.readline, abandon_on_cancel=True)
                if not line:
                    nursery.cancel_scope.cancel()
                    return
                nursery.start_soon(self._answer, json.loads(line))

    async def _answer(self, request: dict) -> None:
        answer: dict = {"id": request["id"]}
        try:
            command = self._commands.get(request["do"])
            if command is None:
                raise Cannot(f"it has no command {request['do']}")
            answer["ok"] = await command(request)
        except Cannot as reason:
            answer["cannot"] = str(reason)
        except Exception as error:  # whatever went wrong is the answer
            answer["error"] = f"{type(error).__name__}: {error}"
            print("".join(traceback.format_exception(error)), file=sys.stderr)
        async with self._writing:
            await trio.to_thread.run_sync(self._write, json.dumps(answer))

    @staticmethod
    def _write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
