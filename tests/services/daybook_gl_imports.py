"""Files of the general ledger, imported as a command does it."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from daybook.connections.commands import Author, add_connection
from daybook.connections.rules import ConnectionSettings
from daybook.db.engine import Database
from daybook.gl.commands import Imported, Wanted, import_files
from daybook.gl.kinds import Kind
from daybook.gl.xero.csv_sources import Source
from daybook.settings import Settings
from daybook_factories import ORGANISATION
from daybook_people import NOON


def gl_settings(folder: Path, now: datetime = NOON) -> Settings:
    """Settings whose inputs and segments are in folders of their own."""
    return Settings(
        gl_inputs=folder / "gl-inputs", gl_segments=folder / "gl-segments", now=now
    )


def stored_inputs(folder: Path) -> list[Path]:
    """The files in that folder."""
    return sorted(path for path in (folder / "gl-inputs").rglob("*") if path.is_file())


def journal(number: int, *nets: str, **more: Any) -> Mapping[str, Any]:
    """A journal whose lines have these nets, as Xero writes it."""
    return {
        "JournalID": f"j-{number}",
        "JournalNumber": number,
        "JournalDate": "2025-09-30",
        "CreatedDateUTC": "2025-09-30T12:00:00",
        "JournalLines": [
            {"JournalLineID": f"l-{at}", "AccountID": f"a-{at}", "NetAmount": net}
            for at, net in enumerate(nets)
        ],
        **more,
    }


def account(number: int, **more: Any) -> Mapping[str, Any]:
    """An account of the chart."""
    return {"AccountID": f"a-{number}", "Name": f"Account {number}", "Type": "BANK"} | (
        more
    )


def page(
    folder: Path, root: str, *documents: Any, name: str = "page.json", **more: Any
) -> Source:
    """A page of JSON in a folder."""
    path = folder / name
    path.write_text(json.dumps({root: documents, **more}), encoding="utf-8")
    return Source(name, path)


async def connected(database: Database, name: str = "UK", currency: str = "GBP") -> int:
    """A new connection's number."""
    author = Author(ORGANISATION, "a test", NOON)
    settings = ConnectionSettings(name)
    return await add_connection(database, author, settings, base_currency=currency)


async def imported(  # noqa: PLR0913  (keyword-only, each has its meaning)
    database: Database,
    folder: Path,
    *sources: Source,
    kind: Kind = Kind.JOURNALS,
    connection: int = 1,
    is_dry_run: bool = False,
    now: datetime = NOON,
    **more: Any,
) -> Imported:
    """Import files of a kind."""
    values = {"made_by": "ann@example.com", **more}
    return await import_files(
        database,
        gl_settings(folder),
        Wanted(ORGANISATION, connection, kind, sources, **values),
        now=now,
        is_dry_run=is_dry_run,
    )
