"""Importing inputs of the general ledger: each kind in one transaction.

What is new is written as a columnar file before its row is committed, so no row lacks
its file. What is known already changes nothing.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daybook.activity.commands import failures_logged
from daybook.activity.rules import ActivityKind, Started
from daybook.audit.rules import Action, Subject, SubjectKind
from daybook.columnar.engine import Columnar
from daybook.configuration.changing import SettingChange
from daybook.connections.models import GlConnection
from daybook.connections.queries import connection_of, find_connections
from daybook.db.digests import written
from daybook.db.engine import Database
from daybook.db.keyset import next_number
from daybook.gl.files import IncomingInput, fetch, hash_of, incoming_input
from daybook.gl.kinds import FORMS, Kind, Origin
from daybook.gl.models import GlImport
from daybook.gl.queries import imports_of
from daybook.gl.xero.csv_sources import Source
from daybook.gl.xero.mapping import KindMapping
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


async def import_files(
    database: Database,
    settings: Settings,
    wanted: Wanted,
    *,
    now: datetime,
    is_dry_run: bool = False,
) -> Imported:
    """Import what is new in some files, all of it or nothing.

    Raises Rejected with what is wrong in them, which is logged, and for a connection
    that doesn't exist.
    """
    started = Started(now)
    logged = failures_logged(
        database,
        wanted.organisation_id,
        kind=ActivityKind.GL_IMPORT,
        started=started,
        made_by=wanted.made_by,
        what=f"{wanted.kind.words} refused",
    )
    storage = gl_inputs_storage(database, settings)
    if is_dry_run:
        with temporary_folder() as folder:
            _, staged = await _staged(database, storage, wanted, Path(folder))
        return Imported(staged)
    async with logged:
        while True:
            imported = await _import(database, storage, wanted, started)
            if imported is not None:
                return imported


async def _import(
    database: Database, storage: Storage, wanted: Wanted, started: Started
) -> Imported | None:
    """One attempt; None if another import of the kind came in between."""
    with temporary_folder() as folder:
        known, staged = await _staged(database, storage, wanted, Path(folder))
        if staged.path is None:
            return Imported(staged)
        incoming = incoming_input(database.runtime, storage, wanted.organisation_id)
        async with incoming as file:
            sizes = await asyncio.to_thread(_publish, file, staged.path)
            source_sha256 = await asyncio.to_thread(
                hash_of, [source.path for source in wanted.sources]
            )
            async with database.writes() as session:
                change = SettingChange(
                    session,
                    await lock_organisation(session, wanted.organisation_id),
                    ActivityKind.GL_IMPORT,
                    started,
                    wanted.made_by,
                )
                imports = await imports_of(session, *_place(wanted))
                if len(imports) != known:
                    await asyncio.to_thread(file.withdraw)
                    return None
                connection = await _connection(change, wanted)
                row = GlImport(
                    **sizes,
                    source_sha256=source_sha256,
                    file_key=file.stored.key,
                )
                await _add(change, connection, wanted, staged, row)
            file.is_named = True
        return Imported(staged, row.number)


def _publish(file: IncomingInput, path: Path) -> dict[str, object]:
    """Publish a file; return its size and hash as columns of its row."""
    file.receive(path)
    file.publish()
    return {"file_bytes": path.stat().st_size, "file_sha256": hash_of([path])}


async def _staged(
    database: Database, storage: Storage, wanted: Wanted, folder: Path
) -> tuple[int, Staged]:
    """Stage what is new against all earlier imports, and how many these are."""
    async with database.reads() as session:
        connection = connection_of(
            await find_connections(session, wanted.organisation_id), wanted.connection
        )
        imports = await imports_of(session, *_place(wanted))
    known = await asyncio.to_thread(fetch, storage, imports, folder)
    folders = {source.path.parent for source in wanted.sources}
    columnar = Columnar([*folders, folder], folder / "scratch")
    try:
        staged = await columnar.run(
            partial(_stage, wanted, connection.base_currency, known, folder)
        )
    finally:
        columnar.close()
    return len(imports), staged


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
