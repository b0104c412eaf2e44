"""Pages of the general ledger, imported as somebody sends them."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from daybook.calendar import Day, day_text
from daybook.clock import now
from daybook.db.engine import Database
from daybook.gl.commands import Wanted, import_files
from daybook.gl.kinds import FORMS, Kind
from daybook.gl.matching.exported import exported_journals
from daybook.gl.xero.csv_sources import Source
from daybook.ledger.queries import pin_chosen
from daybook.money import decimal_text
from daybook.settings import Settings
from daybook_gl_imports import journal
from daybook_graphql.general_ledger.ids import GlConnectionId
from daybook_graphql.kit.ids import encode

BY = "priya@example.com"
UK = encode(GlConnectionId(1))
"""The id of the first connection."""
MISSING, CHANGED, DOUBLED = 1, 3, 5
"""Places of exported journals that came back otherwise."""
BOOKED = {MISSING: 0, DOUBLED: 2}
"""How often a journal is booked, if not once."""


async def bring_back(
    database: Database,
    settings: Settings,
    connection: int,
    currency: str,
    first: int = 1,
) -> None:
    """Book what a ledger's posted files have, but for a few journals.

    One is missing, one has other amounts, and one is booked twice. Their numbers begin
    with `first`.
    """
    async with database.reads() as session:
        (pin,) = await pin_chosen(session, settings.organisation, currency, today=0)
    exported = await exported_journals(database, pin, currency)
    documents: list[Mapping[str, Any]] = []
    manual: list[Mapping[str, Any]] = []
    for place, its in enumerate(exported.journals):
        for source in ("", "-again")[: BOOKED.get(place, 1)]:
            id_ = f"mj-{place}{source}"
            manual.append(
                {
                    "ManualJournalID": id_,
                    "Narration": f"{its.number.replace(' ', '%20')} Revenue",
                    "Status": "POSTED",
                    "Date": day_text(its.day),
                }
            )
            nets = {code: -amount for code, amount in its.amounts.items()}
            if place == CHANGED:
                nets = {code: net + net for code, net in nets.items()}
            documents.append(
                _manual_journal(first + len(documents), id_, its.day, nets)
            )
    if documents:
        await bring(database, settings, connection, Kind.JOURNALS, *documents)
        await bring(database, settings, connection, Kind.MANUAL_JOURNALS, *manual)


def _manual_journal(
    number: int, source: str, day: Day, nets: Mapping[str, int]
) -> Mapping[str, Any]:
    return {
        **journal(number),
        "JournalDate": day_text(day),
        "SourceID": source,
        "SourceType": "MANJOURNAL",
        "JournalLines": [
            {
                "JournalLineID": f"l-{number}-{at}",
                "AccountID": f"a-{code}",
                "AccountCode": code,
                "AccountName": f"Account {code}",
                "NetAmount": decimal_text(net, 2),
            }
            for at, (code, net) in enumerate(nets.items())
        ],
    }


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
