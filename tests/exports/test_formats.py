"""Each format, read back: its files have the rows and sums that it promises."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from daybook.db.engine import Database
from daybook.exports.formats import FORMATS, Format, format_name, format_of
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.streaming import render_file
from daybook.money import parse_amount
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_factories import pin
from daybook_history import make_history

pytestmark = pytest.mark.anyio


def _sequence(content: bytes) -> Totals:
    totals = NOTHING
    for row in csv.DictReader(io.StringIO(content.decode(), newline="")):
        amount = parse_amount(row["Amount"], "USD")
        is_debit = row["Direction"] == "DEBIT"
        totals += Totals(1, amount if is_debit else 0, 0 if is_debit else amount)
    return totals


READERS: dict[str, Callable[[bytes], Totals]] = {"SEQUENCE": _sequence}
"""What a program makes of a file, written without the renderer."""


@pytest.mark.parametrize("file_format", FORMATS, ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("granularity", "by"),
    [
        (Granularity.DAILY, None),
        (Granularity.MONTHLY, None),
        (Granularity.DAILY, (Grouping.CUSTOMER,)),
        (Granularity.MONTHLY, ()),
    ],
)
async def test_a_file_holds_what_its_format_promises(
    database: Database, file_format: Format, granularity: Granularity, by: Any
) -> None:
    await make_history(database)
    promised: list[Totals] = []

    pieces = render_file(
        *(database, await pin(database), JournalFilter(), granularity),
        by=by,
        file_format=file_format,
        progress=promised.append,
    )
    content = b"".join([piece async for piece in pieces])

    read = READERS[file_format.name](content)
    assert read.rows
    assert read == sum(promised, NOTHING)


def test_formats_are_known_by_names_and_numbers_of_their_own() -> None:
    assert len({one.number for one in FORMATS}) == len(FORMATS)
    assert {one.name for one in FORMATS} == READERS.keys()
    for one in FORMATS:
        assert format_of(one.number) is one
        assert format_name(one.number) == one.name
    assert format_name(99) == "99"
    with pytest.raises(LookupError, match="doesn't know format 99"):
        format_of(99)
