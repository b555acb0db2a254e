"""Every page in light, dark, and on a phone: accessible, without a word in the console, and as a picture to look at."""

from __future__ import annotations

import re

from .browser import CHECKS
from .cluster import ClusterTest

VARIANTS = {"light": (1280, 900, "light"), "dark": (1280, 900, "dark"), "phone": (390, 844, "light")}


class PagesTest(ClusterTest):
    def test_every_page_in_every_guise(self) -> None:
        node = self.api("GET", "/nodes")["items"][0]["id"]
        pages = {
            "overview": ("#/", ".attention"),
            "jobs": ("#/jobs", ".jobs-list .list-body a"),
            "job-array": (f"#/jobs/{self.jobs['array']}", ".tasks-list .list-body a"),
            "job-impossible": (f"#/jobs/{self.jobs['impossible']}", ".why h2"),
            "job-image": (f"#/jobs/{self.jobs['image']}", ".preview-image"),
            "job-logs": (f"#/jobs/{self.jobs['image']}?tab=logs", ".log-line"),
            "job-definition": (f"#/jobs/{self.jobs['image']}?tab=definition", "[role=tabpanel]:not([hidden]) .files"),
            "task": (f"#/jobs/{self.jobs['checked']}/tasks/0", ".note"),
            "nodes": ("#/nodes", ".nodes-list .list-body a"),
            "node": (f"#/nodes/{node}", ".table"),
            "submit": ("#/submit", ".job-form"),
            "events": ("#/events", ".events-list .list-body a"),
            "credits": ("#/credits", "table"),
            "statement": (f"#/credits/escrow%3A{self.jobs['checked']}", "table"),
            "webhooks": ("#/webhooks", "form"),
            "tokens": ("#/tokens", "table"),
            "missing": ("#/nowhere", ".state"),
        }
        for variant, (width, height, theme) in VARIANTS.items():
            page = self.open(self.url, width=width, height=height, theme=theme)
            self.check_accessibility(page, f"login, {variant}")
            self.shoot(page, f"login-{variant}")
            self.log_in(page, self.admin)
            page.wait_for_timeout(2500 if variant == "light" else 0)
            for name, (route, place) in pages.items():
                with self.subTest(name, variant=variant):
                    self.go(page, route, place)
                    page.wait_for_timeout(60)
                    self.check_accessibility(page, f"{name}, {variant}")
                    self.shoot(page, f"{name}-{variant}")
            if variant == "phone":
                page.get_by_role("button", name="Menu").click()
                self.assertTrue(page.get_by_role("link", name="Tokens").is_visible())
                self.check_accessibility(page, "menu, phone")
                self.shoot(page, "menu-phone")

    def test_the_overview_counts_the_receipts_of_the_log(self) -> None:
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/", ".attention")
        page.get_by_text(re.compile(r"[1-9][0-9]* receipts? in the log ·")).wait_for()

    def test_the_chosen_theme_holds(self) -> None:
        page = self.open(self.url, token=self.admin, theme="light")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        light = page.evaluate(ground)
        page.get_by_role("button", name="Theme: as the system").click()
        page.get_by_role("button", name="Theme: light").click()
        self.assertNotEqual(page.evaluate(ground), light)
        page.reload()
        page.locator("main#main h1").wait_for()
        self.assertNotEqual(page.evaluate(ground), light)

    def test_the_focus_is_seen_wherever_the_tab_key_goes(self) -> None:
        page = self.open(self.url, token=self.admin)
        for route, place in (("#/", ".attention"), ("#/submit", ".job-form"), ("#/jobs", ".jobs-list .list-body a")):
            self.go(page, route, place)
            seen = set()
            for _ in range(40):
                page.keyboard.press("Tab")
                found = page.evaluate(FOCUS)
                if found is None:
                    break
                self.assertTrue(found["isSeen"], f"no focus to be seen on {found['what']}")
                seen.add(found["what"])
            self.assertGreater(len(seen), 8)

    def test_planted_defects_are_found(self) -> None:
        """What the checks of this file would say if something broke."""
        page = self.open(self.url, token=self.admin)
        self.go(page, "#/tokens", "table")
        self.assertEqual(page.evaluate(CHECKS), [])
        defects = {
            "a control without a name": "document.querySelector('.inline-form label').remove()",
            "contrast": "document.querySelector('h1').style.color = '#c8c8c8'",
            "comes twice": "document.querySelector('h1').id = 'main'",
            "0 main landmarks": "document.querySelector('main').setAttribute('hidden', '')",
            "no navigation landmark": "document.querySelector('nav').removeAttribute('aria-label')",
            "which is not there": "document.querySelector('h1').setAttribute('aria-describedby', 'nowhere')",
            "wide in": "document.querySelector('h1').style.width = '3000px'",
            "an image without alt": "document.querySelector('main').append(document.createElement('img'))",
        }
        for finding, defect in defects.items():
            with self.subTest(finding):
                page.evaluate(defect)
                problems = page.evaluate(CHECKS)
                self.assertTrue(any(finding in problem for problem in problems), problems)
                page.reload()
                page.locator("table").wait_for()
        page.evaluate(NO_FOCUS)
        page.keyboard.press("Tab")
        self.assertFalse(page.evaluate(FOCUS)["isSeen"])


FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && element.matches(":focus-visible");
  return {isSeen, what: `${element.localName} ${element.id} ${element.className} ${(element.textContent ?? "").slice(0, 30)}`};
}"""

NO_FOCUS = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":focus-visible { outline: none !important; }");
  document.adoptedStyleSheets = [sheet];
}"""
