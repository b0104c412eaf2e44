"""What the audit trail says of imports, and that changed documents are found."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from daybook.activity.rules import ActivityKind, Run
from daybook.audit.rules import SubjectKind, Verification
from daybook.db.engine import Database
from daybook.documents.rules import DocumentStatus
from daybook.errors import Rejected
from daybook.reports.activity import ListedActivity, find_activities
from daybook.reports.audit import verify
from daybook.reports.journals.queries import PageRequest
from daybook.reports.run_documents import (
    RUNS_MAX,
    RunDocument,
    count_documents_of_runs,
    documents_of_runs,
)
from daybook.reports.trail.filters import TrailFilter
from daybook.reports.trail.queries import count_records, find_records
from daybook_factories import credit_note, invoice, line, record, terms, usd
from daybook_trail import ORGANISATION, tamper

pytestmark = pytest.mark.anyio

INVOICE = invoice("inv_1", accounting_date="2025-01-01")


async def a_history(database: Database) -> None:
    """Two invoices and one in yen, a revision, a credit note, and a void of it."""
    yen = line(its_terms=terms("1200000", currency="JPY"))
    await record(
        database,
        INVOICE,
        invoice("inv_2"),
        invoice("inv_yen", yen, currency="JPY"),
    )
    revised = replace(INVOICE, number="INV-1-NEW")
    await record(database, revised, on="2025-02-01")
    note = credit_note("cn_1", invoice_id="inv_1")
    await record(database, note, on="2025-10-01")
    voided = replace(note, status=DocumentStatus.VOIDED)
    await record(database, voided, on="2025-10-02")


async def details(database: Database) -> list[dict[str, Any]]:
    """What the records say, in their order."""
    async with database.reads() as session:
        rows = await session.scalars(
            text("SELECT details FROM audit_records ORDER BY number")
        )
        return [json.loads(row) for row in rows]


async def test_an_import_tells_its_counts_and_recordings(database: Database) -> None:
    await a_history(database)

    first, revision, credit, void = await details(database)

    assert first["recorded"] == {"INVOICE": 3}
    assert revision["revised"] == {"INVOICE": 1}
    assert credit["recorded"] == {"CREDIT_NOTE": 1}
    assert void["voided"] == {"CREDIT_NOTE": 1}
    told = {
        currency: (one["first"], one["last"], one["documents"])
        for currency, one in first["recordings"].items()
    }
    assert told == {"JPY": (1, 1, 1), "USD": (1, 1, 2)}
    assert [list(one["recordings"]) for one in (revision, credit, void)] == [
        ["USD"]
    ] * 3
    assert await verify(database, ORGANISATION) == Verification(4)


@pytest.mark.either_database
async def test_an_import_that_changes_nothing_tells_nothing(database: Database) -> None:
    await a_history(database)
    await record(database, invoice("inv_2"))
    await record(database, invoice("inv_3"), on="2025-12-01", is_dry_run=True)

    assert len(await details(database)) == 4
    assert len(await activity(database)) == 5


CHANGES = {
    "content": (
        "UPDATE documents SET content_hash = :other WHERE external_id = 'inv_2'",
        1,
    ),
    "status": ("UPDATE documents SET status = 2 WHERE external_id = 'inv_2'", 1),
    "own id": ("UPDATE documents SET external_id = 'x' WHERE external_id = 'inv_2'", 1),
    "another ledger's": (
        "UPDATE documents SET external_id = 'x' WHERE external_id = 'inv_yen'",
        1,
    ),
    "a revised one": (
        "UPDATE documents SET content_hash = :other WHERE external_id = 'inv_1'",
        2,
    ),
    "what a revision replaced": (
        "UPDATE document_versions SET content_hash = :other WHERE made_in = 1",
        1,
    ),
    "a voided one": ("UPDATE documents SET status = 1 WHERE external_id = 'cn_1'", 4),
    "another recording": (
        "UPDATE documents SET recorded_in = 3 WHERE external_id = 'inv_2'",
        1,
    ),
}


@pytest.mark.parametrize(("change", "named"), CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.either_database
async def test_a_document_that_was_changed_is_found(
    database: Database, change: str, named: int
) -> None:
    await a_history(database)
    values = {"other": bytes(16)} if ":other" in change else None

    await tamper(database, change, values)

    mismatch = (await verify(database, ORGANISATION)).mismatch
    assert mismatch is not None and mismatch.number == named
    assert "documents of the " in mismatch.reason


async def test_records_of_a_document_are_those_that_changed_it(
    database: Database,
) -> None:
    await a_history(database)

    async def numbers(kind: SubjectKind, its_id: str) -> list[int]:
        about = TrailFilter(kind=kind, id=its_id)
        async with database.reads() as session:
            page = await find_records(session, ORGANISATION, PageRequest(10), about)
            count = await count_records(session, ORGANISATION, about)
        assert count == len(page.items)
        return [row.record.number for row in page.items]

    assert await numbers(SubjectKind.INVOICE, "inv_1") == [2, 1]
    assert await numbers(SubjectKind.INVOICE, "inv_2") == [1]
    assert await numbers(SubjectKind.CREDIT_NOTE, "cn_1") == [4, 3]
    assert await numbers(SubjectKind.CREDIT_NOTE, "inv_1") == []
    assert await numbers(SubjectKind.LEDGER, "USD") == [4, 3, 2, 1]
    assert await numbers(SubjectKind.LEDGER, "JPY") == [1]
    assert await numbers(SubjectKind.LEDGER, "EUR") == []


async def activity(database: Database) -> list[ListedActivity]:
    """The activity log, oldest first."""
    async with database.reads() as session:
        page = await find_activities(session, ORGANISATION, PageRequest(100))
    return page.items[::-1]


async def test_each_ledger_that_an_import_touched_has_a_line(
    database: Database,
) -> None:
    await a_history(database)

    lines = await activity(database)

    assert [(one.currency, one.documents) for one in lines] == [
        ("JPY", 1),
        ("USD", 2),
        ("USD", 1),
        ("USD", 1),
        ("USD", 1),
    ]
    assert {one.kind for one in lines} == {ActivityKind.IMPORT}
    assert lines[0].journals == 12 and lines[0].movements == 13
    assert lines[1].journals == 24 and lines[1].movements == 26
    assert lines[3].movements > 0
    assert not any(one.is_failed for one in lines)


async def test_the_documents_of_a_run_are_as_the_run_left_them(
    database: Database,
) -> None:
    await a_history(database)

    async def of(run: Run, request: PageRequest) -> list[RunDocument]:
        async with database.reads() as session:
            (page,) = await documents_of_runs(session, [run], request)
            return page.items

    lines = await activity(database)
    runs = [
        Run(one.ledger_id or 0, one.first_recording or 0, one.last_recording or 0)
        for one in lines
    ]
    first, second = await of(runs[1], PageRequest(10))
    assert [one.external_id for one in (first, second)] == ["inv_1", "inv_2"]
    assert (second.amount, second.movements) == (usd("1200.00"), 13)
    assert (first.amount, first.movements) == (usd("1200.00"), 13)
    assert [one.external_id for one in await of(runs[2], PageRequest(10))] == ["inv_1"]
    (note,) = await of(runs[3], PageRequest(10))
    assert (note.external_id, note.amount) == ("cn_1", usd("100.00"))

    assert await of(runs[1], PageRequest(1)) == [first]
    assert await of(runs[1], PageRequest(1, (first.id,))) == [second]
    backward = PageRequest(1, (second.id,), is_backward=True)
    assert await of(runs[1], backward) == [first]
    async with database.reads() as session:
        assert await count_documents_of_runs(session, runs[1:4]) == [2, 1, 1]
        pages = await documents_of_runs(session, runs[1:4], PageRequest(1))
    together = [(its.items[0].external_id, its.has_next) for its in pages]
    assert together == [("inv_1", True), ("inv_1", False), ("cn_1", False)]
    assert pages[2].items == [note]


async def test_runs_beyond_one_statement_have_their_documents(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"))
    await record(database, invoice("inv_2"), on="2025-01-02")
    first, second = [
        Run(line.ledger_id or 0, line.first_recording or 0, line.last_recording or 0)
        for line in await activity(database)
    ]
    runs = [first] * RUNS_MAX + [second]

    async with database.reads() as session:
        pages = await documents_of_runs(session, runs, PageRequest(10))
        counts = await count_documents_of_runs(session, runs)

    names = [[its.external_id for its in page.items] for page in pages]
    assert names == [["inv_1"]] * RUNS_MAX + [["inv_2"]]
    assert counts == [1] * len(runs)


@pytest.mark.either_database
async def test_an_import_that_is_refused_has_a_line_too(database: Database) -> None:
    with pytest.raises(Rejected):
        await record(database, credit_note(invoice_id="inv_9"))

    (one,) = await activity(database)
    assert one.is_failed and one.problems == 1
    assert one.message.startswith("test: ")
    assert (one.currency, one.documents, one.movements) == (None, 0, 0)
    assert await details(database) == []
