"""Snakemake runs a workflow of three rules on a coordinator with two workers, all started for it: `make test-snakemake`.

Each rule is a TES task that runs as a native program: the workers show it this Python with its packages, and share the
directory that is the workflow's storage. The plugin sends no credentials, so an anonymous submitter is configured.

Workers of root run tasks as nobody, who could not read what root uploads: Snakemake then runs as nobody, too, and all that
it needs has to be readable by everybody.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "clients/python"))
from tests.cluster import Cluster  # noqa: E402

RULES = ("numbers", "squares", "report")
NOBODY = 65534
WANTED = f"{sum(number * number for number in range(1, 101))}\n"


def precommand() -> str:
    """What a task needs before it can run Snakemake: this environment, and no registry to install plugins from."""
    settings = {
        "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_FIND_LINKS": f"{sys.prefix}/wheels",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    return "export " + " ".join(f"{name}={value}" for name, value in settings.items())


def user() -> dict[str, int]:
    """As whom Snakemake runs, as arguments of ``subprocess.run``."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}


def run(cluster: Cluster, workflow: Path, storage: Path) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "snakemake", "--executor", "tes", "--tes-url", cluster.url),
        *("--jobs", "2", "--default-storage-provider", "fs", "--default-storage-prefix", str(storage)),
        *("--container-image", "snakemake/snakemake:v9", "--precommand", precommand()),
        *("--seconds-between-status-checks", "1", "--latency-wait", "10"),
    ]
    environment = {
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
        "HOME": str(workflow),
        "GITHUB_WORKSPACE": str(workflow),
    }
    return subprocess.run(
        command, cwd=workflow, env=environment, capture_output=True, text=True, check=False, timeout=500, **user()
    )


def logs(cluster: Cluster) -> str:
    """What the tasks wrote."""
    request = urllib.request.Request(
        f"{cluster.url}/ga4gh/tes/v1/tasks?view=FULL", headers={"authorization": f"Bearer {cluster.token}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return "\n".join(json.dumps(task["logs"], indent=1) for task in json.load(answer)["tasks"])


def main() -> int:
    # Not below /tmp, which every task has for itself.
    shared = Path(tempfile.mkdtemp(prefix="weft-snakemake-", dir="/var/tmp"))
    cluster = Cluster()
    try:
        storage = shared / "storage"
        storage.mkdir()
        workflow = shared / "workflow"
        shutil.copytree(HERE / "workflow", workflow)
        # The plugin looks for this file when a task fails.
        (workflow / "funnel.log").touch()
        if user():
            shared.chmod(0o755)
            for path in [storage, workflow, *workflow.iterdir()]:
                os.chown(path, NOBODY, NOBODY)
        paths = {sys.prefix, sys.base_prefix} - {"/usr"}
        settings = [*("--tes-native-image", "snakemake/*", "--tes-anonymous", "guest", "--shared-path", str(storage))]
        for path in sorted(paths):
            settings += ["--read-only-path", path]
        cluster.start(workers=1, saboteurs=0, settings=tuple(settings))
        made = cluster.weft("token", "create", "guest", "--role", "submitter")
        assert made.returncode == 0, made.stderr.decode()
        done = run(cluster, workflow, storage)
        jobs = cluster.weft("job", "list").stdout.decode()
        report = storage / "report.txt"
        if done.returncode != 0 or not report.exists() or report.read_text() != WANTED:
            print(done.stdout, done.stderr, jobs, logs(cluster), sep="\n", file=sys.stderr)
            for log in sorted(cluster.directory.glob("*.log")):
                print(f"--- {log.name}", log.read_text(errors="replace")[-3000:], sep="\n", file=sys.stderr)
            return 1
        succeeded = jobs.count("succeeded")
        print(f"snakemake: {len(RULES)} rules ran as {succeeded} tasks; report.txt is {report.read_text().strip()}")
        return 0 if succeeded == len(RULES) else 1
    finally:
        cluster.stop()
        shutil.rmtree(shared, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
