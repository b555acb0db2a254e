"""A real Prometheus on this machine, with the configuration that is checked in."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from .places import DEPLOY, PROMETHEUS


class Prometheus:
    """Scrapes each second. Changed of what is checked in: the target, the token's path, and how long things take."""

    def __init__(self, folder: Path, target: str, token: str) -> None:
        folder.mkdir()
        (folder / "weft.token").write_text(token + "\n", encoding="utf-8")
        text = (DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8")
        for old, new in (
            ('"coordinator:8080"', f'"{target}"'),
            ("/etc/prometheus/weft.token", str(folder / "weft.token")),
            ("scrape_interval: 15s", "scrape_interval: 1s"),
            ("evaluation_interval: 15s", "evaluation_interval: 1s"),
        ):
            assert text.count(old) == 1, f"prometheus.yml has not exactly one {old}"
            text = text.replace(old, new)
        (folder / "prometheus.yml").write_text(text, encoding="utf-8")
        rules = (DEPLOY / "prometheus/alerts.yml").read_text(encoding="utf-8")
        (folder / "alerts.yml").write_text(re.sub(r"(?m)^( +for:) \S+$", r"\1 1s", rules), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{address}"
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(PROMETHEUS),
                    f"--config.file={folder}/prometheus.yml",
                    f"--storage.tsdb.path={folder}/data",
                    f"--web.listen-address={address}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def check(self) -> None:
        """Fails with what Prometheus said if it has ended."""
        if self._process.poll() is not None:
            raise AssertionError(f"prometheus ended:\n{self._log.read_text(encoding='utf-8')[-3000:]}")

    def get(self, path: str, **parameters: str) -> Any:
        """What the HTTP API answers; its errors are the caller's."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def series(self, expression: str) -> list[dict[str, Any]]:
        """The samples of now."""
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def value(self, expression: str) -> float | None:
        """The one sample of now, if there is one."""
        found = self.series(expression)
        return float(found[0]["value"][1]) if found else None

    def firing(self) -> set[str]:
        """Names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self.get("alerts")["alerts"] if alert["state"] == "firing"}

    def is_up(self) -> bool:
        """Whether it answers and has read the coordinator's metrics."""
        try:
            return self.value('up{job="weft"}') == 1
        except OSError:
            return False

    def wait_for(self, condition: Any, what: str, *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                targets = self.get("targets")["activeTargets"]
                errors = [target["lastError"] for target in targets]
                raise AssertionError(f"{what} did not come about; firing: {self.firing()}; scrapes: {errors}")
            time.sleep(0.2)
