"""What durable commits cost on this machine when nothing is above them.

    python3 sqlite_commits.py sqlite --tasks N

Writes N rows into a new SQLite file (write-ahead log, synchronous=FULL) in transactions of 1,000 rows, a row being
about what a task leaves behind, and prints one JSON line. The file lies in a private folder below $TMPDIR.
"""

import argparse
import json
import os
import sqlite3
import tempfile
import time
from typing import Any

ROWS_PER_COMMIT = 1_000


def measure(rows: int, folder: str) -> dict[str, Any]:
    """The rate of durable rows, and how long one commit of 1,000 takes."""
    database = sqlite3.connect(os.path.join(folder, "rows.sqlite"), isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, command TEXT NOT NULL)")
    commits = []
    begin = time.monotonic()
    for first in range(0, rows, ROWS_PER_COMMIT):
        start = time.monotonic()
        batch = [(row, 1, f"/bin/true --index={row}") for row in range(first, min(first + ROWS_PER_COMMIT, rows))]
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO task VALUES (?, ?, ?)", batch)
        database.execute("COMMIT")
        commits.append((time.monotonic() - start) * 1e3)
    seconds = time.monotonic() - begin
    database.close()
    commits.sort()
    return {
        "tasks": rows,
        "seconds": round(seconds, 6),
        "tasks_per_second": round(rows / seconds, 1),
        "p50_ms": round(commits[len(commits) * 50 // 100], 4),
        "p99_ms": round(commits[len(commits) * 99 // 100], 4),
        "versions": {"sqlite": sqlite3.sqlite_version},
    }


def main() -> None:
    """One measurement, one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=["sqlite"])
    parser.add_argument("--tasks", type=int, default=200_000, help="how many rows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(options.tasks, folder)), flush=True)


if __name__ == "__main__":
    main()
