"""Failed imports are told apart by the names of their files, and by their ledgers."""

from datetime import datetime

import pytest
from sqlalchemy import select

from daybook.activity.commands import log_failed_run
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind, Started
from daybook.calendar import parse_month
from daybook.closing.checklist import close_checklist
from daybook.closing.dismissing import dismiss_import
from daybook.closing.failed_imports import (
    imported_since,
    imports_of,
    open_failures,
    read_failed,
)
from daybook.db.engine import Database
from daybook.documents.commands import import_documents
from daybook.documents.rules import Document
from daybook.errors import Rejected
from daybook.ledger.models import Ledger
from daybook_closing import TODAY
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    pin,
    record,
)

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

REFUSED = credit_note("cn_1", credited_line("9000.00"))
"""More than its invoice has."""


def at(day: int) -> datetime:
    return datetime.fromisoformat(f"2025-11-{day:02}T12:00:00+00:00")


async def take(database: Database, file: str, document: Document, day: int) -> None:
    await import_documents(
        database,
        ORGANISATION,
        [document],
        now=at(day),
        reason=f"import of {file}",
        file=file,
    )


async def fail(database: Database, file: str, day: int) -> int:
    """Import a file that is refused; return the number of its line in the log."""
    with pytest.raises(Rejected):
        await take(database, file, REFUSED, day)
    return await last_line(database)


async def last_line(database: Database) -> int:
    async with database.reads() as session:
        newest = select(Activity.id).order_by(Activity.id.desc()).limit(1)
        return await session.scalar(newest) or 0


async def named(database: Database) -> list[str]:
    """The files that October's close names, the newest failure first."""
    its_pin = await pin(database, on=TODAY)
    async with database.reads() as session:
        step = (await close_checklist(session, its_pin, parse_month("2025-10")))[0]
    files = [
        words.rpartition("; ")[2].partition(" failed on ")[0]
        for words in step.words.split(", ")
        if " failed on " in words
    ]
    assert len(files) == step.count
    return files


async def test_names_that_begin_alike_are_different_files(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    for day, file in enumerate(("Q4: US.csv", "Q4: EU.csv", "a"), start=2):
        await fail(database, file, day)
    eu = await last_line(database) - 1
    every = await named(database)

    await take(database, "a;b", invoice("inv_2"), 5)
    after_another = await named(database)
    await dismiss_import(
        database, ORGANISATION, eu, reason="a trial", now=at(6), made_by="Ada"
    )
    dismissed = await named(database)
    await take(database, "Q4: US.csv", invoice("inv_3"), 7)
    imported = await named(database)

    assert every == ["a", "Q4: EU.csv", "Q4: US.csv"]
    assert after_another == every
    assert dismissed == ["a", "Q4: US.csv"]
    assert imported == ["a"]


async def test_an_unchanged_file_makes_good_what_has_its_name(
    database: Database,
) -> None:
    """Nothing but the line tells that it was imported."""
    await record(database, invoice("inv_1"), on="2025-11-01")
    await fail(database, "a", 2)
    await fail(database, "a;b", 3)

    await take(database, "a", invoice("inv_1"), 4)

    assert await named(database) == ["a;b"]


async def test_what_was_imported_since_is_known_by_its_run(database: Database) -> None:
    await record(database, invoice("inv_1"), on="2025-11-01")
    first = await fail(database, "a.csv", 2)
    other = await fail(database, "b.csv", 3)
    with pytest.raises(Rejected):
        await import_documents(
            database, ORGANISATION, [REFUSED], now=at(3), reason="without a file"
        )
    nameless = await last_line(database)
    await take(database, "a.csv", invoice("inv_2"), 4)
    taken = await last_line(database)
    again = await fail(database, "a.csv", 5)
    runs = [first, other, nameless, taken, again]

    async with database.reads() as session:
        found = await imported_since(session, ORGANISATION, runs)
        waiting = await open_failures(session, ORGANISATION, first)

    assert found == {first: taken, nameless: taken}
    assert [its.number for its in waiting] == [again, other]


async def test_a_file_that_failed_in_two_ledgers_waits_in_both(
    database: Database,
) -> None:
    """A run waits if it waits for its own ledger, as the close of that says."""
    await record(database, invoice("inv_1"), on="2025-11-01")
    await record(database, invoice("inv_2", currency="EUR"), on="2025-11-01")
    async with database.reads() as session:
        rows = await session.execute(select(Ledger.currency, Ledger.id))
        ledgers = dict(iter(rows))
    runs = {
        currency: await log_failed_run(
            database,
            ORGANISATION,
            kind=ActivityKind.IMPORT,
            started=Started(at(2)),
            message="import of a.csv: refused",
            made_by="Ada",
            problems=1,
            ledger_id=ledgers[currency],
            file="a.csv",
        )
        for currency in ("USD", "EUR")
    }

    async with database.reads() as session:
        is_import = imports_of(ORGANISATION)
        found = await read_failed(session, ORGANISATION, is_import, until=None)
        waiting = await open_failures(session, ORGANISATION, 1)

    by_ledger = {
        currency: [its.number for its in found.waiting(number)]
        for currency, number in ledgers.items()
    }
    assert by_ledger == {currency: [run] for currency, run in runs.items()}
    assert {its.number for its in waiting} == {*runs.values()}
