"""A server on loopback that gives out the dashboard's files and passes everything else on to a coordinator.

It relays bytes, so streams and WebSockets need no care of their own. Instead of a coordinator, a ``Fake`` can answer.
"""

from __future__ import annotations

import contextlib
import mimetypes
import socket
import socketserver
import threading
from pathlib import Path
from typing import Protocol

FILES = Path(__file__).resolve().parents[2] / "dashboard"

#: As the coordinator sends it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

mimetypes.add_type("text/javascript", ".js")


class Fake(Protocol):
    """Answers a request on its socket, whole or as a stream."""

    def answer(self, connection: socket.socket, method: str, target: str, headers: dict[str, str]) -> None: ...


class Handler(socketserver.BaseRequestHandler):
    server: Proxy

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            head = self._head()
            if head is None:
                return
            line, rest = head.split(b"\r\n", 1)
            method, target, _ = line.decode("latin-1").split(" ", 2)
            path = target.split("?")[0]
            if self.server.has_files and not path.startswith(("/api/", "/healthz", "/readyz", "/metrics")):
                self._file(path)
            elif self.server.fake is not None:
                fields = (field.split(": ", 1) for field in rest.decode("latin-1").split("\r\n") if ": " in field)
                self.server.fake.answer(self.request, method, target, {name.lower(): value for name, value in fields})
            else:
                self._relay(line, rest)

    def _head(self) -> bytes | None:
        """Up to the empty line, which stays out; what came of the body is kept for the relay."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.request.recv(65536)
            if not piece or len(data) > 65536:
                return None
            data += piece
        head, self.body = data.split(b"\r\n\r\n", 1)
        return head

    def _file(self, path: str) -> None:
        file = (FILES / (path.lstrip("/") or "index.html")).resolve()
        found = file.is_file() and file.is_relative_to(FILES)
        body = file.read_bytes() if found else b"not found"
        if found and self.server.edit is not None:
            body = self.server.edit(path, body)
        kind = (mimetypes.guess_type(file.name)[0] if found else None) or "text/plain"
        head = (
            f"HTTP/1.1 {'200 OK' if found else '404 Not Found'}\r\ncontent-type: {kind}; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\ncontent-security-policy: {POLICY}\r\nx-content-type-options: nosniff\r\n"
            "cache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.request.sendall(head.encode() + body)

    def _relay(self, line: bytes, rest: bytes) -> None:
        fields = rest.split(b"\r\n")
        if not any(field.lower().startswith(b"upgrade:") for field in fields):
            # The next request on this connection could be for a file.
            fields = [field for field in fields if not field.lower().startswith(b"connection:")] + [
                b"connection: close"
            ]
        with socket.create_connection(self.server.upstream) as upstream:
            self.server.track(self.request, upstream)
            upstream.sendall(line + b"\r\n" + b"\r\n".join(fields) + b"\r\n\r\n" + self.body)
            up = threading.Thread(target=_copy, args=(self.request, upstream), daemon=True)
            up.start()
            _copy(upstream, self.request)
            with contextlib.suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)
            up.join(timeout=2)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, upstream: str | None = None, fake: Fake | None = None, *, has_files: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        host, _, port = (upstream or "http://127.0.0.1:9").removeprefix("http://").partition(":")
        self.upstream = (host, int(port))
        self.fake = fake
        #: Whether the files come from here; from upstream otherwise.
        self.has_files = has_files
        #: Changes files on their way, for planting defects.
        self.edit = None
        self._open: list[socket.socket] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def track(self, *sockets: socket.socket) -> None:
        self._open += sockets

    def cut(self) -> None:
        """Breaks every connection that is being relayed."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def stop(self) -> None:
        self.cut()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers leave connections as they like."""
