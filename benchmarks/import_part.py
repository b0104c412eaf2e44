"""Import of many invoice lines: against bare sqlite3, and against bare COPY."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from benchmarks.costs import Cost, daybook, module
from benchmarks.invoices import write_invoices
from benchmarks.postgresql import SETTINGS
from benchmarks.results import MEBIBYTE, Results
from daybook_services.postgresql import running_postgresql

TARGET = 0.6
"""The least rate of an import, of that of the bare rows."""


@dataclass(slots=True)
class _Measured:
    """The runs of an import and of its peer."""

    imports: list[Cost] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)
    bare: list[dict[str, float]] = field(default_factory=list)


def measure_import(results: Results, folder: Path, template: Path, lines: int) -> None:
    """Take turns and measure, on SQLite and on PostgreSQL."""
    invoices = folder / "imported.jsonl"
    size = write_invoices(invoices, lines)
    results.note(f"Import: {lines:,} invoices of a line in {size:,} bytes.")
    _measure_sqlite(results, folder, template, invoices)
    with running_postgresql(folder, SETTINGS) as url:
        _measure_postgresql(results, folder, invoices, url)


def _measure_sqlite(
    results: Results, folder: Path, template: Path, invoices: Path
) -> None:
    measured = _Measured()
    data, source = folder / "importing", folder / "imported.db"
    for number in range(1, results.runs + 1):
        results.say(f"Import into SQLite, run {number} of {results.runs}")
        _renew(data, template)
        measured.imports.append(daybook(data, "import", str(invoices)))
        shutil.copyfile(data / "daybook.db", source)
        _renew(data, template)
        timed = module("import_steps", invoices, data=data, folder=folder)
        measured.steps.append(json.loads(timed.output.splitlines()[-1]))
        _renew(data, template)
        inserted = module(
            "bare_sqlite", template, source, data / "bare.db", folder=folder
        )
        measured.bare.append(json.loads(inserted.output))
    shutil.rmtree(data)
    _report(results, "SQLite", "sqlite3 executemany", measured)


def _renew(data: Path, template: Path) -> None:
    """Make a data folder with an empty, migrated database."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    shutil.copyfile(template, data / "daybook.db")


def _measure_postgresql(
    results: Results, folder: Path, invoices: Path, url: str
) -> None:
    measured = _Measured()
    data = folder / "unused"
    with psycopg.connect(url, autocommit=True) as connection:
        empty, _ = _database(connection, url, "empty_migrated", None)
        daybook(data, "db", "upgrade", database_url=empty)
        for number in range(1, results.runs + 1):
            results.say(f"Import into PostgreSQL, run {number} of {results.runs}")
            with _fresh(connection, url, "timed") as target:
                timed = module(
                    "import_steps", invoices, database_url=target, folder=folder
                )
                measured.steps.append(json.loads(timed.output.splitlines()[-1]))
            with (
                _fresh(connection, url, "imported") as source,
                _fresh(connection, url, "bare") as target,
            ):
                cost = daybook(data, "import", str(invoices), database_url=source)
                measured.imports.append(cost)
                copied = module("bare_postgresql", source, target, folder=folder)
                measured.bare.append(json.loads(copied.output))
    _report(results, "PostgreSQL", "asyncpg COPY", measured)


@contextmanager
def _fresh(connection: psycopg.Connection, url: str, name: str) -> Iterator[str]:
    """The URL of a database that is migrated and empty; dropped afterwards."""
    made, drop = _database(connection, url, name, "empty_migrated")
    yield made
    drop()


def _database(
    connection: psycopg.Connection, url: str, name: str, template: str | None
) -> tuple[str, Callable[[], None]]:
    create = SQL("CREATE DATABASE {}").format(Identifier(name))
    if template is not None:
        create += SQL(" TEMPLATE {}").format(Identifier(template))
    connection.execute(create)
    made = make_url(url).set(database=name).render_as_string(hide_password=False)

    def drop() -> None:
        connection.execute(SQL("DROP DATABASE {}").format(Identifier(name)))

    return made, drop


def _report(results: Results, database: str, peer: str, measured: _Measured) -> None:
    imports, steps, bare = measured.imports, measured.steps, measured.bare
    name = f"Import into {database}"
    whole = results.add(f"{name}: whole process", "s", (one.seconds for one in imports))
    results.add(
        f"{name}: peak resident",
        "MiB",
        (one.peak_bytes / MEBIBYTE for one in imports),
        0,
    )
    total = results.add(
        f"{name}: without starting Python", "s", (step["total"] for step in steps)
    )
    results.add(
        f"{name}: the same, user + system", "s", (step["cpu"] for step in steps)
    )
    for step, words in (
        ("read", "reading and checking the file"),
        ("recognize", "recognition"),
        ("rest", "rows and database"),
    ):
        share = (100 * one[step] / one["cpu"] for one in steps)
        results.add(f"{name}: processor share of {words}", "%", share, 1)
    inserted = results.add(
        f"{name}: bare {peer}", "s", (one["seconds"] for one in bare)
    )
    results.note(f"An import into {database} writes {int(bare[0]['rows']):,} rows.")
    rate = inserted.median / total.median
    results.aim(f"{name}: rate against bare {peer}", rate, TARGET)
    results.aim(
        f"{name}: the same, with the start of Python",
        inserted.median / whole.median,
        TARGET,
    )
