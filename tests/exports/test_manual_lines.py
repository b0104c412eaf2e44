"""Files by day have manual journals as people entered them, line by line."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daybook.adjustments.rules import AdjustmentMode
from daybook.calendar import parse_day
from daybook.configuration.commands import rename_account
from daybook.db.engine import Database
from daybook.errors import Rejected
from daybook.exports.differences.since import since_spec
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import SEQUENCE, Format
from daybook.exports.formats.beancount import BEANCOUNT
from daybook.exports.formats.netsuite import NETSUITE
from daybook.exports.formats.parquet import PARQUET
from daybook.exports.formats.quickbooks import QUICKBOOKS
from daybook.exports.formats.xero import XERO
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.manifests.verifying import verify_file
from daybook.exports.preflight.findings import FindingCode
from daybook.exports.preflight.queries import read_preflight
from daybook.exports.reading.expected import expected_totals
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.writing.planning import plan_file
from daybook.exports.writing.streaming import render_file
from daybook.ledger.rules import Role, SourceKind
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_adjusting import credit, debit, entered, reversed_journal, submitted
from daybook_archives import map_all
from daybook_factories import ORGANISATION, invoice, line, noon, pin, record
from daybook_files import minor, parquet_lines, transactions_of, xlsx_rows
from daybook_filled import filled
from daybook_recorded import made as make_file

pytestmark = pytest.mark.anyio

DAILY, MONTHLY = Granularity.DAILY, Granularity.MONTHLY
MANUAL = JournalFilter(sources=(SourceKind.STANDALONE,), include_scheduled=True)
D, R, B = Role.DEFERRED, Role.RECOGNIZED, Role.BILLED
USD = (ORGANISATION, "USD")


async def fill(database: Database) -> None:
    seats = line(product="prod_2", product_name="Services")
    await record(database, invoice("inv_1"), invoice("inv_2", seats))
    await rename_account(
        *(database, *USD),
        role=R,
        scope="product:prod_2",
        name="Recognized: Services",
        code=None,
        now=noon(parse_day("2025-03-01")),
        made_by="a test",
    )


@pytest.fixture
async def ledger(database: Database) -> Database:
    """Two products, the second of which has revenue of its own name."""
    await filled(database, fill)
    return database


RELEASE = (
    debit(D, "12,500.00"),
    credit(R, "7,500.00", product="prod_2", description="Services of March"),
    credit(R, "5,000.00"),
)
"""Three lines, which are two movements."""


async def released(ledger: Database, **fields: Any) -> int:
    """Post the journal of `RELEASE`; its number."""
    fields = {"narrative": "Release by hand", **fields}
    return (await submitted(ledger, entered(*RELEASE, **fields))).number


async def spec_of(
    ledger: Database,
    file_format: Format = SEQUENCE,
    granularity: Granularity = DAILY,
    **more: Any,
) -> FileSpec:
    at = await pin(ledger, on="2025-06-30")
    return FileSpec(at, MANUAL, granularity, file_format=file_format, **more)


async def made(ledger: Database, spec: FileSpec) -> bytes:
    """A whole file, which has what is expected of it."""
    promised: list[Totals] = []
    pieces = render_file(ledger, spec, promised.append)
    content = b"".join([piece async for piece in pieces])
    totals = sum(promised, NOTHING)
    assert totals.debits == totals.credits
    if spec.options.since is None and not spec.options.converts:
        assert totals == await expected_totals(ledger, spec)
    return content


def dicts(content: bytes) -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def picked(rows: Iterable[dict[str, str]], *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


GENERIC = ("Narrative", "Product name", "Direction", "Ledger account name", "Amount")


async def test_a_daily_file_has_a_row_for_each_line(ledger: Database) -> None:
    await released(ledger, customer="cus_1")

    rows = dicts(await made(ledger, await spec_of(ledger)))

    assert picked(rows, *GENERIC) == [
        ("Release by hand", "", "DEBIT", "Deferred Revenue", "12500.00"),
        (
            *("Services of March", "Services", "CREDIT", "Recognized: Services"),
            "7500.00",
        ),
        ("Release by hand", "", "CREDIT", "Recognized Revenue", "5000.00"),
    ]
    assert {row["Journal Number"] for row in rows} == {"25"}
    assert set(picked(rows, "Date", "Customer ID", "Customer name")) == {
        ("2025-03-15", "cus_1", "Acme Ltd")
    }


async def test_a_line_without_a_product_has_the_headers(ledger: Database) -> None:
    await released(ledger, product="prod_1")

    rows = dicts(await made(ledger, await spec_of(ledger)))

    assert picked(rows, "Product name") == [("Platform",), ("Services",), ("Platform",)]


@pytest.mark.either_database
async def test_other_formats_by_day_have_the_same_rows(ledger: Database) -> None:
    await released(ledger)
    generic = dicts(await made(ledger, await spec_of(ledger)))
    wanted = picked(generic, *GENERIC)

    sheet = xlsx_rows(await made(ledger, await spec_of(ledger, XLSX)))
    parquet = await made(ledger, await spec_of(ledger, PARQUET))
    (transaction,) = transactions_of(
        await made(ledger, await spec_of(ledger, BEANCOUNT))
    )

    assert [(row[2], row[3] or "", row[6], row[7]) for row in sheet[1:]] == [
        row[:4] for row in wanted
    ]
    assert [(row.account, row.amount) for row in parquet_lines(parquet)] == [
        ("Deferred Revenue", 1_250_000),
        ("Recognized: Services", 750_000),
        ("Recognized Revenue", 500_000),
    ]
    assert transaction.narration == "Release by hand"
    assert transaction.meta["document"] == "MJ-1"
    assert [
        (str(posting.units), (posting.meta or {}).get("description"))
        for posting in transaction.postings
    ] == [
        ("12500.00 USD", None),
        ("-7500.00 USD", "Services of March"),
        ("-5000.00 USD", None),
    ]
    assert transaction.postings[1].meta["product"] == "Services"  # type: ignore[index]


@pytest.mark.either_database
async def test_accounting_systems_get_the_lines_as_an_entry_of_the_day(
    ledger: Database,
) -> None:
    await released(ledger, customer="cus_1")
    await map_all(ledger)

    xero = dicts(await made(ledger, await spec_of(ledger, XERO)))
    quickbooks = dicts(await made(ledger, await spec_of(ledger, QUICKBOOKS)))
    netsuite = dicts(await made(ledger, await spec_of(ledger, NETSUITE)))

    descriptions = [("Release by hand",), ("Services of March",), ("Release by hand",)]
    assert {row["*Narration"] for row in xero} == {"25-20250315 Release by hand"}
    assert picked(xero, "*AccountCode", "*Amount") == [
        ("203", "12500"),
        ("204", "-7500"),
        ("204", "-5000"),
    ]
    assert picked(xero, "Description") == descriptions
    assert picked(quickbooks, "*Debits", "*Credits") == [
        ("12500.00", ""),
        ("", "7500.00"),
        ("", "5000.00"),
    ]
    assert picked(quickbooks, "Description") == descriptions
    assert {row["Memo"] for row in netsuite} == {"25-20250315 Release by hand"}
    assert picked(netsuite, "Journal Entry - Line: Memo") == descriptions


async def test_files_by_month_and_groups_sum_each_account_and_side(
    ledger: Database,
) -> None:
    await released(ledger)
    # One account on both sides is never netted.
    between = debit(R, "100.00", product="prod_2"), credit(R, "100.00")
    await submitted(ledger, entered(*between, day="2025-03-16", narrative="To no one"))

    rows = dicts(await made(ledger, await spec_of(ledger, granularity=MONTHLY)))
    by_document = await spec_of(ledger, by=(Grouping.DOCUMENT,))
    grouped = dicts(await made(ledger, by_document))
    in_all = dicts(await made(ledger, await spec_of(ledger, by=())))

    sums = [
        ("DEBIT", "Deferred Revenue", "12500.00"),
        ("CREDIT", "Recognized Revenue", "5000.00"),
        ("CREDIT", "Recognized: Services", "7500.00"),
        ("DEBIT", "Recognized: Services", "100.00"),
        ("CREDIT", "Recognized Revenue", "100.00"),
    ]
    assert picked(rows, *GENERIC[2:]) == sums
    assert picked(grouped, *GENERIC[2:]) == sums
    for found in (rows, grouped):
        narratives = [row["Narrative"] for row in found]
        assert narratives == ["Release by hand"] * 3 + ["To no one"] * 2
    assert len(in_all) == 5
    assert all("USD" in row["Narrative"] for row in in_all)


@pytest.mark.either_database
async def test_each_customers_journal_has_that_customers_lines(
    ledger: Database,
) -> None:
    bolts = invoice("inv_3", customer="cus_2", customer_name="Bolt")
    await record(ledger, bolts, on="2025-03-02")
    await submitted(
        ledger,
        entered(
            debit(D, "10.00"),
            credit(R, "20.00", customer="cus_2"),
            credit(R, "4.00", description="Some"),
            debit(B, "20.00", customer="cus_2", description="Bolt's"),
            credit(R, "6.00"),
            customer="cus_1",
        ),
    )

    rows = dicts(await made(ledger, await spec_of(ledger)))

    narrative = "Usage that was billed twice"
    assert picked(rows, "Customer ID", "Narrative", "Direction", "Amount") == [
        ("cus_1", narrative, "DEBIT", "10.00"),
        ("cus_1", "Some", "CREDIT", "4.00"),
        ("cus_1", narrative, "CREDIT", "6.00"),
        ("cus_2", narrative, "CREDIT", "20.00"),
        ("cus_2", "Bolt's", "DEBIT", "20.00"),
    ]


@pytest.mark.either_database
async def test_what_is_taken_back_has_the_mirror_of_the_lines(ledger: Database) -> None:
    number = await released(ledger, reverses_on="2025-04-01")
    await reversed_journal(ledger, number)

    rows = dicts(await made(ledger, await spec_of(ledger)))

    told = ("Release by hand", "Services of March", "Release by hand")
    sides = ("DEBIT", "CREDIT", "CREDIT")
    mirror = ("CREDIT", "DEBIT", "DEBIT")
    assert picked(rows, "Date", "Direction", "Narrative") == [
        (day, side, f"{before}{text}")
        for day, its_sides, before in (
            ("2025-03-15", sides, ""),
            ("2025-04-01", mirror, "Reversal of MJ-1: "),
            ("2025-03-15", mirror, "MJ-1 undone: "),
            ("2025-04-01", sides, "Reversal of MJ-1 undone: "),
        )
        for side, text in zip(its_sides, told, strict=True)
    ]
    assert picked(rows, "Amount") == [("12500.00",), ("7500.00",), ("5000.00",)] * 4


@pytest.mark.either_database
async def test_what_adjusts_a_journal_begins_with_its_mirror(ledger: Database) -> None:
    lines = debit(D, "80.00", description="Right"), credit(R, "80.00")
    adjusting: Any = {"day": "2025-01-31", "customer": "cus_1"}
    await submitted(
        ledger,
        entered(*lines, adjusts=1, mode=AdjustmentMode.REPLACE, **adjusting),
    )

    rows = dicts(await made(ledger, await spec_of(ledger)))

    assert picked(rows, *GENERIC[1:]) == [
        ("Platform", "DEBIT", "Deferred Revenue", "1200.00"),
        ("Platform", "CREDIT", "Billed Revenue", "1200.00"),
        ("Platform", "DEBIT", "Recognized Revenue", "100.00"),
        ("Platform", "CREDIT", "Deferred Revenue", "100.00"),
        ("Platform", "DEBIT", "Deferred Revenue", "80.00"),
        ("Platform", "CREDIT", "Recognized Revenue", "80.00"),
    ]


async def test_days_select_whole_journals(ledger: Database) -> None:
    await released(ledger, reverses_on="2025-04-01")
    every = await spec_of(ledger)
    march = replace(MANUAL, posted_to=parse_day("2025-03-31"))
    before = replace(MANUAL, posted_to=parse_day("2025-03-14"))

    found = [
        len(dicts(await made(ledger, replace(every, journal_filter=its))))
        for its in (MANUAL, march, before, replace(MANUAL, search="MJ-1-REV"))
    ]

    assert found == [6, 3, 0, 3]


@pytest.mark.either_database
async def test_rows_stand_among_those_of_other_journals(ledger: Database) -> None:
    await released(ledger)
    late = invoice("inv_4", accounting_date="2025-03-21")
    await record(ledger, late, on="2025-03-21")
    every = replace(await spec_of(ledger), journal_filter=JournalFilter())

    rows = dicts(await made(ledger, every))

    numbers = [int(row["Journal Number"]) for row in rows]
    assert numbers == sorted(numbers)
    assert numbers.count(25) == 3
    assert 26 in numbers


async def test_a_file_as_of_earlier_stays_the_same(ledger: Database) -> None:
    number = await released(ledger)
    formats = (SEQUENCE, BEANCOUNT, PARQUET, XLSX)
    specs = [await spec_of(ledger, known) for known in formats]
    before = [await made(ledger, spec) for spec in specs]

    await reversed_journal(ledger, number)
    renamed = line(product="prod_2", product_name="Consulting")
    await record(ledger, invoice("inv_9", renamed), on="2025-03-26")
    await submitted(ledger, entered(day="2025-03-15"), on="2025-03-27")

    assert [await made(ledger, spec) for spec in specs] == before


@pytest.mark.either_database
async def test_a_file_is_made_again_by_its_record(
    ledger: Database, tmp_path: Path
) -> None:
    number = await released(ledger)
    path = tmp_path / "manual.csv"
    await make_file(ledger, path, await spec_of(ledger))
    await reversed_journal(ledger, number, on="2025-10-16")

    verdict = await verify_file(ledger, ORGANISATION, path, None)

    assert (verdict.is_same, verdict.findings) == (True, ["the same bytes"])
    assert verdict.tally.totals == Totals(3, 1_250_000, 1_250_000)


@pytest.mark.either_database
async def test_parts_are_cut_by_the_lines_that_were_entered(ledger: Database) -> None:
    # Ten lines on a side and one on the other are ten movements, and eleven rows.
    many = [debit(D, "1.00") for _ in range(10)]
    for _ in range(3):
        await submitted(ledger, entered(*many, credit(R, "10.00")))

    def parted(spec: FileSpec, rows: int) -> FileSpec:
        return replace(spec, options=spec.options._replace(max_rows=rows))

    spec = await spec_of(ledger)
    whole = await plan_file(ledger, parted(spec, 33))
    in_parts = await plan_file(ledger, parted(spec, 11))
    with pytest.raises(Rejected, match="journal 25 has 11 rows, and a part"):
        await plan_file(ledger, parted(spec, 10))

    assert not whole.is_archive
    assert in_parts.is_archive
    assert (await read_preflight(ledger, parted(spec, 11))).files == 3
    assert in_parts.totals == Totals(33, 3000, 3000)


async def recorded(ledger: Database, spec: FileSpec, on: str) -> int:
    file = MadeFile(spec, "a file", 1, bytes(32), NOTHING)
    return await record_file(ledger, file, now=noon(parse_day(on)), made_by="a test")


async def since(ledger: Database, number: int, on: str) -> FileSpec:
    at = await pin(ledger, on=on)
    async with ledger.reads() as session:
        return await since_spec(session, at, number)


async def test_a_difference_has_the_lines_of_what_was_posted_since(
    ledger: Database,
) -> None:
    first = await recorded(ledger, await spec_of(ledger), "2025-03-20")
    # Both sides are on one account: nothing is netted.
    lines = debit(B, "3.00", product="prod_1"), credit(B, "3.00")
    number = (await submitted(ledger, entered(*RELEASE, *lines))).number
    posted = await since(ledger, first, "2025-06-30")
    rows = dicts(await made(ledger, posted))

    told = f"Correction to export {first}: "
    narrative = f"{told}Usage that was billed twice"
    assert picked(rows, "Narrative", "Direction", "Amount") == [
        (narrative, "DEBIT", "12500.00"),
        (f"{told}Services of March", "CREDIT", "7500.00"),
        (narrative, "CREDIT", "5000.00"),
        (narrative, "DEBIT", "3.00"),
        (narrative, "CREDIT", "3.00"),
    ]
    assert {row["Journal Number"] for row in rows} == {
        f"25-20250315-r{posted.pin.recording}"
    }

    second = await recorded(ledger, posted, "2025-03-21")
    assert dicts(await made(ledger, await since(ledger, second, "2025-06-30"))) == []
    await reversed_journal(ledger, number)
    undone = dicts(await made(ledger, await since(ledger, second, "2025-06-30")))

    told = f"Correction to export {second}: MJ-1 undone: "
    assert picked(undone, "Narrative", "Direction", "Amount")[:2] == [
        (f"{told}Usage that was billed twice", "CREDIT", "12500.00"),
        (f"{told}Services of March", "DEBIT", "7500.00"),
    ]
    assert len(undone) == 5


@pytest.mark.either_database
async def test_converted_lines_balance_and_sum_as_the_months_do(
    ledger: Database,
) -> None:
    # 1 EUR was 1.0889 USD on 14 March 2025, a Friday.
    lines = [debit(D, "0.05"), debit(B, "33.33"), debit(D, "66.68")]
    lines += [credit(R, "0.01", product="prod_1") for _ in range(6)]
    lines += [credit(R, "100.00", product="prod_2")]
    await submitted(ledger, entered(*lines))
    await map_all(ledger)

    found = []
    for granularity in (DAILY, MONTHLY):
        spec = await spec_of(ledger, XERO, granularity)
        options = spec.options._replace(converts=True, currency="EUR")
        rows = dicts(await made(ledger, replace(spec, options=options)))
        sums: Counter[tuple[str, bool]] = Counter()
        for row in rows:
            amount = minor(row["*Amount"], 2)
            sums[row["*AccountCode"], amount > 0] += amount
        found.append(sums)

    daily, monthly = found
    assert daily == monthly
    assert sum(daily.values()) == 0
    assert daily["204", False] == -91_89


@pytest.mark.either_database
async def test_the_preflight_names_words_that_a_spreadsheet_would_run(
    ledger: Database,
) -> None:
    lines = debit(D, "1.00", description="=1+1"), credit(R, "1.00")
    await submitted(ledger, entered(*lines, narrative="@cmd"))

    found = await read_preflight(ledger, await spec_of(ledger))

    (finding,) = found.findings
    assert finding.code is FindingCode.FORMULA_TEXT
    assert "“=1+1”" in finding.message
    assert "“@cmd”" in finding.message
    rows = dicts(await made(ledger, await spec_of(ledger)))
    assert [row["Narrative"] for row in rows] == ["'=1+1", "'@cmd"]
