"""Connections in the states that pages show: with a gap, with accounts, and empty."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daybook.clock import now, real_now
from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.csv_sources import Source
from daybook.settings import Settings
from daybook_gl_imports import account, journal
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode

BY = "priya@example.com"
UK = encode(GlConnectionId(1))
"""The id of the first connection."""


async def connect_ledgers(database: Database, settings: Settings) -> None:
    """Add Northwind UK, of which journals 3 to 8 are missing, and Northwind Inc."""
    author = Author(settings.organisation, BY, settings.now or real_now())
    uk = ConnectionSettings("Northwind UK", takes_exports=("GBP",))
    number = await add_connection(database, author, uk, base_currency="GBP")
    await add_connection(
        database, author, ConnectionSettings("Northwind Inc"), base_currency="USD"
    )
    journals = [journal(at, "12.50", "-12.50") for at in (1, 2, 9)]
    for kind, documents in (
        (Kind.ACCOUNTS, [account(0), account(1)]),
        (Kind.JOURNALS, journals),
    ):
        await bring(database, settings, number, kind, *documents)


async def bring(
    database: Database,
    settings: Settings,
    connection: int,
    kind: Kind,
    *documents: Mapping[str, Any],
) -> None:
    """Import a page of a kind into a connection."""
    made_at = {"DateTimeUTC": "2026-10-28T08:30:00"}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "page.json"
        text = json.dumps({FORMS[kind].root: documents, **made_at})
        path.write_text(text, encoding="utf-8")
        sources = [Source(f"{kind.name.lower()}-1.json", path)]
        wanted = Wanted(settings.organisation, connection, kind, sources, made_by=BY)
        await import_files(database, settings, wanted, now=now(settings))
