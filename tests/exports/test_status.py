"""Files with scheduled entries: each line says whether it is posted or scheduled.

What is posted in such a file is the file of posted entries, line for line; what both
kinds come to is what the report says.
"""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import day_text, parse_day
from daybook.db.engine import Database
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS, SEQUENCE, Format
from daybook.exports.formats.generic import STATUS_COLUMN
from daybook.exports.formats.parquet import PARQUET
from daybook.exports.formats.xlsx import XLSX
from daybook.exports.manifests.verifying import verify_file
from daybook.exports.reading import rows as reading
from daybook.exports.reading.expected import expected_totals
from daybook.exports.records import MadeFile, record_file
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.writing.streaming import render_file
from daybook.ledger.rules import AccountPair
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook.reports.journals.totals import pair_totals, posted_totals
from daybook_factories import ORGANISATION, invoice, line, noon, pin, record
from daybook_files import minor, parquet_rows, xlsx_rows
from daybook_history import History, filters, history, reads

pytestmark = pytest.mark.anyio

__all__ = ["history"]

GENERIC = (SEQUENCE, XLSX, PARQUET)
GROUPINGS = st.none() | st.lists(st.sampled_from(Grouping), unique=True).map(tuple)
Rows = list[tuple[str, ...]]


async def file_of(
    database: Database, spec: FileSpec, promised: list[Totals] | None = None
) -> bytes:
    """A whole file; the totals of its slices are promised."""
    progress = None if promised is None else promised.append
    return b"".join([piece async for piece in render_file(database, spec, progress)])


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a generic CSV by the names of the columns."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def without_status(rows: list[dict[str, str]], status: str) -> list[dict[str, str]]:
    """The rows of a status, as they are in files without one."""
    return [
        {name: text for name, text in row.items() if name != STATUS_COLUMN}
        for row in rows
        if row[STATUS_COLUMN] == status
    ]


def sides_of(pairs: Mapping[AccountPair, int]) -> Counter[tuple[str, str]]:
    """Both sides of each account."""
    sides: Counter[tuple[str, str]] = Counter()
    for (debit, credit), amount in pairs.items():
        sides["DEBIT", debit.name.capitalize()] += amount
        sides["CREDIT", credit.name.capitalize()] += amount
    return +sides


@reads
@given(
    wanted=filters(),
    recording=st.integers(0, 11),
    granularity=st.sampled_from(Granularity),
    by=GROUPINGS,
    slice_size=st.sampled_from([1, 3, 1_000]),
)
async def test_posted_lines_are_the_posted_file_and_all_are_the_report(  # noqa: PLR0913, PLR0917  (what is drawn)
    history: History,
    wanted: JournalFilter,
    recording: int,
    granularity: Granularity,
    by: tuple[Grouping, ...] | None,
    slice_size: int,
) -> None:
    database, at = history.database, await history.at(recording)
    wanted = replace(wanted, include_scheduled=True)
    spec = FileSpec(at, wanted, granularity, by)
    posted = replace(spec, journal_filter=replace(wanted, include_scheduled=False))
    promised: list[Totals] = []

    rows = rows_of(await file_of(database, spec, promised))

    assert without_status(rows, "Posted") == rows_of(await file_of(database, posted))
    on = day_text(wanted.divides_on(at))
    assert all((row["Date"] <= on) == (row["Status"] == "Posted") for row in rows)
    assert {row["Status"] for row in rows} <= {"Posted", "Scheduled"}
    totals = sum(promised, NOTHING)
    assert totals == await expected_totals(database, spec)
    assert totals.rows == len(rows)
    async with database.reads() as session:
        every = await pair_totals(session, at, wanted)
        until = await posted_totals(session, at, wanted)
    later = {pair: every[pair] - until.get(pair, 0) for pair in every}
    for status, pairs in (("Posted", until), ("Scheduled", later)):
        sums: Counter[tuple[str, str]] = Counter()
        for row in without_status(rows, status):
            account = row["Ledger account name"].removesuffix(" Revenue")
            sums[row["Direction"], account] += minor(row["Amount"], 2)
        assert sums == sides_of(pairs), status
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SLICE", slice_size)
        assert rows_of(await file_of(database, spec)) == rows


