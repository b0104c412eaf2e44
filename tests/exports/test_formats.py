"""Each format, read back: its files have the rows and sums that it promises."""

from collections.abc import Callable
from typing import Any

import pytest

from daybook.calendar import parse_day
from daybook.exports.file_spec import FileSpec
from daybook.exports.formats import FORMATS, Format, format_name, format_of
from daybook.exports.mapping.forms import Integration
from daybook.exports.mapping.mapping_changes import set_mappings
from daybook.exports.mapping.rules import MappingLine
from daybook.exports.rules import NOTHING, Granularity, Totals
from daybook.exports.writing.streaming import render_file
from daybook.ledger.rules import Role
from daybook.reports.journals.filters import JournalFilter
from daybook.reports.journals.group_keys import Grouping
from daybook_factories import ORGANISATION, noon, pin
from daybook_files import (
    FileLine,
    beancount_lines,
    csv_lines,
    parquet_lines,
    totals_of,
    xlsx_lines,
)
from daybook_history import History, history
from daybook_netsuite_checker import check_netsuite
from daybook_quickbooks_checker import check_quickbooks
from daybook_strict_csv import CheckedJournal
from daybook_xero_checker import check_xero

pytestmark = pytest.mark.anyio

__all__ = ["history"]

QUARTER = JournalFilter(posted_to=parse_day("2025-03-31"))


ACCOUNTS = {
    Integration.XERO: {"code": "200", "type": "Sales"},
    Integration.QUICKBOOKS: {"account": "Sales"},
    Integration.NETSUITE: {"account": "4000 Sales"},
}


@pytest.fixture(scope="module")
async def mapped(history: History) -> History:
    """The same ledger, with all accounts mapped in all systems."""
    database = history.database
    for integration, fields in ACCOUNTS.items():
        lines = [MappingLine(role, "", fields) for role in Role]
        who: Any = {"now": noon(parse_day("2025-09-07")), "made_by": "test"}
        await set_mappings(database, ORGANISATION, integration, lines, **who)
    return history._replace(pin=await pin(database, on="2025-06-30"))


def _of_entries(journals: list[CheckedJournal]) -> list[FileLine]:
    return [
        FileLine(
            journal.key, journal.day, line.amount > 0, line.account, abs(line.amount)
        )
        for journal in journals
        for line in journal.lines
    ]


def xero_lines(content: bytes) -> list[FileLine]:
    """The lines of a file for Xero."""
    kinds, dates = {"200": "Sales"}, "yyyy-mm-dd"
    rest: Any = {"is_vendor": False, "dates": dates, "is_part": False}
    return _of_entries(check_xero(content, kinds, **rest))


def quickbooks_lines(content: bytes) -> list[FileLine]:
    """The lines of a file for QuickBooks."""
    kinds, dates = {"Sales": ""}, "mm/dd/yyyy"
    return _of_entries(check_quickbooks(content, kinds, dates=dates, is_part=False))


def netsuite_lines(content: bytes) -> list[FileLine]:
    """The lines of a file for NetSuite."""
    names, dates = {"4000 Sales"}, "mm/dd/yyyy"
    return _of_entries(check_netsuite(content, names, dates=dates, is_part=False))


READERS: dict[str, Callable[[bytes], list[FileLine]]] = {
    "SEQUENCE": csv_lines,
    "BEANCOUNT": beancount_lines,
    "PARQUET": parquet_lines,
    "XLSX": xlsx_lines,
    "XERO": xero_lines,
    "QUICKBOOKS": quickbooks_lines,
    "NETSUITE": netsuite_lines,
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
@pytest.mark.either_database
async def test_a_file_holds_what_its_format_promises(
    mapped: History, file_format: Format, granularity: Granularity, by: Any
) -> None:
    promised: list[Totals] = []

    spec = FileSpec(mapped.pin, QUARTER, granularity, by, file_format)
    pieces = render_file(mapped.database, spec, promised.append)
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


@pytest.mark.parametrize("file_format", FORMATS, ids=lambda its: its.name)
def test_a_version_never_falls(file_format: Format) -> None:
    """Up to these versions, a void was "credited" in lines by month."""
    credited = {"SEQUENCE": 2, "PARQUET": 2}

    assert file_format.version > credited.get(file_format.name, 1)
