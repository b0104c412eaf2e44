"""The CSV of deferred revenue that is made of copied texts, beside that of values."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.calendar import FIRST_DAY, LAST_DAY, parse_day
from daybook.db.engine import Database
from daybook.db.fast.copied import copied_rows
from daybook.ledger.pins import Pin
from daybook.ledger.rules import SourceKind
from daybook.money import decimals_of
from daybook.recognition.rules import Method
from daybook.reports.deferred import flat_slices
from daybook.reports.deferred.copied_lines import CopiedSlice, summed_by_line
from daybook.reports.deferred.flat_lines import FlatSlice
from daybook.reports.deferred.loading import ListedLine
from daybook.reports.deferred.sheets import deferred_rows, deferred_sheet
from daybook.reports.revenue import EVERYTHING
from daybook.settings import is_fast
from daybook.sheets.csv_lines import CSV, csv_lines
from daybook_factories import (
    credit_note,
    credited_line,
    invoice,
    line,
    pin,
    record,
    revise,
    terms,
)

pytestmark = pytest.mark.anyio

TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
NAMES = st.none() | TEXTS
AMOUNTS = st.integers(-(10**15), 10**15) | st.integers(-200, 200)
DAYS = st.none() | st.integers(FIRST_DAY, LAST_DAY)
METHODS = st.none() | st.sampled_from([*map(int, Method)])
ROWS = st.tuples(
    *(st.integers(1, 3), st.integers(1, 9), st.sampled_from([*map(int, SourceKind)])),
    *(NAMES, NAMES, NAMES, NAMES, TEXTS, TEXTS),
    *(METHODS, DAYS, DAYS),
    *(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS),
    *(st.integers(1, 2), st.sampled_from([0, 0, 7])),
)
ESCAPES = {"\\": "\\\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r"}
ESCAPES |= {"\t": r"\t", "\v": r"\v"}


def as_copied(rows: Sequence[Sequence[Any]]) -> BytesIO:
    """Rows as PostgreSQL's COPY writes them."""
    lines = [
        "\t".join(
            r"\N"
            if value is None
            else "".join(ESCAPES.get(sign, sign) for sign in str(value))
            for value in row
        )
        for row in rows
    ]
    return BytesIO("".join(f"{line}\n" for line in lines).encode())


@given(st.lists(ROWS, max_size=20), st.sampled_from(["USD", "JPY", "BHD"]))
def test_copied_texts_give_the_lines_and_the_csv_of_values(
    rows: list[tuple[Any, ...]], currency: str
) -> None:
    sheet = deferred_sheet(Pin(1, 1, currency, decimals_of(currency), 1, 1))
    copied = [row for some in copied_rows(as_copied(rows), 3) for row in some]
    newest = {5: ListedLine(5, 1, 6, 1, 1, 2, None, 9, None, 1, None, None)}

    pairs = [(CopiedSlice(copied), FlatSlice(rows))]
    pairs += [
        (ours.with_terms(newest), theirs.with_terms(newest)) for ours, theirs in pairs
    ]
    pairs += [
        (ours.of_open_families(product), theirs.of_open_families(product))
        for ours, theirs in pairs
        for product in (None, 2)
    ]
    for ours, theirs in pairs:
        assert [*ours] == [*theirs]
        assert ours.revised_families == theirs.revised_families
        assert ours.csv_text(currency) == "".join(csv_lines(sheet, theirs))


def test_schedules_of_a_line_are_summed() -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    first = ["1", "1", "1", *names, *"123", *("10", "-20", "30", "40", "50"), "1", "7"]
    later = ["1", "1", "1", *names, *"456", *("12", "-30", "-9", "0", "1"), "1", "7"]
    other = ["1", "2", "1", *names, *"123", *("10", "20", "30", "40", "50"), "1", "0"]

    assert summed_by_line([first[:], other[:]]) == [first, other]
    assert summed_by_line([first[:], later[:], other[:]]) == [
        [*first[:12], "22", "-50", "21", "40", "51", "1", "7"],
        other,
    ]


async def csv_of(database: Database, at: Pin, on: str, *, open_only: bool) -> bytes:
    """The report's file."""
    writer = CSV.writer(deferred_sheet(at), at.currency)
    pieces = [*writer.header()]
    rows = deferred_rows(database, at, parse_day(on), EVERYTHING, open_only=open_only)
    async for some in rows:
        pieces += writer.add(some)
    return b"".join(pieces)


async def test_a_file_is_the_same_both_ways(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    year, half = line("2"), terms("600.00", ("2025-01-01", "2025-06-30"))
    _, first, other = sold = [
        invoice(f"inv_{number}", line(), year) for number in (1, 2, 3)
    ]
    await record(database, *sold, invoice("inv_4", line(its_terms=terms("0.07"))))
    await record(database, credit_note("cn_1", credited_line("200.00")))
    before = await pin(database)
    for document, its_terms, on in (
        (first, half, "2025-03-25"),
        (first, terms(), "2025-04-25"),
        (other, half, "2025-04-26"),
    ):
        lines = line(its_terms=its_terms), year
        new = revise(document, *lines, accounting_date="2025-01-01")
        await record(database, new, on=on)
    for name in ("SLICE", "ROWS"):
        monkeypatch.setattr(flat_slices, name, 2)

    async def every(switch: str) -> list[bytes]:
        monkeypatch.setenv("DAYBOOK_FAST", switch)
        is_fast.cache_clear()
        return [
            await csv_of(database, at, on, open_only=open_only)
            for at in (before, await pin(database))
            for on in ("2024-12-31", "2025-04-10", "2025-06-30", "2026-01-01")
            for open_only in (False, True)
        ]

    try:
        fast, plain = await every("yes"), await every("no")
    finally:
        monkeypatch.undo()
        is_fast.cache_clear()
    assert fast == plain
    header, credit, short = 1, 1, 1
    assert fast[-2].count(b"\r\n") == header + 3 * 2 + credit + short
