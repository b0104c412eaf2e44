"""Importing again, changed, in part, or only to see: what is taken, and what is not."""

from collections.abc import Collection
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.db.engine import Database
from daybook.documents import commands
from daybook.documents.commands import import_documents
from daybook.documents.reading import read_documents
from daybook.errors import Problem, ProblemCode, Rejected
from daybook.ledger.rules import SourceKind
from daybook.recognition.rules import Method
from daybook_factories import (
    ORGANISATION,
    billing_schedule,
    burn_down_line,
    credit_note,
    credited_line,
    invoice,
    line,
    noon,
    prepayment_line,
    record,
    terms,
    usage_line,
    voided,
)
from daybook_stored import dump

pytestmark = pytest.mark.anyio


async def test_importing_the_same_again_changes_nothing(database: Database) -> None:
    documents = [
        invoice("inv_1"),
        invoice(
            "inv_2", line(its_terms=terms("50", None, method=Method.POINT_IN_TIME))
        ),
        credit_note("cn_1"),
        credit_note("cn_2", line(), invoice_id=None),
        invoice("inv_3", currency="JPY"),
    ]
    await record(database, *documents)
    before = await dump(database)

    result = await record(database, *documents, on="2025-06-01")

    assert result.unchanged == len(documents)
    assert sum(result.recorded.values()) == result.journals == result.movements == 0
    assert await dump(database) == before


async def test_new_documents_are_taken_beside_known_ones(database: Database) -> None:
    await record(database, invoice("inv_1"))

    result = await record(database, invoice("inv_1"), invoice("inv_2"))

    assert result.recorded[SourceKind.INVOICE] == 1
    assert result.unchanged == 1


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4])
@pytest.mark.either_database
async def test_any_part_in_any_order_again_changes_nothing(
    database: Database, first: int
) -> None:
    documents = [
        billing_schedule(),
        invoice("inv_1"),
        invoice("inv_2", prepayment_line(), billing_schedule_id="bs_1"),
        credit_note("cn_1"),
        voided(credit_note("cn_2")),
    ]
    await record(database, *documents)
    before = await dump(database)

    again = [*documents[first:], *documents[: first // 2]]
    result = await record(database, *again, on="2026-01-01")

    assert result.unchanged + result.unknown_voids.total() == len(again)
    assert await dump(database) == before


async def test_drafts_make_nothing(database: Database) -> None:
    draft: dict[str, object] = {
        "type": "invoice",
        "id": "inv_1",
        "status": "DRAFT",
        "currency": "USD",
        "customer": {"id": "cus_1", "name": "Acme"},
        "issued_on": "2025-01-01",
        "lines": [
            {"id": "1", "product": {"id": "p", "name": "Setup"}, "amount": "10.00"}
            | {"method": "POINT_IN_TIME"}
        ],
    }
    before = await dump(database)

    await record(database, *read_documents([draft]).documents)
    assert await dump(database) == before

    final = draft | {"status": "FINAL"}
    await record(database, *read_documents([final]).documents)
    await record(database, *read_documents([draft]).documents)
    assert len((await dump(database))["movements"]) == 1


async def test_all_or_nothing_with_every_problem_in_the_files_order(
    database: Database,
) -> None:
    await record(database, invoice("inv_1"))
    before = await dump(database)

    with pytest.raises(Rejected) as rejected:
        await record(
            database,
            invoice("new", line_in_file=1),
            credit_note("cn_1", invoice_id="none", line_in_file=2),
            invoice("eur", currency="EUR", line_in_file=3),
            credit_note("cn_2", invoice_id="eur", line_in_file=4),
            invoice("inv_1", currency="JPY", line_in_file=5),
        )

    found = [(problem.line, problem.code) for problem in rejected.value.problems]
    assert found == [
        (2, ProblemCode.UNKNOWN_DOCUMENT),
        (4, ProblemCode.MISMATCH),
        (5, ProblemCode.CHANGED),
    ]
    assert await dump(database) == before


@pytest.mark.either_database
async def test_a_dry_run_counts_and_takes_nothing(database: Database) -> None:
    documents = [invoice(), credit_note(), invoice("eur", currency="EUR")]
    before = await dump(database)

    dry = await record(database, *documents, is_dry_run=True)

    assert await dump(database) == before
    assert await record(database, *documents) == dry


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.either_database
async def test_a_dry_run_reads_again_what_later_batches_change(
    database: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(commands, "BATCH", at_once)
    usage = usage_line("u", "100.00", ("2025-02-01", "2025-02-28"))
    documents = [
        billing_schedule(),
        invoice("alone"),
        invoice("inv_1"),
        invoice("billed", billing_schedule_id="bs_1"),
        invoice("prepaid", prepayment_line("500.00")),
        invoice("used", usage, burn_down_line("60.00", usage)),
        credit_note("cn_1", invoice_id="inv_1"),
        credit_note("cn_2", credited_line("10.00", "u"), invoice_id="used"),
    ]

    dry = await record(database, *documents, is_dry_run=True, with_effects=True)

    assert dry.recorded.total() == len(documents)
    assert await record(database, *documents, with_effects=True) == dry


async def test_a_dry_run_writes_no_journals_that_nothing_reads_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Told that no document names another one, it finds nothing to take back.
    monkeypatch.setattr(commands, "BATCH", 1)
    documents = [invoice("inv_1"), credit_note("cn_1", invoice_id="inv_1")]
    given: dict[str, Any] = {"now": noon(parse_day("2025-01-01")), "reason": "test"}

    async def movements(named: Collection[tuple[SourceKind, str]] | None) -> int:
        result = await import_documents(
            *(database, ORGANISATION, documents),
            **given,
            is_dry_run=True,
            named=named,
        )
        return result.movements

    whole = await movements(None)
    assert await movements({documents[0].key}) == whole
    assert await movements(set()) != whole


@pytest.mark.either_database
async def test_a_dry_run_names_the_problems_too(database: Database) -> None:
    with pytest.raises(Rejected):
        await record(database, credit_note(), is_dry_run=True)


@pytest.mark.either_database
async def test_an_import_of_nothing_does_nothing(database: Database) -> None:
    before = await dump(database)

    result = await record(database)

    assert result.unchanged == result.journals == 0
    assert await dump(database) == before


@pytest.mark.either_database
async def test_problems_read_as_sentences(database: Database) -> None:
    with pytest.raises(Rejected) as rejected:
        await record(database, credit_note(line_in_file=3))

    assert rejected.value.problems == (
        Problem(
            ProblemCode.UNKNOWN_DOCUMENT,
            "there is no invoice 'inv_1': import it first, or put it into the same"
            " file",
            ("invoice_id",),
            3,
        ),
    )
