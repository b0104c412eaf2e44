"""A credit note without an invoice takes revenue at once: taken, with a notice."""

from dataclasses import replace

import pytest

from daybook.db.engine import Database
from daybook.documents.rules import Line
from daybook.errors import NoticeCode
from daybook.recognition.rules import Method
from daybook_factories import credit_note, invoice, line, record, terms, usd, voided
from daybook_stored import dump

pytestmark = [pytest.mark.anyio, pytest.mark.either_database]

DAY = "2025-10-01"
TO_LINK = (
    "void it as it is recorded (status VOIDED), and send it again under another id,"
    " with invoice_id, and invoice_line_id in each line"
)


def on_a_day(
    amount: str, line_id: str = "1", product: str = "prod_1", day: str | None = None
) -> Line:
    """A credit of a point in time, by default on the accounting date."""
    its_terms = terms(
        amount,
        None,
        accounting_date=DAY,
        method=Method.POINT_IN_TIME,
        recognized_on=day,
    )
    return line(line_id, product=product, its_terms=its_terms)


async def test_it_says_how_much_from_whom_and_how_to_link_it(
    database: Database,
) -> None:
    unlinked = credit_note("cn_2", on_a_day("1500.00"), invoice_id=None, line_in_file=7)

    result = await record(database, invoice(), credit_note("cn_1"), unlinked)

    (notice,) = result.notices
    assert notice.code is NoticeCode.CREDIT_WITHOUT_INVOICE
    assert (notice.path, notice.line, notice.value) == (("invoice_id",), 7, "'cn_2'")
    assert notice.message == (
        "credit note 'cn_2' names no invoice, so it takes 1,500.00 USD of revenue at"
        " once from customer 'cus_1' (product 'prod_1'); to credit an invoice instead,"
        f" {TO_LINK}"
    )
    assert result.revenue_taken == {"USD": usd("1,500.00")}


async def test_all_its_products_are_named(database: Database) -> None:
    lines = [on_a_day("10.00", str(at), f"prod_{at}") for at in range(5)]

    result = await record(database, credit_note("cn_1", *lines, invoice_id=None))

    (notice,) = result.notices
    assert "takes 50.00 USD of revenue at once" in notice.message
    assert "(products 'prod_0', 'prod_1', 'prod_2', 2 more)" in notice.message


@pytest.mark.parametrize(
    ("its_terms", "taken"),
    [
        # Spread over days to come: Deferred, and then revenue day by day.
        (terms("90.00", ("2025-10-01", "2025-12-31"), accounting_date=DAY), None),
        # A day to come.
        (on_a_day("90.00", day="2025-10-02").terms, None),
        # A day, and months, that are over.
        (on_a_day("90.00", day="2025-09-01").terms, "90.00"),
        (terms("90.00", ("2025-07-01", "2025-09-30"), accounting_date=DAY), "90.00"),
        (on_a_day("0.00").terms, None),
    ],
)
async def test_only_what_is_over_by_its_date_is_taken_at_once(
    database: Database, its_terms: object, taken: str | None
) -> None:
    note = credit_note("cn_1", line(its_terms=its_terms), invoice_id=None)  # type: ignore[arg-type]  # pytest's parameters have no types

    result = await record(database, note)

    assert result.revenue_taken.total() == (0 if taken is None else usd(taken))
    assert len(result.notices) == (taken is not None)


async def test_one_that_is_unchanged_or_void_has_none(database: Database) -> None:
    note = credit_note("cn_1", on_a_day("50.00"), invoice_id=None)
    await record(database, note)

    again = await record(database, note)
    changed = await record(database, replace(note, lines=(on_a_day("60.00"),)))
    void = await record(database, voided(note))

    assert (again.unchanged, again.notices) == (1, [])
    assert "takes 60.00 USD" in changed.notices[0].message
    assert void.notices == []


async def test_a_dry_run_says_how_to_send_it_instead(database: Database) -> None:
    note = credit_note("cn_1", on_a_day("50.00"), invoice_id=None)
    before = await dump(database)

    result = await record(database, note, is_dry_run=True)

    (notice,) = result.notices
    assert notice.message.endswith(
        "instead, give it invoice_id, and invoice_line_id in each line"
    )
    assert await dump(database) == before
