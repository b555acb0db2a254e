#!/usr/bin/env python3
"""Stands in for weft-bench: prints made-up figures in its form, at once.
`bench.py --weft-bench tests/fake_weft_bench.py` shows what a session looks
like. WEFT_BENCH_FAKE_FAILS in the environment names a workload that fails."""

import argparse
import json
import os
import sys
from typing import Any


def figures(workload: str, tasks: int, runs: int, isolation: str) -> dict[str, Any]:
    """What each workload tells of itself."""
    sandboxed = isolation == "process"
    if workload in ("process", "noop"):
        rate = 25_000.0 if workload == "noop" else 900.0 if sandboxed else 1_600.0
        found: dict[str, Any] = {"tasks": tasks, "seconds": tasks / rate, "tasks_per_second": rate}
        return {**found, "coordinator_cpu_us_per_task": 21.5} if workload == "noop" else found
    if workload == "latency":
        bare = {"sandbox_p50_ms": 2.5} if sandboxed else {"spawn_p50_ms": 0.6}
        return {"runs": runs, "p50_ms": 3.5 if sandboxed else 1.8, "p99_ms": 6.0 if sandboxed else 3.9, **bare}
    others: dict[str, dict[str, Any]] = {
        "submit": {"tasks": tasks, "ack_ms": 4.2, "coordinator_rss_bytes": 51_000_000, "first_task_ms": 31.0},
        "growth": {"rows": [
            {"dimension": dimension, "size": size, "us_per_task": 20 + index}
            for dimension in ("nodes", "waiting tasks") for index, size in enumerate((10, 1_000))]},
        "crash": {"kills": 20, "tasks": 4_000, "lost": 0, "counted_twice": 0, "slowest_recovery_ms": 810.0},
        "startup": {"ready_ms": 64.0, "idle_cpu_percent": 0.1, "rss_bytes": 38_000_000, "binary_bytes": 21_000_000},
    }
    return others[workload]


def main() -> int:
    """One line, or a failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=["process", "noop", "latency", "submit", "growth", "crash", "startup"])
    parser.add_argument("--json", action="store_true", required=True)
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--isolation", choices=["none", "process"], default="process")
    options = parser.parse_args()
    if os.environ.get("WEFT_BENCH_FAKE_FAILS") == options.workload:
        print("weft-bench: told to fail", file=sys.stderr)
        return 1
    print(json.dumps(figures(options.workload, options.tasks, options.runs, options.isolation)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
