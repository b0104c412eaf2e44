"""A large dry run: it finds what the import would do, and keeps nobody waiting."""

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from daybook.calendar import parse_day
from daybook.db.copying import BEGUN, copied, remove_left_copies
from daybook.db.engine import Database
from daybook.documents.commands import WORTH_A_COPY, import_documents
from daybook.documents.results import ImportResult
from daybook.documents.rules import Document, DocumentStatus
from daybook.errors import Rejected
from daybook_factories import (
    ORGANISATION,
    credit_note,
    credited_line,
    invoice,
    line,
    noon,
    record,
    terms,
)
from daybook_services.database import AT_ANY_TIME, NewDatabase

pytestmark = pytest.mark.anyio

TODAY = "2025-06-15"


def file(problems: int = 0) -> list[Document]:
    """Documents of all kinds: new, revised, unchanged, voided, and some are wrong."""
    new = [
        invoice(f"new_{number}", customer=f"cus_{number % 7}")
        for number in range(WORTH_A_COPY)
    ]
    revised = invoice("inv_1", line(its_terms=terms("2400.00")))
    voided = replace(invoice("inv_2"), status=DocumentStatus.VOIDED)
    credit = credit_note("cn_1", credited_line(), invoice_id="inv_3")
    wrong = [
        credit_note(f"wrong_{number}", credited_line(), invoice_id="nobody")
        for number in range(problems)
    ]
    return [*new, revised, voided, invoice("inv_3"), credit, *wrong]


async def taken(
    database: Database, documents: Sequence[Document], *, is_dry_run: bool
) -> ImportResult:
    """What an import did, or a dry run found."""
    return await import_documents(
        database,
        ORGANISATION,
        documents,
        now=noon(parse_day(TODAY)),
        reason="test",
        is_dry_run=is_dry_run,
        with_effects=True,
    )


@pytest.fixture
async def recorded(database: Database) -> Database:
    """A database with the three documents that the file changes or repeats."""
    await record(database, invoice("inv_1"), invoice("inv_2"), invoice("inv_3"))
    return database


@pytest.fixture
async def in_a_file(new_sqlite: NewDatabase) -> AsyncIterator[Database]:
    """A SQLite database with the same three documents."""
    database = Database(new_sqlite(), AT_ANY_TIME)
    await record(database, invoice("inv_1"), invoice("inv_2"), invoice("inv_3"))
    yield database
    await database.close()


async def test_a_dry_run_finds_what_the_import_does(recorded: Database) -> None:
    dry = await taken(recorded, file(), is_dry_run=True)
    again = await taken(recorded, file(), is_dry_run=True)
    real = await taken(recorded, file(), is_dry_run=False)

    assert dry == again
    assert real.audit_record == dry.audit_record + 1
    real.audit_record = dry.audit_record
    assert dry == real
    assert (dry.recorded.total(), dry.revised.total(), dry.voided.total()) == (
        WORTH_A_COPY + 1,
        1,
        1,
    )
    assert dry.unchanged == 1
    # 1,200.00 each, the revised one's more, less the voided one's.
    assert dry.effects["USD"].invoiced == WORTH_A_COPY * 120_000


async def test_a_dry_run_has_the_problems_of_the_import(recorded: Database) -> None:
    found = []
    for is_dry_run in (True, False):
        with pytest.raises(Rejected) as rejected:
            await taken(recorded, file(problems=3), is_dry_run=is_dry_run)
        found.append((rejected.value.total, rejected.value.problems))

    assert found[0] == found[1]
    assert found[0][0] == 3


async def test_others_write_while_a_dry_run_goes_on(
    in_a_file: Database,
) -> None:
    path, seen = in_a_file.path, list[list[Path]]()

    def write(_documents: int) -> None:
        """Called within the dry run's transaction."""
        with closing(sqlite3.connect(path, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
        seen.append(copies_of(path))

    await import_documents(
        *(in_a_file, ORGANISATION, file()),
        now=noon(parse_day(TODAY)),
        reason="test",
        is_dry_run=True,
        progress=write,
    )

    assert [len(copies) for copies in seen] == [1]
    assert copies_of(path) == []


def copies_of(path: Path) -> list[Path]:
    """The folders of copies beside a database."""
    return [*path.parent.glob("*.dry-run-*")]


async def test_a_copy_is_removed_that_a_killed_program_left(
    in_a_file: Database,
) -> None:
    left, begun = (
        in_a_file.path.with_suffix(f".dry-run-{name}") for name in ("left", "begun")
    )
    for folder in (left, begun):
        folder.mkdir()
        (folder / "daybook.db").write_bytes(b"x")
    before = time.time() - BEGUN.total_seconds() - 1
    async with copied(in_a_file) as copy:
        in_use = copy.path.parent
        for folder in (left, in_use):
            os.utime(folder, (before, before))

        remove_left_copies(in_a_file)

        assert {*copies_of(in_a_file.path)} == {begun, in_use}
    assert copies_of(in_a_file.path) == [begun]
