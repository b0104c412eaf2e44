"""A number that another document of its kind has: taken, with a notice."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.results import NOTICES_MAX
from daybook.documents.rules import Document
from daybook.errors import Notice, NoticeCode
from daybook_factories import (
    billing_schedule,
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
    voided,
)
from daybook_stored import dump

pytestmark = pytest.mark.anyio


def numbered(document: Document, number: str = "INV-1", at: int = 1) -> Document:
    """The document under a number, at a line of its file."""
    return replace(document, number=number, line=at)


def told(notices: Sequence[Notice]) -> list[tuple[int | None, str]]:
    return [(notice.line, notice.message) for notice in notices]


async def test_a_number_that_is_recorded_is_taken_with_a_notice(
    database: Database,
) -> None:
    await record(database, numbered(invoice("inv_1")))

    result = await record(
        database,
        numbered(invoice("inv_2"), at=4),
        numbered(invoice("inv_3"), "INV-3", at=5),
    )

    assert result.recorded.total() == 2
    assert result.notices == [
        Notice(
            NoticeCode.NUMBER_IN_USE,
            "number 'INV-1' is also that of invoice 'inv_1'",
            ("number",),
            4,
        )
    ]
    assert result.notices_total == 1
    assert str(result.notices[0]) == (
        "line 4: number 'INV-1' is also that of invoice 'inv_1'; the document was"
        " recorded [NUMBER_IN_USE]"
    )


@pytest.mark.either_database
async def test_the_later_one_of_a_file_is_told_of(database: Database) -> None:
    result = await record(
        database, numbered(invoice("inv_2"), at=1), numbered(invoice("inv_1"), at=2)
    )

    assert told(result.notices) == [
        (2, "number 'INV-1' is also that of invoice 'inv_2'")
    ]


async def test_a_number_is_looked_for_in_every_ledger(database: Database) -> None:
    euros = line(its_terms=terms(currency="EUR"))

    result = await record(
        database,
        numbered(invoice("inv_1"), at=1),
        numbered(invoice("inv_2", euros, currency="EUR"), at=2),
    )

    # Ledgers are written in the order of their currencies: EUR is the earlier one.
    assert told(result.notices) == [
        (1, "number 'INV-1' is also that of invoice 'inv_2'")
    ]


@pytest.mark.either_database
async def test_each_kind_has_numbers_of_its_own(database: Database) -> None:
    result = await record(
        database,
        numbered(invoice("inv_1"), "1"),
        numbered(credit_note("cn_1", credited_line()), "1"),
        numbered(billing_schedule("bs_1", currency="USD"), "1"),
    )

    assert result.notices == []


async def test_a_document_may_be_sent_again_or_revised_with_its_number(
    database: Database,
) -> None:
    twice = [numbered(invoice("inv_1")), numbered(invoice("inv_2"), at=2)]
    await record(database, *twice)

    again = await record(database, *twice)
    revised = await record(
        database, numbered(invoice("inv_2", line(its_terms=terms("600.00"))), at=2)
    )

    assert (again.unchanged, again.notices) == (2, [])
    assert (revised.revised.total(), revised.notices) == (1, [])


@pytest.mark.either_database
async def test_a_revision_to_a_number_in_use_is_told_of(database: Database) -> None:
    await record(
        database,
        numbered(invoice("inv_1"), "A"),
        numbered(invoice("inv_2"), "B"),
        numbered(invoice("inv_3"), "C"),
    )

    result = await record(
        database,
        numbered(invoice("inv_1"), "B", at=1),
        numbered(invoice("inv_3"), "D", at=2),
        numbered(invoice("inv_4"), "D", at=3),
    )

    assert told(result.notices) == [
        (1, "number 'B' is also that of invoice 'inv_2'"),
        (3, "number 'D' is also that of invoice 'inv_3'"),
    ]


@pytest.mark.either_database
async def test_two_that_exchange_their_numbers_are_not_told_of(
    database: Database,
) -> None:
    await record(
        database, numbered(invoice("inv_1"), "A"), numbered(invoice("inv_2"), "B")
    )

    result = await record(
        database, numbered(invoice("inv_1"), "B"), numbered(invoice("inv_2"), "A")
    )

    assert (result.revised.total(), result.notices) == (2, [])


async def test_the_number_of_a_void_document_is_free(database: Database) -> None:
    first = numbered(invoice("inv_1"))
    await record(database, first)

    result = await record(database, voided(first), numbered(invoice("inv_2")))

    assert (result.voided.total(), result.notices) == (1, [])


@pytest.mark.either_database
async def test_a_dry_run_tells_the_same_and_takes_nothing(database: Database) -> None:
    await record(database, numbered(invoice("inv_1")))
    before = await dump(database)

    result = await record(database, numbered(invoice("inv_2")), is_dry_run=True)

    assert len(result.notices) == 1
    assert await dump(database) == before


@pytest.mark.either_database
async def test_so_many_notices_are_kept_and_all_are_counted(
    database: Database,
) -> None:
    many = [numbered(invoice(f"inv_{at}"), at=at) for at in range(NOTICES_MAX + 11)]

    result = await record(database, *many)

    assert (len(result.notices), result.notices_total) == (1_000, 1_010)
