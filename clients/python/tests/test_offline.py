"""The client without a coordinator: where it looks, how patient it is, how it reads streams and environments."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Iterator

import weft
from weft import _streams, models
from weft._configuration import find_endpoint
from weft._requests import submit
from weft.environment import Environment, Pickler, environment_digest, pickled
from weft.executor import _outcomes

ROOT = Path(__file__).parent.parent
JOB: dict[str, Any] = {
    "id": 7,
    "name": "x",
    "state": "succeeded",
    "submitter": "me",
    "submitted_at": "2026-01-02T03:04:05.000006Z",
    "counts": {"total": 1, "succeeded": 1, "failed": 0, "cancelled": 0, "running": 0, "disagreed": 0},
    "labels": {},
    "priority": 0,
    "spec_digest": "sha256:" + "0" * 64,
    "of_a_later_version": {"x": 1},
}
FAST = weft.RetryPolicy(attempts=4, first_delay_seconds=0.01)


def has_setuptools(major: int) -> bool:
    try:
        return int(version("setuptools").partition(".")[0]) >= major
    except PackageNotFoundError:
        return False


class SourceTests(unittest.TestCase):
    def test_the_blocking_client_is_made_of_the_other(self) -> None:
        script = ROOT / "scripts" / "generate_sync.py"
        subprocess.run([sys.executable, str(script), "--check"], check=True)

    def test_receipts_are_checked_without_http(self) -> None:
        code = "import sys, weft.receipts; sys.exit('httpx' in sys.modules)"
        subprocess.run([sys.executable, "-c", code], check=True)

    @unittest.skipUnless(find_spec("wheel") and has_setuptools(64), "wheel or a setuptools of today is not installed")
    def test_a_wheel_has_all_that_is_needed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "source")
            shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", "build"))
            command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
            subprocess.run([*command, "--wheel-dir", folder, str(source)], check=True, capture_output=True)
            (wheel,) = Path(folder).glob("weft-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                names = set(archive.namelist())
        modules = {f"weft/{path.relative_to(ROOT / 'src/weft').as_posix()}" for path in ROOT.glob("src/weft/**/*.py")}
        self.assertLessEqual({*modules, "weft/py.typed"}, names)
        self.assertFalse([name for name in names if name.startswith("tests")])

    def test_every_name_that_is_offered_is_there(self) -> None:
        for name in weft.__all__:
            self.assertIsNotNone(getattr(weft, name))
        self.assertIn("Client", dir(weft))
        with self.assertRaises(AttributeError):
            weft.nothing  # noqa: B018


class ConfigurationTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.data = self.home / ".local/share/weft"
        self.data.mkdir(parents=True)
        self.variables = {"HOME": str(self.home)}

    def found(self, url: str | None = None, token: str | None = None, **variables: str) -> tuple[str, str | None]:
        endpoint = find_endpoint(url, token, environment={**self.variables, **variables})
        return endpoint.url, endpoint.token

    def test_nothing_anywhere(self) -> None:
        self.assertEqual(self.found(), ("http://127.0.0.1:8080", None))

    def test_this_machines_coordinator(self) -> None:
        (self.data / "coordinator.url").write_text("http://127.0.0.1:9999\n")
        (self.data / "admin.token").write_text("secret\n")
        self.assertEqual(self.found(), ("http://127.0.0.1:9999", "secret"))
        self.assertEqual(self.found("http://localhost:9999/"), ("http://localhost:9999", "secret"))
        self.assertEqual(self.found("http://example.org"), ("http://example.org", None))
        self.assertEqual(self.found(WEFT_URL="http://example.org"), ("http://example.org", None))

    def test_arguments_variables_and_the_file_in_this_order(self) -> None:
        config = self.home / ".config/weft/config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text(
            "# x\nurl: https://file.example:8443  # ours\ntoken_file: ~/token\nworker:\n  token_file: no\n"
        )
        (self.home / "token").write_text("of the file\n")
        self.assertEqual(self.found(), ("https://file.example:8443", "of the file"))
        self.assertEqual(self.found(WEFT_TOKEN="t")[1], "t")
        self.assertEqual(self.found("http://a", WEFT_URL="http://b")[0], "http://a")
        self.assertEqual(self.found(token="given", WEFT_TOKEN="t")[1], "given")

    def test_what_cannot_be_used_is_said(self) -> None:
        for url in ("example.org", "ftp://x", "http://", "http://u@x", "http://[x"):
            with self.subTest(url), self.assertRaises(weft.ConfigurationError):
                self.found(url)
        with self.assertRaises(weft.ConfigurationError):
            self.found(WEFT_TOKEN_FILE="/nowhere")
        with self.assertRaises(weft.ConfigurationError):
            self.found(WEFT_CONFIG="/nowhere")


class RetryTests(unittest.TestCase):
    def test_a_busy_coordinator_is_asked_again_and_a_broken_connection_too(self) -> None:
        with (
            answering("busy", "break", "unavailable", "job") as (url, seen),
            weft.Client(url, "t", retry=FAST) as client,
        ):
            self.assertEqual(client.job(7).name, "x")
        self.assertEqual(len(seen), 4)

    def test_patience_has_an_end(self) -> None:
        with answering(*["busy"] * 9) as (url, seen), weft.Client(url, "t", retry=FAST) as client:
            with self.assertRaises(weft.Busy) as caught:
                client.job(7)
            self.assertEqual(caught.exception.retry_after_seconds, 0)
        self.assertEqual(len(seen), 4)
        with answering("long", "job") as (url, seen), weft.Client(url, "t", retry=FAST) as client:
            with self.assertRaises(weft.Busy):
                client.job(7)
        self.assertEqual(len(seen), 1)

    def test_what_must_not_happen_twice_is_tried_once(self) -> None:
        with answering("break", "job") as (url, seen), weft.Client(url, "t", retry=FAST) as client:
            with self.assertRaises(weft.ConnectionLost):
                client.create_token("x", "viewer")
        self.assertEqual(len(seen), 1)

    def test_a_submission_is_tried_again_under_one_key(self) -> None:
        with answering("break", "job") as (url, seen), weft.Client(url, "t", retry=FAST) as client:
            client.submit({"command": "true"})
        keys = {headers["idempotency-key"] for headers in seen}
        self.assertEqual((len(seen), len(keys)), (2, 1))
        self.assertNotIn("idempotency-key", submit({"command": "x", "idempotency_key": "k"}).headers)
        self.assertTrue(submit({"command": "x", "idempotency_key": "k"}).is_idempotent)
        self.assertFalse(submit("command: x").is_idempotent)

    def test_the_same_without_blocking(self) -> None:
        async def work(url: str) -> None:
            async with weft.AsyncClient(url, "t", retry=FAST) as client:
                self.assertEqual((await client.job(7)).id, 7)

        with answering("break", "unavailable", "job") as (url, seen):
            asyncio.run(work(url))
        self.assertEqual(len(seen), 3)

    def test_answers_of_others_are_told_apart(self) -> None:
        with answering("html", "proxy") as (url, _), weft.Client(url, "t", retry=FAST) as client:
            with self.assertRaises(weft.UnexpectedAnswer):
                client.job(7)
            with self.assertRaises(weft.BadRequest) as caught:
                client.job(7)
        self.assertIn("I am a teapot", str(caught.exception))

    def test_other_bytes_than_promised_are_refused(self) -> None:
        with answering("other bytes", "other bytes") as (url, _), weft.Client(url, "t", retry=FAST) as client:
            with self.assertRaises(weft.DigestMismatch):
                client.stdout(7)
            with tempfile.TemporaryDirectory() as folder:
                with self.assertRaises(weft.DigestMismatch):
                    client.download_output(7, "x", Path(folder, "x"))
                self.assertEqual(list(Path(folder).iterdir()), [])

    def test_a_download_goes_on_where_it_broke(self) -> None:
        with answering("half", "rest") as (url, seen), weft.Client(url, "t", retry=FAST) as client:
            with tempfile.TemporaryDirectory() as folder:
                client.download_output(7, "x", Path(folder, "x"))
                self.assertEqual(Path(folder, "x").read_bytes(), b"0123456789")
        self.assertEqual(seen[1]["range"], "bytes=5-")


class StreamTests(unittest.TestCase):
    def test_events_come_out_however_the_bytes_are_cut(self) -> None:
        data = b'retry: 1000\n\n: \n\nid: 1-2\nevent: x\ndata: {"a":\ndata: 1}\n\nevent: end\r\ndata: {}\r\n\r\n'
        for size in range(1, len(data)):
            parser = _streams.ServerSentEvents()
            pieces = [data[at : at + size] for at in range(0, len(data), size)]
            found = [event for piece in pieces for event in parser.feed(piece)]
            self.assertEqual(
                found, [_streams.ServerSent("x", '{"a":\n1}', "1-2"), _streams.ServerSent("end", "{}", None)]
            )

    def test_what_does_not_fit_is_refused(self) -> None:
        self.assertEqual(models.read(models.Job, JOB).counts.waiting, 0)
        changes: list[dict[str, Any]] = [{"id": "7"}, {"submitted_at": "now"}, {"counts": []}, {"name": None}]
        for change in changes:
            with self.subTest(change), self.assertRaises(weft.UnexpectedAnswer):
                models.read(models.Job, {**JOB, **change})

    def test_names_are_escaped_in_notebooks(self) -> None:
        job = models.read(models.Job, {**JOB, "name": "<script>", "reason": "<b>"})
        self.assertNotIn("<script>", job._repr_html_())
        self.assertNotIn("<b><", job._repr_html_())


class ResultTests(unittest.TestCase):
    def test_json_of_a_worker_is_never_unpickled_and_must_be_whole(self) -> None:
        evil = base64.b64encode(pickle.dumps(print)).decode()
        (outcome,) = _outcomes(json.dumps([["error", evil, "E", "m", "t"]]).encode(), "json", 1)
        self.assertEqual(outcome, ("error", None, "E", "m", "t"))
        self.assertEqual(_outcomes(b'[["value", "[1]"]]', "json", 1), [("json", [1])])
        for data in (
            b"[]",
            b"x",
            b'[["value", "1"], ["value", "2"]]',
            b'[["value", "x"]]',
            b"[1]",
            b"{}",
            b'[["load"]]x',
        ):
            with self.subTest(data), self.assertRaises(weft.UnexpectedAnswer):
                _outcomes(data, "json", 1)
        with self.assertRaises(weft.UnexpectedAnswer):
            _outcomes(pickle.dumps([("value", b"")]), "pickle", 2)


class EnvironmentTests(unittest.TestCase):
    def test_what_is_referred_to_is_noted(self) -> None:
        _, modules = pickled(lambda: json.dumps(hashlib.sha256().hexdigest()))
        self.assertLessEqual({"json", "hashlib"}, modules)
        _, modules = pickled([models.read, (1, "x")])
        self.assertIn("weft.models", modules)
        self.assertTrue(issubclass(Pickler, object))

    def test_packages_are_pinned_by_what_is_here(self) -> None:
        (package,) = Environment(["h11"]).resolve()
        self.assertEqual((package.name, package.is_native, package.is_unpacked), ("h11", False, False))
        self.assertEqual(Environment([f"h11=={package.version}"]).resolve(), (package,))
        self.assertEqual(environment_digest([package]), environment_digest([package]))
        self.assertNotEqual(environment_digest([package]), environment_digest([]))
        for wrong in ("h11==0.0.1", "h11>=1", "no-such-package", "no-such-package==1"):
            with self.subTest(wrong), self.assertRaises(weft.ConfigurationError):
                Environment([wrong]).resolve()

    def test_the_standard_library_stays_here(self) -> None:
        self.assertEqual(Environment().resolve(["json", "os.path", "__main__", "cloudpickle"]), ())
        self.assertEqual(Environment(automatic=False).resolve(["httpx"]), ())


@contextmanager
def answering(*script: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers as it is told, and what it was sent."""
    waiting = list(script)
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers.get("content-length") or 0))
            act = waiting.pop(0)
            tag = f'"sha256:{hashlib.sha256(b"0123456789").hexdigest()}"'
            if act == "break":
                self.close_connection = True
            elif act in ("busy", "long", "unavailable"):
                after = "0" if act == "busy" else "3600" if act == "long" else "1"
                status = 503 if act == "unavailable" else 429
                self.reply(status, b'{"title": "not now"}', {"retry-after": after if act != "unavailable" else "0"})
            elif act == "job":
                self.reply(200, json.dumps(JOB).encode(), {})
            elif act == "html":
                self.reply(200, b"<html>", {})
            elif act == "proxy":
                self.reply(418, b"I am a teapot", {})
            elif act == "other bytes":
                self.reply(200, b"0123456780", {"etag": tag})
            elif act == "half":
                self.reply(200, b"01234", {"etag": tag, "content-length": "10"})
                self.close_connection = True
            elif act == "rest":
                self.reply(206, b"56789", {"etag": tag, "content-range": "bytes 5-9/10"})

        do_POST = do_GET  # noqa: N815

        def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
