"""Filling the demo's general ledger: connections, what came in, and a refresh.

Files have random names in their storage, so this isn't part of what `fill` records for
a day; what they hold is the same for the same day.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from daybook.clock import now, today
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.demo.closing import PostedFile
from daybook.demo.general_ledger.organisations import (
    ORGANISATIONS,
    Documents,
    begin_books,
    bill_subscribers,
    documents_of,
)
from daybook.demo.general_ledger.rates import enter_rates
from daybook.demo.general_ledger.returned import (
    billed_by_month,
    book_posted,
    read_posted,
)
from daybook.demo.people import INES
from daybook.gl.commands import Wanted, import_kinds
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.models import GlRefresh
from daybook.gl.refreshing import Asked, request_refresh
from daybook.gl.xero.csv_sources import Source
from daybook.ledger.queries import time_zone_of
from daybook.settings import Settings
from daybook.temporary import temporary_folder


async def bring_general_ledger(
    database: Database, settings: Settings, posted: list[PostedFile]
) -> list[GlRefresh]:
    """Connect both organisations, import their books, and ask for a refresh.

    `posted` are the files that were posted to them, most of which they have booked. The
    refreshes are returned as they wait: a server makes them, or `work_off`.
    """
    organisation_id, present = settings.organisation, now(settings)
    async with database.reads() as session:
        day = today(settings, await time_zone_of(session, organisation_id))
    await enter_rates(
        database, organisation_id, today=day, now=present, made_by=INES.email
    )
    author = Author(organisation_id, INES.email, present)
    for its in ORGANISATIONS:
        number = await add_connection(
            database,
            author,
            ConnectionSettings(its.name, takes_exports=(its.currency,)),
            base_currency=its.currency,
        )
        contents = [file.content for file in posted if file.currency == its.currency]
        returned = read_posted(contents, its.currency, day)
        books = begin_books(its, day)
        bill_subscribers(books, billed_by_month(returned), day)
        book_posted(books, returned)
        await _import(database, settings, number, documents_of(books, its, day))
    asked = Asked(organisation_id, INES.email, present)
    return await request_refresh(database, asked)


async def _import(
    database: Database, settings: Settings, connection: int, documents: Documents
) -> None:
    """Import pages of all kinds at once, as somebody sends them."""
    present = now(settings)
    with temporary_folder() as folder:
        wanted = [
            Wanted(
                settings.organisation,
                connection,
                kind,
                [_page(Path(folder), kind, its, present)],
                made_by=INES.email,
            )
            for kind, its in documents.items()
        ]
        await import_kinds(database, settings, wanted, now=present)


def _page(
    folder: Path, kind: Kind, documents: Sequence[object], made_at: datetime
) -> Source:
    """A page of documents as Xero answers it."""
    path = folder / f"{kind.name.lower()}.json"
    made = {"DateTimeUTC": f"{made_at:%Y-%m-%dT%H:%M:%S}"}
    path.write_text(json.dumps({FORMS[kind].root: documents, **made}), encoding="utf-8")
    return Source(path.name, path)
