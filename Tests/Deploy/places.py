"""Where things are: what is tested, and the tools that ``scripts/setup-deploy.sh`` got."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
DEPLOY = TOP / "deploy"
TOOLS = Path(os.environ.get("WEFT_DEPLOY_TOOLS", TOP / ".build/deploy"))
PROMETHEUS = TOOLS / "prometheus/usr/bin/prometheus"
PROMTOOL = TOOLS / "prometheus/usr/bin/promtool"

sys.path.insert(0, str(TOP / "clients/python"))


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a tool to its end; what it wrote to its error output comes after its output."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=TOP,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )


def load(path: str) -> Any:
    """A YAML file below ``deploy/``."""
    return yaml.safe_load((DEPLOY / path).read_text(encoding="utf-8"))


def alerts() -> list[dict[str, Any]]:
    return [rule for group in load("prometheus/alerts.yml")["groups"] for rule in group["rules"]]


def anchors(page: Path) -> set[str]:
    """The names by which headings of a Markdown page are linked."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
