"""Each format, read back: its files have the rows and sums that it promises."""

from collections.abc import Callable
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS, Format, format_name, format_of
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.streaming import render_file
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_files import (
    FileLine,
    beancount_lines,
    csv_lines,
    parquet_lines,
    totals_of,
    xlsx_lines,
)
from daybook_history import History, history

pytestmark = pytest.mark.anyio

__all__ = ["history"]

QUARTER = JournalFilter(posted_to=parse_day("2025-03-31"))


READERS: dict[str, Callable[[bytes], list[FileLine]]] = {
    "SEQUENCE": csv_lines,
    "BEANCOUNT": beancount_lines,
    "PARQUET": parquet_lines,
    "XLSX": xlsx_lines,
}
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
    history: History, file_format: Format, granularity: Granularity, by: Any
) -> None:
    promised: list[Totals] = []

    spec = FileSpec(history.pin, QUARTER, granularity, by, file_format)
    pieces = render_file(history.database, spec, promised.append)
    content = b"".join([piece async for piece in pieces])

    lines = READERS[file_format.name](content)
    assert lines
    assert totals_of(lines) == sum(promised, NOTHING)


def test_formats_are_known_by_names_and_numbers_of_their_own() -> None:
    assert len({one.number for one in FORMATS}) == len(FORMATS)
    assert {one.name for one in FORMATS} == READERS.keys()
    for one in FORMATS:
        assert format_of(one.number) is one
        assert format_name(one.number) == one.name
    assert format_name(99) == "99"
    with pytest.raises(LookupError, match="doesn't know format 99"):
        format_of(99)
