"""What people do to one document through the API: void it, complete a milestone."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from daybook.audit.models import AuditRecord
from daybook.db.engine import Database
from daybook.settings import Settings
from daybook_factories import (
    billing_schedule,
    credit_note,
    invoice,
    milestone_line,
    record,
)
from daybook_graphql.context import Context
from daybook_graphql.documents.ids import BillingScheduleId, CreditNoteId, InvoiceId
from daybook_graphql.execution.operations import Operations
from daybook_graphql.kit.ids import encode
from daybook_people import caller
from daybook_shown import booked
from daybook_stored import posted

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

Run = Callable[..., Awaitable[dict[str, Any]]]

INVOICE, NOTE = encode(InvoiceId("inv_1")), encode(CreditNoteId("cn_1"))


@pytest.fixture
def run(database: Database, operations: Operations, settings: Settings) -> Run:
    """Runs a mutation by its operation's name, and gives its payload."""

    async def its_payload(name: str, **variables: Any) -> dict[str, Any]:
        data = await operations.run(
            name, {"input": variables}, Context(database, settings, caller())
        )
        (payload,) = data.values()
        found: dict[str, Any] = payload
        return found

    return its_payload


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def test_a_document_is_voided_once(database: Database, run: Run) -> None:
    await record(database, invoice())

    first = await run("VoidDocument", documentId=INVOICE)
    again = await run("VoidDocument", documentId=INVOICE)

    assert first["changed"] and first["movements"] > 0
    assert first["unchangedBecause"] is None
    assert again == {
        "changed": False,
        "unchangedBecause": "it was void already (invoice inv_1 voided): nothing was"
        " changed",
        "journals": 0,
        "movements": 0,
        "userErrors": [],
    }
    assert await posted(database) == {}


async def test_the_reason_of_a_void_is_kept(database: Database, run: Run) -> None:
    await record(database, invoice())

    refused = await run("VoidDocument", documentId=INVOICE, reason="one\ntwo")
    done = await run("VoidDocument", documentId=INVOICE, reason="  Sent twice ")

    assert codes(refused) == ["INVALID_VALUE"]
    assert refused["userErrors"][0]["path"] == ["reason"]
    assert done["changed"]
    async with database.reads() as session:
        last = await session.scalar(
            select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)
        )
    assert last is not None and last.action == "VOID_DOCUMENT"
    assert json.loads(last.details)["reason"] == "Sent twice"

    again = await run("VoidDocument", documentId=INVOICE, reason="Never delivered")

    assert again["unchangedBecause"] == (
        "it was void already (invoice inv_1 voided: Sent twice): nothing was changed,"
        " and this reason is not kept"
    )
    async with database.reads() as session:
        newest = await session.scalar(
            select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)
        )
    assert newest is not None and newest.number == last.number


async def test_what_stands_on_an_invoice_is_voided_before_it(
    database: Database, run: Run
) -> None:
    await record(database, invoice(), credit_note())
    before = await posted(database)

    refused = await run("VoidDocument", documentId=INVOICE)

    assert codes(refused) == ["IN_USE"]
    assert "cn_1" in refused["userErrors"][0]["message"]
    assert refused["userErrors"][0]["path"] == ["documentId"]
    assert not refused["changed"]
    assert await posted(database) == before
    assert (await run("VoidDocument", documentId=NOTE))["changed"]
    assert (await run("VoidDocument", documentId=INVOICE))["changed"]
    assert await posted(database) == {}


async def test_a_billing_schedule_is_cancelled_and_not_voided(
    database: Database, run: Run
) -> None:
    await record(database, billing_schedule())
    before = await posted(database)

    payload = await run("VoidDocument", documentId=encode(BillingScheduleId("bs_1")))

    assert codes(payload) == ["INVALID_VALUE"]
    assert "CANCELLED" in payload["userErrors"][0]["message"]
    assert await posted(database) == before


async def test_a_milestone_is_completed_and_opened_again(
    database: Database, run: Run
) -> None:
    await record(database, invoice("inv_1", milestone_line(("m1", "600.00", None))))
    names = {"invoiceId": INVOICE, "lineId": "1", "milestoneId": "m1"}
    open_ = await booked(database)

    done = await run("CompleteMilestone", **names, completedOn="2025-03-10")

    assert done["changed"]
    assert "2025-03-10 Dr Deferred Cr Recognized" in await booked(database)
    again = await run("CompleteMilestone", **names, completedOn="2025-03-10")
    assert not again["changed"]
    assert (await run("CompleteMilestone", **names, completedOn=None))["changed"]
    assert await booked(database) == open_


@pytest.mark.parametrize(
    ("names", "code", "path"),
    [
        ({"milestoneId": "m9"}, "NOT_FOUND", "milestoneId"),
        ({"lineId": "9"}, "UNKNOWN_DOCUMENT", "lineId"),
        ({"invoiceId": encode(InvoiceId("none"))}, "NOT_FOUND", "invoiceId"),
    ],
)
async def test_what_is_not_there_is_not_completed(
    database: Database, run: Run, names: dict[str, str], code: str, path: str
) -> None:
    await record(database, invoice("inv_1", milestone_line(("m1", "600.00", None))))
    wanted = {"invoiceId": INVOICE, "lineId": "1", "milestoneId": "m1", **names}

    payload = await run("CompleteMilestone", **wanted, completedOn="2025-03-10")

    assert codes(payload) == [code]
    assert payload["userErrors"][0]["path"] == [path]
    assert not payload["changed"]
