"""Reports of deferred revenue on a ledger of many schedules and on a hundredth of it.

The schedules are imported by `daybook import`. The whole report as CSV is compared with
PostgreSQL's COPY of the same sums from Daybook's own tables.
"""

import json
import os
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg.sql import quote

from benchmarks.comparing import Different
from benchmarks.costs import daybook, module
from benchmarks.invoices import Mix, write_invoices
from benchmarks.postgresql import SETTINGS
from benchmarks.report_part import on_sqlite
from benchmarks.results import Results
from benchmarks.revenue_queries import ON, ONCE, PAGE, WEIGHTS
from daybook.calendar import parse_day
from daybook_services.postgresql import running_postgresql

PAGES = 5
"""How often a process asks for each page."""
SCHEDULES_OF_CUSTOMER = 20
OF_FILE = 200_000
"""How many invoices a file has."""
PAGE_MS, TOTALS_MS = 300, 1_000
OF_COPY = 0.5
"""The least rate of the CSV, of that of PostgreSQL's COPY."""

PART = (
    "CASE WHEN m.last_day <= {on} THEN m.amount WHEN m.first_day > {on} THEN 0"
    " ELSE m.daily * ({on} - m.first_day + 1) END"
)
SUMS = """
SELECT c.external_id, c.name, p.external_id, p.name, d.external_id, d.number,
    date '1970-01-01' + s.first_day, date '1970-01-01' + s.last_day,
    t.booked * 0.01, t.unbilled * 0.01, t.recognized * 0.01, t.remaining * 0.01
FROM (
    SELECT m.schedule_id,
        sum(CASE WHEN m.debit_role = 1 THEN {part} WHEN m.credit_role = 1 THEN -{part}
            ELSE 0 END) AS booked,
        sum(CASE WHEN m.debit_role = 2 THEN {part} WHEN m.credit_role = 2 THEN -{part}
            ELSE 0 END) AS unbilled,
        sum(CASE WHEN m.credit_role = 4 THEN {part} WHEN m.debit_role = 4 THEN -{part}
            ELSE 0 END) AS recognized,
        sum(CASE WHEN m.credit_role = 3 THEN {part} WHEN m.debit_role = 3 THEN -{part}
            ELSE 0 END) AS remaining
    FROM movements m
    WHERE m.ledger_id = 1 AND m.superseded_in IS NULL AND m.first_day <= {on}
    GROUP BY m.schedule_id
) t
JOIN schedules s ON s.ledger_id = 1 AND s.id = t.schedule_id
JOIN documents d ON d.ledger_id = 1 AND d.id = s.document_id
JOIN customers c ON c.organisation_id = 1 AND c.id = d.customer_id
JOIN products p ON p.organisation_id = 1 AND p.id = s.product_id
ORDER BY s.id
"""


def measure_revenue(results: Results, folder: Path, many: int) -> None:
    """Import both ledgers into both databases; take turns, measure."""
    few = many // 100
    files = {schedules: _write(folder, schedules) for schedules in (few, many)}
    for database in ("SQLite", "PostgreSQL"):
        with ExitStack() as stack:
            urls = {}
            for schedules, its in files.items():
                results.say(f"Revenue: importing {schedules:,} into {database}")
                place = folder / f"{database}-{schedules}"
                urls[schedules] = url = _start(stack, database, place)
                daybook(place / "data", "db", "upgrade", database_url=url)
                cost = daybook(place / "data", "import", *its, database_url=url)
                name = f"Revenue: import of {schedules:,} schedules, {database}"
                results.add(name, "s", [cost.seconds], 1)
            _measure_pages(results, folder, database, urls)
            _measure_csv(results, folder, database, urls[many])


def _write(folder: Path, schedules: int) -> list[str]:
    """Files of invoices, none of them too large to be imported."""
    mix = Mix(max(schedules // SCHEDULES_OF_CUSTOMER, 10), WEIGHTS)
    files = []
    for first in range(1, schedules + 1, OF_FILE):
        file = folder / f"schedules-{schedules}-{first}.jsonl"
        write_invoices(file, min(OF_FILE, schedules - first + 1), mix, first)
        files.append(str(file))
    return files


def _start(stack: ExitStack, database: str, place: Path) -> str:
    """The URL of a new database that runs until the stack ends."""
    if database == "SQLite":
        return stack.enter_context(on_sqlite(place))
    place.mkdir()
    place.chmod(0o777)
    url = stack.enter_context(running_postgresql(place, SETTINGS))
    _, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}"


def _measure_pages(
    results: Results, folder: Path, database: str, urls: dict[int, str]
) -> None:
    times: dict[tuple[str, int], list[float]] = {}
    for number in range(1, results.runs + 1):
        results.say(f"Revenue on {database}, run {number} of {results.runs}")
        for schedules, url in urls.items():
            cost = module("revenue_queries", url, PAGES, folder=folder)
            for name, milliseconds in json.loads(cost.output).items():
                times.setdefault((name, schedules), []).append(milliseconds)
    many = max(urls)
    for (name, schedules), some in times.items():
        words = f"Revenue: {name}, {schedules:,} schedules, {database}"
        spread = results.add(words, "ms", some)
        if schedules == many and database == "PostgreSQL" and name not in ONCE:
            most = PAGE_MS if name == PAGE else TOTALS_MS
            results.aim(f"Revenue: {name}, ms", spread.median, most, is_most=True)


def _measure_csv(results: Results, folder: Path, database: str, url: str) -> None:
    """Take turns with COPY where the database has it."""
    ours, theirs = [], []
    file, copied = folder / "deferred.csv", folder / "copied" / "deferred.csv"
    copied.parent.mkdir(exist_ok=True)
    copied.parent.chmod(0o777)
    for number in range(1, results.runs + 1):
        results.say(f"Revenue as CSV from {database}, run {number} of {results.runs}")
        file.unlink(missing_ok=True)
        arguments = ("--on", ON, "--format", "csv", "-o", str(file))
        cost = daybook(
            folder / "data", "deferred-revenue", *arguments, database_url=url
        )
        ours.append(cost.seconds)
        if database == "PostgreSQL":
            theirs.append(_copy(url, copied))
            _compare_lines(file, copied)
    spread = results.add(f"Revenue: whole report as CSV, {database}", "s", ours)
    if theirs:
        peer = results.add("Revenue: COPY of the same sums, PostgreSQL", "s", theirs)
        results.aim(
            "Revenue: whole report as CSV, rate against COPY",
            peer.median / spread.median,
            OF_COPY,
        )


def _copy(url: str, file: Path) -> float:
    """The seconds of a COPY of all sums to a file."""
    on = str(parse_day(ON))
    statement = SUMS.format(part=PART, on="{on}").format(on=on)
    _, _, rest = url.partition("://")
    with psycopg.connect(f"postgresql://{rest}", autocommit=True) as connection:
        os.sync()
        start = time.perf_counter()
        target = quote(str(file))
        connection.execute(
            f"COPY ({statement}) TO {target} (FORMAT csv, HEADER)".encode()
        )
        return time.perf_counter() - start


def _compare_lines(ours: Path, theirs: Path) -> None:
    """Raise Different unless both files have a line for each of the same rows."""
    counts = []
    for path in (ours, theirs):
        with path.open("rb") as stream:
            counts.append(sum(1 for _ in stream))
    if counts[0] != counts[1]:
        raise Different(f"deferred revenue has {counts[0]:,} lines, COPY {counts[1]:,}")
