"""Pages of the general ledger, imported as somebody sends them."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daybook.clock import now
from daybook.db.engine import Database
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.xero.csv_sources import Source
from daybook.settings import Settings

BY = "priya@example.com"


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
