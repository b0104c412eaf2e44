"""Two hundred who read while documents are imported and changes wait for their turn."""

import json
from itertools import islice
from pathlib import Path

from benchmarks.costs import daybook, module
from benchmarks.invoices import write_invoices
from benchmarks.postgresql import SETTINGS
from benchmarks.results import Results
from benchmarks.subscribers_part import serving
from daybook_services.postgresql import running_postgresql

CALM_SECONDS = 20
FIRST = 1_000
"""So many invoices are there before."""
SLOWEST_MS = 2_000
TIMES = 2
"""The most by which p95 may grow."""


def measure_readers(results: Results, folder: Path, lines: int) -> None:
    """Time reads while `lines` lines are imported, on SQLite and on PostgreSQL."""
    first, invoices = folder / "first.jsonl", folder / "read.jsonl"
    size = write_invoices(invoices, lines)
    with invoices.open(encoding="utf-8") as stream:  # the same again changes nothing
        first.write_text("".join(islice(stream, FIRST)), encoding="utf-8")
    results.note(f"Readers: {lines:,} lines are imported, {size:,} bytes.")
    _measure(results, folder / "readers", first, invoices, None)
    with running_postgresql(folder, SETTINGS) as url:
        _measure(results, folder / "readers-unused", first, invoices, url)


def _measure(
    results: Results, data: Path, first: Path, invoices: Path, url: str | None
) -> None:
    database = "SQLite" if url is None else "PostgreSQL"
    results.say(f"Readers on {database}")
    data.mkdir()
    daybook(data, "db", "upgrade", database_url=url)
    daybook(data, "import", str(first), database_url=url)
    rights = ("--may", "READ", "--may", "CLOSE")
    made = daybook(data, "key", "create", "bench", *rights, database_url=url).output
    key = next(word for word in made.split() if word.startswith("daybook_"))
    with serving(data, url) as (port, _peak):
        heard = module(
            *("readers", port, key, CALM_SECONDS, invoices),
            data=data,
            database_url=url,
            folder=data,
        ).output
    told = json.loads(heard.splitlines()[-1])
    calm, busy = told["calm"], told["busy"]
    name = f"Readers on {database}"
    results.add(f"{name}: requests while others write", "", [len(busy)], 0)
    results.add(f"{name}: seconds of that", "s", [told["busy_seconds"]])
    before = results.add(f"{name}: p95 without", "ms", [_share(calm, 0.95)], 1)
    during = results.add(
        f"{name}: p95 while others write", "ms", [_share(busy, 0.95)], 1
    )
    results.add(f"{name}: median while others write", "ms", [_share(busy, 0.5)], 1)
    slowest = results.add(f"{name}: the slowest", "ms", [busy[-1]], 1)
    ratio = during.median / before.median
    results.aim(f"{name}: times p95 without", ratio, TIMES, is_most=True)
    results.aim(f"{name}: slowest, ms", slowest.most, SLOWEST_MS, is_most=True)
    results.aim(f"{name}: errors", told["errors"], 0, is_most=True)


def _share(latencies: list[float], share: float) -> float:
    """The latency that this share of requests stays within."""
    return latencies[min(int(share * len(latencies)), len(latencies) - 1)]
