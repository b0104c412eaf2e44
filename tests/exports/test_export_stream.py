"""Exports of a ledger: the entries of the rules, in constant slices, of one moment."""

import csv
import io

import pytest
from sqlalchemy import text

from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.reading import rows as queries
from daybook.exports.rules import Granularity
from daybook.exports.writing.streaming import render_file
from daybook.ledger.pins import Pin
from daybook.ledger.rules import ACCOUNT_NAMES
from daybook.money import amount_text
from daybook.paging import PageRequest
from daybook.reports.journals.entries import find_entries
from daybook.reports.journals.filters import JournalFilter
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
    terms,
)

pytestmark = pytest.mark.anyio

ODD = ("2025-01-17", "2025-05-03")
DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY


async def a_history(database: Database) -> Pin:
    """Invoices, a late credit note and a standalone one; pinned to the last."""
    await record(
        database,
        *(
            invoice(
                f"inv_{at}",
                line("1", its_terms=terms(f"{at + 1}00.07", ODD)),
                line("2", product="p2", its_terms=terms("0.05", ODD)),
                customer=f"cus_{at % 3}",
                accounting_date=f"2025-0{at % 4 + 1}-11",
            )
            for at in range(8)
        ),
    )
    await record(
        database,
        credit_note(
            "cn_1", credited_line("40.00"), invoice_id="inv_0", customer="cus_0"
        ),
        credit_note("cn_2", line(its_terms=terms("7.00", ODD)), invoice_id=None),
        on="2025-03-20",
    )
    return await pin(database)


async def rendered(
    database: Database,
    its_pin: Pin,
    wanted: JournalFilter | None = None,
    granularity: Granularity = DAILY,
) -> bytes:
    """A whole export."""
    spec = FileSpec(its_pin, wanted or JournalFilter(), granularity)
    pieces = render_file(database, spec)
    return b"".join([piece async for piece in pieces])


def rows_of(export: bytes) -> list[dict[str, str]]:
    """An export's lines by their columns."""
    return list(csv.DictReader(io.StringIO(export.decode(), newline="")))


async def test_the_csv_the_entries_and_the_view_say_the_same(
    database: Database,
) -> None:
    its_pin = await a_history(database)

    rows = rows_of(await rendered(database, its_pin))

    async with database.reads() as session:
        every = PageRequest(1_000_000)
        page = await find_entries(session, its_pin, JournalFilter(), every)
        view = await session.execute(
            text(
                "SELECT journal_number, entry_date, debit_account, credit_account,"
                " amount_minor FROM journal_entries"
                " ORDER BY journal_number, movement, entry_date"
            )
        )
        of_view = [
            (str(number), day, debit, credit, amount_text(amount, "USD"))
            for number, day, debit, credit, amount in view
        ]
    of_entries = [
        (
            *(str(item.journal), day_text(item.day), item.debit.name, item.credit.name),
            amount_text(item.amount, "USD"),
        )
        # Lists go by day; a file has a movement's days together.
        for item in sorted(page.items, key=lambda row: (row.journal, row.seq, row.day))
    ]
    roles = {name: role.name for role, name in ACCOUNT_NAMES.items()}
    of_csv = [
        (
            *(debit["Journal Number"], debit["Date"]),
            roles[debit["Ledger account name"]],
            roles[credit["Ledger account name"]],
            debit["Amount"],
        )
        for debit, credit in zip(rows[::2], rows[1::2], strict=True)
    ]
    assert {row["Direction"] for row in rows[::2]} == {"DEBIT"}
    assert {row["Direction"] for row in rows[1::2]} == {"CREDIT"}
    assert of_csv == of_view
    assert of_csv == of_entries


@pytest.mark.parametrize("granularity", [DAILY, MONTHLY])
async def test_the_slices_dont_show(
    database: Database, monkeypatch: pytest.MonkeyPatch, granularity: Granularity
) -> None:
    its_pin = await a_history(database)
    whole = await rendered(database, its_pin, granularity=granularity)

    monkeypatch.setattr(queries, "SLICE", 1)

    assert await rendered(database, its_pin, granularity=granularity) == whole


async def test_monthly_lines_sum_the_daily_ones(database: Database) -> None:
    its_pin = await a_history(database)

    daily = rows_of(await rendered(database, its_pin))
    monthly = rows_of(await rendered(database, its_pin, granularity=MONTHLY))

    def sums(rows: list[dict[str, str]]) -> dict[tuple[str, str, str], int]:
        totals: dict[tuple[str, str, str], int] = {}
        for row in rows:
            key = (
                row["Journal Number"],
                row["Direction"],
                row["Ledger account name"],
            )
            minor = int(row["Amount"].replace(".", ""))
            totals[key] = totals.get(key, 0) + minor
        return totals

    assert len(monthly) == len(sums(monthly))
    assert sums(monthly) == sums(daily)


async def test_a_range_cuts_movements_at_its_ends(database: Database) -> None:
    its_pin = await a_history(database)
    wanted = JournalFilter(
        posted_from=parse_day("2025-02-10"), posted_to=parse_day("2025-03-05")
    )

    rows = rows_of(await rendered(database, its_pin, wanted))

    every = rows_of(await rendered(database, its_pin))
    assert rows == [row for row in every if "2025-02-10" <= row["Date"] <= "2025-03-05"]
    assert rows


async def test_scheduled_entries_are_left_out_unless_asked_for(
    database: Database,
) -> None:
    its_pin = await a_history(database)
    on = parse_day("2025-03-05")

    posted = rows_of(
        await rendered(database, its_pin, JournalFilter(on=on, include_scheduled=False))
    )

    every = rows_of(await rendered(database, its_pin, JournalFilter(on=on)))
    statuses = [row.pop("Status") for row in every]
    assert set(statuses) == {"Posted", "Scheduled"}
    assert posted == [row for row in every if row["Date"] <= "2025-03-05"]
    assert 0 < len(posted) < len(every)


async def test_a_credit_notes_lines_name_its_invoice(database: Database) -> None:
    its_pin = await a_history(database)

    rows = rows_of(await rendered(database, its_pin))

    def documents(part: str) -> set[tuple[str, str]]:
        return {
            (row["Invoice ID"], row["Invoice number"])
            for row in rows
            if part in row["Narrative"]
        }

    assert documents("(CN_1)") == {("inv_0", "INV_0")}
    assert documents("(CN_2)") == {("", "")}
    assert documents("(INV_3)") == {("inv_3", "INV_3")}


async def test_what_is_recorded_meanwhile_is_not_in_an_export(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    its_pin = await a_history(database)
    before = await rendered(database, its_pin)
    monkeypatch.setattr(queries, "SLICE", 1)
    pieces = render_file(database, FileSpec(its_pin, JournalFilter(), DAILY))
    first = [await anext(pieces), await anext(pieces)]

    await record(
        database,
        credit_note(
            "cn_9", credited_line("1.00"), invoice_id="inv_5", customer="cus_2"
        ),
        invoice("inv_9", customer="cus_0"),
        on="2025-03-20",
    )
    rest = [piece async for piece in pieces]

    assert b"".join(first + rest) == before
    assert await rendered(database, its_pin) == before
    assert await rendered(database, await pin(database)) != before


async def test_an_empty_selection_is_a_header(database: Database) -> None:
    its_pin = await a_history(database)
    wanted = JournalFilter(posted_from=parse_day("2030-01-01"))

    assert (await rendered(database, its_pin, wanted)).count(b"\n") == 1
