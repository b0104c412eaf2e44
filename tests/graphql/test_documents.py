"""Documents by state, accounting date and customer; milestones; credit notes."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents.actions import complete_milestone, void_document
from daybook.ledger.rules import SourceKind
from daybook.reports.documents import CREDIT_NOTES_MAX
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    milestone_line,
    noon,
    record,
    revise,
    terms,
)
from daybook_graphql.documents.ids import InvoiceId
from daybook_graphql.kit.ids import encode
from daybook_graphql.ledgers.ids import LedgerId
from daybook_graphql.parties.ids import CustomerId, ProductId

Ask = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.anyio

USD = encode(LedgerId("USD"))
SOURCES = """query ($l: ID!, $status: [DocumentStatus!], $dated: DateRangeInput,
    $customer: ID, $kind: [SourceKind!], $at: BigInt, $after: BigInt) {
  sources(ledgerId: $l, status: $status, dated: $dated, customerId: $customer,
      kind: $kind, asOfRecording: $at, changedAfterRecording: $after) {
    totalCount nodes { externalId } } }
"""
MILESTONES = """query ($l: ID!, $at: BigInt) {
  sources(ledgerId: $l, asOfRecording: $at) { nodes { externalId
    ... on Invoice { lines { externalId milestones {
      externalId name amount { amount } completedOn } } } } } }
