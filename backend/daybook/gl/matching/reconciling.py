"""A ledger's posted exports against what their connection has booked."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from daybook.columnar.engine import engine
from daybook.connections.models import GlConnection
from daybook.connections.queries import find_connections, settings_of
from daybook.db.engine import Database
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.gl.building.inputs import create_inputs
from daybook.gl.files import fetch
from daybook.gl.kinds import Kind
from daybook.gl.matching.booked import booked_journals
from daybook.gl.matching.exported import exported_journals
from daybook.gl.models import GlImport
from daybook.gl.queries import imports_of
from daybook.gl.rules.matching import (
    BookedJournal,
    Match,
    MatchState,
    credits_of,
    reconcile,
)
from daybook.ledger.pins import Pin
from daybook.paging import Page, PageRequest
from daybook.reports.kept_totals import keep_totals
from daybook.settings import Settings
from daybook.storage.places import gl_inputs_storage
from daybook.storage.rules import Storage
from daybook.temporary import temporary_folder

READ = (Kind.JOURNALS, Kind.MANUAL_JOURNALS, Kind.ACCOUNTS)
"""The kinds of input that tell what was booked."""


class Place(NamedTuple):
    """A match, and where it stands."""

    at: int
    match: Match


class StateTotal(NamedTuple):
    """How many journals are in a state, and what their credits sum to."""

    state: MatchState
    journals: int
    exported: int
    booked: int


class Reconciliation(NamedTuple):
    """How a ledger's posted exports came back, those that need a look first.

    `connection` is the number of the one that takes them, and `currency` its own, which
    amounts are in. If none does, it is None, and nothing is compared. `files` are the
    numbers of the compared files, `other_files` of those in another currency.
    `data_time` is of the newest journals that came in, and `last_journal` their last
    number; None before the first.
    """

    currency: str
    connection: int | None = None
    connection_name: str = ""
    files: Sequence[int] = ()
    other_files: Sequence[int] = ()
    data_time: datetime | None = None
    last_journal: int | None = None
    matches: Sequence[Match] = ()

    def totals(self) -> list[StateTotal]:
        """Each state with its journals, also without any."""
        return [self._total(state) for state in MatchState]

    def page(self, state: MatchState | None, request: PageRequest) -> Page[Place]:
        """A page of the matches in a state, or of all, keyed by their places."""
        places = [
            Place(at, match)
            for at, match in enumerate(self.matches)
            if state in {None, match.state}
        ]
        if request.is_backward:
            places.reverse()
        if request.key is not None:
            (key,) = request.key
            places = [
                its
                for its in places
                if (its.at < key if request.is_backward else its.at > key)
            ]
        return Page.of(places[: request.size + 1], request)

    def _total(self, state: MatchState) -> StateTotal:
        its = [match for match in self.matches if match.state is state]
        return StateTotal(
            state,
            len(its),
            sum(credits_of(match.exported.amounts) for match in its),
            sum(credits_of(match.booked_amounts) for match in its),
        )


async def reconciliation_of(
    database: Database, settings: Settings, pin: Pin
) -> Reconciliation:
    """The reconciliation of a ledger as it is now.

    It is kept until the organisation's next audit record: postings, imports and
    connections have one each. Raises Rejected if a file of an import is missing.
    """

    async def read() -> Reconciliation:
        return await _read(database, settings, pin)

    key = "reconciliation", pin.organisation_id, pin.ledger_id, pin.audit_head
    async with database.reads() as session:
        return await keep_totals(session, key, read)


async def _read(database: Database, settings: Settings, pin: Pin) -> Reconciliation:
    async with database.reads() as session:
        connection = await _taking(session, pin)
        if connection is None:
            return Reconciliation(pin.currency)
        place = pin.organisation_id, connection.number
        imports = {kind: await imports_of(session, *place, kind) for kind in READ}
    currency = connection.base_currency
    exported = await exported_journals(database, pin, currency)
    numbers = {journal.number for journal in exported.journals}
    storage = gl_inputs_storage(database, settings)
    booked = await asyncio.to_thread(_booked, storage, imports, currency, numbers)
    order = [*MatchState]
    matches = sorted(
        reconcile(exported.journals, booked), key=lambda its: order.index(its.state)
    )
    journals = imports[Kind.JOURNALS]
    return Reconciliation(
        currency,
        connection.number,
        connection.name,
        exported.files,
        exported.other_files,
        max((its.data_time or its.imported_at for its in journals), default=None),
        max((its.last_number or 0 for its in journals), default=None),
        matches,
    )


async def _taking(session: AsyncSession, pin: Pin) -> GlConnection | None:
    """The connection that takes a ledger's exports, if one does."""
    for connection in await find_connections(session, pin.organisation_id):
        if pin.currency in settings_of(connection).takes_exports:
            return connection
    return None


def _booked(
    storage: Storage,
    imports: Mapping[Kind, Sequence[GlImport]],
    currency: str,
    numbers: Collection[str],
) -> list[BookedJournal]:
    """What came in, read from its files; blocks."""
    if not numbers or not imports[Kind.JOURNALS]:
        return []
    with temporary_folder() as temporary:
        folder = Path(temporary)
        try:
            inputs = {
                kind: fetch(storage, rows, folder) for kind, rows in imports.items()
            }
        except FileNotFoundError:
            message = (
                "the file of an import is missing: restore the folder of inputs from a"
                " backup"
            )
            raise Rejected([Problem(ProblemCode.NOT_FOUND, message)]) from None
        with engine([folder], folder / "scratch") as connection:
            create_inputs(connection, inputs, currency)
            return booked_journals(connection, currency, numbers)
