"""Imports of the general ledger: whole or not at all, and each thing once."""

import asyncio
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from daybook.access.organisations import add_organisation
from daybook.activity.models import Activity
from daybook.activity.rules import ActivityKind
from daybook.audit.models import AuditRecord
from daybook.columnar.engine import engine
from daybook.connections.commands import Author, remove_connection
from daybook.db.engine import Database
from daybook.errors import ProblemCode, Rejected
from daybook.gl.auditing import check_inputs
from daybook.gl.commands import Wanted, import_files
from daybook.gl.files import incoming_input
from daybook.gl.kinds import Kind, Origin
from daybook.gl.models import GlImport, IncomingGlFile
from daybook.gl.tasks import gl_chores
from daybook.reports.audit import verify
from daybook.storage.places import gl_inputs_storage
from daybook.storage.rules import StoredName
from daybook_factories import ORGANISATION
from daybook_gl_imports import (
    account,
    connected,
    gl_settings,
    imported,
    journal,
    page,
    stored_inputs,
)
from daybook_people import NOON
from daybook_stored import dump

pytestmark = pytest.mark.anyio

ONE, TWO = journal(1, "10.00", "-10.00"), journal(2, "2.50", "-2.50")
LATER = datetime.fromisoformat("2025-10-01T08:30:00+00:00")


async def rows(database: Database) -> list[GlImport]:
    async with database.reads() as session:
        found = await session.scalars(select(GlImport).order_by(GlImport.number))
        return list(found)


async def lines(database: Database, name: ActivityKind) -> list[str]:
    async with database.reads() as session:
        found = await session.scalars(
            select(Activity.message)
            .where(Activity.kind == int(name))
            .order_by(Activity.id)
        )
        return [str(message) for message in found]


async def test_what_is_new_is_stored_once(database: Database, tmp_path: Path) -> None:
    await connected(database)
    at = {"DateTimeUTC": "2025-10-01T08:30:00"}
    first = page(tmp_path, "Journals", ONE, TWO, name="a.json", **at)

    done = await imported(database, tmp_path, first)

    assert (done.number, done.staged.documents, done.staged.rows) == (1, 2, 4)
    (row,) = await rows(database)
    (path,) = stored_inputs(tmp_path)
    assert path.name == row.file_key
    assert (row.connection, row.kind, row.origin) == (1, 1, int(Origin.FILE))
    assert (row.file_name, row.rows, row.documents) == ("a.json", 4, 2)
    assert (row.first_number, row.last_number, row.data_time) == (1, 2, LATER)
    assert row.source_sha256 == sha256(first.path.read_bytes()).digest()
    assert row.file_bytes == path.stat().st_size
    assert row.file_sha256 == sha256(path.read_bytes()).digest()
    with engine([path.parent], tmp_path / "scratch") as connection:
        stored = connection.execute(
            "SELECT number, sum(net)::VARCHAR, count(*) FROM read_parquet(?) GROUP BY 1"
            " ORDER BY 1",
            [str(path)],
        ).fetchall()
    assert stored == [(1, "0.00", 2), (2, "0.00", 2)]
    async with database.reads() as session:
        record = await session.scalar(
            select(AuditRecord).where(AuditRecord.action == "IMPORT_GL")
        )
    assert record is not None and record.number == row.record
    assert (record.subject_kind, record.subject_id) == ("GL_IMPORT", "1")
    assert json.loads(record.details) == {
        "connection": "UK",
        "kind": "JOURNALS",
        "origin": "FILE",
        "files": 1,
        "names": ["a.json"],
        "documents": 2,
        "unchanged": 0,
        "rows": 4,
        "firstNumber": 1,
        "lastNumber": 2,
        "sha256": row.source_sha256.hex(),
    }
    assert await lines(database, ActivityKind.GL_IMPORT) == [
        "2 journals of UK imported from a.json"
    ]
    assert (await verify(database, ORGANISATION)).mismatch is None


async def test_again_it_changes_nothing(database: Database, tmp_path: Path) -> None:
    await connected(database)
    first = page(tmp_path, "Journals", ONE, TWO)
    await imported(database, tmp_path, first)
    before = await dump(database), stored_inputs(tmp_path)

    again = await imported(database, tmp_path, first)

    assert (again.number, again.staged.documents, again.staged.unchanged) == (
        *(None, 0),
        2,
    )
    assert (await dump(database), stored_inputs(tmp_path)) == before
    more = page(tmp_path, "Journals", TWO, journal(3, "1", "-1"))
    assert (await imported(database, tmp_path, more)).number == 2
    assert [(row.first_number, row.documents) for row in await rows(database)] == [
        (1, 2),
        (3, 1),
    ]


