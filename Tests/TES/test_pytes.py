"""py-tes against the TES endpoint of a coordinator with two workers, all started for it: `make test-tes`."""

from __future__ import annotations

import json
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import tes

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "clients/python"))
from tests.cluster import Cluster  # noqa: E402

IMAGE = "alpine:3.20"


def executor(*command: str, **fields: object) -> tes.Executor:
    return tes.Executor(image=IMAGE, command=list(command), **fields)


class PyTESTests(unittest.TestCase):
    """Tasks run as native programs: no container engine is needed."""

    cluster: Cluster
    files: Path
    client: tes.HTTPClient

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.stop)
        cls.files = cls.cluster.directory / "files"
        cls.files.mkdir()
        cls.cluster.start(
            workers=2,
            saboteurs=0,
            settings=(
                *("--tes-file-root", str(cls.files), "--tes-native-image", "alpine:*"),
                *("--tes-anonymous", "guest"),
            ),
        )
        made = cls.cluster.weft("token", "create", "guest", "--role", "submitter")
        assert made.returncode == 0, made.stderr.decode()
        cls.client = tes.HTTPClient(cls.cluster.url, token=cls.cluster.token)

    def run_task(self, **fields: object) -> tes.Task:
        """Runs a task to its end; all that is told of it."""
        number = self.client.create_task(tes.Task(**fields))
        self.client.wait(number, timeout=60)
        return self.client.get_task(number, view="FULL")

    def test_service_info(self) -> None:
        info = self.client.get_service_info()
        self.assertEqual((info.type["artifact"], info.type["version"]), ("tes", "1.1.0"))
        self.assertIn(f"file://{self.files}", info.storage)
        self.assertIn("weft.replicas", info.tes_resources_backend_parameters)

    def test_a_task_in_three_views(self) -> None:
        (self.files / "in.txt").write_text("from a file")
        target = f"file://{self.files}/new/both.txt"
        task = self.run_task(
            name="views",
            inputs=[
                tes.Input(path="/data/content", content="from content, "),
                tes.Input(path="/data/file", url=f"file://{self.files}/in.txt"),
            ],
            outputs=[tes.Output(path="/data/out/both", url=target)],
            volumes=["/scratch"],
            tags={"colour": "blue"},
            executors=[
                executor("cat", "/data/content", "/data/file", stdout="/scratch/both", workdir="/tmp"),
                executor(
                    *("sh", "-c", 'cat; echo "$WORD" >&2'),
                    stdin="/scratch/both",
                    stdout="/data/out/both",
                    env={"WORD": "it's done"},
                ),
            ],
        )
        self.assertEqual(task.state, "COMPLETE", task.as_dict())
        self.assertEqual((self.files / "new/both.txt").read_text(), "from content, from a file")
        log = task.logs[0]
        self.assertEqual([entry.exit_code for entry in log.logs], [0, 0])
        self.assertEqual(log.logs[1].stdout, "from content, from a file")
        self.assertEqual(log.logs[1].stderr, "it's done\n")
        self.assertEqual((log.outputs[0].url, log.outputs[0].size_bytes), (target, 25))
        self.assertIsNotNone(task.creation_time)
        self.assertEqual(task.inputs[0].content, "from content, ")

        basic = self.client.get_task(task.id, view="BASIC")
        self.assertIsNone(basic.inputs[0].content)
        self.assertIsNone(basic.logs[0].logs[1].stdout)
        self.assertEqual(basic.logs[0].logs[1].exit_code, 0)
        self.assertEqual(basic.tags, {"colour": "blue"})
        self.assertEqual(self.get(f"/ga4gh/tes/v1/tasks/{task.id}"), {"id": task.id, "state": "COMPLETE"})
        self.assertEqual(self.get(f"/v1/tasks/{task.id}?view=MINIMAL"), {"id": task.id, "state": "COMPLETE"})

    def test_a_delivery_that_a_crash_cut_off_is_done_after_the_restart(self) -> None:
        kept = self.files / "restart/kept"
        task = self.run_task(
            outputs=[tes.Output(path="/out/kept", url=f"file://{kept}")],
            executors=[executor("sh", "-c", "echo kept >/out/kept")],
        )
        self.assertEqual(task.state, "COMPLETE", task.as_dict())
        self.cluster.kill_coordinator()
        # As if it had been killed between the job's end and the delivery.
        kept.unlink()
        (self.cluster.data / "tes" / task.id).unlink()
        self.cluster.restart()
        self.cluster.await_ready()
        self.client.wait(task.id, timeout=60)
        self.assertEqual(self.client.get_task(task.id, view="MINIMAL").state, "COMPLETE")
        self.assertEqual(kept.read_text(), "kept\n")

    def test_wildcards_directories_and_blobs(self) -> None:
        source = self.files / "tree/deep"
        source.mkdir(parents=True)
        (source / "leaf").write_text("leaf")
        task = self.run_task(
            inputs=[tes.Input(path="/in/tree", url=f"file://{self.files}/tree", type="DIRECTORY")],
            outputs=[
                tes.Output(path="/out/*.txt", path_prefix="/out/", url=f"file://{self.files}/matched"),
                tes.Output(path="/out/all", url=f"file://{self.files}/all", type="DIRECTORY"),
                tes.Output(path="/out/a.txt", url="weft:"),
            ],
            executors=[
                executor("sh", "-c", "cd /out; echo a >a.txt; echo b >b.txt; echo c >c.csv; cp -r /in/tree all/copy")
            ],
        )
        self.assertEqual(task.state, "COMPLETE", task.as_dict())
        self.assertEqual(sorted(path.name for path in (self.files / "matched").iterdir()), ["a.txt", "b.txt"])
        self.assertEqual((self.files / "all/copy/deep/leaf").read_text(), "leaf")
        blob = task.logs[0].outputs[-1].url
        self.assertTrue(blob.startswith("weft://sha256:"), blob)
        again = self.run_task(inputs=[tes.Input(path="/in/a", url=blob)], executors=[executor("cat", "/in/a")])
        self.assertEqual(again.logs[0].logs[0].stdout, "a\n")

    def test_the_example(self) -> None:
        text = (ROOT / "examples/tes/task.json").read_text()
        number = self.get("/ga4gh/tes/v1/tasks", text.encode())["id"]
        self.assertEqual(self.client.wait(number, timeout=60).state, "COMPLETE")

    def test_errors_of_executors_and_of_the_system(self) -> None:
        failed = self.run_task(
            executors=[
                executor("sh", "-c", "exit 3", ignore_error=True),
                executor("sh", "-c", "echo bad >&2; exit 4"),
                executor("true"),
            ]
        )
        self.assertEqual(failed.state, "EXECUTOR_ERROR")
        self.assertEqual([entry.exit_code for entry in failed.logs[0].logs], [3, 4])
        self.assertEqual(failed.logs[0].logs[1].stderr, "bad\n")
        missing = self.run_task(outputs=[tes.Output(path="/out/none", url="weft:")], executors=[executor("true")])
        self.assertEqual(missing.state, "SYSTEM_ERROR")
        self.assertIn("the output /out/none is not there", missing.logs[0].system_logs)

    def test_lists_filters_and_pages(self) -> None:
        made = []
        for number in range(5):
            tags = {"series": "list", "parity": ["even", "odd"][number % 2]}
            made.append(
                self.client.create_task(tes.Task(name=f"listed {number}", tags=tags, executors=[executor("true")]))
            )
        for number in made:
            self.client.wait(number, timeout=60)
        seen: list[str] = []
        token = None
        while True:
            page = self.client.list_tasks(page_size=2, page_token=token)
            self.assertLessEqual(len(page.tasks), 2)
            seen += [task.id for task in page.tasks]
            token = page.next_page_token
            if not token:
                break
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(set(made), set(seen))
        # What py-tes has no words for.
        self.assertEqual(self.listed("?tag_key=series&tag_value=list&tag_key=parity&tag_value=odd"), [made[3], made[1]])
        self.assertEqual(len(self.listed("?tag_key=parity")), 5)
        self.assertEqual(self.listed("?name_prefix=listed%204"), [made[4]])
        self.assertEqual(self.listed("?state=CANCELED&tag_key=series&tag_value=list"), [])
        self.assertEqual(len(self.listed("?state=COMPLETE&tag_key=series&tag_value=list&view=FULL")), 5)

    def test_cancel(self) -> None:
        number = self.client.create_task(tes.Task(executors=[executor("sleep", "600")]))
        self.client.cancel_task(number)
        self.assertEqual(self.client.get_task(number, view="MINIMAL").state, "CANCELED")
        self.client.cancel_task(number)

    def test_policies_of_weft(self) -> None:
        task = self.run_task(
            executors=[executor("echo", "twice", stdout="/out/o")],
            outputs=[tes.Output(path="/out/o", url="weft:")],
            resources=tes.Resources(
                cpu_cores=1, ram_gb=0.5, backend_parameters={"weft.replicas": "2"}, backend_parameters_strict=True
            ),
        )
        self.assertEqual(task.state, "COMPLETE", task.as_dict())
        self.assertEqual(len(task.logs[0].metadata["weft.nodes"].split(", ")), 2)

    def test_tmp_is_private(self) -> None:
        for _ in range(2):
            task = self.run_task(executors=[executor("sh", "-c", "ls -A /tmp; echo mine >/tmp/mine")])
            self.assertEqual((task.state, task.logs[0].logs[0].stdout), ("COMPLETE", ""))

    def test_refusals_name_the_field(self) -> None:
        for fields, wanted in [
            ({"outputs": [{"path": "/out/o", "url": "file:///etc/passwd"}]}, "outputs[0].url"),
            ({"inputs": [{"path": "/in/i", "url": "file:///etc/passwd"}]}, "inputs[0].url"),
            ({"inputs": [{"path": "/in/i", "url": "s3://bucket/key"}]}, "inputs[0].url"),
            ({"outputs": [{"path": "/etc/o", "url": "weft:"}]}, "outputs[0].path"),
            ({"volumes": ["/proc/x"]}, "volumes[0]"),
        ]:
            body = {"executors": [{"image": IMAGE, "command": ["true"]}], **fields}
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.get("/ga4gh/tes/v1/tasks", json.dumps(body).encode())
            with refused.exception as answer:
                self.assertEqual(answer.code, 400)
                self.assertEqual(json.load(answer)["errors"][0]["field"], wanted)

    def test_credentials(self) -> None:
        task = tes.Task(executors=[executor("true")])
        basic = tes.HTTPClient(self.cluster.url, user="anybody", password=self.cluster.token)
        number = basic.create_task(task)
        # What old versions of the client send without credentials, and what new ones do not.
        for nobody in [
            tes.HTTPClient(self.cluster.url, user="None", password="None"),
            tes.HTTPClient(self.cluster.url),
        ]:
            own = nobody.create_task(task)
            nobody.wait(own, timeout=60)
            owner = self.client.get_task(own, view="FULL").logs[0].metadata["weft.submitter"]
            self.assertEqual(owner, "guest")
            with self.assertRaises(Exception):
                nobody.cancel_task(number)
        with self.assertRaises(Exception):
            tes.HTTPClient(self.cluster.url, token="wrong").list_tasks()
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{self.cluster.url}/api/v1/jobs", timeout=10)
        with refused.exception as answer:
            self.assertEqual(answer.code, 401)

    def get(self, path: str, body: bytes | None = None) -> dict:
        request = urllib.request.Request(
            self.cluster.url + path,
            data=body,
            headers={"authorization": f"Bearer {self.cluster.token}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def listed(self, query: str) -> list[str]:
        return [task["id"] for task in self.get(f"/ga4gh/tes/v1/tasks{query}")["tasks"]]


if __name__ == "__main__":
    unittest.main()
