"""A page of each filter of the audit trail, on both databases."""

import json
from pathlib import Path

from benchmarks.costs import module
from benchmarks.report_part import on_postgresql, on_sqlite
from benchmarks.results import Results

PAGES = 10
"""How often a process asks for each page."""
MOST_MILLISECONDS = 100


def measure_trail(results: Results, folder: Path, records: int) -> None:
    """Fill a trail, and read it by each filter."""
    for database, start in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
        with start(folder / "trail") as url:
            results.say(f"Trail: filling {database} with {records:,} records")
            module("trail_rows", url, records, folder=folder)
            pages: dict[str, list[float]] = {}
            for number in range(1, results.runs + 1):
                results.say(f"Trail on {database}, run {number} of {results.runs}")
                cost = module("trail_queries", url, PAGES, folder=folder)
                for name, milliseconds in json.loads(cost.output).items():
                    pages.setdefault(name, []).append(milliseconds)
        slowest = max(
            results.add(f"Trail: {name}, {database}", "ms", some).median
            for name, some in pages.items()
        )
        results.aim(
            f"Trail: the slowest page of {records:,} records, {database}",
            slowest,
            MOST_MILLISECONDS,
            is_most=True,
        )
