"""A month's report page on a small ledger and on one a hundred times as large.

In a hundred of the larger one's journals, one is manual: their pages are compared with
the report's page.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.costs import Spread, module
from benchmarks.manual_queries import FIRST_VIEW, HALF, OF_HALF, REPORT
from benchmarks.results import Results
from daybook_services.postgresql import running_postgresql

PAGES = 40
"""How often a process asks for the page."""
PAGES_OF_MANUAL = 10
"""How often a process asks for each page about manual journals."""
MANUAL_SHARE = 100
"""One journal in so many is manual."""
MOST_OF_REPORT = 2
"""How many times the report's page a page about manual journals may take."""


def measure_report(results: Results, folder: Path, many: int) -> None:
    """Fill a ledger and one of a hundredth, on both databases; take turns, measure."""
    few = many // 100
    for database, start in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql)):
        small, large = folder / "small", folder / "large"
        with start(small) as small_url, start(large) as large_url:
            for url, journals in ((small_url, few), (large_url, many)):
                results.say(f"Report: filling {database} with {journals:,} journals")
                module("ledger_rows", url, journals, folder=folder)
            manual = many // MANUAL_SHARE
            results.say(f"Report: writing {manual:,} manual journals on {database}")
            module("manual_rows", large_url, manual, folder=folder)
            _compare(results, folder, database, {few: small_url, many: large_url})
            _compare_manual(results, folder, database, large_url)


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


def _compare_manual(results: Results, folder: Path, database: str, url: str) -> None:
    """Measure pages about manual journals, in turns with the report's page."""
    pages: dict[str, list[float]] = {}
    for number in range(1, results.runs + 1):
        results.say(f"Manual journals on {database}, run {number} of {results.runs}")
        cost = module("manual_queries", url, PAGES_OF_MANUAL, folder=folder)
        for name, milliseconds in json.loads(cost.output).items():
            pages.setdefault(name, []).append(milliseconds)
    spreads = {
        name: results.add(f"Manual journals: {name}, {database}", "ms", some)
        for name, some in pages.items()
    }
    half, of_half, first_view, report = (
        spreads.pop(name).median for name in (HALF, OF_HALF, FIRST_VIEW, REPORT)
    )
    slowest = max(spreads, key=lambda name: spreads[name].median)
    results.note(f"Of manual journals on {database}, the slowest page is: {slowest}.")
    for name, median, measure in (
        (f"the slowest against {REPORT}", spreads[slowest].median, report),
        ("the page with three lists, for each of them", first_view, 3 * report),
        ("one in the middle of June, against half a month", of_half, half),
    ):
        results.aim(
            f"Manual journals: {name}, {database}",
            median / measure,
            MOST_OF_REPORT,
            is_most=True,
        )


@contextmanager
def on_sqlite(folder: Path) -> Iterator[str]:
    """The URL of a new SQLite file."""
    folder.mkdir()
    yield f"sqlite+aiosqlite:///{folder / 'daybook.db'}"
    shutil.rmtree(folder)


@contextmanager
def on_postgresql(folder: Path) -> Iterator[str]:
    """The URL of a new PostgreSQL database."""
    folder.mkdir()
    with running_postgresql(folder) as url:
        _, _, rest = url.partition("://")
        yield f"postgresql+asyncpg://{rest}"
    shutil.rmtree(folder)
