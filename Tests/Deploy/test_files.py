"""What can be said of the files of ``deploy/`` without running them."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

from .expressions import operands
from .places import DEPLOY, PROMTOOL, TOOLS, TOP, alerts, anchors, load, run

from tests.cluster import WANTED, WEFT  # isort: skip

#: How exposed units may be, in tenths, as ``systemd-analyze security`` counts. A worker makes namespaces for its payloads,
#: so most of what would make this less is not to be had there (the unit says why).
EXPOSURE = {"weft-coordinator": 15, "weft-worker": 43}

#: What would take a worker what its sandboxes need (docs/deploy.md).
FORBIDDEN = {
    "RestrictNamespaces", "ProtectHostname", "ProcSubset", "ProtectProc", "PrivateUsers", "ProtectKernelTunables",
    "ProtectKernelLogs", "ProtectKernelModules", "ProtectControlGroups", "MemoryDenyWriteExecute", "RestrictSUIDSGID",
}  # fmt: skip


class FilesTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="weft-deploy-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, *command: str | Path, **environment: str) -> str:
        done = run(*command, **environment)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}")
        return done.stdout


class SystemdTests(FilesTestCase):
    def test_units_are_understood_and_expose_little(self) -> None:
        for name, threshold in EXPOSURE.items():
            with self.subTest(name):
                unit = self.folder / f"{name}.service"
                text = (DEPLOY / f"systemd/{name}.service").read_text(encoding="utf-8")
                unit.write_text(text.replace("/usr/bin/weft ", "/bin/true "), encoding="utf-8")
                said = self.check("systemd-analyze", "verify", "--man=no", unit)
                self.assertEqual([line for line in said.splitlines() if "weft" in line], [], said)
                self.check("systemd-analyze", "security", "--offline=true", f"--threshold={threshold}", unit)

    def test_the_workers_unit_leaves_what_sandboxes_need(self) -> None:
        settings = (DEPLOY / "systemd/weft-worker.service").read_text(encoding="utf-8")
        lines = {line.partition("=")[0] for line in settings.splitlines() if not line.startswith("#")}
        self.assertEqual(lines & FORBIDDEN, set())
        self.assertLessEqual({"Delegate", "KillMode", "OOMPolicy"}, lines)

    @unittest.skipUnless(os.geteuid() == 0, "systemd-sysusers takes root")
    def test_installing_puts_all_in_place_and_keeps_settings(self) -> None:
        programs = self.folder / "programs"
        programs.mkdir()
        for program in ("weft", "weft-sandbox"):
            shutil.copy("/bin/true", programs / program)
        root = self.folder / "root"
        settings = root / "etc/weft/worker.yaml"
        settings.parent.mkdir(parents=True)
        settings.write_text("worker: {owner: ann}\n", encoding="utf-8")
        self.check(DEPLOY / "systemd/install.sh", "--root", root, WEFT_BUILD=str(programs))
        self.assertEqual(settings.read_text(encoding="utf-8"), "worker: {owner: ann}\n")
        self.assertTrue((root / "usr/bin/weft").resolve().samefile(root / "usr/lib/weft/weft"))
        for unit in EXPOSURE:
            self.assertTrue((root / f"usr/lib/systemd/system/{unit}.service").exists())
        self.check("systemd-sysusers", f"--root={root}", "weft.conf")
        users = (root / "etc/passwd").read_text(encoding="utf-8")
        for user in EXPOSURE:
            self.assertRegex(users, f"(?m)^{user}:")
        (root / "etc/weft/join.token").write_text("secret", encoding="utf-8")
        self.check("systemd-tmpfiles", f"--root={root}", "--create", "weft.conf")
        self.assertEqual((root / "etc/weft/join.token").stat().st_mode & 0o777, 0o600)

    @unittest.skipUnless(WEFT, WANTED)
    def test_the_settings_are_settings_of_weft(self) -> None:
        for name in ("coordinator", "worker"):
            self.check(str(WEFT), "config", "show", "--config", DEPLOY / f"systemd/{name}.yaml")


class ContainerTests(FilesTestCase):
    def test_the_image_has_nothing_to_complain_of(self) -> None:
        self.check(TOOLS / "bin/hadolint", DEPLOY / "docker/Dockerfile")

    def test_compose_understands_the_cluster_and_nothing_is_privileged(self) -> None:
        said = self.check(
            TOOLS / "bin/docker-compose", "-f", DEPLOY / "docker/compose.yaml", "config", "--format", "json"
        )
        cluster: dict[str, Any] = json.loads(said)
        self.assertEqual(set(cluster["services"]), {"coordinator", "worker-1", "worker-2", "prometheus", "grafana"})
        for name, service in cluster["services"].items():
            with self.subTest(name):
                self.assertFalse(service.get("privileged", False))
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertNotIn("cap_add", service)
                self.assertTrue(service["read_only"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertTrue(all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])))
                for volume in service.get("volumes", []):
                    if volume["type"] == "bind":
                        self.assertTrue(Path(volume["source"]).exists(), volume)
                        self.assertTrue(volume["read_only"], volume)
        # Who may have its own filter lifted, and no other.
        lifted = [name for name, service in cluster["services"].items() if len(service["security_opt"]) > 1]
        self.assertEqual(lifted, ["worker-1", "worker-2"])
        self.assertEqual(set(cluster["secrets"]), {"join.token", "prometheus.token", "grafana.password"})
        script = (DEPLOY / "docker/start.sh").read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"^secret (\S+)", script, re.MULTILINE)), set(cluster["secrets"]))


class PrometheusFilesTests(FilesTestCase):
    def test_promtool_accepts_configuration_and_rules(self) -> None:
        said = self.check(PROMTOOL, "check", "config", "--syntax-only", DEPLOY / "prometheus/prometheus.yml")
        self.assertIn("SUCCESS", said)
        self.check(PROMTOOL, "check", "rules", DEPLOY / "prometheus/alerts.yml")

    def test_alerts_do_what_their_tests_say(self) -> None:
        self.check(PROMTOOL, "test", "rules", DEPLOY / "prometheus/alerts_test.yml")
        tests = load("prometheus/alerts_test.yml")["tests"]
        cases = [case for test in tests for case in test["promql_expr_test"] if case["exp_samples"]]
        shown = {name for case in cases for name in re.findall(r'alertname="(\w+)"', case["expr"])}
        self.assertEqual({alert["alert"] for alert in alerts()} - shown, set(), "never shown to fire")

    def test_alerts_say_what_to_do_and_have_a_runbook(self) -> None:
        places = anchors(TOP / "docs/deploy.md")
        for alert in alerts():
            with self.subTest(alert["alert"]):
                self.assertIn(alert["labels"]["severity"], ("critical", "warning"))
                notes = alert["annotations"]
                self.assertEqual(set(notes), {"summary", "description", "runbook_url"})
                page, _, anchor = notes["runbook_url"].partition("#")
                self.assertEqual((page, anchor), ("docs/deploy.md", alert["alert"].lower()))
                self.assertIn(anchor, places)

    def test_expressions_are_taken_apart(self) -> None:
        self.assertEqual(operands('up{job="a"} == 0'), ['up{job="a"}'])
        self.assertEqual(operands("(a > 5) and (rate(b[5m]) < 0.1 * c)"), ["a", "rate(b[5m])", "0.1 * c"])
        self.assertEqual(operands('sum(a{b=~")>"} > 0)'), ['sum(a{b=~")>"} > 0)'])


class GrafanaFilesTests(FilesTestCase):
    def test_panels_are_whole_and_do_not_overlap(self) -> None:
        dashboard = json.loads((DEPLOY / "grafana/weft.json").read_text(encoding="utf-8"))
        panels = dashboard["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken: set[tuple[int, int]] = set()
        for panel in panels:
            with self.subTest(panel["title"]):
                place = panel["gridPos"]
                self.assertLessEqual(place["x"] + place["w"], 24)
                cells = {
                    (x, y)
                    for x in range(place["x"], place["x"] + place["w"])
                    for y in range(place["y"], place["y"] + place["h"])
                }
                self.assertFalse(cells & taken)
                taken |= cells
                if panel["type"] == "row":
                    continue
                self.assertTrue(panel["description"])
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                references = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(set(references)), len(references))

    def test_provisioning_finds_the_dashboard_and_the_source(self) -> None:
        provider = load("grafana/provisioning/dashboards/weft.yaml")["providers"][0]
        volumes = load("docker/compose.yaml")["services"]["grafana"]["volumes"]
        self.assertIn(f"../grafana/weft.json:{provider['options']['path']}/weft.json:ro", volumes)
        source = load("grafana/provisioning/datasources/weft.yaml")["datasources"][0]
        self.assertEqual(source["url"], "http://prometheus:9090")
