"""`systemStatus` says how the installation does."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from daybook.access.rules import Permission
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_factories import accept, invoice, record
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import ProductId
from daybook_graphql.schema import schema
from daybook_jobs import ask as ask_for_export
from daybook_people import caller

pytestmark = pytest.mark.anyio

STATUS = """{ systemStatus { version database
  clock { now isFixed state message lastRecordedAt acceptedUntil databaseNow }
  storage { kind place isWritable freeBytes }
  queue { waiting running oldestWaitingSince } } }"""


IMPORT = """mutation($given: ImportDocumentsInput!) {
  importDocuments(input: $given) { userErrors { code message path } } }"""
DOCUMENT = {
    "type": "invoice",
    "id": "inv_3",
    "number": "INV-3",
    "status": "FINAL",
    "currency": "USD",
    "customer": {"id": "cus_1", "name": "Acme"},
    "issued_on": "2025-06-01",
    "lines": [
        {
            "id": "1",
            "product": {"id": "prod_1", "name": "Platform"},
            "amount": "90.00",
            "method": "POINT_IN_TIME",
        }
    ],
}
LEDGER, PRODUCT = encode(LedgerId("USD")), encode(ProductId("prod_1"))
SOON = f"{datetime.now(UTC) + timedelta(days=100):%Y-%m-%dT%H:%M:%SZ}"
KEY = f'name: "x", permissions: [READ], expiresAt: "{SOON}"'
MUTATIONS = [
    f'voidDocument(input: {{documentId: "{encode(InvoiceId("inv_1"))}"}})',
    f'setLock(input: {{ledgerId: "{LEDGER}", method: ACCOUNTING_DATE}})',
    f'updateSettings(input: {{ledgerId: "{LEDGER}", defaultMethod: USAGE}})',
    f'renameAccount(input: {{ledgerId: "{LEDGER}", role: BILLED, name: "x"}})',
    f'setProductMethod(input: {{productId: "{PRODUCT}", method: USAGE}})',
    'inviteUser(input: {email: "bob@example.com", name: "Bob", role: VIEWER})',
    f"createApiKey(input: {{{KEY}}})",
]
"""One of each kind that records."""


@pytest.mark.either_database
async def test_all_is_well(
    ask: Callable[[str], Awaitable[Any]], database: Database
) -> None:
    status = (await ask(STATUS))["data"]["systemStatus"]

    assert status["database"] == ("SQLITE" if database.is_sqlite else "POSTGRESQL")
    its_clock = status["clock"]
    assert (its_clock["databaseNow"] is None) == database.is_sqlite
    assert its_clock | {"databaseNow": None} == {
        "now": "2025-06-15T12:00:00Z",
        "isFixed": True,
        "state": "FINE",
        "message": "the clock says 2025-06-15 12:00:00 UTC, which fits what was"
        " recorded",
        "lastRecordedAt": None,
        "acceptedUntil": None,
        "databaseNow": None,
    }
    assert status["storage"]["isWritable"] is True
    assert status["storage"]["kind"] == "FOLDER"
    assert status["storage"]["place"].endswith("exports")
    assert int(status["storage"]["freeBytes"]) > 0
    assert status["queue"] == {"waiting": 0, "running": 0, "oldestWaitingSince": None}
    assert status["version"]


@pytest.mark.either_database
async def test_a_clock_that_is_behind_is_told_and_refused_until_it_is_accepted(
    ask: Callable[..., Awaitable[Any]], database: Database
) -> None:
    await record(database, invoice())
    await record(database, invoice("inv_2"), on="2036-01-01")
    theirs = {"text": json.dumps(DOCUMENT)}

    refused = (await ask(IMPORT, {"given": theirs}))["data"]["importDocuments"]
    behind = (await ask(STATUS))["data"]["systemStatus"]["clock"]
    await accept(database, on="2025-06-15")
    taken = (await ask(IMPORT, {"given": theirs}))["data"]["importDocuments"]
    accepted = (await ask(STATUS))["data"]["systemStatus"]["clock"]

    (error,) = refused["userErrors"]
    assert (error["code"], error["path"]) == ("CLOCK", [])
    assert error["message"] == behind["message"]
    assert "daybook clock accept" in error["message"]
    assert behind["state"] == "BEHIND"
    assert behind["lastRecordedAt"] == "2036-01-01T12:00:00Z"
    assert behind["acceptedUntil"] is None
    assert taken["userErrors"] == []
    assert (accepted["state"], accepted["acceptedUntil"]) == (
        *("ACCEPTED", "2036-01-01T12:00:00Z"),
    )


@pytest.mark.parametrize(
    "mutation", MUTATIONS, ids=[mutation.partition("(")[0] for mutation in MUTATIONS]
)
@pytest.mark.either_database
async def test_every_mutation_says_that_the_clock_is_refused(
    ask: Callable[..., Awaitable[Any]], database: Database, mutation: str
) -> None:
    await record(database, invoice())
    await record(database, invoice("inv_2"), on="2036-01-01")

    answer = await ask(f"mutation {{ {mutation} {{ userErrors {{ code }} }} }}")

    assert "errors" not in answer, answer
    (payload,) = answer["data"].values()
    assert payload["userErrors"] == [{"code": "CLOCK"}]


async def test_what_waits_is_counted_for_its_organisation(
    ask: Callable[[str], Awaitable[Any]], database: Database, settings: Settings
) -> None:
    await record(database, invoice())
    for _ in range(2):
        await ask_for_export(database)

    ours = (await ask(STATUS))["data"]["systemStatus"]["queue"]
    theirs = await schema.execute(
        STATUS, context_value=Context(database, settings, caller(2))
    )

    assert (ours["waiting"], ours["running"]) == (2, 0)
    assert ours["oldestWaitingSince"] is not None
    assert theirs.data is not None
    assert theirs.data["systemStatus"]["queue"]["waiting"] == 0


@pytest.mark.either_database
async def test_a_folder_that_can_t_be_written_is_told(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path, exports=Path("/proc/exports"))

    result = await schema.execute(
        STATUS, context_value=Context(database, settings, caller())
    )

    assert result.data is not None
    # The superuser may write anywhere, but not here: nothing fits in.
    assert result.data["systemStatus"]["storage"]["freeBytes"] == "0"


async def test_only_who_administers_is_told_the_place_of_files(
    database: Database, settings: Settings
) -> None:
    for permissions, is_told in (
        (Permission.READ, False),
        (Permission.READ | Permission.CLOSE, False),
        (Permission.READ | Permission.ADMINISTER, True),
    ):
        context = Context(database, settings, caller(1, permissions))
        status = await Operations(schema).run("SystemStatus", {}, context)
        storage = status["systemStatus"]["storage"]
        assert storage["kind"] == "FOLDER"
        assert (storage["place"] is not None) == is_told
