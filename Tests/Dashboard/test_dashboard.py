"""The dashboard in a real browser, over a real cluster: three honest workers and a saboteur."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect

from .cluster import ClusterTest

EVIL = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


class DashboardTest(ClusterTest):
    def test_each_role_logs_in_and_is_told_what_it_may_not_do(self) -> None:
        job = self.jobs["impossible"]
        for role, may_submit, may_drain in (
            ("viewer", False, False),
            ("submitter", True, False),
            ("admin", True, True),
        ):
            with self.subTest(role):
                page = self.open(self.url, token=self.tokens[role])
                expect(page.locator(".who .tag")).to_have_text(role)
                expect(page.locator(".link-state")).to_have_text("Live")
                self.go(page, "#/submit", ".submit-foot button")
                submit = page.get_by_role("button", name="Submit", exact=True)
                self.assertEqual(submit.get_attribute("aria-disabled"), None if may_submit else "true")
                self.assertEqual(submit.get_attribute("title"), submit.get_attribute("aria-description"))
                if not may_submit:
                    submit.click(force=True)
                    expect(page.locator(".toast")).to_contain_text("needs the role submitter")
                self.go(page, f"#/jobs/{job}", ".page-head .danger")
                # The job is the admin's: a submitter may not cancel it either.
                cancel = page.get_by_role("button", name=f"Cancel job {job}")
                self.assertEqual(cancel.get_attribute("aria-disabled"), None if role == "admin" else "true")
                self.go(page, "#/nodes", ".nodes-list .list-body a")
                page.locator(".nodes-list .list-body a").first.click()
                drain = page.get_by_role("button", name="Drain", exact=True)
                self.assertEqual(drain.get_attribute("aria-disabled"), None if may_drain else "true")
                self.go(page, "#/tokens", ".state, table")
                self.assertEqual(page.get_by_text("Only admins see tokens").count(), 0 if role == "admin" else 1)

    def test_wrong_and_worker_tokens_are_refused_with_the_reason(self) -> None:
        self.expected = ["status of 401", "status of 403"]
        page = self.open(self.url)
        for token, reason in (
            ("weft_nonsense", "not known"),
            (self.tokens["worker"], "admits machines as nodes"),
            ("", "Enter a token"),
        ):
            page.get_by_label("Token", exact=True).fill(token)
            page.get_by_role("button", name="Log in").click()
            expect(page.locator("#token-problem")).to_contain_text(reason)
        self.check_accessibility(page, "login")

    def test_a_revoked_token_ends_the_session_and_logging_out_forgets_it(self) -> None:
        self.expected = ["status of 401", "WebSocket connection"]
        secret = self.api("POST", "/tokens", {"name": "short-lived", "role": "viewer"})["secret"]
        page = self.open(self.url, token=secret)
        self.api("DELETE", "/tokens/short-lived")
        expect(page.locator("#token-problem")).to_contain_text("no longer accepted")
        self.log_in(page, self.admin)
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in to Weft")).to_be_visible()
        self.assertIsNone(page.evaluate("sessionStorage.getItem('weft.token')"))

    def test_a_job_from_the_form_is_watched_live_to_its_end(self) -> None:
        page = self.open(self.url, token=self.tokens["submitter"])
        self.go(page, "#/submit", ".job-form")
        page.get_by_label("Name", exact=True).fill("from the form")
        self.field(page, "Command").fill(
            "i=0; while [ $i -lt 6 ]; do echo line $i; i=$((i+1)); sleep 0.3; done; echo done > out.txt"
        )
        page.get_by_role("button", name="Add output").click()
        self.field(page, "Output").fill("out.txt")
        page.get_by_label("Memory", exact=True).fill("64MiB")
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_role("heading", name="from the form")).to_be_visible()
        expect(page.locator(".badge.large")).to_have_text("running")
        page.get_by_role("tab", name="Logs").click()
        expect(page.locator(".log-lines")).to_contain_text("line 1")
        expect(page.locator(".badge.large")).to_have_text("running")
        expect(page.locator(".badge.large")).to_have_text("succeeded")
        expect(page.locator(".log-lines")).to_contain_text("line 5")
        expect(page.locator("weft-log [role=status]").first).to_have_text("End of the log.")
        self.assertEqual(page.locator(".log-line").count(), 6)
        page.get_by_role("tab", name="Task").click()
        expect(page.get_by_role("region", name="Content of out.txt")).to_have_text("done\n")
        expect(page.locator(".note")).to_contain_text("signature is right")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the receipt").last.click()
        self.assertIn("vnd.weft.receipt", Path(download.value.path()).read_text())

    def test_the_servers_problems_are_shown_at_their_fields(self) -> None:
        self.expected = ["status of 422"]
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/submit", ".job-form")
        self.field(page, "Command").fill("true")
        page.get_by_label("Memory", exact=True).fill("lots")
        page.locator(".more summary").click()
        page.get_by_label("Retries").fill("101")
        page.locator(".more summary").click()
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_label("Memory", exact=True)).to_have_attribute("aria-invalid", "true")
        retries = page.get_by_label("Retries")
        expect(retries).to_be_visible()
        described = retries.evaluate(
            "each => each.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id).textContent).join(' ')"
        )
        self.assertIn("0 to 100", described)
        expect(page.locator(".problems li")).to_have_count(2)
        self.check_accessibility(page, "submit with problems")
        page.locator(".problems .link").first.click()
        self.assertEqual(page.evaluate("document.activeElement.getAttribute('aria-invalid')"), "true")
        # What the form has goes to the text, and YAML is taken as it is.
        page.get_by_role("tab", name="Text").click()
        editor = page.get_by_label("The job as YAML or JSON")
        self.assertEqual(json.loads(editor.input_value())["resources"], {"memory": "lots"})
        editor.fill("name: from yaml\ncommand: [echo, hello]\n")
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_role("heading", name="from yaml")).to_be_visible()
        expect(page.locator(".badge.large")).to_have_text("succeeded", timeout=15_000)

    def test_a_jobs_spec_fills_the_form_and_comes_out_the_same(self) -> None:
        job = self.submit(
            {
                "name": "everything",
                "command": ["sh", "-c", "cat a"],
                "stdin": "in",
                "array": "3-5",
                "environment": {"A": "1"},
                "inputs": [{"path": "a", "text": "x", "executable": True}],
                "outputs": [{"path": "o", "optional": True}, "p"],
                "resources": {"cpus": 0.5, "memory": "64MiB"},
                "requirements": {"os": "linux", "enforced": ["cpu", "time"], "labels": {"no": "where"}},
                "verification": {"replicas": 3, "stdout": False},
                "labels": {"k/e.y": "v"},
                "priority": -3,
                "timeout": "1m",
            }
        )
        before = self.api("GET", f"/jobs/{job}/spec")
        self.api("POST", f"/jobs/{job}/cancel")
        page = self.open(self.url, token=self.admin)
        self.go(page, f"#/submit?from={job}", ".job-form")
        expect(page.get_by_label("Name", exact=True)).to_have_value("everything")
        page.get_by_role("button", name="Submit", exact=True).click()
        page.locator(".page-head .danger").wait_for()
        again = int(page.evaluate("location.hash").split("/")[-1])
        after = self.api("GET", f"/jobs/{again}/spec")
        self.api("POST", f"/jobs/{again}/cancel")
        # Pressing twice submits once, which is what the key is for.
        self.assertTrue(after.pop("idempotency_key"))
        self.assertEqual(after, before)

    def test_a_running_job_is_cancelled_after_asking(self) -> None:
        job = self.submit({"name": "long", "command": "sleep 60"})
        page = self.open(self.url, token=self.admin)
        self.go(page, f"#/jobs/{job}", ".page-head .danger")
        page.get_by_role("button", name=f"Cancel job {job}").click()
        page.get_by_role("button", name="Keep it").click()
        expect(page.locator("dialog")).to_have_count(0)
        page.get_by_role("button", name=f"Cancel job {job}").click()
        self.check_accessibility(page, "dialog")
        page.get_by_role("button", name="Cancel the job").click()
        expect(page.locator(".badge.large")).to_have_text("cancelled")
        expect(page.get_by_role("button", name=f"Cancel job {job}")).to_be_hidden()
        self.assertEqual(self.api("GET", f"/jobs/{job}")["state"], "cancelled")

    def test_an_impossible_job_says_why_it_waits_and_what_would_help(self) -> None:
        page = self.open(self.url, token=self.tokens["viewer"])
        self.go(page, f"#/jobs/{self.jobs['impossible']}", ".why")
        expect(page.locator(".why h2")).to_have_text("It cannot run here")
        expect(page.locator(".why .suggestion")).to_contain_text("lower resources.memory to")
        expect(page.locator(".reasons")).to_contain_text("resources.memory")
        self.go(page, "#/", ".attention")
        expect(page.locator(".attention", has_text="too large waits")).to_contain_text("Smallest change")

    def test_answers_that_differ_stand_side_by_side(self) -> None:
        job = self.jobs["checked"]
        # Answers that came late, after a quorum, count as well: `disagreed=true` leaves those out.
        tasks = [task for task in self.api("GET", f"/jobs/{job}/tasks")["items"] if task["dissenters"] > 0]
        if not self.has_saboteur:
            self.skipTest("no weft-saboteur is beside weft")
        self.assertTrue(tasks, "the saboteur was never asked")
        page = self.open(self.url, token=self.tokens["viewer"])
        self.go(page, f"#/jobs/{job}?show=disagreed", ".tasks-list .list-body a")
        expect(page.locator(".tasks-list .list-body .list-row")).to_have_count(len(tasks))
        expect(page.locator(".tasks-list .badge[data-tone=warn]").first).to_contain_text("1 differed")
        page.locator(".tasks-list .list-body a").first.click()
        compare = page.get_by_role("region", name="Answers side by side")
        expect(compare.locator("thead th")).to_have_count(2)
        expect(compare.locator("thead th").nth(0)).to_contain_text("agreed")
        expect(compare.locator("thead th").nth(1)).to_contain_text("saboteur0")
        expect(compare.locator("tr[data-differs=true] mark")).not_to_have_count(0)
        expect(compare.locator("tr[data-differs=true] td").first).to_contain_text("some text")
        self.shoot(page, "disagreement-light")

    def test_what_others_write_stays_text(self) -> None:
        job = self.submit(
            {
                "name": EVIL,
                "command": ["printf", "%s\n", EVIL],
                "labels": {"evil": EVIL},
                "environment": {"EVIL": EVIL},
            },
            wait=True,
        )
        failing = self.submit({"name": EVIL, "command": ["/nowhere/" + EVIL]}, wait=True)
        page = self.open(self.url, token=self.admin)
        routes = {
            "#/": ".row-title",
            "#/jobs": ".jobs-list .list-body a",
            f"#/jobs/{job}": ".facts",
            f"#/jobs/{job}?tab=logs": ".log-line",
            f"#/jobs/{job}?tab=definition": "[role=tabpanel]:not([hidden]) .files",
            f"#/jobs/{failing}": ".facts",
            "#/events": ".events-list .list-body a",
            f"#/submit?from={job}": ".job-form",
        }
        for route, place in routes.items():
            with self.subTest(route):
                self.go(page, route, place)
                page.wait_for_timeout(150)
                self.assertEqual(page.locator("img[src=x], main script").count(), 0)
                self.assertNotIn("taken", page.title().replace(EVIL, ""))
        self.go(page, f"#/jobs/{job}", ".facts")
        self.assertEqual(page.locator("h1").inner_text(), EVIL)
        self.go(page, f"#/jobs/{job}?tab=logs", ".log-line")
        self.assertEqual(page.locator(".log-text").first.inner_text(), EVIL)

    def test_lists_follow_filter_and_go_by_keyboard(self) -> None:
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/jobs", ".jobs-list .list-body a")
        job = self.submit({"name": "appears by itself", "command": "true", "labels": {"find": "me"}}, wait=True)
        expect(page.get_by_role("link", name="appears by itself")).to_be_visible()
        row = page.locator(".jobs-list .list-body .list-row", has_text="appears by itself")
        expect(row.locator(".badge")).to_have_text("succeeded")
        page.get_by_role("button", name="cancelled").click()
        expect(page.get_by_role("link", name="appears by itself")).to_have_count(0)
        page.get_by_role("button", name="cancelled").click()
        page.get_by_label("Label").fill("find=me")
        expect(page.locator(".jobs-list .list-body .list-row")).to_have_count(1)
        page.get_by_role("table", name="Jobs").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="appears by itself")).to_be_focused()
        self.assertIn(f"/jobs/{job}", page.url)
        self.go(page, f"#/jobs/{self.jobs['array']}", ".grid-box canvas")
        expect(page.locator(".tasks-list [role=cell].c-state", has_text="failed").first).to_be_visible()
        grid = page.get_by_role("listbox")
        grid.focus()
        page.keyboard.press("ArrowRight")
        expect(grid.get_by_role("option")).to_have_text("Task 1: succeeded")
        for _ in range(2):
            page.keyboard.press("ArrowRight")
        expect(grid.get_by_role("option")).to_have_text("Task 3: failed")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"Task {self.jobs['array']}.3")).to_be_visible()

    def test_outputs_and_inputs_are_previewed(self) -> None:
        page = self.open(self.url, token=self.tokens["viewer"])
        self.go(page, f"#/jobs/{self.jobs['image']}", ".preview-image")
        self.assertEqual(
            page.locator(".preview-image").evaluate("image => image.decode().then(() => image.naturalWidth)"), 1
        )
        expect(page.get_by_role("region", name="Content of Standard output")).to_have_text("to the log\n")
        expect(page.get_by_role("region", name="Content of Standard error")).to_have_text("to the errors\n")

    def test_webhooks_are_made_tested_and_deleted(self) -> None:
        page = self.open(self.url, token=self.tokens["viewer"])
        self.go(page, "#/webhooks", ".state")
        expect(page.locator("main")).to_contain_text("Only submitters and admins have webhooks")
        page.context.close()
        page = self.open(self.url, token=self.tokens["submitter"])
        self.go(page, "#/webhooks", "form")
        expect(page.get_by_role("button", name="node joined")).to_have_count(0)
        page.get_by_label("Address").fill("https://hooks.example.org/weft")
        page.get_by_role("button", name="Create").click()
        expect(page.locator(".inline-form .field-problem")).to_contain_text("coordinator.webhook_hosts")
        self.expected = ["status of 422"]
        # Nobody listens there.
        page.get_by_label("Address").fill("http://127.0.0.1:9/")
        page.get_by_label("Name", exact=True).fill("pager")
        page.get_by_role("button", name="Create").click()
        expect(page.locator(".secret code")).to_contain_text("whsec_")
        self.check_accessibility(page, "a new webhook")
        page.get_by_role("button", name="I have it").click()
        page.get_by_role("button", name="Test pager").click()
        expect(page.locator(".toast")).to_contain_text("127.0.0.1")
        page.get_by_role("button", name="Delete pager").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.locator("main")).to_contain_text("No webhook")

    def test_tokens_are_made_shown_once_and_revoked(self) -> None:
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/tokens", "form")
        page.get_by_label("Name", exact=True).fill("made here")
        page.get_by_role("button", name="Create").click()
        expect(page.locator(".inline-form .field-problem")).not_to_be_empty()
        self.expected = ["status of 422"]
        page.get_by_label("Name", exact=True).fill("made-here")
        page.get_by_label("Role").select_option("viewer")
        page.get_by_role("button", name="Create").click()
        secret = page.locator(".secret code")
        expect(secret).to_contain_text("weft_")
        other = self.open(self.url, token=secret.inner_text())
        expect(other.locator(".who .name")).to_have_text("made-here")
        self.check_accessibility(page, "a new token")
        page.get_by_role("button", name="I have it").click()
        expect(secret).to_have_count(0)
        other.context.close()
        page.get_by_role("button", name="Revoke made-here").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(page.get_by_role("row", name=re.compile("made-here"))).to_have_count(0)

    def test_credits_are_granted_and_every_movement_is_shown(self) -> None:
        self.api("POST", "/tokens", {"name": "anna", "role": "submitter"})
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/credits", "form")
        page.get_by_label("Submitter").fill("nobody-here")
        page.get_by_label("Credits", exact=True).fill("12.5")
        page.get_by_label("Reason").fill("a start")
        page.get_by_role("button", name="Grant", exact=True).click()
        expect(page.locator(".inline-form .field-problem")).to_contain_text("no token named nobody-here may submit jobs")
        self.expected = ["status of 422"]
        page.get_by_label("Submitter").fill("anna")
        page.get_by_role("button", name="Grant", exact=True).click()
        expect(page.locator(".toast")).to_contain_text("anna was granted 12.5 credits")
        row = page.get_by_role("row", name=re.compile("^anna"))
        expect(row).to_contain_text("12.5")
        self.check_accessibility(page, "credits")
        row.get_by_role("link").click()
        expect(page.locator("main h1")).to_have_text("submitter:anna")
        expect(page.get_by_role("row", name=re.compile("granted"))).to_contain_text("a start (by admin)")

        # From a job to what was paid for it, and on to a node that was.
        job = self.jobs["checked"]
        self.go(page, f"#/jobs/{job}", ".facts")
        page.locator(".facts").get_by_role("link", name=re.compile("credits")).click()
        paid = page.get_by_role("row", name=re.compile("paid"))
        expect(paid).to_have_count(10 * 3)
        expect(page.get_by_role("row", name=re.compile("given back"))).to_have_count(1)
        paid.first.get_by_role("link", name=re.compile("node")).click()
        expect(page.locator("main h1")).to_contain_text("node:")
        expect(page.get_by_role("row", name=re.compile("paid")).first).to_contain_text("+")
        self.check_accessibility(page, "a statement")

    def test_submitters_see_their_own_account_and_viewers_none(self) -> None:
        page = self.open(self.url, token=self.tokens["submitter"])
        self.go(page, "#/credits", "table")
        expect(page.get_by_role("row")).to_have_count(2)
        expect(page.get_by_role("row").last).to_contain_text("test-submitter")
        expect(page.get_by_role("button", name="Grant")).to_have_count(0)
        self.expected = ["status of 403"]
        self.go(page, "#/credits/issuance", ".state")
        expect(page.locator(".state")).to_contain_text("yours is submitter:test-submitter")
        page = self.open(self.url, token=self.tokens["viewer"])
        self.go(page, "#/credits", ".state")
        expect(page.locator(".state")).to_contain_text("Viewers have no account")

    def test_a_node_is_drained_and_works_again(self) -> None:
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/nodes", ".nodes-list .list-body a")
        page.locator(".nodes-list .list-row", has_text="connected").locator("a").last.click()
        page.get_by_role("button", name="Drain", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Drain", exact=True).click()
        expect(page.locator(".badge.large")).to_have_text("draining")
        page.get_by_role("button", name="Give it work again").click()
        expect(page.locator(".badge.large")).to_have_text("connected")

    def test_a_broken_connection_is_told_and_made_again(self) -> None:
        if self.proxy is None:
            self.skipTest("only the tests' own proxy can be cut")
        self.expected = ["WebSocket connection", "ERR_"]
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/events", ".events-list .list-body a")
        expect(page.locator(".link-state")).to_have_text("Live")
        upstream, self.proxy.upstream = self.proxy.upstream, ("127.0.0.1", 9)
        try:
            self.proxy.cut()
            expect(page.locator(".banner")).to_contain_text("cannot be reached")
            self.check_accessibility(page, "reconnecting")
            self.shoot(page, "reconnecting-light")
            missed = self.submit({"name": "while it was away", "command": "true"}, wait=True)
        finally:
            self.proxy.upstream = upstream
        expect(page.locator(".link-state")).to_have_text("Live")
        expect(page.locator(".events-list .list-body a", has_text=f"job {missed}").first).to_be_visible()
