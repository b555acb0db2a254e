"""The checked-in configuration of Prometheus, alerts and dashboard, over a real cluster with prices and a saboteur."""

from __future__ import annotations

import json
import unittest
from typing import Any

from .expressions import operands
from .places import DEPLOY, alerts
from .prometheus import Prometheus

from tests.cluster import WANTED, WEFT, Cluster  # isort: skip

PRICES = ("--price-cpu", "1", "--price-memory", "0.01", "--price-minimum", "0.001")
SMALL = {"resources": {"cpus": 0.5, "memory": "32MiB", "disk": "16MiB"}, "timeout": 20}


@unittest.skipUnless(WEFT, WANTED)
class MonitoringTests(unittest.TestCase):
    cluster: Cluster
    prometheus: Prometheus

    @classmethod
    def setUpClass(cls) -> None:
        cls.cluster = cluster = Cluster()
        cls.addClassCleanup(cluster.stop)
        cluster.start(workers=3, saboteurs=1, settings=PRICES)
        made = cluster.run("token", "create", "prometheus", "--role", "viewer")
        cluster.run("credit", "grant", "admin", "1000000", "--reason", "for the tests")
        cls.prometheus = prometheus = Prometheus(
            cluster.directory / "prometheus", cluster.url.rpartition("/")[2], made
        )
        cls.addClassCleanup(prometheus.stop)
        prometheus.wait_for(prometheus.is_up, "the first scrape")
        cls._work()

    @classmethod
    def _work(cls) -> None:
        """Jobs that are verified, cached, fail and wait, seen by at least one scrape."""
        submit = cls.cluster.submit
        checked = {
            **SMALL, "name": "checked", "command": "echo $WEFT_TASK_INDEX", "array": 20,
            "verification": {"replicas": 4, "quorum": 3, "max_replicas": 4},
        }  # fmt: skip
        submit(checked)
        submit(checked)
        submit({**SMALL, "name": "fails", "command": "exit 3", "array": 2})
        waiting = {"name": "too large", "command": "true", "resources": {"memory": "1TiB"}, "timeout": 20}
        cls.cluster.run("job", "submit", "-", data=json.dumps(waiting).encode())
        cls.prometheus.wait_for(
            lambda: (cls.prometheus.value("weft_tasks_ended_total") or 0) >= 42
            and cls.prometheus.value("weft_tasks_waiting == 1 and weft_attempts_running == 0") is not None,
            "a scrape after the jobs",
        )

    def test_1_what_happened_can_be_read(self) -> None:
        for expression, least in (
            ("weft_ready", 1),
            ("weft_nodes_connected", 4),
            ("weft_tasks_failed_total", 2),
            ("weft_disagreements_total", 1),
            ("weft_cache_hits_total", 20),
            ("weft_credits_paid_total", 0.001),
            ("weft_journal_commits_total", 1),
            ("weft_journal_commit_seconds_total", 0.00001),
            ("weft_log_entries", 22),
            ("weft_data_available_bytes", 1),
            ("process_resident_memory_bytes", 1 << 20),
        ):
            with self.subTest(expression):
                value = self.prometheus.value(expression)
                self.assertIsNotNone(value)
                assert value is not None
                self.assertGreaterEqual(value, least)

    def test_2_every_part_of_every_alert_has_data(self) -> None:
        for alert in alerts():
            for operand in operands(alert["expr"]):
                with self.subTest(alert["alert"], operand=operand):
                    self.assertTrue(self.prometheus.series(operand), "no data")

    def test_3_every_panel_has_data(self) -> None:
        dashboard: dict[str, Any] = json.loads((DEPLOY / "grafana/weft.json").read_text(encoding="utf-8"))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"].replace("$instance", ".+").replace("$__rate_interval", "1m")
                with self.subTest(panel["title"], expression=expression):
                    self.assertNotIn("$", expression)
                    series = self.prometheus.series(expression)
                    self.assertTrue(series, "no data")
                    self.assertFalse({"NaN", "+Inf", "-Inf"} & {sample["value"][1] for sample in series}, series)
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                label = variable["definition"].removeprefix("label_values(").rpartition(",")
                names = [sample["metric"].get(label[2].strip(" )")) for sample in self.prometheus.series(label[0])]
                self.assertEqual(names, [self.cluster.url.rpartition("/")[2]])

    def test_4_alerts_fire_when_they_should(self) -> None:
        quiet = {"WeftCoordinatorDown", "WeftCoordinatorRestarts", "WeftNotReady", "WeftNoNodes", "WeftNodesLost"}
        self.assertEqual(self.prometheus.firing() & quiet, set())
        # The saboteur, and the job that is too large.
        self.fires({"WeftAnswersDiffer", "WeftNothingRuns"})
        # The saboteur goes, and a worker: two of four are left.
        self.cluster.kill_last()
        self.cluster.kill_last()
        self.fires({"WeftNodesLost"})
        self.cluster.kill_coordinator()
        self.fires({"WeftCoordinatorDown"})

    def fires(self, names: set[str]) -> None:
        self.prometheus.wait_for(lambda: names <= self.prometheus.firing(), f"that {names} fire")
