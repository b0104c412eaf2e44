"""Importing inputs of the general ledger: all kinds of a call in one transaction.

What is new is written as a columnar file before its row is committed, so no row lacks
its file. What is known already changes nothing.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.expecting import (
    check_not_ahead,
    recorded_since_refused,
    refuse_recorded_since,
)
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.clock import moment_words
from daybook.columnar.engine import Columnar
from daybook.configuration.changing import SettingChange
from daybook.connections.models import GlConnection
from daybook.connections.queries import connection_of, find_connections
from daybook.connections.rules import UnknownConnection
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.errors import Rejected
from daybook.gl.files import IncomingInput, fetch, hash_of, incoming_input
from daybook.gl.kinds import FORMS, Kind, Origin
from daybook.gl.models import GlImport
from daybook.gl.queries import imports_of
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.mapping import KindMapping
from daybook.gl.xero.pages import PROBLEMS_MAX
from daybook.gl.xero.staging import Staged, Staging
from daybook.ledger.commands import lock_organisation
from daybook.numbers import counted
from daybook.settings import Settings
from daybook.storage.places import gl_inputs_storage
from daybook.storage.rules import Storage
from daybook.temporary import temporary_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAMES_TOLD = 20
"""How many names of files an audit record has."""


class Wanted(NamedTuple):
    """Files of a kind for a connection, and who imports them from where.

    With a `mapping`, they are another program's tables.
    """

    organisation_id: int
    connection: int
    kind: Kind
    sources: Sequence[Source]
    mapping: KindMapping | None = None
    origin: Origin = Origin.FILE
    made_by: str | None = None


class Imported(NamedTuple):
    """What an import brought; `number` is None if that was nothing, or a dry run."""

    staged: Staged
    number: int | None = None


class KindsRejected(Rejected):
    """Files of some kinds that can't be imported, with the problems of each kind."""

    def __init__(self, by_kind: Sequence[tuple[Kind, Rejected]]) -> None:
        problems = [problem for _, rejected in by_kind for problem in rejected.problems]
        super().__init__(
            problems[:PROBLEMS_MAX], sum(rejected.total for _, rejected in by_kind)
        )
        self.by_kind = by_kind


class _Ready(NamedTuple):
    """Files of a kind that were read, against how many earlier imports."""

    wanted: Wanted
    known: int
    staged: Staged


async def import_files(
    database: Database,
    settings: Settings,
    wanted: Wanted,
    *,
    now: datetime,
    is_dry_run: bool = False,
) -> Imported:
    """Import what is new in files of one kind, as `import_kinds`."""
    (imported,) = await import_kinds(
        database, settings, [wanted], now=now, is_dry_run=is_dry_run
    )
    return imported


async def import_kinds(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    settings: Settings,
    wanted: Sequence[Wanted],
    *,
    now: datetime,
    is_dry_run: bool = False,
    expected: int | None = None,
) -> list[Imported]:
    """Import what is new in files of some kinds of a connection, all of it or nothing.

    Each kind becomes an import of its own, in one transaction with the others. Raises
    KindsRejected with what is wrong in the files, which is logged, and Rejected for a
    connection that doesn't exist. What came in of these kinds after the `expected`
    audit record refuses it, too.
    """
    started = Started(now)
    storage = gl_inputs_storage(database, settings)
    if is_dry_run:
        with temporary_folder() as folder:
            ready = await _staged(database, storage, wanted, Path(folder))
        return [Imported(its.staged) for its in ready]
    logged = failures_logged(
        database,
        wanted[0].organisation_id,
        kind=ActivityKind.GL_IMPORT,
        started=started,
        made_by=wanted[0].made_by,
        what=f"{', '.join(its.kind.words for its in wanted)} refused",
    )
    with recorded_since_refused():
        async with logged:
            while True:
                imported = await _import(database, storage, wanted, started, expected)
                if imported is not None:
                    return imported


async def _import(
    database: Database,
    storage: Storage,
    wanted: Sequence[Wanted],
    started: Started,
    expected: int | None,
) -> list[Imported] | None:
    """One attempt; None if another import of such a kind came in between."""
    with temporary_folder() as folder:
        ready = await _staged(database, storage, wanted, Path(folder))
        async with AsyncExitStack() as stack:
            rows: list[tuple[_Ready, IncomingInput, GlImport] | None] = []
            for its in ready:
                if its.staged.path is None:
                    rows.append(None)
                    continue
                organisation_id = its.wanted.organisation_id
                coming = incoming_input(database.runtime, storage, organisation_id)
                file = await stack.enter_async_context(coming)
                rows.append((its, file, await _published(file, its)))
            new = [row for row in rows if row is not None]
            if new and not await _added(database, new, started, expected):
                return None
        return [
            Imported(its.staged, None if row is None else row[-1].number)
            for its, row in zip(ready, rows, strict=True)
        ]


async def _published(file: IncomingInput, ready: _Ready) -> GlImport:
    """Publish a kind's file; return its row, which isn't added yet."""
    assert ready.staged.path is not None, "there is something new"
    sizes = await asyncio.to_thread(_publish, file, ready.staged.path)
    paths = [source.path for source in ready.wanted.sources]
    source_sha256 = await asyncio.to_thread(hash_of, paths)
    return GlImport(**sizes, source_sha256=source_sha256, file_key=file.stored.key)


