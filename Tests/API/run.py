"""Runs schemathesis against a coordinator with a worker, both started for it on loopback: `make test-api`.

With arguments, hands them on: `python -m Tests.API.run --include-operation-id createJob`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "clients/python"))
from tests.cluster import Cluster  # noqa: E402

PRICES = ("--price-cpu", "0.000001", "--price-memory", "0.000001", "--price-minimum", "0.000001")


def seed(cluster: Cluster) -> str:
    """A job of each end, so that there is something to find from the start; the number of one with an output."""
    cluster.submit({"name": "fails", "command": "exit 3", "array": 3})
    command = "echo out; echo err >&2; echo kept > kept.txt"
    return cluster.submit({"name": "prints", "command": command, "outputs": ["kept.txt"]})


def token(cluster: Cluster) -> str:
    """An admin's token of the run's own, so that the cluster's files stay in force whatever becomes of it.

    It has credits for all that the run submits, but for jobs of very many tasks.
    """
    secret = cluster.run("token", "create", "schemathesis", "--role", "admin")
    for submitter in ("admin", "schemathesis"):
        cluster.run("credit", "grant", submitter, "1000000", "--reason", "a start")
    return secret


def failures_in(log: Path) -> list[str]:
    """What the coordinator's own log says went wrong on its side."""
    lines = log.read_text(errors="replace").splitlines()
    return [line for line in lines if re.search(r"a request failed|Fatal error|Precondition", line)]


def main() -> int:
    seconds = int(os.environ.get("SECONDS_TO_RUN", "300"))
    cluster = Cluster()
    try:
        cluster.start(workers=1, saboteurs=0, settings=PRICES)
        secret = token(cluster)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "Tests.API.hooks",
            "WEFT_TEST_JOB": seed(cluster),
            "WEFT_TEST_TOKEN": secret,
            "WEFT_TEST_OWN_TOKENS": "schemathesis,admin,join",
        }
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "--no-color",
            *("--config-file", str(HERE / "schemathesis.toml")),
            *("run", f"{cluster.url}/openapi.json"),
            *("--checks", "all", "--mode", "all", "--max-time", str(seconds)),
            *("--request-timeout", "20", "--continue-on-failure"),
            *sys.argv[1:],
        ]
        # What it keeps between runs goes with the cluster.
        status = subprocess.run(command, env=environment, cwd=cluster.directory, check=False).returncode
        wrong = failures_in(cluster.directory / "up.log")
        for line in wrong[:20]:
            print(f"the coordinator's log: {line}", file=sys.stderr)
        return status or bool(wrong)
    finally:
        cluster.stop()


sys.exit(main())
