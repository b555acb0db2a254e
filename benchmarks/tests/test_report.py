"""Tables, the page, the document."""

import io
import json
import re
import unittest

from harness import markdown, plan, report, tables, terminal

from .support import failed, rates, run, session


class NumberTests(unittest.TestCase):
    def test_three_digits_are_enough(self) -> None:
        expected = {1234.56: "1,235", 12.345: "12.3", 1.239: "1.24", 0.01234: "0.0123", 1e6: "1,000,000"}
        for value, text in expected.items():
            self.assertEqual(tables.number(value), text)


class TableTests(unittest.TestCase):
    def test_a_cell_has_the_median_and_the_range(self) -> None:
        results = session(rates("noop", "weft", [10, 30, 20])).results
        table = tables.of_workload(results, plan.workload_named("noop"))
        self.assertEqual(table.rows[0], ["Weft", "20 (10..30)", "3"])

    def test_failures_and_disturbances_are_counted(self) -> None:
        runs = [*rates("noop", "weft", [10, 20]), failed("noop", "weft", 3)]
        runs[0].disturbed = True
        table = tables.of_workload(session(runs).results, plan.workload_named("noop"))
        self.assertEqual(table.rows[0][-1], "2, 1 disturbed, 1 failed")

    def test_weft_and_peers_share_a_column_though_they_name_it_differently(self) -> None:
        runs = [run("submit", "weft", ack_ms=4.5, coordinator_rss_bytes=5e7),
                run("submit", "dask", seconds=2, server_rss_bytes=1e8)]
        table = tables.of_workload(session(runs).results, plan.workload_named("submit"))
        self.assertEqual(table.header, ["system", "until acknowledged, ms", "server's memory, MB", "runs"])
        figures = {row[0]: row[1:3] for row in table.rows}
        self.assertEqual((figures["Weft"], figures["Dask"]), (["4.50", "50"], ["2,000", "100"]))

    def test_ratios_against_the_best_and_against_each(self) -> None:
        runs = [*rates("process", "weft", [100]), *rates("process", "dask", [50]), *rates("process", "ray", [20])]
        table = tables.of_ratios(session(runs).results)
        row = dict(zip(table.header, table.rows[0])) if table else {}
        self.assertEqual((row["best peer"], row["Dask"], row["Ray"], row["Celery + Redis"]), ("2", "2", "5", ""))

    def test_without_anything_to_compare_there_is_no_table_of_ratios(self) -> None:
        self.assertIsNone(tables.of_ratios(session([]).results))

    def test_a_table_on_no_terminal_has_no_colours_and_no_empty_columns(self) -> None:
        stream = io.StringIO()
        terminal.print_table(tables.Table("T", ["a", "b", "c"], [["1", "", "x"], ["22", "", "y"]]), stream)
        self.assertEqual(stream.getvalue(), "\nT\n  a   c\n  1   x\n  22  y\n")


class PageTests(unittest.TestCase):
    def test_it_names_machine_versions_date_and_verdicts(self) -> None:
        page = markdown.page(session([*rates("process", "weft", [100]), *rates("process", "dask", [50])]))
        for text in ("Abacus 9000", "8.0 GiB", "Linux 6.1.0", "dask 1.2.3", "commit abc", "2030-01-02", "## Method"):
            self.assertIn(text, page)
        self.assertNotIn("**", page)
        self.assertRegex(page, r"processes, no sandbox, against the fastest peer \| 2x \| at least 2.50x \| NOT met")
        self.assertIn("N is 10,000.", page)

    def test_every_row_of_a_table_has_as_many_cells_as_its_header(self) -> None:
        rows = [{"dimension": "a|b", "size": 1, "us_per_task": 2}]
        page = markdown.page(session([run("growth", "weft", rows=rows)]))
        for block in re.findall(r"(?:^\|.*\n?)+", page, re.MULTILINE):
            self.assertEqual(len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}), 1, block)

    def test_what_is_missing_is_said(self) -> None:
        page = markdown.page(session(
            [failed("process", "ray")], [plan.workload_named("process")], absent={"celery": "not installed"}))
        self.assertIn("* Celery + Redis: not installed.", page)
        self.assertIn("* Crashes: left out of this run.", page)
        self.assertIn("* Ray at “Processes”: failed in 1 of 3 rounds.", page)

    def test_a_quick_or_interrupted_session_says_so_at_the_top(self) -> None:
        page = markdown.page(session([], quick=True, complete=False))
        self.assertIn("a quick run with small numbers", page)
        self.assertIn("interrupted", page)


class DocumentTests(unittest.TestCase):
    def test_it_is_json_and_holds_every_run(self) -> None:
        measured = session([*rates("noop", "weft", [1, 3]), failed("noop", "ray")])
        found = json.loads(json.dumps(report.document(measured)))
        self.assertEqual(len(found["runs"]), 3)
        self.assertIn({
            "workload": "noop", "system": "weft", "value": "tasks_per_second",
            "median": 2, "min": 1, "max": 3, "count": 2}, found["summary"])
        self.assertTrue({"machine", "versions", "targets", "not_measured", "rounds"} <= set(found))


if __name__ == "__main__":
    unittest.main()
