"""Ten thousand tasks, five hundred nodes and two thousand events a second: no frame takes 100 ms."""

from __future__ import annotations

import os

from .browser import BrowserTest
from .fake import JOB, NODES, TASKS, FakeAPI
from .proxy import Proxy

LIMIT_MS = float(os.environ.get("WEFT_DASHBOARD_FRAME_MS", "100"))
#: Other work on this machine makes frames late, too; a page that is slow is slow every time.
TRIES = 5

#: Collects what work the page does between two frames: tasks of 50 ms and more are reported by the browser.
WATCH = """() => {
  window.watched = {frames: [], tasks: []};
  let last = performance.now();
  const frame = (now) => {
    window.watched.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.watched.tasks.push(Math.round(entry.duration));
  }).observe({type: "longtask"});
}"""

SCROLL = """async (selector) => {
  const view = document.querySelector(selector);
  for (let step = 0; step < 30; step += 1) {
    view.scrollTop += view.clientHeight * 3;
    await new Promise(requestAnimationFrame);
  }
}"""


class FramesTest(BrowserTest):
    def setUp(self) -> None:
        super().setUp()
        self.fake = FakeAPI()
        self.proxy = Proxy(fake=self.fake)
        self.addCleanup(self.proxy.stop)
        self.addCleanup(self.fake.stop)

    def test_frames_stay_short(self) -> None:
        page = self.open(self.proxy.url, token="any")
        self.until(page, lambda: self.fake.sent > 1000, "events")
        routes = {
            f"#/jobs/{JOB}": (".tasks-list .list-view", f"{TASKS:,} tasks"),
            "#/nodes": (".nodes-list .list-view", f"{NODES} nodes"),
            "#/events": (".events-list .list-view", "of the newest"),
            "#/": (None, "ten thousand"),
        }
        for route, (view, text) in routes.items():
            with self.subTest(route):
                worst = []
                for _ in range(TRIES):
                    self.go(page, "#/nowhere", ".state")
                    page.evaluate(WATCH)
                    self.go(page, route, view or ".charts")
                    page.get_by_text(text).first.wait_for()
                    if view:
                        page.evaluate(SCROLL, view)
                    page.wait_for_timeout(1200)
                    tasks = page.evaluate("window.watched.tasks")
                    frames = sorted(page.evaluate("window.watched.frames"))
                    worst.append(max(tasks, default=0))
                    print(
                        f"{route}: {len(frames)} frames, the longest {frames[-1]:.0f} ms, the longest task {worst[-1]} ms"
                    )
                    if max(worst[-1], frames[-1]) < LIMIT_MS:
                        break
                self.assertLess(min(worst), LIMIT_MS)
                self.assertLess(page.locator(".list-row").count(), 120, "only what is in sight is drawn")

    def test_a_slow_frame_would_be_seen(self) -> None:
        page = self.open(self.proxy.url, token="any")
        page.evaluate(WATCH)
        page.evaluate("setTimeout(() => { const end = performance.now() + 150; while (performance.now() < end); }, 50)")
        self.until(page, lambda: max(page.evaluate("window.watched.tasks"), default=0) >= LIMIT_MS, "a long task")
