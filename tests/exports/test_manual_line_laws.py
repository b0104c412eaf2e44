"""Laws of manual journals in files: any journal, in every format, on both databases."""

import csv
import io
from collections import Counter
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.adjustments.rules import EnteredJournal, EnteredLine, Part
from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.exports.file_spec import FileOptions, FileSpec
from daybook.exports.formats import FORMATS, SEQUENCE
from daybook.exports.formats.xero import XERO
from daybook.exports.reading.expected import expected_totals
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.writing.streaming import render_file
from daybook.ledger.pins import Pin
from daybook.ledger.rules import ACCOUNT_NAMES, Role, SourceKind
from daybook.money import decimal_text
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.narratives import entered_text
from daybook_adjusting import entered, reversed_journal, submitted
from daybook_archives import map_all
from daybook_factories import invoice, line, pin, record
from daybook_files import (
    beancount_lines,
    csv_lines,
    minor,
    parquet_lines,
    totals_of,
    xlsx_lines,
)
from daybook_netsuite_checker import check_netsuite
from daybook_quickbooks_checker import check_quickbooks
from daybook_services.database import AT_ANY_TIME, NewDatabase
from daybook_services.faults import examples
from daybook_strict_csv import CheckedJournal
from daybook_xero_checker import check_xero

pytestmark = pytest.mark.anyio

MANUAL = JournalFilter(sources=(SourceKind.STANDALONE,), include_scheduled=True)
NAMES = {None: "", "prod_1": "Platform", "prod_2": "Services"}
WORDS = st.sampled_from(["", "Some", '"quoted", and more', "Zürich", "=1+1", "a; b"])
PRODUCTS = st.sampled_from([None, "prod_1", "prod_2"])
DEBITED, CREDITED = (Role.DEFERRED, Role.UNBILLED), (Role.RECOGNIZED, Role.BILLED)

Row: TypeAlias = tuple[str, ...]


class Posted(NamedTuple):
    """A journal that is posted, and undone or not."""

    journal: EnteredJournal
    is_undone: bool


@st.composite
def lines_of_a_customer(draw: st.DrawFn, customer: str | None) -> list[EnteredLine]:
    """Lines that balance, and debit other accounts than they credit."""
    amounts = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=4))
    total = sum(amounts)
    cuts = draw(st.sets(st.integers(1, total), max_size=3)) | {total}
    ends = sorted(cuts)
    parts = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return [
        EnteredLine(
            draw(st.sampled_from(DEBITED if is_debit else CREDITED)),
            is_debit,
            amount,
            draw(WORDS),
            customer,
            draw(PRODUCTS),
        )
        for is_debit, its in ((True, amounts), (False, parts))
        for amount in its
    ]


@st.composite
def journals(draw: st.DrawFn) -> Posted:
    """Any journal in March 2025, of up to three customers."""
    header = draw(st.sampled_from([None, "cus_1"]))
    customers = draw(st.sets(st.sampled_from([None, "cus_1", "cus_2"]), min_size=1))
    lines = [
        line_
        for customer in sorted(customers, key=str)
        for line_ in draw(lines_of_a_customer(customer))
    ]
    first = parse_day("2025-03-01")
    day = draw(st.integers(first, first + 30))
    reverses_on = draw(st.none() | st.integers(day + 1, day + 40))
    journal = entered(
        *draw(st.permutations(lines)),
        day=day_text(day),
        narrative=draw(WORDS) or "Told by nobody",
        customer=header,
        product=draw(PRODUCTS),
        reverses_on=None if reverses_on is None else day_text(reverses_on),
    )
    return Posted(journal, draw(st.booleans()))


def wanted_of(posted: Posted, number: int) -> list[tuple[Row, ...]]:
    """The rows of each journal that an entered one makes, in their order."""
    journal = posted.journal
    parts = [(Part.ORIGINAL, journal.day)]
    if journal.reverses_on is not None:
        parts.append((Part.REVERSAL, journal.reverses_on))
    if posted.is_undone:
        parts += [(part.undone_by, day) for part, day in parts]
    customers = dict.fromkeys(
        line_.customer_id or journal.customer_id for line_ in journal.lines
    )
    return [
        tuple(
            _row(journal, line_, number, part, day_text(day))
            for line_ in journal.lines
            if (line_.customer_id or journal.customer_id) == customer
        )
        for part, day in parts
        for customer in customers
    ]


def _row(
    journal: EnteredJournal, line_: EnteredLine, number: int, part: Part, day: str
) -> Row:
    told = entered_text(number, part, line_.description or journal.narrative)
    is_debit = line_.is_debit is not part.is_mirror
    return (
        *(day, told, NAMES[line_.product_id or journal.product_id]),
        line_.customer_id or journal.customer_id or "",
        "DEBIT" if is_debit else "CREDIT",
        *(ACCOUNT_NAMES[line_.role], decimal_text(line_.amount, 2)),
    )