async def test_a_broken_journal_refuses_the_whole_import(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    before = await dump(database)
    broken = page(tmp_path, "Journals", ONE, journal(14, "1.50", "-1.49"))

    with pytest.raises(Rejected) as rejected:
        await imported(database, tmp_path, broken)

    (problem,) = rejected.value.problems
    assert problem.code is ProblemCode.UNBALANCED
    assert "journal 14 (j-14) sums to 0.01 and not to 0" in problem.message
    assert await dump(database) == before
    assert stored_inputs(tmp_path) == []
    assert await lines(database, ActivityKind.GL_IMPORT) == [
        "journals refused: journal 14 (j-14) sums to 0.01 and not to 0"
    ]


async def test_a_dry_run_imports_nothing(database: Database, tmp_path: Path) -> None:
    await connected(database)
    before = await dump(database)

    done = await imported(
        database, tmp_path, page(tmp_path, "Journals", ONE), is_dry_run=True
    )

    assert (done.number, done.staged.documents) == (None, 1)
    assert await dump(database) == before
    assert stored_inputs(tmp_path) == []
    assert await lines(database, ActivityKind.GL_IMPORT) == []


async def test_connections_and_kinds_know_their_own(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await connected(database, "Inc", "USD")
    journals = page(tmp_path, "Journals", ONE)
    chart = page(tmp_path, "Accounts", account(0), account(1), name="accounts.json")

    numbers = [
        (await imported(database, tmp_path, journals)).number,
        (await imported(database, tmp_path, journals, connection=2)).number,
        (await imported(database, tmp_path, chart, kind=Kind.ACCOUNTS)).number,
        (await imported(database, tmp_path, journals, connection=2)).number,
    ]

    assert numbers == [1, 2, 3, None]
    renamed = page(
        tmp_path, "Accounts", account(0, Name="Bank"), account(1), name="again.json"
    )
    done = await imported(database, tmp_path, renamed, kind=Kind.ACCOUNTS)
    assert (done.number, done.staged.documents, done.staged.unchanged) == (4, 1, 1)
    assert await lines(database, ActivityKind.GL_IMPORT) == [
        "1 journal of UK imported from page.json",
        "1 journal of Inc imported from page.json",
        "2 accounts of UK imported from accounts.json",
        "1 account of UK imported from again.json",
    ]


async def test_a_connection_that_isn_t_there_is_refused(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    other = await add_organisation(database, "Other", now=NOON, made_by="a test")
    journals = page(tmp_path, "Journals", ONE)
    elsewhere = Wanted(other, 1, Kind.JOURNALS, [journals])

    with pytest.raises(Rejected, match="no such connection"):
        await imported(database, tmp_path, journals, connection=2)
    with pytest.raises(Rejected, match="no such connection"):
        await import_files(database, gl_settings(tmp_path), elsewhere, now=NOON)
    await remove_connection(database, Author(ORGANISATION, "ann", NOON), 1)
    with pytest.raises(Rejected, match="no such connection"):
        await imported(database, tmp_path, journals)

    assert await rows(database) == []


async def test_imports_at_once_bring_each_journal_once(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    pages = [
        page(tmp_path, "Journals", ONE, journal(at, "1", "-1"), name=f"{at}.json")
        for at in (2, 3, 4)
    ]

    done = await asyncio.gather(*(imported(database, tmp_path, each) for each in pages))

    assert sorted(its.number or 0 for its in done) == [1, 2, 3]
    brought = [row.documents for row in await rows(database)]
    assert brought == [2, 1, 1]
    assert len(stored_inputs(tmp_path)) == 3
    async with database.runtime.reads() as session:
        assert (await session.scalars(select(IncomingGlFile))).all() == []


@pytest.mark.either_database
async def test_a_file_that_was_changed_is_named(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    await imported(database, tmp_path, page(tmp_path, "Journals", TWO))
    storage = gl_inputs_storage(database, gl_settings(tmp_path))
    assert await check_inputs(database, storage, ORGANISATION) == (2, None)
    row = (await rows(database))[1]
    path = tmp_path / "gl-inputs" / "1" / row.file_key
    content = path.read_bytes()

    for wrong, words in (
        (content[:-1] + bytes([content[-1] ^ 1]), "was changed: its SHA-256"),
        (content[:-1], f"instead of {len(content):,}"),
        (None, "is missing"),
    ):
        path.unlink()
        if wrong is not None:
            path.write_bytes(wrong)
        files, mismatch = await check_inputs(database, storage, ORGANISATION)
        assert files == 1 and mismatch is not None
        assert mismatch.number == row.record
        assert f"imported journals (import 2), and the file {words}"[:40] in str(
            mismatch
        )
        assert words in str(mismatch)
        if wrong is None:
            path.touch()


@pytest.mark.either_database
async def test_what_a_dead_import_left_is_removed(
    database: Database, tmp_path: Path
) -> None:
    await connected(database)
    await imported(database, tmp_path, page(tmp_path, "Journals", ONE))
    settings = gl_settings(tmp_path)
    storage = gl_inputs_storage(database, settings)
    (kept,) = stored_inputs(tmp_path)
    async with incoming_input(database.runtime, storage, ORGANISATION) as file:
        await asyncio.to_thread(file.receive, tmp_path / "page.json")
        await asyncio.to_thread(file.publish)
    stale: Any = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    async with database.runtime.writes() as session:
        session.add(
            IncomingGlFile(organisation_id=ORGANISATION, key=kept.name, begun_at=stale)
        )
    (chore,) = gl_chores(database, settings)
    await chore.work()
    assert len(stored_inputs(tmp_path)) == 2

    async with database.runtime.writes() as session:
        await session.execute(
            text("UPDATE incoming_gl_files SET begun_at = :moment"),
            {"moment": stale if not database.is_sqlite else "2020-01-01 00:00:00"},
        )
    await chore.work()

    assert stored_inputs(tmp_path) == [kept]
    assert StoredName(1, file.stored.key) == file.stored
    async with database.runtime.reads() as session:
        assert (await session.scalars(select(IncomingGlFile))).all() == []
