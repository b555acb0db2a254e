"""The reference of the API: every operation, in light, dark and on a phone, without a login."""

from __future__ import annotations

import os
import unittest

from .cluster import ClusterTest
from .test_pages import VARIANTS


@unittest.skipUnless(os.environ.get("WEFT_DASHBOARD_URL") == "coordinator", "the page is the coordinator's own")
class ReferenceTest(ClusterTest):
    def test_every_operation_is_shown_in_every_guise(self) -> None:
        document = self.open(self.url).request.get(f"{self.url}/openapi.json").json()
        operations = [each for path in document["paths"].values() for each in path.values()]
        for variant, (width, height, theme) in VARIANTS.items():
            with self.subTest(variant=variant):
                page = self.open(f"{self.shared.api_url}/reference", width=width, height=height, theme=theme)
                page.locator("#schema-Problem").wait_for()
                for operation in operations:
                    article = page.locator(f"article[id='{operation['operationId']}']")
                    self.assertEqual(article.locator("h3").inner_text(), operation["summary"])
                self.check_accessibility(page, f"reference, {variant}")
                self.shoot(page, f"reference-{variant}")
                page.locator("article#createJob").scroll_into_view_if_needed()
                self.shoot(page, f"reference-job-{variant}")

    def test_an_address_leads_to_its_operation(self) -> None:
        page = self.open(f"{self.shared.api_url}/reference#createToken")
        page.locator("#schema-Problem").wait_for()
        self.until(page, lambda: page.evaluate("scrollY") > 500, "scrolling to the operation")
