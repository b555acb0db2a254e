"""Receives what a coordinator sends to a webhook, checks it, and prints a line for each event.

    weft webhook create http://127.0.0.1:9000/ --secret-file hook.secret
    python receiver.py hook.secret 9000
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import weft

#: No event of a coordinator is larger.
MOST_BYTES = 1 << 20


class Receiver(ThreadingHTTPServer):
    """Answers on ``port`` of this machine; 0 takes a free one."""

    def __init__(self, port: int, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.secret = secret
        # Deliveries are repeated when an answer is lost. A program that lives longer keeps these in its database, in the
        # same transaction as what it does about the event.
        self.seen: set[tuple[str, str]] = set()


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return self._answer(413)
        body = self.rfile.read(int(length))
        try:
            delivery = weft.verify_webhook(self.server.secret, dict(self.headers), body)
        except weft.WebhookRefused as refusal:
            print(f"refused: {refusal}", file=sys.stderr)
            return self._answer(400)
        if (delivery.source, delivery.id) not in self.server.seen:
            self.server.seen.add((delivery.source, delivery.id))
            print(delivery.type, delivery.subject, delivery.data.get("state", ""), flush=True)
        return self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Events alone are printed."""


if __name__ == "__main__":
    with Receiver(int(sys.argv[2]), Path(sys.argv[1]).read_text(encoding="utf-8").strip()) as receiver:
        receiver.serve_forever()
