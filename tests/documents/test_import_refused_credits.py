"""Credit notes that are refused: each with its code, its place and its line."""

from collections.abc import Sequence

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Document
from daybook.errors import Problem, ProblemCode, Rejected
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    record,
    terms,
)
from daybook_stored import dump

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]


async def refused(database: Database, *documents: Document) -> Sequence[Problem]:
    """The problems of an import, of which nothing is taken."""
    before = await dump(database)
    with pytest.raises(Rejected) as rejected:
        await record(database, *documents)
    assert await dump(database) == before
    return rejected.value.problems


def of(problem: Problem) -> tuple[ProblemCode, str, int | None]:
    return problem.code, ".".join(problem.path), problem.line


async def test_an_unknown_invoice(database: Database) -> None:
    (problem,) = await refused(database, credit_note(invoice_id="no", line_in_file=4))

    assert of(problem) == (ProblemCode.UNKNOWN_DOCUMENT, "invoice_id", 4)


async def test_an_unknown_line_names_those_there_are(database: Database) -> None:
    await record(database, invoice("inv_1", line("a"), line("b")))

    (problem,) = await refused(
        database,
        credit_note(
            "cn_1",
            credited_line("1.00", "a"),
            credited_line("1.00", "z", id="2"),
            line_in_file=4,
        ),
    )

    assert of(problem) == (
        ProblemCode.UNKNOWN_DOCUMENT,
        "lines.1.invoice_line_id",
        4,
    )
    assert "it has a, b" in problem.message


@pytest.mark.parametrize("is_in_file", [True, False])
async def test_another_currency(database: Database, *, is_in_file: bool) -> None:
    before, file = ([], [invoice()]) if is_in_file else ([invoice()], [])
    await record(database, *before)

    for currency in ("EUR", "ZAR"):
        (problem,) = await refused(
            database, *file, credit_note(currency=currency, line_in_file=4)
        )
        assert of(problem) == (ProblemCode.MISMATCH, "currency", 4)
        assert problem.message == (
            f"invoice 'inv_1' is in USD, its credit note in {currency}: send it in USD,"
            " or name another invoice"
        )


@pytest.mark.parametrize("is_in_file", [True, False])
async def test_another_customer(database: Database, *, is_in_file: bool) -> None:
    before, file = ([], [invoice()]) if is_in_file else ([invoice()], [])
    await record(database, *before)

    problems = await refused(
        database,
        *file,
        credit_note("cn_1", credited_line("9999.00"), customer="cus_2", line_in_file=4),
    )

    assert [of(problem) for problem in problems] == [
        (ProblemCode.MISMATCH, "customer.id", 4),
        (ProblemCode.CREDIT_TOO_LARGE, "lines.0.amount", 4),
    ]


async def test_more_than_a_line_has_left(database: Database) -> None:
    await record(database, invoice())

    (problem,) = await refused(
        database, credit_note("cn_1", credited_line("1200.01"), line_in_file=4)
    )

    assert of(problem) == (ProblemCode.CREDIT_TOO_LARGE, "lines.0.amount", 4)
    assert problem.message == (
        "credits 1200.01, but line '1' of invoice 'inv_1' has 1200.00 left; send the"
        " other 0.01 as a credit note without invoice_id, whose lines have a product,"
        " dates and a method of their own"
    )


@pytest.mark.parametrize("amount", ["0.00", "-50.00"])
async def test_a_line_that_is_not_positive_has_nothing_left(
    database: Database, amount: str
) -> None:
    await record(database, invoice("inv_1", line(its_terms=terms(amount))))

    (problem,) = await refused(database, credit_note("cn_1", credited_line("0.01")))

    assert problem.code is ProblemCode.CREDIT_TOO_LARGE


async def test_more_than_is_left_over_several_notes_of_a_file(
    database: Database,
) -> None:
    notes = [
        credit_note("cn_1", credited_line("700.00"), line_in_file=1),
        credit_note(
            "cn_2",
            credited_line("300.00"),
            credited_line("200.01", id="2"),
            line_in_file=2,
        ),
        credit_note("cn_3", credited_line("200.00"), line_in_file=3),
    ]

    (problem,) = await refused(database, *notes, invoice(line_in_file=9))

    assert of(problem) == (ProblemCode.CREDIT_TOO_LARGE, "lines.1.amount", 2)
    assert "has 200.00 left" in problem.message


async def test_more_than_is_left_over_several_imports(database: Database) -> None:
    await record(database, invoice(), credit_note("cn_1", credited_line("700.00")))
    await record(database, credit_note("cn_2", credited_line("400.00")))

    (problem,) = await refused(database, credit_note("cn_3", credited_line("100.01")))
    assert "has 100.00 left" in problem.message

    await record(database, credit_note("cn_3", credited_line("100.00")))
    (problem,) = await refused(database, credit_note("cn_4", credited_line("0.01")))
    assert "has 0.00 left; send 0.01 as a credit note" in problem.message