async def _added(
    database: Database,
    rows: Sequence[tuple[_Ready, IncomingInput, GlImport]],
    started: Started,
    expected: int | None,
) -> bool:
    """Add the rows in one transaction; False, without the files, if they are late."""
    wanted = rows[0][0].wanted
    async with database.writes() as session:
        change = SettingChange(
            session,
            await lock_organisation(session, wanted.organisation_id),
            ActivityKind.GL_IMPORT,
            started,
            wanted.made_by,
        )
        await _check_expected(change, [its.wanted for its, *_ in rows], expected)
        for its, _, _ in rows:
            if len(await imports_of(session, *_place(its.wanted))) != its.known:
                for _, file, _ in rows:
                    await asyncio.to_thread(file.withdraw)
                return False
        connection = await _connection(change, wanted)
        for its, _, row in rows:
            await _add(change, connection, its.wanted, its.staged, row)
    for _, file, _ in rows:
        file.is_named = True
    return True


async def _check_expected(
    change: SettingChange, wanted: Sequence[Wanted], expected: int | None
) -> None:
    """Leave the transaction if any of the kinds came in after the expected record."""
    if expected is None or expected == change.organisation.audit_records:
        return
    check_not_ahead(expected, change.organisation.audit_records)
    for its in wanted:
        imports = await imports_of(change.session, *_place(its))
        if imports and imports[-1].record > expected:
            who = imports[-1].imported_by or "Somebody"
            at = moment_words(imports[-1].imported_at, change.organisation.time_zone)
            refuse_recorded_since(
                f"{who} imported {its.kind.words} on {at}, after you looked: look again"
                " at what these files would bring"
            )


def _publish(file: IncomingInput, path: Path) -> dict[str, object]:
    """Publish a file; return its size and hash as columns of its row."""
    file.receive(path)
    file.publish()
    return {"file_bytes": path.stat().st_size, "file_sha256": hash_of([path])}


async def _staged(
    database: Database, storage: Storage, wanted: Sequence[Wanted], folder: Path
) -> list[_Ready]:
    """Stage what is new of each kind; raises KindsRejected with all that is wrong."""
    ready, refused = [], []
    folders = {source.path.parent for its in wanted for source in its.sources}
    columnar = Columnar([*folders, folder], folder / "scratch")
    try:
        for its in wanted:
            its_folder = folder / its.kind.name
            its_folder.mkdir()
            try:
                staged = await _staged_kind(
                    database, storage, columnar, its, its_folder
                )
            except UnknownConnection:
                raise
            except Rejected as rejected:
                refused.append((its.kind, rejected))
            else:
                ready.append(staged)
    finally:
        columnar.close()
    if refused:
        raise KindsRejected(refused)
    return ready


async def _staged_kind(
    database: Database,
    storage: Storage,
    columnar: Columnar,
    wanted: Wanted,
    folder: Path,
) -> _Ready:
    """Stage what is new of a kind against all its earlier imports."""
    async with database.reads() as session:
        connections = await find_connections(session, wanted.organisation_id)
        connection = connection_of(connections, wanted.connection)
        imports = await imports_of(session, *_place(wanted))
    known = await asyncio.to_thread(fetch, storage, imports, folder)
    staged = await columnar.run(
        partial(_stage, wanted, connection.base_currency, known, folder)
    )
    return _Ready(wanted, len(imports), staged)


def _stage(
    wanted: Wanted,
    currency: str,
    known: Sequence[Path],
    folder: Path,
    connection: "DuckDBPyConnection",
) -> Staged:
    staging = Staging(connection, wanted.kind, currency, folder)
    return staging.stage(wanted.sources, known, wanted.mapping)


async def _connection(change: SettingChange, wanted: Wanted) -> GlConnection:
    connections = await find_connections(change.session, change.organisation.id)
    return connection_of(connections, wanted.connection)


def _place(wanted: Wanted) -> tuple[int, int, Kind]:
    return wanted.organisation_id, wanted.connection, wanted.kind


async def _add(
    change: SettingChange,
    connection: GlConnection,
    wanted: Wanted,
    staged: Staged,
    row: GlImport,
) -> None:
    """Add the row with its audit record and its line in the activity log."""
    session, organisation = change.session, change.organisation
    is_ours = GlImport.organisation_id == organisation.id
    names = [source.name for source in wanted.sources]
    row.organisation_id = organisation.id
    row.number = await next_number(session, GlImport.number, is_ours)
    row.connection, row.kind = connection.number, int(wanted.kind)
    row.origin, row.file_name = int(wanted.origin), _in_words(names)
    row.rows, row.documents = staged.rows, staged.documents
    row.first_number, row.last_number = staged.first, staged.last
    row.data_time = staged.made_at
    row.record = organisation.audit_records + 1
    row.imported_at, row.imported_by = await change.time(), wanted.made_by
    session.add(row)
    await session.flush()
    written(session).changed.add((0, row.number, GlImport.__tablename__))
    details: dict[str, object] = {
        "connection": connection.name,
        "kind": wanted.kind.name,
        "origin": wanted.origin.name,
        "files": len(names),
        "names": names[:NAMES_TOLD],
        "documents": row.documents,
        "unchanged": staged.unchanged,
        "rows": row.rows,
        "firstNumber": row.first_number,
        "lastNumber": row.last_number,
        "sha256": row.source_sha256.hex(),
    }
    brought = counted(row.documents, FORMS[wanted.kind].name, wanted.kind.words)
    await change.log(
        Action.IMPORT_GL,
        Subject(SubjectKind.GL_IMPORT, str(row.number)),
        details,
        message=f"{brought} of {connection.name} imported from {row.file_name}",
    )


def _in_words(names: Sequence[str]) -> str:
    """The names of files in a few words: `page1.json and 16 others`."""
    first, *others = names
    return f"{first} and {counted(len(others), 'other')}" if others else first
