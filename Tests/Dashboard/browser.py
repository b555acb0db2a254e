"""Chromium, driven by Playwright, and what all tests need of it."""

from __future__ import annotations

import os
import shutil
import unittest
from pathlib import Path
from typing import Any, Callable, ClassVar

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

CHECKS = (Path(__file__).parent / "accessibility.js").read_text()
SHOTS = Path(os.environ["WEFT_DASHBOARD_SHOTS"]) if "WEFT_DASHBOARD_SHOTS" in os.environ else None
WAIT_MS = 15_000


def chromium() -> str:
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    raise AssertionError("no Chromium: install what this system calls chromium, or name it in CHROMIUM")


class BrowserTest(unittest.TestCase):
    """Each test has pages of its own; a mistake in the console of any of them fails it."""

    _playwright: ClassVar[Any]
    browser: ClassVar[Browser]

    @classmethod
    def setUpClass(cls) -> None:
        cls._playwright = sync_playwright().start()
        cls.addClassCleanup(cls._playwright.stop)
        # Its own sandbox needs what containers and root do not have; the pages are ours.
        cls.browser = cls._playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        self.mistakes: list[str] = []
        #: Texts of messages in the console that a test brings about on purpose.
        self.expected: list[str] = []

    def tearDown(self) -> None:
        wrong = [text for text in self.mistakes if not any(part in text for part in self.expected)]
        self.assertEqual(wrong, [], "the console has errors")

    def open(self, url: str, *, width: int = 1280, height: int = 900, theme: str = "light", token: str = "") -> Page:
        """A page in a context of its own, at the login or, with a token, logged in."""
        context: BrowserContext = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        self.addCleanup(context.close)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.mistakes.append(f"uncaught: {error}"))
        page.goto(url)
        if token:
            self.log_in(page, token)
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.mistakes.append(f"{kind}: {text}")

    def log_in(self, page: Page, token: str) -> None:
        page.get_by_label("Token", exact=True).fill(token)
        page.get_by_role("button", name="Log in").click()
        page.locator("main#main h1").wait_for()

    def field(self, page: Page, label: str) -> Locator:
        """The one in sight: other kinds of payload have fields of the same name."""
        return page.get_by_label(label, exact=True).locator("visible=true")

    def go(self, page: Page, route: str, wait_for: str = "h1") -> None:
        page.evaluate("route => { location.hash = route; }", route)
        page.locator(wait_for).first.wait_for()

    def check_accessibility(self, page: Page, what: str) -> None:
        self.assertEqual(page.evaluate(CHECKS), [], what)

    def shoot(self, page: Page, name: str) -> None:
        if SHOTS is None:
            return
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SHOTS / f"{name}.png"))

    def until(self, page: Page, condition: Callable[[], bool], what: str) -> None:
        for _ in range(WAIT_MS // 50):
            if condition():
                return
            page.wait_for_timeout(50)
        self.fail(f"{what} did not come about")
