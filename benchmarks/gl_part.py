"""The general ledger that comes back: imports, pages, totals and files."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.costs import daybook, module
from benchmarks.gl_http import dataset_server, measure_reads
from benchmarks.gl_rows import CONNECTIONS, journals_file
from benchmarks.report_part import on_postgresql, on_sqlite
from benchmarks.results import MEBIBYTE, Results

LEAST_RATE = 0.5
"""Of bare rows, and of DuckDB's COPY."""
PAGE_MILLISECONDS, TOTALS_MILLISECONDS = 200, 1000
BARE = {"SQLite": "sqlite3 executemany", "PostgreSQL": "asyncpg COPY"}


DATABASES = ("SQLite", "PostgreSQL")


def measure_gl(
    results: Results, folder: Path, lines: int, databases: Sequence[str]
) -> None:
    """Measure the imports on some databases, and the dataset on SQLite."""
    files = folder / "gl"
    module("gl_rows", files, lines, folder=folder)
    paths = [journals_file(files, place) for place in range(len(CONNECTIONS))]
    size = sum(path.stat().st_size for path in paths)
    results.note(f"General ledger: {lines:,} lines in {size:,} bytes of CSV.")
    for database in databases:
        start = on_sqlite if database == "SQLite" else on_postgresql
        with start(folder / "gl-database") as url:
            _measure_import(results, folder, files, database, url)
            if database == "SQLite":
                _measure_dataset(results, folder, url)
    shutil.rmtree(files)


def _measure_import(
    results: Results, folder: Path, files: Path, database: str, url: str
) -> None:
    data = folder / "gl-data"
    paths = [journals_file(files, place) for place in range(len(CONNECTIONS))]
    bare, rows = list[float](), 0
    for number in range(1, results.runs + 1):
        results.say(f"General ledger into {database}, run {number} of {results.runs}")
        with _target(folder, url) as target:
            measured = json.loads(
                module("gl_bare", target, *paths, folder=folder).output
            )
        bare.append(measured["seconds"])
        rows = int(measured["rows"])
    # Once: what is imported again brings nothing.
    daybook(data, "db", "upgrade", database_url=url)
    cost = module("gl_steps", files, data=data, database_url=url, folder=folder)
    name = f"General ledger: import into {database}"
    peak = cost.peak_bytes / MEBIBYTE
    results.add(f"{name}: whole process", "s", [cost.seconds])
    results.add(f"{name}: peak resident", "MiB", [peak], 0)
    seconds = [json.loads(cost.output)["seconds"]]
    imported = results.add(f"{name}: both ledgers' journals", "s", seconds)
    inserted = results.add(f"{name}: bare {BARE[database]}, {rows:,} rows", "s", bare)
    rate = inserted.median / imported.median
    results.aim(f"{name}: rate against bare {BARE[database]}", rate, LEAST_RATE)


@contextmanager
def _target(folder: Path, url: str) -> Iterator[str]:
    """Where bare rows go: a file that is removed, or the database, which drops them."""
    if url.startswith("postgresql"):
        yield url.replace("postgresql+asyncpg", "postgresql", 1)
        return
    target = folder / "gl-bare.db"
    yield str(target)
    for path in folder.glob(f"{target.name}*"):
        path.unlink()


def _measure_dataset(results: Results, folder: Path, url: str) -> None:
    data = folder / "gl-data"
    cost = daybook(data, "gl", "refresh", database_url=url)
    results.add("General ledger: refresh, whole process", "s", [cost.seconds])
    peak = cost.peak_bytes / MEBIBYTE
    results.add("General ledger: refresh, peak of a process", "MiB", [peak], 0)
    _measure_files(results, folder, data, url)
    reads: dict[str, dict[str, list[float]]] = {}
    with dataset_server(folder, data, url) as server:
        for number in range(1, results.runs + 1):
            results.say(f"General ledger over HTTP, run {number} of {results.runs}")
            for kind, values in measure_reads(server).items():
                for name, value in values.items():
                    reads.setdefault(kind, {}).setdefault(name, []).append(value)
        peak = server.process.memory_info().rss / MEBIBYTE
        results.add("General ledger: server after it, resident", "MiB", [peak], 0)
    _report_reads(results, reads)


def _report_reads(
    results: Results, reads: Mapping[str, Mapping[str, list[float]]]
) -> None:
    for kind, words, most in (
        ("pages", "first page", PAGE_MILLISECONDS),
        ("totals", "totals", TOTALS_MILLISECONDS),
    ):
        slowest = max(
            results.add(f"General ledger: {words}, {name}", "ms", values, 1).median
            for name, values in reads[kind].items()
        )
        results.aim(f"General ledger: slowest {words}", slowest, most, is_most=True)


def _measure_files(results: Results, folder: Path, data: Path, url: str) -> None:
    files: dict[str, list[float]] = {}
    for number in range(1, results.runs + 1):
        results.say(f"General ledger's files, run {number} of {results.runs}")
        cost = module("gl_reads", folder, data=data, database_url=url, folder=folder)
        for name, value in json.loads(cost.output).items():
            files.setdefault(name, []).append(value)
    lines = int(files["lines"][0])
    results.note(f"Daybook and DuckDB write the same {lines:,} lines of the ledger.")
    for form in ("csv", "parquet"):
        ours, theirs = (
            results.add(f"General ledger: {form}, {who}", "s", files[f"{form}, {who}"])
            for who in ("Daybook", "DuckDB")
        )
        rate = theirs.median / ours.median
        results.aim(f"General ledger: {form} against DuckDB's COPY", rate, LEAST_RATE)