def status_of(content: bytes, file_format: Format) -> Rows:
    """The key, day, amount and status of each line."""
    if file_format is SEQUENCE:
        names = ("Journal Number", "Date", "Amount", "Status")
        return [tuple(row[name] for name in names) for row in rows_of(content)]
    if file_format is XLSX:
        header, *rows = xlsx_rows(content)
        places = [header.index(name) for name in ("Journal Number", "Date", "Amount")]
        return [
            (
                *(str(row[places[0]]), f"{row[places[1]]:%Y-%m-%d}"),
                *(f"{row[places[2]]:.2f}", row[header.index("Status")]),
            )
            for row in rows
        ]
    return [
        (
            *(str(row["journal_number"]), f"{row['date']}"),
            *(str(row["amount"]), row["status"]),
        )
        for row in parquet_rows(content)
    ]


@pytest.mark.parametrize("granularity", Granularity)
@pytest.mark.parametrize("by", [None, (Grouping.CUSTOMER,), ()])
@pytest.mark.either_database
async def test_generic_formats_have_the_same_status(
    history: History, granularity: Granularity, by: Any
) -> None:
    wanted = JournalFilter(
        posted_from=parse_day("2025-05-01"), on=parse_day("2025-06-11")
    )
    spec = FileSpec(history.pin, wanted, granularity, by)

    files = [
        status_of(
            await file_of(history.database, replace(spec, file_format=known)), known
        )
        for known in GENERIC
    ]

    assert {row[-1] for row in files[0]} == {"Posted", "Scheduled"}
    assert files[0] == files[1] == files[2]


@pytest.mark.either_database
async def test_other_files_are_as_they_were_before_there_was_a_status(
    history: History,
) -> None:
    every, posted = JournalFilter(), JournalFilter(include_scheduled=False)

    for known in FORMATS:
        spec = FileSpec(history.pin, every, Granularity.DAILY, None, known)
        assert spec.has_status == (known in GENERIC)
        assert (spec.renderer > known.version) == (known in GENERIC)
        its = replace(spec, journal_filter=posted)
        assert (its.has_status, its.renderer) == (False, known.version)
    difference = FileSpec(history.pin, every, Granularity.MONTHLY)
    difference = replace(difference, options=difference.options._replace(since=1))
    assert not difference.has_status


ON = "2025-05-20"


async def sold(database: Database) -> Any:
    """A year's invoice, on a day in May."""
    await record(database, invoice("inv_1", line()))
    return await pin(database, on=ON)


def may(at: Any, granularity: Granularity) -> FileSpec:
    """May with scheduled entries."""
    days = parse_day("2025-05-01"), parse_day("2025-05-31")
    return FileSpec(at, JournalFilter(*days), granularity)


async def test_a_month_is_a_line_up_to_the_day_and_one_after_it(
    database: Database,
) -> None:
    at = await sold(database)

    rows = rows_of(await file_of(database, may(at, Granularity.MONTHLY)))

    its = [row for row in rows if row["Direction"] == "CREDIT"]
    lines = [(row["Date"], row["Amount"], row["Status"]) for row in its]
    assert lines[:2] == [
        ("2025-05-20", "64.60", "Posted"),
        ("2025-05-31", "35.40", "Scheduled"),
    ]
    assert "64.60 USD recognized" in its[0]["Narrative"]
    assert "35.40 USD recognized" in its[1]["Narrative"]


async def test_a_record_says_which_renderer_made_its_file_and_is_met_again(
    database: Database, tmp_path: Path
) -> None:
    at = await sold(database)
    every = may(at, Granularity.MONTHLY)
    posted = replace(
        every, journal_filter=replace(every.journal_filter, include_scheduled=False)
    )

    for spec in (every, posted):
        path = tmp_path / "file.csv"
        path.write_bytes(await file_of(database, spec))
        content = path.read_bytes()
        number = await recorded(database, spec, content)
        verdict = await verify_file(database, ORGANISATION, path, number)
        assert verdict.findings == ["the same bytes"]
        assert verdict.claim.renderer == spec.renderer

    # A file with scheduled entries from before there was a status.
    old = b"".join(
        line_.rsplit(b",", 1)[0] + b"\r\n"
        for line_ in (await file_of(database, every)).splitlines()
    )
    path.write_bytes(old)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSpec, "renderer", SEQUENCE.version)
        number = await recorded(database, every, old)
    verdict = await verify_file(database, ORGANISATION, path, number)
    assert not verdict.is_same
    assert any(
        "made by version 3 of the renderer, and this is version 4" in finding
        for finding in verdict.findings
    )


async def recorded(database: Database, spec: FileSpec, content: bytes) -> int:
    """The number of a file's record."""
    totals = await expected_totals(database, spec)
    file = MadeFile(spec, "file.csv", len(content), sha256(content).digest(), totals)
    return await record_file(database, file, now=noon(parse_day(ON)), made_by="test")
