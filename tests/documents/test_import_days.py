"""Whoever imports, the day of recording is the organisation's own."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from daybook.calendar import parse_day
from daybook.configuration.commands import set_time_zone
from daybook.db.engine import Database
from daybook.documents.actions import complete_milestone, void_document
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_documents
from daybook.ledger.rules import SourceKind
from daybook_factories import ORGANISATION, invoice, milestone_line, record
from daybook_graphql.context import Context
from daybook_graphql.schema import schema
from daybook_people import caller
from daybook_services.database import NewDatabase
from daybook_site import settings_for
from daybook_stored import dump
from daybook_terminal import Terminal

pytestmark = pytest.mark.anyio

NEW_YEAR = datetime(2026, 1, 1, 3, tzinfo=UTC)
"""In Los Angeles it is still New Year's Eve, at 19:00."""

IMPORT = """mutation Import($given: ImportDocumentsInput!) {
  importDocuments(input: $given) { movements userErrors { message } } }"""

Take = Callable[[Database, Path, Mapping[str, Any]], Awaitable[None]]


def document(amount: str) -> dict[str, Any]:
    return {
        "type": "invoice",
        "id": "inv_1",
        "number": "INV-1",
        "status": "FINAL",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-12-01",
        "lines": [
            {
                "id": "1",
                "product": {"id": "prod_1", "name": "Platform"},
                "amount": amount,
                "service_from": "2025-12-01",
                "service_to": "2026-02-28",
            }
        ],
    }


async def by_command_line(
    database: Database, folder: Path, given: Mapping[str, Any]
) -> None:
    terminal = Terminal(folder)
    name = terminal.write("given.jsonl", dict(given))
    ended = terminal.run(
        *("import", name),
        DAYBOOK_DATABASE_URL=plain(database.url),
        DAYBOOK_NOW=NEW_YEAR.isoformat(),
    )
    assert ended.returncode == 0, ended.stderr


async def by_api(database: Database, _folder: Path, given: Mapping[str, Any]) -> None:
    settings = settings_for(database.url, now=NEW_YEAR)
    answer = await schema.execute(
        IMPORT,
        variable_values={"given": {"documents": [given]}},
        context_value=Context(database, settings, caller()),
    )
    assert answer.errors is None
    assert answer.data is not None
    assert answer.data["importDocuments"]["userErrors"] == []


async def by_function(
    database: Database, _folder: Path, given: Mapping[str, Any]
) -> None:
    documents = documents_of(given)
    await import_documents(
        database, ORGANISATION, documents, now=NEW_YEAR, reason="test"
    )


def documents_of(given: Mapping[str, Any]) -> list[Any]:
    reading = read_documents([dict(given)])
    return [one for batch in reading.batches() for one in batch]


def plain(url: URL) -> str:
    driver = url.get_backend_name()
    return url.set(drivername=driver).render_as_string(hide_password=False)


async def revised(
    database: Database, take: Take, folder: Path, zone: str
) -> list[tuple[Any, ...]]:
    """The movements of an invoice that is revised at the turn of the year."""
    start = datetime(2025, 12, 1, 12, tzinfo=UTC)
    await set_time_zone(database, ORGANISATION, zone, now=start, made_by=None)
    first = documents_of(document("900.00"))
    await import_documents(database, ORGANISATION, first, now=start, reason="test")
    await take(database, folder, document("1800.00"))
    found = (await dump(database))["movements"]
    await database.close()
    return found


async def test_a_revision_is_the_same_whoever_sends_it(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    zone = "America/Los_Angeles"
    by_terminal, by_graphql, in_process = [
        await revised(Database(new_database()), take, tmp_path, zone)
        for take in (by_command_line, by_api, by_function)
    ]
    in_utc = await revised(Database(new_database()), by_function, tmp_path, "UTC")

    assert by_terminal == by_graphql == in_process
    # There the day is another, and so is what was posted by then.
    assert len(in_utc) != len(in_process)


@pytest.mark.parametrize("act", ["void", "milestone"])
async def test_what_is_done_to_a_document_is_done_on_the_organisations_day(
    new_database: NewDatabase, act: str
) -> None:
    made = []
    for zone, now in (
        ("America/Los_Angeles", NEW_YEAR),
        ("UTC", datetime(2025, 12, 31, 19, tzinfo=UTC)),
    ):
        database = Database(new_database())
        await set_time_zone(
            database,
            ORGANISATION,
            zone,
            now=datetime(2025, 12, 1, tzinfo=UTC),
            made_by=None,
        )
        await record(
            database,
            invoice("inv_1"),
            invoice("inv_2", milestone_line(("m1", "600.00", "2025-12-31"))),
            on="2025-12-01",
        )
        does = (
            partial(void_document, database, ORGANISATION, SourceKind.INVOICE, "inv_1")
            if act == "void"
            else partial(
                complete_milestone,
                *(database, ORGANISATION, "inv_2", "1", "m1"),
                parse_day("2026-01-01"),
            )
        )
        await does(now=now)
        made.append((await dump(database))["movements"])
        await database.close()

    assert made[0] == made[1]