COLUMNS = (
    *("Date", "Narrative", "Product name", "Customer ID", "Direction"),
    *("Ledger account name", "Amount"),
)


def generic_journals(content: bytes) -> list[tuple[Row, ...]]:
    """The rows of each journal, in the order of the file."""
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    return [
        tuple(tuple(row[name].removeprefix("'") for name in COLUMNS) for row in its)
        for _, its in groupby(rows, key=lambda row: row["Journal Number"])
    ]


def _checked(journals_: list[CheckedJournal]) -> list[Any]:
    return [
        (journal.day, line_.amount) for journal in journals_ for line_ in journal.lines
    ]


def _signed(lines: list[Any]) -> list[Any]:
    return [(at.day, at.amount if at.is_debit else -at.amount) for at in lines]


def amounts_in(name: str, content: bytes) -> list[Any]:
    """The day and the signed amount of each line, as its system reads it."""
    one_file: Any = {"is_part": True}
    if name == "XERO":
        types = {
            "201": "Revenue",
            "202": "Current Asset",
            "203": "Current Liability",
            "204": "Revenue",
        }
        dates: Any = {"dates": "dd mmm yyyy", "is_vendor": True}
        return _checked(check_xero(content, types, **dates, **one_file))
    if name == "QUICKBOOKS":
        kinds = {role.name.title(): "" for role in Role}
        return _checked(
            check_quickbooks(content, kinds, dates="mm/dd/yyyy", **one_file)
        )
    if name == "NETSUITE":
        names = {role.name.title() for role in Role}
        return _checked(check_netsuite(content, names, dates="mm/dd/yyyy", **one_file))
    readers = {
        "SEQUENCE": csv_lines,
        "BEANCOUNT": beancount_lines,
        "PARQUET": parquet_lines,
        "XLSX": xlsx_lines,
    }
    lines = readers[name](content)
    assert totals_of(lines).debits == totals_of(lines).credits
    return _signed(lines)


async def in_euros(
    database: Database, at: Pin, granularity: Granularity
) -> Counter[tuple[str, str, bool]]:
    """What a converted file comes to, by month, account and side."""
    options = FileOptions(converts=True, currency="EUR")
    spec = FileSpec(at, MANUAL, granularity, file_format=XERO, options=options)
    content = b"".join([piece async for piece in render_file(database, spec)])
    sums: Counter[tuple[str, str, bool]] = Counter()
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        amount = minor(row["*Amount"], 2)
        month = row["*Date"].partition(" ")[2]
        sums[month, row["*AccountCode"], amount > 0] += amount
    return sums


@settings(
    max_examples=examples(4),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(journals(), min_size=1, max_size=4))
async def test_each_format_has_the_lines_that_were_entered(
    new_database: NewDatabase, drawn: list[Posted]
) -> None:
    database = Database(new_database(), AT_ANY_TIME)
    try:
        seats = line(product="prod_2", product_name="Services")
        await record(
            database, invoice("inv_1"), invoice("inv_2", seats, customer="cus_2")
        )
        wanted: list[tuple[Row, ...]] = []
        for number, posted in enumerate(drawn, 1):
            await submitted(database, posted.journal)
            wanted += wanted_of(posted, number)
        for number, posted in enumerate(drawn, 1):
            if posted.is_undone:
                await reversed_journal(database, number)
        await map_all(database)
        at = await pin(database, on="2025-06-30")
        amounts = Counter(
            (row[0], row[4], row[6]) for journal in wanted for row in journal
        )
        for file_format in FORMATS:
            spec = FileSpec(at, MANUAL, Granularity.DAILY, file_format=file_format)
            promised: list[Totals] = []
            pieces = render_file(database, spec, promised.append)
            content = b"".join([piece async for piece in pieces])

            if file_format is SEQUENCE:
                assert Counter(generic_journals(content)) == Counter(wanted)
            found = Counter(
                (
                    day.isoformat(),
                    "DEBIT" if amount > 0 else "CREDIT",
                    decimal_text(abs(amount), 2),
                )
                for day, amount in amounts_in(file_format.name, content)
            )
            assert found == amounts
            totals = sum(promised, NOTHING)
            assert totals == await expected_totals(database, spec)
            assert totals.debits == totals.credits
        daily, monthly = [
            await in_euros(database, at, granularity) for granularity in Granularity
        ]
        assert daily == monthly
        assert sum(daily.values()) == 0
    finally:
        await database.close()
