"""A month's report page on a small ledger and on one a hundred times as large."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.costs import Spread, module
from benchmarks.results import Results
from daybook_services.postgresql import running_postgresql

PAGES = 40
"""How often a process asks for the page."""


def measure_report(results: Results, folder: Path, many: int) -> None:
    """Fill a ledger and one of a hundredth, on both databases; take turns, measure."""
    few = many // 100
    for database, start in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        small, large = folder / "small", folder / "large"
        with start(small) as small_url, start(large) as large_url:
            for url, journals in ((small_url, few), (large_url, many)):
                results.say(f"Report: filling {database} with {journals:,} journals")
                module("ledger_rows", url, journals, folder=folder)
            _compare(results, folder, database, {few: small_url, many: large_url})


def _compare(
    results: Results, folder: Path, database: str, urls: dict[int, str]
) -> None:
    medians: dict[int, list[float]] = {journals: [] for journals in urls}
    for number in range(1, results.runs + 1):
        results.say(f"Report on {database}, run {number} of {results.runs}")
        for journals, url in urls.items():
            cost = module("report_queries", url, PAGES, folder=folder)
            medians[journals].append(Spread.of(json.loads(cost.output)).median)
    spreads = {
        journals: results.add(
            f"Report: a month's page of {journals:,} journals, {database}", "ms", some
        )
        for journals, some in medians.items()
    }
    few, many = spreads.values()
    results.aim(
        f"Report: the larger ledger's page against the smaller's, {database}",
        many.median / few.median,
        2,
        is_most=True,
    )


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    folder.mkdir()
    yield f"sqlite+aiosqlite:///{folder / 'daybook.db'}"
    shutil.rmtree(folder)


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    folder.mkdir()
    with running_postgresql(folder) as url:
        _, _, rest = url.partition("://")
        yield f"postgresql+asyncpg://{rest}"
    shutil.rmtree(folder)