"""


@pytest.fixture(scope="module")
async def recorded(module_database: Database) -> None:
    """Four recordings: documents, a void, a later date of the third, a cancellation."""
    third = invoice("inv_3", customer="cus_2", accounting_date="2025-02-28")
    await record(
        module_database,
        invoice("inv_1", accounting_date="2025-01-31"),
        invoice("inv_2", customer="cus_2", accounting_date="2025-02-01"),
        third,
        credit_note("cn_1", accounting_date="2025-03-01"),
        billing_schedule("bs_1"),
        on="2025-03-01",
    )
    await void_document(
        module_database,
        ORGANISATION,
        SourceKind.INVOICE,
        "inv_2",
        now=noon(parse_day("2025-03-02")),
    )
    await record(
        module_database, revise(third, accounting_date="2025-03-31"), on="2025-03-03"
    )
    ended = billing_schedule("bs_1", cancelled_on="2025-03-01")
    await record(module_database, ended, on="2025-03-04")


async def listed(ask: Ask, **variables: Any) -> list[str]:
    answer = await ask(SOURCES, {"l": USD, **variables})
    assert "errors" not in answer, answer
    sources = answer["data"]["sources"]
    ids = [node["externalId"] for node in sources["nodes"]]
    assert sources["totalCount"] == len(ids)
    return ids


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"status": ["VOIDED"]}, ["inv_2"]),
        ({"status": ["VOIDED", "CANCELLED"]}, ["bs_1", "inv_2"]),
        ({"status": ["FINAL"]}, ["inv_1", "inv_3", "cn_1"]),
        ({"status": []}, []),
        ({"status": ["VOIDED"], "at": 1}, []),
        ({"status": ["FINAL"], "at": 1}, ["bs_1", "inv_1", "inv_2", "inv_3", "cn_1"]),
        ({"dated": {"from": "2025-02-01", "to": "2025-02-28"}}, ["inv_2"]),
        (
            {"dated": {"from": "2025-02-01", "to": "2025-02-28"}, "at": 2},
            ["inv_2", "inv_3"],
        ),
        ({"dated": {"from": "2025-03-01"}}, ["inv_3", "cn_1"]),
        ({"dated": {"to": "2025-01-31"}}, ["bs_1", "inv_1"]),
        ({"dated": {}}, ["bs_1", "inv_1", "inv_2", "inv_3", "cn_1"]),
        ({"customer": encode(CustomerId("cus_2"))}, ["inv_2", "inv_3"]),
        ({"customer": encode(CustomerId("nobody"))}, []),
        ({"customer": encode(CustomerId("cus_2")), "after": 2}, ["inv_3"]),
        (
            {
                "customer": encode(CustomerId("cus_1")),
                "kind": ["INVOICE"],
                "dated": {"from": "2025-01-31", "to": "2025-01-31"},
                "status": ["FINAL"],
            },
            ["inv_1"],
        ),
    ],
)
async def test_documents_are_narrowed_as_of_a_recording(
    shared_ask: Ask, wanted: dict[str, Any], ids: list[str]
) -> None:
    assert await listed(shared_ask, **wanted) == ids


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("wanted", "code", "argument"),
    [
        (
            {"dated": {"from": "2025-02-02", "to": "2025-02-01"}},
            "INVALID_PERIOD",
            "dated",
        ),
        ({"customer": encode(ProductId("prod_1"))}, "INVALID_ID", "customerId"),
        ({"status": ["FINAL"], "after": 1}, "INVALID_VALUE", "status"),
        ({"dated": {"to": "2025-02-01"}, "after": 1}, "INVALID_VALUE", "dated"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    shared_ask: Ask, wanted: dict[str, Any], code: str, argument: str
) -> None:
    answer = await shared_ask(SOURCES, {"l": USD, **wanted})

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": code, "argument": argument}


async def milestones(ask: Ask, at: int | None = None) -> list[list[str | None]]:
    answer = await ask(MILESTONES, {"l": USD, "at": at})
    assert "errors" not in answer, answer
    return [
        [
            *(document["externalId"], its_line["externalId"], its["externalId"]),
            *(its["name"], its["amount"]["amount"], its["completedOn"]),
        ]
        for document in answer["data"]["sources"]["nodes"]
        for its_line in document["lines"]
        for its in its_line["milestones"]
    ]


async def complete(database: Database, milestone: str, day: str | None) -> None:
    await complete_milestone(
        database,
        ORGANISATION,
        "inv_1",
        "1",
        milestone,
        None if day is None else parse_day(day),
        now=noon(parse_day("2025-03-01")),
    )


async def test_milestones_are_those_of_the_recording(
    database: Database, ask: Ask
) -> None:
    parts = (("m1", "600.00", None), ("m2", "400.00", "2025-02-10"))
    invoices = (
        invoice("inv_1", milestone_line(*parts), line("2")),
        invoice("inv_2", line(its_terms=terms("12.00"))),
    )
    await record(database, *invoices, on="2025-02-10")
    await complete(database, "m1", "2025-02-20")
    await complete(database, "m1", "2025-02-25")
    await complete(database, "m2", None)

    def expected(first: str | None, second: str | None) -> list[list[str | None]]:
        return [
            ["inv_1", "1", "m1", "M1", "600.00", first],
            ["inv_1", "1", "m2", "M2", "400.00", second],
        ]

    assert await milestones(ask) == expected("2025-02-25", None)
    assert await milestones(ask, 1) == expected(None, "2025-02-10")
    assert await milestones(ask, 2) == expected("2025-02-20", "2025-02-10")
    assert await milestones(ask, 3) == expected("2025-02-25", "2025-02-10")
    # A revision has milestones of its own.
    changed = invoice("inv_1", milestone_line(("m1", "700.00", "2025-03-05")))
    await record(database, changed, on="2025-03-05")
    assert await milestones(ask) == [["inv_1", "1", "m1", "M1", "700.00", "2025-03-05"]]
    assert await milestones(ask, 4) == expected("2025-02-25", None)


async def test_milestones_of_a_group_stand_at_its_line(
    database: Database, ask: Ask
) -> None:
    leading = milestone_line(("m1", "500.00", None), id="a")
    second = milestone_line(("m2", "300.00", None), id="b")

    await record(database, invoice("inv_1", leading, replace(second, group="a")))

    assert await milestones(ask) == [
        ["inv_1", "a", "m1", "M1", "500.00", None],
        ["inv_1", "a", "m2", "M2", "300.00", None],
    ]


async def test_an_invoice_has_its_credit_notes(database: Database, ask: Ask) -> None:
    number = CREDIT_NOTES_MAX + 2
    notes = [
        credit_note(f"cn_{at}", credited_line("1.00"), accounting_date="2025-02-01")
        for at in range(number)
    ]
    await record(database, invoice("inv_1"), invoice("inv_2"), notes[0])
    await record(database, *notes[1:], on="2025-02-02")
    document = """query ($id: ID!) { node(id: $id) { ... on Invoice {
        creditNotes { externalId total { amount } invoice { externalId } } } } }"""

    answers = [
        await ask(document, {"id": encode(InvoiceId(own))})
        for own in ("inv_1", "inv_2")
    ]

    credited, free = (answer["data"]["node"]["creditNotes"] for answer in answers)
    assert free == []
    assert [note["externalId"] for note in credited] == [
        f"cn_{at}" for at in range(CREDIT_NOTES_MAX)
    ]
    assert {note["total"]["amount"] for note in credited} == {"1.00"}
    assert {note["invoice"]["externalId"] for note in credited} == {"inv_1"}
    before = await ask(
        """query ($l: ID!) { sources(ledgerId: $l, asOfRecording: 1) { nodes {
            ... on Invoice { creditNotes { externalId } } } } }""",
        {"l": USD},
    )
    first, second, _note = before["data"]["sources"]["nodes"]
    assert (first["creditNotes"], second["creditNotes"]) == (
        [{"externalId": "cn_0"}],
        [],
    )


async def test_a_void_is_previewed(database: Database, ask: Ask) -> None:
    """Of 1,200.00 for 2025, what was recognized by 15 June is taken back."""
    await record(database, invoice("inv_1"), invoice("inv_2"))
    await record(database, credit_note("cn_2", invoice_id="inv_2"))
    document = """query ($id: ID!) { voidPreview(documentId: $id) {
        posted { firstDay lastDay debit { role } credit { role } amount { amount } }
        scheduled { firstDay debit { role } amount { amount } }
        accounts { account { role } net { amount } }
        userErrors { code path } } }"""

    refused = await ask(document, {"id": encode(InvoiceId("inv_2"))})
    answer = await ask(document, {"id": encode(InvoiceId("inv_1"))})

    assert refused["data"]["voidPreview"] == {
        "posted": [],
        "scheduled": [],
        "accounts": [],
        "userErrors": [{"code": "IN_USE", "path": ["documentId"]}],
    }
    preview = answer["data"]["voidPreview"]
    assert preview["userErrors"] == []
    assert preview["posted"][0] == {
        "firstDay": "2025-01-01",
        "lastDay": "2025-01-01",
        "debit": {"role": "DEFERRED"},
        "credit": {"role": "BILLED"},
        "amount": {"amount": "1200.00"},
    }
    nets = {
        each["account"]["role"]: each["net"]["amount"] for each in preview["accounts"]
    }
    recognized, later = nets["RECOGNIZED"], nets["DEFERRED"]
    assert (nets["BILLED"], recognized, later) == ("-1200.00", "-549.95", "-650.05")
    dropped = [each["amount"]["amount"] for each in preview["scheduled"]]
    assert dropped[0] == "-50.05"
    assert sum(map(Decimal, dropped)) == Decimal(later)
