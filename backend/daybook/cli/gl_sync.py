"""`daybook gl sync`: fetches what is new from Xero."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import typer

from daybook.cli.gl_connections import author_of, connection_named
from daybook.cli.gl_refresh import Ended, tell, worked_off
from daybook.cli.running import (
    Failed,
    complain,
    load_settings,
    out,
    progress_bar,
    with_database,
    writing,
)
from daybook.connections.queries import find_connections
from daybook.db.engine import Database
from daybook.gl.live.connecting import sync_connection
from daybook.gl.live.loop import work_off_syncs
from daybook.gl.live.models import GlSync
from daybook.gl.live.queries import live_states, waiting_refreshes
from daybook.gl.live.rules import SyncStatus
from daybook.gl.live.syncing import Syncer
from daybook.gl.live.tokens import ConnectionKey
from daybook.numbers import counted
from daybook.secrets import SecretUnfit
from daybook.settings import Settings


class _Synced(NamedTuple):
    """How syncs ended, the connections' names, and what refreshes made of it."""

    syncs: Sequence[GlSync]
    names: Mapping[int, str]
    refreshed: Sequence[Ended]


@writing
def sync(
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The connection, by its name; all that are connected by default.",
        ),
    ] = None,
) -> None:
    """Fetch what is new from Xero, and make the dataset of it.

    A server goes on with a sync that this command had to leave.

    Example: `daybook gl sync --connection "Northwind UK"`
    """
    settings = load_settings()

    async def work(database: Database) -> _Synced:
        database.check_writable()
        try:
            syncer = Syncer(database, settings)
        except SecretUnfit as unfit:
            raise Failed(str(unfit)) from None
        names = await _chosen(database, settings, connection)
        author = author_of(settings)
        keys = [
            await sync_connection(database, settings, author, number)
            for number in names
        ]
        syncs = await _worked_off(syncer, keys)
        jobs = await waiting_refreshes(database.runtime, settings.organisation, names)
        refreshed = await worked_off(database, settings, jobs) if jobs else []
        return _Synced(syncs, names, refreshed)

    synced = with_database(settings, work)
    for row in synced.syncs:
        if row.status == SyncStatus.DONE:
            out.print(_said(row, synced.names), markup=False)
    unfinished = [row for row in synced.syncs if row.status != SyncStatus.DONE]
    for row in unfinished:
        complain(_left(row, synced.names))
    tell(synced.refreshed)
    if unfinished:
        count = counted(len(unfinished), "connection")
        raise Failed(f"{count} of {len(synced.syncs)} not synced", status=1)


async def _chosen(
    database: Database, settings: Settings, name: str | None
) -> Mapping[int, str]:
    """The names of the connections to sync, by their numbers."""
    organisation_id = settings.organisation
    if name is not None:
        chosen = await connection_named(database, organisation_id, name)
        return {chosen.number: chosen.name}
    states = await live_states(database.runtime, organisation_id)
    async with database.reads() as session:
        rows = await find_connections(session, organisation_id)
    connected = {
        row.number: row.name
        for row in rows
        if row.number in states and states[row.number].tokens is not None
    }
    if not connected:
        raise Failed(
            "no connection is connected to Xero: an admin connects one on its page"
            " (Settings, Connections)"
        )
    return connected


async def _worked_off(
    syncer: Syncer, keys: Sequence[ConnectionKey]
) -> Sequence[GlSync]:
    with progress_bar() as bar:
        task = bar.add_task("Fetching pages", total=None)

        def progress(found: Sequence[GlSync]) -> None:
            bar.update(task, completed=sum(row.pages for row in found))

        return await work_off_syncs(syncer, keys, progress)


def _said(row: GlSync, names: Mapping[int, str]) -> str:
    pages = counted(row.pages, "page")
    documents = counted(row.documents, "document")
    words = f"{names[row.connection]}: {documents} new or changed, in {pages}."
    return f"{words} Not read: {row.message}." if row.message else words


def _left(row: GlSync, names: Mapping[int, str]) -> str:
    """Why a sync hasn't ended well, and when a server goes on with it."""
    words = f"{names[row.connection]}: {row.message}"
    if row.not_before is None:
        return words
    return f"{words}; a running server goes on at {row.not_before:%Y-%m-%d %H:%M} UTC"
