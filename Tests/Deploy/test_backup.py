"""A backup that was made while the coordinator worked is a coordinator that can be started."""

from __future__ import annotations

import shutil
import subprocess
import unittest

from .places import DEPLOY, run

from tests.cluster import WANTED, WEFT, Cluster  # isort: skip

JOB = {
    "name": "kept",
    "command": "echo $WEFT_TASK_INDEX; head -c 100000 /dev/zero > large",
    "array": 3,
    "outputs": ["large"],
    "verification": {"replicas": 2, "quorum": 2},
}


@unittest.skipUnless(WEFT, WANTED)
class BackupTests(unittest.TestCase):
    def test_a_backup_has_all_that_was_acknowledged(self) -> None:
        cluster = Cluster()
        self.addCleanup(cluster.stop)
        cluster.start(workers=2, saboteurs=0)
        target = cluster.directory / "backup"
        before = cluster.submit(JOB)
        script = DEPLOY / "backup.sh"
        # While work goes on.
        with subprocess.Popen(
            [str(WEFT), "run", "--array", "0-199", "--", "true"],
            env={"WEFT_DATA_DIR": str(cluster.data), "WEFT_URL": cluster.url, "PATH": "/usr/bin:/bin"},
            stdout=subprocess.DEVNULL,
        ) as busy:
            done = run(script, cluster.data, target)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(busy.wait(timeout=60), 0)
        after = cluster.submit({**JOB, "name": "later"})
        second = run(script, cluster.data, target)
        self.assertEqual(second.returncode, 0, second.stdout)
        receipt = cluster.receipt(f"{after}.0")
        key = (cluster.data / "coordinator.key").read_bytes()

        # The machine is lost; the copy takes its place.
        cluster.kill_coordinator()
        shutil.rmtree(cluster.data)
        shutil.copytree(target, cluster.data)
        self.assertEqual((cluster.data / "coordinator.key").read_bytes(), key)
        cluster.restart()
        cluster.await_ready()
        for job, name in ((before, "kept"), (after, "later")):
            shown = cluster.weft("job", "show", job, "--output", "json")
            self.assertIn(f'"name": "{name}"', shown.stdout.decode())
            self.assertIn('"succeeded": 3', shown.stdout.decode())
        folder = cluster.directory / "results"
        fetched = cluster.weft("job", "results", before, "--download", str(folder))
        self.assertEqual(fetched.returncode, 0, fetched.stderr.decode())
        self.assertEqual([file.stat().st_size for file in folder.rglob("large")], [100000] * 3)
        self.assertEqual(cluster.receipt(f"{after}.0"), receipt)

    def test_what_is_no_data_directory_is_refused(self) -> None:
        done = run(DEPLOY / "backup.sh", "/nowhere", "/nowhere/else")
        self.assertEqual(done.returncode, 64)
        self.assertIn("DATA-DIRECTORY", done.stdout)
